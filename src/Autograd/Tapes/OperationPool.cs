using System.Numerics;

namespace Autograd;

/// <summary>Operations with attributes, one stack a type, so that recording makes no objects once warm.</summary>
internal sealed class OperationPool<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static int _types;
    private Stack<Operation<T>>?[] _pools = [];

    public TOperation Rent<TOperation>()
        where TOperation : Operation<T>, new()
    {
        int id = TypeId<TOperation>.Value;
        if (id < _pools.Length && _pools[id] is { Count: > 0 } pool) return (TOperation)pool.Pop();
        return new TOperation { PoolId = id + 1 };
    }

    public void Return(Operation<T> operation)
    {
        int id = operation.PoolId - 1;
        if (id < 0) return;
        operation.Clear();
        if (id >= _pools.Length) Array.Resize(ref _pools, id + 8);
        (_pools[id] ??= new Stack<Operation<T>>()).Push(operation);
    }

    private static class TypeId<TOperation>
    {
        public static readonly int Value = Interlocked.Increment(ref _types) - 1;
    }
}
