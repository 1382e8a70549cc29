using System.Diagnostics;

namespace Autograd.Tests;

/// <summary>Length, time and memory: the sweep is a loop, linear, and gives everything back.</summary>
public sealed class EngineLawsTests
{
    [Fact]
    public void AMillionNodesSweepOnASmallStack()
    {
        Chain(2_000);
        Exception? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    Chain(1_000_000);
                }
                catch (Exception exception)
                {
                    failure = exception;
                }
            },
            maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Null(failure);

        static void Chain(int length)
        {
            using Tape<float> tape = new();
            Variable<float> x = tape.Variable(new Tensor<float>([], [0.5f])), y = x;
            for (int i = 0; i < length; i++) y += 1;
            Assert.Equal(1, tape.Backward(y)[x].Item());
            Assert.True(tape.Count > length);
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
        }
    }

    [Fact]
    public void ASharedWeightGathersOverManySteps()
    {
        const int Steps = 100_000;
        using Tape<double> tape = new();
        Parameter<double> weight = new("weight", new Tensor<double>([], [1]));
        Variable<double> y = tape.Full([], 1);
        for (int i = 0; i < Steps; i++) y *= weight.On(tape);
        Assert.Equal(Steps, tape.Backward(y)[weight].Item());
    }

    [Fact]
    public void GraphsOfGradientsAreLongToo()
    {
        const int Steps = 20_000;
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([], [1])), y = x;
        for (int i = 1; i < Steps; i++) y *= x;
        Variable<double> slope = tape.Backward(y, createGraph: true)[x];
        Assert.Equal(Steps, slope.Item());
        Assert.Equal((double)Steps * (Steps - 1), tape.Backward(slope)[x].Item());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BackwardTakesTimeLinearInTheSteps(bool slices)
    {
        double ratio = double.PositiveInfinity;

        // Both lengths are beyond the caches. Each takes its best of several; a busy machine gets another attempt. Quadratic would be 100.
        for (int attempt = 0; attempt < 6 && ratio > 15; attempt++) ratio = Math.Min(ratio, Best(slices, 80_000) / Best(slices, 8_000));
        Assert.True(ratio <= 30, $"ten times the steps took {ratio:F1} times the time");

        static double Best(bool slices, int steps)
        {
            using Tape<float> tape = new();
            Tensor<float> sequence = new([steps, 8]);
            double best = double.PositiveInfinity;
            for (int run = 0; run < 4; run++)
            {
                tape.Reset();
                Variable<float> x = tape.Variable(sequence), h = tape.Zeros([8]);
                for (int t = 0; t < steps; t++) h = slices ? (h + x[t]) * 0.5 : (h + 1).Tanh();
                Variable<float> loss = (h * x[0]).Sum();
                long start = Stopwatch.GetTimestamp();
                tape.Backward(loss);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            return best;
        }
    }

    [Fact]
    public void NothingIsAllocatedOnceWarm()
    {
        Sequential<float> model = new(new Linear<float>(6, 8), new Linear<float>(8, 4));
        model.Initialize(3);
        Parameter<float> first = model.Parameters.First();
        Sgd<float> optimizer = new(model, learningRate: 0.01);
        Tensor<float> x = new([5, 3, 6]), state = new([3, 4]);
        Tensor<int> classes = new([3], [0, 3, 1]);
        x.Write(static values => new RandomSource(5).FillUniform(values, -1, 1));
        Gradients<float> gathered = Gradients<float>.For(model.Parameters);
        Shape three = [3, 4], table = [12, 4], row = [1, 3]; // lists of literals would allocate in code that is not optimised
        using Tape<float> tape = new();
        Hidden<float> hidden = new(tape.Constant(state));
        Allocations.AssertNone(20, () =>
        {
            hidden = tape.Reset(carry: hidden);
            Variable<float> input = tape.Constant(x), h = hidden.H;
            for (int t = 0; t < 5; t++)
            {
                Variable<float> y = model.Forward(input[t]);
                h = (Variable.Concat(y, h).Narrow(1, 2, 4) * y.Sigmoid() + (1 - y).Tanh() / 3).Transpose(0, 1).Reshape(three);
            }

            Variable<float> looked = tape.OneHot<float>(classes, 4).Linear(first.On(tape).Reshape(table));
            Variable<float> loss = h.Square().Mean() + looked.Sum(-1).Reshape(row).MatMul(h).Sum();
            loss.KeepGradient();
            tape.Backward(loss, retain: true);
            tape.Backward(loss, into: gathered);
            gathered.ClipByGlobalNorm(1);
            optimizer.Step(gathered);
            gathered.Clear();
            hidden = new(h.Detach());
        });
    }

    [Fact]
    public void VaryingLengthsConvergeToNoAllocation()
    {
        const int Most = 40;
        Linear<float> layer = new(8, 8);
        layer.Initialize(1);
        Shape state = [2, 8]; // a list of literals would allocate in code that is not optimised
        using Tape<float> tape = new();
        Tensor<float>[] inputs = [.. Enumerable.Range(1, Most).Select(static time => new Tensor<float>([time, 2, 8]))];
        long reserved = 0;
        int cycle = 0;
        Allocations.AssertNone(1, () =>
        {
            if (cycle == 1) reserved = tape.ReservedBytes;
            for (int i = 0; i < Most; i++)
            {
                tape.Reset();
                Variable<float> x = tape.Constant(inputs[((i * 3) + (7 * cycle)) % Most]), h = tape.Zeros(state);
                for (int t = 0; t < x.Shape[0]; t++) h = layer.Forward(x[t] + h).Tanh();
                tape.Backward(layer.Forward(x).Sum() + h.Sum());
            }

            cycle++;
        });
        Assert.InRange(cycle, 2, int.MaxValue);
        Assert.Equal(reserved, tape.ReservedBytes);
    }

    [Fact]
    public void ExceptionsAnywhereLeaveNothingBehind()
    {
        Linear<double> layer = new(3, 3);
        layer.Initialize(1);
        Tensor<double> x = new([2, 3], [1, 2, 3, 4, 5, 6]);
        using Tape<double> tape = new();
        double[] undisturbed = Gradient(tape, int.MaxValue, out int calls);
        Assert.InRange(calls, 10, 1000);
        for (int fail = 0; fail < calls; fail++)
        {
            tape.Reset();
            Assert.Throws<InsufficientExecutionStackException>(() => Gradient(tape, fail, out _));
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
            Assert.Equal(undisturbed, Gradient(tape, int.MaxValue, out _));
        }

        // Every rule of every operation in the graph, and a hook, may fail.
        double[] Gradient(Tape<double> on, int failAt, out int count)
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
                    ReadOnlySpan<double> from = context.Input(0);
                    Span<double> to = context.Output(context.Shape(0));
                    Pass();
                    from.CopyTo(to);
                },
                context =>
                {
                    Pass();
                    context.Accumulate(0, context.Cotangent() * 1);
                    Pass();
                });
            Variable<double> h = on.Constant(x);
            for (int t = 0; t < 3; t++) h = on.Apply(watched, layer.Forward(h)).Tanh();
            h.OnGradient(gradient =>
            {
                Pass();
                return gradient * 2;
            });
            double[] found = on.Backward(h.Sum(), createGraph: failAt % 2 == 1)[layer.Weight].ToArray();
            count = seen;
            on.Reset();
            return found;
        }
    }

    [Fact]
    public void AFrozenParameterGetsNoWork()
    {
        using Tape<double> tape = new();
        Parameter<double> frozen = new("frozen", new Tensor<double>([2], [1, 2])) { Trainable = false }, trained = new("trained", new Tensor<double>([2], [3, 4]));
        Probe<double> below = new(), beside = new();
        List<bool> needs = [];
        Custom product = new(
            static context =>
            {
                ReadOnlySpan<double> a = context.Input(0), b = context.Input(1);
                Span<double> y = context.Output(context.Shape(0));
                for (int i = 0; i < y.Length; i++) y[i] = a[i] * b[i];
            },
            context =>
            {
                needs.AddRange([context.Needs(0), context.Needs(1)]);
                context.Accumulate(0, context.Tape.Zeros([7])); // not looked at, since it is not needed
                context.Accumulate(1, context.Cotangent() * context.Input(0));
            });
        Variable<double> fixedPart = tape.Apply(below, frozen.On(tape));
        Assert.False(fixedPart.RequiresGradient);
        Gradients<double> gradients = tape.Backward(tape.Apply(product, fixedPart, tape.Apply(beside, trained.On(tape))).Sum());
        Assert.Equal([false, true], needs);
        Assert.Equal((0, 1), (below.Backwards, beside.Backwards));
        Assert.False(gradients.Contains(frozen));
        Assert.Equal([0, 0], gradients[frozen].ToArray());
        Assert.Equal([1, 2], gradients[trained].ToArray());
    }

    [Fact]
    public void WhatTheLossDoesNotReachIsNotSwept()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [1, 2])), unused = tape.Variable(new Tensor<double>([3]));
        Probe<double> aside = new(), within = new();
        _ = tape.Apply(aside, x);
        Gradients<double> gradients = tape.Backward(tape.Apply(within, x).Sum());
        Assert.Equal((0, 1), (aside.Backwards, within.Backwards));
        Assert.Equal([0, 0, 0], gradients[unused].ToArray());
    }

    [Fact]
    public void ParametersMayBeReadByManyTapesAtOnce()
    {
        Linear<double> layer = new(16, 16);
        layer.Initialize(9);
        Tensor<double> x = new([4, 16]);
        x.Write(static values => new RandomSource(1).FillNormal(values, 0, 1));
        double[][] found = new double[4][];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            using Tape<double> tape = new();
            for (int step = 0; step < 20; step++)
            {
                tape.Reset();
                found[i] = tape.Backward(layer.Forward(layer.Forward(tape.Constant(x)).Tanh()).Square().Sum())[layer.Weight].ToArray();
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.All(found, other => Assert.Equal(found[0], other));
    }

    [Fact]
    public void AnInferenceTapeRecordsNothing()
    {
        using Tape<float> tape = Tape<float>.Inference();
        Variable<float> x = tape.Variable(new Tensor<float>([2, 2], [1, 2, 3, 4]));
        Parameter<float> weight = new("weight", new Tensor<float>([2, 2], [1, 0, 0, 1]));
        Probe<float> probe = new();
        Variable<float> y = tape.Apply(probe, x.Linear(weight.On(tape))).Tanh();
        Assert.False(x.RequiresGradient || weight.On(tape).RequiresGradient || y.RequiresGradient);
        Assert.False(tape.Records || tape.Training);
        Assert.Equal(MathF.Tanh(4), y.ToArray()[3], 1e-6f);
        Assert.Equal((1, 0), (probe.Forwards, probe.Backwards));
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }
}
