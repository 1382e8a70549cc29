namespace Autograd;

/// <summary>How the next token is chosen from its logits, in this order: repeat penalty, temperature, top-k, top-p, draw.</summary>
/// <remarks>
/// The same seed draws the same tokens: a draw is a function of the seed, the row and the step alone. All of it is done in double.
/// </remarks>
public sealed record Sampling
{
    private readonly double _temperature = 1, _topP = 1, _repeatPenalty = 1;
    private readonly int? _topK;

    /// <summary>The most likely token, always; the lower of two that are equal.</summary>
    public static Sampling Greedy { get; } = new() { TopK = 1 };

    /// <summary>Divides the logits: below 1 sharper, above 1 flatter. A positive number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive, or not finite.</exception>
    public double Temperature
    {
        get => _temperature;
        init => _temperature = Positive(nameof(Temperature), value, " For the most likely token use Sampling.Greedy.");
    }

    /// <summary>Keeps the k most likely tokens, the lower of two that are equal; null keeps all. Fan, Lewis and Dauphin 2018.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int? TopK
    {
        get => _topK;
        init
        {
            if (value < 1) Errors.OutOfRange(nameof(TopK), value, $"Sampling: TopK is 1 or more, not {value}; null keeps all tokens.");
            _topK = value;
        }
    }

    /// <summary>
    /// Keeps the fewest of the most likely tokens whose probabilities, among those that top-k has kept, sum to p or more: the nucleus of
    /// Holtzman et al. 2020. 1 keeps all.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside (0, 1].</exception>
    public double TopP
    {
        get => _topP;
        init
        {
            if (!(value > 0 && value <= 1)) Errors.OutOfRange(nameof(TopP), value, $"Sampling: TopP lies in (0, 1], not {value}; 1 keeps all tokens.");
            _topP = value;
        }
    }

    /// <summary>
    /// Divides the logit, or multiplies it where it is negative, of each token that the row has in its prompt or in what it was given
    /// since. Above 1 it makes repeats less likely. Keskar et al. 2019 (CTRL), who divide whatever the sign, which would favour repeats of
    /// negative logits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive, or not finite.</exception>
    public double RepeatPenalty
    {
        get => _repeatPenalty;
        init => _repeatPenalty = Positive(nameof(RepeatPenalty), value, " 1 is no penalty.");
    }

    /// <summary>The seed of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Replaces the logits of a row by the probabilities the next token is drawn with.</summary>
    /// <param name="row">Logits without NaN and +∞, one of them above −∞.</param>
    /// <param name="seen">Whether the row has the token already; empty for none.</param>
    /// <param name="order">Room for the order of the tokens.</param>
    internal void ToProbabilities(Span<double> row, ReadOnlySpan<bool> seen, Span<int> order)
    {
        for (int token = 0; token < seen.Length && RepeatPenalty != 1; token++)
        {
            if (seen[token]) row[token] = row[token] > 0 ? row[token] / RepeatPenalty : row[token] * RepeatPenalty;
        }

        int best = 0;
        for (int token = 1; token < row.Length; token++)
        {
            if (row[token] > row[best]) best = token;
        }

        if (TopK == 1)
        {
            row.Clear();
            row[best] = 1;
            return;
        }

        double largest = row[best], total = 0;
        for (int token = 0; token < row.Length; token++) row[token] = Math.Exp((row[token] - largest) / Temperature);
        if (TopK < row.Length || TopP < 1) Cut(row, order);
        foreach (double probability in row) total += probability;
        for (int token = 0; token < row.Length; token++) row[token] /= total;
    }

    /// <summary>The token at <paramref name="u"/> in [0, 1) of the running sum of the probabilities.</summary>
    internal static int Draw(ReadOnlySpan<double> probabilities, double u)
    {
        double sum = 0;
        int token = -1;
        for (int i = 0; i < probabilities.Length && (token < 0 || sum <= u); i++)
        {
            sum += probabilities[i];
            if (probabilities[i] > 0) token = i;
        }

        return token;
    }

    private void Cut(Span<double> row, Span<int> order)
    {
        // A span cannot go into a comparison; keys are sorted with their tokens instead, and runs of equal keys set in order after.
        double[] keys = new double[row.Length];
        for (int i = 0; i < keys.Length; i++) (keys[i], order[i]) = (-row[i], i);
        keys.AsSpan().Sort(order);
        for (int start = 0, end; start < keys.Length; start = end)
        {
            for (end = start + 1; end < keys.Length && keys[end] == keys[start];) end++;
            order[start..end].Sort();
        }

        int kept = Math.Min(TopK ?? row.Length, row.Length);
        double total = 0, sum = 0;
        for (int i = 0; i < kept; i++) total += row[order[i]];
        for (int i = 0; i < kept && TopP < 1; i++)
        {
            sum += row[order[i]];
            if (sum >= TopP * total) kept = i + 1;
        }

        foreach (int token in order[kept..]) row[token] = 0;
    }

    private static double Positive(string name, double value, string hint)
    {
        if (!(value > 0 && double.IsFinite(value))) Errors.OutOfRange(name, value, $"Sampling: {name} is a positive number, not {value}.{hint}");
        return value;
    }
}
