using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>What <see cref="Adam{T}"/> and <see cref="AdamW{T}"/> share: steps by running averages of the gradient and of its square.</summary>
/// <remarks>
/// g ← g + weightDecay · p; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; u = v, or with AMSGrad u ← max(u, v);
/// p ← p − lr · (m / (1 − β₁ᵗ)) / (√(u / (1 − β₂ᵗ)) + ε). Kingma and Ba 2015; AMSGrad by Reddi, Kale and Kumar 2018.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class AdamBase<T> : Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly bool _amsGrad;
    private readonly bool _decoupled;
    private readonly T[] _means;
    private readonly T[] _squares;
    private readonly T[] _largest = [];

    private protected AdamBase(
        Module<T> module,
        double learningRate,
        double beta1,
        double beta2,
        double epsilon,
        double weightDecay,
        bool amsGrad,
        bool decoupled)
        : base(module, learningRate, weightDecay)
    {
        _beta1 = RequireFraction(nameof(beta1), beta1);
        _beta2 = RequireFraction(nameof(beta2), beta2);
        _epsilon = RequireNotNegative(nameof(epsilon), epsilon);
        _amsGrad = amsGrad;
        _decoupled = decoupled;
        _means = AddState("gradient_average");
        _squares = AddState("square_average");
        if (amsGrad) _largest = AddState("largest_square_average");
    }

    /// <inheritdoc/>
    protected sealed override void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay, long step)
    {
        // The corrections of both averages are numbers of the step; they are folded into the rate and the divisor.
        double correction1 = 1 - Math.Pow(_beta1, step), correction2 = 1 - Math.Pow(_beta2, step);
        Rule rule = new()
        {
            Rate = T.CreateTruncating(LearningRate / correction1),
            Shrink = T.CreateTruncating(_decoupled ? 1 - (LearningRate * weightDecay) : 1),
            WeightDecay = T.CreateTruncating(_decoupled ? 0 : weightDecay),
            Beta1 = T.CreateTruncating(_beta1),
            Share1 = T.CreateTruncating(1 - _beta1),
            Beta2 = T.CreateTruncating(_beta2),
            Share2 = T.CreateTruncating(1 - _beta2),
            Correction2 = T.CreateTruncating(correction2),
            Epsilon = T.CreateTruncating(_epsilon),
            AmsGrad = _amsGrad,
        };
        int length = values.Length;
        UpdatePass<T, Rule>.Run(
            rule,
            values,
            gradient,
            _means.AsSpan(offset, length),
            _squares.AsSpan(offset, length),
            _amsGrad ? _largest.AsSpan(offset, length) : []);
    }

    private struct Rule : IUpdateRule<T>
    {
        public T Rate;
        public T Shrink;
        public T WeightDecay;
        public T Beta1;
        public T Share1;
        public T Beta2;
        public T Share2;
        public T Correction2;
        public T Epsilon;
        public bool AmsGrad;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<V>(ref V value, V gradient, ref V means, ref V squares, ref V largest)
            where V : unmanaged, IVector<V, T>
        {
            value *= Shrink;
            V g = gradient + (WeightDecay * value);
            means = (Beta1 * means) + (Share1 * g);
            squares = (Beta2 * squares) + (Share2 * g * g);
            V u = squares;
            if (AmsGrad) u = largest = V.Max(largest, squares);
            value -= Rate * means / (V.Sqrt(u / Correction2) + Epsilon);
        }
    }
}

/// <summary>Adam: steps by running averages of the gradient and of its square, bias-corrected.</summary>
/// <remarks>The equations stand at <see cref="AdamBase{T}"/>. Kingma and Ba 2015; AMSGrad by Reddi, Kale and Kumar 2018.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Adam<T> : AdamBase<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="beta1">β₁ in [0, 1).</param>
    /// <param name="beta2">β₂ in [0, 1).</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <param name="weightDecay">Added to the gradient as weightDecay · p; not for biases and normalizations.</param>
    /// <param name="amsGrad">Divide by the largest running square so far.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public Adam(
        Module<T> module,
        double learningRate = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-8,
        double weightDecay = 0,
        bool amsGrad = false)
        : base(module, learningRate, beta1, beta2, epsilon, weightDecay, amsGrad, decoupled: false)
    {
    }
}

/// <summary>AdamW: Adam whose weight decay acts on the parameter itself, p ← p · (1 − lr · weightDecay), not on the gradient.</summary>
/// <remarks>Loshchilov and Hutter 2019.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class AdamW<T> : AdamBase<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="beta1">β₁ in [0, 1).</param>
    /// <param name="beta2">β₂ in [0, 1).</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <param name="weightDecay">How much of the parameter goes at each step, times lr; not for biases and normalizations.</param>
    /// <param name="amsGrad">Divide by the largest running square so far.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public AdamW(
        Module<T> module,
        double learningRate = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-8,
        double weightDecay = 0.01,
        bool amsGrad = false)
        : base(module, learningRate, beta1, beta2, epsilon, weightDecay, amsGrad, decoupled: true)
    {
    }
}
