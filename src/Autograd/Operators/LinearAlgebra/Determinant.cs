using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// The determinant of each matrix of a batch [..., n, n], of shape [...]; 1 for matrices without rows. It is the product
    /// of the pivots, as in PyTorch: of a singular matrix 0 or what rounding leaves. Gradients of every order are the true ones there too.
    /// </summary>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    public Variable<T> Determinant()
    {
        (int count, int size) = SquareMatrices.Require("Determinant", Shape);
        return DeterminantOperation<T>.Apply(this, LuFactors.Of(Span, count, size));
    }

    /// <summary>
    /// The logarithm of the determinant of each matrix of a batch [..., n, n], of shape [...], where the determinant itself
    /// might overflow: −∞ where a pivot is 0, with a gradient that is not finite; NaN where the determinant is negative.
    /// </summary>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    public Variable<T> LogDeterminant()
    {
        (int count, int size) = SquareMatrices.Require("LogDeterminant", Shape);
        return LogDeterminantOperation<T>.Apply(this, LuFactors.Of(Span, count, size), signed: true);
    }

    /// <summary>
    /// The sign of the determinant (−1, 0 or 1; a constant) and the logarithm of its magnitude, for each matrix of a batch
    /// [..., n, n]: both of shape [...]. A pivot of 0 gives 0 and −∞, with a gradient that is not finite.
    /// </summary>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    public (Variable<T> Sign, Variable<T> LogAbsoluteDeterminant) SignAndLogDeterminant()
    {
        (int count, int size) = SquareMatrices.Require("SignAndLogDeterminant", Shape);
        LuFactors factors = LuFactors.Of(Span, count, size);
        Variable<T> sign = Tape.Allocate(SquareMatrices.Batch(Shape), out Span<T> signs);
        for (int i = 0; i < count; i++) signs[i] = T.CreateTruncating(factors.Sign(i));
        return (sign, LogDeterminantOperation<T>.Apply(this, factors, signed: false));
    }
}

/// <summary>y = det(A) for matrices in the last two axes.</summary>
/// <remarks>gA = gy · cof(A), which is gy · y · A⁻ᵀ where A is regular; by singular values where it is singular to working precision. Keeps A and its factors.</remarks>
internal sealed class DeterminantOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Singular values below this share of the largest, which the type's rounding reaches, are kept apart from the block that is inverted.
    // A larger share would leave a block of many magnitudes to the polynomial, which loses the smaller ones.
    private static readonly double SmallShare = typeof(T) == typeof(float) ? 1e-6 : 1e-13;

    private LuFactors? _factors;

    public static Variable<T> Apply(Variable<T> a, LuFactors factors)
    {
        DeterminantOperation<T> operation = a.Tape.Rent<DeterminantOperation<T>>();
        operation._factors = factors;
        return a.Tape.Apply(operation, a);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(SquareMatrices.Batch(context.Shape(0)));
        for (int i = 0; i < y.Length; i++) y[i] = T.CreateTruncating(_factors!.Determinant(i));
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> a = context.Input(0), gradient = context.Cotangent(), cofactors;
        if (context.CreatesGraph)
        {
            cofactors = context.Output().Unsqueeze(-1).Unsqueeze(-1) * InverseOperation<T>.Apply(a, _factors!).Transpose();
        }
        else
        {
            ReadOnlySpan<T> values = a.Span;
            cofactors = context.Tape.Allocate(a.Shape, out Span<T> target);
            int area = _factors!.Size * _factors.Size;
            for (int i = 0; i < _factors.Count; i++) _factors.Cofactors(i, values.Slice(i * area, area), target.Slice(i * area, area));
        }

        context.Accumulate(0, gradient.Unsqueeze(-1).Unsqueeze(-1) * cofactors);
    }

    /// <summary>For a batch with a singular matrix, whose inverse does not exist: each determinant by itself, those of singular ones by blocks.</summary>
    protected internal override Variable<T>[]? Compose(ReadOnlySpan<Variable<T>> inputs)
    {
        LuFactors factors = _factors!;
        if (factors.FirstSingular < 0) return null;
        Shape shape = inputs[0].Shape;
        Variable<T> matrices = inputs[0].Reshape(factors.Count, factors.Size, factors.Size);
        Variable<T>[] determinants = new Variable<T>[factors.Count];
        for (int i = 0; i < determinants.Length; i++) determinants[i] = factors.IsSingular(i) ? ByBlocks(matrices[i]) : matrices[i].Determinant();
        return [Variable.Stack<T>(determinants).Reshape(SquareMatrices.Batch(shape))];
    }

    protected internal override void Clear() => _factors = null;

    /// <summary>
    /// The determinant by the singular vectors of the value, taken as constants: det(A) = ± det(B), B = Uᵀ A V, whose leading block
    /// is well conditioned. So det(B) = det(B₁₁) det(C), C = B₂₂ − B₂₁ B₁₁⁻¹ B₁₂, and C, which is 0 here or nearly so, needs no division.
    /// </summary>
    private static Variable<T> ByBlocks(Variable<T> a)
    {
        int n = a.Shape[0];
        SingularValues svd = SingularValues.Of(a.Span, n);
        int rank = 0;
        while (rank < n - 1 && svd.Values[rank] > SmallShare * svd.Values[0]) rank++;
        Variable<T> left = Constant(a.Tape, n, svd.Left), right = Constant(a.Tape, n, svd.Right);
        Variable<T> b = MatMulOperation<T>.Apply(left, a, true, false).MatMul(right), rest = b[rank.., rank..];
        if (rank == 0) return Polynomial(rest) * svd.Orientation;
        Variable<T> block = b[..rank, ..rank];
        Variable<T> complement = rest - b[rank.., ..rank].MatMul(block.Solve(b[..rank, rank..]));
        return block.Determinant() * Polynomial(complement) * svd.Orientation;
    }

    /// <summary>det(C) as a polynomial: M₁ = I, cₖ = −tr(C Mₖ)/k, Mₖ₊₁ = C Mₖ + cₖ I, det(C) = (−1)ᵐ cₘ (Le Verrier and Faddeev).</summary>
    private static Variable<T> Polynomial(Variable<T> c)
    {
        int m = c.Shape[0];
        Variable<T> identity = SolveOperation<T>.Triangle(c.Tape, m, upper: false, diagonal: 1) * SolveOperation<T>.Triangle(c.Tape, m, upper: true, diagonal: 1);
        Variable<T> product = c;
        for (int k = 1; ; k++)
        {
            Variable<T> coefficient = (product * identity).Sum() * (-1.0 / k);
            if (k == m) return m % 2 == 0 ? coefficient : -coefficient;
            product = c.MatMul(product + (coefficient * identity));
        }
    }

    private static Variable<T> Constant(Tape<T> tape, int n, double[] values)
    {
        Variable<T> constant = tape.Allocate([n, n], out Span<T> target);
        for (int i = 0; i < target.Length; i++) target[i] = T.CreateTruncating(values[i]);
        return constant;
    }
}

/// <summary>y = log |det(A)| for matrices in the last two axes, or log det(A), which is NaN where det(A) is negative.</summary>
/// <remarks>gA = gy · A⁻ᵀ, also where y is NaN for its sign; not finite where a pivot is 0. Keeps A and its factors.</remarks>
internal sealed class LogDeterminantOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private LuFactors? _factors;
    private bool _signed;

    public static Variable<T> Apply(Variable<T> a, LuFactors factors, bool signed)
    {
        LogDeterminantOperation<T> operation = a.Tape.Rent<LogDeterminantOperation<T>>();
        operation._factors = factors;
        operation._signed = signed;
        return a.Tape.Apply(operation, a);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(SquareMatrices.Batch(context.Shape(0)));
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = _signed && _factors!.Sign(i) < 0 ? T.NaN : T.CreateTruncating(_factors!.LogAbsoluteDeterminant(i));
        }
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, context.Cotangent().Unsqueeze(-1).Unsqueeze(-1) * InverseOperation<T>.Apply(context.Input(0), _factors!).Transpose());

    protected internal override void Clear() => _factors = null;
}
