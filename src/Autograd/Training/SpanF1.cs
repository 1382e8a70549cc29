namespace Autograd;

/// <summary>A stretch of labels of one type: a phrase, or a name.</summary>
/// <param name="Type">What stands behind B- and I-.</param>
/// <param name="Start">The index of its first label.</param>
/// <param name="End">The index behind its last.</param>
public readonly record struct LabelSpan(string Type, int Start, int End);

/// <summary>How many spans were found. A share of nothing, 0 / 0, is 0.</summary>
/// <param name="Correct">Spans of the predictions that are those of the truth.</param>
/// <param name="Predicted">Spans of the predictions.</param>
/// <param name="Actual">Spans of the truth.</param>
public readonly record struct SpanScore(long Correct, long Predicted, long Actual)
{
    /// <summary>The share of the predicted spans that are right.</summary>
    public double Precision => Predicted == 0 ? 0 : (double)Correct / Predicted;

    /// <summary>The share of the spans of the truth that were found.</summary>
    public double Recall => Actual == 0 ? 0 : (double)Correct / Actual;

    /// <summary>Their harmonic mean, 2 · correct / (predicted + actual).</summary>
    public double F1 => Predicted + Actual == 0 ? 0 : 2.0 * Correct / (Predicted + Actual);
}

/// <summary>
/// Precision, recall and F1 of spans labelled with B-TYPE for the first label of a span, I-TYPE inside and O outside, as in the shared tasks
/// of CoNLL 2000 (phrases) and 2003 (names): a predicted span is right if start, end and type are those of a span of the truth.
/// </summary>
/// <remarks>
/// A span begins at B, and at I that does not go on with a span of its type; so labels that begin with I, those of the data of 2003, are
/// read too. It ends before O, B and another type. Tjong Kim Sang and De Meulder 2003. An instance belongs to one thread.
/// </remarks>
/// <example><code>
/// SpanF1 spans = SpanF1.Of(truth, predictions); // string[][]: the labels of each sentence
/// Console.WriteLine($"{spans.Total.F1:0.0000}, of persons {spans.Types["PER"].F1:0.0000}");
/// </code></example>
public sealed class SpanF1
{
    private readonly SortedDictionary<string, SpanScore> _types = new(StringComparer.Ordinal);

    /// <summary>The scores of each type that has come, in the order of their names' code units.</summary>
    public IReadOnlyDictionary<string, SpanScore> Types => _types;

    /// <summary>The score of all spans, whatever their type: the figure that the shared tasks report.</summary>
    public SpanScore Total => new(_types.Values.Sum(static type => type.Correct), _types.Values.Sum(static type => type.Predicted), _types.Values.Sum(static type => type.Actual));

    /// <summary>The scores of all sentences.</summary>
    /// <param name="truth">The labels of each sentence.</param>
    /// <param name="predictions">Those predicted, in the same order.</param>
    /// <exception cref="ArgumentException">The numbers of sentences or of labels differ, or a label is not O, B-TYPE or I-TYPE.</exception>
    public static SpanF1 Of(IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predictions)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predictions);
        if (truth.Count != predictions.Count) Errors.Argument($"SpanF1: predictions for {predictions.Count} sentences were given, and truth for {truth.Count}. Give both for each.");
        SpanF1 score = new();
        for (int i = 0; i < truth.Count; i++) score.Add(truth[i], predictions[i], $" of sentence {i}");
        return score;
    }

    /// <summary>The spans of a sentence, from left to right.</summary>
    /// <param name="labels">Its labels.</param>
    /// <exception cref="ArgumentException">A label is not O, B-TYPE or I-TYPE.</exception>
    public static LabelSpan[] Spans(IReadOnlyList<string> labels) => Spans(labels, "");

    /// <summary>Adds a sentence.</summary>
    /// <param name="truth">Its labels.</param>
    /// <param name="prediction">Those predicted.</param>
    /// <exception cref="ArgumentException">The numbers of labels differ, or a label is not O, B-TYPE or I-TYPE; nothing was added.</exception>
    public void Add(IReadOnlyList<string> truth, IReadOnlyList<string> prediction) => Add(truth, prediction, "");

    /// <summary>A table: a row for each type, then all.</summary>
    public override string ToString()
    {
        List<string[]> rows = [["type", "precision", "recall", "F1", "right", "predicted", "actual"]];
        foreach ((string type, SpanScore score) in _types.Append(new("all", Total)))
        {
            rows.Add(
            [
                type, TextTable.Text(score.Precision), TextTable.Text(score.Recall), TextTable.Text(score.F1),
                TextTable.Text(score.Correct), TextTable.Text(score.Predicted), TextTable.Text(score.Actual),
            ]);
        }

        return TextTable.Format(rows);
    }

    private void Add(IReadOnlyList<string> truth, IReadOnlyList<string> prediction, string where)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(prediction);
        if (truth.Count != prediction.Count) Errors.Argument($"SpanF1: the prediction{where} has {prediction.Count} labels, and the truth has {truth.Count}. Give one for each word.");
        LabelSpan[] actual = Spans(truth, $" of the truth{where}"), predicted = Spans(prediction, $" of the prediction{where}");
        HashSet<LabelSpan> right = [.. actual];
        foreach (LabelSpan span in actual) _types[span.Type] = Of(span) with { Actual = Of(span).Actual + 1 };
        foreach (LabelSpan span in predicted)
        {
            SpanScore score = Of(span);
            _types[span.Type] = score with { Predicted = score.Predicted + 1, Correct = score.Correct + (right.Contains(span) ? 1 : 0) };
        }

        SpanScore Of(LabelSpan span) => _types.GetValueOrDefault(span.Type);
    }

    private static LabelSpan[] Spans(IReadOnlyList<string> labels, string where)
    {
        ArgumentNullException.ThrowIfNull(labels);
        List<LabelSpan> spans = [];
        bool open = false;
        for (int i = 0; i < labels.Count; i++)
        {
            string label = labels[i];
            if (label is not ("O" or ['B' or 'I', '-', _, ..])) Errors.Argument($"SpanF1: label {i}{where} is '{label}'. A label is O, B-TYPE or I-TYPE, with the type's name behind the dash.");
            string type = label[Math.Min(2, label.Length)..];
            if (label == "O") open = false;
            else if (open && label[0] == 'I' && spans[^1].Type == type) spans[^1] = spans[^1] with { End = i + 1 };
            else
            {
                spans.Add(new(type, i, i + 1));
                open = true;
            }
        }

        return [.. spans];
    }
}
