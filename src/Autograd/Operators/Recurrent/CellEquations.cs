using System.Numerics;

namespace Autograd;

/// <summary>The weights of one step of a recurrence, in PyTorch's layout.</summary>
internal readonly record struct CellWeights<T>(Variable<T> Input, Variable<T> Hidden, Variable<T>? InputBias, Variable<T>? HiddenBias)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>
/// One step of each recurrence, written with operators: what a cell computes, and the definition that the fused
/// whole-sequence operations carry as their composite.
/// </summary>
internal static class CellEquations
{
    public static Variable<T> Rnn<T>(Variable<T> x, Variable<T> h, CellWeights<T> weights, Nonlinearity nonlinearity)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Variable<T> sum = x.Linear(weights.Input, weights.InputBias) + h.Linear(weights.Hidden, weights.HiddenBias);
        return nonlinearity == Nonlinearity.Relu ? sum.Relu() : sum.Tanh();
    }

    public static (Variable<T> H, Variable<T> C) Lstm<T>(Variable<T> x, Variable<T> h, Variable<T> c, CellWeights<T> weights)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Variable<T> gates = x.Linear(weights.Input, weights.InputBias) + h.Linear(weights.Hidden, weights.HiddenBias);
        int hidden = c.Shape[^1];
        Variable<T> i = gates.Narrow(-1, 0, hidden).Sigmoid();
        Variable<T> f = gates.Narrow(-1, hidden, hidden).Sigmoid();
        Variable<T> g = gates.Narrow(-1, 2 * hidden, hidden).Tanh();
        Variable<T> o = gates.Narrow(-1, 3 * hidden, hidden).Sigmoid();
        Variable<T> next = (f * c) + (i * g);
        return (o * next.Tanh(), next);
    }

    public static Variable<T> Gru<T>(Variable<T> x, Variable<T> h, CellWeights<T> weights)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Variable<T> a = x.Linear(weights.Input, weights.InputBias), b = h.Linear(weights.Hidden, weights.HiddenBias);
        int hidden = h.Shape[^1];
        Variable<T> r = (a.Narrow(-1, 0, hidden) + b.Narrow(-1, 0, hidden)).Sigmoid();
        Variable<T> z = (a.Narrow(-1, hidden, hidden) + b.Narrow(-1, hidden, hidden)).Sigmoid();
        Variable<T> n = (a.Narrow(-1, 2 * hidden, hidden) + (r * b.Narrow(-1, 2 * hidden, hidden))).Tanh();
        return ((1 - z) * n) + (z * h);
    }
}
