using System.Numerics;

namespace Autograd;

/// <summary>
/// A learning rate as a function of the step: the rate for step 0, 1, 2 and so on. Since it has no state there is nothing to save; a
/// run that goes on from a checkpoint goes on with the rates of its steps. A rate that depends on the losses is <see cref="ReduceOnPlateau"/>.
/// </summary>
/// <remarks>A schedule made with rate 1 is a factor, to multiply another with.</remarks>
/// <example><code>
/// Schedule schedule = Schedule.LinearWarmup(1e-3, steps: 500).Then(500, Schedule.CosineAnnealing(1e-3, period: 9_500));
/// // … each step:
/// schedule.Apply(optimizer);
/// optimizer.Step(gradients);
/// </code></example>
public abstract class Schedule
{
    /// <summary>The rate for a step.</summary>
    /// <param name="step">0 for the first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public double Rate(long step)
    {
        if (step < 0) Errors.OutOfRange(nameof(step), step, $"Schedule: steps count from 0, not from {step}.");
        return RateAt(step);
    }

    /// <summary>Sets an optimizer's learning rate for its next step, by the steps it has taken.</summary>
    public void Apply<T>(Optimizer<T> optimizer)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        optimizer.LearningRate = Rate(optimizer.StepCount);
    }

    /// <summary>The same rate always.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or not finite.</exception>
    public static Schedule Constant(double rate)
    {
        RequireRate(nameof(rate), rate);
        return new Function(_ => rate);
    }

    /// <summary>rate · factor^⌊step / every⌋; PyTorch's StepLR.</summary>
    /// <param name="rate">The rate at first.</param>
    /// <param name="every">Steps until the rate changes, 1 or more.</param>
    /// <param name="factor">What it is then multiplied with, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public static Schedule Steps(double rate, long every, double factor = 0.1)
    {
        RequireRate(nameof(rate), rate);
        RequireRate(nameof(factor), factor);
        if (every < 1) Errors.OutOfRange(nameof(every), every, $"Schedule.Steps: the rate changes every 1 or more steps, not every {every}.");
        return new Function(step => rate * Math.Pow(factor, step / every));
    }

    /// <summary>rate · factor^step.</summary>
    /// <param name="rate">The rate at first.</param>
    /// <param name="factor">What it is multiplied with at each step, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public static Schedule Exponential(double rate, double factor)
    {
        RequireRate(nameof(rate), rate);
        RequireRate(nameof(factor), factor);
        return new Function(step => rate * Math.Pow(factor, step));
    }

    /// <summary>least + (rate − least) (1 + cos(π step / period)) / 2: down in a period, up in the next. Loshchilov and Hutter 2017, without restarts.</summary>
    /// <param name="rate">The rate at first.</param>
    /// <param name="period">Steps from the rate to the least, 1 or more.</param>
    /// <param name="least">The least rate, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public static Schedule CosineAnnealing(double rate, long period, double least = 0)
    {
        RequireRate(nameof(rate), rate);
        RequireRate(nameof(least), least);
        if (period < 1) Errors.OutOfRange(nameof(period), period, $"Schedule.CosineAnnealing: the period is 1 step or more, not {period}.");
        return new Function(step => least + ((rate - least) * (1 + Math.Cos(Math.PI * step / period)) / 2));
    }

    /// <summary>From rate · startFactor in equal steps to rate · endFactor, which stays; PyTorch's LinearLR.</summary>
    /// <param name="rate">The rate that the factors multiply.</param>
    /// <param name="steps">Steps until the end factor; with 0 it holds at once.</param>
    /// <param name="startFactor">The factor at first, from 0 to 1.</param>
    /// <param name="endFactor">The factor in the end, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public static Schedule LinearWarmup(double rate, long steps = 5, double startFactor = 1.0 / 3, double endFactor = 1)
    {
        RequireRate(nameof(rate), rate);
        if (steps < 0) Errors.OutOfRange(nameof(steps), steps, $"Schedule.LinearWarmup: 0 or more steps, not {steps}.");
        RequireShare("LinearWarmup", nameof(startFactor), startFactor);
        RequireShare("LinearWarmup", nameof(endFactor), endFactor);
        return new Function(step => rate * (step >= steps ? endFactor : startFactor + ((endFactor - startFactor) * step / steps)));
    }

    /// <summary>
    /// Up from peak / startDivisor to the peak and down to a last rate of peak / startDivisor / endDivisor, which stays. Smith and Topin 2018;
    /// PyTorch's OneCycleLR without its momentum.
    /// </summary>
    /// <param name="peak">The highest rate.</param>
    /// <param name="steps">All steps, 1 or more.</param>
    /// <param name="rising">The share of the steps in which the rate rises, from 0 to 1.</param>
    /// <param name="annealing">The curve between two rates.</param>
    /// <param name="startDivisor">What the peak is divided by at first, above 0.</param>
    /// <param name="endDivisor">What the first rate is divided by in the end, above 0.</param>
    /// <param name="threePhases">Come down to the first rate as fast as it went up, and only then to the last.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public static Schedule OneCycle(
        double peak,
        long steps,
        double rising = 0.3,
        Annealing annealing = Annealing.Cosine,
        double startDivisor = 25,
        double endDivisor = 1e4,
        bool threePhases = false)
    {
        RequireRate(nameof(peak), peak);
        if (steps < 1) Errors.OutOfRange(nameof(steps), steps, $"Schedule.OneCycle: 1 step or more, not {steps}.");
        RequireShare("OneCycle", nameof(rising), rising);
        if (!Enum.IsDefined(annealing)) Errors.OutOfRange(nameof(annealing), annealing, "Schedule.OneCycle: the annealing is Cosine or Linear.");
        if (!(startDivisor > 0)) Errors.OutOfRange(nameof(startDivisor), startDivisor, $"Schedule.OneCycle: startDivisor is above 0, not {startDivisor}.");
        if (!(endDivisor > 0)) Errors.OutOfRange(nameof(endDivisor), endDivisor, $"Schedule.OneCycle: endDivisor is above 0, not {endDivisor}.");
        double low = peak / startDivisor, last = low / endDivisor, top = (rising * steps) - 1, end = steps - 1;
        (double End, double Rate)[] phases = threePhases ? [(top, peak), ((2 * rising * steps) - 2, low), (end, last)] : [(top, peak), (end, last)];
        return new Function(step => OneCycleRate(phases, low, Math.Min(step, steps - 1), annealing));
    }

    /// <summary>This schedule for some steps, then another from its own step 0 on.</summary>
    /// <param name="after">The step at which the other takes over, 0 or more.</param>
    /// <param name="next">The other.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public Schedule Then(long after, Schedule next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (after < 0) Errors.OutOfRange(nameof(after), after, $"Schedule.Then: the next schedule takes over after 0 or more steps, not {after}.");
        return new Function(step => step < after ? Rate(step) : next.Rate(step - after));
    }

    /// <summary>The product of the rates of two schedules, one of which is best made with rate 1.</summary>
    public static Schedule operator *(Schedule left, Schedule right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new Function(step => left.Rate(step) * right.Rate(step));
    }

    /// <summary>The product of the rates of two schedules.</summary>
    public Schedule Multiply(Schedule other) => this * other;

    /// <summary>The rate for a step of 0 or more.</summary>
    protected abstract double RateAt(long step);

    private static double OneCycleRate((double End, double Rate)[] phases, double first, long step, Annealing annealing)
    {
        int phase = 0;
        while (phase < phases.Length - 1 && step > phases[phase].End) phase++;
        double begin = phase == 0 ? 0 : phases[phase - 1].End, from = phase == 0 ? first : phases[phase - 1].Rate;
        (double end, double to) = phases[phase];
        double share = end > begin ? (step - begin) / (end - begin) : 1;
        return annealing == Annealing.Cosine ? to + ((from - to) * (1 + Math.Cos(Math.PI * share)) / 2) : from + ((to - from) * share);
    }

    private static void RequireRate(string name, double value)
    {
        if (!(value >= 0 && double.IsFinite(value))) Errors.OutOfRange(name, value, $"Schedule: {name} is a finite number of 0 or more, not {value}.");
    }

    private static void RequireShare(string schedule, string name, double value)
    {
        if (!(value >= 0 && value <= 1)) Errors.OutOfRange(name, value, $"Schedule.{schedule}: {name} lies in 0 … 1, not {value}.");
    }

    private sealed class Function(Func<long, double> rate) : Schedule
    {
        protected override double RateAt(long step) => rate(step);
    }
}

/// <summary>The curve from one rate to another.</summary>
public enum Annealing
{
    /// <summary>Half a cosine, flat at both ends.</summary>
    Cosine,

    /// <summary>A straight line.</summary>
    Linear,
}
