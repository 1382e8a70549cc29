using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>
/// The memory of one tape: pinned slabs cut into 64-byte aligned blocks of fixed size classes, each kept on a free list
/// when it comes back. Training repeats its shapes, so once warm nothing is allocated. Not thread-safe: a tape belongs
/// to one thread.
/// </summary>
/// <param name="limit">The most bytes of slabs.</param>
/// <param name="dry">Whether the arena does all but have memory, to see what a series of events would take; its blocks are empty.</param>
internal sealed class Arena<T>(long limit, bool dry = false) : IDisposable
    where T : unmanaged
{
    // Four classes an octave: at most a quarter of a block is unused, and varying lengths soon meet a free block.
    private const int ClassesPerOctave = 4;
    private const int Classes = 32 * ClassesPerOctave;
    private const int Alignment = 64;

    /// <summary>Bytes of a slab that is cut into blocks.</summary>
    public const int SlabBytes = 1 << 20;

    private static readonly int Granule = Alignment / Unsafe.SizeOf<T>();

    private readonly Storage<T>?[][] _free = new Storage<T>?[Classes][];
    private readonly int[] _freeCount = new int[Classes];
    private readonly List<T[]> _slabs = [];
    private T[] _slab = [];
    private int _slabNext;
    private int _slabLeft;

    /// <summary>
    /// Fill a block with NaN before its first use and when it comes back, so that reads of undefined values and reads after
    /// its return are loud. On in debug builds and in the tests.
    /// </summary>
    public static bool Poison { get; set; }
#if DEBUG
        = true;
#endif

    /// <summary>Writes down what is rented and comes back, while somebody wants to know.</summary>
    public ArenaTrace<T>? Trace { get; set; }

    /// <summary>Bytes of all slabs.</summary>
    public long Reserved { get; private set; }

    /// <summary>Bytes of the blocks in use now, and the most that ever were.</summary>
    public long InUse { get; private set; }

    /// <inheritdoc cref="InUse"/>
    public long Peak { get; private set; }

    /// <summary>The number of blocks in use.</summary>
    public int Outstanding { get; private set; }

    /// <summary>A block of at least <paramref name="length"/> elements with undefined contents, held once.</summary>
    public Storage<T> Rent(int length)
    {
        int sizeClass = ClassOf(length);
        Storage<T> block = TakeFree(sizeClass) ?? Cut(sizeClass);
        Outstanding++;
        InUse += (long)block.Capacity * Unsafe.SizeOf<T>();
        if (InUse > Peak) Peak = InUse;
        block.Hold();
        Trace?.Rented(block, length);
        return block;
    }

    internal void Return(Storage<T> block)
    {
        if (Poison && !dry) FillWithNaN(block.Data.AsSpan(block.Start, block.Capacity));
        Trace?.Returned(block);
        Outstanding--;
        InUse -= (long)block.Capacity * Unsafe.SizeOf<T>();
        ref Storage<T>?[] free = ref _free[block.SizeClass];
        ref int count = ref _freeCount[block.SizeClass];
        if (free is null || count == free.Length) Array.Resize(ref free, Math.Max(4, count * 2));
        free[count++] = block;
    }

    /// <summary>Hands the slabs to the pool of the process. No block may be in use any more.</summary>
    public void Dispose()
    {
        foreach (T[] slab in _slabs) SlabPool.Return(slab);
        _slabs.Clear();
        Array.Clear(_freeCount);
        Array.Clear(_free);
        _slab = [];
        _slabLeft = 0;
        Reserved = 0;
    }

    /// <summary>Class c of octave o holds (4 + c) · 2^o granules of 64 bytes.</summary>
    internal static int ClassOf(int length)
    {
        int granules = Math.Max(1, (int)(((long)length + Granule - 1) / Granule));
        if (granules <= ClassesPerOctave) return granules - 1;
        int octave = BitOperations.Log2((uint)(granules - 1)) - 2;
        int quarter = (granules - 1) >> octave; // 4 … 7: the class that just does not suffice
        return ((octave + 1) * ClassesPerOctave) + quarter - ClassesPerOctave;
    }

    /// <exception cref="InvalidOperationException">No array holds a block of so many elements.</exception>
    internal static void RequireArray(long elements)
    {
        if (elements + Granule > Array.MaxLength) Errors.Invalid($"The tape was asked for a value of {elements:N0} elements; an array holds at most {Array.MaxLength:N0}.");
    }

    internal static long CapacityOf(int sizeClass)
    {
        int octave = sizeClass / ClassesPerOctave - 1;
        int quarter = sizeClass % ClassesPerOctave;
        return octave < 0 ? (quarter + 1L) * Granule : ((quarter + ClassesPerOctave + 1L) << octave) * Granule;
    }

    /// <summary>Whether a block has a slab of its own.</summary>
    private static bool IsLarge(long capacity) => capacity > SlabBytes / Unsafe.SizeOf<T>() / 4;

    private static void FillWithNaN(Span<T> block)
    {
        if (typeof(T) == typeof(float)) block.Fill(Unsafe.BitCast<float, T>(float.NaN));
        else if (typeof(T) == typeof(double)) block.Fill(Unsafe.BitCast<double, T>(double.NaN));
    }

    private static unsafe int AlignedStart(T[] slab)
    {
        nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(slab)); // pinned, so the address stays
        return (int)((Alignment - (address % Alignment)) % Alignment) / Unsafe.SizeOf<T>();
    }

    /// <summary>
    /// A free block of the class, or a large one up to twice as large: where lengths vary, as those of sentences do, the blocks of the
    /// longest serve the shorter ones too, and not each length keeps blocks of its own.
    /// </summary>
    private Storage<T>? TakeFree(int sizeClass)
    {
        int largest = IsLarge(CapacityOf(sizeClass)) ? Math.Min(sizeClass + ClassesPerOctave, Classes - 1) : sizeClass;
        for (int candidate = sizeClass; candidate <= largest; candidate++)
        {
            ref int count = ref _freeCount[candidate];
            if (count > 0) return _free[candidate][--count];
        }

        return null;
    }

    private Storage<T> Cut(int sizeClass)
    {
        long capacity = CapacityOf(sizeClass);
        RequireArray(capacity);
        int slabLength = SlabBytes / Unsafe.SizeOf<T>();
        if (IsLarge(capacity))
        {
            // A large block has a slab of its own, so that cutting wastes nothing.
            T[] own = AddSlab((int)capacity + Granule, sizeClass);
            return new Storage<T>(own, AlignedStart(own), (int)capacity, this, sizeClass);
        }

        if (capacity > _slabLeft)
        {
            _slab = AddSlab(slabLength, sizeClass);
            _slabNext = AlignedStart(_slab);
            _slabLeft = slabLength - Granule; // wherever it begins, so that the slabs a tape needs do not depend on addresses
        }

        Storage<T> block = new(_slab, _slabNext, (int)capacity, this, sizeClass);
        _slabNext += (int)capacity;
        _slabLeft -= (int)capacity;
        return block;
    }

    private T[] AddSlab(int length, int sizeClass)
    {
        long bytes = (long)length * Unsafe.SizeOf<T>();
        if (Reserved + bytes > limit) DropLargeFreeBlocks();
        if (Reserved + bytes > limit)
        {
            throw new TapeMemoryException(
                $"The tape holds {Reserved:N0} bytes and needs {bytes:N0} more for a value of up to {CapacityOf(sizeClass):N0} elements, "
                + $"which passes its limit of {limit:N0} bytes. Reset the tape more often (shorter chunks), use a smaller batch, or raise memoryLimit.");
        }

        T[] slab = [];
        if (!dry)
        {
            slab = SlabPool.Rent(length);
            if (Poison) FillWithNaN(slab);
            _slabs.Add(slab);
        }

        Reserved += bytes;
        return slab;
    }

    /// <summary>Frees the slabs of large blocks that nobody uses, so that other sizes may have their memory.</summary>
    private void DropLargeFreeBlocks()
    {
        for (int sizeClass = 0; sizeClass < Classes; sizeClass++)
        {
            if (_freeCount[sizeClass] == 0 || !IsLarge(CapacityOf(sizeClass))) continue;
            foreach (Storage<T>? block in _free[sizeClass].AsSpan(0, _freeCount[sizeClass]))
            {
                _slabs.Remove(block!.Data);
                Reserved -= ((long)block.Capacity + Granule) * Unsafe.SizeOf<T>();
            }

            Array.Clear(_free[sizeClass]);
            _freeCount[sizeClass] = 0;
        }
    }

    /// <summary>Slabs of disposed tapes, for the next tape.</summary>
    private static class SlabPool
    {
        private const long MostBytes = 256L << 20;
        private static readonly ConcurrentDictionary<int, ConcurrentBag<T[]>> Slabs = new();
        private static long _bytes;

        public static T[] Rent(int length)
        {
            if (Slabs.TryGetValue(length, out ConcurrentBag<T[]>? bag) && bag.TryTake(out T[]? slab))
            {
                Interlocked.Add(ref _bytes, -(long)length * Unsafe.SizeOf<T>());
                return slab;
            }

            return GC.AllocateUninitializedArray<T>(length, pinned: true);
        }

        public static void Return(T[] slab)
        {
            long bytes = (long)slab.Length * Unsafe.SizeOf<T>();
            if (Interlocked.Add(ref _bytes, bytes) > MostBytes) Interlocked.Add(ref _bytes, -bytes);
            else Slabs.GetOrAdd(slab.Length, static _ => []).Add(slab);
        }
    }
}
