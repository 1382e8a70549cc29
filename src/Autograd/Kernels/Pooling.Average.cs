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
            T* sums = Scratch.Get<T>(ScratchSlot.WindowColumns, shape.Columns.Size);
            for (int p = WorkerPool.Share(planes, part, parts); p < WorkerPool.Share(planes, part + 1, parts); p++)
            {
                T* plane = x + ((nint)p * shape.PlaneLength), results = y + ((nint)p * shape.Count);
                if (spreads) new Span<T>(plane, shape.PlaneLength).Clear();
                for (int row = 0; row < shape.Rows.Count; row++, results += shape.Columns.Count)
                {
                    if (spreads) Spread(row, results, sums, plane);
                    else Gather(row, plane, sums, results);
                }
            }
        }

        private void Gather(int row, T* plane, T* sums, T* results)
        {
            int width = shape.Columns.Size, height = shape.Rows.Elements(row, shape.CountPadding);
            new Span<T>(sums, width).Clear();
            for (int r = shape.Rows.Start(row); r < shape.Rows.End(row); r++) WindowRows<T, V>.Add(plane + ((nint)r * width), sums, width);
            for (int column = 0; column < shape.Columns.Count; column++)
            {
                T sum = T.Zero;
                int end = shape.Columns.End(column);
                for (int c = shape.Columns.Start(column); c < end; c++) sum += sums[c];
                results[column] = sum / Elements(height, column);
            }
        }

        private void Spread(int row, T* results, T* sums, T* plane)
        {
            int width = shape.Columns.Size, height = shape.Rows.Elements(row, shape.CountPadding);
            new Span<T>(sums, width).Clear();
            for (int column = 0; column < shape.Columns.Count; column++)
            {
                T share = results[column] / Elements(height, column);
                int end = shape.Columns.End(column);
                for (int c = shape.Columns.Start(column); c < end; c++) sums[c] += share;
            }

            for (int r = shape.Rows.Start(row); r < shape.Rows.End(row); r++) WindowRows<T, V>.Add(sums, plane + ((nint)r * width), width);
        }

        private T Elements(int height, int column) => T.CreateTruncating((long)height * shape.Columns.Elements(column, shape.CountPadding));
    }
}
