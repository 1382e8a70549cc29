using System.Globalization;

namespace Autograd.Zoo.Runs;

/// <summary>A kind of figure.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Words">What it is, for people, behind the value.</param>
/// <param name="LargerIsBetter">Which way is better.</param>
internal sealed record Metric(string Name, string Words, bool LargerIsBetter)
{
    public static Metric ValidationLoss(string unit) => new("validation_loss", $"nats a {unit}", false);

    public static Metric TestLoss(string unit) => new("test_loss", $"nats a {unit}", false);

    public static Metric Accuracy(string unit) => new("accuracy", $"of the {unit} right", true);

    public static Metric ExactWords { get; } = new("exact_words", "of the words right to the last letter", true);

    public static Metric Bleu { get; } = new("bleu", "BLEU", true);

    public static Metric RmseRatio { get; } = new("rmse_ratio", "of the better baseline's RMSE", false);

    public static Metric MeanSquaredError { get; } = new("mse", "mean squared error", false);

    /// <summary>Which way is better, by the name in JSON.</summary>
    public static bool IsLargerBetter(string name) => name is "accuracy" or "exact_words" or "bleu";

    /// <summary>Whether one value is better than another; NaN is never.</summary>
    public bool IsBetter(double value, double than) => LargerIsBetter ? value > than : value < than;
}

/// <summary>A figure: what was measured, and over how many things.</summary>
internal readonly record struct Score(Metric Metric, double Value, long Count)
{
    public override string ToString() => Metric.Name is "accuracy" or "exact_words"
        ? string.Create(CultureInfo.InvariantCulture, $"{Value * 100:0.00} % {Metric.Words} ({Count:#,0})")
        : string.Create(CultureInfo.InvariantCulture, $"{Value:0.0000} {Metric.Words} ({Count:#,0})");
}
