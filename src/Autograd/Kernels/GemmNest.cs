using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// The loops around the register tile, for one rectangle of C. K is cut in blocks of 512. A panel of B is one such block of three vectors of
/// columns (96 KB), which streams from the second cache for each of the 16 tiles of a block of A, which wait there, too; up to 64 panels
/// are kept for the next block of A, so that A is copied together once for 192 vectors of columns. With 16 registers panels have two vectors.
/// </summary>
internal readonly unsafe struct GemmNest<T, V>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
{
    private const int BlockPanels = 64;
    private const int BlockTiles = 16;

    /// <summary>A right factor that the second cache does not hold, so that it pays to ask for the next panel in time.</summary>
    private const int LargeBytes = 1 << 19;

    /// <summary>
    /// From this number of rows on it pays to copy panels of B together before use: a power of two as leading dimension
    /// maps its rows to few cache sets.
    /// </summary>
    private const int PackRightRows = 8;

    /// <summary>Rows that an A that is not transposed is fetched ahead.</summary>
    private const int PrefetchedRows = 4;

    /// <summary>Steps of k that a transposed A is fetched ahead while it is copied together.</summary>
    private const int PrefetchSteps = 8;

    private readonly GemmProblem<T> _p;
    private readonly int _m0;
    private readonly int _m1;
    private readonly int _n0;
    private readonly int _n1;
    private readonly int _vectors;
    private readonly int _panels;
    private readonly bool _packsLeft;
    private readonly bool _packsRight;
    private readonly bool _isLarge;

    /// <summary>Whether panels of B serve several blocks of A; otherwise one place will do, which stays in the cache.</summary>
    private readonly bool _keepsPanels;
    private readonly nint _leftRow;
    private readonly nint _panelLength;
    private readonly T* _left;
    private readonly T* _right;
    private readonly T* _edge;

    internal GemmNest(in GemmProblem<T> p, int m0, int m1, int n0, int n1)
    {
        (_p, _m0, _m1, _n0, _n1) = (p, m0, m1, n0, n1);
        _vectors = GemmDriver<T, V>.Vectors(n1 - n0);
        _panels = GemmDriver<T, V>.Panels(_vectors);
        _packsLeft = GemmDriver<T, V>.PacksLeft(m1 - m0, n1 - n0);
        _packsRight = m1 - m0 >= PackRightRows;
        _isLarge = (long)p.K * (n1 - n0) * sizeof(T) > LargeBytes;
        _keepsPanels = BlockEnd(m0, m1) < m1;
        int depth = Math.Min(p.K, GemmDriver<T, V>.BlockDepth);
        _leftRow = depth + (64 / sizeof(T));
        _panelLength = (nint)depth * GemmDriver<T, V>.PanelVectors * V.Count;
        // As much as any part of the product takes, so that no thread's memory grows late by the part it happens to get.
        int mostPanels = BlockEnd(0, p.M) < p.M ? Math.Min(GemmDriver<T, V>.Panels(GemmDriver<T, V>.Vectors(p.N)), BlockPanels) : 1;
        _left = _packsLeft ? Scratch.Get<T>(ScratchSlot.GemmA, BlockTiles * TileRows * _leftRow) : null;
        _right = Scratch.Get<T>(ScratchSlot.GemmB, mostPanels * _panelLength);
        _edge = Scratch.Get<T>(ScratchSlot.GemmC, TileRows * GemmDriver<T, V>.PanelVectors * V.Count);
    }

    private static int TileRows => GemmDriver<T, V>.TileRows;

    internal void Run()
    {
        for (int k = 0; k < _p.K; k += GemmDriver<T, V>.BlockDepth)
        {
            int count = Math.Min(GemmDriver<T, V>.BlockDepth, _p.K - k);
            for (int first = 0; first < _panels; first += BlockPanels)
            {
                int last = Math.Min(first + BlockPanels, _panels);
                for (int m = _m0, end; m < _m1; m = end)
                {
                    end = BlockEnd(m, _m1);
                    if (_packsLeft)
                    {
                        PackLeft(m, end, k, count);
                    }
                    for (int panel = first; panel < last; panel++)
                    {
                        T* packed = _keepsPanels ? _right + ((panel - first) * _panelLength) : _right;
                        Panel(m, end, panel, panel + 1 == last, k, count, packed);
                    }
                }
            }
        }
    }

    /// <summary>The tiles of one panel for the rows of one block.</summary>
    private void Panel(int m, int blockEnd, int panel, bool isLast, int k, int count, T* packed)
    {
        int n = _n0 + (GemmDriver<T, V>.PanelStart(_vectors, panel) * V.Count), end = _n0 + (GemmDriver<T, V>.PanelStart(_vectors, panel + 1) * V.Count);
        int width = end - n, columns = Math.Min(end, _n1) - n;
        bool isWhole = columns == width, isPacked = _p.Right == GemmRight.Packed, isGathered = _p.Right == GemmRight.Gathered;
        bool isPlain = (_p.Right == GemmRight.Plain && isWhole) || isGathered, isFirst = m == _m0;
        T* source = isPacked ? _p.B + ((nint)n * _p.K) + ((nint)k * width)
            : isGathered ? _p.B + n
            : _p.Right == GemmRight.Plain ? _p.B + (k * _p.Ldb) + n
            : _p.B + (n * _p.Ldb) + k;
        if (isPacked)
        {
            packed = source;
        }
        else if (isFirst && !isPlain)
        {
            GemmDriver<T, V>.PackPanel(_p.Right == GemmRight.Transposed, count, columns, width, source, _p.Ldb, packed);
        }
        bool readsInPlace = isPlain && (isFirst || !_packsRight);
        // While a panel serves its tiles, the next one comes from wherever it is.
        bool fetches = _isLarge && !isLast && (isPacked || (_keepsPanels && !isFirst));
        nint aheadStep = fetches ? width * TileRows / (blockEnd - m) : 0;
        var work = new TileWork<T>
        {
            ARow = _p.TransposeA ? 1 : _packsLeft ? _leftRow : _p.Lda,
            ATile = TileRows * (_packsLeft ? _leftRow : _p.TransposeA ? 1 : _p.Lda),
            Ahead = packed + (isPacked ? (nint)width * _p.K : _panelLength),
            AheadStep = aheadStep,
            Count = count,
            CRow = isWhole ? _p.Ldc : width,
            Accumulate = _p.Accumulate || k > 0,
        };
        for (int row = m, height; row < blockEnd; row += work.Tiles * height)
        {
            height = TileHeight(_m1 - row);
            bool copies = readsInPlace && _packsRight;
            work.Tiles = copies || !isWhole ? 1 : TilesAlike(row, blockEnd);
            work.A = _packsLeft ? _left + ((row - m) * _leftRow) : _p.TransposeA ? _p.A + (k * _p.Lda) + row : _p.A + (row * _p.Lda) + k;
            work.AStep = !_p.TransposeA ? 1 : _packsLeft ? height : _p.Lda;
            work.B = readsInPlace ? source : packed;
            work.BStep = readsInPlace ? _p.Ldb : width;
            work.Places = readsInPlace && isGathered ? _p.Places + k : null;
            work.Copy = copies ? packed : null;
            T* c = _p.C + (row * _p.Ldc) + n;
            work.C = isWhole ? c : _edge;
            if (!isWhole && work.Accumulate) CopyRows(height, columns, c, _p.Ldc, _edge, width);
            GemmTiles<T, V>.Run(height, width / V.Count, work);
            if (!isWhole) CopyRows(height, columns, _edge, width, c, _p.Ldc);
            work.Ahead += aheadStep * count * work.Tiles;
            // The first tile leaves a copy of the panel for the others.
            readsInPlace &= !_packsRight;
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

    /// <summary>The height of the next tile. A last tile of one row is too thin to be fast, so the last two share.</summary>
    private static int TileHeight(int rows) =>
        rows >= 2 * TileRows || rows == TileRows ? TileRows : rows > TileRows ? (rows + 1) / 2 : rows;

    /// <summary>The number of tiles of the same height from this row on, within a block.</summary>
    private int TilesAlike(int row, int blockEnd)
    {
        int rows = _m1 - row, whole = (rows / TileRows) - (rows % TileRows == 0 ? 0 : 1);
        return Math.Max(1, Math.Min(whole, (blockEnd - row) / TileRows));
    }

    /// <summary>Copies the tiles of rows [m, end) of op(A) together, each [row, k] or, if A is transposed, [k, row].</summary>
    private void PackLeft(int m, int end, int k, int count)
    {
        if (!_p.TransposeA)
        {
            for (int row = 0; row < end - m; row++)
            {
                PackRow(_p.A + ((m + row) * _p.Lda) + k, count, _left + (row * _leftRow));
            }
            return;
        }
        int whole = TileHeight(_m1 - m) == TileRows ? TilesAlike(m, end) : 0;
        PackWhole(_p.A + (k * _p.Lda) + m, whole, count);
        for (int row = m + (whole * TileRows), height; row < end; row += height)
        {
            height = TileHeight(_m1 - row);
            CopyRows(count, height, _p.A + (k * _p.Lda) + row, _p.Lda, _left + ((row - m) * _leftRow), height);
        }
    }

    /// <summary>One row of A, while one that comes soon is fetched: rows are too short for the processor to do that well by itself.</summary>
    private void PackRow(T* source, int count, T* destination)
    {
        T* ahead = source + (PrefetchedRows * _p.Lda);
        int i = 0;
        for (; i + V.Count <= count; i += V.Count)
        {
            Simd.Prefetch(ahead + i);
            V.Store(V.Load(source + i), destination + i);
        }
        for (; i < count; i++)
        {
            destination[i] = source[i];
        }
    }

    private void PackWhole(T* a, int tiles, int count)
    {
        for (int step = 0; step < count; step++)
        {
            T* source = a + (step * _p.Lda), destination = _left + ((nint)step * TileRows);
            for (int tile = 0; tile < tiles; tile++)
            {
                // Each step lies on a page of its own, so that the processor does not fetch ahead by itself.
                Simd.Prefetch(source + (PrefetchSteps * _p.Lda));
                CopyTile(source, destination);
                source += TileRows;
                destination += TileRows * _leftRow;
            }
        }
    }

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
            GemmDriver<T, V>.Copy(source + (row * sourceRow), destination + (row * destinationRow), columns);
        }
    }
}
