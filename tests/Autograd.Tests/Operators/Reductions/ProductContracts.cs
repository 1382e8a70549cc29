namespace Autograd.Tests;

/// <summary>Products along an axis, or (null) of all elements. They are smooth everywhere, so zeros are samples like others.</summary>
public sealed class ProductContract : OperatorContract<(int? Axis, bool Keep)>
{
    public override Type[] Operations => [typeof(ProductOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from keep in new[] { false, true }
           from place in new (int[] Sizes, int? Axis)[] { ([5], 0), ([3, 4], 0), ([3, 4], -1), ([2, 3, 4], 1), ([2, 1, 3], 1), ([0, 3], 1), ([3, 0], 1), ([3, 4], null), ([], null), ([0], null), ([2, 3, 19], 1) }
           select At((place.Axis, keep), N(place.Sizes)),
        At((null, false), Nd.Vector(2, 0, 3)), At((null, false), Nd.Vector(0, 0, 3)), At((null, false), Nd.Vector(0, 0, 0)), At((1, true), Nd.Of([2, 3], 1, 0, 2, 0.5, 3, 0)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((null, false), [Nd.Vector(2, 0, 3)], [Nd.Scalar(0)], [Nd.Vector(0, 6, 0)]),
        Exactly((null, false), [Nd.Vector(0, 0, 3)], [Nd.Scalar(0)], [Nd.Vector(0, 0, 0)]),
        Exactly((null, false), [Nd.Vector()], [Nd.Scalar(1)], [Nd.Vector()]),
        Exactly((0, false), [new Nd(0, 2)], [Nd.Vector(1, 1)], [new Nd(0, 2)]),
        Exactly((null, false), [Nd.Vector(2, double.NaN)], [Nd.Scalar(double.NaN)], [Nd.Vector(double.NaN, 2)]),
        Exactly((null, false), [Nd.Vector(double.PositiveInfinity, 2)], [Nd.Scalar(double.PositiveInfinity)], [Nd.Vector(2, double.PositiveInfinity)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Product(2), "2", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([]).Product(0), "[]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(maxRank: 4, most: 4);
        int? axis = sizes.Length == 0 || choose.Below(4) == 3 ? null : choose.Axis(sizes.Length);
        return At((axis, choose.Flip()), WithZeros(choose, choose.N(sizes)));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int? Axis, bool Keep) a) => [a.Axis is { } axis ? x[0].Product(axis, a.Keep) : x[0].Product(a.Keep)];

    protected override Nd[] Reference(Nd[] x, (int? Axis, bool Keep) a) =>
        [ReductionReference.Over(x[0], a.Axis is { } axis ? [axis] : null, a.Keep, static values => values.Product())];

    /// <summary>The values, some of them replaced by 0.</summary>
    internal static Nd WithZeros(Choices choose, Nd x)
    {
        for (int zeros = choose.Below(4); zeros > 0 && x.Data.Length > 0; zeros--) x.Data[choose.Below(x.Data.Length)] = 0;
        return x;
    }
}

/// <summary>Running sums and products along an axis.</summary>
public sealed class CumulativeContract : OperatorContract<(int Axis, bool Product)>
{
    public override Type[] Operations => [typeof(CumulativeSumOperation<>), typeof(CumulativeProductOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from product in new[] { false, true }
           from place in new (int[] Sizes, int Axis)[] { ([5], 0), ([3, 4], 0), ([3, 4], 1), ([3, 4], -1), ([2, 3, 4], 1), ([2, 3, 4], -3), ([2, 1, 3], 1), ([0, 3], 1), ([3, 0], 1), ([1], 0), ([2, 4, 19], 1) }
           select At((place.Axis, product), N(place.Sizes)),
        At((0, true), Nd.Vector(2, 0, 3)), At((0, true), Nd.Vector(0, 0, 3, 2)), At((0, true), Nd.Of([3, 2], 0.5, 0, 0, 2, 3, 0)), At((1, true), Nd.Of([2, 3], 0.5, 0, 0, 2, 3, 0)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((0, false), [Nd.Vector(1, 2, 3)], [Nd.Vector(1, 3, 6)], [Nd.Vector(3, 2, 1)]),
        Exactly((0, false), [Nd.Vector(1, double.PositiveInfinity, 3)], [Nd.Vector(1, double.PositiveInfinity, double.PositiveInfinity)], [Nd.Vector(3, 2, 1)]),
        Exactly((0, true), [Nd.Vector(2, 0, 3)], [Nd.Vector(2, 0, 0)], [Nd.Vector(1, 8, 0)]),
        Exactly((0, true), [Nd.Vector(0, 0, 3)], [Nd.Vector(0, 0, 0)], [Nd.Vector(1, 0, 0)]),
        Exactly((0, true), [Nd.Vector(2, double.NaN, 3)], [Nd.Vector(2, double.NaN, double.NaN)], [Nd.Vector(double.NaN, 8, double.NaN)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).CumulativeSum(2), "2", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).CumulativeProduct(-3), "-3", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([]).CumulativeSum(0), "[]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        bool product = choose.Flip();
        int[] sizes = choose.Sizes(1);
        int axis = choose.Axis(sizes.Length);
        return At((axis, product), product ? ProductContract.WithZeros(choose, choose.N(sizes)) : choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, bool Product) a) => [a.Product ? x[0].CumulativeProduct(a.Axis) : x[0].CumulativeSum(a.Axis)];

    protected override Nd[] Reference(Nd[] x, (int Axis, bool Product) a)
    {
        int axis = a.Axis < 0 ? a.Axis + x[0].Rank : a.Axis;
        return [Nd.Build(x[0].Sizes, index =>
        {
            IEnumerable<Real> so = Enumerable.Range(0, index[axis] + 1).Select(k => x[0][[.. index.Select((i, own) => own == axis ? k : i)]]);
            return a.Product ? so.Product() : so.Sum();
        })];
    }
}

/// <summary>y[k] = b[k] + a[k] y[k − 1], and from the end: what the gradients of running products are made of.</summary>
public sealed class RecurrenceContract : OperatorContract<(int Axis, bool Reverse)>
{
    public override Type[] Operations => [typeof(RecurrenceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from reverse in new[] { false, true }
           from place in new (int[] Sizes, int Axis)[] { ([5], 0), ([3, 4], 0), ([3, 4], 1), ([2, 3, 4], 1), ([2, 1, 3], 1), ([0, 3], 1), ([3, 0], 1) }
           from mask in new[] { 1, 2, 3 }
           select Differentiable(mask, (place.Axis, reverse), N(place.Sizes), N(place.Sizes)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((0, false), [Nd.Vector(double.NaN, 2, 3), Nd.Vector(1, 1, 1)], [Nd.Vector(1, 3, 10)], [Nd.Vector(0, 4, 3), Nd.Vector(9, 4, 1)]),
        Exactly((0, true), [Nd.Vector(double.NaN, 2, 3), Nd.Vector(1, 1, 1)], [Nd.Vector(9, 4, 1)], [Nd.Vector(0, 4, 3), Nd.Vector(1, 3, 10)]),
    ];

    protected override IEnumerable<Refusal> Refusals => []; // not reachable but from gradients

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1);
        return At((choose.Below(sizes.Length), choose.Flip()), ProductContract.WithZeros(choose, choose.N(sizes)), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, bool Reverse) a) => [RecurrenceOperation<T>.Apply(x[0], x[1], a.Axis, a.Reverse)];

    protected override Nd[] Reference(Nd[] x, (int Axis, bool Reverse) a)
    {
        Nd y = new(x[0].Sizes);
        IEnumerable<int[]> order = a.Reverse ? x[0].Indices.Reverse() : x[0].Indices;
        foreach (int[] index in order)
        {
            int[] next = (int[])index.Clone();
            next[a.Axis] += a.Reverse ? 1 : -1;
            bool inside = next[a.Axis] >= 0 && next[a.Axis] < x[0].Sizes[a.Axis];
            y[index] = x[1][index] + (inside ? x[0][a.Reverse ? next : index] * y[next] : 0);
        }

        return [y];
    }
}
