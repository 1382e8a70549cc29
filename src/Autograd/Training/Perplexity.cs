namespace Autograd;

/// <summary>The perplexity of a model of sequences: among how many equally likely tokens it is, on average, undecided.</summary>
public static class Perplexity
{
    // What rounding may take from a loss of 0.
    private const double Rounding = 1e-6;

    /// <summary>exp(mean loss), 1 or more; ∞ for an infinite loss, or one above 709.</summary>
    /// <param name="meanLoss">
    /// The mean of −ln p over all tokens, in nats, which <see cref="Variable{T}"/>'s cross-entropy is; one below 0 by less than 1e-6, as
    /// rounding makes them, counts as 0. Batches of different size are averaged by their tokens first: exp of a mean, not a mean of exp.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The loss is NaN or negative.</exception>
    public static double Of(double meanLoss)
    {
        if (!(meanLoss >= -Rounding)) Errors.OutOfRange(nameof(meanLoss), meanLoss, $"Perplexity: a mean loss in nats is 0 or more, not {meanLoss}. Pass the mean of −ln p; is the sign that of a log-probability?");
        return Math.Exp(Math.Max(0, meanLoss));
    }
}
