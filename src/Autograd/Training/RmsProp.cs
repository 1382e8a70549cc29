using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>RMSprop: steps divided by a running root mean square of the gradient.</summary>
/// <remarks>
/// g ← g + weightDecay · p; v ← decay · v + (1 − decay) g²; with centering a ← decay · a + (1 − decay) g and w = v − a², else
/// w = v; q = g / (√w + ε); with momentum μ: b ← μ b + q, p ← p − lr · b, else p ← p − lr · q. Tieleman and Hinton 2012;
/// centered as in Graves 2013; in PyTorch's form.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class RmsProp<T> : Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _decay;
    private readonly double _epsilon;
    private readonly double _momentum;
    private readonly bool _centered;
    private readonly T[] _squares;
    private readonly T[] _means = [];
    private readonly T[] _velocity = [];

    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="decay">How much of the running average stays at each step; PyTorch's alpha.</param>
    /// <param name="epsilon">ε, added to the root.</param>
    /// <param name="momentum">μ, 0 or more.</param>
    /// <param name="centered">Divide by the standard deviation instead of the root mean square.</param>
    /// <param name="weightDecay">Added to the gradient as weightDecay · p; not for biases and normalizations.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public RmsProp(
        Module<T> module,
        double learningRate = 0.01,
        double decay = 0.99,
        double epsilon = 1e-8,
        double momentum = 0,
        bool centered = false,
        double weightDecay = 0)
        : base(module, learningRate, weightDecay)
    {
        _decay = RequireNotNegative(nameof(decay), decay);
        _epsilon = RequireNotNegative(nameof(epsilon), epsilon);
        _momentum = RequireNotNegative(nameof(momentum), momentum);
        _centered = centered;
        _squares = AddState("square_average");
        if (centered) _means = AddState("gradient_average");
        if (momentum != 0) _velocity = AddState("momentum");
    }

    /// <inheritdoc/>
    protected override void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay, long step)
    {
        Rule rule = new()
        {
            Rate = T.CreateTruncating(LearningRate),
            WeightDecay = T.CreateTruncating(weightDecay),
            Decay = T.CreateTruncating(_decay),
            Share = T.CreateTruncating(1 - _decay),
            Epsilon = T.CreateTruncating(_epsilon),
            Momentum = T.CreateTruncating(_momentum),
            Centered = _centered,
        };
        int length = values.Length;
        UpdatePass<T, Rule>.Run(
            rule,
            values,
            gradient,
            _squares.AsSpan(offset, length),
            _centered ? _means.AsSpan(offset, length) : [],
            _momentum == 0 ? [] : _velocity.AsSpan(offset, length));
    }

    private struct Rule : IUpdateRule<T>
    {
        public T Rate;
        public T WeightDecay;
        public T Decay;
        public T Share;
        public T Epsilon;
        public T Momentum;
        public bool Centered;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<V>(ref V value, V gradient, ref V squares, ref V means, ref V velocity)
            where V : unmanaged, IVector<V, T>
        {
            V g = gradient + (WeightDecay * value);
            squares = (Decay * squares) + (Share * g * g);
            V w = squares;
            if (Centered)
            {
                means = (Decay * means) + (Share * g);
                w -= means * means;
            }

            // Without momentum the velocity is not kept, and this is the plain step.
            velocity = (Momentum * velocity) + (g / (V.Sqrt(w) + Epsilon));
            value -= Rate * velocity;
        }
    }
}
