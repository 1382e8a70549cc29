using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>y = x Wᵀ + b for each row: [..., inputs] times [outputs, inputs] gives [..., outputs].</summary>
    /// <param name="weight">W, of shape [outputs, inputs].</param>
    /// <param name="bias">b, of shape [outputs]; none by default.</param>
    /// <exception cref="ShapeException">The last axis is not the weight's number of inputs, or the bias does not fit.</exception>
    public Variable<T> Linear(Variable<T> weight, Variable<T>? bias = null) =>
        Tape.Apply(LinearOperation<T>.Instance, this, weight, bias.GetValueOrDefault());
}

/// <summary>y = x Wᵀ + b over the last axis.</summary>
/// <remarks>gx = gy W, gW = gyᵀ x over all rows, gb = Σ gy over all rows. Keeps x and W.</remarks>
internal sealed class LinearOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly LinearOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0), weight = context.Shape(1);
        Check(shape, weight, context.Has(2) ? context.Shape(2) : default, context.Has(2));
        int inputs = weight[1], outputs = weight[0], rows = shape.Product(0, shape.Rank - 1);
        Span<T> y = context.Output(shape.With(shape.Rank - 1, outputs));
        ReadOnlySpan<T> bias = context.Input(2);
        if (context.Has(2))
        {
            for (int row = 0; row < rows; row++) bias.CopyTo(y[(row * outputs)..]);
        }

        if (context.DeferredOperation(0) is OneHotOperation<T> oneHot) oneHot.MultiplyTransposed(context.Input(1), outputs, y, accumulate: context.Has(2));
        else Gemm.Multiply(false, true, rows, outputs, inputs, context.Input(0), inputs, context.Input(1), inputs, y, outputs, accumulate: context.Has(2));
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0), weightShape = context.Shape(1);
        int inputs = weightShape[1], outputs = weightShape[0], rows = shape.Product(0, shape.Rank - 1);
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0))
        {
            if (context.InPlace(0, out Span<T> sum, out bool fresh))
            {
                Gemm.Multiply(false, false, rows, inputs, outputs, gradient.Span, outputs, context.Input(1).Span, inputs, sum, inputs, !fresh);
            }
            else
            {
                context.Accumulate(0, gradient.MatMul(context.Input(1)));
            }
        }

        if (context.Needs(1))
        {
            if (context.InPlace(1, out Span<T> sum, out bool fresh))
            {
                if (context.DeferredOperation(0) is OneHotOperation<T> oneHot) oneHot.ScatterColumns(gradient.Span, outputs, sum, fresh);
                else Gemm.Multiply(true, false, outputs, inputs, rows, gradient.Span, outputs, context.Input(0).Span, inputs, sum, inputs, !fresh);
            }
            else
            {
                context.Accumulate(1, gradient.Reshape(rows, outputs).Transpose(0, 1).MatMul(context.Input(0).Reshape(rows, inputs)));
            }
        }

        if (context.Needs(2)) context.Accumulate(2, gradient.SumTo(context.Shape(2)));
    }

    private static void Check(Shape shape, Shape weight, Shape bias, bool hasBias)
    {
        if (weight.Rank != 2) Errors.Shape($"Linear: the weight has shape {weight}; it needs two axes, [outputs, inputs].");
        if (shape.Rank == 0 || shape[^1] != weight[1])
        {
            Errors.Shape($"Linear: the input of shape {shape} needs {weight[1]} features in its last axis, since the weight has shape {weight} ([outputs, inputs]).");
        }

        if (hasBias && (bias.Rank != 1 || bias[0] != weight[0])) Errors.Shape($"Linear: the bias has shape {bias}; the weight of shape {weight} needs [{weight[0]}].");
    }
}
