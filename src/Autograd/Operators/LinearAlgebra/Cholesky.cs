using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// The lower triangular L with L Lᵀ = (this + thisᵀ)/2, for each matrix of a batch [..., n, n], in double. A symmetric
    /// positive definite matrix is its own symmetric part; the gradient is symmetric.
    /// </summary>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="ArgumentException">A matrix is not positive definite, or has NaN; the message names it.</exception>
    public Variable<T> Cholesky()
    {
        SquareMatrices.Require("Cholesky", Shape);
        return Tape.Apply(CholeskyOperation<T>.Instance, this);
    }
}

/// <summary>L Lᵀ = (A + Aᵀ)/2 with L lower triangular, for matrices in the last two axes.</summary>
/// <remarks>
/// gA = (S + Sᵀ)/2 with S = L⁻ᵀ Φ(Lᵀ gL) L⁻¹, where Φ keeps the lower triangle and halves its diagonal. Keeps L. I. Murray,
/// Differentiation of the Cholesky decomposition (2016).
/// </remarks>
internal sealed class CholeskyOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly CholeskyOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        int n = shape[^1], area = n * n, count = shape.Product(0, shape.Rank - 2);
        ReadOnlySpan<T> a = context.Input(0);
        Span<T> y = context.Output(shape);
        for (int i = 0; i < count; i++)
        {
            if (CholeskyFactor.TryFactor(a.Slice(i * area, area), n, y.Slice(i * area, area))) continue;
            Errors.Argument($"Cholesky: {SquareMatrices.Name(shape, i)} is not positive definite. Add a multiple of the identity.");
        }
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> factor = context.Output();
        Variable<T> inner = MatMulOperation<T>.Apply(factor, context.Cotangent(), true, false);
        inner *= SolveOperation<T>.Triangle(context.Tape, factor.Shape[^1], upper: false, diagonal: 0.5);
        Variable<T> left = SolveOperation<T>.Apply(factor, inner, MatrixPart.Lower, transposed: true, factors: null);
        Variable<T> turned = SolveOperation<T>.Apply(factor, left.Transpose(), MatrixPart.Lower, transposed: true, factors: null);
        context.Accumulate(0, (turned + turned.Transpose()) * 0.5);
    }
}
