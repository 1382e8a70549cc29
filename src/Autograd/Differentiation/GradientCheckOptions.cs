namespace Autograd;

/// <summary>What <see cref="GradientCheck"/> is to do beyond its defaults.</summary>
public sealed record GradientCheckOptions
{
    /// <summary>1 checks gradients; 2 also checks the gradients of gradients, by the inputs and by the cotangents.</summary>
    public int Order { get; init; } = 1;

    /// <summary>The seed of the projections and directions; the same seed draws the same ones.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The largest |numeric − analytic| / max(1, |analytic|) of a gradient; 1e-7 by default.</summary>
    public double Tolerance { get; init; } = 1e-7;

    /// <summary>The same for a gradient of a gradient; 1e-6 by default.</summary>
    public double SecondOrderTolerance { get; init; } = 1e-6;

    /// <summary>
    /// The h of the differences, for an element of at most 1; 5e-4 by default. A smaller one, such as 2e-6, crosses fewer of the kinks
    /// of networks with ReLU or maximum pooling, and loses digits: about 1e-15 / h of the output's size.
    /// </summary>
    public double Step { get; init; } = 5e-4;

    /// <summary>
    /// Whether a zero cotangent must give exactly zero. True by default; say false for a function whose local derivative is
    /// infinite at the inputs, since 0 · ∞ is NaN.
    /// </summary>
    public bool ZeroCotangent { get; init; } = true;

    /// <summary>The names of the inputs in the report, one each; "input 0", "input 1", … by default.</summary>
    public IReadOnlyList<string>? Names { get; init; }
}
