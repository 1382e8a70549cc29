using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Runs elementwise kernels over broadcast shapes.</summary>
internal static class Broadcasting
{
    /// <summary>The value rule of an operator of two broadcast inputs.</summary>
    public static void Binary<T, TFunction>(ForwardContext<T> context, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, IBinaryFunction
    {
        Shape left = context.Shape(0), right = context.Shape(1), shape = ShapeMath.Broadcast(name, left, right);
        Span<T> y = context.Output(shape);
        Binary<T, TFunction>(context.Input(0), left, context.Input(1), right, y, shape);
    }

    /// <summary>y = f(a, b), where a and b broadcast to <paramref name="shape"/>.</summary>
    public static void Binary<T, TFunction>(ReadOnlySpan<T> a, Shape left, ReadOnlySpan<T> b, Shape right, Span<T> y, Shape shape)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, IBinaryFunction
    {
        if (IsPlain(a.Length, y.Length) && IsPlain(b.Length, y.Length))
        {
            Elementwise.Binary<TFunction, T>(a, b, y);
            return;
        }

        Span<int> strides = stackalloc int[2 * Shape.MaxRank];
        Elementwise.Binary<TFunction, T>(a, Strides(left, shape, strides), b, Strides(right, shape, strides[Shape.MaxRank..]), y, shape.Sizes);
    }

    /// <summary>y = f(a, b, c), where a, b and c broadcast to <paramref name="shape"/>.</summary>
    public static void Ternary<T, TFunction>(
        ReadOnlySpan<T> a, Shape first, ReadOnlySpan<T> b, Shape second, ReadOnlySpan<T> c, Shape third, Span<T> y, Shape shape, TFunction function = default)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, ITernaryFunction
    {
        if (IsPlain(a.Length, y.Length) && IsPlain(b.Length, y.Length) && IsPlain(c.Length, y.Length))
        {
            Elementwise.Ternary(a, b, c, y, function);
            return;
        }

        Span<int> strides = stackalloc int[3 * Shape.MaxRank];
        Elementwise.Ternary<TFunction, T>(
            a,
            Strides(first, shape, strides),
            b,
            Strides(second, shape, strides[Shape.MaxRank..]),
            c,
            Strides(third, shape, strides[(2 * Shape.MaxRank)..]),
            y,
            shape.Sizes,
            function);
    }

    /// <summary>z = condition ? x : y, where all three broadcast to <paramref name="shape"/>.</summary>
    public static void Where<T>(
        ReadOnlySpan<bool> condition, Shape first, ReadOnlySpan<T> x, Shape second, ReadOnlySpan<T> y, Shape third, Span<T> z, Shape shape)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (IsPlain(condition.Length, z.Length) && IsPlain(x.Length, z.Length) && IsPlain(y.Length, z.Length))
        {
            Elementwise.Where(condition, x, y, z);
            return;
        }

        Span<int> strides = stackalloc int[3 * Shape.MaxRank];
        Elementwise.Where(
            condition,
            Strides(first, shape, strides),
            x,
            Strides(second, shape, strides[Shape.MaxRank..]),
            y,
            Strides(third, shape, strides[(2 * Shape.MaxRank)..]),
            z,
            shape.Sizes);
    }

    /// <summary>Adds f(gy, a, b), in one pass, to the gradient of one of two broadcast inputs; not while the sweep creates a graph.</summary>
    public static void Contribute<T, TFunction>(BackwardContext<T> context, int input)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : unmanaged, ITernaryFunction
    {
        Shape shape = context.OutputShape();
        Span<T> gradient = context.Contribution(input, shape, out Variable<T> pending);
        Ternary<T, TFunction>(
            context.CotangentSpan(), shape, context.InputSpan(0), context.Shape(0), context.InputSpan(1), context.Shape(1), gradient, shape);
        if (!pending.IsNone) context.Accumulate(input, pending.SumTo(context.Shape(input)));
    }

    /// <summary>Whether the kernels' own rule, as long as the result or one element for all, serves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(int length, int result) => length == result || length == 1;

    /// <summary>The strides of an operand along the axes of the result: 0 where it is broadcast.</summary>
    private static ReadOnlySpan<int> Strides(Shape operand, Shape result, Span<int> strides)
    {
        int stride = 1, missing = result.Rank - operand.Rank;
        for (int axis = result.Rank - 1; axis >= 0; axis--)
        {
            int size = axis < missing ? 1 : operand[axis - missing];
            strides[axis] = size == 1 ? 0 : stride;
            stride *= size;
        }

        return strides[..result.Rank];
    }
}
