namespace Autograd.Tests.Training;

/// <summary>Schedules against loops over steps, written from their definitions.</summary>
public sealed class ScheduleTests
{
    [Fact]
    public void StepsFallAtMultiples() => Follows(Schedule.Steps(0.8, 3, 0.5), [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1]);

    [Fact]
    public void ExponentialMultipliesAtEachStep()
    {
        double rate = 0.3;
        for (int step = 0; step < 50; step++, rate *= 0.9) Assert.Equal(rate, Schedule.Exponential(0.3, 0.9).Rate(step), 1e-15);
        Follows(Schedule.Exponential(0.3, 0), [0.3, 0, 0]);
    }

    [Fact]
    public void CosineAnnealingFallsAndRisesAgain()
    {
        Follows(Schedule.CosineAnnealing(1, 2), [1, 0.5, 0, 0.5, 1]);
        Follows(Schedule.CosineAnnealing(0.9, 3, 0.1), [0.9, 0.7, 0.3, 0.1, 0.3, 0.7, 0.9]);
    }

    [Fact]
    public void LinearWarmupRisesAndStays()
    {
        Follows(Schedule.LinearWarmup(2, 4, 0, 1), [0, 0.5, 1, 1.5, 2, 2, 2]);
        Follows(Schedule.LinearWarmup(2, 2, 1, 0.5), [2, 1.5, 1, 1]);
        Follows(Schedule.LinearWarmup(2, 0, 0.5, 1), [2, 2]);
        Assert.Equal(1.0 / 3, Schedule.LinearWarmup(1).Rate(0), 1e-16);
    }

    [Fact]
    public void OneCycleRisesToThePeakAndFallsToTheLastRate()
    {
        // Phases of 4 steps up (to step 4) and 5 down (to step 9).
        Schedule linear = Schedule.OneCycle(1, 10, 0.5, Annealing.Linear, 10, 5);
        Follows(linear, [0.1, 0.325, 0.55, 0.775, 1, 1 - (0.98 / 5), 1 - (2 * 0.98 / 5), 1 - (3 * 0.98 / 5), 1 - (4 * 0.98 / 5), 0.02, 0.02, 0.02]);
        Schedule cosine = Schedule.OneCycle(1, 10, 0.5, Annealing.Cosine, 10, 5);
        Follows(cosine, [.. Enumerable.Range(0, 5).Select(static i => 1 - (0.9 * (1 + Math.Cos(Math.PI * i / 4)) / 2))]);
        Assert.Equal(0.02, cosine.Rate(9), 1e-15);

        // Up to step 4, down to the first rate at step 8, to the last at step 9.
        Follows(Schedule.OneCycle(1, 10, 0.5, Annealing.Linear, 10, 5, threePhases: true), [0.1, 0.325, 0.55, 0.775, 1, 0.775, 0.55, 0.325, 0.1, 0.02]);

        // No step, or all, to rise; and one step alone.
        Follows(Schedule.OneCycle(1, 4, 0, Annealing.Linear, 10, 5), [1 - (0.98 / 4), 1 - (0.98 / 2), 1 - (0.98 * 3 / 4), 0.02]);
        Follows(Schedule.OneCycle(1, 4, 1, Annealing.Linear, 10, 5), [0.1, 0.4, 0.7, 1]);
        Follows(Schedule.OneCycle(1, 4, 0.25, Annealing.Linear, 10, 5), [1, 1 - (0.98 / 3), 1 - (1.96 / 3), 0.02]);
        Follows(Schedule.OneCycle(1, 1, 0.3, Annealing.Linear, 10, 5), [0.02, 0.02]);
    }

    [Fact]
    public void SchedulesCompose()
    {
        Schedule warmup = Schedule.LinearWarmup(1, 2, 0, 1), cosine = Schedule.CosineAnnealing(1, 2);
        Follows(warmup.Then(2, cosine), [0, 0.5, 1, 0.5, 0]);
        Follows(warmup.Then(2, cosine).Then(4, Schedule.Constant(0.25)), [0, 0.5, 1, 0.5, 0.25, 0.25]);
        Follows(Schedule.LinearWarmup(1, 2, 0, 1) * Schedule.Steps(0.8, 2, 0.5), [0, 0.4, 0.4, 0.4, 0.2]);
        Follows(warmup.Multiply(Schedule.Constant(3)), [0, 1.5, 3]);
        Follows(warmup.Then(0, cosine), [1, 0.5, 0]);
    }

    [Fact]
    public void AScheduleSetsTheRateOfTheNextStepAndGoesOnAfterARestore()
    {
        Model model = new();
        Schedule schedule = Schedule.Steps(0.5, 2, 0.5);
        Sgd<double> straight = new(model, 9), resumed = new(model, 9);
        double[] rates = new double[4];
        for (int t = 0; t < 4; t++)
        {
            schedule.Apply(straight);
            rates[t] = straight.LearningRate;
            using Tape<double> tape = new();
            straight.Step(tape.Backward(model.Weight.On(tape).Sum()));
        }

        Assert.Equal([0.5, 0.5, 0.25, 0.25], rates);
        Assert.Equal(-1.5, model.Weight.Value.ToArray()[0]);
        resumed.RestoreSteps(straight.StepCount, [.. straight.Steps]);
        schedule.Apply(resumed);
        Assert.Equal(0.125, resumed.LearningRate);
    }

    [Theory]
    [InlineData(false, PlateauThreshold.Relative)]
    [InlineData(false, PlateauThreshold.Absolute)]
    [InlineData(true, PlateauThreshold.Relative)]
    [InlineData(true, PlateauThreshold.Absolute)]
    public void ThePlateauIsThatOfItsDefinition(bool maximize, PlateauThreshold kind)
    {
        const int patience = 2, cooldown = 3;
        const double threshold = 0.05, least = 0.01, factor = 0.3;
        ReduceOnPlateau plateau = new(1, maximize, factor, patience, threshold, kind, cooldown, least);
        double rate = 1, best = double.NaN;
        int bad = 0, resting = 0;
        for (int step = 0; step < 80; step++)
        {
            double x = step % 13 == 12 ? double.NaN : (maximize ? 1 : -1) * (Math.Sqrt(step) + (2 * Math.Sin(step))) + 10;
            double margin = kind == PlateauThreshold.Relative ? best * threshold : threshold;
            bool better = double.IsNaN(best) ? !double.IsNaN(x) : maximize ? x > best + margin : x < best - margin;
            (best, bad) = better ? (x, 0) : (best, bad + 1);
            if (resting > 0) (resting, bad) = (resting - 1, 0);
            if (bad > patience) (rate, resting, bad) = (Math.Max(rate * factor, least), cooldown, 0);
            Assert.Equal(rate, plateau.Observe(x), 1e-15);
        }

        Assert.Equal(least, rate);
    }

    [Fact]
    public void APlateauGoesOnFromItsState()
    {
        ReduceOnPlateau straight = new(1, patience: 1, factor: 0.5, cooldown: 2), resumed = new(1, patience: 1, factor: 0.5, cooldown: 2);
        double[] losses = [3, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2];
        for (int i = 0; i < 6; i++) straight.Observe(losses[i]);
        resumed.State = straight.State;
        for (int i = 6; i < losses.Length; i++) Assert.Equal(straight.Observe(losses[i]), resumed.Observe(losses[i]));
        Assert.Equal(straight.State, resumed.State);
        Assert.True(straight.Rate < 1);
    }

    [Fact]
    public void ATinyFallIsNotMadeAndAnOptimizerIsSet()
    {
        ReduceOnPlateau plateau = new(1e-9, patience: 0, factor: 0.5);
        Sgd<double> optimizer = new(new Model(), 5);
        plateau.Apply(optimizer, 1);
        plateau.Apply(optimizer, 1);
        Assert.Equal(1e-9, optimizer.LearningRate);
    }

    [Fact]
    public void NumbersOutOfRangeAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Constant(1).Rate(-1));
        foreach (double rate in new[] { -1, double.NaN, double.PositiveInfinity })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Constant(rate));
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Steps(rate, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Exponential(1, rate));
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.CosineAnnealing(1, 2, rate));
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.OneCycle(rate, 2));
            Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(rate));
            Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(1, least: rate));
        }

        foreach (double share in new[] { -0.1, 1.1, double.NaN })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.LinearWarmup(1, startFactor: share));
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.LinearWarmup(1, endFactor: share));
            Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.OneCycle(1, 2, share));
            Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(1, factor: share));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(1, factor: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(1, patience: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(1, cooldown: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(1, thresholdKind: (PlateauThreshold)5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(1).State = new(-1, 0, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Steps(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.CosineAnnealing(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.LinearWarmup(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.OneCycle(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.OneCycle(1, 2, startDivisor: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.OneCycle(1, 2, endDivisor: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.OneCycle(1, 2, annealing: (Annealing)5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Constant(1).Then(-1, Schedule.Constant(1)));
    }

    private static void Follows(Schedule schedule, double[] rates)
    {
        for (int step = 0; step < rates.Length; step++) Assert.Equal(rates[step], schedule.Rate(step), 1e-14);
    }

    private sealed class Model : Module<double>
    {
        public Model()
        {
            Weight = AddParameter("weight", [2], Initializer.Zeros);
            Weight.Set(new Tensor<double>([2]));
        }

        public Parameter<double> Weight { get; }
    }
}
