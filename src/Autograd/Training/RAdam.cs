using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>RAdam: Adam that adapts its steps only once the average of squares has seen enough of them.</summary>
/// <remarks>
/// g ← g + weightDecay · p; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; m̂ = m / (1 − β₁ᵗ). With ρ∞ = 2 / (1 − β₂) − 1 and
/// ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ): where ρ &gt; 5, p ← p − lr · m̂ · r · √(1 − β₂ᵗ) / (√v + ε) with
/// r² = (ρ − 4) (ρ − 2) ρ∞ / ((ρ∞ − 4) (ρ∞ − 2) ρ), else p ← p − lr · m̂. Liu et al. 2020, in PyTorch's form.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class RAdam<T> : Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly T[] _means;
    private readonly T[] _squares;

    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="beta1">β₁ in [0, 1).</param>
    /// <param name="beta2">β₂ in [0, 1).</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <param name="weightDecay">Added to the gradient as weightDecay · p; not for biases and normalizations.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public RAdam(
        Module<T> module,
        double learningRate = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-8,
        double weightDecay = 0)
        : base(module, learningRate, weightDecay)
    {
        _beta1 = RequireFraction(nameof(beta1), beta1);
        _beta2 = RequireFraction(nameof(beta2), beta2);
        _epsilon = RequireNotNegative(nameof(epsilon), epsilon);
        _means = AddState("gradient_average");
        _squares = AddState("square_average");
    }

    /// <inheritdoc/>
    protected override void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay, long step)
    {
        double power = Math.Pow(_beta2, step), rate = LearningRate / (1 - Math.Pow(_beta1, step));
        double most = (2 / (1 - _beta2)) - 1, length = most - (2 * step * power / (1 - power));
        bool adapts = length > 5;
        if (adapts)
        {
            rate *= Math.Sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)) * Math.Sqrt(1 - power);
        }

        Rule rule = new()
        {
            Rate = T.CreateTruncating(rate),
            WeightDecay = T.CreateTruncating(weightDecay),
            Beta1 = T.CreateTruncating(_beta1),
            Share1 = T.CreateTruncating(1 - _beta1),
            Beta2 = T.CreateTruncating(_beta2),
            Share2 = T.CreateTruncating(1 - _beta2),
            Epsilon = T.CreateTruncating(_epsilon),
            Adapts = adapts,
        };
        UpdatePass<T, Rule>.Run(rule, values, gradient, _means.AsSpan(offset, values.Length), _squares.AsSpan(offset, values.Length), []);
    }

    private struct Rule : IUpdateRule<T>
    {
        public T Rate;
        public T WeightDecay;
        public T Beta1;
        public T Share1;
        public T Beta2;
        public T Share2;
        public T Epsilon;
        public bool Adapts;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<V>(ref V value, V gradient, ref V means, ref V squares, ref V third)
            where V : unmanaged, IVector<V, T>
        {
            V g = gradient + (WeightDecay * value);
            means = (Beta1 * means) + (Share1 * g);
            squares = (Beta2 * squares) + (Share2 * g * g);
            value -= Adapts ? Rate * means / (V.Sqrt(squares) + Epsilon) : Rate * means;
        }
    }
}
