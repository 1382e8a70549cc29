using System.Numerics;

namespace Autograd;

/// <summary>
/// How far forecasts lie from what came, computed in double, over any series or its tensor's <see cref="Tensor{T}.Span"/>. Hyndman and
/// Koehler, Another look at measures of forecast accuracy (2006).
/// </summary>
public static class ForecastErrors
{
    /// <summary>√(mean of (truth − forecast)²), in the unit of the series.</summary>
    /// <param name="truth">What came, 1 number or more.</param>
    /// <param name="forecast">What was forecast, in the same order.</param>
    /// <exception cref="ArgumentException">There is no number, or not as many of each.</exception>
    /// <exception cref="NonFiniteException">A number is NaN or infinite; the message says which.</exception>
    public static double RootMeanSquared<T>(ReadOnlySpan<T> truth, ReadOnlySpan<T> forecast)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require("RootMeanSquared", truth, forecast, nameof(forecast));
        double sum = 0;
        for (int i = 0; i < truth.Length; i++) sum += Difference(truth[i], forecast[i]) * Difference(truth[i], forecast[i]);
        return Math.Sqrt(sum / truth.Length);
    }

    /// <summary>The mean of |truth − forecast|, in the unit of the series.</summary>
    /// <param name="truth">What came, 1 number or more.</param>
    /// <param name="forecast">What was forecast, in the same order.</param>
    /// <exception cref="ArgumentException">There is no number, or not as many of each.</exception>
    /// <exception cref="NonFiniteException">A number is NaN or infinite; the message says which.</exception>
    public static double MeanAbsolute<T>(ReadOnlySpan<T> truth, ReadOnlySpan<T> forecast)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Require("MeanAbsolute", truth, forecast, nameof(forecast));
        return MeanDistance(truth, forecast);
    }

    /// <summary>
    /// MASE: the mean absolute error over that of the forecast "as one season ago" on the training series. It has no unit; below 1 is better
    /// than that forecast was there, one step ahead.
    /// </summary>
    /// <param name="truth">What came, 1 number or more.</param>
    /// <param name="forecast">What was forecast, in the same order.</param>
    /// <param name="training">The series that the model learned from, longer than a season.</param>
    /// <param name="season">Steps of a season, 12 for months of a year; 1 compares with the number before.</param>
    /// <exception cref="ArgumentException">There is no number, or not as many of each; the training series is too short, or repeats itself exactly, so that nothing can be scaled by it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The season is below 1.</exception>
    /// <exception cref="NonFiniteException">A number is NaN or infinite; the message says which.</exception>
    public static double MeanAbsoluteScaled<T>(ReadOnlySpan<T> truth, ReadOnlySpan<T> forecast, ReadOnlySpan<T> training, int season = 1)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (season < 1) Errors.OutOfRange(nameof(season), season, $"ForecastErrors.MeanAbsoluteScaled: a season has 1 step or more, not {season}.");
        if (training.Length <= season) Errors.Argument($"ForecastErrors.MeanAbsoluteScaled: a training series longer than the season of {season} is needed, but it has {training.Length}. Pass the whole series.");
        Require("MeanAbsoluteScaled", truth, forecast, nameof(forecast));
        RequireFinite("MeanAbsoluteScaled", training, nameof(training));
        double scale = MeanDistance(training[season..], training[..^season]);
        if (scale == 0) Errors.Argument($"ForecastErrors.MeanAbsoluteScaled: every number of the training series is the one {season} before, so its error of 0 is no scale. Use MeanAbsolute.");
        return MeanDistance(truth, forecast) / scale;
    }

    /// <summary>The share of the truth that lies in its prediction interval, bounds included; for good intervals of 90 % it is near 0.9.</summary>
    /// <param name="truth">What came, 1 number or more.</param>
    /// <param name="lower">The lower bound of each, −∞ for none.</param>
    /// <param name="upper">The upper bound of each, ∞ for none.</param>
    /// <exception cref="ArgumentException">There is no number, not as many of each, or a lower bound is above the upper.</exception>
    /// <exception cref="NonFiniteException">A number is NaN, or one of the truth infinite; the message says which.</exception>
    public static double Coverage<T>(ReadOnlySpan<T> truth, ReadOnlySpan<T> lower, ReadOnlySpan<T> upper)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireLengths("Coverage", truth.Length, lower.Length, nameof(lower));
        RequireLengths("Coverage", truth.Length, upper.Length, nameof(upper));
        RequireFinite("Coverage", truth, nameof(truth));
        int inside = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            if (T.IsNaN(lower[i])) Refuse("Coverage", nameof(lower), i, lower[i]);
            if (T.IsNaN(upper[i])) Refuse("Coverage", nameof(upper), i, upper[i]);
            if (lower[i] > upper[i]) Errors.Argument($"ForecastErrors.Coverage: the interval at {i} goes from {lower[i]} to {upper[i]}. Pass the lower bounds first.");
            if (lower[i] <= truth[i] && truth[i] <= upper[i]) inside++;
        }

        return (double)inside / truth.Length;
    }

    private static double MeanDistance<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += Math.Abs(Difference(a[i], b[i]));
        return sum / a.Length;
    }

    private static double Difference<T>(T truth, T forecast)
        where T : unmanaged, IFloatingPointIeee754<T> => double.CreateTruncating(truth) - double.CreateTruncating(forecast);

    private static void Require<T>(string what, ReadOnlySpan<T> truth, ReadOnlySpan<T> other, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireLengths(what, truth.Length, other.Length, name);
        RequireFinite(what, truth, nameof(truth));
        RequireFinite(what, other, name);
    }

    private static void RequireLengths(string what, int truth, int other, string name)
    {
        if (truth == 0) Errors.Argument($"ForecastErrors.{what}: truth is empty, and a mean of nothing is no number. Pass 1 number or more.");
        if (truth != other) Errors.Argument($"ForecastErrors.{what}: truth has {truth} numbers, but {name} has {other}. Give one for each.");
    }

    private static void RequireFinite<T>(string what, ReadOnlySpan<T> values, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!T.IsFinite(values[i])) Refuse(what, name, i, values[i]);
        }
    }

    private static void Refuse<T>(string what, string name, int index, T value) => throw new NonFiniteException(
        $"ForecastErrors.{what}: {name} is {value} at index {index}. Leave that step out, or look for what made it.");
}
