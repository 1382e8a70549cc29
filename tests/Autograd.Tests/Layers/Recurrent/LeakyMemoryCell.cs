using System.Numerics;

namespace Autograd.Tests.Layers;

/// <summary>A state of two parts of different sizes.</summary>
internal readonly record struct MemoryState<T>(Variable<T> H, Variable<T> Memory) : IState<MemoryState<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public MemoryState<T> Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct => new(map.Apply(H), map.Apply(Memory));
}

/// <summary>
/// A cell as a user writes one: a = tanh(R x + b + V h), m' = m / 2 + tanh(K a), h' = a ⊙ σ(G m' + d); it gives out [h', m'], so its
/// output is no part of its state, and the parts of its state differ in size.
/// </summary>
internal sealed class LeakyMemoryCell<T> : RecurrentCell<T, MemoryState<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public const int Memories = 2;
    private readonly Linear<T> _read, _recall, _keep, _gate;

    public LeakyMemoryCell(int inputSize, int hiddenSize)
    {
        _read = AddModule("read", new Linear<T>(inputSize, hiddenSize));
        _recall = AddModule("recall", new Linear<T>(hiddenSize, hiddenSize, bias: false));
        _keep = AddModule("keep", new Linear<T>(hiddenSize, Memories, bias: false));
        _gate = AddModule("gate", new Linear<T>(Memories, hiddenSize));
    }

    public override int? OutputSize => HiddenSize + Memories;

    public override Parameter<T>? RecurrentWeight => _recall.Weight;

    public override MemoryState<T> Step(Variable<T> x, MemoryState<T> state) => Step(x, state, default);

    public override MemoryState<T> Step(Variable<T> x, MemoryState<T> state, SequenceNoise<T> noise)
    {
        Variable<T> h = noise.HiddenMask.IsNone ? state.H : state.H * noise.HiddenMask;
        Variable<T> recalled = noise.RecurrentWeight.IsNone ? _recall.Forward(h) : h.MatMul(noise.RecurrentWeight.Transpose(0, 1));
        Variable<T> a = (_read.Forward(x) + recalled).Tanh();
        Variable<T> memory = (state.Memory * 0.5) + _keep.Forward(a).Tanh();
        return new(a * _gate.Forward(memory).Sigmoid(), memory);
    }

    public override Variable<T> Output(MemoryState<T> state) => Variable.Concat(state.H, state.Memory);

    protected internal override int PartSize(int part) => part == 0 ? HiddenSize : Memories;
}
