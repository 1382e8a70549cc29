using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Adagrad: steps divided by the root of the sum of all squares so far.</summary>
/// <remarks>
/// g ← g + weightDecay · p; s ← s + g²; p ← p − lr / (1 + (t − 1) rateDecay) · g / (√s + ε). Duchi, Hazan and Singer 2011, in
/// PyTorch's form.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Adagrad<T> : Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _rateDecay;
    private readonly double _epsilon;
    private readonly T[] _squares;

    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="rateDecay">How fast the rate falls with the steps t, 0 or more; PyTorch's lr_decay.</param>
    /// <param name="initialAccumulator">What s starts at, 0 or more.</param>
    /// <param name="epsilon">ε, added to the root.</param>
    /// <param name="weightDecay">Added to the gradient as weightDecay · p; not for biases and normalizations.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public Adagrad(
        Module<T> module,
        double learningRate = 0.01,
        double rateDecay = 0,
        double initialAccumulator = 0,
        double epsilon = 1e-10,
        double weightDecay = 0)
        : base(module, learningRate, weightDecay)
    {
        _rateDecay = RequireNotNegative(nameof(rateDecay), rateDecay);
        _epsilon = RequireNotNegative(nameof(epsilon), epsilon);
        _squares = AddState("square_sum", RequireNotNegative(nameof(initialAccumulator), initialAccumulator));
    }

    /// <inheritdoc/>
    protected override void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay, long step)
    {
        Rule rule = new()
        {
            Rate = T.CreateTruncating(LearningRate / (1 + ((step - 1) * _rateDecay))),
            WeightDecay = T.CreateTruncating(weightDecay),
            Epsilon = T.CreateTruncating(_epsilon),
        };
        UpdatePass<T, Rule>.Run(rule, values, gradient, _squares.AsSpan(offset, values.Length), [], []);
    }

    private struct Rule : IUpdateRule<T>
    {
        public T Rate;
        public T WeightDecay;
        public T Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<V>(ref V value, V gradient, ref V squares, ref V second, ref V third)
            where V : unmanaged, IVector<V, T>
        {
            V g = gradient + (WeightDecay * value);
            squares += g * g;
            value -= Rate * g / (V.Sqrt(squares) + Epsilon);
        }
    }
}
