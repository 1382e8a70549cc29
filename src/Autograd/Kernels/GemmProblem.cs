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
