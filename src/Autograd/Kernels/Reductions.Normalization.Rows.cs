using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Rows in which each element has a weight and a bias of its own, in one pass each, with the bits of the passes one by one: a vector
/// of each operand at a time.
/// </summary>
internal static unsafe partial class Reductions
{
    /// <summary>Whether a row is done in passes of its own; a very long one is left to several threads.</summary>
    private static bool IsPlain(in NormalizationLayout layout) => layout.Inner == 1 && layout.Width < 2 * Elementwise.Grain;

    /// <summary>y = (x − mean) / root · weight + bias; null for no weight or bias.</summary>
    private static void StandardizeRow<T>(T* x, T mean, T root, T* weight, T* bias, T* y, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (Simd.Width)
        {
            case 512: StandardizeRow<Vec512<T>, T>(x, mean, root, weight, bias, y, count); break;
            case 256: StandardizeRow<Vec256<T>, T>(x, mean, root, weight, bias, y, count); break;
            case 128: StandardizeRow<Vec128<T>, T>(x, mean, root, weight, bias, y, count); break;
            default: StandardizeRow<Vec1<T>, T>(x, mean, root, weight, bias, y, count); break;
        }
    }

    [MethodImpl(Simd.HotLoop)]
    private static void StandardizeRow<V, T>(T* x, T mean, T root, T* weight, T* bias, T* y, int count)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V shift = V.Broadcast(mean), scale = V.Broadcast(root);
        for (int i = 0; i < count; i += V.Count)
        {
            bool whole = i + V.Count <= count;
            V mask = V.FirstLanes(count - i);
            V value = ((whole ? V.Load(x + i) : V.LoadWhere(x + i, mask)) - shift) / scale;
            if (weight != null)
            {
                V w = whole ? V.Load(weight + i) : V.LoadWhere(weight + i, mask);
                value = bias == null ? value * w : V.MultiplyAdd(value, w, whole ? V.Load(bias + i) : V.LoadWhere(bias + i, mask));
            }
            else if (bias != null)
            {
                value += whole ? V.Load(bias + i) : V.LoadWhere(bias + i, mask);
            }

            if (whole) V.Store(value, y + i);
            else V.StoreWhere(value, y + i, mask);
        }
    }

    /// <summary>
    /// normalized = (x − mean) / root and, with a weight, scaled = g · weight. Where they are wanted the sums of g · normalized and of g
    /// go on, or with <paramref name="first"/> begin.
    /// </summary>
    private static void StandardizeGradientRow<T>(
        T* g, T* x, T mean, T root, T* weight, T* normalized, T* scaled, T* weightSums, T* biasSums, bool first, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (Simd.Width)
        {
            case 512: StandardizeGradientRow<Vec512<T>, T>(g, x, mean, root, weight, normalized, scaled, weightSums, biasSums, first, count); break;
            case 256: StandardizeGradientRow<Vec256<T>, T>(g, x, mean, root, weight, normalized, scaled, weightSums, biasSums, first, count); break;
            case 128: StandardizeGradientRow<Vec128<T>, T>(g, x, mean, root, weight, normalized, scaled, weightSums, biasSums, first, count); break;
            default: StandardizeGradientRow<Vec1<T>, T>(g, x, mean, root, weight, normalized, scaled, weightSums, biasSums, first, count); break;
        }
    }

    [MethodImpl(Simd.HotLoop)]
    private static void StandardizeGradientRow<V, T>(
        T* g, T* x, T mean, T root, T* weight, T* normalized, T* scaled, T* weightSums, T* biasSums, bool first, int count)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V shift = V.Broadcast(mean), scale = V.Broadcast(root);
        for (int i = 0; i < count; i += V.Count)
        {
            bool whole = i + V.Count <= count;
            V mask = V.FirstLanes(count - i);
            V cotangent = whole ? V.Load(g + i) : V.LoadWhere(g + i, mask);
            V value = ((whole ? V.Load(x + i) : V.LoadWhere(x + i, mask)) - shift) / scale;
            if (whole) V.Store(value, normalized + i);
            else V.StoreWhere(value, normalized + i, mask);
            if (weight != null)
            {
                V product = cotangent * (whole ? V.Load(weight + i) : V.LoadWhere(weight + i, mask));
                if (whole) V.Store(product, scaled + i);
                else V.StoreWhere(product, scaled + i, mask);
            }

            if (weightSums == null) continue;
            V weightSum, biasSum;
            if (first)
            {
                weightSum = cotangent * value;
                biasSum = cotangent;
            }
            else
            {
                weightSum = V.MultiplyAdd(cotangent, value, whole ? V.Load(weightSums + i) : V.LoadWhere(weightSums + i, mask));
                biasSum = cotangent + (whole ? V.Load(biasSums + i) : V.LoadWhere(biasSums + i, mask));
            }

            if (whole)
            {
                V.Store(weightSum, weightSums + i);
                V.Store(biasSum, biasSums + i);
            }
            else
            {
                V.StoreWhere(weightSum, weightSums + i, mask);
                V.StoreWhere(biasSum, biasSums + i, mask);
            }
        }
    }
}
