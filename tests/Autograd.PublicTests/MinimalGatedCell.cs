using System.Numerics;

namespace Autograd.PublicTests;

// A recurrent cell of one's own, as a user writes it.
sealed class MinimalGatedCell<T> : RecurrentCell<T, Hidden<T>> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Linear<T> _gate, _candidate;

    public MinimalGatedCell(int inputSize, int hiddenSize)
    {
        _gate = AddModule("gate", new Linear<T>(inputSize + hiddenSize, hiddenSize));
        _candidate = AddModule("candidate", new Linear<T>(inputSize + hiddenSize, hiddenSize));
    }

    public override Hidden<T> Step(Variable<T> x, Hidden<T> state)
    {
        Variable<T> h = state.H;
        Variable<T> f = _gate.Forward(Variable.Concat(x, h)).Sigmoid();
        Variable<T> n = _candidate.Forward(Variable.Concat(x, f * h)).Tanh();
        return new((1 - f) * h + f * n);
    }
}
