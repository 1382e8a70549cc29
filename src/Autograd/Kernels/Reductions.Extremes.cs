using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>g where x is the extreme y of its group, else 0; the extreme of a group with NaN is NaN.</summary>
internal readonly struct TieFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // An element differs from itself only if it is NaN.
        V number = V.Select(V.Equal(y, z), x, V.Zero);
        return V.Select(V.Equal(y, y), number, x);
    }
}

internal static unsafe partial class Reductions
{
    /// <summary>y[o, i] = maxₖ x[o, k, i]; NaN if one of them is.</summary>
    public static void Max<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Extremes<MaximumFunction, T>(x, y, outer, reduce, inner);

    /// <summary>y[o, i] = minₖ x[o, k, i]; NaN if one of them is.</summary>
    public static void Min<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Extremes<MinimumFunction, T>(x, y, outer, reduce, inner);

    /// <summary>The first k at which x[o, k, i] is largest; the first NaN if there is one.</summary>
    public static void ArgMax<T>(ReadOnlySpan<T> x, Span<int> indices, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => ArgExtremes<MaximumFunction, T>(x, indices, outer, reduce, inner);

    /// <summary>The first k at which x[o, k, i] is smallest; the first NaN if there is one.</summary>
    public static void ArgMin<T>(ReadOnlySpan<T> x, Span<int> indices, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => ArgExtremes<MinimumFunction, T>(x, indices, outer, reduce, inner);

    /// <summary>gx[o, k, i] = gy[o, i] / n at the n elements that equal the extreme y[o, i], else 0.</summary>
    public static void ExtremeGradient<T>(ReadOnlySpan<T> gy, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> gx, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<ExtremeGradientRow<T>, T>(x, y, gy, gx, outer, reduce, inner);

    private static void Extremes<TFunction, T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireLayout(x.Length, y.Length, outer, reduce, inner);
        RequireSome(y.Length, reduce);
        for (int o = 0; o < outer; o++)
        {
            ReadOnlySpan<T> slab = x.Slice(o * reduce * inner, reduce * inner);
            if (inner == 1)
            {
                fixed (T* p = slab) y[o] = Extreme<TFunction, T>(p, reduce);
            }
            else
            {
                ExtremeOfRows<TFunction, T>(slab, y.Slice(o * inner, inner), reduce);
            }
        }
    }

    private static void ExtremeOfRows<TFunction, T>(ReadOnlySpan<T> x, Span<T> y, int rows)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        x[..y.Length].CopyTo(y);
        for (int row = 1; row < rows; row++) Elementwise.Binary<TFunction, T>(y, x.Slice(row * y.Length, y.Length), y);
    }

    private static void ArgExtremes<TFunction, T>(ReadOnlySpan<T> x, Span<int> indices, int outer, int reduce, int inner)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireLayout(x.Length, indices.Length, outer, reduce, inner);
        RequireSome(indices.Length, reduce);
        Span<T> extremes = stackalloc T[128];
        for (int o = 0; o < outer; o++)
        {
            for (int start = 0; start < inner; start += extremes.Length)
            {
                ArgExtremesOfStrip<TFunction, T>(
                    x.Slice(o * reduce * inner, reduce * inner), inner, start,
                    extremes[..Math.Min(extremes.Length, inner - start)], indices[(o * inner + start)..]);
            }
        }
    }

    private static void ArgExtremesOfStrip<TFunction, T>(
        ReadOnlySpan<T> x, int width, int start, Span<T> extremes, Span<int> indices)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int rows = x.Length / width;
        if (width == 1)
        {
            fixed (T* p = x) extremes[0] = Extreme<TFunction, T>(p, rows);
        }
        else
        {
            x.Slice(start, extremes.Length).CopyTo(extremes);
            for (int row = 1; row < rows; row++)
            {
                Elementwise.Binary<TFunction, T>(extremes, x.Slice(row * width + start, extremes.Length), extremes);
            }
        }

        for (int i = 0; i < extremes.Length; i++)
        {
            // The extreme is one of the elements, or NaN if one of them is: the search always ends.
            T extreme = extremes[i];
            int row = 0;
            while (!x[row * width + start + i].Equals(extreme)) row++;
            indices[i] = row;
        }
    }

    private readonly struct ExtremeGradientRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> gy, Span<T> result)
        {
            T one = T.One, extreme = y[0], ties;
            fixed (T* px = x) ties = SumOf<TernaryPoint<TieFunction, T>, T>(default, (byte*)&one, 0, (byte*)px, 1, (byte*)&extreme, 0, x.Length);
            T share = gy[0] / ties;
            Elementwise.Ternary<TieFunction, T>(new(in share), x, y, result);
        }
    }

    private static void RequireSome(int results, int reduce)
    {
        if (results > 0 && reduce == 0) throw new ArgumentException("Reduction: the largest or smallest of no elements is not defined.");
    }
}
