using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>NAdam: Adam that looks one step ahead along the momentum, as Nesterov does.</summary>
/// <remarks>
/// g ← g + weightDecay · p; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g². With μₜ = β₁ (1 − 0.96^(t · momentumDecay) / 2) and
/// Πₜ = μ₁ ⋯ μₜ: p ← p − lr · ((1 − μₜ) / (1 − Πₜ) · g + μₜ₊₁ / (1 − Πₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + ε). Dozat 2016, as newer
/// versions of PyTorch have it; 1.13 multiplies Πₜ₊₁ by μₜ once more.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class NAdam<T> : Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Below this 1 − Π is 1 to the last bit.
    private const double Negligible = 1e-17;

    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly double _momentumDecay;
    private readonly List<double> _products = [1]; // Π by step: a function of the step alone, so it is no state to save
    private readonly T[] _means;
    private readonly T[] _squares;

    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="beta1">β₁ in [0, 1).</param>
    /// <param name="beta2">β₂ in [0, 1).</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <param name="weightDecay">Added to the gradient as weightDecay · p; not for biases and normalizations.</param>
    /// <param name="momentumDecay">How fast μ rises to β₁, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public NAdam(
        Module<T> module,
        double learningRate = 2e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-8,
        double weightDecay = 0,
        double momentumDecay = 4e-3)
        : base(module, learningRate, weightDecay)
    {
        _beta1 = RequireFraction(nameof(beta1), beta1);
        _beta2 = RequireFraction(nameof(beta2), beta2);
        _epsilon = RequireNotNegative(nameof(epsilon), epsilon);
        _momentumDecay = RequireNotNegative(nameof(momentumDecay), momentumDecay);
        _means = AddState("gradient_average");
        _squares = AddState("square_average");
    }

    /// <inheritdoc/>
    protected override void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay, long step)
    {
        Rule rule = new()
        {
            GradientRate = T.CreateTruncating(LearningRate * (1 - Momentum(step)) / (1 - Product(step))),
            MeanRate = T.CreateTruncating(LearningRate * Momentum(step + 1) / (1 - Product(step + 1))),
            WeightDecay = T.CreateTruncating(weightDecay),
            Beta1 = T.CreateTruncating(_beta1),
            Share1 = T.CreateTruncating(1 - _beta1),
            Beta2 = T.CreateTruncating(_beta2),
            Share2 = T.CreateTruncating(1 - _beta2),
            Correction2 = T.CreateTruncating(1 - Math.Pow(_beta2, step)),
            Epsilon = T.CreateTruncating(_epsilon),
        };
        UpdatePass<T, Rule>.Run(rule, values, gradient, _means.AsSpan(offset, values.Length), _squares.AsSpan(offset, values.Length), []);
    }

    private double Momentum(long step) => _beta1 * (1 - (0.5 * Math.Pow(0.96, step * _momentumDecay)));

    private double Product(long step)
    {
        while (_products.Count <= step && _products[^1] > Negligible) _products.Add(_products[^1] * Momentum(_products.Count));
        return step < _products.Count ? _products[(int)step] : 0;
    }

    private struct Rule : IUpdateRule<T>
    {
        public T GradientRate;
        public T MeanRate;
        public T WeightDecay;
        public T Beta1;
        public T Share1;
        public T Beta2;
        public T Share2;
        public T Correction2;
        public T Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<V>(ref V value, V gradient, ref V means, ref V squares, ref V third)
            where V : unmanaged, IVector<V, T>
        {
            V g = gradient + (WeightDecay * value);
            means = (Beta1 * means) + (Share1 * g);
            squares = (Beta2 * squares) + (Share2 * g * g);
            value -= ((GradientRate * g) + (MeanRate * means)) / (V.Sqrt(squares / Correction2) + Epsilon);
        }
    }
}
