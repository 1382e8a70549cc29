namespace Autograd.Tests;

public sealed class ExpandContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(ExpandOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At([4, -1, 3], N(2, 1)), At([2, 3], N(2, 3)), At([5], N()), At([2, 3], N(1, 1)), At([2, 0, 3], N(1, 3)), At([0, 3], N(0, 1)),
        At([2, 3, 2, 2], N(3, 1, 2)), At([-1, 2], N(3, 1)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly([2, 2], [Nd.Vector(double.NaN, 1)], [Nd.Of([2, 2], double.NaN, 1, double.NaN, 1)], [Nd.Vector(2, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(tape => tape.Zeros([2, 3]).Expand(2, 4), "[2, 3]", "[2, 4]"),
        Refuse<ShapeException>(tape => tape.Zeros([2, 3]).Expand(3), "[2, 3]", "[3]"),
        Refuse<ShapeException>(tape => tape.Zeros([3]).Expand(-1, 3), "-1"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] sizes) => [x[0].Expand(sizes.AsSpan())];

    protected override Nd[] Reference(Nd[] x, int[] sizes) =>
        [Nd.Build([.. sizes.Select((size, axis) => size == -1 ? x[0].Sizes[axis - sizes.Length + x[0].Rank] : size)], index => x[0].Broadcast(index))];
}

public sealed class PermuteContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(PermuteOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At([1, 0], N(2, 3)), At([1, 0], N(9, 5)), At([2, 0, 1], N(2, 3, 4)), At([0, 2, 1], N(2, 3, 4)), At([1, 0, 2], N(2, 3, 4)), At([-1, 1, 0], N(2, 3, 2)),
        At([2, 1, 0], N(2, 1, 3)), At([1, 0], N(1, 3)), At([1, 0], N(0, 3)), At([], N()), At([0, 1], N(2, 2)), At([3, 1, 0, 2], N(2, 3, 2, 2)), At([2, 3, 0, 1], N(2, 1, 3, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly([1, 0], [Nd.Of([2, 2], 1, double.NaN, 3, 4)], [Nd.Of([2, 2], 1, 3, double.NaN, 4)], [Nd.Filled(1, 2, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(tape => tape.Zeros([3, 5, 2]).Permute(0, 0, 1), "twice", "[0, 0, 1]"),
        Refuse<ArgumentException>(tape => tape.Zeros([3, 5]).Permute(0, -2), "twice"),
        Refuse<ArgumentException>(tape => tape.Zeros([3, 5]).Permute(1), "[3, 5]", "[1]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 5]).Permute(1, 2), "Axis 2"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] axes) => [x[0].Permute(axes)];

    protected override Nd[] Reference(Nd[] x, int[] axes)
    {
        int[] order = [.. axes.Select(axis => axis < 0 ? axis + x[0].Rank : axis)];
        return
        [
            Nd.Build([.. order.Select(axis => x[0].Sizes[axis])], index =>
            {
                int[] own = new int[order.Length];
                for (int i = 0; i < own.Length; i++) own[order[i]] = index[i];
                return x[0][own];
            }),
        ];
    }
}

public sealed class TransposeContract : OperatorContract<(int First, int Second)>
{
    public override Type[] Operations => [typeof(PermuteOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At((-2, -1), N(2, 3)), At((0, -1), N(2, 3, 4)), At((1, 0), N(2, 3, 2)), At((1, 1), N(2, 3)), At((0, 0), N(3)), At((0, 1), N(0, 1)), At((1, 2), N(2, 11, 10))];

    protected override IEnumerable<Exact> ExactCases => [Exactly((0, 1), [Nd.Of([1, 2], 1, 2)], [Nd.Of([2, 1], 1, 2)], [Nd.Filled(1, 1, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3]).Transpose(), "Axis -2", "[3]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 2]).Transpose(0, 2), "Axis 2", "[3, 2]"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int First, int Second) at) => [x[0].Transpose(at.First, at.Second)];

    protected override Nd[] Reference(Nd[] x, (int First, int Second) at)
    {
        int a = at.First < 0 ? at.First + x[0].Rank : at.First, b = at.Second < 0 ? at.Second + x[0].Rank : at.Second;
        int[] Swap(int[] index)
        {
            int[] swapped = (int[])index.Clone();
            (swapped[a], swapped[b]) = (swapped[b], swapped[a]);
            return swapped;
        }

        return [Nd.Build(Swap(x[0].Sizes), index => x[0][Swap(index)])];
    }
}

public sealed class StackContract : OperatorContract<int>
{
    public override Type[] Operations => [typeof(ConcatOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At(0, N(2, 3), N(2, 3)), At(1, N(2, 3), N(2, 3), N(2, 3)), At(-1, N(2, 3), N(2, 3)), At(2, N(2, 3), N(2, 3)), At(0, N(), N()), At(-1, N()), At(1, N(0, 2), N(0, 2)), At(0, N(1))];

    protected override IEnumerable<Exact> ExactCases => [Exactly(0, [Nd.Scalar(1), Nd.Scalar(2)], [Nd.Vector(1, 2)], [Nd.Scalar(1), Nd.Scalar(1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(tape => Variable.Stack<double>([]), "at least one"),
        Refuse<ShapeException>(tape => Variable.Stack<double>([tape.Zeros([2]), tape.Zeros([3])]), "[2]", "[3]"),
        Refuse<ArgumentOutOfRangeException>(tape => Variable.Stack<double>([tape.Zeros([2])], 2), "[2]"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int axis) => [Variable.Stack<T>(x, axis)];

    protected override Nd[] Reference(Nd[] x, int axis)
    {
        int at = axis < 0 ? axis + x[0].Rank + 1 : axis;
        List<int> sizes = [.. x[0].Sizes];
        sizes.Insert(at, x.Length);
        return [Nd.Build([.. sizes], index => x[index[at]][[.. index.Where((_, own) => own != at)]])];
    }
}

public sealed class ManyPartsTests
{
    [Fact]
    public void MorePartsThanOneRecordCountsAreJoined()
    {
        const int Parts = 40_000;
        using Tape<float> tape = new();
        Variable<float> x = tape.Variable(Tensor.Arange<float>(Parts));
        Variable<float>[] parts = [.. Enumerable.Range(0, Parts).Select(i => x[i])];
        Variable<float> joined = Variable.Stack<float>(parts);
        Assert.Equal(x.ToArray(), joined.ToArray());
        Assert.Equal(x.ToArray(), tape.Backward(joined, tape.Constant(Tensor.Arange<float>(Parts)))[x].ToArray());
    }
}
