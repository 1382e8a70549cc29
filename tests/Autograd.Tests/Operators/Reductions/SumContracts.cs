namespace Autograd.Tests;

/// <summary>Sums and means over any axes; no axes given (null) means all of them.</summary>
public sealed class SumContract : OperatorContract<(int[]? Axes, bool Keep, bool Mean)>
{
    public override Type[] Operations => [typeof(SumOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from mean in new[] { false, true }
           from keep in new[] { false, true }
           from place in new (int[] Sizes, int[] Axes)[]
           {
               ([5], [0]), ([3, 4], [0]), ([3, 4], [1]), ([3, 4], [-1]), ([3, 4], [1, 0]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [-2]), ([2, 3, 4], []),
               ([2, 1, 3], [1]), ([1], [0]), ([2, 1, 3, 1, 2], [0, -1]), ([0, 3], [1]), ([7, 19], [0]), ([19, 7], [1]),
           }
           select At((place.Axes, keep, mean), N(place.Sizes)),
        At((null, false, false), N()), At((null, false, false), N(2, 3)), At((null, false, true), N(41)), At((null, false, false), N(0)),
        At(([0], false, false), N(0, 3)), At(([1], true, false), N(2, 0, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((null, false, false), [Nd.Vector()], [Nd.Scalar(0)], [Nd.Vector()]),
        Exactly((null, false, true), [Nd.Vector()], [Nd.Scalar(double.NaN)], [Nd.Vector()]),
        Exactly(([0], false, true), [new Nd(0, 2)], [Nd.Vector(double.NaN, double.NaN)], [new Nd(0, 2)]),
        Exactly((null, false, false), [Nd.Vector(1, double.NaN)], [Nd.Scalar(double.NaN)], [Nd.Vector(1, 1)]),
        Exactly((null, false, true), [Nd.Vector(1, 2, 3, 6)], [Nd.Scalar(3)], [Nd.Vector(0.25, 0.25, 0.25, 0.25)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Sum(2), "2", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Mean(-3), "-3", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Sum([1, -1]), "twice", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([]).Sum(0), "[]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        bool mean = choose.Flip();
        int[] sizes = choose.Sizes(least: mean ? 1 : 0); // the mean of nothing is NaN
        return At((choose.Below(4) == 3 ? null : choose.Axes(sizes.Length), choose.Flip(), mean), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[]? Axes, bool Keep, bool Mean) a)
    {
        if (a.Axes is null) return [a.Mean ? x[0].Mean(a.Keep) : x[0].Sum(a.Keep)];
        if (a.Axes is [int axis]) return [a.Mean ? x[0].Mean(axis, a.Keep) : x[0].Sum(axis, a.Keep)];
        return [a.Mean ? x[0].Mean(a.Axes, a.Keep) : x[0].Sum(a.Axes, a.Keep)];
    }

    protected override Nd[] Reference(Nd[] x, (int[]? Axes, bool Keep, bool Mean) a)
    {
        int rank = x[0].Rank;
        HashSet<int> reduced = [.. a.Axes?.Select(axis => axis < 0 ? axis + rank : axis) ?? Enumerable.Range(0, rank)];
        Nd sum = new([.. x[0].Sizes.Select((size, axis) => reduced.Contains(axis) ? 1 : size)]);
        foreach (int[] index in x[0].Indices) sum[[.. index.Select((i, axis) => reduced.Contains(axis) ? 0 : i)]] += x[0][index];
        double count = reduced.Aggregate(1.0, (product, axis) => product * x[0].Sizes[axis]);
        Nd result = a.Mean ? sum.Map(value => value / count) : sum;
        return [a.Keep ? result : result.Reshape([.. x[0].Sizes.Where((_, axis) => !reduced.Contains(axis))])];
    }
}
