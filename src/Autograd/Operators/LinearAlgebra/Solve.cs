using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// X with this · X = <paramref name="other"/>, for batches of square matrices [..., n, n] and of columns [..., n, k] whose
    /// leading axes broadcast, or one matrix [n, n] and a vector [n]. By elimination with partial pivoting, in double.
    /// </summary>
    /// <exception cref="ShapeException">The matrices are not square, the rows differ, or leading axes do not broadcast.</exception>
    /// <exception cref="ArgumentException">A matrix is singular to working precision; the message names it.</exception>
    public Variable<T> Solve(Variable<T> other)
    {
        (int count, int size) = SquareMatrices.Require("Solve", Shape);
        Variable<T> columns = SolveOperation<T>.Columns("Solve", Shape, other);
        LuFactors factors = LuFactors.Of(Span, count, size);
        InverseOperation<T>.RefuseSingular("Solve", Shape, factors);
        Variable<T> x = SolveOperation<T>.Apply(this, columns, MatrixPart.Whole, transposed: false, factors);
        return other.Rank == 1 ? x.Squeeze(-1) : x;
    }

    /// <summary>
    /// X with this · X = <paramref name="other"/>, or thisᵀ · X, reading only one triangle of this, such as a
    /// <see cref="Cholesky"/> factor; shapes as for <see cref="Solve"/>. By substitution.
    /// </summary>
    /// <param name="other">The right-hand sides, [..., n, k], or [n] for one matrix.</param>
    /// <param name="upper">Whether the upper triangle is meant; the other one is not read, and its gradient is 0.</param>
    /// <param name="transpose">Whether to solve with the transpose of that triangle.</param>
    /// <exception cref="ShapeException">The matrices are not square, the rows differ, or leading axes do not broadcast.</exception>
    /// <exception cref="ArgumentException">A matrix is singular: it has a 0 on its diagonal. The message names it.</exception>
    public Variable<T> SolveTriangular(Variable<T> other, bool upper = false, bool transpose = false)
    {
        (int count, int size) = SquareMatrices.Require("SolveTriangular", Shape);
        Variable<T> columns = SolveOperation<T>.Columns("SolveTriangular", Shape, other);
        ReadOnlySpan<T> a = Span;
        for (int matrix = 0; matrix < count; matrix++)
        {
            for (int i = 0; i < size; i++)
            {
                if (a[(((matrix * size) + i) * size) + i] != T.Zero) continue;
                Errors.Argument($"SolveTriangular: {SquareMatrices.Name(Shape, matrix)} is singular: element [{i}, {i}] of its diagonal is 0.");
            }
        }

        Variable<T> x = SolveOperation<T>.Apply(this, columns, upper ? MatrixPart.Upper : MatrixPart.Lower, transpose, factors: null);
        return other.Rank == 1 ? x.Squeeze(-1) : x;
    }

    /// <summary>The inverse of each matrix of a batch [..., n, n], in double. To solve a system, <see cref="Solve"/> is faster and more exact.</summary>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="ArgumentException">A matrix is singular to working precision, or has NaN; the message names it.</exception>
    public Variable<T> Inverse()
    {
        (int count, int size) = SquareMatrices.Require("Inverse", Shape);
        InverseOperation<T>.RefuseNaN("Inverse", Shape, Span);
        LuFactors factors = LuFactors.Of(Span, count, size);
        InverseOperation<T>.RefuseSingular("Inverse", Shape, factors);
        return InverseOperation<T>.Apply(this, factors);
    }
}

/// <summary>Which elements of a matrix an operation reads.</summary>
internal enum MatrixPart
{
    Whole,
    Lower,
    Upper,
}

/// <summary>X = op(A)⁻¹ B for matrices in the last two axes, leading axes broadcast; A is whole or a triangle, op transposes or not.</summary>
/// <remarks>
/// Not transposed: gB = A⁻ᵀ gX, gA = −gB Xᵀ. Transposed: gB = A⁻¹ gX, gA = −X gBᵀ. For a triangle gA is cut to it; both are summed over
/// broadcast axes. Keeps A, X and the factors of A.
/// </remarks>
internal sealed class SolveOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private MatrixPart _part;
    private bool _transposed;
    private LuFactors? _factors;

    /// <param name="a">The matrices.</param>
    /// <param name="b">The right-hand sides.</param>
    /// <param name="part">What of the matrices is read.</param>
    /// <param name="transposed">Whether to solve with the transposes.</param>
    /// <param name="factors">The factors of whole matrices; null for triangles.</param>
    public static Variable<T> Apply(Variable<T> a, Variable<T> b, MatrixPart part, bool transposed, LuFactors? factors)
    {
        SolveOperation<T> operation = a.Tape.Rent<SolveOperation<T>>();
        operation._part = part;
        operation._transposed = transposed;
        operation._factors = factors;
        return a.Tape.Apply(operation, a, b);
    }

    /// <summary>The right-hand sides as columns, checked against the matrices.</summary>
    public static Variable<T> Columns(string name, Shape matrices, Variable<T> other)
    {
        Shape shape = other.Shape;
        bool vector = shape.Rank == 1 && matrices.Rank == 2;
        if ((shape.Rank < 2 && !vector) || shape[vector ? ^1 : ^2] != matrices[^1])
        {
            Errors.Shape($"{name}: matrices of shape {matrices} need right-hand sides of shape [..., {matrices[^1]}, k], or [{matrices[^1]}] for one matrix, not {shape}.");
        }

        if (vector) return other.Unsqueeze(1);
        ShapeMath.Broadcast(name, SquareMatrices.Batch(matrices), SquareMatrices.Batch(shape));
        return other;
    }

    /// <summary>The mask of a triangle: ones in it, <paramref name="diagonal"/> on its diagonal, zeros elsewhere.</summary>
    public static Variable<T> Triangle(Tape<T> tape, int size, bool upper, double diagonal)
    {
        Variable<T> mask = tape.Allocate([size, size], out Span<T> values);
        values.Clear();
        for (int i = 0; i < size; i++)
        {
            values.Slice(i * size, size)[upper ? (i + 1).. : ..i].Fill(T.One);
            values[(i * size) + i] = T.CreateTruncating(diagonal);
        }

        return mask;
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape matrices = context.Shape(0), columns = context.Shape(1);
        Shape batch = ShapeMath.Broadcast("Solve", SquareMatrices.Batch(matrices), SquareMatrices.Batch(columns));
        int n = matrices[^1], k = columns[^1], width = n * k;
        Span<T> x = context.Output(new Shape([.. batch.Sizes, n, k]));
        ReadOnlySpan<T> a = context.Input(0), b = context.Input(1);
        for (int i = 0; i < batch.Length; i++)
        {
            int matrix = ShapeMath.PlaceInBatch(i, batch, matrices);
            ReadOnlySpan<T> right = b.Slice(ShapeMath.PlaceInBatch(i, batch, columns) * width, width);
            Span<T> target = x.Slice(i * width, width);
            if (_factors is not null)
            {
                _factors.Solve(matrix, _transposed, k, right, target);
                continue;
            }

            right.CopyTo(target);
            TriangularSolve.Solve(_part == MatrixPart.Upper, _transposed, unit: false, n, k, a.Slice(matrix * n * n, n * n), target);
        }
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> a = context.Input(0), gradient = Apply(a, context.Cotangent(), _part, !_transposed, _factors);
        if (context.Needs(0))
        {
            Variable<T> x = context.Output();
            Variable<T> product = _transposed ? MatMulOperation<T>.Apply(x, gradient, false, true) : MatMulOperation<T>.Apply(gradient, x, false, true);
            product = -product.SumTo(context.Shape(0));
            context.Accumulate(0, _part == MatrixPart.Whole ? product : product * Triangle(context.Tape, a.Shape[^1], _part == MatrixPart.Upper, 1));
        }

        context.Accumulate(1, gradient.SumTo(context.Shape(1)));
    }

    protected internal override void Clear() => _factors = null;
}

/// <summary>Y = A⁻¹ for matrices in the last two axes. That of a matrix with a pivot of 0 is its adjugate divided by 0.</summary>
/// <remarks>gA = −Yᵀ gY Yᵀ. Keeps Y.</remarks>
internal sealed class InverseOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private LuFactors? _factors;

    public static Variable<T> Apply(Variable<T> a, LuFactors factors)
    {
        InverseOperation<T> operation = a.Tape.Rent<InverseOperation<T>>();
        operation._factors = factors;
        return a.Tape.Apply(operation, a);
    }

    public static void RefuseNaN(string name, Shape shape, ReadOnlySpan<T> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (T.IsNaN(values[i])) Errors.Argument($"{name}: {SquareMatrices.Name(shape, i / (shape[^1] * shape[^1]))} contains NaN, so it has no inverse. Look for what made it with DetectAnomalies.");
        }
    }

    public static void RefuseSingular(string name, Shape shape, LuFactors factors)
    {
        int singular = factors.FirstSingular;
        if (singular >= 0) Errors.Argument($"{name}: {SquareMatrices.Name(shape, singular)} is singular to working precision, so it has no inverse. Add a multiple of the identity, or leave it out.");
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(context.Shape(0));
        ReadOnlySpan<T> a = context.Input(0);
        int area = _factors!.Size * _factors.Size;
        for (int i = 0; i < _factors.Count; i++) _factors.Inverse(i, a.Slice(i * area, area), y.Slice(i * area, area));
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> y = context.Output(), left = MatMulOperation<T>.Apply(y, context.Cotangent(), true, false);
        context.Accumulate(0, -MatMulOperation<T>.Apply(left, y, false, true));
    }

    protected internal override void Clear() => _factors = null;
}
