using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>What a series of an arena's events takes.</summary>
/// <param name="Asked">The most bytes of what was asked for at once, without what blocks are larger.</param>
/// <param name="Peak">The arena's peak.</param>
/// <param name="Blocks">Bytes of all blocks, in use or free.</param>
/// <param name="Reserved">Bytes of all slabs.</param>
/// <param name="Largest">The most elements of one block that were asked for.</param>
internal readonly record struct ArenaUse(long Asked, long Peak, long Blocks, long Reserved, long Largest);

/// <summary>The events of an arena, in order: what was rented, and which of it came back.</summary>
internal sealed class ArenaTrace<T>
    where T : unmanaged
{
    private readonly Dictionary<Storage<T>, int> _numbers = [];
    private readonly List<long> _lengths = []; // by the number of the rent
    private readonly List<int> _events = []; // the number of a rent, or the complement of the number of the rent that came back

    /// <summary>Whether the one who recorded chose what to do by its size, as a memory budget does, and may choose otherwise at another.</summary>
    public bool ChoosesBySize { get; set; }

    /// <summary>The number of events.</summary>
    public int Count => _events.Count;

    /// <summary>The length each rent asked for.</summary>
    public ReadOnlySpan<long> Lengths => CollectionsMarshal.AsSpan(_lengths);

    public void Rented(Storage<T> block, int length)
    {
        _numbers[block] = _lengths.Count;
        _events.Add(_lengths.Count);
        _lengths.Add(length);
    }

    public void Returned(Storage<T> block)
    {
        _numbers.Remove(block, out int number);
        _events.Add(~number);
    }

    /// <summary>Whether another trace has the same events in the same order, of whatever lengths.</summary>
    public bool HasEventsOf(ArenaTrace<T> other) => _events.SequenceEqual(other._events);

    /// <summary>The lengths that are rented when most is asked for, and how often each; in order.</summary>
    public SortedDictionary<long, int> AtPeak()
    {
        long asked = 0, most = 0;
        int peak = 0;
        for (int i = 0; i < _events.Count; i++)
        {
            asked += _events[i] < 0 ? -_lengths[~_events[i]] : _lengths[_events[i]];
            if (asked > most) (most, peak) = (asked, i + 1);
        }

        SortedDictionary<long, int> counts = [];
        foreach (int number in _events.Take(peak))
        {
            long length = _lengths[number < 0 ? ~number : number];
            int count = counts.GetValueOrDefault(length) + (number < 0 ? -1 : 1);
            if (count == 0) counts.Remove(length);
            else counts[length] = count;
        }

        return counts;
    }

    /// <summary>What these events take with other lengths, by an arena that has no memory.</summary>
    /// <exception cref="InvalidOperationException">A length is longer than an array may be.</exception>
    /// <exception cref="TapeMemoryException">They take more than the limit.</exception>
    public ArenaUse Replay(ReadOnlySpan<long> lengths, long limit = long.MaxValue)
    {
        Arena<T> arena = new(limit, dry: true);
        Storage<T>[] rented = new Storage<T>[lengths.Length];
        HashSet<Storage<T>> blocks = [];
        long asked = 0, mostAsked = 0, largest = 0, size = Unsafe.SizeOf<T>();
        foreach (int number in _events)
        {
            if (number < 0)
            {
                asked -= lengths[~number];
                rented[~number].Release();
                continue;
            }

            Arena<T>.RequireArray(lengths[number]);
            rented[number] = arena.Rent((int)lengths[number]);
            blocks.Add(rented[number]);
            asked += lengths[number];
            mostAsked = Math.Max(mostAsked, asked);
            largest = Math.Max(largest, lengths[number]);
        }

        return new(mostAsked * size, arena.Peak, blocks.Sum(static block => (long)block.Capacity) * size, arena.Reserved, largest);
    }
}
