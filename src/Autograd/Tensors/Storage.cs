namespace Autograd;

/// <summary>
/// A block of memory that tensors and values on a tape look into. Its version counts writes, so that a value saved for
/// the backward sweep can tell that it was changed. A block of an arena is counted by those who hold it and goes back
/// to the arena when the last one lets go; a block of its own is left to the garbage collector.
/// </summary>
internal sealed class Storage<T>(T[] data, int start, int capacity, Arena<T>? arena, int sizeClass)
    where T : unmanaged
{
    public readonly T[] Data = data;
    public readonly int Start = start;
    public readonly int Capacity = capacity;
    public readonly int SizeClass = sizeClass;
    public int Version;
    private readonly Arena<T>? _arena = arena;
    private int _holders;

    public Storage(T[] data)
        : this(data, 0, data.Length, null, -1)
    {
    }

    /// <summary>Only one holder, and memory of an arena: whoever holds it may write to it.</summary>
    public bool IsSole => _holders == 1;

    public void Hold()
    {
        if (_arena is not null) _holders++;
    }

    public void Release()
    {
        if (_arena is not null && --_holders == 0) _arena.Return(this);
    }
}
