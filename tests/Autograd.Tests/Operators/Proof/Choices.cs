using FsCheck;
using FsCheck.Fluent;

namespace Autograd.Tests;

/// <summary>
/// What chance decides about a random sample, as a list of numbers that FsCheck makes and shrinks: each question takes the next one,
/// and where the list is at its end, or holds 0, the answer is the simplest. Sizes are asked for before values, so they shrink first.
/// </summary>
public sealed class Choices(int[] numbers)
{
    private int _next;
    private ulong _values = 0x9E3779B97F4A7C15;

    /// <summary>Lists of numbers to choose by; they shrink by losing their end, then by numbers that become smaller.</summary>
    public static Arbitrary<int[]> Lists(int length) => Arb.From(
        Gen.ArrayOf(Gen.Choose(0, 9_239), length), // a multiple of all small numbers, so that each answer is as likely
        static numbers =>
        {
            List<int[]> smaller = [];
            if (numbers.Length > 0) smaller.AddRange([numbers[..(numbers.Length / 2)], numbers[..^1]]);
            for (int i = 0; i < numbers.Length; i++)
            {
                if (numbers[i] == 0) continue;
                smaller.Add([.. numbers[..i], 0, .. numbers[(i + 1)..]]);
                smaller.Add([.. numbers[..i], numbers[i] / 2, .. numbers[(i + 1)..]]);
            }

            return smaller;
        });

    /// <summary>A number of 0 … count − 1.</summary>
    public int Below(int count) => _next < numbers.Length ? numbers[_next++] % count : 0;

    /// <summary>A number of low … high, both included; low is the simplest.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    public bool Flip() => Below(2) == 1;

    /// <summary>One of some options; the first is the simplest.</summary>
    public T Of<T>(params ReadOnlySpan<T> options) => options[Below(options.Length)];

    /// <summary>Sizes of an array of a rank between two bounds, few of them 0, most small; no more than about 200 elements.</summary>
    public int[] Sizes(int minRank = 0, int maxRank = 5, int least = 0, int most = 5)
    {
        int[] sizes = new int[Between(minRank, maxRank)];
        int room = 200;
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            sizes[axis] = Math.Min(Size(least, most), Math.Max(1, room));
            room /= Math.Max(1, sizes[axis]);
        }

        return sizes;
    }

    /// <summary>One size; 1 is the simplest, and 0 comes about once in twelve where it may.</summary>
    public int Size(int least = 0, int most = 5)
    {
        int pick = Below(12);
        return pick == 11 && least == 0 ? 0 : Math.Max(least, 1) + (pick % Math.Max(1, most - Math.Max(least, 1) + 1));
    }

    /// <summary>An axis of an array of this rank, at times counted from the end.</summary>
    public int Axis(int rank)
    {
        int axis = Below(rank);
        return Flip() ? axis - rank : axis;
    }

    /// <summary>Some of the axes, in any order, at times counted from the end; perhaps none.</summary>
    public int[] Axes(int rank)
    {
        List<int> left = [.. Enumerable.Range(0, rank)], taken = [];
        for (int count = Below(rank + 1); count > 0; count--)
        {
            int at = Below(left.Count);
            taken.Add(Flip() ? left[at] - rank : left[at]);
            left.RemoveAt(at);
        }

        return [.. taken];
    }

    /// <summary>All axes in a random order.</summary>
    public int[] Order(int rank)
    {
        List<int> left = [.. Enumerable.Range(0, rank)];
        int[] order = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            int at = Below(left.Count);
            order[i] = left[at];
            left.RemoveAt(at);
        }

        return order;
    }

    /// <summary>Two shapes that broadcast.</summary>
    public (int[] Left, int[] Right) Broadcast(int maxRank = 4)
    {
        int[] whole = Sizes(0, maxRank);
        int[] Part()
        {
            int[] part = [.. whole.Select(size => Below(4) == 3 ? 1 : size)];
            return Below(3) == 2 ? part[Below(part.Length + 1)..] : part;
        }

        return (Part(), Part());
    }

    /// <summary>Indices below a count.</summary>
    public int[] Indices(int length, int count)
    {
        int[] indices = new int[length];
        for (int i = 0; i < length; i++) indices[i] = Below(count);
        return indices;
    }

    /// <summary>Random values with 0.3 ≤ |x| ≤ 1.7.</summary>
    public Nd N(params int[] sizes) => Nd.Build(sizes, _ => (0.3 + (1.4 * Next())) * (Next() < 0.5 ? -1 : 1));

    /// <summary>Random values in a range.</summary>
    public Nd U(double low, double high, params int[] sizes) => Nd.Build(sizes, _ => low + ((high - low) * Next()));

    /// <summary>Distinct values at least <paramref name="gap"/> apart, in random order: for extremes and sorting, away from ties.</summary>
    public Nd Apart(double gap, params int[] sizes)
    {
        int[] ranks = new int[new Nd(sizes).Data.Length];
        for (int i = 0; i < ranks.Length; i++) ranks[i] = i;
        for (int i = ranks.Length - 1; i > 0; i--)
        {
            int other = (int)(Next() * (i + 1));
            (ranks[i], ranks[other]) = (ranks[other], ranks[i]);
        }

        return Nd.Of(sizes, [.. ranks.Select(rank => gap * (rank - (ranks.Length / 2)) + (gap / 3))]);
    }

    /// <summary>Uniform in [0, 1): SplitMix64, which depends on nothing of the library, stirred by the choices so far.</summary>
    private double Next()
    {
        _values += 0x9E3779B97F4A7C15 + ((ulong)_next << 17) + (_next > 0 && _next <= numbers.Length ? (ulong)numbers[_next - 1] : 0);
        ulong z = _values;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1ul << 53));
    }
}
