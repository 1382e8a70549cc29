using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>The largest element of each window, and where it was.</summary>
/// <remarks>
/// A place is the number of the tap in its window, kept as a number of the data's own type, which is exact up to
/// <see cref="MostTaps"/>; −1 stands for a window that lies in the padding alone.
/// Threads share planes, since windows overlap within a plane alone. A plane is written out as a <see cref="WindowImage{T, V}"/>, in
/// which a tap of neighbouring windows of a row is one vector; the largest and its place stay in registers over all taps.
/// </remarks>
internal static unsafe partial class Pooling
{
    /// <summary>The most taps of a window that a float can count.</summary>
    internal const int MostTaps = 1 << 24;

    /// <summary>The elements below which a further thread costs more than it gives.</summary>
    private const long Grain = 1 << 14;

    /// <summary>
    /// y = the largest element of each window of each plane, the first of several, or NaN if one is NaN; padding is −∞.
    /// <paramref name="places"/>, if not empty, receives the taps.
    /// </summary>
    internal static void Max<T>(in Windows windows, int planes, ReadOnlySpan<T> x, Span<T> y, Span<T> places)
        where T : unmanaged, IFloatingPointIeee754<T> => Max(Simd.Best, windows, planes, x, y, places);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void Max<T>(int vectorBits, in Windows windows, int planes, ReadOnlySpan<T> x, Span<T> y, Span<T> places)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(windows, planes, x.Length, y.Length, places.IsEmpty ? y.Length : places.Length);
        if (y.IsEmpty) return;
        fixed (T* xs = x, ys = y, ps = places) VectorWidths.Run<T, MaxCall<T>>(vectorBits, new(windows, planes, xs, ys, ps));
    }

    /// <summary>x = y of each window at its place, added up, and 0 elsewhere: the adjoint of <see cref="Pick"/>.</summary>
    internal static void Spread<T>(in Windows windows, int planes, ReadOnlySpan<T> y, ReadOnlySpan<T> places, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(windows, planes, x.Length, y.Length, places.Length);
        fixed (T* xs = x, ys = y, ps = places) Run(new PlaceWork<T>(windows, planes, xs, ys, ps, spreads: true), windows, planes);
    }

    /// <summary>y = the element of x at each window's place, 0 where it has none.</summary>
    internal static void Pick<T>(in Windows windows, int planes, ReadOnlySpan<T> x, ReadOnlySpan<T> places, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(windows, planes, x.Length, y.Length, places.Length);
        fixed (T* xs = x, ys = y, ps = places) Run(new PlaceWork<T>(windows, planes, xs, ys, ps, spreads: false), windows, planes);
    }

    private static void Check(in Windows windows, int planes, int x, int y, int places)
    {
        if (x != (long)planes * windows.PlaneLength || y != (long)planes * windows.Count || places != y)
        {
            throw new ArgumentException($"Pooling: {planes} planes of {windows.PlaneLength} elements and {windows.Count} windows do not fit buffers of {x}, {y} and {places}.");
        }
    }

    private static void Run<TWork>(TWork work, in Windows windows, int planes)
        where TWork : unmanaged, IParallelWork =>
        WorkerPool.Run(work, Math.Max(1, Math.Min(planes, WorkerPool.PartsFor(planes * ((long)windows.PlaneLength + windows.Count), Grain))));

    private readonly struct MaxCall<T>(Windows windows, int planes, T* x, T* y, T* places) : IWideWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run<V>()
            where V : unmanaged, IVector<V, T> =>
            WorkerPool.Run(
                new MaxWork<T, V>(windows, planes, x, y, places),
                Math.Min(planes, WorkerPool.PartsFor(planes * (windows.PlaneLength + ((long)windows.Count * windows.Taps)), Grain)));
    }

    private readonly struct MaxWork<T, V>(Windows windows, int planes, T* x, T* y, T* places) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        public void Run(int part, int parts)
        {
            WindowImage<T, V> image = new(windows);
            T* plane = Scratch.Get<T>(ScratchSlot.WindowImage, image.Length(1));
            nint* taps = Scratch.Get<nint>(ScratchSlot.WindowColumns, windows.Taps);
            image.Taps(0, new Span<nint>(taps, windows.Taps));
            int columns = windows.Columns.Count;
            for (int p = WorkerPool.Share(planes, part, parts); p < WorkerPool.Share(planes, part + 1, parts); p++)
            {
                image.Write(x + ((nint)p * windows.PlaneLength), T.NegativeInfinity, plane);
                for (int row = 0; row < windows.Rows.Count; row++)
                {
                    nint at = ((nint)p * windows.Count) + ((nint)row * columns);
                    Row(plane + (row * image.WindowRow), taps, row, y + at, places is null ? null : places + at);
                }
            }
        }

        [MethodImpl(Simd.HotLoop)]
        private void Row(T* source, nint* taps, int row, T* results, T* found)
        {
            V* lanes = stackalloc V[2];
            T* values = (T*)lanes, numbers = (T*)(lanes + 1);
            int count = windows.Columns.Count, tapCount = windows.Taps;
            for (int column = 0; column < count; column += V.Count)
            {
                V best = V.Load(source + taps[0] + column), place = V.Zero;
                for (int k = 1; k < tapCount; k++)
                {
                    V next = V.Load(source + taps[k] + column);
                    // Better is what is not at most as large, so a NaN too; but nothing is better than the first NaN.
                    V better = V.AndNot(V.Equal(best, best), V.LessOrEqual(next, best));
                    best = V.Select(better, next, best);
                    if (found is not null) place = V.Select(better, V.Broadcast(T.CreateTruncating(k)), place);
                }

                int left = Math.Min(V.Count, count - column);
                V.Store(best, values);
                new Span<T>(values, left).CopyTo(new Span<T>(results + column, left));
                if (found is null) continue;
                V.Store(place, numbers);
                for (int i = 0; i < left; i++)
                {
                    found[column + i] = T.IsNegativeInfinity(values[i]) ? FirstTap(row, column + i) : numbers[i];
                }
            }
        }

        /// <summary>The first tap of a window that is not padding: its place when all its elements are −∞, as padding is.</summary>
        private T FirstTap(int row, int column)
        {
            int r = FirstTap(windows.Rows, row), c = FirstTap(windows.Columns, column);
            return r < 0 || c < 0 ? T.NegativeOne : T.CreateTruncating((r * windows.Columns.Kernel) + c);
        }

        private static int FirstTap(in WindowAxis axis, int window)
        {
            for (int tap = 0; tap < axis.Kernel; tap++)
            {
                if ((uint)((window * axis.Stride) - axis.Before + (tap * axis.Dilation)) < (uint)axis.Size) return tap;
            }

            return -1;
        }
    }

    /// <summary>Moves elements between windows and their places.</summary>
    private readonly struct PlaceWork<T>(Windows windows, int planes, T* x, T* y, T* places, bool spreads) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            WindowAxis rows = windows.Rows, columns = windows.Columns;
            for (int p = WorkerPool.Share(planes, part, parts); p < WorkerPool.Share(planes, part + 1, parts); p++)
            {
                T* plane = x + ((nint)p * windows.PlaneLength);
                if (spreads) new Span<T>(plane, windows.PlaneLength).Clear();
                nint at = (nint)p * windows.Count;
                for (int i = 0; i < rows.Count; i++)
                {
                    for (int j = 0; j < columns.Count; j++, at++)
                    {
                        int place = int.CreateTruncating(places[at]), tapRow = place / columns.Kernel, tapColumn = place - (tapRow * columns.Kernel);
                        nint from = ((nint)((i * rows.Stride) - rows.Before + (tapRow * rows.Dilation)) * columns.Size) + (j * columns.Stride) - columns.Before + (tapColumn * columns.Dilation);
                        if (!spreads) y[at] = place < 0 ? T.Zero : plane[from];
                        else if (place >= 0) plane[from] += y[at];
                    }
                }
            }
        }
    }
}
