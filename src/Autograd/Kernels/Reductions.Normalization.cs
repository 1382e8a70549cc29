using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Data as rows, each normalized by itself. A row is cut into <see cref="Channels"/> pieces of <see cref="Inner"/> elements, each
/// with a weight and a bias of its own; after <see cref="Period"/> rows these begin again.
/// </summary>
internal readonly record struct NormalizationLayout(int Rows, int Period, int Channels, int Inner)
{
    public int Width => Channels * Inner;

    /// <summary>The number of weights.</summary>
    public int Parameters => Period * Channels;
}

/// <summary>(x − mean) / root.</summary>
internal readonly struct StandardizeFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V mean, V root)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => (x - mean) / root;
}

/// <summary>(u − mean − x̂ slope) / root: the gradient to x from that to the normalized x̂, with mean = mean u and slope = mean u x̂.</summary>
internal readonly struct StandardizeGradientFunction(double mean, double slope, double root) : IBinaryFunction
{
    private readonly Scalar _mean = mean, _slope = slope, _root = root;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V u, V normalized)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => (u - _mean.In<V, T>() - normalized * _slope.In<V, T>()) / _root.In<V, T>();
}

/// <summary>
/// Normalization by rows. Threads share rows, or for gradients blocks of eight, whose shares of the gradient of the weights are added up
/// apart and then pairwise: so the order of that sum is the same for any number of threads.
/// </summary>
internal static unsafe partial class Reductions
{
    // Rows whose shares of the gradient of the weights are added up one after the other; the blocks' sums are added pairwise.
    private const int RowsOfBlock = 8;

    /// <summary>
    /// y = (x − mean) / √(variance + ε) · weight + bias, row by row; mean and variance (which divides by the width) are given too.
    /// Weight and bias may be empty. Where the rows are not centered the mean is 0, and the variance the mean square.
    /// </summary>
    public static void Normalize<T>(
        NormalizationLayout layout, double epsilon, bool centered,
        ReadOnlySpan<T> x, ReadOnlySpan<T> weight, ReadOnlySpan<T> bias, Span<T> y, Span<T> means, Span<T> variances)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireRows(layout, x.Length, weight.Length, bias.Length, means.Length, variances.Length, y.Length);
        fixed (T* px = x, pw = weight, pb = bias, py = y, pm = means, pv = variances)
        {
            NormalizeWork<T> work = new(layout, T.CreateTruncating(epsilon), centered, px, pw, pb, py, pm, pv);
            WorkerPool.Run(work, Math.Min(WorkerPool.PartsFor(x.Length, Elementwise.Grain / 2), Math.Max(layout.Rows, 1)));
        }
    }

    /// <summary>The gradients of <see cref="Normalize"/>; an empty span for one that is not wanted. All of each is written.</summary>
    public static void NormalizeGradient<T>(
        NormalizationLayout layout, double epsilon, bool centered,
        ReadOnlySpan<T> gy, ReadOnlySpan<T> x, ReadOnlySpan<T> weight, ReadOnlySpan<T> means, ReadOnlySpan<T> variances,
        Span<T> gx, Span<T> gWeight, Span<T> gBias)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireRows(layout, x.Length, Math.Max(weight.Length, gWeight.Length), gBias.Length, means.Length, variances.Length, gy.Length);
        int repeats = layout.Period == 0 ? 0 : layout.Rows / layout.Period, blocks = (repeats + RowsOfBlock - 1) / RowsOfBlock;
        int partial = gWeight.IsEmpty && gBias.IsEmpty ? 0 : blocks * layout.Parameters;
        T[] pooled = ArrayPool<T>.Shared.Rent(Math.Max(1, 2 * partial));
        fixed (T* pg = gy, px = x, pw = weight, pm = means, pv = variances, pgx = gx, pp = pooled)
        {
            NormalizeGradientWork<T> work = new(
                layout, T.CreateTruncating(epsilon), centered, pg, px, pw, pm, pv, gx.IsEmpty ? null : pgx,
                partial == 0 ? null : pp, partial == 0 ? null : pp + partial, blocks, repeats);
            WorkerPool.Run(work, Math.Min(WorkerPool.PartsFor(x.Length, Elementwise.Grain / 4), Math.Max(blocks * layout.Period, 1)));
        }

        if (!gWeight.IsEmpty) Sum(pooled.AsSpan(0, partial), gWeight, 1, blocks, layout.Parameters);
        if (!gBias.IsEmpty) Sum(pooled.AsSpan(partial, partial), gBias, 1, blocks, layout.Parameters);
        ArrayPool<T>.Shared.Return(pooled);
    }

    private static void RequireRows(NormalizationLayout layout, int data, int weights, int biases, int means, int variances, int result)
    {
        bool fits = data == (long)layout.Rows * layout.Width && result == data && means == layout.Rows && variances == layout.Rows
            && (weights == 0 || weights == layout.Parameters) && (biases == 0 || biases == layout.Parameters)
            && (layout.Period == 0 ? layout.Rows == 0 : layout.Rows % layout.Period == 0);
        if (!fits)
        {
            throw new ArgumentException(
                $"Normalization: {layout} does not fit {data} elements, {weights} weights, {biases} biases, {means} means, " +
                $"{variances} variances and a result of {result}.");
        }
    }

    private readonly struct NormalizeWork<T>(
        NormalizationLayout layout, T epsilon, bool centered, T* x, T* weight, T* bias, T* y, T* means, T* variances) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            int width = layout.Width;
            T count = T.CreateTruncating(width);
            for (int row = WorkerPool.Share(layout.Rows, part, parts); row < WorkerPool.Share(layout.Rows, part + 1, parts); row++)
            {
                ReadOnlySpan<T> from = new(x + (nint)row * width, width);
                Span<T> to = new(y + (nint)row * width, width);
                T mean = centered ? Sum(from) / count : T.Zero;
                T variance = SumOf<BinaryPoint<SquaredErrorFunction, T>, T>(
                    default, (byte*)(x + (nint)row * width), 1, (byte*)&mean, 0, null, 0, width) / count;
                T root = T.Sqrt(variance + epsilon);
                means[row] = mean;
                variances[row] = variance;
                if (IsPlain(layout))
                {
                    int parameter = row % layout.Period * width;
                    StandardizeRow(
                        x + (nint)row * width, mean, root, weight == null ? null : weight + parameter, bias == null ? null : bias + parameter, y + (nint)row * width, width);
                    continue;
                }

                Elementwise.Ternary<StandardizeFunction, T>(from, new(in mean), new(in root), to);
                Scale(layout, row, weight, bias, to);
            }
        }
    }

    private readonly struct NormalizeGradientWork<T>(
        NormalizationLayout layout, T epsilon, bool centered, T* gy, T* x, T* weight, T* means, T* variances, T* gx,
        T* weightSums, T* biasSums, int blocks, int repeats) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            int width = layout.Width, units = blocks * layout.Period;
            T* scratch = Scratch.Get<T>(ScratchSlot.Normalization, 2L * width);
            for (int unit = WorkerPool.Share(units, part, parts); unit < WorkerPool.Share(units, part + 1, parts); unit++)
            {
                (int block, int phase) = Math.DivRem(unit, layout.Period);
                int end = Math.Min(repeats, (block + 1) * RowsOfBlock);
                for (int repeat = block * RowsOfBlock; repeat < end; repeat++)
                {
                    Row((repeat * layout.Period) + phase, new Span<T>(scratch, width), new Span<T>(scratch + width, width), unit, repeat == block * RowsOfBlock);
                }
            }
        }

        private void Row(int row, Span<T> normalized, Span<T> scaled, int unit, bool first)
        {
            int width = layout.Width;
            ReadOnlySpan<T> g = new(gy + (nint)row * width, width);
            T root = T.Sqrt(variances[row] + epsilon);
            if (IsPlain(layout))
            {
                int parameter = row % layout.Period * width;
                T* sums = weightSums == null ? null : weightSums + (nint)unit * width, biases = weightSums == null ? null : biasSums + (nint)unit * width;
                fixed (T* n = normalized, s = scaled)
                {
                    T* own = weight == null ? null : weight + parameter;
                    StandardizeGradientRow(gy + (nint)row * width, x + (nint)row * width, means[row], root, own, n, s, sums, biases, first, width);
                }

                Finish(row, weight == null ? g : scaled, normalized, root);
                return;
            }

            Elementwise.Ternary<StandardizeFunction, T>(new(x + (nint)row * width, width), new(means + row, 1), new(in root), normalized);
            if (weightSums != null)
            {
                Gather(g, normalized, new(weightSums + (nint)unit * layout.Channels, layout.Channels), first);
                Gather(g, default, new(biasSums + (nint)unit * layout.Channels, layout.Channels), first);
            }

            if (gx == null) return;
            ReadOnlySpan<T> u = g;
            if (weight != null)
            {
                g.CopyTo(scaled);
                Scale(layout, row, weight, null, scaled);
                u = scaled;
            }

            Finish(row, u, normalized, root);
        }

        /// <summary>The gradient to x from that to the normalized row.</summary>
        private void Finish(int row, ReadOnlySpan<T> u, ReadOnlySpan<T> normalized, T root)
        {
            if (gx == null) return;
            int width = layout.Width;
            double mean = centered ? double.CreateTruncating(Sum(u)) / width : 0, slope = double.CreateTruncating(Dot(u, normalized)) / width;
            Elementwise.Binary(
                u, normalized, new Span<T>(gx + (nint)row * width, width), new StandardizeGradientFunction(mean, slope, double.CreateTruncating(root)));
        }

        /// <summary>Adds the row's share, g · other or g alone, to the sums of the channels; the first row sets them.</summary>
        private void Gather(ReadOnlySpan<T> g, ReadOnlySpan<T> other, Span<T> sums, bool first)
        {
            if (layout.Inner == 1)
            {
                if (first && other.IsEmpty) g.CopyTo(sums);
                else if (first) Elementwise.Binary<MultiplyFunction, T>(g, other, sums);
                else if (other.IsEmpty) Elementwise.Binary<AddFunction, T>(g, sums, sums);
                else Elementwise.Ternary<MultiplyAddFunction, T>(g, other, sums, sums);
                return;
            }

            for (int channel = 0; channel < sums.Length; channel++)
            {
                ReadOnlySpan<T> piece = g.Slice(channel * layout.Inner, layout.Inner);
                T sum = other.IsEmpty ? Sum(piece) : Dot(piece, other.Slice(channel * layout.Inner, layout.Inner));
                sums[channel] = first ? sum : sums[channel] + sum;
            }
        }
    }

    /// <summary>A row times its weights, plus its biases; null for none.</summary>
    private static void Scale<T>(NormalizationLayout layout, int row, T* weight, T* bias, Span<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (weight == null && bias == null) return;
        int first = row % layout.Period * layout.Channels;
        int pieces = layout.Inner == 1 ? 1 : layout.Channels, each = layout.Inner == 1 ? layout.Channels : 1, length = values.Length / Math.Max(pieces, 1);
        for (int piece = 0; piece < pieces; piece++)
        {
            Span<T> part = values.Slice(piece * length, length);
            ReadOnlySpan<T> w = new(weight + first + piece, weight == null ? 0 : each), b = new(bias + first + piece, bias == null ? 0 : each);
            if (bias == null) Elementwise.Binary<MultiplyFunction, T>(part, w, part);
            else if (weight == null) Elementwise.Binary<AddFunction, T>(part, b, part);
            else Elementwise.Ternary<MultiplyAddFunction, T>(part, w, b, part);
        }
    }
}
