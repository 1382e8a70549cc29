namespace Autograd.Kernels;

/// <summary>
/// Gradients by the weights: sums over images in blocks, whose number depends on the sizes alone, and in each over windows in order.
/// </summary>
internal static unsafe partial class ConvolutionDriver<T, V>
{
    /// <summary>The most blocks of images whose weight gradients are summed apart.</summary>
    private const int ImageBlocks = 8;

    /// <summary>The most elements such partial sums may take together.</summary>
    private const long PartialLength = 1 << 22;

    /// <summary>Neighbouring taps that are worth a product of their own: three of the widest vectors.</summary>
    private const int ShortRun = 48;

    internal static void WeightGradient(in ConvolutionArguments<T> a)
    {
        ConvolutionShape s = a.Shape;
        int parts = WorkerPool.PiecesFor(Math.Max(s.Work, s.WeightLength), Grain);
        if (s.IsDepthwise)
        {
            WorkerPool.Run(new DepthwiseWeightGradient(a), Math.Min(parts, s.Groups));
            return;
        }

        // How many blocks there are depends on the sizes alone, so that the order of the sum does too.
        int imageBlocks = (int)Math.Clamp(PartialLength / s.WeightLength, 1, Math.Clamp(s.Batch, 1, ImageBlocks));
        int length = (int)s.WeightLength;
        T* partials = Scratch.Get<T>(ScratchSlot.WindowPartials, (long)imageBlocks * length);
        bool byRuns = !s.Windows.IsIdentity && PixelImage<T>.Run(s) >= ShortRun;
        if (byRuns)
        {
            RunGradientWork work = new(a, partials, imageBlocks, imageBlocks * s.Groups >= parts ? 1 : PixelImage<T>.Runs(s));
            WorkerPool.Run(work, (int)Math.Min(parts, work.Units));
        }
        else
        {
            WeightGradientWork work = new(a, partials, imageBlocks, Blocks(s.Channels, s.Windows.Taps));
            WorkerPool.Run(work, (int)Math.Min(parts, work.Units));
        }

        for (int block = 1; block < imageBlocks; block++) WindowRows<T, V>.Add(partials + ((nint)block * length), partials, length);
        int groups = byRuns ? s.Groups * s.Filters : s.Groups, rows = byRuns ? s.Windows.Taps : s.Depth, columns = byRuns ? s.Channels : s.Filters;
        for (int g = 0; g < groups; g++)
        {
            nint at = (nint)g * rows * columns;
            Transposition.Copy(partials + at, columns, rows, columns, a.W + at, rows);
        }
    }

    /// <summary>
    /// W[filters, run] = gY · pixels for each run of taps that lie side by side when channels are innermost, which needs no columns:
    /// the pixels of a window are read where they lie. The partial sums are [g, f, taps, channels].
    /// </summary>
    private readonly struct RunGradientWork(in ConvolutionArguments<T> arguments, T* partials, int imageBlocks, int runParts) : IParallelWork
    {
        private readonly ConvolutionArguments<T> _a = arguments;

        internal long Units => (long)imageBlocks * _a.Shape.Groups * runParts;

        public void Run(int part, int parts)
        {
            ConvolutionShape s = _a.Shape;
            PixelImage<T> image = new(s);
            int pixels = checked((int)(image.Length + (GemmDriver<T, V>.PanelVectors * V.Count)));
            T* scratch = Scratch.Get<T>(ScratchSlot.WindowImage, pixels);
            new Span<T>(scratch, pixels).Clear();
            nint* places = Scratch.Get<nint>(ScratchSlot.WindowPlaces, s.Windows.Count);
            image.Windows(places);
            for (long unit = WorkerPool.Share(Units, part, parts); unit < WorkerPool.Share(Units, part + 1, parts); unit++)
            {
                int runPart = (int)(unit % runParts), group = (int)(unit / runParts % s.Groups), imageBlock = (int)(unit / runParts / s.Groups);
                int firstRun = WorkerPool.Share(PixelImage<T>.Runs(s), runPart, runParts), lastRun = WorkerPool.Share(PixelImage<T>.Runs(s), runPart + 1, runParts);
                int first = WorkerPool.Share(s.Batch, imageBlock, imageBlocks), end = WorkerPool.Share(s.Batch, imageBlock + 1, imageBlocks);
                T* sums = partials + (nint)(imageBlock * s.WeightLength) + ((nint)group * s.Filters * s.Depth);
                for (int index = first; index < end; index++)
                {
                    long source = ((long)index * s.Groups) + group;
                    image.Write(_a.X + ((nint)source * s.Channels * s.Windows.PlaneLength), scratch);
                    Add(source, image, scratch, places, firstRun, lastRun, sums, fresh: index == first);
                }
            }
        }

        private void Add(long source, in PixelImage<T> image, T* pixels, nint* places, int firstRun, int lastRun, T* sums, bool fresh)
        {
            ConvolutionShape s = _a.Shape;
            int windows = s.Windows.Count, run = PixelImage<T>.Run(s);
            T* gy = _a.Y + ((nint)source * s.Filters * windows);
            // Rows of gY that are a power of two apart would share cache sets.
            nint pitch = Math.Min(GemmDriver<T, V>.BlockDepth, windows) + (64 / sizeof(T));
            T* left = Scratch.Get<T>(ScratchSlot.WindowColumns, s.Filters * pitch);
            for (int start = 0; start < windows; start += GemmDriver<T, V>.BlockDepth)
            {
                int count = Math.Min(GemmDriver<T, V>.BlockDepth, windows - start);
                for (int f = 0; f < s.Filters; f++) GemmDriver<T, V>.Copy(gy + ((nint)f * windows) + start, left + (f * pitch), count);
                for (int r = firstRun; r < lastRun; r++)
                {
                    GemmProblem<T> problem = new()
                    {
                        Right = GemmRight.Gathered,
                        Accumulate = !fresh || start > 0,
                        M = s.Filters,
                        N = run,
                        K = count,
                        A = left,
                        Lda = pitch,
                        B = pixels + image.RunStart(r),
                        Places = places + start,
                        C = sums + ((nint)r * run),
                        Ldc = s.Depth,
                    };
                    GemmDriver<T, V>.Rectangle(problem, 0, s.Filters, 0, run);
                }
            }
        }
    }

    /// <summary>Wᵀ[taps, filters] = columns · gYᵀ for a block of channels, summed over a block of images.</summary>
    private readonly struct WeightGradientWork(in ConvolutionArguments<T> arguments, T* partials, int imageBlocks, int channelBlocks) : IParallelWork
    {
        private readonly ConvolutionArguments<T> _a = arguments;

        internal long Units => (long)imageBlocks * _a.Shape.Groups * channelBlocks;

        public void Run(int part, int parts)
        {
            ConvolutionShape s = _a.Shape;
            for (long unit = WorkerPool.Share(Units, part, parts); unit < WorkerPool.Share(Units, part + 1, parts); unit++)
            {
                int channelBlock = (int)(unit % channelBlocks), group = (int)(unit / channelBlocks % s.Groups), imageBlock = (int)(unit / channelBlocks / s.Groups);
                int first = WorkerPool.Share(s.Channels, channelBlock, channelBlocks), last = WorkerPool.Share(s.Channels, channelBlock + 1, channelBlocks);
                int image = WorkerPool.Share(s.Batch, imageBlock, imageBlocks), end = WorkerPool.Share(s.Batch, imageBlock + 1, imageBlocks);
                T* sum = partials + (nint)(imageBlock * s.WeightLength) + ((((nint)group * s.Depth) + ((nint)first * s.Windows.Taps)) * s.Filters);
                int rows = (last - first) * s.Windows.Taps;
                for (bool fresh = true; image < end; image++, fresh = false) Add(((long)image * s.Groups) + group, first, last, sum, fresh);
            }
        }

        private void Add(long source, int first, int last, T* sum, bool fresh)
        {
            ConvolutionShape s = _a.Shape;
            Windows windows = s.Windows;
            WindowImage<T, V> image = new(windows);
            T* x = _a.X + ((((nint)source * s.Channels) + first) * windows.PlaneLength), gy = _a.Y + ((nint)source * s.Filters * windows.Count);
            int rows = (last - first) * windows.Taps, step = GemmDriver<T, V>.BlockDepth;
            GemmProblem<T> problem = new()
            {
                Right = GemmRight.Transposed,
                Accumulate = !fresh,
                M = rows,
                N = s.Filters,
                K = windows.Count,
                A = x,
                Lda = windows.Count,
                B = gy,
                Ldb = windows.Count,
                C = sum,
                Ldc = s.Filters,
            };
            if (windows.IsIdentity)
            {
                GemmDriver<T, V>.Rectangle(problem, 0, rows, 0, s.Filters);
                return;
            }

            T* planes = Scratch.Get<T>(ScratchSlot.WindowImage, image.Length(last - first));
            nint pitch = Math.Min(step, windows.Count) + (64 / sizeof(T));
            T* columns = Scratch.Get<T>(ScratchSlot.WindowColumns, (rows * pitch) + V.Count);
            for (int c = 0; c < last - first; c++) image.Write(x + ((nint)c * windows.PlaneLength), T.Zero, planes + (c * image.Plane));
            Span<nint> places = stackalloc nint[GradientRows];
            problem.A = columns;
            problem.Lda = pitch;
            for (int start = 0; start < windows.Count; start += step)
            {
                problem.K = Math.Min(step, windows.Count - start);
                for (int row = 0; row < rows; row += GradientRows)
                {
                    Span<nint> taps = places[..Math.Min(GradientRows, rows - row)];
                    image.Taps(row, taps);
                    WindowRows<T, V>.Collect(planes, image.WindowRow, windows.Columns.Count, taps, start, problem.K, columns + (row * pitch), pitch);
                }

                problem.B = gy + start;
                problem.Accumulate = !fresh || start > 0;
                GemmDriver<T, V>.Rectangle(problem, 0, rows, 0, s.Filters);
            }
        }
    }
}
