using System.Numerics;

namespace Autograd;

/// <summary>The weights of one step of a recurrence, in PyTorch's layout, and what its variants have beside them.</summary>
/// <param name="Input">W, [gates · H, I].</param>
/// <param name="Hidden">V, [gates · H, H]; [gates · H, P] with a projection.</param>
/// <param name="InputBias">b, [gates · H].</param>
/// <param name="HiddenBias">d, [gates · H].</param>
internal readonly record struct CellWeights<T>(Variable<T> Input, Variable<T> Hidden, Variable<T>? InputBias, Variable<T>? HiddenBias)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The scale of the normalized W x, [gates · H]; of the normalized sum, [H], in a vanilla network.</summary>
    public Variable<T>? InputNorm { get; init; }

    /// <summary>The scale of the normalized V h, [gates · H].</summary>
    public Variable<T>? HiddenNorm { get; init; }

    /// <summary>The scale of the normalized c', [H].</summary>
    public Variable<T>? CellNorm { get; init; }

    /// <summary>The shift of the normalized c', [H].</summary>
    public Variable<T>? CellNormBias { get; init; }

    /// <summary>The weights of c in the gates i, f and of c' in the gate o, [3 · H].</summary>
    public Variable<T>? Peephole { get; init; }

    /// <summary>R of h' = R (o ⊙ tanh c'), [P, H].</summary>
    public Variable<T>? Projection { get; init; }

    /// <summary>What h is multiplied by in the products with V, [B, H]; not given for 1.</summary>
    public Variable<T> HiddenMask { get; init; }

    /// <summary>Who wants to see the gates.</summary>
    public IGateObserver<T>? Observer { get; init; }
}

/// <summary>Is shown the activated gates of a step.</summary>
internal interface IGateObserver<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>A gate of the step that is under way.</summary>
    /// <param name="name">Its name in the equations.</param>
    /// <param name="value">Its value, [batch, hidden].</param>
    /// <param name="low">The lower end of its range.</param>
    /// <param name="high">The upper end of its range.</param>
    void Gate(string name, Variable<T> value, double low = 0, double high = 1);
}

/// <summary>
/// One step of each recurrence, written with operators: what a cell computes, and the definition that the fused
/// whole-sequence operations carry as their composite.
/// </summary>
internal static class CellEquations
{
    public static Variable<T> Rnn<T>(Variable<T> x, Variable<T> h, CellWeights<T> weights, Nonlinearity nonlinearity)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        h = Masked(h, weights);
        Variable<T> sum;
        if (weights.InputNorm is { } norm)
        {
            sum = (x.Linear(weights.Input) + h.Linear(weights.Hidden)).LayerNorm(norm.Shape, norm, weights.InputBias);
            if (weights.HiddenBias is { } bias) sum += bias;
        }
        else
        {
            sum = x.Linear(weights.Input, weights.InputBias) + h.Linear(weights.Hidden, weights.HiddenBias);
        }

        return nonlinearity == Nonlinearity.Relu ? sum.Relu() : sum.Tanh();
    }

    public static (Variable<T> H, Variable<T> C) Lstm<T>(Variable<T> x, Variable<T> h, Variable<T> c, CellWeights<T> weights)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int hidden = c.Shape[^1];
        Variable<T> gates = Product(x, weights.Input, weights.InputNorm, weights.InputBias)
            + Product(Masked(h, weights), weights.Hidden, weights.HiddenNorm, weights.HiddenBias);
        Variable<T> i = gates.Narrow(-1, 0, hidden), f = gates.Narrow(-1, hidden, hidden), o = gates.Narrow(-1, 3 * hidden, hidden);
        if (weights.Peephole is { } before)
        {
            i += before[..hidden] * c;
            f += before[hidden..(2 * hidden)] * c;
        }

        (i, f) = (i.Sigmoid(), f.Sigmoid());
        Variable<T> g = gates.Narrow(-1, 2 * hidden, hidden).Tanh();
        Variable<T> next = (f * c) + (i * g);
        if (weights.Peephole is { } after) o += after[(2 * hidden)..] * next;
        o = o.Sigmoid();
        Variable<T> inner = weights.CellNorm is { } norm ? next.LayerNorm(norm.Shape, norm, weights.CellNormBias) : next;
        Variable<T> output = o * inner.Tanh();
        if (weights.Projection is { } projection) output = output.Linear(projection);
        if (weights.Observer is { } observer)
        {
            observer.Gate("i", i);
            observer.Gate("f", f);
            observer.Gate("g", g, -1);
            observer.Gate("o", o);
        }

        return (output, next);
    }

    public static Variable<T> Gru<T>(Variable<T> x, Variable<T> h, CellWeights<T> weights, bool resetAfter)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int hidden = h.Shape[^1];
        Variable<T> seen = Masked(h, weights);
        (Variable<T> rz, Variable<T> n) = GatesAndCandidate(x, weights.Input, weights.InputNorm, weights.InputBias, hidden);
        Variable<T> recurrent = default, z, r;
        if (resetAfter)
        {
            (Variable<T> gates, recurrent) = GatesAndCandidate(seen, weights.Hidden, weights.HiddenNorm, weights.HiddenBias, hidden);
            rz += gates;
        }
        else
        {
            rz += Product(seen, weights.Hidden[..(2 * hidden)], weights.HiddenNorm?[..(2 * hidden)], weights.HiddenBias?[..(2 * hidden)]);
        }

        rz = rz.Sigmoid();
        (r, z) = (rz.Narrow(-1, 0, hidden), rz.Narrow(-1, hidden, hidden));
        Variable<T> fromState = resetAfter
            ? r * recurrent
            : Product(r * seen, weights.Hidden[(2 * hidden)..], weights.HiddenNorm?[(2 * hidden)..], weights.HiddenBias?[(2 * hidden)..]);
        n = (n + fromState).Tanh();
        if (weights.Observer is { } observer)
        {
            observer.Gate("r", r);
            observer.Gate("z", z);
            observer.Gate("n", n, -1);
        }

        return ((1 - z) * n) + (z * h);
    }

    private static Variable<T> Masked<T>(Variable<T> h, CellWeights<T> weights)
        where T : unmanaged, IFloatingPointIeee754<T> => weights.HiddenMask.IsNone ? h : h.Dropout(weights.HiddenMask);

    /// <summary>W x + b, or γ ⊙ normalized(W x) + b.</summary>
    private static Variable<T> Product<T>(Variable<T> x, Variable<T> weight, Variable<T>? norm, Variable<T>? bias)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        norm is { } scale ? x.Linear(weight).LayerNorm(scale.Shape, scale, bias) : x.Linear(weight, bias);

    /// <summary>The sums of a GRU's gates r and z, side by side, and those of n; each of the two is normalized by itself.</summary>
    private static (Variable<T> Gates, Variable<T> Candidate) GatesAndCandidate<T>(Variable<T> x, Variable<T> weight, Variable<T>? norm, Variable<T>? bias, int hidden)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Variable<T> sums = x.Linear(weight, norm is null ? bias : null);
        Variable<T> gates = sums.Narrow(-1, 0, 2 * hidden), candidate = sums.Narrow(-1, 2 * hidden, hidden);
        if (norm is not { } scale) return (gates, candidate);
        return (
            gates.LayerNorm([2 * hidden], scale[..(2 * hidden)], bias?[..(2 * hidden)]),
            candidate.LayerNorm([hidden], scale[(2 * hidden)..], bias?[(2 * hidden)..]));
    }
}
