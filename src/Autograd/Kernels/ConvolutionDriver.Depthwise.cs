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
            for (long unit = WorkerPool.Share(units, part, parts); unit < WorkerPool.Share(units, part + 1, parts); unit++)
            {
                int group = (int)(unit % s.Groups);
                image.Write(_a.X + ((nint)unit * windows.PlaneLength), T.Zero, plane);
                for (int f = 0; f < s.Filters; f++)
                {
                    T* w = _a.W + ((((nint)group * s.Filters) + f) * windows.Taps);
                    T* y = _a.Y + ((((nint)unit * s.Filters) + f) * windows.Count);
                    T bias = _a.Bias is null ? T.Zero : _a.Bias[(group * s.Filters) + f];
                    int rows = windows.Rows.Count, row = 0;
                    for (; row + 4 <= rows; row += 4, y += 4 * windows.Columns.Count) FourRows(plane + (row * image.WindowRow), image.WindowRow, places, w, bias, y, windows.Columns.Count);
                    for (; row < rows; row++, y += windows.Columns.Count) Row(plane + (row * image.WindowRow), places, w, bias, y, windows.Columns.Count);
                }
            }
        }

        [MethodImpl(Simd.HotLoop)]
        private static void Row(T* source, Span<nint> taps, T* w, T bias, T* y, int count)
        {
            fixed (nint* places = taps)
            {
                for (int column = 0; column < count; column += V.Count)
                {
                    V sum = V.Broadcast(bias);
                    for (int k = 0; k < taps.Length; k++) V.AddProduct(V.Broadcast(w[k]), V.Load(source + places[k] + column), ref sum);
                    V.StoreWhere(sum, y + column, V.FirstLanes(count - column));
                }
            }
        }

        /// <summary>Four rows of windows at once: each element is a chain over the taps, and four chains hide one another's latency.</summary>
        [MethodImpl(Simd.HotLoop)]
        private static void FourRows(T* source, nint windowRow, Span<nint> taps, T* w, T bias, T* y, int count)
        {
            fixed (nint* places = taps)
            {
                for (int column = 0; column < count; column += V.Count)
                {
                    V a = V.Broadcast(bias), b = a, c = a, d = a;
                    T* at = source + column;
                    for (int k = 0; k < taps.Length; k++)
                    {
                        V factor = V.Broadcast(w[k]);
                        T* from = at + places[k];
                        V.AddProduct(factor, V.Load(from), ref a);
                        V.AddProduct(factor, V.Load(from + windowRow), ref b);
                        V.AddProduct(factor, V.Load(from + (2 * windowRow)), ref c);
                        V.AddProduct(factor, V.Load(from + (3 * windowRow)), ref d);
                    }

                    V mask = V.FirstLanes(count - column);
                    T* to = y + column;
                    V.StoreWhere(a, to, mask);
                    V.StoreWhere(b, to + count, mask);
                    V.StoreWhere(c, to + (2 * (nint)count), mask);
                    V.StoreWhere(d, to + (3 * (nint)count), mask);
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
            if (s.Filters == 1 && !_a.Accumulate && windows.TryTurn(out Windows turned))
            {
                // Without strides the gradient is a convolution with the kernel turned, which adds to nothing in memory.
                T* last = Scratch.Get<T>(ScratchSlot.WindowWeights, s.WeightLength);
                for (int tap = 0; tap < s.WeightLength; tap++) last[tap] = _a.W[(((tap / windows.Taps) + 1) * windows.Taps) - 1 - (tap % windows.Taps)];
                new DepthwiseForward(new(s with { Windows = turned }, _a.Y, last, _a.X)).Run(part, parts);
                return;
            }

            T* plane = Plane(windows, out WindowImage<T, V> image, out Span<nint> places);
            long units = (long)s.Batch * s.Groups;
            for (long unit = WorkerPool.Share(units, part, parts); unit < WorkerPool.Share(units, part + 1, parts); unit++)
            {
                new Span<T>(plane, checked((int)image.Length(1))).Clear();
                for (int f = 0; f < s.Filters; f++)
                {
                    T* w = _a.W + ((((nint)(unit % s.Groups) * s.Filters) + f) * windows.Taps);
                    T* gy = _a.Y + ((((nint)unit * s.Filters) + f) * windows.Count);
                    for (int row = 0; row < windows.Rows.Count; row++, gy += windows.Columns.Count)
                    {
                        AddScaled(w, gy, plane + (row * image.WindowRow), places, windows.Columns.Count);
                    }
                }

                image.Read(plane, _a.X + ((nint)unit * windows.PlaneLength), fresh: !_a.Accumulate);
            }
        }

        /// <summary>Adds a row of windows times each tap to where the tap lies, tap after tap.</summary>
        [MethodImpl(Simd.HotLoop)]
        private static void AddScaled(T* w, T* source, T* target, Span<nint> taps, int count)
        {
            V mask = V.FirstLanes(count % V.Count);
            int whole = count / V.Count * V.Count;
            for (int k = 0; k < taps.Length; k++)
            {
                V factor = V.Broadcast(w[k]);
                T* to = target + taps[k];
                for (int i = 0; i < whole; i += V.Count) V.Store(V.MultiplyAdd(factor, V.Load(source + i), V.Load(to + i)), to + i);
                if (whole == count) continue;
                V sum = V.MultiplyAdd(factor, V.LoadWhere(source + whole, mask), V.LoadWhere(to + whole, mask));
                V.StoreWhere(sum, to + whole, mask);
            }
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
            for (int group = WorkerPool.Share(s.Groups, part, parts); group < WorkerPool.Share(s.Groups, part + 1, parts); group++)
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
                if (i == count) continue;
                V mask = V.FirstLanes(count - i);
                b = V.MultiplyAdd(V.LoadWhere(x + i, mask), V.LoadWhere(gy + i, mask), b);
            }

            V sum = (a + b) + (c + d);
            if (V.Count > 8) sum += V.Exchange(sum, 8);
            if (V.Count > 4) sum += V.Exchange(sum, 4);
            if (V.Count > 2) sum += V.Exchange(sum, 2);
            return V.ToScalar(V.Count > 1 ? sum + V.Exchange(sum, 1) : sum);
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
