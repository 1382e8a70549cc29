using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Convolutions at one vector width, as products of register tiles without unfolding all windows: a tile reads taps where they lie in the
/// image, or from a few panels of unfolded columns that the second cache holds. Threads take images, groups and blocks of windows.
/// </summary>
internal static unsafe partial class ConvolutionDriver<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    /// <summary>Panels of columns unfolded at a time: half a megabyte at full depth, which the second cache holds.</summary>
    private const int BlockPanels = 5;

    /// <summary>The work, in multiply-adds, below which a further thread costs more than it gives.</summary>
    private const long Grain = 1 << 18;

    /// <summary>Rows of gathered taps in a block of the gradients: enough to use what a block of gy costs to fetch, few enough for the second cache.</summary>
    private const int GradientRows = 256;

    /// <summary>From this number of channels on the gradient by the input of a convolution without strides is taken as a convolution itself, with nothing to scatter.</summary>
    private const int TurnedChannels = 8;

    internal static void Forward(in ConvolutionArguments<T> a)
    {
        ConvolutionShape s = a.Shape;
        int parts = WorkerPool.PiecesFor(Math.Max(s.Work, s.OutputLength), Grain);
        if (s.IsDepthwise)
        {
            WorkerPool.Run(new DepthwiseForward(a), (int)Math.Min(parts, (long)s.Batch * s.Groups));
            return;
        }

        Products(a, parts);
    }

    /// <summary>y = bias, or what is there if accumulating, + w ⋆ x.</summary>
    private static void Products(in ConvolutionArguments<T> a, int parts)
    {
        ConvolutionShape s = a.Shape;
        int vectors = GemmDriver<T, V>.Vectors(Positions(s)), most = BlockPanels * GemmDriver<T, V>.PanelVectors;
        int chunks = (vectors + most - 1) / most;
        long units = (long)s.Batch * s.Groups * chunks;
        int rowParts = units >= parts ? 1 : (int)Math.Clamp((parts + units - 1) / units, 1, Math.Max(1, s.Filters / 16));
        WorkerPool.Run(new ForwardWork(a, chunks, rowParts), (int)Math.Min(parts, units * rowParts));
    }

    internal static void InputGradient(in ConvolutionArguments<T> a)
    {
        ConvolutionShape s = a.Shape;
        int parts = WorkerPool.PiecesFor(Math.Max(s.Work, s.InputLength), Grain);
        if (s.IsDepthwise)
        {
            WorkerPool.Run(new DepthwiseInputGradient(a), (int)Math.Min(parts, (long)s.Batch * s.Groups));
            return;
        }

        if (s.Channels >= TurnedChannels && s.Windows.TryTurn(out Windows turned))
        {
            T* w = Scratch.Get<T>(ScratchSlot.WindowWeights, s.WeightLength);
            TurnWeights(a, w);
            Products(new(s with { Channels = s.Filters, Filters = s.Channels, Windows = turned }, a.Y, w, a.X) { Accumulate = a.Accumulate }, parts);
            return;
        }

        InputGradientWork work = new(a, Blocks(s.Channels, s.Windows.Taps));
        WorkerPool.Run(work, (int)Math.Min(parts, work.Units));
    }

    /// <summary>
    /// The windows of an image that are computed. Without strides those between the end of a row of windows and the start of the next
    /// are computed too, and dropped, if they are few: each tap is then one stretch of the image and need not be gathered.
    /// </summary>
    private static int Positions(in ConvolutionShape s) =>
        IsWide(s) ? ((s.Windows.Rows.Count - 1) * s.Windows.Columns.Extent) + s.Windows.Columns.Count : s.Windows.Count;

    private static bool IsWide(in ConvolutionShape s) => s.Depth > 0 && !s.Windows.IsIdentity && s.Windows.Rows.Stride == 1 && s.Windows.Columns.Stride == 1
        && s.Windows.Columns.Extent <= s.Windows.Columns.Count + (s.Windows.Columns.Count / 4);

    /// <summary>turned[g, c, f, t] = w[g, f, c, last − t].</summary>
    private static void TurnWeights(in ConvolutionArguments<T> a, T* turned)
    {
        ConvolutionShape s = a.Shape;
        int taps = s.Windows.Taps;
        for (long filter = 0; filter < (long)s.Groups * s.Filters; filter++)
        {
            (long group, long f) = Math.DivRem(filter, s.Filters);
            T* from = a.W + (nint)(filter * s.Depth), to = turned + (nint)(group * s.Filters * s.Depth) + ((nint)f * taps) + taps - 1;
            for (int c = 0; c < s.Channels; c++, to += (nint)s.Filters * taps)
            {
                for (int t = 0; t < taps; t++) to[-t] = *from++;
            }
        }
    }

    /// <summary>The number of blocks of channels whose taps fill about <see cref="GradientRows"/> rows each.</summary>
    private static int Blocks(int channels, int taps)
    {
        int most = Math.Max(1, GradientRows / taps);
        return (channels + most - 1) / most;
    }

    /// <summary>Y[filters, windows] = W · columns for each image and group, by blocks of windows.</summary>
    private readonly struct ForwardWork(in ConvolutionArguments<T> arguments, int chunks, int rowParts) : IParallelWork
    {
        private readonly ConvolutionArguments<T> _a = arguments;

        /// <summary>Whether the sums begin with something: the bias, or what is added to.</summary>
        private bool HasStart => _a.Bias is not null || _a.Accumulate;

        public void Run(int part, int parts)
        {
            ConvolutionShape s = _a.Shape;
            WindowImage<T, V> image = new(s.Windows);
            int positions = Positions(s), vectors = GemmDriver<T, V>.Vectors(positions);
            long units = (long)s.Batch * s.Groups * chunks * rowParts, done = -1;
            // A gathered factor is read up to three vectors behind its last column, of which the image allows for one.
            T* planes = s.Windows.IsIdentity ? null : Scratch.Get<T>(ScratchSlot.WindowImage, image.Length(s.Channels) + (2 * V.Count));
            bool isWide = IsWide(s);
            nint* places = isWide ? Scratch.Get<nint>(ScratchSlot.WindowPlaces, s.Depth) : null;
            if (isWide) image.Taps(0, new Span<nint>(places, s.Depth));
            for (long unit = WorkerPool.Share(units, part, parts); unit < WorkerPool.Share(units, part + 1, parts); unit++)
            {
                long source = unit / chunks / rowParts;
                int rest = (int)(unit - (source * chunks * rowParts)), chunk = rest / rowParts, rowPart = rest % rowParts;
                if (source != done && planes is not null) WritePlanes(source, image, planes);
                done = source;
                int start = WorkerPool.Share(vectors, chunk, chunks) * V.Count, end = Math.Min(WorkerPool.Share(vectors, chunk + 1, chunks) * V.Count, positions);
                int firstFilter = WorkerPool.Share(s.Filters, rowPart, rowParts), lastFilter = WorkerPool.Share(s.Filters, rowPart + 1, rowParts);
                if (isWide) WideBlock(source, planes, places, start, end, firstFilter, lastFilter);
                else Block(source, image, planes, start, end, firstFilter, lastFilter);
            }
        }

        private void WritePlanes(long source, in WindowImage<T, V> image, T* planes)
        {
            ConvolutionShape s = _a.Shape;
            T* x = _a.X + ((nint)source * s.Channels * s.Windows.PlaneLength);
            for (int c = 0; c < s.Channels; c++) image.Write(x + ((nint)c * s.Windows.PlaneLength), T.Zero, planes + (c * image.Plane));
        }

        /// <summary>Positions [start, end) of an image, of which those that are windows go to y.</summary>
        private void WideBlock(long source, T* planes, nint* places, int start, int end, int firstFilter, int lastFilter)
        {
            ConvolutionShape s = _a.Shape;
            int group = (int)(source % s.Groups), windows = s.Windows.Count, filters = lastFilter - firstFilter;
            nint pitch = (nint)GemmDriver<T, V>.Vectors(end - start) * V.Count;
            T* y = _a.Y + ((((nint)source * s.Filters) + firstFilter) * windows), sums = Scratch.Get<T>(ScratchSlot.WindowColumns, filters * pitch);
            for (int f = 0; f < filters && _a.Bias is not null; f++) new Span<T>(sums + (f * pitch), (int)pitch).Fill(_a.Bias[(group * s.Filters) + firstFilter + f]);
            if (_a.Accumulate)
            {
                new Span<T>(sums, checked((int)(filters * pitch))).Clear();
                CopyWindows(y, sums, pitch, start, end, filters, toPositions: true);
            }

            GemmProblem<T> problem = new()
            {
                Right = GemmRight.Gathered,
                Accumulate = HasStart,
                M = filters,
                N = end - start,
                K = s.Depth,
                A = _a.W + ((((nint)group * s.Filters) + firstFilter) * s.Depth),
                Lda = s.Depth,
                B = planes + start,
                Places = places,
                C = sums,
                Ldc = pitch,
            };
            GemmDriver<T, V>.Rectangle(problem, 0, problem.M, 0, problem.N);
            CopyWindows(y, sums, pitch, start, end, filters, toPositions: false);
        }

        /// <summary>Copies the windows among positions [start, end) from y or to it.</summary>
        [MethodImpl(Simd.HotLoop)]
        private void CopyWindows(T* y, T* sums, nint pitch, int start, int end, int filters, bool toPositions)
        {
            Windows windows = _a.Shape.Windows;
            int row = windows.Columns.Extent, columns = windows.Columns.Count;
            for (int f = 0; f < filters; f++)
            {
                for (int r = start / row; r * row < end; r++)
                {
                    int first = Math.Max(start, r * row), length = Math.Min(end, (r * row) + columns) - first;
                    if (length <= 0) continue;
                    T* there = y + ((nint)f * windows.Count) + ((nint)r * columns) + first - (r * row), here = sums + (f * pitch) + first - start;
                    if (toPositions) GemmDriver<T, V>.Copy(there, here, length);
                    else GemmDriver<T, V>.Copy(here, there, length);
                }
            }
        }

        private void Block(long source, in WindowImage<T, V> image, T* planes, int start, int end, int firstFilter, int lastFilter)
        {
            ConvolutionShape s = _a.Shape;
            int group = (int)(source % s.Groups), count = end - start, windows = s.Windows.Count;
            T* y = _a.Y + ((((nint)source * s.Filters) + firstFilter) * windows) + start;
            T* w = _a.W + ((((nint)group * s.Filters) + firstFilter) * s.Depth);
            if (_a.Bias is not null)
            {
                T* bias = _a.Bias + (group * s.Filters) + firstFilter;
                for (int f = 0; f < lastFilter - firstFilter; f++) new Span<T>(y + ((nint)f * windows), count).Fill(bias[f]);
            }

            GemmProblem<T> problem = new()
            {
                Right = planes is null ? GemmRight.Plain : GemmRight.Packed,
                Accumulate = HasStart,
                M = lastFilter - firstFilter,
                N = count,
                K = s.Depth,
                A = w,
                Lda = s.Depth,
                B = planes is null ? _a.X + ((nint)source * s.Channels * windows) + start : null,
                Ldb = windows,
                C = y,
                Ldc = windows,
            };
            if (planes is null || s.Depth == 0)
            {
                problem.Right = GemmRight.Plain;
                GemmDriver<T, V>.Rectangle(problem, 0, problem.M, 0, count);
                return;
            }

            int vectors = GemmDriver<T, V>.Vectors(count), blocks = (s.Depth + GemmDriver<T, V>.BlockDepth - 1) / GemmDriver<T, V>.BlockDepth;
            T* packed = Scratch.Get<T>(ScratchSlot.WindowColumns, ((long)((s.Depth / blocks) + 1) * vectors * V.Count) + V.Count);
            Span<nint> places = stackalloc nint[GemmDriver<T, V>.BlockDepth];
            for (int block = 0; block < blocks; block++)
            {
                int first = WorkerPool.Share(s.Depth, block, blocks), depth = WorkerPool.Share(s.Depth, block + 1, blocks) - first;
                Span<nint> taps = places[..depth];
                image.Taps(first, taps);
                for (int panel = 0; panel < GemmDriver<T, V>.Panels(vectors); panel++)
                {
                    int from = GemmDriver<T, V>.PanelStart(vectors, panel) * V.Count, to = GemmDriver<T, V>.PanelStart(vectors, panel + 1) * V.Count;
                    WindowRows<T, V>.Collect(
                        planes, image.WindowRow, s.Windows.Columns.Count, taps, start + from, Math.Min(to, count) - from, packed + ((nint)from * depth), to - from);
                }

                problem.K = depth;
                problem.A = w + first;
                problem.B = packed;
                problem.Accumulate = HasStart || block > 0;
                GemmDriver<T, V>.Rectangle(problem, 0, problem.M, 0, count);
            }
        }
    }

    /// <summary>Columns = Wᵀ · gY for a block of channels of each image, added into the image.</summary>
    private readonly struct InputGradientWork(in ConvolutionArguments<T> arguments, int blocks) : IParallelWork
    {
        /// <summary>Windows at a time, so that the products stay in the second cache; the same for every vector width, as the order of the sums depends on it.</summary>
        private const int Step = 640;

        private readonly ConvolutionArguments<T> _a = arguments;

        internal long Units => (long)_a.Shape.Batch * _a.Shape.Groups * blocks;

        public void Run(int part, int parts)
        {
            ConvolutionShape s = _a.Shape;
            WindowImage<T, V> image = new(s.Windows);
            for (long unit = WorkerPool.Share(Units, part, parts); unit < WorkerPool.Share(Units, part + 1, parts); unit++)
            {
                long source = unit / blocks;
                int block = (int)(unit % blocks), first = WorkerPool.Share(s.Channels, block, blocks), last = WorkerPool.Share(s.Channels, block + 1, blocks);
                T* gx = _a.X + ((((nint)source * s.Channels) + first) * s.Windows.PlaneLength);
                GemmProblem<T> problem = new()
                {
                    TransposeA = true,
                    Accumulate = _a.Accumulate,
                    M = (last - first) * s.Windows.Taps,
                    N = s.Windows.Count,
                    K = s.Filters,
                    A = _a.W + ((nint)(source % s.Groups) * s.Filters * s.Depth) + ((nint)first * s.Windows.Taps),
                    Lda = s.Depth,
                    B = _a.Y + ((nint)source * s.Filters * s.Windows.Count),
                    Ldb = s.Windows.Count,
                    C = gx,
                    Ldc = s.Windows.Count,
                };
                if (s.Windows.IsIdentity) GemmDriver<T, V>.Rectangle(problem, 0, problem.M, 0, problem.N);
                else Block(problem, image, last - first, gx);
            }
        }

        private void Block(GemmProblem<T> problem, in WindowImage<T, V> image, int channels, T* gx)
        {
            Windows windows = _a.Shape.Windows;
            int step = Math.Min(Step, windows.Count);
            long length = image.Length(channels);
            T* planes = Scratch.Get<T>(ScratchSlot.WindowImage, length), columns = Scratch.Get<T>(ScratchSlot.WindowColumns, (long)problem.M * step);
            new Span<T>(planes, checked((int)length)).Clear();
            Span<nint> places = stackalloc nint[GradientRows];
            T* gy = problem.B;
            problem.Accumulate = false;
            problem.C = columns;
            problem.Ldc = step;
            for (int start = 0; start < windows.Count; start += step)
            {
                problem.N = Math.Min(step, windows.Count - start);
                problem.B = gy + start;
                GemmDriver<T, V>.Rectangle(problem, 0, problem.M, 0, problem.N);
                for (int row = 0; row < problem.M; row += GradientRows)
                {
                    Span<nint> taps = places[..Math.Min(GradientRows, problem.M - row)];
                    image.Taps(row, taps);
                    WindowRows<T, V>.Scatter(columns + ((nint)row * step), step, start, problem.N, taps, planes, image.WindowRow, windows.Columns.Count);
                }
            }

            for (int c = 0; c < channels; c++) image.Read(planes + (c * image.Plane), gx + ((nint)c * windows.PlaneLength), fresh: !_a.Accumulate);
        }
    }
}
