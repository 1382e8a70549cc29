using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>Convolutions that read one plane at a time, tap by tap along its rows. A unit of work is a plane.</summary>
internal static unsafe partial class ConvolutionDriver<T, V>
{
    private readonly struct DepthwiseForward(in ConvolutionArguments<T> arguments) : IParallelWork
    {
        private readonly ConvolutionArguments<T> _a = arguments;

        public void Run(int part, int parts)
        {
            ConvolutionShape s = _a.Shape;
            Windows windows = s.Windows;
            T* plane = Plane(windows, out WindowImage<T, V> image, out Span<nint> places);
            long units = (long)s.Batch * s.Groups;
            for (long unit = Share(units, part, parts); unit < Share(units, part + 1, parts); unit++)
            {
                int group = (int)(unit % s.Groups);
                image.Write(_a.X + ((nint)unit * windows.PlaneLength), T.Zero, plane);
                for (int f = 0; f < s.Filters; f++)
                {
                    T* w = _a.W + ((((nint)group * s.Filters) + f) * windows.Taps);
                    T* y = _a.Y + ((((nint)unit * s.Filters) + f) * windows.Count);
                    T bias = _a.Bias is null ? T.Zero : _a.Bias[(group * s.Filters) + f];
                    for (int row = 0; row < windows.Rows.Count; row++, y += windows.Columns.Count)
                    {
                        Row(plane + (row * image.WindowRow), places, w, bias, y, windows.Columns.Count);
                    }
                }
            }
        }

        [MethodImpl(Simd.HotLoop)]
        private static void Row(T* source, Span<nint> taps, T* w, T bias, T* y, int count)
        {
            V* last = stackalloc V[1];
            fixed (nint* places = taps)
            {
                for (int column = 0; column < count; column += V.Count)
                {
                    V sum = V.Broadcast(bias);
                    for (int k = 0; k < taps.Length; k++) sum = V.MultiplyAdd(V.Broadcast(w[k]), V.Load(source + places[k] + column), sum);
                    if (column + V.Count <= count)
                    {
                        V.Store(sum, y + column);
                        continue;
                    }

                    V.Store(sum, (T*)last);
                    for (int i = column; i < count; i++) y[i] = ((T*)last)[i - column];
                }
            }
        }
    }

    private readonly struct DepthwiseInputGradient(in ConvolutionArguments<T> arguments) : IParallelWork
    {
        private readonly ConvolutionArguments<T> _a = arguments;

        public void Run(int part, int parts)
        {
            ConvolutionShape s = _a.Shape;
            Windows windows = s.Windows;
            T* plane = Plane(windows, out WindowImage<T, V> image, out Span<nint> places);
            long units = (long)s.Batch * s.Groups;
            for (long unit = Share(units, part, parts); unit < Share(units, part + 1, parts); unit++)
            {
                new Span<T>(plane, checked((int)image.Length(1))).Clear();
                for (int f = 0; f < s.Filters; f++)
                {
                    T* w = _a.W + ((((nint)(unit % s.Groups) * s.Filters) + f) * windows.Taps);
                    T* gy = _a.Y + ((((nint)unit * s.Filters) + f) * windows.Count);
                    for (int row = 0; row < windows.Rows.Count; row++, gy += windows.Columns.Count)
                    {
                        for (int k = 0; k < places.Length; k++) AddScaled(w[k], gy, plane + (row * image.WindowRow) + places[k], windows.Columns.Count);
                    }
                }

                image.Read(plane, _a.X + ((nint)unit * windows.PlaneLength), fresh: !_a.Accumulate);
            }
        }

        private static void AddScaled(T factor, T* source, T* target, int count)
        {
            V wide = V.Broadcast(factor);
            Vec128<T> narrow = Vec128<T>.Broadcast(factor);
            int i = 0;
            for (; i + V.Count <= count; i += V.Count) V.Store(V.MultiplyAdd(wide, V.Load(source + i), V.Load(target + i)), target + i);
            for (; i + Vec128<T>.Count <= count; i += Vec128<T>.Count)
            {
                Vec128<T>.Store(Vec128<T>.MultiplyAdd(narrow, Vec128<T>.Load(source + i), Vec128<T>.Load(target + i)), target + i);
            }

            for (; i < count; i++) target[i] = T.MultiplyAddEstimate(factor, source[i], target[i]);
        }
    }

    private readonly struct DepthwiseWeightGradient(in ConvolutionArguments<T> arguments) : IParallelWork
    {
        private readonly ConvolutionArguments<T> _a = arguments;

        public void Run(int part, int parts)
        {
            ConvolutionShape s = _a.Shape;
            Windows windows = s.Windows;
            T* plane = Plane(windows, out WindowImage<T, V> image, out Span<nint> places);
            for (int group = Share(s.Groups, part, parts); group < Share(s.Groups, part + 1, parts); group++)
            {
                T* gw = _a.W + ((nint)group * s.Filters * windows.Taps);
                new Span<T>(gw, s.Filters * windows.Taps).Clear();
                for (int n = 0; n < s.Batch; n++)
                {
                    nint unit = ((nint)n * s.Groups) + group;
                    image.Write(_a.X + (unit * windows.PlaneLength), T.Zero, plane);
                    for (int f = 0; f < s.Filters; f++)
                    {
                        T* gy = _a.Y + (((unit * s.Filters) + f) * windows.Count);
                        for (int k = 0; k < places.Length; k++) gw[(f * windows.Taps) + k] += Dot(plane + places[k], image.WindowRow, gy, windows);
                    }
                }
            }
        }

        /// <summary>Σ over windows of gy · x, in four chains of vectors along the rows.</summary>
        [MethodImpl(Simd.HotLoop)]
        private static T Dot(T* x, nint windowRow, T* gy, in Windows windows)
        {
            int count = windows.Columns.Count;
            V a = V.Zero, b = V.Zero, c = V.Zero, d = V.Zero;
            T rest = T.Zero;
            for (int row = 0; row < windows.Rows.Count; row++, x += windowRow, gy += count)
            {
                int i = 0;
                for (; i + (4 * V.Count) <= count; i += 4 * V.Count)
                {
                    a = V.MultiplyAdd(V.Load(x + i), V.Load(gy + i), a);
                    b = V.MultiplyAdd(V.Load(x + i + V.Count), V.Load(gy + i + V.Count), b);
                    c = V.MultiplyAdd(V.Load(x + i + (2 * V.Count)), V.Load(gy + i + (2 * V.Count)), c);
                    d = V.MultiplyAdd(V.Load(x + i + (3 * V.Count)), V.Load(gy + i + (3 * V.Count)), d);
                }

                for (; i + V.Count <= count; i += V.Count) a = V.MultiplyAdd(V.Load(x + i), V.Load(gy + i), a);
                for (; i < count; i++) rest = T.MultiplyAddEstimate(x[i], gy[i], rest);
            }

            V* lanes = stackalloc V[1];
            V.Store((a + b) + (c + d), (T*)lanes);
            for (int i = 0; i < V.Count; i++) rest += ((T*)lanes)[i];
            return rest;
        }
    }

    /// <summary>Memory for one plane and the places of all its taps, which is the thread's until it asks again.</summary>
    private static T* Plane(in Windows windows, out WindowImage<T, V> image, out Span<nint> places)
    {
        image = new(windows);
        places = new(Scratch.Get<nint>(ScratchSlot.WindowColumns, windows.Taps), windows.Taps);
        image.Taps(0, places);
        return Scratch.Get<T>(ScratchSlot.WindowImage, image.Length(1));
    }
}
