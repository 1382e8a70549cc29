using MathNet.Numerics.LinearAlgebra;
using SystemTensors = System.Numerics.Tensors;

namespace Autograd.Tests.Interop;

public sealed class TensorConversionsTests
{
    [Fact]
    public void ArraysComeBackAsTheyWent()
    {
        float[,] two = { { 1, 2, 3 }, { 4, 5, 6 } };
        double[,,] three = { { { 1, 2 }, { 3, 4 }, { 5, 6 } } };
        Assert.Equal([2, 3], Tensor.From(two).Shape.ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6], Tensor.From(two).ToArray());
        Assert.Equal(two, Tensor.From(two).ToArray2D());
        Assert.Equal([1, 3, 2], Tensor.From(three).Shape.ToArray());
        Assert.Equal(three, Tensor.From(three).ToArray3D());
        Assert.Equal(new bool[2, 0], Tensor.From(new bool[2, 0]).ToArray2D());
        Assert.Contains("[2, 3]", Assert.Throws<ShapeException>(() => Tensor.From(two).ToArray3D()).Message, StringComparison.Ordinal);
        Assert.Contains("[1, 3, 2]", Assert.Throws<ShapeException>(() => Tensor.From(three).ToArray2D()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnArrayOfATensorIsACopy()
    {
        float[,] source = { { 1, 2 } };
        Tensor<float> tensor = Tensor.From(source);
        source[0, 0] = 9;
        tensor.ToArray2D()[0, 1] = 9;
        Assert.Equal([1, 2], tensor.ToArray());
    }

    [Fact]
    public void MathNetMatricesKeepRowsAndColumns()
    {
        Tensor<double> tensor = Tensor.Arange<double>(6 * 5).Reshape(6, 5);
        Matrix<double> matrix = tensor.ToMathNetMatrix();
        Assert.Equal((6, 5), (matrix.RowCount, matrix.ColumnCount));
        for (int row = 0; row < 6; row++)
        {
            for (int column = 0; column < 5; column++) Assert.Equal(tensor[row, column], matrix[row, column]);
        }

        Assert.Equal(tensor.ToArray(), matrix.ToTensor().ToArray());
        Assert.Equal([5, 6], matrix.Transpose().ToTensor().Shape.ToArray());
        Assert.Equal([2, 0, 0, 0, 3, 0], Matrix<float>.Build.Diagonal(2, 3, (int i) => i + 2).ToTensor().ToArray());
        Assert.Equal([0, 0, 7, 0], Matrix<float>.Build.SparseOfIndexed(2, 2, [Tuple.Create(1, 0, 7f)]).ToTensor().ToArray());
    }

    [Fact]
    public void MathNetVectorsAreOneAxis()
    {
        Tensor<float> tensor = Tensor.From(1f, 2f, 3f);
        Assert.Equal([1, 2, 3], tensor.ToMathNetVector().ToArray());
        Assert.Equal([3], tensor.ToMathNetVector().ToTensor().Shape.ToArray());
        Assert.Equal([0, 4], Vector<double>.Build.SparseOfIndexed(2, [Tuple.Create(1, 4d)]).ToTensor().ToArray());
        Assert.Contains("[1, 3]", Assert.Throws<ShapeException>(() => tensor.Reshape(1, 3).ToMathNetVector()).Message, StringComparison.Ordinal);
        Assert.Contains("[3]", Assert.Throws<ShapeException>(() => tensor.ToMathNetMatrix()).Message, StringComparison.Ordinal);
        Assert.Contains("[0]", Assert.Throws<ShapeException>(() => Tensor.Zeros<float>([0]).ToMathNetVector()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ViewsConvertTheirOwnPart()
    {
        Tensor<float> part = Tensor.Arange<float>(12).Reshape(4, 3)[1..3];
        Assert.Equal(new float[,] { { 3, 4, 5 }, { 6, 7, 8 } }, part.ToArray2D());
        Assert.Equal(7, part.ToMathNetMatrix()[1, 1]);
        Assert.Equal(7, part.AsReadOnlyTensorSpan()[1, 1]);
        Assert.Equal(7, part.ToSystemTensor()[1, 1]);
    }

    [Fact]
    public void SystemTensorsOfAnyStridesComeOver()
    {
        Tensor<int> tensor = Tensor.Arange<int>(6).Reshape(2, 3);
        Assert.Equal(tensor.ToArray(), tensor.ToSystemTensor().ToTensor().ToArray());
        Assert.Equal([2, 3], tensor.ToSystemTensor().ToTensor().Shape.ToArray());
        Assert.True(tensor.AsReadOnlyTensorSpan().ToTensor().Span.SequenceEqual(tensor.Span));

        SystemTensors.Tensor<int> turned = SystemTensors.Tensor.Create([0, 1, 2, 3, 4, 5], [3, 2], [1, 3]);
        Assert.Equal([0, 3, 1, 4, 2, 5], turned.ToTensor().ToArray());
        SystemTensors.TensorSpan<int> span = new([1, 2, 3, 4], [2, 2]);
        Assert.Equal(new int[,] { { 1, 2 }, { 3, 4 } }, span.ToTensor().ToArray2D());
        Assert.Equal([1], Tensor.Scalar(5f).ToSystemTensor().ToTensor().Shape.ToArray());
        Assert.Equal([0, 2], Tensor.Zeros<float>([0, 2]).ToSystemTensor().ToTensor().Shape.ToArray());
    }
}
