namespace Autograd.Tests;

/// <summary>What a contract has proved, in all and of each operation it names.</summary>
/// <param name="Samples">The number of its samples.</param>
/// <param name="RandomCases">The number of random samples FsCheck drew.</param>
/// <param name="Elements">The number of comparisons with an oracle.</param>
/// <param name="IsInexact">Whether the gradient differs from the exact one on purpose.</param>
/// <param name="Operations">What was seen of each operation, in the samples where it ran.</param>
public sealed record Proof(int Samples, int RandomCases, long Elements, bool IsInexact, IReadOnlyDictionary<Type, RuleProof> Operations);

/// <summary>What was proved of the gradient rule of one operation, in the samples where it ran.</summary>
public sealed class RuleProof
{
    public int Samples { get; set; }

    public int RandomCases { get; set; }

    public long Elements { get; set; }

    /// <summary>Comparisons with an oracle of first and of second order; none where there is nothing to differentiate.</summary>
    public (long First, long Second) Orders { get; set; }

    /// <summary>The worst error against dual numbers, of first and of second order.</summary>
    public (double First, double Second) Dual { get; set; }

    /// <summary>The worst error against differences, of first and of second order.</summary>
    public (double First, double Second) Difference { get; set; }

    /// <summary>The seeded faults that changed a gradient; every one of them was caught.</summary>
    public int Faults { get; set; }

    public static RuleProof operator +(RuleProof a, RuleProof b) => new()
    {
        Samples = a.Samples + b.Samples,
        RandomCases = a.RandomCases + b.RandomCases,
        Elements = a.Elements + b.Elements,
        Orders = (a.Orders.First + b.Orders.First, a.Orders.Second + b.Orders.Second),
        Dual = Larger(a.Dual, b.Dual),
        Difference = Larger(a.Difference, b.Difference),
        Faults = a.Faults + b.Faults,
    };

    /// <summary>The larger of each; NaN is largest.</summary>
    public static (double First, double Second) Larger((double First, double Second) a, (double First, double Second) b) =>
        (Math.Max(a.First, b.First), Math.Max(a.Second, b.Second));
}
