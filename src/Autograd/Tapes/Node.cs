using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd;

[Flags]
internal enum NodeFlags : byte
{
    None = 0,
    RequiresGradient = 1,

    /// <summary>Made by an operation whose gradient rule a sweep calls; not a leaf.</summary>
    Recorded = 2,

    /// <summary>Output of the operation recorded some nodes before.</summary>
    FurtherOutput = 4,

    /// <summary>An output that only the gradient rule reads; goes back once swept.</summary>
    Reserve = 8,

    /// <summary>Swept without retain: its gradient rule may not run again.</summary>
    Consumed = 16,

    HasHook = 32,
    KeepGradient = 64,

    /// <summary>The value is computed when first read.</summary>
    Deferred = 128,
}

/// <summary>One entry of a tape: where the value is, and how it came about.</summary>
internal struct Node<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public Operation<T>? Operation;
    public Storage<T>? Storage;
    public Storage<T>? Cotangent; // first-order sweep: the gradient gathered so far
    public Shape Shape;
    public int Offset;
    public int Version; // of the storage, when recorded
    public int FirstInput;
    public short InputCount;
    public byte OutputOrdinal;
    public NodeFlags Flags;
    public int CotangentOffset;
    public int CotangentNode; // sweep with createGraph: the gradient gathered so far, plus one

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(NodeFlags flags) => (Flags & flags) != 0;

    public readonly bool IsLeaf => (Flags & (NodeFlags.Recorded | NodeFlags.FurtherOutput)) == 0;
}
