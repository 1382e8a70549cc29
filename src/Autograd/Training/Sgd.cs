using System.Numerics;

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
            Rate = Vector.Create(T.CreateTruncating(LearningRate)),
            Decay = Vector.Create(T.CreateTruncating(weightDecay)),
            Momentum = Vector.Create(T.CreateTruncating(step == 1 ? 0 : _momentum)),
            Share = Vector.Create(T.CreateTruncating(step == 1 ? 1 : 1 - _dampening)),
            LookAhead = Vector.Create(T.CreateTruncating(_momentum)),
            Nesterov = _nesterov,
            Plain = _momentum == 0,
        };
        UpdatePass.Run(rule, values, gradient, _momentum == 0 ? [] : _average.AsSpan(offset, values.Length), [], []);
    }

    private struct Rule : IUpdateRule<T>
    {
        public Vector<T> Rate;
        public Vector<T> Decay;
        public Vector<T> Momentum;
        public Vector<T> Share;
        public Vector<T> LookAhead;
        public bool Nesterov;
        public bool Plain;

        public readonly void Apply(ref Vector<T> value, Vector<T> gradient, ref Vector<T> average, ref Vector<T> second, ref Vector<T> third)
        {
            Vector<T> g = gradient + (Decay * value);
            if (!Plain)
            {
                average = (Momentum * average) + (Share * g);
                g = Nesterov ? g + (LookAhead * average) : average;
            }

            value -= Rate * g;
        }
    }
}
