using System.Buffers;
using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>A loss of each element of x against the target at its place, reduced in the same pass: what all such losses share.</summary>
/// <remarks>Input 0 is x, input 1 the target of its shape, further inputs broadcast to it. Keeps the inputs only.</remarks>
internal abstract class ElementLossOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Reduction _reduction;
    private double _divisor;

    protected internal sealed override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        if (_reduction == Reduction.None)
        {
            Losses(context, context.Output(shape));
            return;
        }

        _divisor = _reduction switch
        {
            Reduction.Sum => 1,
            Reduction.Mean => shape.Length,
            _ => shape.Rank == 0 ? 1 : shape[0],
        };
        Span<T> y = context.Output([]);
        y[0] = Total(context) / T.CreateTruncating(_divisor);
    }

    protected internal sealed override void Backward(BackwardContext<T> context)
    {
        bool reduces = _reduction != Reduction.None;
        if (context.CreatesGraph)
        {
            Variable<T> g = reduces ? context.Cotangent() / _divisor : context.Cotangent();
            for (int input = 0; input < context.InputCount; input++)
            {
                if (context.Needs(input)) context.Accumulate(input, Gradient(context, input, g).SumTo(context.Shape(input)));
            }

            return;
        }

        T scaled = reduces ? context.CotangentSpan()[0] / T.CreateTruncating(_divisor) : T.Zero;
        ReadOnlySpan<T> cotangents = reduces ? new(in scaled) : context.CotangentSpan();
        for (int input = 0; input < context.InputCount; input++)
        {
            if (!context.Needs(input)) continue;
            Span<T> gradient = context.Contribution(input, context.Shape(0), out Variable<T> pending);
            Gradient(context, input, cotangents, gradient);
            if (!pending.IsNone) context.Accumulate(input, pending.SumTo(context.Shape(input)));
        }
    }

    /// <summary>Checks the arguments and applies the operation.</summary>
    protected static Variable<T> Apply<TOperation>(TOperation operation, Variable<T> x, Variable<T> target, Reduction reduction)
        where TOperation : ElementLossOperation<T>
    {
        operation.Check(x, target, reduction);
        return x.Tape.Apply(operation, x, target);
    }

    /// <summary>Checks the arguments that all losses share.</summary>
    protected void Check(Variable<T> x, Variable<T> target, Reduction reduction)
    {
        if (target.Shape != x.Shape)
        {
            Errors.Shape($"{Name}: the prediction has shape {x.Shape} and the target {target.Shape}; they must be equal. Reshape one of them.");
        }

        if (!Enum.IsDefined(reduction)) Errors.OutOfRange(nameof(reduction), reduction, $"{Name}: the reduction is Mean, Sum, None or BatchMean.");
        _reduction = reduction;
    }

    /// <summary>The loss of each element.</summary>
    protected abstract void Losses(ForwardContext<T> context, Span<T> losses);

    /// <summary>The sum of all losses.</summary>
    protected virtual T Total(ForwardContext<T> context)
    {
        int length = context.Shape(0).Length;
        T[] pooled = ArrayPool<T>.Shared.Rent(Math.Max(1, length));
        Span<T> losses = pooled.AsSpan(0, length);
        Losses(context, losses);
        T total = Reductions.Sum<T>(losses);
        ArrayPool<T>.Shared.Return(pooled);
        return total;
    }

    /// <summary>The gradient to an input in one pass, of the shape of x, from the cotangent of each loss, or one for all.</summary>
    protected abstract void Gradient(BackwardContext<T> context, int input, ReadOnlySpan<T> cotangents, Span<T> gradient);

    /// <summary>The gradient to an input as operators; g broadcasts to x.</summary>
    protected abstract Variable<T> Gradient(BackwardContext<T> context, int input, Variable<T> g);
}

/// <summary>A loss f(x, t) of two inputs. A derived class is one entry of a table: the kernels of f and of both gradients, and the gradients in operators.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="TValue">f.</typeparam>
/// <typeparam name="TLeft">The gradient to x, a function of gy, x and t.</typeparam>
/// <typeparam name="TRight">The gradient to t, a function of gy, x and t.</typeparam>
internal abstract class PairLossOperation<T, TValue, TLeft, TRight> : ElementLossOperation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TValue : unmanaged, IBinaryFunction
    where TLeft : unmanaged, ITernaryFunction
    where TRight : unmanaged, ITernaryFunction
{
    /// <summary>The kernels with their attributes, set by each use of a loss that has some.</summary>
    protected TValue Value { get; set; }

    /// <inheritdoc cref="Value"/>
    protected TLeft FusedLeft { get; set; }

    /// <inheritdoc cref="Value"/>
    protected TRight FusedRight { get; set; }

    protected sealed override void Losses(ForwardContext<T> context, Span<T> losses) =>
        Elementwise.Binary(context.Input(0), context.Input(1), losses, Value);

    protected sealed override T Total(ForwardContext<T> context) => Reductions.Sum(context.Input(0), context.Input(1), Value);

    protected sealed override void Gradient(BackwardContext<T> context, int input, ReadOnlySpan<T> cotangents, Span<T> gradient)
    {
        ReadOnlySpan<T> x = context.InputSpan(0), target = context.InputSpan(1);
        if (input == 0) Elementwise.Ternary(cotangents, x, target, gradient, FusedLeft);
        else Elementwise.Ternary(cotangents, x, target, gradient, FusedRight);
    }

    protected sealed override Variable<T> Gradient(BackwardContext<T> context, int input, Variable<T> g) =>
        input == 0 ? Left(g, context.Input(0), context.Input(1)) : Right(g, context.Input(0), context.Input(1));

    /// <summary>The gradient to x as operators.</summary>
    protected abstract Variable<T> Left(Variable<T> g, Variable<T> x, Variable<T> target);

    /// <summary>The gradient to the target as operators.</summary>
    protected abstract Variable<T> Right(Variable<T> g, Variable<T> x, Variable<T> target);
}

/// <summary>A loss f(x − t): the gradient to the target is minus the gradient to x.</summary>
internal abstract class DifferenceLossOperation<T, TValue, TLeft> : PairLossOperation<T, TValue, TLeft, Negated<TLeft>>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TValue : unmanaged, IBinaryFunction
    where TLeft : unmanaged, ITernaryFunction
{
    protected sealed override Variable<T> Left(Variable<T> g, Variable<T> x, Variable<T> target) => g * Slope(x - target);

    protected sealed override Variable<T> Right(Variable<T> g, Variable<T> x, Variable<T> target) => -(g * Slope(x - target));

    /// <summary>The slope of f at d, as operators.</summary>
    protected abstract Variable<T> Slope(Variable<T> d);
}
