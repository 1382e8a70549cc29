namespace Autograd.Tests;

/// <summary>What runs again in the sweep: the same bits, less memory, and nothing left behind.</summary>
public sealed class CheckpointTests
{
    private const int Batch = 3, Features = 4, Hidden = 5;

    public static TheoryData<int, bool> Segments => new() { { 1, false }, { 2, false }, { 3, true }, { 5, false }, { 7, true }, { 17, true }, { 100, false } };

    [Theory]
    [MemberData(nameof(Segments))]
    public void GradientsHaveTheBitsOfThePlainRun(int length, bool nested)
    {
        Model<double> model = new();
        Tensor<double> x = Laws.Tensor([17, Batch, Features], 1);
        using Tape<double> plain = new(seed: 5), tape = new(seed: 5);
        for (int step = 0; step < 2; step++)
        {
            (double[] loss, double[][] expected) = model.Gradients(plain, x, -length, nested: false);
            (double[] found, double[][] gradients) = model.Gradients(tape, x, length, nested);
            Assert.Equal(loss, found);
            Assert.Equal(expected, gradients);
            plain.Reset();
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GradientsOfGradientsAreThoseOfThePlainRun(bool nested)
    {
        Model<double> model = new();
        Tensor<double> x = Laws.Tensor([6, Batch, Features], 2);
        using Tape<double> plain = new(seed: 9), tape = new(seed: 9);
        double[][] expected = Second(plain, -2, false), found = Second(tape, 2, nested);
        for (int i = 0; i < expected.Length; i++)
        {
            for (int e = 0; e < expected[i].Length; e++) Assert.Equal(expected[i][e], found[i][e], 1e-12 * Math.Max(1, Math.Abs(expected[i][e])));
        }

        Assert.Contains(expected[^1], static value => value != 0);

        double[][] Second(Tape<double> on, int length, bool inner)
        {
            Variable<double> input = on.Variable(x);
            Gradients<double> first = on.Backward(model.Loss(input, length, inner), createGraph: true);
            Variable<double> norm = first[input].Square().Sum();
            foreach (Parameter<double> parameter in model.Parameters) norm += first[parameter].Square().Sum();
            Gradients<double> second = on.Backward(norm);
            return [[norm.Item()], .. model.Parameters.Select(parameter => second[parameter].ToArray()), second[input].ToArray()];
        }
    }

    [Fact]
    public void ATapeMayBeSweptAgain()
    {
        Model<double> model = new();
        using Tape<double> tape = new();
        Variable<double> loss = model.Loss(tape.Variable(Laws.Tensor([7, Batch, Features], 1)), 3, nested: true);
        double[] first = tape.Backward(loss, retain: true)[model.Head.Weight].ToArray(), second = tape.Backward(loss)[model.Head.Weight].ToArray();
        Assert.Equal(first, second);
        Assert.Contains("already swept", Assert.Throws<InvalidOperationException>(() => tape.Backward(loss)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MemoryIsThatOfOneSegmentAndTheStatesBetween()
    {
        const int Steps = 1_000;
        Model<float> model = new();
        Tensor<float> x = new([Steps, Batch, Features]);
        x.Write(static values => new RandomSource(3).FillUniform(values, -1, 1));
        using Tape<float> plain = new(), tape = new();
        model.Gradients(plain, x, -32, nested: false);
        model.Gradients(tape, x, 32, nested: false);
        Assert.InRange(tape.PeakBytes, 1, plain.PeakBytes / 8);
        Assert.InRange(tape.Count, 1, plain.Count / 8);
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(7, false)]
    [InlineData(-7, false)]
    public void NothingIsAllocatedOnceWarm(int length, bool nested)
    {
        Model<float> model = new();
        Tensor<float> x = new([24, Batch, Features]);
        using Tape<float> tape = new();
        Allocations.AssertNone(20, () =>
        {
            tape.Reset();
            tape.Backward(model.Loss(tape.Constant(x), length, nested));
        });
    }

    [Fact]
    public void FailuresAnywhereLeaveNothingBehind()
    {
        Linear<double> layer = new(3, 3);
        layer.Initialize(1);
        Tensor<double> x = Laws.Tensor([2, 3], 1);
        using Tape<double> tape = new();
        double[] undisturbed = Gradient(int.MaxValue, out int calls);
        Assert.InRange(calls, 10, 1000);
        for (int fail = 0; fail < calls; fail++)
        {
            Assert.Throws<InsufficientExecutionStackException>(() => Gradient(fail, out _));
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
            Assert.Equal(undisturbed, Gradient(int.MaxValue, out _));
        }

        double[] Gradient(int failAt, out int count)
        {
            int seen = 0;
            void Pass()
            {
                if (seen++ == failAt) throw new InsufficientExecutionStackException();
            }

            Custom watched = new(
                context =>
                {
                    Pass();
                    context.Input(0).CopyTo(context.Output(context.Shape(0)));
                    Pass();
                },
                context =>
                {
                    Pass();
                    context.Accumulate(0, context.Cotangent() * 1);
                    Pass();
                });
            Variable<double> Inner(Variable<double> h)
            {
                h = tape.Apply(watched, layer.Forward(h)).Tanh();
                h.OnGradient(gradient =>
                {
                    Pass();
                    return gradient * 2;
                });
                return h;
            }

            Variable<double> y = tape.Constant(x);
            for (int t = 0; t < 2; t++) y = tape.Checkpoint(y, h => Inner(tape.Checkpoint(h, Inner)) + 1);
            double[] found = tape.Backward(y.Sum(), createGraph: failAt % 2 == 1)[layer.Weight].ToArray();
            count = seen;
            tape.Reset();
            return found;
        }
    }

    [Fact]
    public void MemoryRefusedInTheMiddleIsGivenBack()
    {
        // The forward run of the body fits, the sweep through it does not.
        Tensor<float> large = new([1 << 18]);
        using Tape<float> tape = new(memoryLimit: 6 << 20);
        for (int step = 0; step < 3; step++)
        {
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
            Variable<float> x = tape.Variable(large);
            Variable<float> y = tape.Checkpoint(x, static x => (x * 2).Tanh().Sum());
            Assert.Throws<TapeMemoryException>(() => tape.Backward(tape.Checkpoint(x, static x => x.Exp().Exp().Exp().Exp().Exp().Exp().Exp().Sum())));
            Assert.Throws<TapeMemoryException>(() => tape.Backward(y + tape.Checkpoint(x, static x => (x * x).Sinh().Tanh().Tanh().Sum())));
            Assert.Equal(2, tape.Backward(tape.Checkpoint(x, static x => (x * 2).Tanh().Sum()))[x].Span[7]);
        }
    }

    [Fact]
    public void HooksOfTheBodyRunOncePerSweep()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [3, -1]));
        List<double[]> inner = [], outer = [];
        Variable<double> y = tape.Checkpoint(x, x =>
        {
            Variable<double> h = x * 2;
            h.OnGradient(gradient =>
            {
                inner.Add(gradient.ToArray());
                return gradient * 10;
            });
            x.OnGradient(gradient =>
            {
                outer.Add(gradient.ToArray());
                return gradient;
            });
            return h * 3;
        });
        Variable<double> unhooked = (y + 1) * 1; // stands where the hooked value stood
        Assert.Equal([60, 60], tape.Backward(unhooked.Sum(), retain: true)[x].ToArray());
        Assert.Equal([[3, 3]], inner);
        Assert.Equal([[60, 60]], outer);
        Assert.Equal([60, 60], tape.Backward(unhooked.Sum(), createGraph: true)[x].ToArray());
        Assert.Equal([[60, 60], [60, 60]], outer);
        tape.Backward((x * 1).Sum());
        Assert.Equal(2, inner.Count);
    }

    [Fact]
    public void WhatTheBodyReturnsKeepsItsNature()
    {
        using Tape<double> tape = new();
        Parameter<double> unused = new("unused", new Tensor<double>([2], [5, 6])), used = new("used", new Tensor<double>([2], [1, 2])), frozen = new("frozen", new Tensor<double>([2])) { Trainable = false };
        Variable<double> x = tape.Variable(new Tensor<double>([2, 2], [1, 2, 3, 4]));

        // An argument, a parameter, and a missing one come back as they are; a constant is one; two views share memory.
        Variable<double> same = tape.Checkpoint(x, static x => x), leaf = tape.Checkpoint((tape, unused), static a => a.unused.On(a.tape));
        Assert.Equal(x.Index, same.Index);
        Assert.Equal(unused.On(tape).Index, leaf.Index);
        Assert.Throws<InvalidOperationException>(() => tape.Checkpoint(x, static _ => default(Variable<double>)).Shape);
        LstmState<double> constant = tape.Checkpoint((x, frozen, used), static a => new LstmState<double>(a.x.Detach() + a.frozen.On(a.x.Tape), a.x * a.used.On(a.x.Tape)));
        Assert.False(constant.H.RequiresGradient);
        Assert.True(constant.C.RequiresGradient);
        LstmState<double> views = tape.Checkpoint(x, static x =>
        {
            Variable<double> y = x * 3;
            return new LstmState<double>(y[1], y[1]);
        });
        Assert.True(ResetTests.SameMemory(views.H, views.C));
        Assert.Equal([9, 12], views.H.ToArray());
        Gradients<double> gradients = tape.Backward((views.H * 2 + views.C).Sum() + constant.C.Sum() + leaf.Sum());
        Assert.Equal([1, 2, 10, 11], gradients[x].ToArray());
        Assert.Equal([1, 1], gradients[unused].ToArray());
        Assert.Equal([4, 6], gradients[used].ToArray());
        Assert.False(gradients.Contains(frozen));
    }

    [Fact]
    public void ABodyWithoutGradientsNeedsNoNode()
    {
        using Tape<double> tape = new(), inference = Tape<double>.Inference();
        foreach (Tape<double> on in (Tape<double>[])[tape, inference])
        {
            Variable<double> x = on.Constant(new Tensor<double>([1 << 12]));
            Variable<double> y = on.Checkpoint(x, static x => (x + 1).Exp().Exp());
            Assert.False(y.RequiresGradient);
            Assert.Equal((2, 1), (on.Count, on.LiveBuffers));
            Assert.Equal(Math.Exp(Math.E), y.ToArray()[^1], 1e-12);
        }
    }

    [Fact]
    public void ABodyThatDoesOtherThingsTheSecondTimeIsRefused()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [3, -1]));
        Parameter<double> late = new("late", new Tensor<double>([2], [1, 2]));
        int runs = 0;
        Tensor<double> data = new([2], [1, 2]);
        Refused("other numbers", "those on the tape", x => x * tape.Constant(data.Clone()), () => data.Write(static values => values[0] = 5));
        Refused("shape [1, 2]", "shape [2]", x => runs++ % 2 == 0 ? x * 1 : x.Reshape([1, 2]));
        Refused("0 values", "1 the first", x => runs++ % 2 == 0 ? x * 1 : (x * 1).Detach());
        Refused("parameter 'late'", "without that parameter", x => runs++ % 2 == 0 ? x * 1 : x * (late.On(tape).Detach() / late.On(tape).Detach()));
        Assert.Equal([1, 1], tape.Backward(tape.Checkpoint(x, static x => x * 1).Sum())[x].ToArray());

        void Refused(string again, string before, Func<Variable<double>, Variable<double>> body, Action? between = null)
        {
            runs = 0;
            Variable<double> loss = tape.Checkpoint(x, body).Sum();
            between?.Invoke();
            string message = Assert.Throws<InvalidOperationException>(() => tape.Backward(loss)).Message;
            Assert.Contains(again, message, StringComparison.Ordinal);
            Assert.Contains(before, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AValueThatWasTakenBackSaysSo()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [3, -1])), kept = default;
        _ = tape.Checkpoint(x, x =>
        {
            kept = (x + 1).Tanh().Exp();
            return kept * 1;
        });
        Assert.Contains("taken back", Assert.Throws<InvalidOperationException>(() => kept.Shape).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAnomalyInTheBodyIsNamedWithItsStepAndLine()
    {
        using Tape<double> tape = new() { DetectAnomalies = true };
        Variable<double> x = tape.Variable(new Tensor<double>([2], [0, 1]));
        Variable<double> y = tape.Checkpoint(x, x =>
        {
            tape.AtTimeStep(4);
            Variable<double> root = x.Sqrt();
            tape.AtTimeStep(null);
            return root.Tanh();
        });
        AnomalyException thrown = Assert.Throws<AnomalyException>(() => tape.Backward(y.Sum()));
        Assert.Equal(("Sqrt", true, 4), (thrown.Operation, thrown.IsBackward, thrown.TimeStep));
        Assert.Contains("CheckpointTests.cs", thrown.Message, StringComparison.Ordinal);
        tape.Reset();
        AnomalyException forward = Assert.Throws<AnomalyException>(() => tape.Checkpoint(tape.Constant(new Tensor<double>([1], [-1])), static x => x.Log()));
        Assert.Equal(("Log", false), (forward.Operation, forward.IsBackward));

        // Infinity that was asked for passes, as it does without.
        Variable<double> masked = tape.Checkpoint(tape.Variable(new Tensor<double>([2], [0, 1])), static x => x.MaskedFill(new Tensor<bool>([2], [true, false]), double.NegativeInfinity));
        tape.Backward(masked.Softmax().Square().Sum());
    }

    [Fact]
    public void RunningStatisticsMoveOnce()
    {
        BatchNorm<double> once = new(4), again = new(4);
        once.Initialize(1);
        again.Initialize(1);
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Laws.Tensor([6, 4], 1));
        tape.Backward(once.Forward(x).Square().Sum());
        tape.Backward(tape.Checkpoint((again, x), static a => a.again.Forward(a.x)).Square().Sum());
        Assert.Equal(once.RunningMean.ToArray(), again.RunningMean.ToArray());
        Assert.Equal(once.RunningVariance.ToArray(), again.RunningVariance.ToArray());
    }

    [Fact]
    public void ThePathOfAGradientLeadsThroughIt()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [3, -1]));
        Assert.Contains("Checkpoint → Sum", tape.WhyNoGradient(tape.Checkpoint(x, static x => x.Tanh()).Sum(), x), StringComparison.Ordinal);
    }

    /// <summary>An LSTM cell with dropout, its steps in segments that are checkpoints, or of negative length and plain.</summary>
    private sealed class Model<T> : Module<T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        private static readonly Shape Scalar = []; // a list of literals would allocate in code that is not optimised
        private readonly LstmCell<T> _cell;
        private readonly Dropout<T> _dropout;
        private readonly Parameter<T> _first;

        public Model()
        {
            _cell = AddModule("cell", new LstmCell<T>(Features, Hidden));
            _dropout = AddModule("dropout", new Dropout<T>(0.3));
            _first = AddParameter("first", [1, Hidden], Initializer.Uniform(0.5));
            Head = AddModule("head", new Linear<T>(Hidden, 2));
            Initialize(7);
        }

        public Linear<T> Head { get; }

        public Variable<T> Loss(Variable<T> x, int length, bool nested)
        {
            Tape<T> tape = x.Tape;
            LstmState<T> state = _cell.ZeroState(tape, Batch);
            state = state with { H = state.H + _first.On(tape) };
            Variable<T> loss = default;
            int time = x.Shape[0], segment = Math.Abs(length);
            for (int from = 0; from < time; from += segment)
            {
                int to = Math.Min(time, from + segment);
                (Variable<T> part, state) = length < 0
                    ? Run(x, state, from, to, nested)
                    : tape.Checkpoint((model: this, x, state, from, to, nested), static a => a.model.Run(a.x, a.state, a.from, a.to, a.nested));
                loss = loss.IsNone ? part : loss + part;
            }

            return loss + state.C.Square().Sum();
        }

        public (double[] Loss, double[][] Gradients) Gradients(Tape<T> tape, Tensor<T> x, int length, bool nested)
        {
            Variable<T> input = tape.Variable(x), loss = Loss(input, length, nested);
            Gradients<T> gradients = tape.Backward(loss);
            return ([loss.Item()], [.. Parameters.Select(parameter => ToDouble(gradients[parameter])), ToDouble(gradients[input])]);
        }

        private static double[] ToDouble(Variable<T> variable) => Array.ConvertAll(variable.ToArray(), double.CreateTruncating);

        private (Variable<T> Loss, LstmState<T> State) Run(Variable<T> x, LstmState<T> state, int from, int to, bool nested)
        {
            Variable<T> loss = x.Tape.Zeros(Scalar);
            for (int t = from; t < to; t++)
            {
                (Variable<T> part, state) = nested
                    ? x.Tape.Checkpoint((model: this, x, state, t), static a => a.model.Step(a.x, a.state, a.t))
                    : Step(x, state, t);
                loss += part;
            }

            return (loss, state);
        }

        private (Variable<T> Loss, LstmState<T> State) Step(Variable<T> x, LstmState<T> state, int t)
        {
            state = _cell.Step(_dropout.Forward(x[t]), state);
            return (Head.Forward(state.H).Square().Sum(), state);
        }
    }
}
