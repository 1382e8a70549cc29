using System.Globalization;

namespace Autograd;

/// <summary>How often examples of each class were taken for each class, and the figures that follow from it.</summary>
/// <remarks>
/// For one class, precision is the share of its predictions that are right, recall the share of its examples that are found, and F1 their
/// harmonic mean, 2 · right / (predictions + examples). A share of nothing, 0 / 0, is 0, as in scikit-learn. An instance belongs to one thread.
/// </remarks>
/// <example><code>
/// var matrix = new ConfusionMatrix(["cat", "dog"]);
/// matrix.Add(targets.Span, predicted.Span, ignoreIndex: -100);
/// Console.WriteLine($"{matrix.Accuracy:0.000} {matrix.MacroF1():0.000}\n{matrix}");
/// </code></example>
public sealed class ConfusionMatrix
{
    // With more classes a table of the counts is wider than a screen.
    private const int MostColumns = 20;

    // The most whose square an array holds.
    private const int MostClasses = 46_340;

    private readonly long[] _counts;
    private readonly string[]? _names;

    /// <summary>A matrix of zeros for classes numbered 0 … classes − 1.</summary>
    /// <param name="classes">The number of classes, 1 … 46,340.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none of these.</exception>
    public ConfusionMatrix(int classes)
    {
        if (classes is < 1 or > MostClasses) Errors.OutOfRange(nameof(classes), classes, $"ConfusionMatrix: a matrix has 1 … {MostClasses:N0} classes, not {classes}.");
        Classes = classes;
        _counts = new long[classes * classes];
    }

    /// <summary>A matrix of zeros for classes that have names, which errors and the table then show; a <see cref="Vocabulary"/> has them.</summary>
    /// <param name="names">The name of each class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none, or there are more than 46,340.</exception>
    public ConfusionMatrix(IReadOnlyList<string> names)
        : this((names ?? throw new ArgumentNullException(nameof(names))).Count) => _names = [.. names];

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>The number of examples added.</summary>
    public long Count { get; private set; }

    /// <summary>How many examples of one class were taken for another, or for the same.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public long this[int truth, int prediction]
    {
        get
        {
            Require(truth, prediction);
            return _counts[(truth * Classes) + prediction];
        }
    }

    /// <summary>The share of the examples whose class was found.</summary>
    public double Accuracy => Share(Sum(0, Classes + 1, Classes), Count);

    /// <summary>Adds an example.</summary>
    /// <param name="truth">Its class.</param>
    /// <param name="prediction">What it was taken for.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class; the message names both.</exception>
    public void Add(int truth, int prediction)
    {
        Require(truth, prediction);
        _counts[(truth * Classes) + prediction]++;
        Count++;
    }

    /// <summary>Adds examples, all of them or, if one is refused, none.</summary>
    /// <param name="truth">Their classes.</param>
    /// <param name="predictions">What each was taken for.</param>
    /// <param name="ignoreIndex">Examples with this truth do not count, such as padding; null to leave out none.</param>
    /// <exception cref="ArgumentException">The numbers of both differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class; the message names both, and which example has them.</exception>
    public void Add(ReadOnlySpan<int> truth, ReadOnlySpan<int> predictions, int? ignoreIndex = null)
    {
        if (truth.Length != predictions.Length) Errors.Argument($"ConfusionMatrix: {predictions.Length} predictions were given for {truth.Length} examples. Give one for each.");
        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] != ignoreIndex) Require(truth[i], predictions[i], i);
        }

        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] != ignoreIndex) Add(truth[i], predictions[i]);
        }
    }

    /// <summary>The share of the predictions of a class that are right; 0 if it was never predicted.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double Precision(int label) => Share(this[label, label], Predicted(label));

    /// <summary>The share of the examples of a class that were found; 0 if there are none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double Recall(int label) => Share(this[label, label], Actual(label));

    /// <summary>The harmonic mean of precision and recall of a class; 0 if it has no example and no prediction.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double F1(int label) => Share(2 * this[label, label], Predicted(label) + Actual(label));

    /// <summary>The mean of the classes' F1, each with the same weight. A class with no example and no prediction does not count.</summary>
    /// <param name="classes">The classes that count; all if none is given.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double MacroF1(params ReadOnlySpan<int> classes)
    {
        int[] seen = [.. Chosen(classes).Where(label => Predicted(label) + Actual(label) > 0)];
        return Share(seen.Sum(F1), seen.Length);
    }

    /// <summary>F1 of the examples and predictions of all classes together. If all classes count it is the accuracy.</summary>
    /// <param name="classes">The classes that count, such as all but that of nothing found; all if none is given.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double MicroF1(params ReadOnlySpan<int> classes)
    {
        int[] chosen = Chosen(classes);
        return Share(2 * chosen.Sum(label => this[label, label]), chosen.Sum(label => Predicted(label) + Actual(label)));
    }

    /// <summary>A table: a row for each class of the truth, a column for each prediction, precision, recall and F1. With more than 20 classes the counts are left out.</summary>
    public override string ToString()
    {
        int columns = Classes <= MostColumns ? Classes : 0;
        List<string[]> rows = [[columns > 0 ? "truth \\ prediction" : "class", .. Enumerable.Range(0, columns).Select(Name), "precision", "recall", "F1", "examples"]];
        for (int label = 0; label < Classes; label++)
        {
            rows.Add(
            [
                Name(label), .. Enumerable.Range(0, columns).Select(prediction => TextTable.Text(this[label, prediction])),
                TextTable.Text(Precision(label)), TextTable.Text(Recall(label)), TextTable.Text(F1(label)), TextTable.Text(Actual(label)),
            ]);
        }

        return TextTable.Format(rows) + string.Create(CultureInfo.InvariantCulture, $"\naccuracy {Accuracy:0.0000} of {Count:#,0} examples, macro F1 {MacroF1():0.0000}");
    }

    private static double Share(double part, long whole) => whole == 0 ? 0 : part / whole;

    private long Actual(int label)
    {
        Require(label, label);
        return Sum(label * Classes, 1, Classes);
    }

    private long Predicted(int label)
    {
        Require(label, label);
        return Sum(label, Classes, Classes);
    }

    private long Sum(int start, int step, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++) sum += _counts[start + (i * step)];
        return sum;
    }

    private int[] Chosen(ReadOnlySpan<int> classes) => classes.IsEmpty ? [.. Enumerable.Range(0, Classes)] : [.. classes.ToArray().Distinct()];

    private void Require(int truth, int prediction, int example = -1)
    {
        if ((uint)truth < (uint)Classes && (uint)prediction < (uint)Classes) return;
        (string name, int value) = (uint)truth < (uint)Classes ? (nameof(prediction), prediction) : (nameof(truth), truth);
        string place = example < 0 ? "" : $"example {example}: ";
        Errors.OutOfRange(name, value, $"ConfusionMatrix: {place}truth {Say(truth)}, prediction {Say(prediction)}; there are {Classes} classes, numbered 0 … {Classes - 1}.");
    }

    private string Name(int label) => _names?[label] ?? label.ToString(CultureInfo.InvariantCulture);

    private string Say(int label) => _names is null ? $"{label}" : (uint)label < (uint)Classes ? $"{label} ({_names[label]})" : $"{label} (no class)";
}
