namespace Autograd.Kernels;

/// <summary>
/// MathNet.Numerics' own exports over MKL: C = α · op(A) · op(B) + β · C of column-major matrices without leading dimensions. A
/// row-major matrix read so is its transpose, and Cᵀ = op(B)ᵀ · op(A)ᵀ: the factors change places and keep their flags.
/// </summary>
internal sealed unsafe class MathNetLibrary : BlasLibrary
{
    private readonly delegate* unmanaged[Cdecl]<int, int, nint, nint, nint, float, float*, float*, float, float*, void> _single;
    private readonly delegate* unmanaged[Cdecl]<int, int, nint, nint, nint, double, double*, double*, double, double*, void> _double;

    private MathNetLibrary(Func<string, nint> export, nint single, nint @double)
        : base(export, isContiguousOnly: true)
    {
        _single = (delegate* unmanaged[Cdecl]<int, int, nint, nint, nint, float, float*, float*, float, float*, void>)single;
        _double = (delegate* unmanaged[Cdecl]<int, int, nint, nint, nint, double, double*, double*, double, double*, void>)@double;
    }

    internal static MathNetLibrary? Bind(Func<string, nint> export)
    {
        nint single = FirstOf(export, "s_matrix_multiply"), @double = FirstOf(export, "d_matrix_multiply");
        return single != 0 && @double != 0 ? new(export, single, @double) : null;
    }

    private protected override void Multiply(in GemmProblem<float> p) => _single(p.Right == GemmRight.Transposed ? Transpose : NoTranspose,
        p.TransposeA ? Transpose : NoTranspose, p.N, p.M, p.K, 1, p.B, p.A, p.Accumulate ? 1 : 0, p.C);

    private protected override void Multiply(in GemmProblem<double> p) => _double(p.Right == GemmRight.Transposed ? Transpose : NoTranspose,
        p.TransposeA ? Transpose : NoTranspose, p.N, p.M, p.K, 1, p.B, p.A, p.Accumulate ? 1 : 0, p.C);
}
