namespace Autograd.Tests;

public sealed class RepeatContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(ExpandOperation<>), typeof(ViewOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At([3], N(2)), At([2, 1, 3], N(2, 2)), At([1, 1], N(2, 3)), At([2, 2], N(1, 3)), At([0, 2], N(2, 3)), At([2], N(0)), At([3, 2], N()), At([], N()), At([1, 2, 1, 2], N(2, 1, 2)),
        At([1, 1, 1, 1, 1, 2, 1, 2], N(2)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly([2, 2], [Nd.Vector(1, double.NaN)], [Nd.Of([2, 4], 1, double.NaN, 1, double.NaN, 1, double.NaN, 1, double.NaN)], [Nd.Vector(4, 4)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Repeat(2), "Repeat", "[2, 3]", "[2]", "2 counts"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Repeat(2, -1), "-1", "0 or more"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2]).Repeat(1, 1, 1, 1, 1, 1, 1, 1, 2), "at most 8"),
        Refuse<ShapeException>(static tape => tape.Zeros([1 << 10]).Repeat(1 << 30, 1), "at most"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(0, 4, most: 3);
        return At([.. Enumerable.Range(0, sizes.Length + choose.Below(3)).Select(_ => choose.Size(most: 2))], choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] repeats) => [x[0].Repeat(repeats)];

    protected override Nd[] Reference(Nd[] x, int[] repeats)
    {
        int more = repeats.Length - x[0].Rank;
        int[] own = [.. Enumerable.Repeat(1, more), .. x[0].Sizes];
        return [Nd.Build([.. own.Zip(repeats, static (size, count) => size * count)], index => x[0][[.. index.Skip(more).Select((i, axis) => i % x[0].Sizes[axis])]])];
    }
}

public sealed class ChunkContract : OperatorContract<(int Chunks, int Axis)>
{
    public override Type[] Operations => [typeof(ViewOperation<>), typeof(SliceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At((3, -1), N(2, 7)), At((4, 0), N(6, 2)), At((2, 0), N(1)), At((1, 1), N(2, 3)), At((5, 1), N(2, 3)), At((3, 0), N(0, 2)), At((int.MaxValue, 0), N(2))];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((2, 0), [Nd.Vector(1, 2, 3)], [Nd.Vector(1, 2), Nd.Vector(3)], [Nd.Vector(1, 1, 1)]),
        Exactly((2, 0), [Nd.Vector()], [Nd.Vector(), Nd.Vector()], [Nd.Vector()]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([4]).Chunk(0), "Chunk", "[4]", "1 or more"),
        Refuse<ArgumentException>(static tape => tape.Zeros([4]).Chunk(-1), "-1"),
        Refuse<ArgumentException>(static tape => tape.Zeros([4]).Chunk(2, 1), "Axis 1"),
        Refuse<ArgumentException>(static tape => tape.Zeros([]).Chunk(2), "Axis 0"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4);
        return At((choose.Between(1, 6), choose.Axis(sizes.Length)), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Chunks, int Axis) a) => x[0].Chunk(a.Chunks, a.Axis);

    protected override Nd[] Reference(Nd[] x, (int Chunks, int Axis) a)
    {
        int axis = a.Axis < 0 ? a.Axis + x[0].Rank : a.Axis, size = x[0].Sizes[axis];
        if (size == 0) return [.. Enumerable.Repeat(x[0], a.Chunks)];
        int piece = (int)Math.Ceiling(size / (double)a.Chunks);
        List<Nd> pieces = [];
        for (int start = 0; start < size; start += piece)
        {
            int[] sizes = (int[])x[0].Sizes.Clone();
            sizes[axis] = Math.Min(piece, size - start);
            int from = start;
            pieces.Add(Nd.Build(sizes, index => x[0][[.. index.Select((i, own) => own == axis ? i + from : i)]]));
        }

        return [.. pieces];
    }
}

public sealed class DiagonalContract : OperatorContract<(int Offset, int First, int Second)>
{
    public override Type[] Operations => [typeof(SliceOperation<>), typeof(ScatterSliceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At((0, 0, 1), N(3, 3)), At((1, 0, 1), N(3, 4)), At((-1, -1, 0), N(3, 2, 4)), At((-2, 0, 1), N(3, 4)), At((2, 1, 0), N(4, 2)), At((5, 0, 1), N(2, 3)), At((-5, 0, 1), N(2, 3)),
        At((int.MinValue, 0, 1), N(2, 3)), At((int.MaxValue, 0, 1), N(2, 3)), At((0, 1, 2), N(2, 3, 3)), At((0, 0, -1), N(2, 0, 2)), At((0, 0, 1), N(0, 3)), At((0, 0, 1), N(1, 1)), At((0, 2, 1), N(2, 3, 2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly((1, 0, 1), [Nd.Of([2, 2], double.NaN, 2, 3, 4)], [Nd.Vector(2)], [Nd.Of([2, 2], 0, 1, 0, 0)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Diagonal(0, 1, -1), "Diagonal", "[2, 3]", "same"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Diagonal(0, 0, 2), "Axis 2"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2]).Diagonal(), "Axis 1"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(2, 5), order = choose.Order(sizes.Length);
        return At((choose.Between(-4, 4), choose.Flip() ? order[0] : order[0] - sizes.Length, order[1]), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Offset, int First, int Second) a) => [x[0].Diagonal(a.Offset, a.First, a.Second)];

    protected override Nd[] Reference(Nd[] x, (int Offset, int First, int Second) a)
    {
        int row = a.First < 0 ? a.First + x[0].Rank : a.First, column = a.Second < 0 ? a.Second + x[0].Rank : a.Second;
        List<Real> found = [];
        int[] rest = [.. Enumerable.Range(0, x[0].Rank).Where(axis => axis != row && axis != column)];
        int[] outer = [.. rest.Select(axis => x[0].Sizes[axis])];
        int length = Enumerable.Range(0, x[0].Sizes[row]).Count(i => i + (long)a.Offset >= 0 && i + (long)a.Offset < x[0].Sizes[column]);
        foreach (int[] place in Nd.IndicesOf(outer))
        {
            for (int i = 0; i < x[0].Sizes[row]; i++)
            {
                long j = i + (long)a.Offset;
                if (j < 0 || j >= x[0].Sizes[column]) continue;
                int[] index = new int[x[0].Rank];
                for (int k = 0; k < rest.Length; k++) index[rest[k]] = place[k];
                (index[row], index[column]) = (i, (int)j);
                found.Add(x[0][index]);
            }
        }

        return [Nd.Of([.. outer, length], [.. found])];
    }
}
