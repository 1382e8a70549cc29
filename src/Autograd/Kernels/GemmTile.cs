using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>A number known at compile time, so that one source gives a loop-free kernel for each tile size.</summary>
internal interface IConstant
{
    static abstract int Value { get; }
}

internal readonly struct N1 : IConstant { public static int Value => 1; }

internal readonly struct N2 : IConstant { public static int Value => 2; }

internal readonly struct N3 : IConstant { public static int Value => 3; }

internal readonly struct N4 : IConstant { public static int Value => 4; }

internal readonly struct N5 : IConstant { public static int Value => 5; }

internal readonly struct N6 : IConstant { public static int Value => 6; }

internal readonly struct N7 : IConstant { public static int Value => 7; }

internal readonly struct N8 : IConstant { public static int Value => 8; }

/// <summary>
/// The register tile of GEMM: C[rows, N·W] = (or +=) Σ over k of a[row, k] · b[k, column], each element one chain of
/// multiply-adds in the order of k. A and B may lie packed or in place: both have free strides, counted in elements.
/// </summary>
internal static unsafe class GemmTile<T, V, R, N>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
    where R : struct, IConstant
    where N : struct, IConstant
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run(T* a, nint aRow, nint aStep, T* b, nint bStep, nint count, T* c, nint cRow, bool accumulate)
    {
        TileRow<T, V> r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        if (accumulate)
        {
            r0.Load<N>(c);
            if (R.Value > 1) r1.Load<N>(c + cRow);
            if (R.Value > 2) r2.Load<N>(c + (2 * cRow));
            if (R.Value > 3) r3.Load<N>(c + (3 * cRow));
            if (R.Value > 4) r4.Load<N>(c + (4 * cRow));
            if (R.Value > 5) r5.Load<N>(c + (5 * cRow));
            if (R.Value > 6) r6.Load<N>(c + (6 * cRow));
            if (R.Value > 7) r7.Load<N>(c + (7 * cRow));
        }
        T* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow, a6 = a5 + aRow, a7 = a6 + aRow;
        nint end = count * aStep;
        for (nint k = 0; k != end; k += aStep)
        {
            V b0 = V.Load(b);
            V b1 = N.Value > 1 ? V.Load(b + V.Count) : V.Zero;
            V b2 = N.Value > 2 ? V.Load(b + (2 * V.Count)) : V.Zero;
            r0.Add<N>(V.Broadcast(a[k]), b0, b1, b2);
            if (R.Value > 1) r1.Add<N>(V.Broadcast(a1[k]), b0, b1, b2);
            if (R.Value > 2) r2.Add<N>(V.Broadcast(a2[k]), b0, b1, b2);
            if (R.Value > 3) r3.Add<N>(V.Broadcast(a3[k]), b0, b1, b2);
            if (R.Value > 4) r4.Add<N>(V.Broadcast(a4[k]), b0, b1, b2);
            if (R.Value > 5) r5.Add<N>(V.Broadcast(a5[k]), b0, b1, b2);
            if (R.Value > 6) r6.Add<N>(V.Broadcast(a6[k]), b0, b1, b2);
            if (R.Value > 7) r7.Add<N>(V.Broadcast(a7[k]), b0, b1, b2);
            b += bStep;
        }
        r0.Store<N>(c);
        if (R.Value > 1) r1.Store<N>(c + cRow);
        if (R.Value > 2) r2.Store<N>(c + (2 * cRow));
        if (R.Value > 3) r3.Store<N>(c + (3 * cRow));
        if (R.Value > 4) r4.Store<N>(c + (4 * cRow));
        if (R.Value > 5) r5.Store<N>(c + (5 * cRow));
        if (R.Value > 6) r6.Store<N>(c + (6 * cRow));
        if (R.Value > 7) r7.Store<N>(c + (7 * cRow));
    }
}

/// <summary>One row of a register tile: up to three vectors of running sums.</summary>
internal unsafe struct TileRow<T, V>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
{
    private V _x0;
    private V _x1;
    private V _x2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Load<N>(T* c)
        where N : struct, IConstant
    {
        _x0 = V.Load(c);
        if (N.Value > 1) _x1 = V.Load(c + V.Count);
        if (N.Value > 2) _x2 = V.Load(c + (2 * V.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add<N>(V a, V b0, V b1, V b2)
        where N : struct, IConstant
    {
        _x0 = V.MultiplyAdd(a, b0, _x0);
        if (N.Value > 1) _x1 = V.MultiplyAdd(a, b1, _x1);
        if (N.Value > 2) _x2 = V.MultiplyAdd(a, b2, _x2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly void Store<N>(T* c)
        where N : struct, IConstant
    {
        V.Store(_x0, c);
        if (N.Value > 1) V.Store(_x1, c + V.Count);
        if (N.Value > 2) V.Store(_x2, c + (2 * V.Count));
    }
}
