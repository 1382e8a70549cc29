using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>A number known at compile time, so that one source gives a loop-free kernel for each tile size.</summary>
internal interface IConstant
{
    static abstract int Value { get; }
}

internal readonly struct N0 : IConstant { public static int Value => 0; }

internal readonly struct N1 : IConstant { public static int Value => 1; }

internal readonly struct N2 : IConstant { public static int Value => 2; }

internal readonly struct N3 : IConstant { public static int Value => 3; }

internal readonly struct N4 : IConstant { public static int Value => 4; }

internal readonly struct N5 : IConstant { public static int Value => 5; }

internal readonly struct N6 : IConstant { public static int Value => 6; }

internal readonly struct N7 : IConstant { public static int Value => 7; }

internal readonly struct N8 : IConstant { public static int Value => 8; }

/// <summary>
/// What a register tile computes, or several below each other. A and B may lie packed or in place: both have free strides, counted in elements.
/// </summary>
internal unsafe struct TileWork<T>
    where T : unmanaged
{
    /// <summary>Tiles, which share B; <see cref="Copy"/> is for one alone.</summary>
    internal int Tiles;
    internal T* A;
    internal nint ARow;

    /// <summary>From one k to the next.</summary>
    internal nint AStep;

    /// <summary>From one tile to the next.</summary>
    internal nint ATile;
    internal T* B;
    internal nint BStep;

    /// <summary>Where each row of B lies from <see cref="B"/> on, or null if they are <see cref="BStep"/> apart.</summary>
    internal nint* Places;

    /// <summary>Where B is to be copied together while it is read, or null.</summary>
    internal T* Copy;

    /// <summary>What to fetch into the second cache meanwhile, from one k to the next <see cref="AheadStep"/> elements on; 0 for nothing.</summary>
    internal T* Ahead;
    internal nint AheadStep;

    /// <summary>The length of the chains over k.</summary>
    internal nint Count;
    internal T* C;
    internal nint CRow;
    internal bool Accumulate;
}

/// <summary>Chooses the register tile of so many rows and vectors.</summary>
internal static class GemmTiles<T, V>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
{
    internal static void Run(int rows, int vectors, in TileWork<T> work)
    {
        switch (vectors)
        {
            case 1:
                Run<N1>(rows, work);
                break;
            case 2:
                Run<N2>(rows, work);
                break;
            default:
                Run<N3>(rows, work);
                break;
        }
    }

    private static void Run<N>(int rows, in TileWork<T> work)
        where N : struct, IConstant
    {
        switch (rows)
        {
            case 1:
                GemmTile<T, V, N1, N>.Run(work);
                break;
            case 2:
                GemmTile<T, V, N2, N>.Run(work);
                break;
            case 3:
                GemmTile<T, V, N3, N>.Run(work);
                break;
            case 4:
                GemmTile<T, V, N4, N>.Run(work);
                break;
            case 5:
                GemmTile<T, V, N5, N>.Run(work);
                break;
            case 6:
                GemmTile<T, V, N6, N>.Run(work);
                break;
            case 7:
                GemmTile<T, V, N7, N>.Run(work);
                break;
            default:
                GemmTile<T, V, N8, N>.Run(work);
                break;
        }
    }
}

/// <summary>
/// The register tile of GEMM: C[rows, N·W] = (or +=) Σ over k of a[row, k] · b[k, column], each element one chain of
/// multiply-adds in the order of k.
/// </summary>
internal static unsafe class GemmTile<T, V, R, N>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
    where R : struct, IConstant
    where N : struct, IConstant
{
    /// <summary>Rows of B in place lie on pages of their own, so the processor does not fetch ahead by itself.</summary>
    private const int PrefetchRows = 8;

    internal static void Run(in TileWork<T> work)
    {
        if (work.Places != null)
        {
            if (work.Copy != null) Run<N1, N1>(work);
            else Run<N0, N1>(work);
        }
        else if (work.Copy != null)
        {
            Run<N1, N0>(work);
        }
        else if (work.AheadStep != 0)
        {
            Run<N2, N0>(work);
        }
        else
        {
            Run<N0, N0>(work);
        }
    }

    /// <summary>Extra is 1 to copy rows of B together, 2 to fetch what comes next, and 0 for neither; Gathers is 1 for rows with places.</summary>
    [MethodImpl(Simd.HotLoop)]
    private static void Run<TExtra, TGathers>(in TileWork<T> work)
        where TExtra : struct, IConstant
        where TGathers : struct, IConstant
    {
        T* copy = work.Copy, ahead = work.Ahead;
        nint aheadStep = work.AheadStep, aRow = work.ARow, aStep = work.AStep, bStep = work.BStep, cRow = work.CRow;
        nint end = work.Count * aStep;
        for (int tile = 0; tile < work.Tiles; tile++)
        {
            T* a = work.A + (tile * work.ATile), b = work.B, c = work.C + (tile * R.Value * cRow);
            nint* places = work.Places;
            V s00 = V.Zero, s01 = V.Zero, s02 = V.Zero;
            V s10 = V.Zero, s11 = V.Zero, s12 = V.Zero;
            V s20 = V.Zero, s21 = V.Zero, s22 = V.Zero;
            V s30 = V.Zero, s31 = V.Zero, s32 = V.Zero;
            V s40 = V.Zero, s41 = V.Zero, s42 = V.Zero;
            V s50 = V.Zero, s51 = V.Zero, s52 = V.Zero;
            V s60 = V.Zero, s61 = V.Zero, s62 = V.Zero;
            V s70 = V.Zero, s71 = V.Zero, s72 = V.Zero;
            if (work.Accumulate)
            {
                Load(c, ref s00, ref s01, ref s02);
                if (R.Value > 1) Load(c + cRow, ref s10, ref s11, ref s12);
                if (R.Value > 2) Load(c + (2 * cRow), ref s20, ref s21, ref s22);
                if (R.Value > 3) Load(c + (3 * cRow), ref s30, ref s31, ref s32);
                if (R.Value > 4) Load(c + (4 * cRow), ref s40, ref s41, ref s42);
                if (R.Value > 5) Load(c + (5 * cRow), ref s50, ref s51, ref s52);
                if (R.Value > 6) Load(c + (6 * cRow), ref s60, ref s61, ref s62);
                if (R.Value > 7) Load(c + (7 * cRow), ref s70, ref s71, ref s72);
            }
            T* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow, a6 = a5 + aRow, a7 = a6 + aRow;
            for (nint k = 0; k != end; k += aStep)
            {
                T* from = TGathers.Value == 1 ? b + *places++ : b;
                V b0 = V.Load(from);
                V b1 = N.Value > 1 ? V.Load(from + V.Count) : V.Zero;
                V b2 = N.Value > 2 ? V.Load(from + (2 * V.Count)) : V.Zero;
                Add(V.Broadcast(a[k]), b0, b1, b2, ref s00, ref s01, ref s02);
                if (R.Value > 1) Add(V.Broadcast(a1[k]), b0, b1, b2, ref s10, ref s11, ref s12);
                if (R.Value > 2) Add(V.Broadcast(a2[k]), b0, b1, b2, ref s20, ref s21, ref s22);
                if (R.Value > 3) Add(V.Broadcast(a3[k]), b0, b1, b2, ref s30, ref s31, ref s32);
                if (R.Value > 4) Add(V.Broadcast(a4[k]), b0, b1, b2, ref s40, ref s41, ref s42);
                if (R.Value > 5) Add(V.Broadcast(a5[k]), b0, b1, b2, ref s50, ref s51, ref s52);
                if (R.Value > 6) Add(V.Broadcast(a6[k]), b0, b1, b2, ref s60, ref s61, ref s62);
                if (R.Value > 7) Add(V.Broadcast(a7[k]), b0, b1, b2, ref s70, ref s71, ref s72);
                if (TGathers.Value == 0) b += bStep;
                if (TExtra.Value == 1 && TGathers.Value == 0)
                {
                    T* later = b + (PrefetchRows * bStep);
                    Simd.Prefetch(later);
                    if (N.Value > 1) Simd.Prefetch(later + V.Count);
                    if (N.Value > 2) Simd.Prefetch(later + (2 * V.Count));
                }
                if (TExtra.Value == 1)
                {
                    Store(copy, b0, b1, b2);
                    copy += N.Value * V.Count;
                }
                if (TExtra.Value == 2)
                {
                    Simd.PrefetchFar(ahead);
                    ahead += aheadStep;
                }
            }
            Store(c, s00, s01, s02);
            if (R.Value > 1) Store(c + cRow, s10, s11, s12);
            if (R.Value > 2) Store(c + (2 * cRow), s20, s21, s22);
            if (R.Value > 3) Store(c + (3 * cRow), s30, s31, s32);
            if (R.Value > 4) Store(c + (4 * cRow), s40, s41, s42);
            if (R.Value > 5) Store(c + (5 * cRow), s50, s51, s52);
            if (R.Value > 6) Store(c + (6 * cRow), s60, s61, s62);
            if (R.Value > 7) Store(c + (7 * cRow), s70, s71, s72);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(T* c, ref V s0, ref V s1, ref V s2)
    {
        s0 = V.Load(c);
        if (N.Value > 1) s1 = V.Load(c + V.Count);
        if (N.Value > 2) s2 = V.Load(c + (2 * V.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(V a, V b0, V b1, V b2, ref V s0, ref V s1, ref V s2)
    {
        V.AddProduct(a, b0, ref s0);
        if (N.Value > 1) V.AddProduct(a, b1, ref s1);
        if (N.Value > 2) V.AddProduct(a, b2, ref s2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* c, V s0, V s1, V s2)
    {
        V.Store(s0, c);
        if (N.Value > 1) V.Store(s1, c + V.Count);
        if (N.Value > 2) V.Store(s2, c + (2 * V.Count));
    }
}
