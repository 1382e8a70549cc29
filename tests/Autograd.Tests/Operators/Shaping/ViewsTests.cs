namespace Autograd.Tests;

public sealed class ReshapeContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(ViewOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At([6], N(2, 3)), At([3, -1], N(2, 3)), At([], N(1)), At([1, 1], N()), At([2, 0, 5], N(0, 4)), At([0, 3], N(3, 0)), At([2, 1, 2, 1, 2], N(8))];

    protected override IEnumerable<Exact> ExactCases => [Exactly([2], [Nd.Of([1, 2], double.NaN, 2)], [Nd.Vector(double.NaN, 2)], [Nd.Of([1, 2], 1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(tape => tape.Zeros([3, 5]).Reshape(3, 6), "[3, 5]", "15", "[3, 6]"),
        Refuse<ShapeException>(tape => tape.Zeros([3, 5]).Reshape(-1, 4), "[3, 5]", "[-1, 4]"),
        Refuse<ShapeException>(tape => tape.Zeros([0]).Reshape(0, -1), "[0, -1]"),
        Refuse<ShapeException>(tape => tape.Zeros([6]).Reshape(-2, -3), "-2"),
        Refuse<ArgumentException>(tape => tape.Zeros([6]).Reshape(-1, -1), "only one"),
        Refuse<ShapeException>(tape => tape.Zeros([1]).Reshape(1, 1, 1, 1, 1, 1, 1, 1, 1), "8 axes"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] sizes) => [x[0].Reshape(sizes)];

    protected override Nd[] Reference(Nd[] x, int[] sizes)
    {
        int rest = sizes.Where(static size => size != -1).Aggregate(1, static (product, size) => product * size);
        return [x[0].Reshape([.. sizes.Select(size => size == -1 ? x[0].Data.Length / rest : size)])];
    }
}

public sealed class SqueezeContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(ViewOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At([0], N(1, 3, 1)), At([-1], N(1, 3, 1)), At([1], N(1, 3, 1)), At([0, -1], N(1, 3, 1)), At([], N(1, 2)), At([1], N(0, 1)), At([0], N(1))];

    protected override IEnumerable<Exact> ExactCases => [Exactly([0], [Nd.Of([1, 1], 4)], [Nd.Vector(4)], [Nd.Of([1, 1], 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([1, 3]).Squeeze(2), "Axis 2", "[1, 3]"),
        Refuse<ArgumentException>(tape => tape.Zeros([1, 3]).Squeeze(0, -2), "twice", "[1, 3]"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] axes) => [x[0].Squeeze(axes.AsSpan())];

    protected override Nd[] Reference(Nd[] x, int[] axes)
    {
        int[] dropped = [.. axes.Select(axis => axis < 0 ? axis + x[0].Rank : axis).Where(axis => x[0].Sizes[axis] == 1)];
        return [x[0].Reshape([.. x[0].Sizes.Where((_, axis) => !dropped.Contains(axis))])];
    }
}

public sealed class SqueezeAllContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(ViewOperation<>)];

    protected override IEnumerable<Sample> Samples => [At(default, N(1, 3, 1)), At(default, N(1, 1)), At(default, N()), At(default, N(2, 0)), At(default, N(2, 3))];

    protected override IEnumerable<Exact> ExactCases => [Exactly(default, [Nd.Of([1, 1], 4)], [Nd.Scalar(4)], [Nd.Of([1, 1], 1)])];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Squeeze()];

    protected override Nd[] Reference(Nd[] x, None attributes) => [x[0].Reshape([.. x[0].Sizes.Where(static size => size != 1)])];
}

public sealed class UnsqueezeContract : OperatorContract<int>
{
    public override Type[] Operations => [typeof(ViewOperation<>)];

    protected override IEnumerable<Sample> Samples => [At(0, N(2, 3)), At(2, N(2, 3)), At(-1, N(2, 3)), At(-3, N(2, 3)), At(1, N(0, 2)), At(0, N())];

    protected override IEnumerable<Exact> ExactCases => [Exactly(-1, [Nd.Vector(1, 2)], [Nd.Of([2, 1], 1, 2)], [Nd.Vector(1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([2]).Unsqueeze(2), "[2]", "-2 … 1"),
        Refuse<ShapeException>(tape => tape.Zeros([1, 1, 1, 1, 1, 1, 1, 1]).Unsqueeze(0), "8 axes"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int axis) => [x[0].Unsqueeze(axis)];

    protected override Nd[] Reference(Nd[] x, int axis)
    {
        List<int> sizes = [.. x[0].Sizes];
        sizes.Insert(axis < 0 ? axis + sizes.Count + 1 : axis, 1);
        return [x[0].Reshape([.. sizes])];
    }
}

public sealed class IndexContract : OperatorContract<Index>
{
    public override Type[] Operations => [typeof(ViewOperation<>), typeof(PlaceOperation<>)];

    protected override IEnumerable<Sample> Samples => [At(1, N(3)), At(^1, N(3)), At(0, N(1, 2)), At(2, N(3, 2, 2)), At(1, N(2, 0))];

    protected override IEnumerable<Exact> ExactCases => [Exactly(1, [Nd.Vector(double.NaN, 7, double.NaN)], [Nd.Scalar(7)], [Nd.Vector(0, 1, 0)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 2])[3], "Index 3", "[3, 2]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 2])[^4], "-4", "[3, 2]"),
        Refuse<ShapeException>(tape => tape.Zeros([])[0], "scalar"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, Index index) => [x[0][index]];

    protected override Nd[] Reference(Nd[] x, Index index) =>
        [Nd.Build(x[0].Sizes[1..], rest => x[0][[index.GetOffset(x[0].Sizes[0]), .. rest]])];
}
