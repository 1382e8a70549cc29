using unsafe DoubleProduct = delegate* unmanaged[Cdecl]<int, int, nint, nint, nint, double, double*, double*, double, double*, void>;
using unsafe SingleProduct = delegate* unmanaged[Cdecl]<int, int, nint, nint, nint, float, float*, float*, float, float*, void>;

namespace Autograd.Kernels;

/// <summary>
/// MathNet.Numerics' own exports over MKL: C = α · op(A) · op(B) + β · C of column-major matrices without leading dimensions. A
/// row-major matrix read so is its transpose, and Cᵀ = op(B)ᵀ · op(A)ᵀ: the factors change places and keep their flags.
/// </summary>
internal sealed unsafe class MathNetLibrary : BlasLibrary
{
    private readonly SingleProduct _single;
    private readonly DoubleProduct _double;

    private MathNetLibrary(Func<string, nint> export, nint single, nint @double)
        : base(export, isContiguousOnly: true)
    {
        _single = (SingleProduct)single;
        _double = (DoubleProduct)@double;
    }

    internal static MathNetLibrary? Bind(Func<string, nint> export)
    {
        nint single = FirstOf(export, "s_matrix_multiply"), @double = FirstOf(export, "d_matrix_multiply");
        return single != 0 && @double != 0 ? new(export, single, @double) : null;
    }

    private protected override void Multiply(in GemmProblem<float> p) => _single(Operation(p.Right == GemmRight.Transposed),
        Operation(p.TransposeA), p.N, p.M, p.K, 1, p.B, p.A, p.Accumulate ? 1 : 0, p.C);

    private protected override void Multiply(in GemmProblem<double> p) => _double(Operation(p.Right == GemmRight.Transposed),
        Operation(p.TransposeA), p.N, p.M, p.K, 1, p.B, p.A, p.Accumulate ? 1 : 0, p.C);
}
