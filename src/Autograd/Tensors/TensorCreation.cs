using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>Makes tensors: of one value, of arrays and spans, of ranges and of random numbers.</summary>
public static partial class Tensor
{
    /// <summary>A tensor of zeros.</summary>
    public static Tensor<T> Zeros<T>(Shape shape)
        where T : unmanaged => new(shape);

    /// <summary>A tensor of ones.</summary>
    public static Tensor<T> Ones<T>(Shape shape)
        where T : unmanaged, INumberBase<T> => Full(shape, T.One);

    /// <summary>A tensor with all elements <paramref name="value"/>.</summary>
    public static Tensor<T> Full<T>(Shape shape, T value)
        where T : unmanaged
    {
        Tensor<T> tensor = new(shape);
        tensor.Writable.Fill(value);
        return tensor;
    }

    /// <summary>A scalar, of shape [].</summary>
    public static Tensor<T> Scalar<T>(T value)
        where T : unmanaged => Full([], value);

    /// <summary>A vector, of shape [values.Length], with a copy of the values. Reshape gives them other axes.</summary>
    public static Tensor<T> From<T>(params ReadOnlySpan<T> values)
        where T : unmanaged => new([values.Length], values);

    /// <summary>A copy of an array, of shape [values.Length].</summary>
    public static Tensor<T> From<T>(T[] values)
        where T : unmanaged => new([(values ?? throw new ArgumentNullException(nameof(values))).Length], values);

    /// <summary>A copy of an array of two axes, of its shape.</summary>
    public static Tensor<T> From<T>(T[,] values)
        where T : unmanaged => FromArray<T>(values);

    /// <summary>A copy of an array of three axes, of its shape.</summary>
    public static Tensor<T> From<T>(T[,,] values)
        where T : unmanaged => FromArray<T>(values);

    /// <summary>The numbers 0, 1, … count − 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative count.</exception>
    public static Tensor<T> Arange<T>(int count)
        where T : unmanaged, INumberBase<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Tensor<T> tensor = new([count]);
        Span<T> values = tensor.Writable;
        for (int i = 0; i < values.Length; i++) values[i] = T.CreateChecked(i);
        return tensor;
    }

    /// <summary>The numbers start + i · step before <paramref name="stop"/>, each rounded once in double.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A step of 0, a number that is not finite, or more numbers than a tensor holds.</exception>
    public static Tensor<T> Arange<T>(double start, double stop, double step = 1)
        where T : unmanaged, INumberBase<T>
    {
        double count = Math.Max(0, Math.Ceiling((stop - start) / step));
        if (!(count <= Array.MaxLength) || !double.IsFinite(start) || !double.IsFinite(step))
        {
            Errors.OutOfRange(nameof(step), step, FormattableString.Invariant($"Arange from {start} to {stop} by {step} is no list of at most {Array.MaxLength} numbers. Give finite bounds and a step other than 0."));
        }

        Tensor<T> tensor = new([(int)count]);
        Span<T> values = tensor.Writable;
        for (int i = 0; i < values.Length; i++) values[i] = T.CreateChecked(start + (i * step));
        return tensor;
    }

    /// <summary>Uniform random numbers in [low, high), drawn in row order from <paramref name="random"/>.</summary>
    public static Tensor<T> Uniform<T>(Shape shape, RandomSource random, double low = 0, double high = 1)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(random);
        Tensor<T> tensor = new(shape);
        random.FillUniform(tensor.Writable, low, high);
        return tensor;
    }

    /// <summary>Uniform random numbers in [low, high): the same for the same seed, everywhere.</summary>
    public static Tensor<T> Uniform<T>(Shape shape, ulong seed, double low = 0, double high = 1)
        where T : unmanaged, IFloatingPointIeee754<T> => Uniform<T>(shape, new RandomSource(seed), low, high);

    /// <summary>Normal random numbers, drawn in row order from <paramref name="random"/>.</summary>
    public static Tensor<T> Normal<T>(Shape shape, RandomSource random, double mean = 0, double standardDeviation = 1)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(random);
        Tensor<T> tensor = new(shape);
        random.FillNormal(tensor.Writable, mean, standardDeviation);
        return tensor;
    }

    /// <summary>Normal random numbers: the same for the same seed, everywhere.</summary>
    public static Tensor<T> Normal<T>(Shape shape, ulong seed, double mean = 0, double standardDeviation = 1)
        where T : unmanaged, IFloatingPointIeee754<T> => Normal<T>(shape, new RandomSource(seed), mean, standardDeviation);

    private static Tensor<T> FromArray<T>(Array values)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        Span<int> sizes = stackalloc int[values.Rank];
        for (int axis = 0; axis < sizes.Length; axis++) sizes[axis] = values.GetLength(axis);
        Shape shape = new(sizes);
        return new Tensor<T>(shape, ArrayElements.Of<T>(values));
    }
}

/// <summary>The elements of an array of any rank, row by row, which is how the runtime stores them.</summary>
internal static class ArrayElements
{
    public static Span<T> Of<T>(Array values)
        where T : unmanaged => values.Length == 0
            ? []
            : MemoryMarshal.CreateSpan(
                ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length);
}
