using System.Numerics;

namespace Autograd;

public static partial class Variable
{
    // What the record of one operation on a tape can count; more parts are joined in halves.
    private const int MostInputs = short.MaxValue;

    /// <summary>Joins values along their last axis: <c>Concat(x, h)</c> is [x; h] for each row.</summary>
    /// <exception cref="ShapeException">The shapes differ in another axis.</exception>
    public static Variable<T> Concat<T>(params ReadOnlySpan<Variable<T>> parts)
        where T : unmanaged, IFloatingPointIeee754<T> => Concat(parts, axis: -1);

    /// <summary>Joins values along one axis. A part may have size 0 there.</summary>
    /// <param name="parts">One value or more, of shapes that differ along <paramref name="axis"/> alone.</param>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <exception cref="ShapeException">The shapes differ in another axis, or there is no part.</exception>
    public static Variable<T> Concat<T>(ReadOnlySpan<Variable<T>> parts, int axis)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (parts.Length == 0) Errors.Argument("Concat: at least one part is needed.");
        foreach (Variable<T> part in parts) _ = part.Tape;
        if (parts.Length > MostInputs)
        {
            int half = parts.Length / 2;
            return Concat([Concat(parts[..half], axis), Concat(parts[half..], axis)], axis);
        }

        Tape<T> tape = parts[0].Tape;
        ConcatOperation<T> operation = tape.Rent<ConcatOperation<T>>();
        operation.Axis = parts[0].Shape.Axis(axis);
        return tape.Apply(operation, parts);
    }

    /// <summary>Puts values of one shape side by side along a new axis.</summary>
    /// <param name="parts">One value or more, of one shape.</param>
    /// <param name="axis">Where the new axis stands in the result; a negative one counts from the end.</param>
    /// <exception cref="ShapeException">The shapes differ, or there is no part.</exception>
    public static Variable<T> Stack<T>(ReadOnlySpan<Variable<T>> parts, int axis = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (parts.Length == 0) Errors.Argument("Stack: at least one part is needed.");
        Shape shape = parts[0].Shape;
        foreach (Variable<T> part in parts)
        {
            if (part.Shape != shape) Errors.Shape($"Stack: all parts need one shape, but the first is {shape} and another {part.Shape}.");
        }

        Shape result = parts[0].Unsqueeze(axis).Shape;
        int at = axis < 0 ? axis + result.Rank : axis;

        // Joining along the axis before and cutting it in two costs one node, not one for each part.
        Variable<T> joined = at == shape.Rank ? default : Concat(parts, at);
        return joined.IsNone ? StackLast(parts, result) : joined.Reshape(result.With(at, parts.Length));
    }

    private static Variable<T> StackLast<T>(ReadOnlySpan<Variable<T>> parts, Shape result)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Variable<T>[] columns = new Variable<T>[parts.Length];
        for (int i = 0; i < columns.Length; i++) columns[i] = parts[i].Reshape(result);
        return Concat<T>(columns, axis: -1);
    }
}

/// <summary>y = the inputs side by side along one axis.</summary>
/// <remarks>The gradient of each part is its share of gy. Keeps nothing.</remarks>
internal sealed class ConcatOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public int Axis { get; set; }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape first = context.Shape(0);
        long total = 0;
        for (int i = 0; i < context.InputCount; i++)
        {
            Shape shape = context.Shape(i);
            if (shape.Rank != first.Rank || shape.With(Axis, first[Axis]) != first)
            {
                Errors.Shape($"Concat along axis {Axis}: part 0 has shape {first} and part {i} {shape}; they may differ along that axis alone.");
            }

            total += shape[Axis];
        }

        if (total > int.MaxValue) Errors.Shape($"Concat along axis {Axis}: the sizes of the parts add up to {total:N0}, which no axis can have.");
        Shape result = first.With(Axis, (int)total);
        Span<T> y = context.Output(result);
        int inner = first.Product(Axis + 1, first.Rank), outer = first.Product(0, Axis), row = result[Axis] * inner, at = 0;
        for (int i = 0; i < context.InputCount; i++)
        {
            ReadOnlySpan<T> part = context.Input(i);
            int width = context.Shape(i)[Axis] * inner;
            for (int o = 0; o < outer; o++) part.Slice(o * width, width).CopyTo(y[((o * row) + at)..]);
            at += width;
        }
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        int at = 0;
        for (int i = 0; i < context.InputCount; i++)
        {
            int size = context.Shape(i)[Axis];
            if (context.Needs(i)) context.Accumulate(i, gradient.Narrow(Axis, at, size));
            at += size;
        }
    }
}
