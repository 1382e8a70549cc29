using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>Where the right factor of a product lies.</summary>
internal enum GemmRight
{
    /// <summary>[k, n], row by row.</summary>
    Plain,

    /// <summary>[n, k], row by row; the product uses its transpose.</summary>
    Transposed,

    /// <summary>Each row where <see cref="GemmProblem{T}.Places"/> says; up to three vectors behind the last column may be read.</summary>
    Gathered,

    /// <summary>Packed by <see cref="GemmDriver{T, V}.Pack"/>.</summary>
    Packed,
}

/// <summary>C[M, N] = (or +=) op(A)[M, K] · B[K, N]; leading dimensions in elements.</summary>
internal unsafe struct GemmProblem<T>
    where T : unmanaged
{
    internal bool TransposeA;
    internal GemmRight Right;
    internal bool Accumulate;
    internal int M;
    internal int N;
    internal int K;
    internal T* A;
    internal nint Lda;
    internal T* B;
    internal nint Ldb;

    /// <summary>Of a gathered right factor: row k begins at B + Places[k].</summary>
    internal nint* Places;
    internal T* C;
    internal nint Ldc;

    /// <summary>A product of two factors that lie row by row; a transposed A is [K, M] there, a transposed B is [N, K].</summary>
    internal static GemmProblem<T> Of(bool transposeA, bool transposeB, int m, int n, int k, T* a, nint lda, T* b, nint ldb, T* c, nint ldc,
        bool accumulate) => new()
        {
            TransposeA = transposeA,
            Right = transposeB ? GemmRight.Transposed : GemmRight.Plain,
            Accumulate = accumulate,
            M = m,
            N = n,
            K = k,
            A = a,
            Lda = lda,
            B = b,
            Ldb = ldb,
            C = c,
            Ldc = ldc,
        };
}

/// <summary>
/// GEMM at one vector width. Columns are taken in panels of up to three vectors, rows in tiles of up to eight; the
/// order of k is the same for each element whatever tile, panel, block or thread it falls to, so the bits are too.
/// </summary>
internal static unsafe class GemmDriver<T, V>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
{
    // 8 × 3 sums, 3 vectors of B and one of A need 28 registers; with 16 registers 6 × 2 is the largest tile that does not spill.
    private static bool HasManyRegisters => Avx512F.VL.IsSupported || AdvSimd.Arm64.IsSupported;

    private static int TileRows => HasManyRegisters ? 8 : 6;

    internal static int PanelVectors => HasManyRegisters ? 3 : 2;

    // Goto's nest: 512 × 48 floats of B are a panel, which streams from the second cache for each of the 16 tiles of a block of A; these
    // wait there, too. Up to 64 panels are kept for the next block, so that A is copied together once for 3,072 columns.
    internal const int BlockDepth = 512;
    private const int BlockPanels = 64;
    private const int BlockTiles = 16;

    /// <summary>A right factor that the second cache does not hold, so that it pays to ask for the next panel in time.</summary>
    private const int LargeBytes = 1 << 19;

    /// <summary>
    /// From this number of rows on it pays to copy panels of B together before use: a power of two as leading dimension
    /// maps its rows to few cache sets.
    /// </summary>
    private const int PackRightRows = 8;

    /// <summary>Steps of k that a transposed A is fetched ahead while it is copied together.</summary>
    private const int PrefetchSteps = 8;

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

    private static void PackPanel(bool transposed, int k, int columns, int width, T* b, nint ldb, T* packed)
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
        if (m0 >= m1 || n0 >= n1)
        {
            return;
        }
        if (p.K == 0)
        {
            for (int row = m0; row < m1 && !p.Accumulate; row++)
            {
                new Span<T>(p.C + (row * p.Ldc) + n0, n1 - n0).Clear();
            }
            return;
        }
        if (m1 - m0 == 1 && p.Right == GemmRight.Plain && n1 - n0 >= V.Count)
        {
            int whole = (n1 - n0) / V.Count * V.Count;
            Row(p, m0, n0, whole);
            n0 += whole;
        }
        if (m1 - m0 == 1 && p.Right == GemmRight.Transposed && typeof(T) == typeof(float))
        {
            T* row = p.TransposeA ? p.A + m0 : p.A + (m0 * p.Lda), c = p.C + (m0 * p.Ldc) + n0;
            n0 += GemmRow.Transposed(
                V.Count, (float*)row, p.TransposeA ? p.Lda : 1, (float*)(p.B + (n0 * p.Ldb)), p.Ldb, (float*)c, n1 - n0, p.K, p.Accumulate);
            if (n0 == n1) return;
        }
        int depth = Math.Min(p.K, BlockDepth), vectors = Vectors(n1 - n0), panels = Panels(vectors);
        bool packLeft = PacksLeft(m1 - m0, n1 - n0), packRight = m1 - m0 >= PackRightRows;
        int blockPanels = Math.Min(panels, BlockPanels);
        bool isLarge = (long)p.K * (n1 - n0) * sizeof(T) > LargeBytes;
        bool keepsPanels = BlockEnd(m0, m1) < m1; // otherwise one place will do, which stays in the cache
        nint leftRow = depth + (64 / sizeof(T)), panelLength = (nint)depth * PanelVectors * V.Count;
        T* left = packLeft ? Scratch.Get<T>(ScratchSlot.GemmA, BlockTiles * TileRows * leftRow) : null;
        // As much as any part of the product takes, so that no thread's memory grows late by the part it happens to get.
        int mostPanels = BlockEnd(0, p.M) < p.M ? Math.Min(Panels(Vectors(p.N)), BlockPanels) : 1;
        T* right = Scratch.Get<T>(ScratchSlot.GemmB, mostPanels * panelLength);
        T* edge = Scratch.Get<T>(ScratchSlot.GemmC, TileRows * PanelVectors * V.Count);
        for (int k = 0; k < p.K; k += BlockDepth)
        {
            int count = Math.Min(BlockDepth, p.K - k);
            bool accumulate = p.Accumulate || k > 0;
            for (int first = 0; first < panels; first += blockPanels)
            {
                int last = Math.Min(first + blockPanels, panels);
                for (int m = m0, blockEnd; m < m1; m = blockEnd)
                {
                    blockEnd = BlockEnd(m, m1);
                    if (packLeft)
                    {
                        PackLeft(p, m, blockEnd, m1, k, count, left, leftRow);
                    }
                    for (int panel = first; panel < last; panel++)
                    {
                        int n = n0 + (PanelStart(vectors, panel) * V.Count), end = n0 + (PanelStart(vectors, panel + 1) * V.Count);
                        int width = end - n, columns = Math.Min(end, n1) - n;
                        bool isPacked = p.Right == GemmRight.Packed, isGathered = p.Right == GemmRight.Gathered;
                        bool isPlain = (p.Right == GemmRight.Plain && columns == width) || isGathered;
                        T* source = isPacked ? p.B + ((nint)n * p.K) + ((nint)k * width)
                            : isGathered ? p.B + n
                            : p.Right == GemmRight.Plain ? p.B + (k * p.Ldb) + n
                            : p.B + (n * p.Ldb) + k;
                        T* packed = isPacked ? source : keepsPanels ? right + ((panel - first) * panelLength) : right;
                        if (m == m0 && !isPlain && !isPacked)
                        {
                            PackPanel(p.Right == GemmRight.Transposed, count, columns, width, source, p.Ldb, packed);
                        }
                        bool readsInPlace = isPlain && (m == m0 || !packRight);
                        // While a panel serves its tiles, the next one comes from wherever it is.
                        bool fetches = isLarge && panel + 1 < last && (isPacked || (keepsPanels && m > m0));
                        T* next = !fetches ? packed : isPacked ? packed + ((nint)width * p.K) : packed + panelLength;
                        nint nextStep = fetches ? width * TileRows / (blockEnd - m) : 0;
                        for (int row = m, tile; row < blockEnd; row += tile)
                        {
                            tile = TileHeight(m1 - row);
                            var work = new TileWork<T>
                            {
                                A = packLeft ? left + ((row - m) * leftRow) : p.TransposeA ? p.A + (k * p.Lda) + row : p.A + (row * p.Lda) + k,
                                ARow = p.TransposeA ? 1 : packLeft ? leftRow : p.Lda,
                                AStep = !p.TransposeA ? 1 : packLeft ? tile : p.Lda,
                                B = readsInPlace ? source : packed,
                                BStep = readsInPlace ? p.Ldb : width,
                                Places = readsInPlace && isGathered ? p.Places + k : null,
                                Copy = readsInPlace && packRight ? packed : null,
                                Ahead = next,
                                AheadStep = nextStep,
                                Count = count,
                                C = columns == width ? p.C + (row * p.Ldc) + n : edge,
                                CRow = columns == width ? p.Ldc : width,
                                Accumulate = accumulate,
                            };
                            next += nextStep * count;
                            // The first tile leaves a copy of the panel for the others.
                            readsInPlace &= !packRight;
                            if (columns == width)
                            {
                                Tile(tile, width / V.Count, work);
                                continue;
                            }
                            T* c = p.C + (row * p.Ldc) + n;
                            CopyRows(accumulate ? tile : 0, columns, c, p.Ldc, edge, width);
                            Tile(tile, width / V.Count, work);
                            CopyRows(tile, columns, edge, width, c, p.Ldc);
                        }
                    }
                }
            }
        }
    }

    /// <summary>The row after the next tiles of a block.</summary>
    private static int BlockEnd(int m, int m1)
    {
        for (int tiles = 0; tiles < BlockTiles && m < m1; tiles++)
        {
            m += TileHeight(m1 - m);
        }
        return m;
    }

    /// <summary>Copies the tiles of rows [m, end) of op(A) together, each [row, k] or, if A is transposed, [k, row].</summary>
    private static void PackLeft(in GemmProblem<T> p, int m, int end, int m1, int k, int count, T* left, nint leftRow)
    {
        if (!p.TransposeA)
        {
            CopyRows(end - m, count, p.A + (m * p.Lda) + k, p.Lda, left, leftRow);
            return;
        }
        int whole = 0;
        while (m + (whole * TileRows) < end && TileHeight(m1 - m - (whole * TileRows)) == TileRows)
        {
            whole++;
        }
        for (int step = 0; step < count; step++)
        {
            T* source = p.A + ((k + step) * p.Lda) + m;
            T* destination = left + ((nint)step * TileRows);
            for (int tile = 0; tile < whole; tile++)
            {
                // Each step lies on a page of its own, so that the processor does not fetch ahead by itself.
                Simd.Prefetch(source + (PrefetchSteps * p.Lda));
                CopyTile(source, destination);
                source += TileRows;
                destination += TileRows * leftRow;
            }
        }
        for (int row = m + (whole * TileRows), tile; row < end; row += tile)
        {
            tile = TileHeight(m1 - row);
            CopyRows(count, tile, p.A + (k * p.Lda) + row, p.Lda, left + ((row - m) * leftRow), tile);
        }
    }

    /// <summary>The height of the next tile. A last tile of one row is too thin to be fast, so the last two share.</summary>
    private static int TileHeight(int rows) =>
        rows >= 2 * TileRows || rows == TileRows ? TileRows : rows > TileRows ? (rows + 1) / 2 : rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyTile(T* source, T* destination)
    {
        for (int i = 0; i + Vec256<T>.Count <= TileRows; i += Vec256<T>.Count)
        {
            Vec256<T>.Store(Vec256<T>.Load(source + i), destination + i);
        }
        if (TileRows % Vec256<T>.Count != 0)
        {
            // What is left of six rows; vectors may overlap, but nothing behind the tile is read.
            int rest = TileRows - Vec128<T>.Count, first = Math.Min(rest, TileRows / Vec256<T>.Count * Vec256<T>.Count);
            Vec128<T>.Store(Vec128<T>.Load(source + first), destination + first);
            Vec128<T>.Store(Vec128<T>.Load(source + rest), destination + rest);
        }
    }

    private static void CopyRows(int rows, int columns, T* source, nint sourceRow, T* destination, nint destinationRow)
    {
        for (int row = 0; row < rows; row++)
        {
            Copy(source + (row * sourceRow), destination + (row * destinationRow), columns);
        }
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
    private static void Row(in GemmProblem<T> p, int m, int n0, int columns)
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

    private static void Tile(int rows, int vectors, in TileWork<T> work)
    {
        switch (vectors)
        {
            case 1:
                Tile<N1>(rows, work);
                break;
            case 2:
                Tile<N2>(rows, work);
                break;
            default:
                Tile<N3>(rows, work);
                break;
        }
    }

    private static void Tile<N>(int rows, in TileWork<T> work)
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
