namespace Autograd.Tests.Decoding;

/// <summary>The loop: streams, ends, seeds, memory, and what it refuses.</summary>
public sealed class DecodeTests
{
    private static readonly Sampling Warm = new() { Temperature = 1.5, Seed = 5 };

    [Fact]
    public void GreedyTakesTheMostLikelyTokenUntilTheEnd() => Laws.Hold(Laws.Seeds, seed =>
    {
        TreeModel model = new(4, seed);
        using Tape<double> tape = Tape<double>.Inference();
        int[][] found = Decode.Tokens(model, tape, new([2, 2], [0, 1, 2, 3]), model.Root(tape, 2), 7, endToken: 1);
        for (int row = 0; row < 2; row++)
        {
            double code = model.Read(model.Read(0, row), 2 + row);
            List<int> expected = [];
            while (expected.Count < 7)
            {
                double[] logits = model.Logits(code);
                int next = Array.IndexOf(logits, logits.Max());
                if (next == 1) break;
                expected.Add(next);
                code = model.Read(code, next);
            }

            Assert.Equal(expected, found[row]);
        }
    });

    [Fact]
    public void TheSameSeedGivesTheSameTextWhateverStandsBesideIt()
    {
        TreeModel model = new(9, 4);
        using Tape<double> tape = Tape<double>.Inference();
        int[][] Run(ulong seed, params int[] prompt) => Decode.Tokens(model, tape, Tensor.From(prompt), model.Root(tape, prompt.Length), 20, Warm with { Seed = seed });
        int[][] first = Run(5, 3, 3), again = Run(5, 3, 3), other = Run(6, 3, 3);
        Assert.Equal(first[0], again[0]);
        Assert.Equal(first[1], again[1]);
        Assert.NotEqual(first[0], first[1]);
        Assert.NotEqual(first[0], other[0]);
        Assert.Equal(first[0], Run(5, 3)[0]);
        Assert.Equal(first[1], Run(5, 8, 3, 1)[1]);
    }

    [Fact]
    public void TokensComeAsTheyAreChosenAndACancelledStreamEnds()
    {
        TreeModel model = new(9, 4);
        using CancellationTokenSource source = new();
        using Tape<double> tape = Tape<double>.Inference();
        List<int> came = [];
        IEnumerable<int[]> stream = Decode.Stream(model, tape, Tensor.From(3), model.Root(tape, 1), 100, Warm, cancellation: source.Token);
        Assert.Equal(0, model.Steps);
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (int[] next in stream)
            {
                came.Add(next[0]);
                Assert.Equal(came.Count, model.Steps);
                if (came.Count == 4) source.Cancel();
            }
        });
        Assert.Equal(Decode.Tokens(model, tape, Tensor.From(3), model.Root(tape, 1), 4, Warm)[0], came);
        Assert.Contains("read before", Assert.Throws<InvalidOperationException>(() => stream.First()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARowThatHasEndedGivesTheEndAgain()
    {
        TreeModel model = new(3, 8);
        using Tape<double> tape = Tape<double>.Inference();
        int[][] steps = [.. Decode.Stream(model, tape, Tensor.From(0, 1, 2, 0), model.Root(tape, 4), 50, Warm, endToken: 2)];
        Assert.InRange(steps.Length, 1, 49);
        Assert.All(steps[^1], static token => Assert.Equal(2, token));
        for (int row = 0; row < 4; row++)
        {
            int end = Array.FindIndex(steps, step => step[row] == 2);
            Assert.All(steps[end..], step => Assert.Equal(2, step[row]));
        }
    }

    [Fact]
    public void TheRepeatPenaltyCountsThePromptAndWhatWasGiven()
    {
        // With equal logits and a strong penalty, greedy decoding goes once round the vocabulary before it repeats.
        StepModel<double, Variable<double>> model = StepModel.From<double, Variable<double>>(
            5, static (tape, tokens, state) => (tape.Full([tokens.Length, 5], 1), state));
        using Tape<double> tape = Tape<double>.Inference();
        Sampling sampling = Sampling.Greedy with { RepeatPenalty = 3 };
        Assert.Equal([1, 3, 4, 0, 0], Decode.Tokens(model, tape, new([2, 1], [0, 2]), default, 5, sampling)[0]);
        Assert.Equal([0, 0, 0], Decode.Tokens(model, tape, new([2, 1], [0, 2]), default, 3)[0]);
    }

    [Fact]
    public void MemoryStaysFlatOverAThousandTokens()
    {
        Gru<float> layer = new(7, 16, numLayers: 2);
        Linear<float> head = new(16, 7);
        layer.Initialize(1);
        head.Initialize(2);
        StepModel<float, Hidden<float>> model = StepModel.From<float, Hidden<float>>(
            7,
            (tape, tokens, state) =>
            {
                (Variable<float> outputs, state) = layer.Forward(tape.OneHot(tokens.Reshape(1, -1), 7), state);
                return (head.Forward(outputs[0]), state);
            },
            batchAxis: 1);
        using Tape<float> tape = Tape<float>.Inference();
        long reserved = 0;
        int count = 0, steps = 0;
        foreach (int[] unused in Decode.Stream(model, tape, Tensor.From(0, 1), layer.ZeroState(tape, 2), 1000, new Sampling { Seed = 1 }))
        {
            if (steps++ == 2) (reserved, count) = (tape.ReservedBytes, tape.Count);
        }

        Assert.Equal(1000, steps);
        Assert.Equal(reserved, tape.ReservedBytes);
        Assert.Equal(count, tape.Count);

        // The same weights, one sequence alone, all tokens known: the loop carried the right state.
        int[][] tokens = Decode.Tokens(model, tape, Tensor.From(0, 1), default, 30);
        Variable<float> known = layer.Forward(tape.OneHot(new Tensor<int>([30, 1], [1, .. tokens[1][..^1]]), 7)).Outputs;
        float[] logits = head.Forward(known).ToArray();
        for (int t = 0; t < 30; t++) Assert.Equal(logits[(t * 7)..((t + 1) * 7)].Max(), logits[(t * 7) + tokens[1][t]], 1e-5f);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        TreeModel model = new(3, 1);
        using Tape<double> tape = Tape<double>.Inference(), records = new();
        void Says<TException>(string expected, int[] prompt, int maxLength = 3, int? endToken = null, Tape<double>? on = null, StepModel<double, Variable<double>>? of = null)
            where TException : Exception
        {
            foreach (bool beam in new[] { false, true })
            {
                on ??= tape;
                Variable<double> state = model.Root(on, prompt.Length);
                Action act = beam
                    ? () => Decode.Beam(of ?? model, on, Tensor.From(prompt), state, maxLength, endToken: endToken)
                    : () => Decode.Tokens(of ?? model, on, Tensor.From(prompt), state, maxLength, endToken: endToken);
                Assert.Contains(expected, Assert.Throws<TException>(act).Message, StringComparison.Ordinal);
            }
        }

        Says<ArgumentException>("Pass Tape<T>.Inference()", [0], on: records);
        Says<ArgumentOutOfRangeException>("maxLength is 1 or more, not 0", [0], maxLength: 0);
        Says<ArgumentOutOfRangeException>("the end token 3 is outside the vocabulary, 0 … 2", [0], endToken: 3);
        Says<ArgumentOutOfRangeException>("the end token -1 is outside", [0], endToken: -1);
        Says<ArgumentOutOfRangeException>("the index 7 at [1] of the index tensor", [0, 7]);
        Assert.Contains(
            "the prompt has shape [0, 2]",
            Assert.Throws<ShapeException>(() => Decode.Stream(model, tape, new([0, 2]), default, 3)).Message,
            StringComparison.Ordinal);
        Says<ShapeException>("the model gave logits of shape [1, 4]; for 1 rows and a vocabulary of 3 they must be [1, 3]", [0], of: Gives(4, 0));
        Says<InvalidOperationException>("at step 0 the logit of token 0 in row 0 is NaN", [0], of: Gives(3, double.NaN));
        Says<InvalidOperationException>("is +∞", [0], of: Gives(3, double.PositiveInfinity));
        Says<InvalidOperationException>("at step 0 all logits of row 0 are −∞", [0], of: Gives(3, double.NegativeInfinity));
        Assert.Contains("vocabulary is 1 or more", Assert.Throws<ArgumentOutOfRangeException>(static () => Gives(0, 0)).Message, StringComparison.Ordinal);

        int step = 0;
        StepModel<double, Variable<double>> breaks = StepModel.From<double, Variable<double>>(
            2, (on, tokens, state) => (on.Full([tokens.Length, 2], step++ == 3 ? double.NaN : 0), state));
        Assert.Contains(
            "at step 3 the logit of token 0 in row 0 is NaN",
            Assert.Throws<InvalidOperationException>(() => Decode.Tokens(breaks, tape, Tensor.From(0), default, 9)).Message,
            StringComparison.Ordinal);
    }

    private static StepModel<double, Variable<double>> Gives(int vocabulary, double logit) => StepModel.From<double, Variable<double>>(
        Math.Min(3, vocabulary), (tape, tokens, state) => (tape.Full([tokens.Length, vocabulary], logit), state));
}
