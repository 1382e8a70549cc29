using unsafe DoubleProduct = delegate* unmanaged[Cdecl]<
    int, int, int, nint, nint, nint, double, double*, nint, double*, nint, double, double*, nint, void>;
using unsafe SingleProduct = delegate* unmanaged[Cdecl]<
    int, int, int, nint, nint, nint, float, float*, nint, float*, nint, float, float*, nint, void>;

namespace Autograd.Kernels;

/// <summary>A library with the C interface to the BLAS, which takes row-major matrices with leading dimensions as they are.</summary>
internal sealed unsafe class CblasLibrary : BlasLibrary
{
    private readonly SingleProduct _single;
    private readonly DoubleProduct _double;

    private CblasLibrary(Func<string, nint> export, nint single, nint @double)
        : base(export, isContiguousOnly: false)
    {
        _single = (SingleProduct)single;
        _double = (DoubleProduct)@double;
    }

    internal static CblasLibrary? Bind(Func<string, nint> export)
    {
        nint single = FirstOf(export, "cblas_sgemm"), @double = FirstOf(export, "cblas_dgemm");
        return single != 0 && @double != 0 ? new(export, single, @double) : null;
    }

    private protected override void Multiply(in GemmProblem<float> p) => _single(RowMajor, Operation(p.TransposeA),
        Operation(p.Right == GemmRight.Transposed), p.M, p.N, p.K, 1, p.A, p.Lda, p.B, p.Ldb, p.Accumulate ? 1 : 0, p.C, p.Ldc);

    private protected override void Multiply(in GemmProblem<double> p) => _double(RowMajor, Operation(p.TransposeA),
        Operation(p.Right == GemmRight.Transposed), p.M, p.N, p.K, 1, p.A, p.Lda, p.B, p.Ldb, p.Accumulate ? 1 : 0, p.C, p.Ldc);
}
