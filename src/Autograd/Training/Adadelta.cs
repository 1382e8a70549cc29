using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Adadelta: steps of the size of earlier steps, by running averages of the squares of gradients and of steps.</summary>
/// <remarks>
/// g ← g + weightDecay · p; v ← ρ v + (1 − ρ) g²; d = √(e + ε) / √(v + ε) · g; e ← ρ e + (1 − ρ) d²; p ← p − lr · d. Zeiler 2012, in
/// PyTorch's form.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Adadelta<T> : Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _decay;
    private readonly double _epsilon;
    private readonly T[] _squares;
    private readonly T[] _steps;

    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="decay">ρ in [0, 1]: how much of the running averages stays at each step.</param>
    /// <param name="epsilon">ε, 0 or more, added under both roots.</param>
    /// <param name="weightDecay">Added to the gradient as weightDecay · p; not for biases and normalizations.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public Adadelta(Module<T> module, double learningRate = 1, double decay = 0.9, double epsilon = 1e-6, double weightDecay = 0)
        : base(module, learningRate, weightDecay)
    {
        if (!(decay >= 0 && decay <= 1)) Errors.OutOfRange(nameof(decay), decay, $"Adadelta: decay (rho) lies in 0 … 1, not {decay}.");
        _decay = decay;
        _epsilon = RequireNotNegative(nameof(epsilon), epsilon);
        _squares = AddState("square_average");
        _steps = AddState("step_average");
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
        };
        UpdatePass<T, Rule>.Run(rule, values, gradient, _squares.AsSpan(offset, values.Length), _steps.AsSpan(offset, values.Length), []);
    }

    private struct Rule : IUpdateRule<T>
    {
        public T Rate;
        public T WeightDecay;
        public T Decay;
        public T Share;
        public T Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<V>(ref V value, V gradient, ref V squares, ref V steps, ref V third)
            where V : unmanaged, IVector<V, T>
        {
            V g = gradient + (WeightDecay * value);
            squares = (Decay * squares) + (Share * g * g);
            V d = V.Sqrt(steps + Epsilon) / V.Sqrt(squares + Epsilon) * g;
            steps = (Decay * steps) + (Share * d * d);
            value -= Rate * d;
        }
    }
}
