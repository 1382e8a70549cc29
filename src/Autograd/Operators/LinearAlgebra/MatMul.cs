using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// The matrix product: [..., n, k] times [..., k, m] gives [..., n, m], with leading axes broadcast. A vector on the left
    /// is a row, on the right a column, and its axis is left out of the result. An inner size of 0 gives zeros.
    /// </summary>
    /// <exception cref="ShapeException">Inner sizes differ, leading axes do not broadcast, or an operand is a scalar.</exception>
    public Variable<T> MatMul(Variable<T> other)
    {
        Shape left = Shape, right = other.Shape;
        if (left.Rank == 0 || right.Rank == 0) Errors.Shape($"MatMul: a scalar has no rows or columns (shapes {left} and {right}). Multiply with * instead.");
        Variable<T> a = left.Rank == 1 ? Unsqueeze(0) : this, b = right.Rank == 1 ? other.Unsqueeze(1) : other;
        Variable<T> product = MatMulOperation<T>.Apply(a, b, false, false);
        if (left.Rank == 1) product = product.Squeeze(-2);
        return right.Rank == 1 ? product.Squeeze(-1) : product;
    }
}

/// <summary>Y = op(A) op(B) for matrices in the last two axes, leading axes broadcast; op transposes or not.</summary>
/// <remarks>
/// With neither transposed: gA = gY Bᵀ, gB = Aᵀ gY, summed over broadcast axes. Keeps both inputs. Transposes are flags of
/// the product and never written out.
/// </remarks>
internal sealed class MatMulOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private bool _transposeA;
    private bool _transposeB;

    public static Variable<T> Apply(Variable<T> a, Variable<T> b, bool transposeA, bool transposeB)
    {
        MatMulOperation<T> operation = a.Tape.Rent<MatMulOperation<T>>();
        operation._transposeA = transposeA;
        operation._transposeB = transposeB;
        return a.Tape.Apply(operation, a, b);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape left = context.Shape(0), right = context.Shape(1);
        int n = left[_transposeA ? ^1 : ^2], k = left[_transposeA ? ^2 : ^1], m = right[_transposeB ? ^2 : ^1], inner = right[_transposeB ? ^1 : ^2];
        if (k != inner) Errors.Shape($"MatMul: the inner sizes differ: {k} of shape {left} and {inner} of shape {right}.");
        Shape batch = ShapeMath.Broadcast("MatMul", left.Part(0, left.Rank - 2), right.Part(0, right.Rank - 2));
        Shape result = batch.Insert(batch.Rank, n);
        result = result.Insert(result.Rank, m);
        Span<T> y = context.Output(result);
        Products(context.Input(0), left, context.Input(1), right, batch, n, m, k, y);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0))
        {
            Variable<T> b = context.Input(1);
            Variable<T> product = _transposeA ? Apply(b, gradient, _transposeB, true) : Apply(gradient, b, false, !_transposeB);
            context.Accumulate(0, product.SumTo(context.Shape(0)));
        }

        if (context.Needs(1))
        {
            Variable<T> a = context.Input(0);
            Variable<T> product = _transposeB ? Apply(gradient, a, true, _transposeA) : Apply(a, gradient, !_transposeA, false);
            context.Accumulate(1, product.SumTo(context.Shape(1)));
        }
    }

    private void Products(ReadOnlySpan<T> a, Shape left, ReadOnlySpan<T> b, Shape right, Shape batch, int n, int m, int k, Span<T> y)
    {
        int lda = left[^1], ldb = right[^1], sizeA = n * k, sizeB = k * m, count = batch.Length;
        int batchA = left.Product(0, left.Rank - 2), batchB = right.Product(0, right.Rank - 2);
        if (batchB == 1 && !_transposeA)
        {
            // One matrix on the right: all rows of the left are rows of a single product.
            Gemm.Multiply(false, _transposeB, batchA * n, m, k, a, lda, b, ldb, y, m, accumulate: false);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            int atA = batchA == count ? i : ShapeMath.PlaceInBatch(i, batch, left), atB = batchB == count ? i : ShapeMath.PlaceInBatch(i, batch, right);
            Gemm.Multiply(_transposeA, _transposeB, n, m, k, a.Slice(atA * sizeA, sizeA), lda, b.Slice(atB * sizeB, sizeB), ldb, y.Slice(i * n * m, n * m), m, accumulate: false);
        }
    }
}
