using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>
/// Which index of an axis of the input each index of that axis of the result shows: index i shows i − Before, and by the
/// mode where that is outside. Padding and cropping, turning an axis round and rolling it are all such maps.
/// </summary>
internal readonly record struct AxisMap(PaddingMode Mode, int Before, int From, int To)
{
    public bool IsIdentity => Before == 0 && From == To;

    /// <summary>Index i shows From − 1 − i: as much is mirrored in front as is cut off behind.</summary>
    public static AxisMap Reversed(int size) => new(PaddingMode.Reflect, Math.Max(0, size - 1), size, size);

    /// <summary>Index i shows i − shift, counted round.</summary>
    public static AxisMap Rolled(int size, int shift) =>
        new(PaddingMode.Circular, size == 0 ? 0 : (int)((((long)shift % size) + size) % size), size, size);

    /// <summary>The longest run of indices from <paramref name="i"/> on whose sources are evenly spaced: −1 for the constant.</summary>
    public (int Source, int Step, int Length) Run(int i)
    {
        int place = i - Before, left = To - i;
        if (Mode == PaddingMode.Circular)
        {
            int source = ((place % From) + From) % From;
            return (source, 1, Math.Min(From - source, left));
        }

        if (place >= 0 && place < From) return (place, 1, Math.Min(From - place, left));
        int length = place < 0 ? Math.Min(-place, left) : left;
        return Mode switch
        {
            PaddingMode.Constant => (-1, 0, length),
            PaddingMode.Replicate => (place < 0 ? 0 : From - 1, 0, length),

            // A mirrored run that ends at the first element takes that with it: a turned axis is one run.
            _ when place < 0 => (-place, -1, length == left - 1 ? left : length),
            _ => ((2 * (From - 1)) - place, -1, length),
        };
    }

    /// <summary>The map whose gather is the transpose of this one's, if there is one: where no element is shown twice.</summary>
    public bool TryInvert(out AxisMap inverse)
    {
        inverse = Mode switch
        {
            PaddingMode.Constant => new(Mode, -Before, To, From),
            PaddingMode.Circular when From == To => Rolled(From, -Before),
            _ => this,
        };
        return Mode == PaddingMode.Constant || (From == To && (Mode == PaddingMode.Circular || Before == 0 || this == Reversed(From)));
    }
}

/// <summary>Copies, and adds back, along the maps of all axes.</summary>
internal static class AxisMaps
{
    /// <summary>y[i, j, …] = x[s₀(i), s₁(j), …], and <paramref name="value"/> where a map says constant.</summary>
    public static void Copy<T>(ReadOnlySpan<AxisMap> maps, ReadOnlySpan<T> x, Span<T> y, T value)
    {
        if (y.IsEmpty) return;
        ReadOnlySpan<AxisMap> moving = Moving(maps, out int inner);
        Copy(moving, inner, x, y, value);
    }

    /// <summary>x[s₀(i), s₁(j), …] += y[i, j, …]: the transpose of the copy.</summary>
    public static void Add<T>(ReadOnlySpan<AxisMap> maps, ReadOnlySpan<T> y, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (y.IsEmpty) return;
        ReadOnlySpan<AxisMap> moving = Moving(maps, out int inner);
        Add(moving, inner, y, x);
    }

    private static void Copy<T>(ReadOnlySpan<AxisMap> maps, int inner, ReadOnlySpan<T> x, Span<T> y, T value)
    {
        if (maps.IsEmpty)
        {
            x.CopyTo(y);
            return;
        }

        AxisMap map = maps[0];
        ReadOnlySpan<AxisMap> rest = maps[1..];
        int fromBlock = FromBlock(rest, inner), toBlock = y.Length / map.To;
        for (int i = 0; i < map.To;)
        {
            (int source, int step, int length) = map.Run(i);
            Span<T> target = y.Slice(i * toBlock, length * toBlock);
            if (source < 0)
            {
                target.Fill(value);
            }
            else if (step == 1 && rest.IsEmpty)
            {
                x.Slice(source * inner, target.Length).CopyTo(target);
            }
            else if (step == -1 && rest.IsEmpty && inner == 1)
            {
                x.Slice(source - length + 1, length).CopyTo(target);
                target.Reverse();
            }
            else
            {
                for (int k = 0; k < length; k++)
                {
                    Copy(rest, inner, x.Slice((source + (k * step)) * fromBlock, fromBlock), target.Slice(k * toBlock, toBlock), value);
                }
            }

            i += length;
        }
    }

    private static void Add<T>(ReadOnlySpan<AxisMap> maps, int inner, ReadOnlySpan<T> y, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (maps.IsEmpty)
        {
            TensorPrimitives.Add(x, y, x);
            return;
        }

        AxisMap map = maps[0];
        ReadOnlySpan<AxisMap> rest = maps[1..];
        int fromBlock = FromBlock(rest, inner), toBlock = y.Length / map.To;
        for (int i = 0; i < map.To;)
        {
            (int source, int step, int length) = map.Run(i);
            ReadOnlySpan<T> given = y.Slice(i * toBlock, length * toBlock);
            i += length;
            if (source < 0) continue;
            if (step == 1 && rest.IsEmpty)
            {
                Span<T> sum = x.Slice(source * inner, given.Length);
                TensorPrimitives.Add(sum, given, sum);
            }
            else if (step == 0 && rest.IsEmpty && inner == 1)
            {
                x[source] += Kernels.Reductions.Sum(given);
            }
            else
            {
                for (int k = 0; k < length; k++)
                {
                    Add(rest, inner, given.Slice(k * toBlock, toBlock), x.Slice((source + (k * step)) * fromBlock, fromBlock));
                }
            }
        }
    }

    /// <summary>The maps without the last axes that stay as they are, which are one block of elements.</summary>
    private static ReadOnlySpan<AxisMap> Moving(ReadOnlySpan<AxisMap> maps, out int inner)
    {
        inner = 1;
        while (!maps.IsEmpty && maps[^1].IsIdentity)
        {
            inner *= maps[^1].From;
            maps = maps[..^1];
        }

        return maps;
    }

    private static int FromBlock(ReadOnlySpan<AxisMap> maps, int inner)
    {
        foreach (AxisMap map in maps) inner *= map.From;
        return inner;
    }
}
