namespace Autograd.Tests;

/// <summary>What a contract has proved of its operations.</summary>
/// <param name="Contract">The contract.</param>
/// <param name="Operations">The operation types it covers.</param>
/// <param name="Samples">The number of its samples.</param>
/// <param name="RandomCases">The number of random samples FsCheck drew.</param>
/// <param name="Elements">The number of comparisons with an oracle.</param>
/// <param name="Differentiates">Whether there is anything to differentiate.</param>
/// <param name="IsInexact">Whether the gradient differs from the exact one on purpose.</param>
/// <param name="DualFirst">The worst error of a gradient against dual numbers.</param>
/// <param name="DualSecond">The worst error of a gradient of a gradient against dual numbers.</param>
/// <param name="DifferenceFirst">The worst error of a gradient against differences.</param>
/// <param name="DifferenceSecond">The worst error of a gradient of a gradient against differences.</param>
/// <param name="Faults">The number of seeded faults, all of which both oracles caught.</param>
public sealed record Proof(
    Type Contract,
    Type[] Operations,
    int Samples,
    int RandomCases,
    long Elements,
    bool Differentiates,
    bool IsInexact,
    double DualFirst,
    double DualSecond,
    double DifferenceFirst,
    double DifferenceSecond,
    int Faults);
