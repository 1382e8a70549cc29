using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Choosing between two values, element by element.</summary>
public static partial class Variable
{
    /// <summary>The larger of both, element by element, broadcast; NaN if either is NaN. Where they are equal each gets half of the gradient.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> Maximum<T>(Variable<T> left, Variable<T> right)
        where T : unmanaged, IFloatingPointIeee754<T> => left.Tape.Apply(MaximumOperation<T>.Instance, left, right);

    /// <summary>The smaller of both, element by element, broadcast; NaN if either is NaN. Where they are equal each gets half of the gradient.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> Minimum<T>(Variable<T> left, Variable<T> right)
        where T : unmanaged, IFloatingPointIeee754<T> => left.Tape.Apply(MinimumOperation<T>.Instance, left, right);

    /// <summary>
    /// <paramref name="x"/> where the condition is true, else <paramref name="y"/>, element by element; all three broadcast.
    /// The side that is not taken gets the gradient 0, whatever flows back; but 0 times an infinite slope further back is NaN,
    /// as in <c>Where(x &gt; 0, x.Log(), 0)</c> at x = 0: choose a harmless x before the logarithm.
    /// </summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> Where<T>(Tensor<bool> condition, Variable<T> x, Variable<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(condition);
        WhereOperation<T> operation = x.Tape.Rent<WhereOperation<T>>();
        operation.Condition = new(condition);
        return x.Tape.Apply(operation, x, y);
    }
}

/// <summary>y = max(a, b), broadcast.</summary>
/// <remarks>ga = gy where a > b, gy/2 where a = b, else 0; gb likewise; each summed over the axes it was broadcast along. Keeps both inputs.</remarks>
internal sealed class MaximumOperation<T> : BinaryOperation<T, MaximumFunction, MaximumGradientFunction, Swapped<MaximumGradientFunction>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly MaximumOperation<T> Instance = new();

    protected override Variable<T> Left(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => g.Gate<MaximumGradientFunction>(a, b);

    protected override Variable<T> Right(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => g.Gate<MaximumGradientFunction>(b, a);
}

/// <summary>y = min(a, b), broadcast.</summary>
/// <remarks>ga = gy where b > a, gy/2 where a = b, else 0; gb likewise; each summed over the axes it was broadcast along. Keeps both inputs.</remarks>
internal sealed class MinimumOperation<T> : BinaryOperation<T, MinimumFunction, MinimumGradientFunction, Swapped<MinimumGradientFunction>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly MinimumOperation<T> Instance = new();

    protected override Variable<T> Left(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => g.Gate<MinimumGradientFunction>(a, b);

    protected override Variable<T> Right(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => g.Gate<MinimumGradientFunction>(b, a);
}

/// <summary>y = a where the condition is true, else b; all three broadcast.</summary>
/// <remarks>ga = gy where the condition is true, else 0; gb the other way round; each summed over the axes it was broadcast along. Keeps the condition.</remarks>
internal sealed class WhereOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public SavedTensor<bool> Condition { get; set; }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape left = context.Shape(0), right = context.Shape(1);
        Shape shape = ShapeMath.Broadcast(Name, ShapeMath.Broadcast(Name, left, right), Condition.Shape);
        ReadOnlySpan<T> a = context.Input(0), b = context.Input(1);
        Broadcasting.Where(Condition.Values("Where", "condition"), Condition.Shape, a, left, b, right, context.Output(shape), shape);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, WhereGradientOperation<T>.Apply(gradient, Condition, true).SumTo(context.Shape(0)));
        if (context.Needs(1)) context.Accumulate(1, WhereGradientOperation<T>.Apply(gradient, Condition, false).SumTo(context.Shape(1)));
    }

    protected internal override void Clear() => Condition = default;
}

/// <summary>y = x where the condition is as wanted, else 0. The condition broadcasts to x.</summary>
/// <remarks>gx = gy where the condition is as wanted, else 0. Keeps the condition.</remarks>
internal sealed class WhereGradientOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private SavedTensor<bool> _condition;
    private bool _wanted;

    public static Variable<T> Apply(Variable<T> x, SavedTensor<bool> condition, bool wanted)
    {
        WhereGradientOperation<T> operation = x.Tape.Rent<WhereGradientOperation<T>>();
        operation._condition = condition;
        operation._wanted = wanted;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        ReadOnlySpan<T> x = context.Input(0), zero = [T.Zero];
        Span<T> y = context.Output(shape);
        ReadOnlySpan<bool> condition = _condition.Values("Where", "condition");
        if (_wanted) Broadcasting.Where(condition, _condition.Shape, x, shape, zero, [], y, shape);
        else Broadcasting.Where(condition, _condition.Shape, zero, [], x, shape, y, shape);
    }

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, Apply(context.Cotangent(), _condition, _wanted));

    protected internal override void Clear() => _condition = default;
}
