using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// GEMM at one vector width. Columns are taken in panels of up to three vectors, rows in tiles of up to eight; the
/// order of k is the same for each element whatever tile, panel, block or thread it falls to, so the bits are too.
/// </summary>
internal static unsafe class GemmDriver<T, V>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
{
    // 8 × 3 sums, 3 vectors of B and one of A need 28 registers; with 16 registers 6 × 2 is the largest tile that does not spill.
    internal static int TileRows => Simd.HasManyRegisters ? 8 : 6;

    internal static int PanelVectors => Simd.HasManyRegisters ? 3 : 2;

    /// <summary>Steps of k that a panel holds.</summary>
    internal const int BlockDepth = 512;

    /// <summary>From this number of panels on it pays to copy tiles of A together before use.</summary>
    private const int PackLeftPanels = 4;

    /// <summary>Whether a product of so many rows and columns copies its left factor together.</summary>
    internal static bool PacksLeft(int rows, int columns) => rows > 1 && Panels(Vectors(columns)) >= PackLeftPanels;

    internal static int Vectors(int n) => (int)(((long)n + V.Count - 1) / V.Count);

    /// <summary>
    /// The number of panels of <paramref name="vectors"/> vectors. A last panel of one vector is too thin to be fast, so
    /// the last two share.
    /// </summary>
    internal static int Panels(int vectors) => (vectors + PanelVectors - 1) / PanelVectors;

    /// <summary>The first vector of a panel; that of the panel after the last is the number of vectors.</summary>
    internal static int PanelStart(int vectors, int panel)
    {
        int panels = Panels(vectors);
        return panel == panels ? vectors
            : PanelVectors == 3 && panel == panels - 1 && panel > 0 && vectors % 3 == 1 ? vectors - 2
            : panel * PanelVectors;
    }

    internal static long PackedLength(int k, int n) => (long)k * Vectors(n) * V.Count;

    /// <summary>
    /// Copies op(B)[k, n] panel by panel, each row by row and filled up to whole vectors with zeros; of several parts the one that is asked for.
    /// </summary>
    internal static void Pack(bool transposed, int k, int n, T* b, nint ldb, T* packed, int part = 0, int parts = 1)
    {
        int vectors = Vectors(n), panels = Panels(vectors);
        for (int panel = WorkerPool.Share(panels, part, parts); panel < WorkerPool.Share(panels, part + 1, parts); panel++)
        {
            int start = PanelStart(vectors, panel) * V.Count, end = PanelStart(vectors, panel + 1) * V.Count;
            T* source = transposed ? b + (start * ldb) : b + start;
            PackPanel(transposed, k, Math.Min(n, end) - start, end - start, source, ldb, packed + ((nint)start * k));
        }
    }

    internal static void PackPanel(bool transposed, int k, int columns, int width, T* b, nint ldb, T* packed)
    {
        if (transposed)
        {
            Transposition.Copy(b, ldb, columns, k, packed, width);
        }
        else
        {
            for (int row = 0; row < k; row++)
            {
                Copy(b + (row * ldb), packed + ((nint)row * width), columns);
            }
        }
        for (int row = 0; columns < width && row < k; row++)
        {
            new Span<T>(packed + ((nint)row * width) + columns, width - columns).Clear();
        }
    }

    /// <summary>
    /// Computes the rectangle of rows [m0, m1) and columns [n0, n1) of C; n0 is the start of a vector, or of a panel if B
    /// is packed.
    /// </summary>
    internal static void Rectangle(in GemmProblem<T> p, int m0, int m1, int n0, int n1)
    {
        if (m0 < m1 && n0 < n1 && p.K == 0)
        {
            for (int row = m0; row < m1 && !p.Accumulate; row++)
            {
                new Span<T>(p.C + (row * p.Ldc) + n0, n1 - n0).Clear();
            }
            return;
        }
        if (m1 - m0 == 1)
        {
            n0 += Row(p, m0, n0, n1 - n0);
        }
        if (m0 < m1 && n0 < n1)
        {
            new GemmNest<T, V>(p, m0, m1, n0, n1).Run();
        }
    }

    /// <summary>As many columns of one row of C as fill vectors, where B need not be copied for them; gives back their number.</summary>
    private static int Row(in GemmProblem<T> p, int m, int n0, int columns)
    {
        if (p.Right == GemmRight.Plain)
        {
            int whole = columns / V.Count * V.Count;
            if (whole > 0) PlainRow(p, m, n0, whole);
            return whole;
        }
        if (p.Right == GemmRight.Transposed && typeof(T) == typeof(float))
        {
            T* a = p.TransposeA ? p.A + m : p.A + (m * p.Lda), b = p.B + (n0 * p.Ldb), c = p.C + (m * p.Ldc) + n0;
            return GemmRow.Transposed(
                V.Count, (float*)a, p.TransposeA ? p.Lda : 1, (float*)b, p.Ldb, (float*)c, columns, p.K, p.Accumulate);
        }
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Copy(T* source, T* destination, int count)
    {
        int i = 0;
        for (; i + V.Count <= count; i += V.Count)
        {
            V.Store(V.Load(source + i), destination + i);
        }
        for (; i + Vec128<T>.Count <= count; i += Vec128<T>.Count)
        {
            Vec128<T>.Store(Vec128<T>.Load(source + i), destination + i);
        }
        for (; i < count; i++)
        {
            destination[i] = source[i];
        }
    }

    /// <summary>
    /// One row of C over whole vectors, with B in place: eight rows of B at a time run along the columns, so that B is
    /// read in order and each sum still goes through k in order.
    /// </summary>
    [MethodImpl(Simd.HotLoop)]
    private static void PlainRow(in GemmProblem<T> p, int m, int n0, int columns)
    {
        T* a = p.TransposeA ? p.A + m : p.A + (m * p.Lda);
        nint aStep = p.TransposeA ? p.Lda : 1, ldb = p.Ldb;
        T* b = p.B + n0;
        T* c = p.C + (m * p.Ldc) + n0;
        int k = 0;
        bool accumulate = p.Accumulate;
        for (; k + 8 <= p.K; k += 8)
        {
            V a0 = V.Broadcast(a[k * aStep]), a1 = V.Broadcast(a[(k + 1) * aStep]), a2 = V.Broadcast(a[(k + 2) * aStep]);
            V a3 = V.Broadcast(a[(k + 3) * aStep]), a4 = V.Broadcast(a[(k + 4) * aStep]), a5 = V.Broadcast(a[(k + 5) * aStep]);
            V a6 = V.Broadcast(a[(k + 6) * aStep]), a7 = V.Broadcast(a[(k + 7) * aStep]);
            T* row = b + (k * ldb);
            T* row3 = row + (3 * ldb), row6 = row3 + (3 * ldb);
            for (int i = 0; i < columns; i += V.Count)
            {
                V sum = accumulate ? V.Load(c + i) : V.Zero;
                sum = V.MultiplyAdd(a0, V.Load(row + i), sum);
                sum = V.MultiplyAdd(a1, V.Load(row + ldb + i), sum);
                sum = V.MultiplyAdd(a2, V.Load(row + (2 * ldb) + i), sum);
                sum = V.MultiplyAdd(a3, V.Load(row3 + i), sum);
                sum = V.MultiplyAdd(a4, V.Load(row3 + ldb + i), sum);
                sum = V.MultiplyAdd(a5, V.Load(row3 + (2 * ldb) + i), sum);
                sum = V.MultiplyAdd(a6, V.Load(row6 + i), sum);
                sum = V.MultiplyAdd(a7, V.Load(row6 + ldb + i), sum);
                V.Store(sum, c + i);
            }
            accumulate = true;
        }
        for (; k < p.K; k++)
        {
            V factor = V.Broadcast(a[k * aStep]);
            for (int i = 0; i < columns; i += V.Count)
            {
                V.Store(V.MultiplyAdd(factor, V.Load(b + (k * ldb) + i), accumulate ? V.Load(c + i) : V.Zero), c + i);
            }
            accumulate = true;
        }
    }
}
