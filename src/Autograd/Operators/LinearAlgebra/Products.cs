namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>The products of two batches of matrices of the same length: [b, n, k] times [b, k, m] gives [b, n, m]; nothing is broadcast.</summary>
    /// <exception cref="ShapeException">An operand has not three axes, or the batches or inner sizes differ.</exception>
    public Variable<T> BatchMatMul(Variable<T> other)
    {
        Shape left = Shape, right = other.Shape;
        if (left.Rank != 3 || right.Rank != 3 || left[0] != right[0])
        {
            Errors.Shape($"BatchMatMul takes [b, n, k] and [b, k, m] with equal b, not {left} and {right}. MatMul broadcasts.");
        }

        return MatMulOperation<T>.Apply(this, other, false, false);
    }

    /// <summary>The outer product of two vectors: y[i, j] = x[i] · other[j], of shape [n, m].</summary>
    /// <exception cref="ShapeException">An operand has not one axis.</exception>
    public Variable<T> Outer(Variable<T> other)
    {
        if (Rank != 1 || other.Rank != 1) Errors.Shape($"Outer takes two vectors, not shapes {Shape} and {other.Shape}.");
        return MatMulOperation<T>.Apply(Unsqueeze(1), other.Unsqueeze(0), false, false);
    }

    /// <summary>The inner product of two vectors, Σ x[i] · other[i], a scalar; 0 for no elements.</summary>
    /// <exception cref="ShapeException">An operand has not one axis, or the lengths differ.</exception>
    public Variable<T> Dot(Variable<T> other)
    {
        if (Rank != 1 || other.Rank != 1 || Length != other.Length) Errors.Shape($"Dot takes two vectors of one length, not shapes {Shape} and {other.Shape}.");
        return MatMulOperation<T>.Apply(Unsqueeze(0), other.Unsqueeze(1), false, false).Reshape(default(Shape));
    }
}
