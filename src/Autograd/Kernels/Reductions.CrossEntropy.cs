using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Cross-entropy of rows of logits against class numbers, fused with the softmax. With p = log-softmax(logits), class
/// weights w and smoothing e, a row with target t has the loss −(1 − e) w[t] p[t] − (e/C) Σ w[c] p[c].
/// </summary>
/// <remarks>
/// Threads share rows, so that the passes over a row find it in the cache; the logarithms of a thread's rows are taken in vectors.
/// </remarks>
internal static unsafe partial class Reductions
{
    /// <summary>
    /// Losses of [rows, classes] logits, and for the gradient each row's scale m and Σ exp(x − m). A row whose target is
    /// <paramref name="ignored"/> has loss 0. Weights are one for each class, or none at all for ones.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A target that is no class.</exception>
    public static void CrossEntropy<T>(
        ReadOnlySpan<T> logits, ReadOnlySpan<int> targets, ReadOnlySpan<T> weights, int ignored, double smoothing,
        Span<T> losses, Span<T> scales, Span<T> sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int rows = targets.Length;
        int classes = Classes(logits.Length, rows, weights.Length, losses.Length, scales.Length, sums.Length);
        RequireClasses(targets, ignored, classes);
        fixed (T* x = logits, w = weights, l = losses, m = scales, s = sums)
        fixed (int* t = targets)
        {
            LossWork<T> work = new(x, t, weights.IsEmpty ? null : w, rows, classes, ignored, smoothing, l, m, s);
            WorkerPool.Run(work, Math.Min(WorkerPool.PartsFor(logits.Length, Elementwise.Grain / 2), Math.Max(rows, 1)));
        }
    }

    /// <summary>
    /// The gradient to the logits, from each row's cotangent (one element stands for all) and what
    /// <see cref="CrossEntropy"/> kept: cotangent times softmax − one-hot, weighted and smoothed.
    /// </summary>
    /// <remarks>The result may be the logits. Ignored rows get zeros.</remarks>
    public static void CrossEntropyGradient<T>(
        ReadOnlySpan<T> logits, ReadOnlySpan<int> targets, ReadOnlySpan<T> weights, int ignored, double smoothing,
        ReadOnlySpan<T> cotangents, ReadOnlySpan<T> scales, ReadOnlySpan<T> sums, Span<T> gradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int rows = targets.Length;
        int classes = Classes(
            logits.Length, rows, weights.Length, cotangents.Length == 1 ? rows : cotangents.Length, scales.Length, sums.Length);
        RequireClasses(targets, ignored, classes);
        if (gradient.Length != logits.Length)
        {
            throw new ArgumentException($"Cross-entropy: a gradient of {gradient.Length} elements for {logits.Length} logits.");
        }

        T share = T.CreateTruncating(smoothing / Math.Max(classes, 1));
        T allShares = weights.IsEmpty ? T.CreateTruncating(smoothing) : share * Sum(weights);
        fixed (T* x = logits, w = weights, c = cotangents, m = scales, s = sums, g = gradient)
        fixed (int* t = targets)
        {
            GradientWork<T> work = new(
                x, t, weights.IsEmpty ? null : w, rows, classes, ignored, T.CreateTruncating(1 - smoothing), share, allShares,
                c, cotangents.Length == 1 ? 0 : 1, m, s, g);
            WorkerPool.Run(work, Math.Min(WorkerPool.PartsFor(logits.Length, Elementwise.Grain / 2), Math.Max(rows, 1)));
        }
    }

    /// <summary>Σ w[c] (−p[c]).</summary>
    private static T SumOfLosses<T>(T* x, T* weights, int classes, T scale, T log)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T one = T.One;
        T sum = SumOf<TernaryPoint<WeightedDifferenceFunction, T>, T>(
            default, (byte*)x, 1, (byte*)&scale, 0, (byte*)(weights == null ? &one : weights), weights == null ? 0 : 1, classes);

        // The logarithm by itself: added to a large scale it would lose its digits.
        return sum + log * (weights == null ? T.CreateTruncating(classes) : Sum(new ReadOnlySpan<T>(weights, classes)));
    }

    private static int Classes(int logits, int rows, int weights, params ReadOnlySpan<int> perRow)
    {
        int classes = rows == 0 ? 0 : logits / rows;
        bool fits = logits == rows * classes && (weights == 0 || rows == 0 || weights == classes);
        foreach (int length in perRow) fits &= length == rows;
        if (!fits)
        {
            throw new ArgumentException(
                $"Cross-entropy: {logits} logits, {rows} targets, {weights} class weights and buffers of " +
                $"{string.Join(", ", perRow.ToArray())} rows do not fit together.");
        }

        return classes;
    }

    private static void RequireClasses(ReadOnlySpan<int> targets, int ignored, int classes)
    {
        for (int row = 0; row < targets.Length; row++)
        {
            if ((uint)targets[row] < (uint)classes || targets[row] == ignored) continue;
            throw new ArgumentOutOfRangeException(
                nameof(targets),
                $"Cross-entropy: target {targets[row]} at position {row} is not one of the {classes} classes 0 to {classes - 1}.");
        }
    }

    private readonly struct LossWork<T>(
        T* logits, int* targets, T* weights, int rows, int classes, int ignored, double smoothing, T* losses, T* scales, T* sums)
        : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            int first = WorkerPool.Share(rows, part, parts), end = WorkerPool.Share(rows, part + 1, parts);
            for (int row = first; row < end; row++)
            {
                sums[row] = T.One;
                if (targets[row] != ignored) sums[row] = SumOfExp(new ReadOnlySpan<T>(logits + (nint)row * classes, classes), out scales[row]);
            }

            // The logarithms of all rows at once, where the losses will be.
            Elementwise.Unary<LogFunction, T>(new(sums + first, end - first), new Span<T>(losses + first, end - first));
            for (int row = first; row < end; row++)
            {
                int target = targets[row];
                if (target == ignored)
                {
                    losses[row] = T.Zero;
                    continue;
                }

                T* x = logits + (nint)row * classes;
                T scale = scales[row], log = losses[row];
                T loss = (weights == null ? T.One : weights[target]) * (scale - x[target] + log);
                if (smoothing != 0)
                {
                    T uniform = SumOfLosses(x, weights, classes, scale, log) / T.CreateTruncating(classes);
                    loss = T.CreateTruncating(1 - smoothing) * loss + T.CreateTruncating(smoothing) * uniform;
                }

                losses[row] = loss;
            }
        }
    }

    private readonly struct GradientWork<T>(
        T* logits, int* targets, T* weights, int rows, int classes, int ignored, T sharp, T share, T allShares,
        T* cotangents, int cotangentStep, T* scales, T* sums, T* gradient) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            for (int row = WorkerPool.Share(rows, part, parts); row < WorkerPool.Share(rows, part + 1, parts); row++)
            {
                int target = targets[row];
                Span<T> g = new(gradient + (nint)row * classes, classes);
                if (target == ignored)
                {
                    g.Clear();
                    continue;
                }

                T cotangent = cotangents[row * cotangentStep];
                T own = sharp * (weights == null ? T.One : weights[target]);
                T factor = cotangent * (own + allShares) / sums[row];
                Elementwise.Ternary<ScaledExpOfDifferenceFunction, T>(
                    new(logits + (nint)row * classes, classes), new(scales + row, 1), new(in factor), g);
                g[target] -= cotangent * own;
                T uniform = -cotangent * share;
                if (share == T.Zero) continue;
                if (weights == null) Elementwise.Binary<AddFunction, T>(g, new(in uniform), g);
                else Elementwise.Ternary<MultiplyAddFunction, T>(new(weights, classes), new(in uniform), g, g);
            }
        }
    }
}

/// <summary>z exp(x − y).</summary>
internal readonly struct ScaledExpOfDifferenceFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => z * VectorMath.Exp<V, T>(x - y);
}

/// <summary>z (y − x).</summary>
internal readonly struct WeightedDifferenceFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => z * (y - x);
}
