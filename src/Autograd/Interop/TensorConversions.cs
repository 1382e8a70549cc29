using System.Numerics;
using LinearAlgebra = MathNet.Numerics.LinearAlgebra;
using SystemTensors = System.Numerics.Tensors;

namespace Autograd;

/// <summary>
/// Tensors from and to arrays of several axes, MathNet.Numerics vectors and matrices and System.Numerics.Tensors. All of
/// them copy but <see cref="AsReadOnlyTensorSpan"/>; a matrix of MathNet.Numerics is stored by columns and is turned on the way.
/// </summary>
public static class TensorConversions
{
    /// <summary>The values of a tensor of two axes as an array.</summary>
    /// <exception cref="ShapeException">The tensor has not two axes.</exception>
    public static T[,] ToArray2D<T>(this Tensor<T> tensor)
        where T : unmanaged
    {
        Shape shape = RequireRank(tensor, 2, nameof(ToArray2D));
        T[,] array = new T[shape[0], shape[1]];
        tensor.Span.CopyTo(ArrayElements.Of<T>(array));
        return array;
    }

    /// <summary>The values of a tensor of three axes as an array.</summary>
    /// <exception cref="ShapeException">The tensor has not three axes.</exception>
    public static T[,,] ToArray3D<T>(this Tensor<T> tensor)
        where T : unmanaged
    {
        Shape shape = RequireRank(tensor, 3, nameof(ToArray3D));
        T[,,] array = new T[shape[0], shape[1], shape[2]];
        tensor.Span.CopyTo(ArrayElements.Of<T>(array));
        return array;
    }

    /// <summary>A tensor of one axis as a dense vector of MathNet.Numerics.</summary>
    /// <exception cref="ShapeException">The tensor has not one axis, or no elements, which MathNet.Numerics does not know.</exception>
    public static LinearAlgebra.Vector<T> ToMathNetVector<T>(this Tensor<T> tensor)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireElements(RequireRank(tensor, 1, nameof(ToMathNetVector)));
        return LinearAlgebra.Vector<T>.Build.Dense(tensor.ToArray());
    }

    /// <summary>A tensor of two axes as a dense matrix of MathNet.Numerics, with its rows as rows.</summary>
    /// <exception cref="ShapeException">The tensor has not two axes, or no elements, which MathNet.Numerics does not know.</exception>
    public static LinearAlgebra.Matrix<T> ToMathNetMatrix<T>(this Tensor<T> tensor)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Shape shape = RequireElements(RequireRank(tensor, 2, nameof(ToMathNetMatrix)));
        T[] columns = new T[shape.Length];
        Strided.Permute(tensor.Span, shape, [1, 0], columns);
        return LinearAlgebra.Matrix<T>.Build.Dense(shape[0], shape[1], columns);
    }

    /// <summary>A vector of MathNet.Numerics, dense or sparse, as a tensor of one axis.</summary>
    public static Tensor<T> ToTensor<T>(this LinearAlgebra.Vector<T> vector)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(vector);
        return new Tensor<T>([vector.Count], vector.ToArray());
    }

    /// <summary>A matrix of MathNet.Numerics, of whatever storage, as a tensor [rows, columns].</summary>
    public static Tensor<T> ToTensor<T>(this LinearAlgebra.Matrix<T> matrix)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return new Tensor<T>([matrix.RowCount, matrix.ColumnCount], matrix.ToRowMajorArray());
    }

    /// <summary>The tensor as one of System.Numerics.Tensors, with memory of its own. A scalar becomes one axis of size 1.</summary>
    public static SystemTensors.Tensor<T> ToSystemTensor<T>(this Tensor<T> tensor)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return SystemTensors.Tensor.Create(tensor.ToArray(), Lengths(tensor.Shape));
    }

    /// <summary>The tensor's own memory for reading by System.Numerics.Tensors; nothing is copied. A scalar becomes one axis of size 1.</summary>
    public static SystemTensors.ReadOnlyTensorSpan<T> AsReadOnlyTensorSpan<T>(this Tensor<T> tensor)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new SystemTensors.ReadOnlyTensorSpan<T>(tensor.Span, Lengths(tensor.Shape));
    }

    /// <summary>A tensor of System.Numerics.Tensors, of any strides, as a tensor with memory of its own.</summary>
    /// <exception cref="ShapeException">More than <see cref="Shape.MaxRank"/> axes, or more elements than an array holds.</exception>
    public static Tensor<T> ToTensor<T>(this SystemTensors.Tensor<T> tensor)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.AsReadOnlyTensorSpan().ToTensor();
    }

    /// <inheritdoc cref="ToTensor{T}(SystemTensors.Tensor{T})"/>
    public static Tensor<T> ToTensor<T>(this SystemTensors.TensorSpan<T> span)
        where T : unmanaged => ((SystemTensors.ReadOnlyTensorSpan<T>)span).ToTensor();

    /// <inheritdoc cref="ToTensor{T}(SystemTensors.Tensor{T})"/>
    public static Tensor<T> ToTensor<T>(this SystemTensors.ReadOnlyTensorSpan<T> span)
        where T : unmanaged
    {
        Span<int> sizes = stackalloc int[span.Rank];
        for (int axis = 0; axis < sizes.Length; axis++) sizes[axis] = (int)Math.Min(span.Lengths[axis], int.MaxValue);
        Tensor<T> tensor = new(new Shape(sizes));
        span.FlattenTo(tensor.Writable);
        return tensor;
    }

    private static nint[] Lengths(Shape shape) => shape.Rank == 0 ? [1] : Array.ConvertAll(shape.ToArray(), static size => (nint)size);

    private static Shape RequireRank<T>(Tensor<T> tensor, int rank, string method)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Rank != rank) Errors.Shape($"{method} needs a tensor of rank {rank}, but this has shape {tensor.Shape}. Reshape it first.");
        return tensor.Shape;
    }

    private static Shape RequireElements(Shape shape)
    {
        if (shape.Length == 0) Errors.Shape($"MathNet.Numerics has no empty vectors and matrices, but this tensor has shape {shape}.");
        return shape;
    }
}
