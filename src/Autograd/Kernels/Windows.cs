using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Windows along one axis: tap t of window i is element i · Stride − Before + t · Dilation. An element outside 0 … Size − 1 is
/// padding, on either side and as far as windows reach.
/// </summary>
internal readonly record struct WindowAxis(int Size, int Kernel, int Stride, int Before, int Dilation, int Count)
{
    /// <summary>The elements from the first to the last that a window takes, padding included.</summary>
    internal int Extent => Count == 0 ? 0 : ((Count - 1) * Stride) + ((Kernel - 1) * Dilation) + 1;

    /// <summary>Whether window i is element i alone.</summary>
    internal bool IsIdentity => Kernel == 1 && Stride == 1 && Before == 0 && Count == Size;

    /// <summary>
    /// Element j is tap t of window j + Before − t · Dilation. So with stride 1 the windows that take an element are themselves a
    /// window over the windows, its taps in the opposite order.
    /// </summary>
    internal bool TryTurn(out WindowAxis turned)
    {
        int before = ((Kernel - 1) * Dilation) - Before;
        turned = new(Count, Kernel, 1, before, Dilation, Size);
        return Stride == 1 && before >= 0;
    }

    /// <summary>Whether some window takes a position that is <paramref name="phase"/> beyond a multiple of the stride.</summary>
    internal bool Touches(int phase)
    {
        for (int tap = 0; tap < Kernel; tap++)
        {
            if ((int)((long)tap * Dilation % Stride) == phase) return true;
        }

        return false;
    }
}

/// <summary>Windows over a plane of rows and columns.</summary>
internal readonly record struct Windows(WindowAxis Rows, WindowAxis Columns)
{
    internal int Taps => Rows.Kernel * Columns.Kernel;

    internal int Count => Rows.Count * Columns.Count;

    internal int PlaneLength => Rows.Size * Columns.Size;

    internal bool IsIdentity => Rows.IsIdentity && Columns.IsIdentity;

    /// <summary>The windows that read a plane of windows so as to give back the plane, where neighbouring windows overlap in all but one element.</summary>
    internal bool TryTurn(out Windows turned)
    {
        bool turns = Rows.TryTurn(out WindowAxis rows) & Columns.TryTurn(out WindowAxis columns);
        turned = new(rows, columns);
        return turns;
    }
}

/// <summary>
/// Planes as windows read them: padding written out, and columns parted by their remainder by the stride. So the same tap
/// of neighbouring windows of a row always lies side by side, whatever stride, padding and dilation are.
/// </summary>
internal readonly unsafe struct WindowImage<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    private readonly Windows _windows;
    private readonly nint _phase;

    internal WindowImage(in Windows windows)
    {
        _windows = windows;
        _phase = (windows.Columns.Extent + windows.Columns.Stride - 1) / windows.Columns.Stride;
        Row = _phase * windows.Columns.Stride;
        Plane = Row * windows.Rows.Extent;
    }

    /// <summary>From one row of a plane to the next.</summary>
    internal nint Row { get; }

    /// <summary>From one plane to the next.</summary>
    internal nint Plane { get; }

    /// <summary>From one row of windows to the next.</summary>
    internal nint WindowRow => Row * _windows.Rows.Stride;

    /// <summary>The memory for some planes; a whole vector may be read or written at any element.</summary>
    internal long Length(int planes) => ((long)Plane * planes) + V.Count;

    /// <summary>Where a tap of the first window lies in a plane; that of window (i, j) lies i · WindowRow + j further.</summary>
    internal nint Tap(int row, int column)
    {
        (int across, int phase) = Math.DivRem(column * _windows.Columns.Dilation, _windows.Columns.Stride);
        return (row * _windows.Rows.Dilation * Row) + (phase * _phase) + across;
    }

    /// <summary>Where taps <paramref name="first"/> … of the first window lie, planes after each other.</summary>
    internal void Taps(int first, Span<nint> places)
    {
        int columns = _windows.Columns.Kernel;
        (int plane, int tap) = Math.DivRem(first, _windows.Taps);
        (int row, int column) = Math.DivRem(tap, columns);
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = (plane * Plane) + Tap(row, column);
            if (++column < columns) continue;
            column = 0;
            if (++row < _windows.Rows.Kernel) continue;
            row = 0;
            plane++;
        }
    }

    /// <summary>Writes a plane as an image; what no window takes is left out.</summary>
    internal void Write(T* plane, T padding, T* image)
    {
        WindowAxis rows = _windows.Rows, columns = _windows.Columns;
        for (int row = 0; row < rows.Extent; row++, image += Row)
        {
            if (rows.Stride > 1 && !rows.Touches(row % rows.Stride)) continue;
            int from = row - rows.Before;
            if ((uint)from >= (uint)rows.Size)
            {
                new Span<T>(image, (int)Row).Fill(padding);
                continue;
            }

            T* source = plane + ((nint)from * columns.Size);
            for (int phase = 0; phase < columns.Stride; phase++)
            {
                if (columns.Stride > 1 && !columns.Touches(phase)) continue;
                WritePhase(source, phase, padding, image + (phase * _phase));
            }
        }
    }

    /// <summary>Adds an image, or with <paramref name="fresh"/> writes it, to the plane it stands for; padding is dropped.</summary>
    internal void Read(T* image, T* plane, bool fresh)
    {
        WindowAxis rows = _windows.Rows, columns = _windows.Columns;
        for (int row = 0; row < rows.Size; row++, plane += columns.Size)
        {
            int from = row + rows.Before;
            if (from >= rows.Extent)
            {
                if (fresh) new Span<T>(plane, columns.Size).Clear();
                continue;
            }

            T* source = image + (from * Row);
            int known = Math.Clamp(columns.Extent - columns.Before, 0, columns.Size);
            if (columns.Stride == 1)
            {
                if (fresh) new Span<T>(source + columns.Before, known).CopyTo(new Span<T>(plane, known));
                else WindowRows<T, V>.Add(source + columns.Before, plane, known);
            }
            else
            {
                for (int phase = 0; phase < columns.Stride; phase++) ReadPhase(source + (phase * _phase), phase, plane, known, fresh);
            }

            if (fresh) new Span<T>(plane + known, columns.Size - known).Clear();
        }
    }

    private void WritePhase(T* source, int phase, T padding, T* target)
    {
        int stride = _windows.Columns.Stride, before = _windows.Columns.Before, size = _windows.Columns.Size, length = (int)_phase;
        int start = Math.Min(length, before > phase ? (before - phase + stride - 1) / stride : 0);
        int end = Math.Clamp((size + before - phase + stride - 1) / stride, start, length);
        for (int i = 0; i < start; i++) target[i] = padding;
        if (end > start)
        {
            T* from = source + (((nint)start * stride) + phase - before);
            if (stride == 1) new Span<T>(from, end - start).CopyTo(new Span<T>(target + start, end - start));
            else Gather(from, stride, target + start, end - start);
        }

        for (int i = end; i < length; i++) target[i] = padding;
    }

    private void ReadPhase(T* source, int phase, T* plane, int known, bool fresh)
    {
        int stride = _windows.Columns.Stride, before = _windows.Columns.Before;
        int start = before > phase ? (before - phase + stride - 1) / stride : 0;
        for (nint i = start, at = ((nint)start * stride) + phase - before; at < known; i++, at += stride)
        {
            plane[at] = fresh ? source[i] : plane[at] + source[i];
        }
    }

    [MethodImpl(Simd.HotLoop)]
    private static void Gather(T* source, int stride, T* target, int count)
    {
        int i = 0;
        for (; i + 4 <= count; i += 4, source += 4 * (nint)stride)
        {
            T a = source[0], b = source[stride], c = source[2 * (nint)stride], d = source[3 * (nint)stride];
            target[i] = a;
            target[i + 1] = b;
            target[i + 2] = c;
            target[i + 3] = d;
        }

        for (; i < count; i++, source += stride) target[i] = *source;
    }
}

/// <summary>
/// All channels of an image, pixel by pixel, padding written out. The taps of a row of the kernel then lie side by side in one run,
/// unless dilation parts them; each is then a run of its own.
/// </summary>
internal readonly unsafe struct PixelImage<T>(ConvolutionShape shape)
    where T : unmanaged
{
    private readonly WindowAxis _rows = shape.Windows.Rows;
    private readonly WindowAxis _columns = shape.Windows.Columns;
    private readonly int _channels = shape.Channels;

    private nint Row => (nint)_columns.Extent * _channels;

    internal long Length => (long)_rows.Extent * Row;

    /// <summary>The number of runs, in the order of the taps.</summary>
    internal static int Runs(in ConvolutionShape shape) => shape.Windows.Rows.Kernel * (IsWhole(shape) ? 1 : shape.Windows.Columns.Kernel);

    /// <summary>The elements of a run: taps, each with all channels.</summary>
    internal static int Run(in ConvolutionShape shape) => shape.Channels * (IsWhole(shape) ? shape.Windows.Columns.Kernel : 1);

    private static bool IsWhole(in ConvolutionShape shape) => shape.Windows.Columns.Dilation == 1;

    /// <summary>Where a run of the first window begins.</summary>
    internal nint RunStart(int run)
    {
        (int row, int column) = _columns.Dilation == 1 ? (run, 0) : Math.DivRem(run, _columns.Kernel);
        return (row * _rows.Dilation * Row) + ((nint)column * _columns.Dilation * _channels);
    }

    /// <summary>How far from the first window each window begins.</summary>
    internal void Windows(nint* places)
    {
        for (int row = 0; row < _rows.Count; row++)
        {
            for (int column = 0; column < _columns.Count; column++)
            {
                *places++ = (row * _rows.Stride * Row) + ((nint)column * _columns.Stride * _channels);
            }
        }
    }

    /// <summary>Writes the planes of one image into pixels whose padding is there already.</summary>
    internal void Write(T* planes, T* pixels)
    {
        int known = Math.Clamp(_columns.Extent - _columns.Before, 0, _columns.Size);
        nint plane = (nint)_rows.Size * _columns.Size;
        for (int row = 0; row < _rows.Size && row + _rows.Before < _rows.Extent; row++)
        {
            T* to = pixels + ((row + _rows.Before) * Row) + ((nint)_columns.Before * _channels);
            Transposition.Copy(planes + ((nint)row * _columns.Size), plane, _channels, known, to, _channels);
        }
    }
}

/// <summary>
/// Runs of neighbouring windows: rows of an image copied together, or added back, in whole vectors. Whoever calls chooses how many at a
/// time.
/// </summary>
internal static unsafe class WindowRows<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    /// <summary>
    /// Copies windows first … first + count − 1 of every tap: tap k goes to target + k · pitch. Whole vectors are written, so
    /// up to a vector behind the last tap is overwritten.
    /// </summary>
    [MethodImpl(Simd.HotLoop)]
    internal static void Collect(T* image, nint windowRow, int columns, ReadOnlySpan<nint> taps, int first, int count, T* target, nint pitch)
    {
        (int row, int column) = Math.DivRem(first, columns);
        fixed (nint* places = taps)
        {
            // A run writes whole vectors; what it writes too much, the next run or the next tap overwrites.
            int runs = (column + count + columns - 1) / columns;
            for (int k = 0; k < taps.Length; k++, target += pitch)
            {
                T* source = image + places[k] + (row * windowRow) + column, to = target;
                int left = count, run = Math.Min(count, columns - column);
                for (int i = 0; i < runs; i++)
                {
                    for (int at = 0; at < run; at += V.Count) V.Store(V.Load(source + at), to + at);
                    to += run;
                    left -= run;
                    source += windowRow - (i == 0 ? column : 0);
                    run = Math.Min(left, columns);
                }
            }
        }
    }

    /// <summary>The adjoint: adds tap k of windows first … from source + k · pitch to the image.</summary>
    [MethodImpl(Simd.HotLoop)]
    internal static void Scatter(T* source, nint pitch, int first, int count, ReadOnlySpan<nint> taps, T* image, nint windowRow, int columns)
    {
        (int row, int column) = Math.DivRem(first, columns);
        for (int k = 0; k < taps.Length; k++, source += pitch)
        {
            T* to = image + taps[k] + (row * windowRow) + column, from = source;
            for (int left = count, run = Math.Min(count, columns - column), skipped = column; left > 0; run = Math.Min(left, columns), skipped = 0)
            {
                Add(from, to, run);
                from += run;
                left -= run;
                to += windowRow - skipped;
            }
        }
    }

    /// <summary>target += source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Add(T* source, T* target, int count)
    {
        int i = 0;
        for (; i + V.Count <= count; i += V.Count) V.Store(V.Load(target + i) + V.Load(source + i), target + i);
        for (; i + Vec128<T>.Count <= count; i += Vec128<T>.Count) Vec128<T>.Store(Vec128<T>.Load(target + i) + Vec128<T>.Load(source + i), target + i);
        for (; i < count; i++) target[i] += source[i];
    }

    /// <summary>target = source / (divisors · factor).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void DivideByProduct(T* source, T* divisors, T factor, T* target, int count)
    {
        int i = 0;
        for (; i + V.Count <= count; i += V.Count) V.Store(V.Load(source + i) / (V.Load(divisors + i) * V.Broadcast(factor)), target + i);
        for (; i < count; i++) target[i] = source[i] / (divisors[i] * factor);
    }
}
