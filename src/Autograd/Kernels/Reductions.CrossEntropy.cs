using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Cross-entropy of rows of logits against class numbers, fused with the softmax. With p = log-softmax(logits), class
/// weights w and smoothing e, a row with target t has the loss −(1 − e) w[t] p[t] − (e/C) Σ w[c] p[c].
/// </summary>
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
        for (int row = 0; row < rows; row++)
        {
            int target = targets[row];
            if (target == ignored)
            {
                losses[row] = T.Zero;
                continue;
            }

            RequireClass(target, classes, row);
            ReadOnlySpan<T> x = logits.Slice(row * classes, classes);
            T sum = SumOfExp(x, out T scale);
            scales[row] = scale;
            sums[row] = sum;
            T log = LogOf(sum);
            T loss = (weights.IsEmpty ? T.One : weights[target]) * (scale - x[target] + log);
            if (smoothing != 0)
            {
                T uniform = SumOfLosses(x, weights, scale, log) / T.CreateTruncating(classes);
                loss = T.CreateTruncating(1 - smoothing) * loss + T.CreateTruncating(smoothing) * uniform;
            }

            losses[row] = loss;
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
        T share = T.CreateTruncating(smoothing / Math.Max(classes, 1));
        T allShares = weights.IsEmpty ? T.CreateTruncating(smoothing) : share * Sum(weights);
        for (int row = 0; row < rows; row++)
        {
            int target = targets[row];
            Span<T> g = gradient.Slice(row * classes, classes);
            if (target == ignored)
            {
                g.Clear();
                continue;
            }

            RequireClass(target, classes, row);
            T cotangent = cotangents[cotangents.Length == 1 ? 0 : row];
            T own = T.CreateTruncating(1 - smoothing) * (weights.IsEmpty ? T.One : weights[target]);

            T factor = cotangent * (own + allShares) / sums[row];
            Elementwise.Ternary<ScaledExpOfDifferenceFunction, T>(
                logits.Slice(row * classes, classes), scales.Slice(row, 1), new(in factor), g);
            g[target] -= cotangent * own;
            if (smoothing == 0) continue;
            T uniform = -cotangent * share;
            if (weights.IsEmpty) Elementwise.Binary<AddFunction, T>(g, new(in uniform), g);
            else Elementwise.Ternary<MultiplyAddFunction, T>(weights, new(in uniform), g, g);
        }
    }

    /// <summary>Σ w[c] (−p[c]).</summary>
    private static T SumOfLosses<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, T scale, T log)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T one = T.One;
        T shift = scale + log;
        fixed (T* px = x, pw = weights)
        {
            return SumOf<TernaryPoint<WeightedDifferenceFunction, T>, T>(
                default, (byte*)px, 1, (byte*)&shift, 0, (byte*)(weights.IsEmpty ? &one : pw), weights.IsEmpty ? 0 : 1, x.Length);
        }
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

    private static void RequireClass(int target, int classes, int row)
    {
        if ((uint)target >= (uint)classes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(target), $"Cross-entropy: target {target} at position {row} is not one of the {classes} classes 0 to {classes - 1}.");
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
