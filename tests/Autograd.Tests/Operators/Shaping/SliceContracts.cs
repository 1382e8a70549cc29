namespace Autograd.Tests;

/// <summary>Slices along any axes, by Python's rules; and their gradient, which is the gradient of a sum of slices.</summary>
public sealed class SliceContract : OperatorContract<(int[] Starts, int?[] Stops, int[] Steps)>
{
    public override Type[] Operations => [typeof(SliceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(([0, 1], [null, 3], [1, 1]), N(3, 4)), At(([1, 0], [null, null], [1, 2]), N(3, 5)), At(([0, -3], [2, -1], [1, 1]), N(2, 5)), At(([0, 2], [null, 100], [1, 3]), N(2, 9)),
        At(([0, 0, 1], [null, null, 2], [2, 1, 1]), N(3, 2, 3)), At(([2], [2], [1]), N(4)), At(([0, 1], [null, null], [1, 1]), N(0, 4)), At(([0], [null], [4]), N(1)),
        At(([1, 0, 1], [2, null, 2], [1, 1, 1]), N(3, 1, 3)), At(([-100], [null], [2]), N(5)), At(([3], [1], [1]), N(5)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(([0], [null], [2]), [Nd.Vector(1, double.NaN, 3)], [Nd.Vector(1, 3)], [Nd.Vector(1, 0, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([3, 2]).Slice([0], [null]), "[3, 2]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Slice([0], [null], [0]), "step", "0"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2]).Narrow(1, 1, 2), "[3, 2]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2]).Narrow(2, 0, 1), "[3, 2]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2]).Narrow(0, -1, 1), "[3, 2]"),
    ];

    /// <summary>The indices Python's slice takes of an axis.</summary>
    public static int[] Taken(int size, int start, int? stop, int step)
    {
        List<int> taken = [];
        int from = start < 0 ? Math.Max(0, start + size) : start, to = stop is { } given ? (given < 0 ? given + size : Math.Min(given, size)) : size;
        for (int i = from; i < to; i += step) taken.Add(i);
        return [.. taken];
    }

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1);
        int Bound(int size) => choose.Between(0, (2 * size) + 2) - size - 1;
        int[] starts = [.. sizes.Select(size => choose.Flip() ? Bound(size) : 0)], steps = [.. sizes.Select(_ => choose.Between(1, 3))];
        int?[] stops = [.. sizes.Select(size => choose.Flip() ? Bound(size) : (int?)null)];
        return At((starts, stops, steps), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Starts, int?[] Stops, int[] Steps) a) => [x[0].Slice(a.Starts, a.Stops, a.Steps)];

    protected override Nd[] Reference(Nd[] x, (int[] Starts, int?[] Stops, int[] Steps) a)
    {
        int[][] taken = [.. x[0].Sizes.Select((size, axis) => Taken(size, a.Starts[axis], a.Stops[axis], a.Steps[axis]))];
        return [Nd.Build([.. taken.Select(static indices => indices.Length)], index => x[0][[.. index.Select((i, axis) => taken[axis][i])]])];
    }
}

/// <summary>A slice put among zeros: the gradient of a slice, reached as one with createGraph.</summary>
public sealed class ScatterSliceContract : OperatorContract<(int Start, int Step, int[] Whole)>
{
    public override Type[] Operations => [typeof(ScatterSliceOperation<>)];

    protected override IEnumerable<Sample> Samples => [At((0, 2, [2, 5]), N(2, 3)), At((1, 1, [3, 4]), N(3, 3)), At((1, 3, [1, 5]), N(1, 2)), At((0, 2, [0, 5]), N(0, 3)), At((4, 1, [2, 1, 6]), N(2, 1, 2))];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 3, least: 1);
        int start = choose.Below(3), step = choose.Between(1, 3);
        return At((start, step, [.. sizes[..^1], start + ((sizes[^1] - 1) * step) + 1 + choose.Below(step)]), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Start, int Step, int[] Whole) a)
    {
        int[] strides = new int[a.Whole.Length];
        for (int axis = strides.Length - 1, stride = 1; axis >= 0; stride *= a.Whole[axis--]) strides[axis] = stride;
        strides[^1] = a.Step;
        return [ScatterSliceOperation<T>.Apply("Slice", x[0], a.Start, strides, a.Whole)];
    }

    protected override Nd[] Reference(Nd[] x, (int Start, int Step, int[] Whole) a)
    {
        Nd whole = new(a.Whole);
        foreach (int[] index in x[0].Indices) whole[[.. index[..^1], a.Start + (index[^1] * a.Step)]] = x[0][index];
        return [whole];
    }
}
