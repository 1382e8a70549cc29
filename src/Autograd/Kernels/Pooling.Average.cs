using System.Numerics;

namespace Autograd.Kernels;

/// <summary>
/// The ranges of an axis that averages are taken over: Kernel elements every Stride from −Before on, cut to the axis; or, with
/// Kernel 0, Count ranges that cover the axis: from ⌊i Size / Count⌋ up to ⌈(i + 1) Size / Count⌉.
/// </summary>
internal readonly record struct AverageAxis(int Size, int Count, int Kernel, int Stride, int Before)
{
    internal static AverageAxis Adaptive(int size, int count) => new(size, count, 0, 0, 0);

    internal int Start(int i) => Kernel == 0 ? (int)((long)i * Size / Count) : Math.Max((i * Stride) - Before, 0);

    internal int End(int i) => Kernel == 0 ? (int)((((i + 1L) * Size) + Count - 1) / Count) : Math.Min((i * Stride) - Before + Kernel, Size);

    /// <summary>The number of elements to divide by.</summary>
    internal int Elements(int i, bool countPadding) => countPadding && Kernel > 0 ? Kernel : End(i) - Start(i);
}

/// <summary>Averages over ranges of rows and columns.</summary>
internal readonly record struct AverageShape(AverageAxis Rows, AverageAxis Columns, bool CountPadding)
{
    internal int PlaneLength => Rows.Size * Columns.Size;

    internal int Count => Rows.Count * Columns.Count;
}

/// <summary>
/// Averages of windows: the rows of a window are added first, whole rows of the plane in vectors into one row of sums that the first cache
/// holds, then its columns one by one. Threads share planes.
/// </summary>
internal static unsafe partial class Pooling
{
    /// <summary>y = the average of each window of each plane.</summary>
    internal static void Average<T>(in AverageShape shape, int planes, ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T> => Average(Simd.Best, shape, planes, x, y);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void Average<T>(int vectorBits, in AverageShape shape, int planes, ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(shape, planes, x.Length, y.Length);
        if (y.IsEmpty) return;
        fixed (T* xs = x, ys = y) VectorWidths.Run<T, AverageCall<T>>(vectorBits, new(shape, planes, xs, ys, spreads: false));
    }

    /// <summary>x = y of each window, divided by its number of elements, at all of them: the adjoint.</summary>
    internal static void SpreadAverage<T>(in AverageShape shape, int planes, ReadOnlySpan<T> y, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => SpreadAverage(Simd.Best, shape, planes, y, x);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void SpreadAverage<T>(int vectorBits, in AverageShape shape, int planes, ReadOnlySpan<T> y, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(shape, planes, x.Length, y.Length);
        if (x.IsEmpty) return;
        fixed (T* xs = x, ys = y) VectorWidths.Run<T, AverageCall<T>>(vectorBits, new(shape, planes, xs, ys, spreads: true));
    }

    private static void Check(in AverageShape shape, int planes, int x, int y)
    {
        if (x != (long)planes * shape.PlaneLength || y != (long)planes * shape.Count)
        {
            throw new ArgumentException($"Pooling: {planes} planes of {shape.PlaneLength} elements and {shape.Count} windows do not fit buffers of {x} and {y}.");
        }
    }

    private readonly struct AverageCall<T>(AverageShape shape, int planes, T* x, T* y, bool spreads) : IWideWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run<V>()
            where V : unmanaged, IVector<V, T> =>
            WorkerPool.Run(
                new AverageWork<T, V>(shape, planes, x, y, spreads), Math.Min(planes, WorkerPool.PartsFor(planes * ((long)shape.PlaneLength + shape.Count), Grain)));
    }

    private readonly struct AverageWork<T, V>(AverageShape shape, int planes, T* x, T* y, bool spreads) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        public void Run(int part, int parts)
        {
            AverageAxis columns = shape.Columns;
            T* sums = Scratch.Get<T>(ScratchSlot.WindowColumns, columns.Size + (2L * columns.Count)), widths = sums + columns.Size, shares = widths + columns.Count;
            int* starts = Scratch.Get<int>(ScratchSlot.WindowPlaces, 2L * columns.Count), ends = starts + columns.Count;
            for (int i = 0; i < columns.Count; i++)
            {
                (starts[i], ends[i]) = (columns.Start(i), columns.End(i));
                widths[i] = T.CreateTruncating(columns.Elements(i, shape.CountPadding));
            }

            for (int p = WorkerPool.Share(planes, part, parts); p < WorkerPool.Share(planes, part + 1, parts); p++)
            {
                T* plane = x + ((nint)p * shape.PlaneLength), results = y + ((nint)p * shape.Count);
                if (spreads) new Span<T>(plane, shape.PlaneLength).Clear();
                for (int row = 0; row < shape.Rows.Count; row++, results += columns.Count)
                {
                    T height = T.CreateTruncating(shape.Rows.Elements(row, shape.CountPadding));
                    int top = shape.Rows.Start(row), bottom = shape.Rows.End(row);
                    new Span<T>(sums, columns.Size).Clear();
                    if (spreads)
                    {
                        WindowRows<T, V>.DivideByProduct(results, widths, height, shares, columns.Count);
                        for (int i = 0; i < columns.Count; i++)
                        {
                            for (int c = starts[i]; c < ends[i]; c++) sums[c] += shares[i];
                        }

                        for (int r = top; r < bottom; r++) WindowRows<T, V>.Add(sums, plane + ((nint)r * columns.Size), columns.Size);
                    }
                    else
                    {
                        for (int r = top; r < bottom; r++) WindowRows<T, V>.Add(plane + ((nint)r * columns.Size), sums, columns.Size);
                        for (int i = 0; i < columns.Count; i++)
                        {
                            T sum = T.Zero;
                            for (int c = starts[i]; c < ends[i]; c++) sum += sums[c];
                            shares[i] = sum;
                        }

                        WindowRows<T, V>.DivideByProduct(shares, widths, height, results, columns.Count);
                    }
                }
            }
        }
    }
}
