namespace Autograd.Tests;

public sealed class RangesContract : OperatorContract<Range[]>
{
    public override Type[] Operations => [typeof(ViewOperation<>), typeof(SliceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At([1..3], N(4, 2)), At([^2..], N(4, 2)), At([2..2], N(4, 2)), At([Range.All, 1..], N(2, 3)), At([1..2, 0..1], N(2, 3)), At([0..1, Range.All, ^2..], N(3, 2, 4)),
        At([Range.All, 0..0], N(2, 3)), At([1..2, 0..2, 1..2, 1..3], N(2, 2, 2, 3)), At([Range.All, Range.All], N(1, 2)), At([1.., 1..2], N(2, 3, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly([Range.All, 1..2], [Nd.Of([2, 2], double.NaN, 2, double.NaN, 4)], [Nd.Of([2, 1], 2, 4)], [Nd.Of([2, 2], 0, 1, 0, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 2])[1..4], "1..4", "[3, 2]", "3"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 2])[.., ^3..], "^3..", "axis 1", "[3, 2]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 2])[2..1], "2..1"),
        Refuse<ShapeException>(tape => tape.Zeros([3, 2])[.., .., ..], "3 ranges", "[3, 2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4);
        Range[] ranges = new Range[choose.Between(1, sizes.Length)];
        for (int axis = 0; axis < ranges.Length; axis++)
        {
            int start = choose.Between(0, sizes[axis]), stop = choose.Between(start, sizes[axis]);
            ranges[axis] = new(choose.Flip() ? ^(sizes[axis] - start) : start, choose.Flip() ? ^(sizes[axis] - stop) : stop);
        }

        return At(ranges, choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, Range[] ranges) =>
        [ranges.Length == 1 ? x[0][ranges[0]] : x[0][ranges[0], ranges[1], ranges.AsSpan(2)]];

    protected override Nd[] Reference(Nd[] x, Range[] ranges)
    {
        (int Start, int Count)[] parts = [.. x[0].Sizes.Select((size, axis) => axis < ranges.Length ? ranges[axis].GetOffsetAndLength(size) : (0, size))];
        return [Nd.Build([.. parts.Select(static part => part.Count)], index => x[0][[.. index.Select((i, axis) => i + parts[axis].Start)]])];
    }
}

public sealed class NarrowContract : OperatorContract<(int Axis, int Start, int Count)>
{
    public override Type[] Operations => [typeof(ViewOperation<>), typeof(SliceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At((0, 1, 2), N(4, 2)), At((1, 1, 2), N(2, 4)), At((-1, 0, 1), N(2, 1, 3)), At((0, 0, 0), N(3)), At((1, 0, 3), N(2, 3)), At((1, 2, 2), N(1, 5))];

    protected override IEnumerable<Exact> ExactCases => [Exactly((0, 1, 1), [Nd.Vector(1, 2)], [Nd.Vector(2)], [Nd.Vector(0, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3]).Narrow(0, 2, 2), "2 indices from 2", "[3]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3]).Narrow(0, int.MaxValue, 1), "[3]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3]).Narrow(1, 0, 1), "Axis 1", "[3]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1);
        int axis = choose.Axis(sizes.Length), size = sizes[axis < 0 ? axis + sizes.Length : axis], start = choose.Between(0, size);
        return At((axis, start, choose.Between(0, size - start)), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, int Start, int Count) at) => [x[0].Narrow(at.Axis, at.Start, at.Count)];

    protected override Nd[] Reference(Nd[] x, (int Axis, int Start, int Count) at)
    {
        int axis = at.Axis < 0 ? at.Axis + x[0].Rank : at.Axis;
        int[] sizes = (int[])x[0].Sizes.Clone();
        sizes[axis] = at.Count;
        return [Nd.Build(sizes, index => x[0][[.. index.Select((i, own) => own == axis ? i + at.Start : i)]])];
    }
}

public sealed class SplitContract : OperatorContract<(int[] Sizes, int Axis)>
{
    public override Type[] Operations => [typeof(ViewOperation<>), typeof(SliceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At(([1, 3], 0), N(4, 2)), At(([2, 0, 1], 1), N(2, 3)), At(([2], -1), N(3, 2)), At(([], 0), N(0)), At(([1, 1], 1), N(1, 2, 2))];

    protected override IEnumerable<Exact> ExactCases => [Exactly(([1, 1], 0), [Nd.Vector(1, 2)], [Nd.Vector(1), Nd.Vector(2)], [Nd.Vector(1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(tape => tape.Zeros([4]).Split([1, 2]), "[1, 2]", "3", "4"),
        Refuse<ArgumentException>(tape => tape.Zeros([4]).Split([5, -1]), "-1"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([4]).Split([4], 1), "Axis 1"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([4]).Split(0), "1 or more"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4), parts = [.. Enumerable.Range(0, choose.Between(1, 3)).Select(_ => choose.Size(most: 3))];
        int axis = choose.Axis(sizes.Length);
        sizes[axis < 0 ? axis + sizes.Length : axis] = parts.Sum();
        return At((parts, axis), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Sizes, int Axis) at) => x[0].Split(at.Sizes, at.Axis);

    protected override Nd[] Reference(Nd[] x, (int[] Sizes, int Axis) at)
    {
        int axis = at.Axis < 0 ? at.Axis + x[0].Rank : at.Axis, start = 0;
        List<Nd> pieces = [];
        foreach (int size in at.Sizes)
        {
            int[] sizes = (int[])x[0].Sizes.Clone();
            sizes[axis] = size;
            int from = start;
            pieces.Add(Nd.Build(sizes, index => x[0][[.. index.Select((i, own) => own == axis ? i + from : i)]]));
            start += size;
        }

        return [.. pieces];
    }
}

public sealed class SplitTests
{
    [Theory]
    [InlineData(5, 2, new[] { 2, 2, 1 })]
    [InlineData(4, 2, new[] { 2, 2 })]
    [InlineData(1, 9, new[] { 1 })]
    [InlineData(0, 3, new[] { 0 })]
    [InlineData(0, 1, new[] { 0 })]
    public void PiecesOfOneSizeCoverTheAxis(int total, int size, int[] expected)
    {
        using Tape<float> tape = new();
        Variable<float>[] pieces = tape.Constant(Tensor.Arange<float>(total)).Split(size);
        Assert.Equal(expected, pieces.Select(static piece => piece.Shape[0]));
        Assert.Equal(Enumerable.Range(0, total).Select(static i => (float)i), pieces.SelectMany(static piece => piece.ToArray()));
    }

    [Fact]
    public void PartsThatAreOneRunShareMemory()
    {
        using Tape<float> tape = new();
        Variable<float> x = tape.Constant(Tensor.Arange<float>(24)).Reshape(2, 3, 4);
        Assert.True(x[1..2, 1..3].Span.Overlaps(x.Span));
        Assert.True(x[1..2, 1..2, 1..3].Span.Overlaps(x.Span));
        Assert.True(x.Slice([1, 0, 0], [2, null, null], [9, 1, 1]).Span.Overlaps(x.Span));
        Assert.False(x[.., 1..3].Span.Overlaps(x.Span));
        Assert.False(x.Slice([1, 0, 0], [2, null, null], [1, 2, 1]).Span.Overlaps(x.Span));
    }
}
