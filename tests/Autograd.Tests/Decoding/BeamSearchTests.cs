using FsCheck.Fluent;

namespace Autograd.Tests.Decoding;

/// <summary>The search against lists of all continuations.</summary>
public sealed class BeamSearchTests
{
    private static readonly double[] Penalties = [0, 0.6, 1, 2, -0.5];

    /// <summary>A beam as wide as the tree finds what an exhaustive search finds, in the same order, for every row of a batch.</summary>
    [Fact]
    public void AsWideAsTheTreeItIsExhaustive() => Laws.Hold(Laws.Seeds, Arb.From(Gen.Choose(1, 4)), (seed, maxLength) =>
    {
        Random random = new(seed);
        int vocabulary = 1 + random.Next(3), rows = 1 + random.Next(3);
        int? endToken = random.Next(4) == 0 ? null : random.Next(vocabulary);
        double penalty = Penalties[random.Next(Penalties.Length)];
        TreeModel model = new(vocabulary, seed, spread: 0.3 + (2 * random.NextDouble()));
        int[] prompt = [.. Enumerable.Range(0, rows).Select(_ => random.Next(vocabulary))];
        int best = 1 + random.Next(5);
        using Tape<double> tape = Tape<double>.Inference();
        Hypothesis[][] found = Decode.Beam(
            model, tape, Tensor.From(prompt), model.Root(tape, rows), maxLength, new() { Width = 200, Best = best, LengthPenalty = penalty }, endToken);
        Assert.Equal(rows, found.Length);
        for (int row = 0; row < rows; row++)
        {
            (int[] Tokens, double LogProbability, bool Ended, double Score)[] all =
            [
                .. model.Leaves(model.Read(0, prompt[row]), maxLength, endToken)
                    .Select(leaf => (leaf.Tokens, leaf.LogProbability, leaf.Ended, Score(leaf.LogProbability, leaf.Tokens.Length + (leaf.Ended ? 1 : 0), penalty)))
                    .OrderByDescending(static leaf => leaf.Item4),
            ];
            Assert.Equal(Math.Min(best, all.Length), found[row].Length);
            for (int i = 0; i < found[row].Length; i++)
            {
                Assert.Equal(all[i].Score, found[row][i].Score, 1e-12);
                Assert.Equal(all[i].LogProbability, found[row][i].LogProbability, 1e-12);
                Assert.Equal(TreeModel.Text(all[i].Tokens), TreeModel.Text(found[row][i].Tokens));
                Assert.Equal(all[i].Ended, found[row][i].Ended);
            }
        }
    });

    /// <summary>Of width 1 it is greedy, and a narrow one is a plain search written down step by step.</summary>
    [Fact]
    public void NarrowItIsTheTextbooksSearch() => Laws.Hold(Laws.Seeds, Arb.From(Gen.Choose(1, 4)), (seed, width) =>
    {
        TreeModel model = new(5, seed);
        using Tape<double> tape = Tape<double>.Inference();
        Tensor<int> prompt = Tensor.From(1, 4);
        Hypothesis[][] found = Decode.Beam(model, tape, prompt, model.Root(tape, 2), 6, new() { Width = width, LengthPenalty = 0.8 }, endToken: 2);
        for (int row = 0; row < 2; row++)
        {
            (string expected, double score) = Search(model, model.Read(0, prompt.Span[row]), 6, width, 0.8, 2);
            Assert.Equal(expected, TreeModel.Text(found[row][0].Tokens));
            Assert.Equal(score, found[row][0].Score, 1e-12);
        }

        if (width > 1) return;
        int[][] greedy = Decode.Tokens(model, tape, prompt, model.Root(tape, 2), 6, Sampling.Greedy, endToken: 2);
        for (int row = 0; row < 2; row++) Assert.Equal(greedy[row], found[row][0].Tokens);
    });

    [Fact]
    public void StopsWhenNoLiveHypothesisCanWin()
    {
        // The end is all but certain from the first step on, so 1,000 steps are not taken.
        int steps = 0;
        StepModel<double, Variable<double>> model = StepModel.From<double, Variable<double>>(3, (tape, tokens, state) =>
        {
            steps++;
            return (tape.Constant([tokens.Length, 3], [.. Enumerable.Range(0, tokens.Length).SelectMany(static _ => new double[] { 0, 0, 9 })]), state);
        });
        using Tape<double> tape = Tape<double>.Inference();
        Hypothesis best = Decode.Beam(model, tape, Tensor.From(0), default, 1000, endToken: 2)[0][0];
        Assert.Empty(best.Tokens);
        Assert.True(best.Ended);
        Assert.Equal(1, steps);
        Assert.Equal(3, Decode.Beam(model, tape, Tensor.From(0), default, 1000, new() { Best = 3 }, endToken: 2)[0].Length);
        Assert.InRange(steps, 2, 12);
    }

    [Fact]
    public void MemoryStaysFlat()
    {
        TreeModel model = new(6, 3);
        using Tape<double> tape = Tape<double>.Inference();
        BeamSearch search = new() { Width = 3 };
        Decode.Beam(model, tape, Tensor.From(0), model.Root(tape, 1), 12, search);
        (long reserved, int count) = (tape.ReservedBytes, tape.Count);
        Decode.Beam(model, tape, Tensor.From(0), model.Root(tape, 1), 15, search);
        Assert.Equal(reserved, tape.ReservedBytes);
        Assert.Equal(count, tape.Count);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        TreeModel model = new(3, 1);
        using Tape<double> tape = Tape<double>.Inference();
        static void Says(string expected, Action act) => Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(act).Message, StringComparison.Ordinal);
        Says("Width is 1 or more, not 0", static () => _ = new BeamSearch { Width = 0 });
        Says("Best is 1 or more, not 0", static () => _ = new BeamSearch { Best = 0 });
        Says("LengthPenalty is a finite number, not NaN", static () => _ = new BeamSearch { LengthPenalty = double.NaN });
        Says("the best 5 hypotheses were asked of a beam of width 4", () => Decode.Beam(model, tape, Tensor.From(0), model.Root(tape, 1), 3, new() { Best = 5 }));
        StepModel<double, Variable<double>> wrong = StepModel.From<double, Variable<double>>(
            2, static (tape, tokens, state) => (tape.Zeros([tokens.Length, 2]), tape.Zeros([tokens.Length])), batchAxis: 1);
        Assert.Contains(
            "has no axis 1 for the batch",
            Assert.Throws<ShapeException>(() => Decode.Beam(wrong, tape, Tensor.From(0), default, 3)).Message,
            StringComparison.Ordinal);
    }

    private static double Score(double logProbability, int length, double penalty) => logProbability / Math.Pow((5.0 + length) / 6.0, penalty);

    /// <summary>Beam search over strings, without stopping early.</summary>
    private static (string Tokens, double Score) Search(TreeModel model, double root, int maxLength, int width, double penalty, int endToken)
    {
        List<(int[] Tokens, double Code, double Sum)> live = [([], root, 0)];
        List<(int[] Tokens, double Score)> done = [];
        for (int length = 1; length <= maxLength; length++)
        {
            List<(int[] Tokens, double Code, double Sum)> next = [];
            foreach ((int[] tokens, double code, double sum) in live)
            {
                double[] logits = model.Logits(code);
                double normalizer = Math.Log(logits.Sum(Math.Exp));
                for (int token = 0; token < logits.Length; token++) next.Add(([.. tokens, token], model.Read(code, token), sum + logits[token] - normalizer));
            }

            live = [];
            foreach ((int[] tokens, double code, double sum) in next.OrderByDescending(static entry => entry.Sum).Take(width))
            {
                if (tokens[^1] == endToken) done.Add((tokens[..^1], Score(sum, length, penalty)));
                else if (length == maxLength) done.Add((tokens, Score(sum, length, penalty)));
                else live.Add((tokens, code, sum));
            }
        }

        (int[] best, double score) = done.MaxBy(static entry => entry.Score);
        return (TreeModel.Text(best), score);
    }
}
