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

/// <summary>
/// The largest and the smallest. Any order gives the same, so rows go in four vectors side by side, and columns as in
/// <see cref="FoldRows"/>; threads share rows, or strips of columns.
/// </summary>
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
        int parts = WorkerPool.PartsFor(x.Length, Elementwise.Grain), strips = outer == 0 ? 1 : (parts + outer - 1) / outer;
        int strip = Math.Max(((inner / strips) + SumStrip - 1) / SumStrip * SumStrip, SumStrip);
        fixed (T* px = x, py = y) Run(new ExtremeWork<TFunction, T>(px, py, null, outer, reduce, inner, strip), parts);
    }

    private static void ArgExtremes<TFunction, T>(ReadOnlySpan<T> x, Span<int> indices, int outer, int reduce, int inner)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireLayout(x.Length, indices.Length, outer, reduce, inner);
        RequireSome(indices.Length, reduce);
        fixed (T* px = x)
        fixed (int* pi = indices)
        {
            Run(new ExtremeWork<TFunction, T>(px, null, pi, outer, reduce, inner, SumStrip), WorkerPool.PartsFor(x.Length, Elementwise.Grain));
        }
    }

    private static void Run<TFunction, T>(ExtremeWork<TFunction, T> work, int parts)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T> => WorkerPool.Run(work, Math.Min(parts, Math.Max(work.Units, 1)));

    /// <summary>
    /// Extremes along the middle axis, or where the first of each lies. A unit is a row, or a strip of columns: as wide as leaves one for
    /// each thread, but for places narrow, since their extremes are kept on the stack.
    /// </summary>
    private readonly struct ExtremeWork<TFunction, T>(T* x, T* y, int* indices, int outer, int reduce, int inner, int strip) : IParallelWork
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public int Units => outer * Strips;

        private int Strips => (inner / strip) + (inner % strip == 0 ? 0 : 1);

        public void Run(int part, int parts)
        {
            int strips = Strips, end = WorkerPool.Share(Units, part + 1, parts);
            T* own = stackalloc T[SumStrip];
            for (int unit = WorkerPool.Share(Units, part, parts); unit < end; unit++)
            {
                int o = strips == 1 ? unit : unit / strips, start = strips == 1 ? 0 : unit % strips * strip, columns = Math.Min(strip, inner - start);
                nint at = (nint)o * inner + start;
                T* first = x + (nint)o * reduce * inner + start, extremes = y == null ? own : y + at;
                if (inner == 1) *extremes = Extreme<TFunction, T>(first, reduce);
                else ExtremesOfRows<TFunction, T>(first, inner, reduce, extremes, columns);
                for (int i = 0; i < columns && indices != null; i++) indices[at + i] = First(first + i, extremes[i]);
            }
        }

        /// <summary>The extreme is one of the elements, or NaN if one of them is: the search always ends.</summary>
        private int First(T* column, T extreme)
        {
            int row = 0;
            while (!column[(nint)row * inner].Equals(extreme)) row++;
            return row;
        }
    }

    private static void ExtremesOfRows<TFunction, T>(T* x, nint width, int rows, T* y, int columns)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        new ReadOnlySpan<T>(x, columns).CopyTo(new Span<T>(y, columns));
        switch (Simd.Width)
        {
            case 512: FoldRows<Vec512<T>, TFunction, T>(x + width, width, rows - 1, y, columns); break;
            case 256: FoldRows<Vec256<T>, TFunction, T>(x + width, width, rows - 1, y, columns); break;
            case 128: FoldRows<Vec128<T>, TFunction, T>(x + width, width, rows - 1, y, columns); break;
            default: FoldRows<Vec1<T>, TFunction, T>(x + width, width, rows - 1, y, columns); break;
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
