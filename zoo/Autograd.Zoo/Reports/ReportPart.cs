namespace Autograd.Zoo.Reports;

/// <summary>A part of a report that a model adds: a heading, a sentence that says what is to be seen, and one thing to look at.</summary>
internal abstract record ReportPart(string Title, string Words);

/// <summary>Lines of text, as they are: samples.</summary>
internal sealed record TextPart(string Title, string Words, string Text) : ReportPart(Title, Words)
{
    /// <summary>How much of the batches is padding.</summary>
    /// <param name="batches">Which examples are put together.</param>
    /// <param name="examples">What they are, such as sentences.</param>
    public static TextPart Padding(Minibatches batches, string examples) =>
        new("Padding", $"How much of a batch is padding when {examples} of like length are put together.", batches.Waste().ToString());
}

/// <summary>Rows of cells under a head.</summary>
internal sealed record TablePart(string Title, string Words, string[] Head, string[][] Rows) : ReportPart(Title, Words);

/// <summary>A grid of numbers as colours: a confusion matrix, attention, gradient flow.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Words">What is to be seen.</param>
/// <param name="Rows">The rows' labels.</param>
/// <param name="Columns">The columns' labels.</param>
/// <param name="Values">[rows][columns].</param>
/// <param name="RowAxis">What rows are.</param>
/// <param name="ColumnAxis">What columns are.</param>
/// <param name="Format">How a value is written in its cell; null for colours alone.</param>
internal sealed record HeatPart(
    string Title, string Words, string[] Rows, string[] Columns, double[][] Values, string RowAxis, string ColumnAxis, string? Format = null) : ReportPart(Title, Words)
{
    /// <summary>How often each class (rows) was taken for each (columns).</summary>
    /// <param name="words">What is to be seen.</param>
    /// <param name="classes">The classes' names.</param>
    /// <param name="counts">How often.</param>
    /// <param name="rowAxis">What rows are.</param>
    /// <param name="columnAxis">What columns are.</param>
    public static HeatPart Confusion(string words, string[] classes, ConfusionMatrix counts, string rowAxis, string columnAxis) => new(
        "Confusion", words, classes, classes, [.. classes.Select((_, truth) => classes.Select((_, said) => (double)counts[truth, said]).ToArray())], rowAxis, columnAxis, "0");
}

/// <summary>Lines over a common axis: a forecast against the truth.</summary>
internal sealed record LinesPart(string Title, string Words, string XAxis, string YAxis, Line[] Lines, Band? Band = null) : ReportPart(Title, Words);

/// <summary>One line of a plot.</summary>
internal sealed record Line(string Name, double[] X, double[] Y);

/// <summary>What lies between two curves, such as a prediction interval.</summary>
internal sealed record Band(string Name, double[] X, double[] Low, double[] High);

/// <summary>A picture drawn elsewhere, as SVG.</summary>
internal sealed record SvgPart(string Title, string Words, string Svg) : ReportPart(Title, Words);
