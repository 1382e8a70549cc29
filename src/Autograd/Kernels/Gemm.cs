using System.Runtime.InteropServices;

namespace Autograd.Kernels;

/// <summary>
/// Products of row-major matrices of <see cref="float"/> or <see cref="double"/>. Each element of the result is one
/// chain of multiply-adds in the order of k, from zero or, if accumulating, from what is there. So the bits of a row
/// depend on nothing but that row and the right factor: not on the number of rows, the vector width or the threads.
/// NaN and infinities propagate; nothing is skipped.
/// </summary>
/// <remarks>
/// Blocks after K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), without split
/// sums.
/// </remarks>
internal static unsafe class Gemm
{
    /// <summary>The work, in multiply-adds, below which a further thread costs more than it gives.</summary>
    private const long Grain = 1 << 19;

    /// <summary>The work from which on it pays to let threads even out who has done how much: about half a millisecond.</summary>
    private const long LongWork = 1 << 25;

    /// <summary>What that is worth, as a share of the time.</summary>
    private const double EvenGain = 0.07;

    /// <summary>
    /// C[m, n] = op(A)[m, k] · op(B)[k, n], added to C if <paramref name="accumulate"/>; otherwise C is not read. A transposed
    /// A lies as [k, m], a transposed B as [n, k]; leading dimensions count elements. C must not overlap A or B.
    /// </summary>
    internal static void Multiply<T>(bool transposeA, bool transposeB, int m, int n, int k, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b,
        int ldb, Span<T> c, int ldc, bool accumulate = false)
        where T : unmanaged => Multiply(null, transposeA, transposeB, m, n, k, a, lda, b, ldb, c, ldc, accumulate);

    /// <summary>The same at a chosen vector width, for tests; without one a native BLAS serves where it is chosen.</summary>
    internal static void Multiply<T>(int? vectorBits, bool transposeA, bool transposeB, int m, int n, int k, ReadOnlySpan<T> a, int lda,
        ReadOnlySpan<T> b, int ldb, Span<T> c, int ldc, bool accumulate)
        where T : unmanaged
    {
        CheckMatrix("A", transposeA ? k : m, transposeA ? m : k, lda, a.Length);
        CheckMatrix("B", transposeB ? n : k, transposeB ? k : n, ldb, b.Length);
        CheckMatrix("C", m, n, ldc, c.Length);
        fixed (T* aPointer = a, bPointer = b, cPointer = c)
        {
            GemmProblem<T> problem = GemmProblem<T>.Of(transposeA, transposeB, m, n, k, aPointer, lda, bPointer, ldb, cPointer, ldc, accumulate);
            if (vectorBits is not null || !NativeBlas.TryMultiply(problem))
            {
                Start(vectorBits ?? Simd.Best, problem);
            }
        }
    }

    /// <summary>The number of elements that a packed right factor of [k, n] takes.</summary>
    internal static long PackedLength<T>(int k, int n)
        where T : unmanaged => Simd.Best switch
        {
            512 => GemmDriver<T, Vec512<T>>.PackedLength(k, n),
            256 => GemmDriver<T, Vec256<T>>.PackedLength(k, n),
            _ => GemmDriver<T, Vec128<T>>.PackedLength(k, n),
        };

    /// <summary>Packs op(B)[k, n] for <see cref="MultiplyPacked"/>, for a factor that is used several times.</summary>
    internal static void Pack<T>(bool transposeB, int k, int n, ReadOnlySpan<T> b, int ldb, Span<T> packed)
        where T : unmanaged
    {
        CheckMatrix("B", transposeB ? n : k, transposeB ? k : n, ldb, b.Length);
        CheckPacked<T>(k, n, packed.Length);
        fixed (T* source = b, destination = packed)
        {
            switch (Simd.Best)
            {
                case 512:
                    GemmDriver<T, Vec512<T>>.Pack(transposeB, k, n, source, ldb, destination);
                    break;
                case 256:
                    GemmDriver<T, Vec256<T>>.Pack(transposeB, k, n, source, ldb, destination);
                    break;
                default:
                    GemmDriver<T, Vec128<T>>.Pack(transposeB, k, n, source, ldb, destination);
                    break;
            }
        }
    }

    /// <summary>The same product, with the same bits, from a B that <see cref="Pack"/> has packed.</summary>
    internal static void MultiplyPacked<T>(bool transposeA, int m, int n, int k, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> packed,
        Span<T> c, int ldc, bool accumulate = false)
        where T : unmanaged
    {
        CheckMatrix("A", transposeA ? k : m, transposeA ? m : k, lda, a.Length);
        CheckPacked<T>(k, n, packed.Length);
        CheckMatrix("C", m, n, ldc, c.Length);
        fixed (T* aPointer = a, bPointer = packed, cPointer = c)
        {
            Start(Simd.Best, new GemmProblem<T>
            {
                TransposeA = transposeA,
                Right = GemmRight.Packed,
                Accumulate = accumulate,
                M = m,
                N = n,
                K = k,
                A = aPointer,
                Lda = lda,
                B = bPointer,
                C = cPointer,
                Ldc = ldc,
            });
        }
    }

    private static void Start<T>(int vectorBits, GemmProblem<T> problem)
        where T : unmanaged
    {
        switch (vectorBits)
        {
            case 512:
                GemmWork<T, Vec512<T>>.Start(problem);
                break;
            case 256:
                GemmWork<T, Vec256<T>>.Start(problem);
                break;
            default:
                GemmWork<T, Vec128<T>>.Start(problem);
                break;
        }
    }

    /// <summary>The product at a chosen vector width, unchecked; op(B) must not be packed for another width.</summary>
    internal static void Start<T, V>(in GemmProblem<T> problem)
        where T : unmanaged
        where V : unmanaged, IVector<V, T> => GemmWork<T, V>.Start(problem);

    private static void CheckMatrix(string name, int rows, int columns, int leading, int length)
    {
        if (rows < 0 || columns < 0 || leading < columns || (rows > 0 && columns > 0 && ((rows - 1L) * leading) + columns > length))
        {
            ThrowMatrix(name, rows, columns, leading, length);
        }
    }

    private static void CheckPacked<T>(int k, int n, int length)
        where T : unmanaged
    {
        if (k < 0 || n < 0 || length < PackedLength<T>(k, n))
        {
            throw new ArgumentException($"Gemm: a packed [{k}, {n}] takes {PackedLength<T>(k, n)} elements, but the buffer has {length}.");
        }
    }

    private static void ThrowMatrix(string name, int rows, int columns, int leading, int length) => throw new ArgumentException(
        $"Gemm: {name} is to be [{rows}, {columns}] with leading dimension {leading}, which its buffer of {length} elements cannot hold. "
        + "Sizes must not be negative, and the leading dimension must be at least the number of columns.");

    /// <summary>A product split over threads by rectangles of its output.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct GemmWork<T, V> : IParallelWork
        where T : unmanaged
        where V : unmanaged, IVector<V, T>
    {
        private GemmProblem<T> _problem;
        private int _rowParts;
        private bool _isUneven;

        internal static void Start(in GemmProblem<T> p)
        {
            if (p.M == 0 || p.N == 0)
            {
                return;
            }
            if (IsBetterTransposed(p))
            {
                StartTransposed(p);
                return;
            }
            int parts = WorkerPool.PartsFor((long)p.M * p.N * Math.Max(p.K, 1), Grain);
            var work = new GemmWork<T, V> { _problem = p, _rowParts = 1 };
            if (parts > 1)
            {
                (work._rowParts, int columnParts) = Grid(p, parts);
                work._isUneven = work._rowParts * columnParts > parts;
                parts = work._rowParts * columnParts;
            }
            WorkerPool.Run(work, parts);
        }

        /// <summary>
        /// Whether to compute Cᵀ = op(B)ᵀ · op(A)ᵀ, which has the same bits: if C is narrower than a vector, so that its rows
        /// fill the vectors, and if A is transposed, C high and too narrow to pack A for, so that the wide factor is read along its rows.
        /// </summary>
        private static bool IsBetterTransposed(in GemmProblem<T> p) => p.Right != GemmRight.Packed && p.M >= 2 * p.N
            && (p.N < V.Count || (p.TransposeA && p.Right == GemmRight.Plain && p.K >= 128 && !GemmDriver<T, V>.PacksLeft(p.M, p.N)));

        private static void StartTransposed(in GemmProblem<T> p)
        {
            T* turned = Scratch.Get<T>(ScratchSlot.GemmTurned, (long)p.M * p.N);
            if (p.Accumulate)
            {
                Transposition.Copy(p.C, p.Ldc, p.M, p.N, turned, p.M);
            }
            GemmProblem<T> problem = GemmProblem<T>.Of(
                p.Right == GemmRight.Plain, !p.TransposeA, p.N, p.M, p.K, p.B, p.Ldb, p.A, p.Lda, turned, p.M, p.Accumulate);
            Start(problem);
            Transposition.Copy(turned, p.M, p.N, p.M, p.C, p.Ldc);
        }

        /// <summary>
        /// The grid of pieces whose slowest thread is done first: one for each thread, or for long work two in a row or a column, of uneven
        /// size. Copying a column of B costs as much as two tiles more of rows would, copying a row of A as much as two and a half vectors more of columns.
        /// </summary>
        private static (int Rows, int Columns) Grid(in GemmProblem<T> p, int threads)
        {
            int vectors = GemmDriver<T, V>.Vectors(p.N), tiles = Tiles(p), units = Units(p), bestRows = 1, bestColumns = 1;
            double right = p.Right == GemmRight.Packed ? 0 : 16, left = 2.5, best = double.MaxValue;
            for (int rowParts = 1; rowParts <= Math.Min(threads, tiles); rowParts++)
            {
                int columnParts = Math.Min(threads / rowParts, units);
                double rows = Math.Min((tiles + rowParts - 1) / rowParts * GemmDriver<T, V>.TileRows, p.M);
                double columns = Math.Min((units + columnParts - 1) / columnParts * (p.Right == GemmRight.Packed ? GemmDriver<T, V>.PanelVectors : 1), vectors);
                Offer((rows * columns) + (right * columns) + (left * rows), rowParts, columnParts);
            }
            if ((long)p.M * p.N * p.K / threads >= LongWork)
            {
                double even = (1 - EvenGain) * p.M * vectors / threads, share = 1.0 / threads;
                if (tiles >= WorkerPool.UnevenLeast(threads)) Offer(even + (right * vectors * 2) + (left * p.M * share), 2 * threads, 1);
                if (units >= WorkerPool.UnevenLeast(threads)) Offer(even + (right * vectors * share) + (left * p.M * 2), 1, 2 * threads);
            }
            return (bestRows, bestColumns);

            void Offer(double cost, int rowParts, int columnParts)
            {
                if (cost < best) (best, bestRows, bestColumns) = (cost, rowParts, columnParts);
            }
        }

        /// <summary>Whole tiles, by which rows are cut.</summary>
        private static int Tiles(in GemmProblem<T> p) => Math.Max(p.M / GemmDriver<T, V>.TileRows, 1);

        /// <summary>Vectors, or panels if B is packed, by which columns are cut.</summary>
        private static int Units(in GemmProblem<T> p)
        {
            int vectors = GemmDriver<T, V>.Vectors(p.N);
            return p.Right == GemmRight.Packed ? GemmDriver<T, V>.Panels(vectors) : vectors;
        }

        public readonly void Run(int part, int parts)
        {
            GemmProblem<T> p = _problem;
            int rowParts = parts == 1 ? 1 : _rowParts, columnParts = parts / rowParts;
            int rowPart = part / columnParts, columnPart = part % columnParts, vectors = GemmDriver<T, V>.Vectors(p.N);
            int start = Share(Units(p), columnPart, columnParts), end = Share(Units(p), columnPart + 1, columnParts);
            if (p.Right == GemmRight.Packed)
            {
                start = GemmDriver<T, V>.PanelStart(vectors, start);
                end = GemmDriver<T, V>.PanelStart(vectors, end);
            }
            int first = Share(Tiles(p), rowPart, rowParts) * GemmDriver<T, V>.TileRows;
            int last = rowPart + 1 == rowParts ? p.M : Share(Tiles(p), rowPart + 1, rowParts) * GemmDriver<T, V>.TileRows;
            GemmDriver<T, V>.Rectangle(p, first, last, start * V.Count, Math.Min(end * V.Count, p.N));
        }

        private readonly int Share(int count, int part, int parts) =>
            _isUneven && parts > 1 ? WorkerPool.UnevenShare(count, part, parts) : WorkerPool.Share(count, part, parts);
    }
}
