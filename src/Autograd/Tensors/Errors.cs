using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>Throw helpers, so that hot methods stay small, and the few words errors share.</summary>
internal static class Errors
{
    public static string List(ReadOnlySpan<int> sizes)
    {
        DefaultInterpolatedStringHandler text = new(2, sizes.Length);
        text.AppendLiteral("[");
        for (int i = 0; i < sizes.Length; i++)
        {
            if (i > 0) text.AppendLiteral(", ");
            text.AppendFormatted(sizes[i]);
        }

        text.AppendLiteral("]");
        return text.ToStringAndClear();
    }

    [DoesNotReturn]
    public static void Shape(string message) => throw new ShapeException(message);

    [DoesNotReturn]
    public static void Argument(string message) => throw new ArgumentException(message);

    [DoesNotReturn]
    public static void Invalid(string message) => throw new InvalidOperationException(message);

    [DoesNotReturn]
    public static void OutOfRange(string name, object value, string message) =>
        throw new ArgumentOutOfRangeException(name, value, message);

    [DoesNotReturn]
    public static void RankTooLarge(ReadOnlySpan<int> sizes) =>
        throw new ShapeException($"A shape has at most {Autograd.Shape.MaxRank} axes, but {List(sizes)} has {sizes.Length}. Merge axes first.");

    [DoesNotReturn]
    public static void NegativeSize(ReadOnlySpan<int> sizes, int axis) =>
        throw new ShapeException($"Sizes are 0 or more, but axis {axis} of {List(sizes)} is {sizes[axis]}.");

    [DoesNotReturn]
    public static void TooManyElements(ReadOnlySpan<int> sizes) =>
        throw new ShapeException($"A tensor holds at most {Array.MaxLength:N0} elements, but {List(sizes)} asks for more. Split it along an axis.");

    [DoesNotReturn]
    public static void NoSuchAxis(int axis, Shape shape) => throw new ArgumentOutOfRangeException(
        nameof(axis), axis, $"Axis {axis} does not exist in shape {shape}; it has {shape.Rank} axes, counted from 0, or from −1 at the end.");

    [DoesNotReturn]
    public static void NoSuchIndex(int index, int axis, Shape shape) => throw new ArgumentOutOfRangeException(
        nameof(index), index, $"Index {index} is outside axis {axis} of shape {shape}, whose size is {shape[axis]}.");

    [DoesNotReturn]
    public static void LengthMismatch(int found, Shape shape) =>
        throw new ShapeException($"Shape {shape} holds {shape.Length} elements, but {found} were given.");
}
