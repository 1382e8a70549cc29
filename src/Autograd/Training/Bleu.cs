using System.Globalization;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>
/// BLEU of a corpus: how many n-grams of translations stand in their references. Papineni, Roukos, Ward and Zhu, BLEU: a method for
/// automatic evaluation of machine translation (ACL 2002).
/// </summary>
/// <remarks>
/// BLEU = 100 · BP · exp(mean of ln pₙ for n = 1 … order). pₙ is matches over n-grams, both summed over all hypotheses; an n-gram
/// matches at most as often as it stands in the reference that has it most. BP = 1 if c > r, else exp(1 − r / c), with c the tokens of all
/// hypotheses, and r the sum of the lengths of the references next in length to each hypothesis, of two as near the shorter.
/// <para>
/// An empty hypothesis adds nothing to matches, n-grams and c, but its reference adds to r. The score is 0 if any pₙ is 0: without
/// smoothing also where no hypothesis has as many as <c>order</c> tokens, and always where all are empty.
/// </para>
/// Tokens are compared as they are: case and how text is cut into tokens are the caller's choice, and scores compare only where they agree.
/// </remarks>
/// <example><code>
/// Bleu bleu = Bleu.Of(hypotheses, references); // string[][] or int[][]
/// Console.WriteLine(bleu); // BLEU 28.50 = 61.2 / 35.1 / 22.0 / 14.9, brevity 0.984 (11,872 of 12,065 tokens)
/// </code></example>
public sealed class Bleu
{
    private readonly double[] _precisions;

    private Bleu(double[] precisions, long hypothesisLength, long referenceLength)
    {
        (_precisions, HypothesisLength, ReferenceLength) = (precisions, hypothesisLength, referenceLength);
        BrevityPenalty = hypothesisLength == 0 ? 0 : Math.Min(1, Math.Exp(1 - ((double)referenceLength / hypothesisLength)));
        Score = hypothesisLength == 0 || precisions.Contains(0) ? 0 : 100 * BrevityPenalty * Math.Exp(precisions.Average(Math.Log));
    }

    /// <summary>The score, 0 … 100.</summary>
    public double Score { get; }

    /// <summary>The precision of n-grams of 1, 2 … order tokens, 0 … 1, as the score has them; 0 where there are no n-grams, unless smoothed.</summary>
    public IReadOnlyList<double> Precisions => _precisions;

    /// <summary>What the score was multiplied with because the hypotheses are short, 0 … 1.</summary>
    public double BrevityPenalty { get; }

    /// <summary>Tokens of all hypotheses.</summary>
    public long HypothesisLength { get; }

    /// <summary>Tokens of the references next in length to each hypothesis.</summary>
    public long ReferenceLength { get; }

    /// <summary>BLEU of hypotheses that have one reference each.</summary>
    /// <typeparam name="T">Words, or their numbers.</typeparam>
    /// <param name="hypotheses">The tokens of each translation, 1 translation or more.</param>
    /// <param name="references">The tokens of each reference, in the same order.</param>
    /// <param name="order">The longest n-grams, 1 or more; 4 is usual.</param>
    /// <param name="smooth">
    /// Adds 1 to the matches and to the n-grams of each n above 1, so that one sentence without a match of 4 tokens need not score 0 (Lin and
    /// Och, ORANGE, COLING 2004). An n with no n-gram then counts as 1 / 1. For single sentences: a corpus is scored without.
    /// </param>
    /// <exception cref="ArgumentException">There is no hypothesis, another number of references, or a sentence or token that is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The order is below 1.</exception>
    public static Bleu Of<T>(IReadOnlyList<IReadOnlyList<T>> hypotheses, IReadOnlyList<IReadOnlyList<T>> references, int order = 4, bool smooth = false)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(references);
        return Of(hypotheses, [.. references.Select(static reference => (IReadOnlyList<IReadOnlyList<T>>)[reference])], order, smooth);
    }

    /// <summary>BLEU of hypotheses that have several references each, not all the same number.</summary>
    /// <typeparam name="T">Words, or their numbers.</typeparam>
    /// <param name="hypotheses">The tokens of each translation, 1 translation or more.</param>
    /// <param name="references">For each hypothesis the tokens of each of its references, 1 reference or more.</param>
    /// <param name="order">The longest n-grams, 1 or more; 4 is usual.</param>
    /// <param name="smooth">As for one reference each.</param>
    /// <exception cref="ArgumentException">There is no hypothesis, one without reference, or a sentence or token that is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The order is below 1.</exception>
    public static Bleu Of<T>(IReadOnlyList<IReadOnlyList<T>> hypotheses, IReadOnlyList<IReadOnlyList<IReadOnlyList<T>>> references, int order = 4, bool smooth = false)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(hypotheses);
        ArgumentNullException.ThrowIfNull(references);
        if (order < 1) Errors.OutOfRange(nameof(order), order, $"Bleu: order is 1 or more, not {order}.");
        if (hypotheses.Count == 0) Errors.Argument("Bleu: there is nothing to score. Pass 1 hypothesis or more, with its reference.");
        if (references.Count != hypotheses.Count) Errors.Argument($"Bleu: {hypotheses.Count} hypotheses were given, with references for {references.Count}. Give references for each.");
        Dictionary<T, int> words = [];
        long[] matches = new long[order], totals = new long[order];
        long hypothesisLength = 0, referenceLength = 0;
        for (int i = 0; i < hypotheses.Count; i++)
        {
            int[] hypothesis = Number(words, hypotheses[i], "hypothesis", i);
            int[][] its = [.. (references[i] ?? []).Select(reference => Number(words, reference, "a reference of hypothesis", i))];
            if (its.Length == 0) Errors.Argument($"Bleu: hypothesis {i} has no reference. Give it one, or leave it out.");
            hypothesisLength += hypothesis.Length;
            referenceLength += its.Select(static reference => reference.Length).MinBy(length => (Math.Abs(length - hypothesis.Length), length));
            for (int n = 1; n <= Math.Min(order, hypothesis.Length); n++)
            {
                totals[n - 1] += hypothesis.Length - n + 1;
                Dictionary<ReadOnlyMemory<int>, int>[] counts = [.. its.Select(reference => CountGrams(reference, n))];
                foreach ((ReadOnlyMemory<int> gram, int count) in CountGrams(hypothesis, n)) matches[n - 1] += Math.Min(count, counts.Max(of => of.GetValueOrDefault(gram)));
            }
        }

        double[] precisions = new double[order];
        for (int n = 1; n <= order; n++)
        {
            int more = smooth && n > 1 ? 1 : 0;
            precisions[n - 1] = totals[n - 1] + more == 0 ? 0 : (double)(matches[n - 1] + more) / (totals[n - 1] + more);
        }

        return new(precisions, hypothesisLength, referenceLength);
    }

    /// <summary>The score, the precisions in percent, and the brevity penalty with the lengths it comes from.</summary>
    public override string ToString()
    {
        string precisions = string.Join(" / ", _precisions.Select(static precision => (100 * precision).ToString("0.0", CultureInfo.InvariantCulture)));
        return string.Create(CultureInfo.InvariantCulture, $"BLEU {Score:0.00} = {precisions}, brevity {BrevityPenalty:0.000} ({HypothesisLength:#,0} of {ReferenceLength:#,0} tokens)");
    }

    private static int[] Number<T>(Dictionary<T, int> words, IReadOnlyList<T> sentence, string what, int index)
        where T : notnull
    {
        if (sentence is null) Errors.Argument($"Bleu: {what} {index} is null. An empty sentence is an empty list.");
        int[] numbers = new int[sentence.Count];
        for (int t = 0; t < numbers.Length; t++)
        {
            if (sentence[t] is null) Errors.Argument($"Bleu: token {t} of {what} {index} is null.");
            ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(words, sentence[t], out bool known);
            if (!known) number = words.Count;
            numbers[t] = number;
        }

        return numbers;
    }

    private static Dictionary<ReadOnlyMemory<int>, int> CountGrams(int[] sentence, int n)
    {
        Dictionary<ReadOnlyMemory<int>, int> counts = new(GramComparer.Instance);
        for (int start = 0; start + n <= sentence.Length; start++) CollectionsMarshal.GetValueRefOrAddDefault(counts, sentence.AsMemory(start, n), out _)++;
        return counts;
    }

    private sealed class GramComparer : IEqualityComparer<ReadOnlyMemory<int>>
    {
        public static readonly GramComparer Instance = new();

        public bool Equals(ReadOnlyMemory<int> x, ReadOnlyMemory<int> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<int> obj)
        {
            HashCode hash = default;
            foreach (int number in obj.Span) hash.Add(number);
            return hash.ToHashCode();
        }
    }
}
