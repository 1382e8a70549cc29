using System.Numerics;

namespace Autograd.Tests.Training;

/// <summary>TBPTT(k1, k2) against loops over single steps, written from its definition, while the weights change.</summary>
public sealed class TruncatedBackpropagationTests
{
    private const int Classes = 5, Batch = 3, Time = 20;

    private static readonly (int K1, int K2)[] Pairs = [(1, 1), (2, 1), (3, 1), (3, 3), (2, 5), (5, 2), (1, 4), (4, 4), (20, 20), (7, 3), (3, 7), (4, 6), (4, 100), (100, 100), (6, 30)];

    public static TheoryData<int, int> Lengths
    {
        get
        {
            TheoryData<int, int> data = [];
            foreach ((int k1, int k2) in Pairs) data.Add(k1, k2);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void ACellOfOnesOwnHasTheGradientsOfTheDefinition(int k1, int k2) => FollowsTheDefinition(static () => new OwnModel<double>(), k1, k2);

    [Theory]
    [MemberData(nameof(Lengths))]
    public void AnLstmHasTheGradientsOfTheDefinition(int k1, int k2) => FollowsTheDefinition(static () => new LstmModel<double>(), k1, k2);

    [Theory]
    [InlineData(3, 3)]
    [InlineData(2, 5)]
    [InlineData(5, 2)]
    [InlineData(4, 1)]
    public void SeriesOfNumbersGoTheSameWay(int k1, int k2)
    {
        OwnModel<double> model = new(), other = new();
        Tensor<double> series = Laws.Tensor([Time + 1, Batch, Classes], 3);
        SeriesStream<double> stream = new(series[..^1], series[1..]);
        TruncatedBackpropagation<double, Hidden<double>> truncation = new(k1, k2, model.ZeroState);
        using Tape<double> tape = new();
        Follow(
            k1,
            k2,
            model,
            other,
            stream,
            chunk => truncation.Backward(tape, chunk, (window, state) =>
            {
                (Variable<double> y, state) = model.Forward(tape.Constant(window.Inputs), state);
                return (y.MeanSquaredError(tape.Constant(window.Targets)), state);
            }),
            truncation,
            (on, t) => on.Constant(series[t]),
            (y, t) => y.MeanSquaredError(y.Tape.Constant(series[t + 1])));
    }

    [Fact]
    public void SumsAreSums()
    {
        OwnModel<double> model = new();
        SequenceStream stream = Stream();
        using Tape<double> tape = new();
        double[] Gradient(int k2, Reduction reduction, out double loss)
        {
            TruncatedBackpropagation<double, Hidden<double>> truncation = new(6, k2, model.ZeroState, reduction);
            double[] found = truncation.Backward(tape, stream.Chunk(0, 6), (window, state) =>
            {
                (Variable<double> y, state) = model.Forward(tape.OneHot<double>(window.Inputs, Classes), state);
                Variable<double> sum = y.CrossEntropy(window.Targets, reduction: Reduction.Sum);
                return (reduction == Reduction.Sum ? sum : sum / (window.Steps * Batch), state);
            })[model.Head.Weight].ToArray();
            loss = truncation.Loss;
            return found;
        }

        foreach (int k2 in (int[])[1, 4, 6])
        {
            double[] mean = Gradient(k2, Reduction.Mean, out double meanLoss), sum = Gradient(k2, Reduction.Sum, out double total);
            Assert.Equal(total, meanLoss * 6 * Batch, 1e-10);
            for (int e = 0; e < mean.Length; e++) Assert.Equal(sum[e], mean[e] * 6 * Batch, 1e-10);
        }
    }

    [Fact]
    public void AWindowOverTheWholeIsFullBackpropagationBitForBit() =>
        Laws.HoldForChoices(12, Laws.Deep ? 5_000 : 200, (20_260_401, 1_234_567), static choose =>
        {
            int time = choose.Between(1, 9), batch = choose.Between(1, 3), k = time + choose.Between(0, 3);
            LstmModel<float> model = new();
            SequenceStream stream = Stream(time, batch, choose.Between(0, 1000));
            using Tape<float> tape = new();
            TruncatedBackpropagation<float, LstmState<float>> truncation = new(k, k);
            Gradients<float> found = truncation.Backward(tape, stream.Chunk(0, time), (window, state) =>
            {
                (Variable<float> y, state) = model.Forward(tape.OneHot<float>(window.Inputs, Classes), state);
                return (y.CrossEntropy(window.Targets), state);
            });
            using Tape<float> plain = new();
            SequenceChunk whole = stream.Chunk(0, time);
            Variable<float> loss = model.Forward(plain.OneHot<float>(whole.Inputs, Classes), default).Outputs.CrossEntropy(whole.Targets);
            Gradients<float> expected = plain.Backward(loss);
            Assert.Equal(loss.Item(), truncation.Loss);
            foreach (Parameter<float> parameter in model.Parameters) Assert.Equal(expected[parameter].ToArray(), found[parameter].ToArray());
        });

    [Fact]
    public void ChunksWithCarriedStateAreTheWholeBitForBit() =>
        Laws.HoldForChoices(12, Laws.Deep ? 5_000 : 200, (20_260_402, 7_654_321), static choose =>
        {
            int k1 = choose.Between(1, 5), chunks = choose.Between(1, 4), time = k1 * chunks;
            LstmModel<float> model = new();
            SequenceStream stream = Stream(time, 2, choose.Between(0, 1000));
            using Tape<float> tape = new();
            TruncatedBackpropagation<float, LstmState<float>> truncation = new(k1, k1);
            List<float> outputs = [];
            foreach (SequenceChunk chunk in stream.Chunks(k1))
            {
                truncation.Backward(tape, chunk, (window, state) =>
                {
                    (Variable<float> y, state) = model.Forward(tape.OneHot<float>(window.Inputs, Classes), state);
                    outputs.AddRange(y.ToArray());
                    return (y.CrossEntropy(window.Targets), state);
                });
            }

            tape.Reset();
            SequenceChunk whole = stream.Chunk(0, time);
            Assert.Equal(model.Forward(tape.OneHot<float>(whole.Inputs, Classes), default).Outputs.ToArray(), outputs);
        });

    [Fact]
    public void ALearnedInitialStateHasGradientsWhileAWindowReachesIt()
    {
        LstmModel<double> model = new();
        Parameter<double> first = new("first", new Tensor<double>([1, 1, LstmModel<double>.Size]));
        SequenceStream stream = Stream();
        using Tape<double> tape = new();
        TruncatedBackpropagation<double, LstmState<double>> truncation = new(2, 5, (on, batch) => new(first.On(on) + on.Zeros([1, batch, LstmModel<double>.Size]), on.Zeros([1, batch, LstmModel<double>.Size])));
        List<bool> reached = [];
        List<int> windows = [], advanced = [];
        foreach (SequenceChunk chunk in stream.Chunks(2))
        {
            Gradients<double> gradients = truncation.Backward(
                tape,
                chunk,
                (window, state) =>
                {
                    (Variable<double> y, state) = model.Forward(tape.OneHot<double>(window.Inputs, Classes), state);
                    return (y.CrossEntropy(window.Targets), state);
                },
                (window, state) =>
                {
                    advanced.Add(window.Start);
                    return model.Forward(tape.OneHot<double>(window.Inputs, Classes), state).State;
                });
            reached.Add(gradients.Contains(first));
            windows.Add(truncation.WindowSteps);
            Assert.Equal((2, chunk.Start + 2), (truncation.Steps, truncation.StateStart + Math.Min(3, chunk.Start + 2)));
        }

        Assert.Equal([true, true, false, false], reached[..4]);
        Assert.Equal([2, 4, 5, 5], windows[..4]);
        Assert.Equal([0, 1, 1, 3, 3, 5], advanced[..6]);
    }

    [Fact]
    public void ARunGoesOnFromASavedState()
    {
        LstmModel<double> model = new();
        SequenceStream stream = Stream();
        using Tape<double> tape = new();
        List<double> losses = [], resumed = [];
        (Tensor<double> H, Tensor<double> C, int Start) saved = (new([]), new([]), 0);
        TruncatedBackpropagation<double, LstmState<double>> truncation = new(2, 5), again = new(2, 5);
        foreach (SequenceChunk chunk in stream.Chunks(2))
        {
            _ = truncation.Backward(tape, chunk, Step);
            losses.Add(truncation.Loss);
            if (chunk.Index == 4) saved = (truncation.State.H.ToTensor(), truncation.State.C.ToTensor(), truncation.StateStart);
        }

        tape.Reset();
        Assert.Contains("after 7 steps", Assert.Throws<ArgumentException>(() => again.Resume(default, 3, stream.Chunk(5, 2))).Message, StringComparison.Ordinal);
        again.Resume(new LstmState<double>(tape.Constant(saved.H), tape.Constant(saved.C)), saved.Start, stream.Chunk(5, 2));
        foreach (SequenceChunk chunk in stream.Chunks(2, start: 5))
        {
            _ = again.Backward(tape, chunk, Step);
            resumed.Add(again.Loss);
        }

        Assert.Equal(losses[5..], resumed);

        (Variable<double> Loss, LstmState<double> State) Step(SequenceChunk window, LstmState<double> state)
        {
            (Variable<double> y, state) = model.Forward(tape.OneHot<double>(window.Inputs, Classes), state);
            return (y.CrossEntropy(window.Targets), state);
        }
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(2, 5)]
    [InlineData(5, 2)]
    public void NothingIsAllocatedOnceWarm(int k1, int k2)
    {
        OwnModel<float> model = new();
        SequenceStream stream = Stream();
        Sgd<float> optimizer = new(model, 0.01);
        using Tape<float> tape = new();
        TruncatedBackpropagation<float, Hidden<float>> truncation = new(k1, k2, model.ZeroState);
        Func<SequenceChunk, Hidden<float>, (Variable<float>, Hidden<float>)> step = (window, state) =>
        {
            (Variable<float> y, state) = model.Forward(tape.OneHot<float>(window.Inputs, Classes), state);
            return (y.CrossEntropy(window.Targets), state);
        };
        Allocations.AssertNone(10, () =>
        {
            foreach (SequenceChunk chunk in stream.Chunks(k1)) optimizer.Step(truncation.Backward(tape, chunk, step));
        });
    }

    [Fact]
    public void AStateThatDoesNotBelongIsRefused()
    {
        OwnModel<double> model = new();
        SequenceStream stream = Stream(), other = Stream();
        using Tape<double> tape = new(), second = new();
        TruncatedBackpropagation<double, Hidden<double>> truncation = new(4, 4, model.ZeroState);
        Refused<InvalidOperationException>(stream.Chunk(1, 4), tape, "begins with step 4", "no state is carried", "order");
        Update(stream.Chunk(0, 4), tape);
        Refused<InvalidOperationException>(stream.Chunk(2, 4), tape, "begins with step 8", "due begins with step 4");
        Refused<InvalidOperationException>(other.Chunk(1, 4), tape, "another stream");
        Refused<InvalidOperationException>(stream.Chunk(1, 4), second, "another tape");
        Refused<ArgumentException>(stream.Window(4, 5), tape, "5 steps", "k1 = 4");
        Update(stream.Chunk(1, 4), tape); // a refusal changes nothing
        tape.Reset();
        Refused<InvalidOperationException>(stream.Chunk(2, 4), tape, "was reset since the last update");
        Update(stream.Chunk(0, 4), tape);
        Assert.Contains(
            "another tape",
            Assert.Throws<InvalidOperationException>(() => truncation.Backward(tape, stream.Chunk(1, 4), (_, _) => (tape.Zeros([]), model.ZeroState(second, Batch)))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "another layer",
            Assert.Throws<InvalidOperationException>(() => truncation.Backward(tape, stream.Chunk(1, 4), (_, _) => (tape.Zeros([]), new Hidden<double>(tape.Zeros([Batch, 99]))))).Message,
            StringComparison.Ordinal);
        Update(stream.Chunk(1, 4), tape);

        // Made by hand: no steps before their own, and only the batch tells them apart.
        SequenceChunk first = stream.Chunk(0, 4) with { Stream = null }, next = stream.Chunk(1, 4) with { Stream = null };
        Update(first, tape);
        Refused<InvalidOperationException>(next with { Inputs = new([4, 2]), Targets = new([4, 2]) }, tape, "a batch of 2", "one of 3");
        Update(next, tape);
        TruncatedBackpropagation<double, Hidden<double>> far = new(4, 6, model.ZeroState), near = new(4, 3, model.ZeroState);
        _ = far.Backward(tape, first, (window, state) => Step(window, state));
        Assert.Contains("made by hand", Assert.Throws<ArgumentException>(() => far.Backward(tape, next, (window, state) => Step(window, state))).Message, StringComparison.Ordinal);
        _ = near.Backward(tape, first, (window, state) => Step(window, state));
        _ = near.Backward(tape, next, (window, state) => Step(window, state));

        Assert.Throws<ArgumentOutOfRangeException>(static () => new TruncatedBackpropagation<double, Hidden<double>>(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new TruncatedBackpropagation<double, Hidden<double>>(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new TruncatedBackpropagation<double, Hidden<double>>(1, 1, reduction: Reduction.None));

        (Variable<double> Loss, Hidden<double> State) Step(SequenceChunk window, Hidden<double> state)
        {
            (Variable<double> y, state) = model.Forward(state.H.Tape.OneHot<double>(window.Inputs, Classes), state);
            return (y.CrossEntropy(window.Targets), state);
        }

        void Update(SequenceChunk chunk, Tape<double> on) => Assert.True(truncation.Backward(on, chunk, Step).Contains(model.Head.Weight));

        void Refused<TException>(SequenceChunk chunk, Tape<double> on, params string[] says)
            where TException : Exception
        {
            string message = Assert.Throws<TException>(() => truncation.Backward(on, chunk, Step)).Message;
            foreach (string word in says) Assert.Contains(word, message, StringComparison.Ordinal);
        }
    }

    private static SequenceStream Stream(int time = Time, int batch = Batch, int seed = 1)
    {
        Random random = new(seed);
        return new([.. Enumerable.Range(0, (time + 1) * batch).Select(_ => random.Next(Classes))], batch);
    }

    private static void FollowsTheDefinition<TState>(Func<IModel<double, TState>> make, int k1, int k2)
        where TState : struct, IState<TState, double>
    {
        IModel<double, TState> model = make(), other = make();
        SequenceStream stream = Stream();
        TruncatedBackpropagation<double, TState> truncation = new(k1, k2, model.ZeroState);
        using Tape<double> tape = new();
        Follow(
            k1,
            k2,
            model,
            other,
            stream,
            chunk => truncation.Backward(tape, chunk, (window, state) =>
            {
                (Variable<double> y, state) = model.Forward(tape.OneHot<double>(window.Inputs, Classes), state);
                return (y.CrossEntropy(window.Targets), state);
            }),
            truncation,
            (on, t) => on.OneHot<double>(stream.Window(t, 1).Inputs[0], Classes),
            (y, t) => y.CrossEntropy(stream.Window(t, 1).Targets[0]));
    }

    /// <summary>Compares loss and gradients update by update; both models take the same steps of gradient descent.</summary>
    private static void Follow<TState, TChunk>(
        int k1,
        int k2,
        IModel<double, TState> model,
        IModel<double, TState> other,
        ChunkedStream<TChunk> stream,
        Func<TChunk, Gradients<double>> update,
        TruncatedBackpropagation<double, TState> truncation,
        Func<Tape<double>, int, Variable<double>> input,
        Func<Variable<double>, int, Variable<double>> lossOf)
        where TState : struct, IState<TState, double>
        where TChunk : struct, ISequenceChunk<TChunk>
    {
        Sgd<double> optimizer = new((Module<double>)model, 0.5), otherOptimizer = new((Module<double>)other, 0.5);
        for (int pass = 0; pass < 2; pass++)
        {
            Tensor<double>[][] states = []; // after each number of steps, as the last update found them
            for (int start = 0, end; start < stream.Steps; start = end)
            {
                end = Math.Min(start + k1, stream.Steps);
                int from = Math.Clamp(start + k1 - k2, 0, start);
                using Tape<double> tape = new();
                TState state = other.ZeroState(tape, Batch);
                if (from > 0)
                {
                    GiveParts give = new(tape, states[from]);
                    state = state.Map(ref give);
                }

                Tensor<double>[][] found = new Tensor<double>[end + 1][];
                Variable<double> loss = tape.Zeros([]);
                for (int t = from; t < end; t++)
                {
                    // A piece of k2 steps ends: what came before is a constant.
                    if (k2 < k1 && t > start && (t - start) % k2 == 0)
                    {
                        CutParts cut = default;
                        state = state.Map(ref cut);
                    }

                    (Variable<double> y, state) = other.Step(input(tape, t), state);
                    if (t >= start) loss += lossOf(y, t) / (end - start);
                    TakeParts take = new([]);
                    state.Map(ref take);
                    found[t + 1] = [.. take.Parts];
                }

                states = found;
                Gradients<double> expected = tape.Backward(loss), gradients = update(stream.Window(start, end - start));
                Assert.Equal(loss.Item(), truncation.Loss, 1e-12);
                Assert.Equal((end - start, end - from), (truncation.Steps, truncation.WindowSteps));
                foreach ((Parameter<double> one, Parameter<double> two) in model.Parameters.Zip(other.Parameters))
                {
                    (double[] e, double[] g) = (expected[two].ToArray(), gradients[one].ToArray());
                    for (int i = 0; i < e.Length; i++) Assert.Equal(e[i], g[i], 1e-12);
                }

                optimizer.Step(gradients);
                otherOptimizer.Step(expected);
            }
        }
    }

    private interface IModel<T, TState>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        IEnumerable<Parameter<T>> Parameters { get; }

        TState ZeroState(Tape<T> tape, int batch);

        (Variable<T> Outputs, TState State) Forward(Variable<T> x, TState state);

        /// <summary>One step, [batch, features], from the same weights.</summary>
        (Variable<T> Output, TState State) Step(Variable<T> x, TState state);
    }

    private readonly struct GiveParts(Tape<double> tape, Tensor<double>[] parts) : IVariableMap<double>
    {
        private readonly Queue<Tensor<double>> _parts = new(parts);

        public Variable<double> Apply(Variable<double> variable) => tape.Constant(_parts.Dequeue());
    }

    private readonly struct CutParts : IVariableMap<double>
    {
        public Variable<double> Apply(Variable<double> variable) => variable.Detach();
    }

    private readonly struct TakeParts(List<Tensor<double>> parts) : IVariableMap<double>
    {
        public List<Tensor<double>> Parts => parts;

        public Variable<double> Apply(Variable<double> variable)
        {
            parts.Add(variable.ToTensor());
            return variable;
        }
    }

    private sealed class OwnCell<T> : RecurrentCell<T, Hidden<T>>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Linear<T> _gate, _candidate;

        public OwnCell(int inputSize, int hiddenSize)
        {
            _gate = AddModule("gate", new Linear<T>(inputSize + hiddenSize, hiddenSize));
            _candidate = AddModule("candidate", new Linear<T>(inputSize + hiddenSize, hiddenSize));
        }

        public override Hidden<T> Step(Variable<T> x, Hidden<T> state)
        {
            Variable<T> h = state.H, f = _gate.Forward(Variable.Concat(x, h)).Sigmoid(), n = _candidate.Forward(Variable.Concat(x, f * h)).Tanh();
            return new(((1 - f) * h) + (f * n));
        }
    }

    private sealed class OwnModel<T> : Module<T>, IModel<T, Hidden<T>>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Recurrent<T, Hidden<T>> _layer;

        public OwnModel()
        {
            _layer = AddModule("layer", new Recurrent<T, Hidden<T>>(new OwnCell<T>(Classes, 4)));
            Head = AddModule("head", new Linear<T>(4, Classes));
            Initialize(3);
        }

        public Linear<T> Head { get; }

        public Hidden<T> ZeroState(Tape<T> tape, int batch) => _layer.ZeroState(tape, batch);

        public (Variable<T> Outputs, Hidden<T> State) Forward(Variable<T> x, Hidden<T> state)
        {
            (Variable<T> y, state) = _layer.Forward(x, state);
            return (Head.Forward(y), state);
        }

        public (Variable<T> Output, Hidden<T> State) Step(Variable<T> x, Hidden<T> state)
        {
            Hidden<T> next = _layer.Cell.Step(x, new(state.H[0]));
            return (Head.Forward(next.H), new(next.H.Unsqueeze(0)));
        }
    }

    private sealed class LstmModel<T> : Module<T>, IModel<T, LstmState<T>>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public const int Size = 4;

        private readonly Lstm<T> _layer;
        private readonly Linear<T> _head;

        public LstmModel()
        {
            _layer = AddModule("layer", new Lstm<T>(Classes, Size));
            _head = AddModule("head", new Linear<T>(Size, Classes));
            Initialize(3);
        }

        public LstmState<T> ZeroState(Tape<T> tape, int batch) => _layer.ZeroState(tape, batch);

        public (Variable<T> Outputs, LstmState<T> State) Forward(Variable<T> x, LstmState<T> state)
        {
            (Variable<T> y, state) = _layer.Forward(x, state);
            return (_head.Forward(y), state);
        }

        public (Variable<T> Output, LstmState<T> State) Step(Variable<T> x, LstmState<T> state)
        {
            // The equations of the cell, with the layer's weights.
            Parameter<T>[] p = [.. _layer.Parameters];
            Tape<T> tape = x.Tape;
            Variable<T> h = state.H[0], c = state.C[0], gates = x.Linear(p[0].On(tape), p[2].On(tape)) + h.Linear(p[1].On(tape), p[3].On(tape));
            Variable<T> i = gates.Narrow(1, 0, Size).Sigmoid(), f = gates.Narrow(1, Size, Size).Sigmoid(), g = gates.Narrow(1, 2 * Size, Size).Tanh(), o = gates.Narrow(1, 3 * Size, Size).Sigmoid();
            c = (f * c) + (i * g);
            h = o * c.Tanh();
            return (_head.Forward(h), new(h.Unsqueeze(0), c.Unsqueeze(0)));
        }
    }
}
