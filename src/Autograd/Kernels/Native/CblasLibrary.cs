namespace Autograd.Kernels;

/// <summary>A library with the C interface to the BLAS, which takes row-major matrices with leading dimensions as they are.</summary>
internal sealed unsafe class CblasLibrary : BlasLibrary
{
    private readonly delegate* unmanaged[Cdecl]<int, int, int, nint, nint, nint, float, float*, nint, float*, nint, float, float*, nint, void> _sgemm;
    private readonly delegate* unmanaged[Cdecl]<int, int, int, nint, nint, nint, double, double*, nint, double*, nint, double, double*, nint, void> _dgemm;

    private CblasLibrary(Func<string, nint> export, nint sgemm, nint dgemm)
        : base(export, isContiguousOnly: false)
    {
        _sgemm = (delegate* unmanaged[Cdecl]<int, int, int, nint, nint, nint, float, float*, nint, float*, nint, float, float*, nint, void>)sgemm;
        _dgemm = (delegate* unmanaged[Cdecl]<int, int, int, nint, nint, nint, double, double*, nint, double*, nint, double, double*, nint, void>)dgemm;
    }

    internal static CblasLibrary? Bind(Func<string, nint> export)
    {
        nint sgemm = FirstOf(export, "cblas_sgemm"), dgemm = FirstOf(export, "cblas_dgemm");
        return sgemm != 0 && dgemm != 0 ? new(export, sgemm, dgemm) : null;
    }

    private protected override void Multiply(in GemmProblem<float> p) => _sgemm(RowMajor, p.TransposeA ? Transpose : NoTranspose,
        p.Right == GemmRight.Transposed ? Transpose : NoTranspose, p.M, p.N, p.K, 1, p.A, p.Lda, p.B, p.Ldb, p.Accumulate ? 1 : 0, p.C, p.Ldc);

    private protected override void Multiply(in GemmProblem<double> p) => _dgemm(RowMajor, p.TransposeA ? Transpose : NoTranspose,
        p.Right == GemmRight.Transposed ? Transpose : NoTranspose, p.M, p.N, p.K, 1, p.A, p.Lda, p.B, p.Ldb, p.Accumulate ? 1 : 0, p.C, p.Ldc);
}
