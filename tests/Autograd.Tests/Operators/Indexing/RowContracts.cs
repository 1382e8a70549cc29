namespace Autograd.Tests;

public sealed class IndexSelectContract : OperatorContract<(int Axis, int[] Index)>
{
    public override Type[] Operations => [typeof(SelectRowsOperation<>), typeof(ScatterRowsOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At((1, [3, 0, 3]), N(3, 4)), At((0, [1]), N(2, 3)), At((-1, [0, 0]), N(2, 2, 1)), At((0, []), N(3, 2)), At((1, [1, 0]), N(2, 2, 3)), At((1, [0]), N(0, 2))];

    protected override IEnumerable<Exact> ExactCases => [Exactly((0, [1, 1]), [Nd.Vector(double.NaN, 2)], [Nd.Vector(2, 2)], [Nd.Vector(0, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 5]).IndexSelect(1, Tensor.From(0, 5)), "IndexSelect", "5 at [1]", "0 … 4"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 5]).IndexSelect(0, Tensor.From(-1)), "-1 at [0]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 5]).IndexSelect(2, Tensor.From(0)), "Axis 2"),
        Refuse<ShapeException>(tape => tape.Zeros([3, 5]).IndexSelect(0, new Tensor<int>([1, 1])), "[1, 1]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4, least: 1);
        int axis = choose.Axis(sizes.Length);
        return At((axis, choose.Indices(choose.Size(), sizes[axis < 0 ? axis + sizes.Length : axis])), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, int[] Index) at) => [x[0].IndexSelect(at.Axis, Tensor.From(at.Index))];

    protected override Nd[] Reference(Nd[] x, (int Axis, int[] Index) at)
    {
        int axis = at.Axis < 0 ? at.Axis + x[0].Rank : at.Axis;
        int[] sizes = (int[])x[0].Sizes.Clone();
        sizes[axis] = at.Index.Length;
        return [Nd.Build(sizes, index => x[0][[.. index.Select((i, own) => own == axis ? at.Index[i] : i)]])];
    }
}

public sealed class EmbeddingContract : OperatorContract<(int[] Shape, int[] Index)>
{
    public override Type[] Operations => [typeof(SelectRowsOperation<>), typeof(ScatterRowsOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At(([2, 3], [0, 2, 2, 1, 0, 0]), N(3, 4)), At(([], [1]), N(2, 3)), At(([0, 2], []), N(2, 3)), At(([1, 1], [0]), N(1, 1)), At(([2], [1, 0]), N(2, 0))];

    protected override IEnumerable<Exact> ExactCases => [Exactly(([2], [1, 1]), [Nd.Of([2, 1], double.NaN, 2)], [Nd.Of([2, 1], 2, 2)], [Nd.Of([2, 1], 0, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => Variable.Embedding(tape.Zeros([5, 2]), new Tensor<int>([2, 2], [0, 1, 5, 0])), "Embedding", "5 at [1, 0]", "0 … 4"),
        Refuse<ArgumentOutOfRangeException>(tape => Variable.Embedding(tape.Zeros([5, 2]), Tensor.From(0), paddingIndex: 5), "padding", "[5, 2]"),
        Refuse<ArgumentOutOfRangeException>(tape => Variable.Embedding(tape.Zeros([5, 2]), Tensor.From(0), paddingIndex: -1), "padding", "-1"),
        Refuse<ShapeException>(tape => Variable.Embedding(tape.Zeros([5]), Tensor.From(0)), "[5]", "[rows, width]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] index = choose.Sizes(0, 3, most: 4);
        int rows = choose.Between(1, 5);
        return At((index, choose.Indices(index.Aggregate(1, static (product, size) => product * size), rows)), choose.N(rows, choose.Size()));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Shape, int[] Index) at) => [Variable.Embedding(x[0], new Tensor<int>(at.Shape, at.Index))];

    protected override Nd[] Reference(Nd[] x, (int[] Shape, int[] Index) at)
    {
        Nd index = Nd.Of(at.Shape, [.. at.Index.Select(static i => (double)i)]);
        return [Nd.Build([.. at.Shape, x[0].Sizes[1]], place => x[0][(int)index[place[..^1]], place[^1]])];
    }
}

public sealed class PaddingTests
{
    [Fact]
    public void ThePaddingRowIsReadButHasNoGradientOfAnyOrder()
    {
        using Tape<double> tape = new();
        Variable<double> weight = tape.Variable(Tensor.Arange<double>(1, 7).Reshape(3, 2));
        Tensor<int> index = Tensor.From(1, 2, 1, 0);
        Variable<double> y = Variable.Embedding(weight, index, paddingIndex: 1);
        Assert.Equal([3, 4, 5, 6, 3, 4, 1, 2], y.ToArray());
        Assert.Equal([1, 1, 0, 0, 1, 1], tape.Backward(y.Sum(), retain: true)[weight].ToArray());

        // Cubes, so that the second derivative is not constant: 6 w for rows that count, 0 for the padding.
        Variable<double> gradient = tape.Backward((y.Square() * y).Sum(), createGraph: true)[weight];
        Assert.Equal([3, 12, 0, 0, 75, 108], gradient.ToArray());
        Assert.Equal([6, 12, 0, 0, 30, 36], tape.Backward(gradient.Sum())[weight].ToArray());
    }

    [Fact]
    public void AChangedIndexIsNoticed()
    {
        using Tape<double> tape = new();
        Variable<double> weight = tape.Variable(Tensor.Arange<double>(6).Reshape(3, 2));
        Tensor<int> index = Tensor.From(1, 2);
        Variable<double> rows = Variable.Embedding(weight, index), picked = weight.Gather(0, index.Reshape(1, 2));
        index.Write(static values => values[0] = 0);
        Assert.Contains("Embedding", Assert.Throws<InvalidOperationException>(() => tape.Backward(rows.Sum())).Message, StringComparison.Ordinal);
        Assert.Contains("Gather", Assert.Throws<InvalidOperationException>(() => tape.Backward(picked.Sum())).Message, StringComparison.Ordinal);
    }
}

public sealed class GatherContract : OperatorContract<(int Axis, int[] Shape, int[] Index)>
{
    public override Type[] Operations => [typeof(GatherOperation<>), typeof(ScatterAddOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At((1, [3, 2], [0, 3, 2, 2, 1, 0]), N(3, 4)), At((0, [5, 2], [0, 2, 1, 1, 2, 2, 0, 0, 1, 2]), N(3, 3)), At((-1, [4], [0, 1, 1, 0]), N(2)), At((1, [1, 3, 2], [1, 0, 0, 1, 1, 1]), N(2, 2, 3)),
        At((0, [0, 2], []), N(3, 2)), At((0, [1, 1], [0]), N(1, 2)), At((2, [2, 1, 3], [0, 1, 1, 1, 0, 0]), N(2, 2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly((0, [3], [1, 1, 0]), [Nd.Vector(3, 2)], [Nd.Vector(2, 2, 3)], [Nd.Vector(1, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([2, 5]).Gather(1, new Tensor<int>([2, 2], [0, 1, 5, 0])), "Gather", "5 at [1, 0]", "0 … 4"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([2, 5]).Gather(0, new Tensor<int>([1, 1], [-1])), "-1 at [0, 0]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([2, 5]).Gather(2, new Tensor<int>([1, 1])), "Axis 2"),
        Refuse<ShapeException>(tape => tape.Zeros([2, 5]).Gather(0, new Tensor<int>([1])), "[1]", "[2, 5]"),
        Refuse<ShapeException>(tape => tape.Zeros([2, 5]).Gather(1, new Tensor<int>([3, 1])), "[3, 1]", "[2, 5]", "axis 0"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4, least: 1, most: 4);
        int axis = choose.Axis(sizes.Length), at = axis < 0 ? axis + sizes.Length : axis;
        int[] index = [.. sizes.Select((size, own) => own == at ? choose.Size() : choose.Between(1, size))];
        return At((axis, index, choose.Indices(index.Aggregate(1, static (product, size) => product * size), sizes[at])), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, int[] Shape, int[] Index) at) => [x[0].Gather(at.Axis, new Tensor<int>(at.Shape, at.Index))];

    protected override Nd[] Reference(Nd[] x, (int Axis, int[] Shape, int[] Index) at)
    {
        int axis = at.Axis < 0 ? at.Axis + x[0].Rank : at.Axis;
        Nd index = Nd.Of(at.Shape, [.. at.Index.Select(static i => (double)i)]);
        return [Nd.Build(at.Shape, place => x[0][[.. place.Select((i, own) => own == axis ? (int)index[place] : i)]])];
    }
}

/// <summary>One-hot rows have no inputs; multiplied with a value they are seen written out, and a gradient passes beside them.</summary>
public sealed class OneHotTensorTests
{
    [Fact]
    public void RowsAreIntegers()
    {
        Tensor<int> rows = Tensor.OneHot(new Tensor<int>([2, 1], [2, 0]), 3);
        Assert.Equal([2, 1, 3], rows.Shape.ToArray());
        Assert.Equal([0, 0, 1, 1, 0, 0], rows.ToArray());
    }
}
