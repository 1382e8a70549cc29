using System.Numerics;

namespace Autograd.Tests;

/// <summary>What a forecast says is what a new tape shows that really ran the step.</summary>
public sealed class ForecastTests
{
    private const int Slab = 1 << 20;

    public static TheoryData<string> OfBatch => [.. ForecastSteps<float>.OfBatch.Keys];

    public static TheoryData<string> OfTime => [.. ForecastSteps<float>.OfTime.Keys];

    public static TheoryData<string> Growing => [.. ForecastSteps<float>.Growing.Keys];

    [Theory]
    [MemberData(nameof(OfBatch))]
    public void AStepOfABatchIsKnownExactly(string name)
    {
        foreach (int size in new[] { 1, 4, 18, 19, 33, 150 })
        {
            Exact(ForecastSteps<float>.OfBatch[name](), size);
            Exact(ForecastSteps<double>.OfBatch[name](), size);
            Exact(static () => Tape<float>.Inference(), ForecastSteps<float>.OfBatch[name](), size);
        }

        Exact(ForecastSteps<float>.OfBatch[name](), 601, 2, 4, 9);
    }

    [Theory]
    [MemberData(nameof(OfTime))]
    public void AStepOverTimeThatIsOneNodeIsKnownExactly(string name)
    {
        foreach (int size in new[] { 9, 70, 301 })
        {
            Exact(ForecastSteps<float>.OfTime[name](), size);
            Exact(ForecastSteps<double>.OfTime[name](), size, 2, 4, 5, 8);
        }
    }

    [Theory]
    [MemberData(nameof(Growing))]
    public void AStepThatDoesMoreWithTimeIsEstimated(string name)
    {
        foreach (int size in new[] { 200, 333, 1_000 })
        {
            Estimate(ForecastSteps<float>.Growing[name](), size);
            Estimate(ForecastSteps<double>.Growing[name](), size);
        }

        // Where it costs nothing to look, nothing is estimated.
        foreach (int size in new[] { 6, 20, 64, 144 }) Exact(ForecastSteps<float>.Growing[name](), size);
    }

    [Fact]
    public void AHundredThousandStepsAreKnownFromEighteen()
    {
        Lstm<double> layer = new(1, 16);
        layer.Initialize(5);
        TapeForecast forecast = Exact<double>((tape, steps) => tape.Backward(layer.FinalState(tape.Constant(new Tensor<double>([steps, 1, 1]))).H.Square().Sum()), 100_000);
        Assert.InRange(forecast.PeakBytes, 50_000_000, 500_000_000);
    }

    [Fact]
    public void RandomProgramsAreKnownExactly() => Laws.HoldForChoices(60, Laws.Deep ? 5_000 : 150, (20_261_201, 7_654_321), static choose =>
    {
        int size = choose.Between(8, 120);
        int[] small = choose.Flip() ? [] : [choose.Between(2, 3), 4, choose.Between(5, 6), 7];
        (int Operation, int Left, int Right)[] program = new (int, int, int)[choose.Between(1, 14)];
        for (int i = 0; i < program.Length; i++) program[i] = (choose.Below(8), choose.Below(100), choose.Below(100));
        Parameter<double> three = new("three", Laws.Tensor([3, 6], 1)), six = new("six", Laws.Tensor([6, 3], 2));
        Exact<double>(
            (tape, rows) =>
            {
                List<Variable<double>> values = [tape.Variable(Laws.Tensor([rows, 3], 3))];
                Variable<double> loss = values[0].Sum();
                foreach ((int operation, int left, int right) in program)
                {
                    Variable<double> a = values[left % values.Count], b = values[right % values.Count];
                    switch (operation)
                    {
                        case 0: values.Add(a.Tanh()); break;
                        case 1: values.Add(a.MatMul((a.Shape[1] == 3 ? three : six).On(tape))); break;
                        case 2: values.Add(a.Shape[0] < 4 * rows ? Variable.Concat<double>([a, a.Shape[1] == b.Shape[1] ? b : a], 0) : a + 1); break;
                        case 3: loss += a.MatMul(a.Transpose()).Tanh().Mean(); break;
                        case 4: values.Add(a * a.Mean(0)); break;
                        case 5: values.Add(tape.Checkpoint(a, static a => (a * 0.5).Sin().Square())); break;
                        case 6: values.Add(a.Detach()); break;
                        default: loss += a.Shape == b.Shape ? (a * b).Mean() : a.Square().Mean(); break;
                    }
                }

                tape.Backward(loss + values[^1].Sum());
            },
            size,
            small);
    });

    [Fact]
    public void WhatIsRandomIsEstimated()
    {
        Random random = new(1);
        using Tape<float> tape = new();
        TapeForecast forecast = tape.Forecast(
            (tape, size) =>
            {
                for (int i = 0; i < size; i++) tape.Zeros([random.Next(100, 1_000)]);
            },
            2_000);
        Assert.False(forecast.IsExact);
        Assert.InRange(forecast.PeakBytes, 2_000 * 4 * 300, 2_000 * 4 * 900);
        Assert.Contains("an estimate", forecast.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AMemoryBudgetCutsLaterAndMakesAnEstimate()
    {
        Lstm<float> layer = new(3, 8, new RecurrentOptions { MemoryBudget = 100_000 });
        layer.Initialize(1);
        using Tape<float> tape = new();
        TapeForecast forecast = tape.Forecast((tape, steps) => tape.Backward(layer.FinalState(tape.Constant(new Tensor<float>([steps, 2, 3]))).H.Sum()), 5_000);
        Assert.False(forecast.IsExact);
    }

    [Fact]
    public void HalvesAreExactWhereTheyAreWhole()
    {
        static void Step(Tape<float> tape, int size) => tape.Zeros([size / 2, 100]);
        Exact<float>(Step, 1_000, 2, 6, 8);
        using Tape<float> tape = new();
        Assert.False(tape.Forecast(Step, 1_001, [2, 6, 8]).IsExact);
        Estimate<float>(Step, 1_001);
    }

    [Fact]
    public void TheTapeThatIsAskedIsNotTouchedAndLendsItsKind()
    {
        using Tape<double> tape = new(training: false, seed: 7, memoryLimit: 1 << 24) { Step = 5, DetectAnomalies = true };
        Variable<double> x = tape.Variable(new Tensor<double>([3], [1, 2, 3])), y = x.Square();
        (int count, int live, long peak) = (tape.Count, tape.LiveBuffers, tape.PeakBytes);
        List<Tape<double>> given = [];
        TapeForecast forecast = tape.Forecast(
            (run, size) =>
            {
                Assert.Equal((false, 7ul, 1L << 24, 5L, true, true), (run.Training, run.Seed, run.MemoryLimit, run.Step, run.Records, run.DetectAnomalies));
                given.Add(run);
                run.Zeros([size]);
            },
            4096);
        Assert.Equal(4, given.Distinct().Count());
        Assert.DoesNotContain(tape, given);
        Assert.All(given, static run => Assert.Throws<ObjectDisposedException>(() => run.Zeros([1])));
        Assert.Equal((4096, 1L << 24, 4096L * 8), (forecast.Size, forecast.MemoryLimit, forecast.PeakBytes));
        Assert.Equal((count, live, peak), (tape.Count, tape.LiveBuffers, tape.PeakBytes));
        Assert.Equal([2, 4, 6], tape.Backward(y.Sum())[x].ToArray());
    }

    [Fact]
    public void TheLimitIsCheckedBeforeTheStep()
    {
        Action<Tape<float>, int> step = ForecastSteps<float>.OfBatch["lstm"]();
        using Tape<float> tape = new(memoryLimit: 6 << 20);
        TapeForecast small = tape.Forecast(step, 300), large = tape.Forecast(step, 3_000);
        Assert.Same(small, small.EnsureFits());
        Assert.True(small.Fits);
        step(tape, 300);
        Assert.Equal((small.PeakBytes, small.ReservedBytes), (tape.PeakBytes, tape.ReservedBytes));
        Assert.False(large.Fits);
        string message = Assert.Throws<TapeMemoryException>(large.EnsureFits).Message;
        Assert.Contains("size 3,000", message, StringComparison.Ordinal);
        Assert.Contains("6,291,456", message, StringComparison.Ordinal);
        Assert.Contains("memoryLimit", message, StringComparison.Ordinal);
        Assert.Throws<TapeMemoryException>(() => step(tape, 3_000));
        Exact(step, 3_000);
    }

    [Fact]
    public void MemoryThatIsDroppedAtTheLimitIsForeseen()
    {
        static void Step(Tape<float> tape, int size)
        {
            for (int k = 1; k <= 5; k++)
            {
                tape.Zeros([size * k * 2_000]);
                tape.Reset();
            }
        }

        bool[] fits = new bool[12];
        for (int i = 0; i < fits.Length; i++)
        {
            long limit = (i + 1) * 4L << 20;
            using Tape<float> tape = new(memoryLimit: limit);
            TapeForecast forecast = tape.Forecast(Step, 400);
            fits[i] = forecast.Fits;
            Exception? thrown = Record.Exception(() => Step(tape, 400));
            Assert.Equal(fits[i], thrown is null);
            if (fits[i]) Assert.Equal((forecast.PeakBytes, forecast.ReservedBytes), (tape.PeakBytes, tape.ReservedBytes));
            else Assert.True(forecast.ReservedBytes > limit);
        }

        Assert.Contains(false, fits);
        Assert.Contains(true, fits);
    }

    [Fact]
    public void AForecastReadsAsASentence()
    {
        using Tape<float> tape = new(memoryLimit: 3L << 30), tiny = new(memoryLimit: 1 << 20);
        static void Step(Tape<float> tape, int size) => tape.Zeros([size, 1 << 16]);
        Assert.Equal("A step of size 4,096 uses up to 1.00 GiB and keeps 1.00 GiB of the 3.00 GiB the tape may hold.", tape.Forecast(Step, 4_096).ToString());
        Assert.Equal("A step of size 6 uses up to 64 bytes and keeps 1.00 MiB of the 1.00 MiB the tape may hold.", tiny.Forecast(static (tape, size) => tape.Zeros([size]), 6).ToString());
        Assert.Equal(
            "A step of size 1,000,000 uses up to 4.00 MiB and keeps 4.00 MiB, which passes the 1.00 MiB the tape may hold.",
            tiny.Forecast(static (tape, size) => tape.Zeros([size]), 1_000_000).ToString());
    }

    [Fact]
    public void AValueTooLongForAnArrayIsRefused()
    {
        using Tape<float> tape = new();
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => tape.Forecast(static (tape, size) => tape.Zeros([size, 100_000]), 30_000));
        Assert.Contains("an array holds at most 2,147,483,591", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => tape.Forecast(static (tape, size) => tape.Zeros([size, 20]), int.MaxValue));
        Assert.Throws<InvalidOperationException>(() => tape.Forecast(
            static (tape, size) =>
            {
                for (int i = 0; i < size; i++) tape.Zeros([size, 300]);
            },
            2_000_000_000));
    }

    [Fact]
    public void WhatCannotBeAskedIsRefused()
    {
        using Tape<float> tape = new();
        static void Step(Tape<float> tape, int size) => tape.Zeros([size]);
        Assert.Throws<ArgumentNullException>(() => tape.Forecast(null!, 10));
        foreach (int size in new[] { 0, -1 }) Assert.Throws<ArgumentOutOfRangeException>(() => tape.Forecast(Step, size));
        foreach (int[] small in new int[][] { [1], [1, 2], [0, 1, 2], [-1, 1, 2], [1, 1, 2], [1, 3, 2], [1, 2, 100], [1, 2, 101] })
        {
            Assert.Contains(string.Join(", ", small), Assert.Throws<ArgumentException>(() => tape.Forecast(Step, 100, small)).Message, StringComparison.Ordinal);
        }

        Tape<float> disposed = new();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => disposed.Forecast(Step, 10));
    }

    [Fact]
    public void AStepThatMisusesItsTapeIsRefused()
    {
        using Tape<float> tape = new();
        Assert.Contains("disposed", Assert.Throws<InvalidOperationException>(() => tape.Forecast(
            static (tape, size) =>
            {
                tape.Zeros([size]);
                tape.Dispose();
            },
            10)).Message, StringComparison.Ordinal);
        Assert.Contains("on no other", Assert.Throws<InvalidOperationException>(() => tape.Forecast((_, size) => tape.Zeros([size]), 10)).Message, StringComparison.Ordinal);
        Hidden<float> state = default;
        Assert.Contains("different tapes", Assert.Throws<InvalidOperationException>(() => tape.Forecast(
            (tape, size) =>
            {
                state = tape.Reset(state);
                state = new(tape.Zeros([2, 3]));
            },
            100)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAStepThrowsComesThroughAndLeavesNothing()
    {
        using Tape<float> tape = new(memoryLimit: 1 << 22);
        Parameter<float> weight = new("weight", new Tensor<float>([3], [1, 2, 3]));
        Tape<float>? given = null;
        for (int round = 0; round < 3; round++)
        {
            Assert.Throws<InsufficientExecutionStackException>(() => tape.Forecast(
                (tape, size) =>
                {
                    given = tape;
                    Variable<float> y = tape.Checkpoint(weight.On(tape), y =>
                    {
                        if (round == 0 && size == 3) throw new InsufficientExecutionStackException();
                        return y.Square();
                    });
                    y.OnGradient(gradient => round == 1 && size == 7 ? throw new InsufficientExecutionStackException() : gradient);
                    tape.Backward(y.Sum());
                    if (round == 2) throw new InsufficientExecutionStackException();
                },
                50));
            Assert.Equal(0, given!.LiveBuffers);
            Assert.Throws<ObjectDisposedException>(() => given.Zeros([1]));
            Assert.Equal([2, 4, 6], tape.Backward(weight.On(tape).Square().Sum())[weight].ToArray());
            tape.Reset();
        }

        Assert.Throws<TapeMemoryException>(() => tape.Forecast(static (tape, size) => tape.Zeros([size, 1 << 19]), 50));
    }

    private static TapeForecast Exact<T>(Action<Tape<T>, int> step, int size, params int[] small)
        where T : unmanaged, IFloatingPointIeee754<T> => Exact(static () => new Tape<T>(), step, size, small);

    private static TapeForecast Exact<T>(Func<Tape<T>> make, Action<Tape<T>, int> step, int size, params int[] small)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Tape<T> asked = make(), real = make();
        TapeForecast forecast = asked.Forecast(step, size, small);
        step(real, size);
        Assert.True(forecast.IsExact);
        Assert.True(forecast.Fits);
        Assert.Equal((real.PeakBytes, real.ReservedBytes), (forecast.PeakBytes, forecast.ReservedBytes));
        return forecast;
    }

    private static void Estimate<T>(Action<Tape<T>, int> step, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Tape<T> asked = new(), real = new();
        TapeForecast forecast = asked.Forecast(step, size);
        step(real, size);
        Assert.False(forecast.IsExact);
        Assert.True(Math.Abs(forecast.PeakBytes - real.PeakBytes) <= 0.1 * real.PeakBytes, $"size {size}: peak {forecast.PeakBytes:N0}, really {real.PeakBytes:N0}");
        Assert.True(
            Math.Abs(forecast.ReservedBytes - real.ReservedBytes) <= (0.1 * real.ReservedBytes) + Slab,
            $"size {size}: reserved {forecast.ReservedBytes:N0}, really {real.ReservedBytes:N0}");
    }
}
