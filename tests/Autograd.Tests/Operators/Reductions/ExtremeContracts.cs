namespace Autograd.Tests;

/// <summary>The largest and smallest over any axes; no axes given (null) means all of them.</summary>
public sealed class ExtremeContract : OperatorContract<(int[]? Axes, bool Keep, bool Max)>
{
    public override Type[] Operations => [typeof(MaxOperation<>), typeof(MinOperation<>), typeof(BinaryGateOperation<,>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from max in new[] { false, true }
           from keep in new[] { false, true }
           from place in new (int[] Sizes, int[] Axes)[]
           {
               ([5], [0]), ([3, 4], [0]), ([3, 4], [-1]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [-2]), ([2, 1, 3], [1]), ([2, 1, 3, 1, 2], [0, -1]), ([0, 3], [1]), ([3, 4], []),
           }
           select At((place.Axes, keep, max), Apart(place.Sizes)),
        At((null, false, true), Apart()), At((null, true, true), Apart(2, 3)), At((null, false, false), Apart(41)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((null, false, true), [Nd.Vector(1, 3, 3)], [Nd.Scalar(3)], [Nd.Vector(0, 0.5, 0.5)]),
        Exactly((null, false, false), [Nd.Vector(1, 1, 3, 1, 1)], [Nd.Scalar(1)], [Nd.Vector(0.25, 0.25, 0, 0.25, 0.25)]),
        Exactly((null, false, true), [Nd.Vector(1, double.NaN, 3)], [Nd.Scalar(double.NaN)], [Nd.Vector(0, 1, 0)]),
        Exactly((null, false, true), [Nd.Vector(double.NegativeInfinity, double.NegativeInfinity)], [Nd.Scalar(double.NegativeInfinity)], [Nd.Vector(0.5, 0.5)]),
        Exactly(([0, 2], false, true), [Nd.Of([2, 2, 2], 1, 7, 5, 5, 7, 0, 5, 5)], [Nd.Vector(7, 5)], [Nd.Of([2, 2, 2], 0, 0.5, 0.25, 0.25, 0.5, 0, 0.25, 0.25)]),
        Exactly(([0], false, true), [new Nd(2, 0)], [Nd.Vector()], [new Nd(2, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([0]).Max(), "Max", "[0]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([0, 3]).Min(0), "Min", "[0, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Max(2), "2", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Max([1, -1]), "twice"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(least: 1);
        return At((choose.Below(4) == 3 ? null : choose.Axes(sizes.Length), choose.Flip(), choose.Flip()), choose.Apart(0.05, sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[]? Axes, bool Keep, bool Max) a)
    {
        if (a.Axes is null) return [a.Max ? x[0].Max(a.Keep) : x[0].Min(a.Keep)];
        if (a.Axes is [int axis]) return [a.Max ? x[0].Max(axis, a.Keep) : x[0].Min(axis, a.Keep)];
        return [a.Max ? x[0].Max(a.Axes, a.Keep) : x[0].Min(a.Axes, a.Keep)];
    }

    protected override Nd[] Reference(Nd[] x, (int[]? Axes, bool Keep, bool Max) a) =>
        [ReductionReference.Over(x[0], a.Axes, a.Keep, values => a.Max ? values.Max() : values.Min())];

    /// <summary>Distinct values at least 0.05 apart, shuffled.</summary>
    private static Nd Apart(params int[] sizes)
    {
        Nd x = new(sizes);
        for (int i = 0; i < x.Data.Length; i++) x.Data[i] = (i * 7919 % Math.Max(1, Prime(x.Data.Length)) * 0.05) - 1;
        return x;
    }

    private static int Prime(int above)
    {
        int candidate = above + 1;
        while (Enumerable.Range(2, Math.Max(0, candidate - 2)).Any(divisor => candidate % divisor == 0)) candidate++;
        return candidate;
    }
}

/// <summary>The largest and smallest along an axis, whose gradient goes to the index found.</summary>
public sealed class ExtremeWithIndexContract : OperatorContract<(int Axis, bool Keep, bool Max)>
{
    public override Type[] Operations => [typeof(GatherOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from max in new[] { false, true }
           from keep in new[] { false, true }
           from place in new (int[] Sizes, int Axis)[] { ([5], 0), ([3, 4], 0), ([3, 4], -1), ([2, 3, 4], 1), ([2, 1, 3], 1), ([0, 3], 1), ([2, 5, 19], -2) }
           select At((place.Axis, keep, max), new Choices([]).Apart(0.1, place.Sizes)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((0, false, true), [Nd.Vector(1, 3, 3)], [Nd.Scalar(3)], [Nd.Vector(0, 1, 0)]),
        Exactly((0, false, false), [Nd.Vector(1, double.NaN, double.NaN)], [Nd.Scalar(double.NaN)], [Nd.Vector(0, 1, 0)]),
        Exactly((1, true, true), [Nd.Of([2, 2], 1, 1, 5, 7)], [Nd.Of([2, 1], 1, 7)], [Nd.Of([2, 2], 1, 0, 0, 1)]),
        Exactly((0, true, true), [new Nd(2, 0)], [new Nd(1, 0)], [new Nd(2, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([0, 3]).MaxWithIndex(0), "MaxWithIndex", "[0, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([0]).MinWithIndex(0), "MinWithIndex", "[0]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).MaxWithIndex(2), "Axis 2", "[2, 3]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, least: 1);
        return At((choose.Axis(sizes.Length), choose.Flip(), choose.Flip()), choose.Apart(0.1, sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, bool Keep, bool Max) a)
    {
        (Variable<T> values, Tensor<int> indices) = a.Max ? x[0].MaxWithIndex(a.Axis, a.Keep) : x[0].MinWithIndex(a.Axis, a.Keep);
        Assert.Equal(values.Shape, indices.Shape);
        Assert.Equal((a.Max ? x[0].ArgMax(a.Axis, a.Keep) : x[0].ArgMin(a.Axis, a.Keep)).ToArray(), indices.ToArray());
        return [values];
    }

    protected override Nd[] Reference(Nd[] x, (int Axis, bool Keep, bool Max) a) =>
        [ReductionReference.Over(x[0], [a.Axis], a.Keep, values => a.Max ? values.Max() : values.Min())];
}

/// <summary>ln Σ exp over any axes; no axes given (null) means all of them.</summary>
public sealed class LogSumExpContract : OperatorContract<(int[]? Axes, bool Keep)>
{
    public override Type[] Operations => [typeof(LogSumExpOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from keep in new[] { false, true }
           from place in new (int[] Sizes, int[] Axes)[]
           {
               ([5], [0]), ([3, 4], [0]), ([3, 4], [-1]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [-2]), ([2, 1, 3], [1]), ([0, 3], [1]), ([3, 4], []), ([3, 19], [1]),
           }
           select At((place.Axes, keep), N(place.Sizes)),
        At((null, false), N()), At((null, true), N(2, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((null, false), [Nd.Vector()], [Nd.Scalar(double.NegativeInfinity)], [Nd.Vector()]),
        Exactly((null, false), [Nd.Vector(double.NegativeInfinity, double.NegativeInfinity)], [Nd.Scalar(double.NegativeInfinity)], [Nd.Vector(double.NaN, double.NaN)]),
        Exactly((null, false), [Nd.Vector(1e4, 0, double.NegativeInfinity)], [Nd.Scalar(1e4)], [Nd.Vector(1, 0, 0)]),
        Exactly((null, false), [Nd.Vector(-1e4, -2e4)], [Nd.Scalar(-1e4)], [Nd.Vector(1, 0)]),
        Exactly((null, false), [Nd.Vector(1, double.NaN)], [Nd.Scalar(double.NaN)], [Nd.Vector(double.NaN, double.NaN)]),
    ];

    protected override IEnumerable<Refusal> Refusals => [Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).LogSumExp(2), "2", "[2, 3]")];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        return At((choose.Below(4) == 3 ? null : choose.Axes(sizes.Length), choose.Flip()), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[]? Axes, bool Keep) a) =>
        [a.Axes is null ? x[0].LogSumExp(a.Keep) : a.Axes is [int axis] ? x[0].LogSumExp(axis, a.Keep) : x[0].LogSumExp(a.Axes, a.Keep)];

    protected override Nd[] Reference(Nd[] x, (int[]? Axes, bool Keep) a) =>
        [ReductionReference.Over(x[0], a.Axes, a.Keep, static values => Real.Log(values.Select(Real.Exp).Sum()))];
}

/// <summary>Where the extremes are: plain indices without gradient.</summary>
public sealed class ArgExtremeTests
{
    [Fact]
    public void TheFirstOfEqualsIsNamed()
    {
        using Tape<float> tape = new();
        Variable<float> x = tape.Constant(new Tensor<float>([2, 3], [1, 5, 5, 7, 0, 0]));
        Assert.Equal([1, 0], x.ArgMax(1).ToArray());
        Assert.Equal([1, 0, 0], x.ArgMax(-2).ToArray());
        Assert.Equal([0, 1], x.ArgMin(1, keepAxes: true).ToArray());
        Assert.Equal(new Shape(2, 1), x.ArgMin(1, keepAxes: true).Shape);
        Assert.Equal(3, x.ArgMax().Item());
        Assert.Equal(4, x.ArgMin().Item());
    }

    [Fact]
    public void NaNIsTheExtreme()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Constant(new Tensor<double>([4], [1, double.NaN, 3, double.NaN]));
        Assert.Equal(1, x.ArgMax().Item());
        Assert.Equal(1, x.ArgMin().Item());
    }

    [Fact]
    public void NothingIsRefused()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Zeros([0, 3]);
        Assert.Contains("ArgMax", Assert.Throws<ArgumentException>(() => x.ArgMax()).Message, StringComparison.Ordinal);
        Assert.Contains("ArgMin", Assert.Throws<ArgumentException>(() => x.ArgMin(0)).Message, StringComparison.Ordinal);
        Assert.Equal(0, x.ArgMax(1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => x.ArgMax(2));
    }
}

/// <summary>A reduction by plain loops.</summary>
internal static class ReductionReference
{
    public static Nd Over(Nd x, int[]? axes, bool keep, Func<IReadOnlyList<Real>, Real> reduce)
    {
        HashSet<int> reduced = [.. axes?.Select(axis => axis < 0 ? axis + x.Rank : axis) ?? Enumerable.Range(0, x.Rank)];
        int[] kept = [.. x.Sizes.Select((size, axis) => reduced.Contains(axis) ? 1 : size)];
        List<Real>[] groups = [.. Enumerable.Range(0, new Nd(kept).Data.Length).Select(static _ => new List<Real>())];
        foreach (int[] index in x.Indices)
        {
            int position = 0;
            for (int axis = 0; axis < x.Rank; axis++) position = (position * kept[axis]) + (reduced.Contains(axis) ? 0 : index[axis]);
            groups[position].Add(x[index]);
        }

        return Nd.Of(keep ? kept : [.. x.Sizes.Where((_, axis) => !reduced.Contains(axis))], Array.ConvertAll(groups, group => reduce(group)));
    }
}
