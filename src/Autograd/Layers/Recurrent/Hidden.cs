using System.Numerics;

namespace Autograd;

/// <summary>The state of a cell with one part, h: [batch, hidden] for a cell, [layers × directions, batch, hidden] for a layer.</summary>
/// <param name="H">The hidden state, which is also what the cell gives out.</param>
public readonly record struct Hidden<T>(Variable<T> H) : IState<Hidden<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public Hidden<T> Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct => new(map.Apply(H));
}

/// <summary>The state of an LSTM, h and c: [batch, hidden] for a cell, [layers × directions, batch, hidden] for a layer.</summary>
/// <param name="H">The hidden state, which is also what the cell gives out.</param>
/// <param name="C">The cell state.</param>
public readonly record struct LstmState<T>(Variable<T> H, Variable<T> C) : IState<LstmState<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public LstmState<T> Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct => new(map.Apply(H), map.Apply(C));
}
