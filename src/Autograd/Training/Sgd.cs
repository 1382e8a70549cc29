using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Stochastic gradient descent, with momentum and Nesterov's look-ahead by choice.</summary>
/// <remarks>
/// g ← g + weightDecay · p. With momentum μ: b ← g in the first step, then b ← μ b + (1 − dampening) g, and g ← g + μ b
/// (Nesterov) or g ← b. p ← p − lr · g. Sutskever, Martens, Dahl and Hinton 2013, in PyTorch's form.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Sgd<T> : Optimizer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _momentum;
    private readonly double _dampening;
    private readonly bool _nesterov;
    private readonly T[] _average = [];

    /// <summary>Makes the optimizer.</summary>
    /// <param name="module">The model.</param>
    /// <param name="learningRate">lr, 0 or more.</param>
    /// <param name="momentum">μ, 0 or more.</param>
    /// <param name="dampening">What the gradient's share of the average is reduced by.</param>
    /// <param name="nesterov">Look ahead along the momentum; needs momentum and no dampening.</param>
    /// <param name="weightDecay">Added to the gradient as weightDecay · p; not for biases and normalizations.</param>
    /// <exception cref="ArgumentException">A number out of range, or Nesterov without momentum or with dampening.</exception>
    public Sgd(Module<T> module, double learningRate, double momentum = 0, double dampening = 0, bool nesterov = false, double weightDecay = 0)
        : base(module, learningRate, weightDecay)
    {
        _momentum = RequireNotNegative(nameof(momentum), momentum);
        _dampening = dampening;
        _nesterov = nesterov;
        if (double.IsNaN(dampening)) Errors.OutOfRange(nameof(dampening), dampening, "dampening is a number, not NaN.");
        if (nesterov && (momentum == 0 || dampening != 0)) Errors.Argument($"Sgd: Nesterov needs momentum above 0 and no dampening, but momentum is {momentum} and dampening {dampening}.");
        if (momentum != 0) _average = AddState("momentum");
    }

    /// <inheritdoc/>
    protected override void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay, long step)
    {
        Rule rule = new()
        {
            Rate = T.CreateTruncating(LearningRate),
            Decay = T.CreateTruncating(weightDecay),
            Momentum = T.CreateTruncating(step == 1 ? 0 : _momentum),
            Share = T.CreateTruncating(step == 1 ? 1 : 1 - _dampening),
            LookAhead = T.CreateTruncating(_momentum),
            Nesterov = _nesterov,
            Plain = _momentum == 0,
        };
        UpdatePass<T, Rule>.Run(rule, values, gradient, _momentum == 0 ? [] : _average.AsSpan(offset, values.Length), [], []);
    }

    private struct Rule : IUpdateRule<T>
    {
        public T Rate;
        public T Decay;
        public T Momentum;
        public T Share;
        public T LookAhead;
        public bool Nesterov;
        public bool Plain;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<V>(ref V value, V gradient, ref V average, ref V second, ref V third)
            where V : unmanaged, IVector<V, T>
        {
            V g = gradient + (Decay * value);
            if (!Plain)
            {
                average = (Momentum * average) + (Share * g);
                g = Nesterov ? g + (LookAhead * average) : average;
            }

            value -= Rate * g;
        }
    }
}
