namespace Autograd.Tests;

public sealed class PadContract : OperatorContract<(int[] Pads, PaddingMode Mode, double Value)>
{
    public override Type[] Operations => [typeof(MapAxesOperation<>), typeof(AddAxesOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(([1, 2], PaddingMode.Constant, 0.5), N(3)), At(([1, 2, 0, 1], PaddingMode.Constant, 0), N(2, 3)), At(([2, 1], PaddingMode.Constant, -1), N(2, 0)),
        At(([-1, 1], PaddingMode.Constant, 2), N(2, 3)), At(([-1, -1, 1, -1], PaddingMode.Constant, 2), N(2, 3)), At(([-3, 4], PaddingMode.Constant, 2), N(3)),
        At(([0, 0, 1, 1], PaddingMode.Constant, 3), N(1, 2, 2)), At(([0, 0], PaddingMode.Reflect, 0), N(1, 2)), At(([0, 0], PaddingMode.Replicate, 0), N(1, 1, 1)),
        At(([2, 1], PaddingMode.Reflect, 0), N(1, 2, 4)), At(([1, 0, 2, 2], PaddingMode.Reflect, 0), N(2, 3, 3)), At(([2, -1], PaddingMode.Reflect, 0), N(1, 4)), At(([-2, 3], PaddingMode.Reflect, 0), N(1, 4)), At(([1, 0, 0, 1, 1, 1], PaddingMode.Reflect, 0), N(1, 2, 2, 2)),
        At(([1, 2, 2, 0], PaddingMode.Replicate, 0), N(1, 2, 3, 3)), At(([0, 3, 1, 0], PaddingMode.Replicate, 0), N(1, 2, 1)), At(([0, 1, 1, 0, 1, 1], PaddingMode.Replicate, 0), N(2, 1, 1, 2, 1)), At(([-1, 2], PaddingMode.Replicate, 0), N(2, 3)),
        At(([2, 3], PaddingMode.Circular, 0), N(2, 3)), At(([1, 0, 1, 2], PaddingMode.Circular, 0), N(2, 3)), At(([-1, 1], PaddingMode.Circular, 0), N(4)), At(([1, 1, 0, 0], PaddingMode.Circular, 0), N(2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(([2, 2], PaddingMode.Constant, double.NegativeInfinity), [Nd.Vector(1)], [Nd.Vector(double.NegativeInfinity, double.NegativeInfinity, 1, double.NegativeInfinity, double.NegativeInfinity)], [Nd.Vector(1)]),
        Exactly(([2, 2], PaddingMode.Reflect, 0), [Nd.Of([1, 4], 1, 2, 3, 4)], [Nd.Of([1, 8], 3, 2, 1, 2, 3, 4, 3, 2)], [Nd.Of([1, 4], 1, 3, 3, 1)]),
        Exactly(([2, 2], PaddingMode.Replicate, 0), [Nd.Of([1, 3], 1, 2, 3)], [Nd.Of([1, 7], 1, 1, 1, 2, 3, 3, 3)], [Nd.Of([1, 3], 3, 1, 3)]),
        Exactly(([2, 2], PaddingMode.Circular, 0), [Nd.Vector(1, 2, 3)], [Nd.Vector(2, 3, 1, 2, 3, 1, 2)], [Nd.Vector(2, 3, 2)]),
        Exactly(([0, 0], PaddingMode.Constant, 7), [Nd.Vector()], [Nd.Vector()], [Nd.Vector()]),
        Exactly(([1, 1], PaddingMode.Constant, 7), [Nd.Vector()], [Nd.Vector(7, 7)], [Nd.Vector()]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Pad([1]), "Pad", "[2, 3]", "[1]", "pairs"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Pad([1, 1, 1]), "3 entries"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Pad([1, 1, 1, 1]), "2 pairs", "1 axes"),
        Refuse<ArgumentException>(static tape => tape.Zeros([1, 2, 3]).Pad([3, 0], PaddingMode.Reflect), "axis 2", "size 3", "smaller"),
        Refuse<ArgumentException>(static tape => tape.Zeros([1, 2, 3]).Pad([0, 0, 0, 2], PaddingMode.Reflect), "axis 1", "size 2", "smaller"),
        Refuse<ArgumentException>(static tape => tape.Zeros([1, 0]).Pad([0, 1], PaddingMode.Reflect), "size 0"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Pad([1, 1], PaddingMode.Reflect), "Pad", "[3]", "Reflect", "1 pairs", "2 or 3 axes"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 2, 2]).Pad([1, 1], PaddingMode.Replicate), "Replicate", "2 or 3 axes", "not 4"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 2]).Pad([1, 1, 1, 1], PaddingMode.Replicate), "2 pairs", "3 or 4 axes"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 2]).Pad([], PaddingMode.Reflect), "one to three pairs, not 0"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 2, 2, 2, 2, 2]).Pad([0, 0, 0, 0, 0, 0, 0, 0], PaddingMode.Reflect), "one to three pairs, not 4"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Pad([4, 0], PaddingMode.Circular), "size 3", "Repeat"),
        Refuse<ArgumentException>(static tape => tape.Zeros([1, 0]).Pad([1, 0], PaddingMode.Replicate), "edge"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Pad([-1, -2]), "at least one"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Pad([-4, 5]), "cut off"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Pad([int.MinValue, 0]), "cut off"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Pad([int.MaxValue, int.MaxValue]), "more than an axis can hold"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3]).Pad([1, 1], PaddingMode.Reflect, value: 1), "value 1", "Reflect"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).Pad([1, 1], (PaddingMode)9), "9"),
    ];

    protected override Sample Draw(Choices choose)
    {
        PaddingMode mode = choose.Of(PaddingMode.Constant, PaddingMode.Reflect, PaddingMode.Replicate, PaddingMode.Circular);
        bool channels = mode is PaddingMode.Reflect or PaddingMode.Replicate;
        int[] sizes = choose.Sizes(channels ? 2 : 0, 5, least: mode == PaddingMode.Constant ? 0 : 1, most: 4);
        int[] pads = new int[2 * (channels ? choose.Between(Math.Max(1, sizes.Length - 2), Math.Min(3, sizes.Length - 1)) : choose.Between(0, sizes.Length))];
        for (int pair = 0; pair < pads.Length; pair += 2)
        {
            int size = sizes[^((pair / 2) + 1)];
            int most = mode switch
            {
                PaddingMode.Reflect => size - 1,
                PaddingMode.Circular => Math.Min(2, size),
                _ => 2,
            };
            pads[pair] = choose.Between(0, most);
            pads[pair + 1] = choose.Between(0, most);
            if (choose.Below(4) == 3) pads[pair + choose.Below(2)] = -choose.Below(Math.Max(1, size));
        }

        return At((pads, mode, mode == PaddingMode.Constant ? choose.Below(3) - 1 : 0), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Pads, PaddingMode Mode, double Value) a) => [x[0].Pad(a.Pads, a.Mode, a.Value)];

    protected override Nd[] Reference(Nd[] x, (int[] Pads, PaddingMode Mode, double Value) a)
    {
        int rank = x[0].Rank;
        int Pad(int axis, int side) => (2 * (rank - 1 - axis)) + side < a.Pads.Length ? a.Pads[(2 * (rank - 1 - axis)) + side] : 0;
        int[] sizes = [.. x[0].Sizes.Select((size, axis) => size + Pad(axis, 0) + Pad(axis, 1))];
        return [Nd.Build(sizes, index =>
        {
            int[] from = new int[rank];
            for (int axis = 0; axis < rank; axis++)
            {
                int size = x[0].Sizes[axis], place = index[axis] - Pad(axis, 0);
                if (a.Mode == PaddingMode.Constant && (place < 0 || place >= size)) return a.Value;
                while (a.Mode == PaddingMode.Circular && place < 0) place += size;
                while (a.Mode == PaddingMode.Circular && place >= size) place -= size;
                if (a.Mode == PaddingMode.Replicate) place = Math.Min(Math.Max(place, 0), size - 1);
                if (a.Mode == PaddingMode.Reflect && place < 0) place = -place;
                if (a.Mode == PaddingMode.Reflect && place >= size) place = size - 1 - (place - (size - 1));
                from[axis] = place;
            }

            return x[0][from];
        })];
    }
}

public sealed class FlipContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(MapAxesOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At([0], N(4)), At([0, -1], N(2, 3, 2)), At([1], N(2, 3, 2)), At([], N(2)), At([], N()), At([0], N(0, 2)), At([1], N(2, 1)), At([-1], N(2, 17)), At([2, 0, 1], N(2, 3, 4))];

    protected override IEnumerable<Exact> ExactCases => [Exactly([0], [Nd.Vector(1, double.NaN, 3)], [Nd.Vector(3, double.NaN, 1)], [Nd.Vector(1, 1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Flip(0, -2), "twice", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Flip(2), "Axis 2", "[2, 3]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        return At(choose.Axes(sizes.Length), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] axes) => [x[0].Flip(axes)];

    protected override Nd[] Reference(Nd[] x, int[] axes)
    {
        HashSet<int> turned = [.. axes.Select(axis => axis < 0 ? axis + x[0].Rank : axis)];
        return [Nd.Build(x[0].Sizes, index => x[0][[.. index.Select((i, axis) => turned.Contains(axis) ? x[0].Sizes[axis] - 1 - i : i)]])];
    }
}

public sealed class RollContract : OperatorContract<(int[] Shifts, int[] Axes)>
{
    public override Type[] Operations => [typeof(MapAxesOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(([2], [1]), N(3, 5)), At(([1, -2], [0, 1]), N(3, 5)), At(([7], [-1]), N(2, 3)), At(([3], [0]), N(3, 2)), At(([int.MinValue, int.MaxValue], [1, 0]), N(3, 5)),
        At(([1], [0]), N(0, 2)), At(([1], [1]), N(2, 1)), At(([], []), N(2)), At(([-1], [1]), N(2, 3, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly(([1], [0]), [Nd.Vector(1, 2, 3)], [Nd.Vector(3, 1, 2)], [Nd.Vector(1, 1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Roll([1, 2], [0]), "2 shifts", "1 axes", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Roll([1], [0, 1]), "1 shifts", "2 axes"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Roll([1, 1], [0, -2]), "twice"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Roll(1, 2), "Axis 2"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(), axes = choose.Axes(sizes.Length);
        return At(([.. axes.Select(_ => choose.Between(-7, 7))], axes), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Shifts, int[] Axes) a) =>
        [a.Axes.Length == 1 ? x[0].Roll(a.Shifts[0], a.Axes[0]) : x[0].Roll(a.Shifts, a.Axes)];

    protected override Nd[] Reference(Nd[] x, (int[] Shifts, int[] Axes) a)
    {
        Nd y = new(x[0].Sizes);
        foreach (int[] index in x[0].Indices)
        {
            int[] to = (int[])index.Clone();
            for (int i = 0; i < a.Axes.Length; i++)
            {
                int axis = a.Axes[i] < 0 ? a.Axes[i] + x[0].Rank : a.Axes[i], size = x[0].Sizes[axis];
                long moved = (index[axis] + (long)a.Shifts[i]) % size;
                to[axis] = (int)(moved < 0 ? moved + size : moved);
            }

            y[to] = x[0][index];
        }

        return [y];
    }
}
