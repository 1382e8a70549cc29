namespace Autograd.Tests.Layers;

/// <summary>The decoder against its step, its gradients, scheduled sampling, and what it refuses.</summary>
public sealed class DecoderTests
{
    private const int Vocabulary = 6, Embedding = 3, Size = 4, Memory = 5, Batch = 3, Time = 4;

    private static readonly Tensor<int> Targets = new([Time, Batch], [1, 2, 3, 4, 5, 0, 1, -100, 2, 3, -100, -100]);

    private static readonly Tensor<int> Lengths = Tensor.From(2, 6, 3);

    /// <summary>
    /// Forward equals steps by hand from the equations, for a cell of one part, of two, and of one's own; with attention and without, with
    /// a readout and without.
    /// </summary>
    [Theory]
    [InlineData(true, null)]
    [InlineData(true, 2)]
    [InlineData(false, null)]
    [InlineData(false, 7)]
    public void ForwardIsItsSteps(bool attends, int? readout)
    {
        Check(new GruCell<double>(Embedding + (attends ? Memory : 0), Size), attends, readout, static h => new Hidden<double>(h));
        Check(new LstmCell<double>(Embedding + (attends ? Memory : 0), Size), attends, readout, static h => new LstmState<double>(h, h * 0.5));
        Check(new Leaky(Embedding + (attends ? Memory : 0)), attends, readout, static h => new Hidden<double>(h));
    }

    /// <summary>In training an element of an embedding is 0 or twice as large, and the same of what the head reads; else nothing changes.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void DropoutTakesEmbeddingsAndWhatTheHeadReads(int? readout)
    {
        // A cell that gives its input on, and a head that gives on what it reads, so that the logits are what was left of the embedding.
        Decoder<double, Hidden<double>> decoder = new(3, 3, new Through(), dropout: 0.5, readoutSize: readout), plain = new(3, 3, new Through(), readoutSize: readout);
        decoder.Initialize(4);
        Tensor<double> identity = new([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
        decoder.Head.Weight.Set(identity);
        decoder.Head.Bias!.Set(new([3]));
        decoder.Readout?.Weight.Set(identity);
        decoder.Readout?.Bias!.Set(new([3]));
        foreach (((_, Parameter<double> to), (_, Parameter<double> from)) in plain.NamedParameters().Zip(decoder.NamedParameters())) to.Set(from.Value);
        const int Rows = 2_000;
        using Tape<double> trains = new(seed: 5), evaluates = new(training: false);
        Tensor<int> inputs = Tensor.Full([1, Rows], 2);
        double[] Logits(Decoder<double, Hidden<double>> of, Tape<double> tape) => of.Forward(of.Start(new(tape.Zeros([Rows, 3]))), inputs).Logits.ToArray();
        double[] whole = Logits(plain, trains), left = Logits(decoder, trains);
        Assert.Equal(whole, Logits(decoder, evaluates));
        double[] embedding = decoder.Embedding.Weight.Value.Span[6..].ToArray();
        for (int i = 0; i < left.Length; i++)
        {
            double twice = 2 * embedding[i % 3], read = readout is null ? twice : Math.Tanh(twice);
            Assert.True(left[i] == 0 || Math.Abs(left[i] - (2 * read)) < 1e-12, $"{left[i]} is neither 0 nor {2 * read}");
        }

        // Both draws keep it with probability 1/4.
        double share = left.Count(static value => value != 0) / (double)left.Length;
        Assert.InRange(share, 0.25 - 0.03, 0.25 + 0.03);
    }

    [Theory]
    [InlineData(true, null, 0)]
    [InlineData(true, 2, 0.4)]
    [InlineData(false, null, 0)]
    public void PassesTheGradientCheckToSecondOrder(bool attends, int? readout, double dropout)
    {
        Decoder<double, LstmState<double>> decoder = new(
            3, 2, new LstmCell<double>(attends ? 4 : 2, 2), attends ? new AdditiveAttention<double>(2, 2, 2) : null, dropout, readout);
        decoder.Initialize(9);
        Tensor<double> start = Laws.Tensor([2, 2], 1), memory = Laws.Tensor([3, 2, 2], 2);
        Tensor<int> targets = new([3, 2], [1, 2, 2, 0, 1, -100]), inputs = Decoder.Shift(targets, 0);
        GradientCheck.Run(
            decoder.NamedParameters(),
            tape =>
            {
                tape.Step = 4; // the same draws in each evaluation
                LstmState<double> cell = new(tape.Constant(start), tape.Constant(start));
                return decoder.Loss(attends ? decoder.Start(cell, tape.Constant(memory), Tensor.From(2, 3)) : decoder.Start(cell), inputs, targets);
            },
            new() { Order = 2 }).ThrowIfFailed();
    }

    [Fact]
    public void TheLossIsTheMeanOverTrueTokens()
    {
        Decoder<double, Hidden<double>> decoder = Make(new GruCell<double>(Embedding + Memory, Size), true);
        using Tape<double> tape = new();
        DecoderState<double, Hidden<double>> state = Start(decoder, tape);
        Tensor<int> inputs = Decoder.Shift(Targets, 0);
        Assert.Equal([0, 0, 0, 1, 2, 3, 4, 5, 0, 1, 0, 2], inputs.ToArray());
        double[] logits = decoder.Forward(state, inputs).Logits.LogSoftmax().ToArray();
        double sum = 0;
        int count = 0;
        for (int i = 0; i < Targets.Length; i++)
        {
            if (Targets.Span[i] < 0) continue;
            sum -= logits[(i * Vocabulary) + Targets.Span[i]];
            count++;
        }

        Assert.Equal(9, count);
        Assert.Equal(sum / count, decoder.Loss(state, inputs, Targets).Item(), 1e-13);
    }

    /// <summary>With probability 1 each step reads the model's own best token; with less, one or the other, by seed, step and path alone.</summary>
    [Fact]
    public void ScheduledSamplingReadsTheModelsOwnTokens()
    {
        Decoder<double, Hidden<double>> decoder = Make(new GruCell<double>(Embedding + Memory, Size), true);
        Tensor<int> inputs = Decoder.Shift(Targets, 0);
        using Tape<double> tape = new(seed: 3);
        double[] own = decoder.Forward(Start(decoder, tape), inputs, sampling: 1).Logits.ToArray();
        DecoderState<double, Hidden<double>> state = Start(decoder, tape);
        Tensor<int> tokens = new([Batch]);
        for (int t = 0; t < Time; t++)
        {
            (Variable<double> logits, state) = decoder.Step(tokens, state);
            double[] values = logits.ToArray();
            Near(values, own[(t * values.Length)..((t + 1) * values.Length)]);
            tokens = new([Batch], [.. Enumerable.Range(0, Batch).Select(b => Best(values[(b * Vocabulary)..((b + 1) * Vocabulary)]))]);
        }

        double[] Run(ulong seed, long step, bool training = true)
        {
            using Tape<double> on = new(training, seed) { Step = step };
            return decoder.Forward(Start(decoder, on), inputs, sampling: 0.5).Logits.ToArray();
        }

        Assert.Equal(Run(3, 8), Run(3, 8));
        Assert.NotEqual(Run(3, 8), Run(3, 9));
        Assert.NotEqual(Run(3, 8), Run(4, 8));
        Near(decoder.Forward(Start(decoder, tape), inputs).Logits.ToArray(), Run(3, 8, training: false));
    }

    [Fact]
    public void TheShareOfOwnTokensIsTheProbability()
    {
        // A decoder that always finds token 5 best, fed with token 1: the embedding it reads tells which came.
        const int Wide = 2000;
        Decoder<double, Hidden<double>> decoder = new(Vocabulary, Embedding, new Leaky(Embedding));
        decoder.Initialize(1);
        Tensor<double> bias = new([Vocabulary]);
        bias[5..].Fill(1e3);
        decoder.Head.Bias!.Set(bias);
        using Tape<double> tape = new(seed: 1);
        double[] logits = decoder.Forward(decoder.Start(new(tape.Zeros([Wide, Embedding]))), Tensor.Full([2, Wide], 1), sampling: 0.3).Logits[1].ToArray();
        int[] classes = [.. Enumerable.Range(0, Wide).Select(b => (int)Math.Round(logits[b * Vocabulary] * 1e9))];
        int common = classes.GroupBy(static value => value).Max(static group => group.Count());
        Assert.Equal(2, classes.Distinct().Count());
        Assert.InRange(common, (0.7 * Wide) - (5 * Math.Sqrt(0.21 * Wide)), (0.7 * Wide) + (5 * Math.Sqrt(0.21 * Wide)));
    }

    [Fact]
    public void SamplingPassesTheGradientCheck()
    {
        Decoder<double, Hidden<double>> decoder = new(3, 2, new GruCell<double>(4, 2), new GeneralAttention<double>(2, 2));
        decoder.Initialize(9);
        Tensor<double> start = Laws.Tensor([2, 2], 1), memory = Laws.Tensor([3, 2, 2], 2);
        Tensor<int> targets = new([4, 2], [1, 2, 2, 0, 1, 1, 0, 2]), inputs = Decoder.Shift(targets, 0);
        GradientCheck.Run(decoder.NamedParameters(), tape =>
        {
            tape.Step = 4; // the same draws in each evaluation
            return decoder.Loss(decoder.Start(new(tape.Constant(start)), tape.Constant(memory)), inputs, targets, sampling: 0.5);
        }).ThrowIfFailed();
    }

    [Fact]
    public void TeacherForcingAllocatesNothingOnceWarm()
    {
        Decoder<double, Hidden<double>> decoder = Make(new GruCell<double>(Embedding + Memory, Size), true);
        Tensor<int> inputs = Decoder.Shift(Targets, 0);
        Tensor<double> start = Laws.Tensor([Batch, Size], 1), memory = Laws.Tensor([6, Batch, Memory], 2);
        using Tape<double> tape = new();
        void Run()
        {
            tape.Reset();
            tape.Backward(decoder.Loss(decoder.Start(new(tape.Constant(start)), tape.Constant(memory), Lengths), inputs, Targets));
        }

        Allocations.AssertNone(50, Run);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        Decoder<double, Hidden<double>> attends = Make(new GruCell<double>(Embedding + Memory, Size), true), plain = Make(new GruCell<double>(Embedding, Size), false);
        using Tape<double> tape = new();
        Hidden<double> cell = new(tape.Zeros([Batch, Size]));
        Assert.Contains("start it with Start(state, encoderOutputs, lengths)", Assert.Throws<InvalidOperationException>(() => attends.Start(cell)).Message, StringComparison.Ordinal);
        Assert.Contains("start it with Start(state)", Assert.Throws<InvalidOperationException>(() => plain.Start(cell, tape.Zeros([2, Batch, Memory]))).Message, StringComparison.Ordinal);
        Assert.Contains("Make it by Prepare", Assert.Throws<ArgumentException>(() => attends.Forward(new(cell, default), new([2, Batch]))).Message, StringComparison.Ordinal);
        Assert.Contains("they must be [time, batch]", Assert.Throws<ShapeException>(() => plain.Forward(plain.Start(cell), new([2]))).Message, StringComparison.Ordinal);
        Assert.Contains("sampling is a probability in 0 … 1, not NaN", Assert.Throws<ArgumentOutOfRangeException>(() => plain.Forward(plain.Start(cell), new([2, Batch]), double.NaN)).Message, StringComparison.Ordinal);
        Assert.Contains("outside 0 … 5", Assert.Throws<ArgumentOutOfRangeException>(() => plain.Forward(plain.Start(cell), Tensor.Full([2, Batch], 6))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "the attention takes queries of 3 features, but GruCell gives 4. Build it with querySize: 4.",
            Assert.Throws<ArgumentException>(static () => new Decoder<double, Hidden<double>>(5, 2, new GruCell<double>(5, 4), new DotAttention<double>(3))).Message,
            StringComparison.Ordinal);
        Assert.Contains("Decoder: readoutSize", Assert.Throws<ArgumentOutOfRangeException>(static () => new Decoder<double, Hidden<double>>(5, 2, new GruCell<double>(2, 4), readoutSize: 0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Decoder<double, Hidden<double>>(5, 2, new GruCell<double>(2, 4), dropout: 1.5));
        Assert.Throws<ShapeException>(() => plain.Forward(plain.Start(cell), new([2, Batch + 1])));
        Assert.Throws<ShapeException>(() => attends.Forward(attends.Start(cell, tape.Zeros([2, Batch, Memory])), new([2, Batch + 1])));
        Assert.Equal(new Shape(0, Batch, Vocabulary), plain.Forward(plain.Start(cell), new([0, Batch])).Logits.Shape);
    }

    private static void Check<TState>(RecurrentCell<double, TState> cell, bool attends, int? readout, Func<Variable<double>, TState> make)
        where TState : struct, IState<TState, double>
    {
        Decoder<double, TState> decoder = Make(cell, attends, readout);
        using Tape<double> tape = new();
        Variable<double> memory = tape.Constant(Laws.Tensor([6, Batch, Memory], 2));
        TState state = make(tape.Constant(Laws.Tensor([Batch, cell.HiddenSize], 1)));
        DecoderState<double, TState> start = attends ? decoder.Start(state, memory, Lengths) : decoder.Start(state);
        Tensor<int> inputs = Decoder.Shift(Targets, 0);
        (Variable<double> all, DecoderState<double, TState> last) = decoder.Forward(start, inputs);
        for (int t = 0; t < Time; t++)
        {
            Variable<double> x = decoder.Embedding.Forward(tape, inputs[t]), context = default;
            if (attends)
            {
                context = decoder.Attention!.Forward(cell.Output(state), memory, Lengths).Context;
                x = Variable.Concat(x, context);
            }

            state = cell.Step(x, state);
            Variable<double> features = attends ? Variable.Concat(cell.Output(state), context) : cell.Output(state);
            if (readout is not null) features = (features.MatMul(tape.Constant(decoder.Readout!.Weight.Value).Transpose()) + tape.Constant(decoder.Readout.Bias!.Value)).Tanh();
            Near(decoder.Head.Forward(features).ToArray(), all[t].ToArray());
            (Variable<double> logits, start) = decoder.Step(inputs[t], start);
            Near(all[t].ToArray(), logits.ToArray());
        }

        Near(cell.Output(state).ToArray(), cell.Output(last.Cell).ToArray());
    }

    private static Decoder<double, TState> Make<TState>(RecurrentCell<double, TState> cell, bool attends, int? readout = null)
        where TState : struct, IState<TState, double>
    {
        Decoder<double, TState> decoder = new(
            Vocabulary, Embedding, cell, attends ? new AdditiveAttention<double>(cell.HiddenSize, Memory, 3) : null, readoutSize: readout);
        decoder.Initialize(9);
        return decoder;
    }

    private static DecoderState<double, Hidden<double>> Start(Decoder<double, Hidden<double>> decoder, Tape<double> tape) =>
        decoder.Start(new Hidden<double>(tape.Constant(Laws.Tensor([Batch, Size], 1))), tape.Constant(Laws.Tensor([6, Batch, Memory], 2)), Lengths);

    private static int Best(double[] values) => Array.IndexOf(values, values.Max());

    private static void Near(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-12);
    }

    /// <summary>h' = x.</summary>
    private sealed class Through : RecurrentCell<double, Hidden<double>>
    {
        public override int HiddenSize => 3;

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new(x);
    }

    /// <summary>A cell of one's own: h' = h / 2 + tanh(W x).</summary>
    private sealed class Leaky : RecurrentCell<double, Hidden<double>>
    {
        private readonly Linear<double> _linear;

        public Leaky(int inputSize) => _linear = AddModule("linear", new Linear<double>(inputSize, Embedding));

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new((state.H * 0.5) + _linear.Forward(x).Tanh());
    }
}
