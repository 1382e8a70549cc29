using System.Numerics;

namespace Autograd;

/// <summary>How much better a loss must be to count as an improvement.</summary>
public enum PlateauThreshold
{
    /// <summary>By a share of the best so far.</summary>
    Relative,

    /// <summary>By an amount.</summary>
    Absolute,
}

/// <summary>What <see cref="ReduceOnPlateau"/> remembers: all there is to save and restore.</summary>
/// <param name="Rate">The rate.</param>
/// <param name="Best">The best value so far; ±∞ before the first.</param>
/// <param name="Bad">Values since the best one, outside of cooldowns.</param>
/// <param name="Cooldown">Values until bad ones count again.</param>
public readonly record struct PlateauState(double Rate, double Best, long Bad, long Cooldown);

/// <summary>A learning rate that falls where a loss, or another value such as an accuracy, has stopped to improve.</summary>
/// <remarks>
/// For each value x: it is better if x &lt; best (1 − threshold), or best − threshold for an absolute one; to maximize, x &gt; best (1 + threshold)
/// or best + threshold. NaN is never better. More than <c>patience</c> values that are not better multiply the rate by the factor,
/// down to the least rate, and begin a cooldown in which none counts. PyTorch's ReduceLROnPlateau.
/// </remarks>
public sealed class ReduceOnPlateau
{
    private readonly bool _maximize;
    private readonly double _factor;
    private readonly long _patience;
    private readonly double _threshold;
    private readonly PlateauThreshold _thresholdKind;
    private readonly long _cooldown;
    private readonly double _least;
    private readonly double _epsilon;

    /// <summary>Makes the schedule.</summary>
    /// <param name="rate">The rate at first, 0 or more.</param>
    /// <param name="maximize">Whether larger values are better.</param>
    /// <param name="factor">What the rate is multiplied with, 0 or more and below 1.</param>
    /// <param name="patience">Values that may fail to improve before the rate falls, 0 or more.</param>
    /// <param name="threshold">How much better a value must be, 0 or more.</param>
    /// <param name="thresholdKind">Whether that is a share of the best value or an amount.</param>
    /// <param name="cooldown">Values after a fall of the rate that do not count, 0 or more.</param>
    /// <param name="least">The least rate, 0 or more.</param>
    /// <param name="epsilon">A fall by no more than this is not made.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public ReduceOnPlateau(
        double rate,
        bool maximize = false,
        double factor = 0.1,
        long patience = 10,
        double threshold = 1e-4,
        PlateauThreshold thresholdKind = PlateauThreshold.Relative,
        long cooldown = 0,
        double least = 0,
        double epsilon = 1e-8)
    {
        Require(nameof(rate), rate);
        Require(nameof(threshold), threshold);
        Require(nameof(least), least);
        Require(nameof(epsilon), epsilon);
        if (!(factor >= 0 && factor < 1)) Errors.OutOfRange(nameof(factor), factor, $"ReduceOnPlateau: the factor is 0 or more and below 1, not {factor}.");
        if (patience < 0) Errors.OutOfRange(nameof(patience), patience, $"ReduceOnPlateau: the patience is 0 or more values, not {patience}.");
        if (cooldown < 0) Errors.OutOfRange(nameof(cooldown), cooldown, $"ReduceOnPlateau: the cooldown is 0 or more values, not {cooldown}.");
        if (!Enum.IsDefined(thresholdKind)) Errors.OutOfRange(nameof(thresholdKind), thresholdKind, "ReduceOnPlateau: the threshold is Relative or Absolute.");
        (_maximize, _factor, _patience, _threshold, _thresholdKind) = (maximize, factor, patience, threshold, thresholdKind);
        (_cooldown, _least, _epsilon) = (cooldown, least, epsilon);
        State = new(rate, maximize ? double.NegativeInfinity : double.PositiveInfinity, 0, 0);
    }

    /// <summary>The rate now.</summary>
    public double Rate => State.Rate;

    /// <summary>What is remembered; set it to go on from a checkpoint.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative count, or a rate that is negative or not finite.</exception>
    public PlateauState State
    {
        get;
        set
        {
            Require(nameof(value.Rate), value.Rate);
            if (value.Bad < 0 || value.Cooldown < 0) Errors.OutOfRange(nameof(value), value, $"ReduceOnPlateau: the counts of a state are 0 or more, not {value.Bad} and {value.Cooldown}.");
            field = value;
        }
    }

    /// <summary>Takes notice of a value, and gives the rate from here on.</summary>
    public double Observe(double value)
    {
        (double rate, double best, long bad, long cooldown) = State;
        if (IsBetter(value, best)) (best, bad) = (value, 0);
        else bad++;
        if (cooldown > 0) (cooldown, bad) = (cooldown - 1, 0);
        if (bad > _patience)
        {
            double reduced = Math.Max(rate * _factor, _least);
            if (rate - reduced > _epsilon) rate = reduced;
            (cooldown, bad) = (_cooldown, 0);
        }

        State = new(rate, best, bad, cooldown);
        return rate;
    }

    /// <summary>Takes notice of a value, and sets an optimizer's learning rate.</summary>
    public void Apply<T>(Optimizer<T> optimizer, double value)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        optimizer.LearningRate = Observe(value);
    }

    private static void Require(string name, double value)
    {
        if (!(value >= 0 && double.IsFinite(value))) Errors.OutOfRange(name, value, $"ReduceOnPlateau: {name} is a finite number of 0 or more, not {value}.");
    }

    private bool IsBetter(double value, double best)
    {
        bool relative = _thresholdKind == PlateauThreshold.Relative;
        return _maximize
            ? value > (relative ? best * (1 + _threshold) : best + _threshold)
            : value < (relative ? best * (1 - _threshold) : best - _threshold);
    }
}
