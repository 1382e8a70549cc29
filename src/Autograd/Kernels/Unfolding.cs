using System.Numerics;

namespace Autograd.Kernels;

/// <summary>The windows of planes written out, and their adjoint.</summary>
/// <remarks>
/// Threads share planes, so that none adds to what another does. A plane is laid out as a <see cref="WindowImage{T, V}"/>, of which a tap
/// of all windows is runs of whole vectors, and goes tap by tap: a tap is one row of the columns.
/// </remarks>
internal static unsafe class Unfolding
{
    /// <summary>The elements below which a further thread costs more than it gives.</summary>
    private const long Grain = 1 << 15;

    /// <summary>columns[plane, tap, window] = the tap of the window; padding is 0.</summary>
    internal static void Unfold<T>(in Windows windows, int planes, ReadOnlySpan<T> x, Span<T> columns)
        where T : unmanaged, IFloatingPointIeee754<T> => Unfold(Simd.Best, windows, planes, x, columns);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void Unfold<T>(int vectorBits, in Windows windows, int planes, ReadOnlySpan<T> x, Span<T> columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(windows, planes, x.Length, columns.Length);
        if (columns.IsEmpty) return;
        fixed (T* xs = x, ys = columns) VectorWidths.Run<T, UnfoldCall<T>>(vectorBits, new(windows, planes, xs, ys));
    }

    /// <summary>x = the sum of columns[plane, tap, window] at the places they were unfolded from.</summary>
    internal static void Fold<T>(in Windows windows, int planes, ReadOnlySpan<T> columns, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => Fold(Simd.Best, windows, planes, columns, x);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void Fold<T>(int vectorBits, in Windows windows, int planes, ReadOnlySpan<T> columns, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(windows, planes, x.Length, columns.Length);
        if (x.IsEmpty) return;
        fixed (T* xs = x, ys = columns) VectorWidths.Run<T, FoldCall<T>>(vectorBits, new(windows, planes, xs, ys));
    }

    private static void Check(in Windows windows, int planes, int x, int columns)
    {
        if (x != (long)planes * windows.PlaneLength || columns != (long)planes * windows.Taps * windows.Count)
        {
            throw new ArgumentException($"Unfolding: {planes} planes of {windows.PlaneLength} elements and {windows.Taps} taps of {windows.Count} windows do not fit buffers of {x} and {columns}.");
        }
    }

    private readonly struct UnfoldCall<T>(Windows windows, int planes, T* x, T* columns) : IWideWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run<V>()
            where V : unmanaged, IVector<V, T> =>
            WorkerPool.Run(new UnfoldWork<T, V>(windows, planes, x, columns), Math.Min(planes, WorkerPool.PartsFor((long)planes * windows.Taps * windows.Count, Grain)));
    }

    private readonly struct FoldCall<T>(Windows windows, int planes, T* x, T* columns) : IWideWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run<V>()
            where V : unmanaged, IVector<V, T> =>
            WorkerPool.Run(new FoldWork<T, V>(windows, planes, x, columns), Math.Min(planes, WorkerPool.PartsFor((long)planes * windows.Taps * windows.Count, Grain)));
    }

    private readonly struct UnfoldWork<T, V>(Windows windows, int planes, T* x, T* columns) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        public void Run(int part, int parts)
        {
            WindowImage<T, V> image = new(windows);
            T* plane = Scratch.Get<T>(ScratchSlot.WindowImage, image.Length(1)), row = Scratch.Get<T>(ScratchSlot.WindowColumns, windows.Count + V.Count);
            Span<nint> tap = stackalloc nint[1];
            for (int p = WorkerPool.Share(planes, part, parts); p < WorkerPool.Share(planes, part + 1, parts); p++)
            {
                image.Write(x + ((nint)p * windows.PlaneLength), T.Zero, plane);
                for (int k = 0; k < windows.Taps; k++)
                {
                    image.Taps(k, tap);
                    WindowRows<T, V>.Collect(plane, image.WindowRow, windows.Columns.Count, tap, 0, windows.Count, row, 0);
                    new Span<T>(row, windows.Count).CopyTo(new Span<T>(columns + ((((nint)p * windows.Taps) + k) * windows.Count), windows.Count));
                }
            }
        }
    }

    private readonly struct FoldWork<T, V>(Windows windows, int planes, T* x, T* columns) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        public void Run(int part, int parts)
        {
            WindowImage<T, V> image = new(windows);
            T* plane = Scratch.Get<T>(ScratchSlot.WindowImage, image.Length(1));
            Span<nint> tap = stackalloc nint[1];
            for (int p = WorkerPool.Share(planes, part, parts); p < WorkerPool.Share(planes, part + 1, parts); p++)
            {
                new Span<T>(plane, checked((int)image.Length(1))).Clear();
                for (int k = 0; k < windows.Taps; k++)
                {
                    image.Taps(k, tap);
                    T* source = columns + ((((nint)p * windows.Taps) + k) * windows.Count);
                    WindowRows<T, V>.Scatter(source, 0, 0, windows.Count, tap, plane, image.WindowRow, windows.Columns.Count);
                }

                image.Read(plane, x + ((nint)p * windows.PlaneLength), fresh: true);
            }
        }
    }
}
