namespace Autograd.Tests;

/// <summary>Norms over any axes; no axes given (null) means all of them.</summary>
public sealed class NormContract : OperatorContract<(int[]? Axes, double P, bool Keep)>
{
    public override Type[] Operations => [typeof(NormOperation<>), typeof(MaxOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from p in new[] { 1, 1.5, 2, 3, 4.25 }
           from keep in new[] { false, true }
           from place in new (int[] Sizes, int[]? Axes)[] { ([5], [0]), ([3, 4], [0]), ([3, 4], [-1]), ([2, 3, 4], [0, 2]), ([2, 1, 3], [1]), ([0, 3], [1]), ([3, 4], []), ([3, 4], null), ([], null) }
           select At((place.Axes, p, keep), N(place.Sizes)),
        At((null, double.PositiveInfinity, false), new Choices([]).Apart(0.1, 7)), At(([1], double.PositiveInfinity, true), new Choices([]).Apart(0.1, 3, 4)), At(([0, 2], double.PositiveInfinity, false), new Choices([]).Apart(0.1, 2, 3, 2)),

        // Norms of an even p are smooth where only some elements are 0.
        At((null, 2, false), Nd.Vector(0, 0.5, 0, -0.75)), At(([0], 4, false), Nd.Of([3, 2], 0, 1, -0.5, 0, 0.25, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((null, 2, false), [Nd.Vector(0, 0)], [Nd.Scalar(0)], [Nd.Vector(0, 0)]),
        Exactly((null, 1, false), [Nd.Vector(0, -2, 3)], [Nd.Scalar(5)], [Nd.Vector(0, -1, 1)]),
        Exactly((null, 3, false), [Nd.Vector(0, 0)], [Nd.Scalar(0)], [Nd.Vector(0, 0)]),
        Exactly((null, 1.5, false), [Nd.Vector(0, 0)], [Nd.Scalar(0)], [Nd.Vector(0, 0)]),
        Exactly((null, 1.5, false), [Nd.Vector(0, 4)], [Nd.Scalar(4)], [Nd.Vector(0, 1)]),
        Exactly(([1], 2, false), [Nd.Of([2, 2], 0, 0, 3, 4)], [Nd.Vector(0, 5)], [Nd.Of([2, 2], 0, 0, 0.6, 0.8)]),
        Exactly((null, 2, false), [Nd.Vector()], [Nd.Scalar(0)], [Nd.Vector()]),
        Exactly((null, 2, false), [Nd.Vector(1, double.NaN)], [Nd.Scalar(double.NaN)], [Nd.Vector(double.NaN, double.NaN)]),
        Exactly((null, 2, false), [Nd.Vector(1, double.NegativeInfinity)], [Nd.Scalar(double.PositiveInfinity)], [Nd.Vector(0, double.NaN)]),
        Exactly((null, 2, false), [Nd.Vector(Math.ScaleB(3, 100), Math.ScaleB(-4, 100))], [Nd.Scalar(Math.ScaleB(5, 100))], [Nd.Vector(0.6, -0.8)]),
        Exactly((null, 1000, false), [Nd.Vector(3, -1e10)], [Nd.Scalar(1e10)], [Nd.Vector(0, -1)]),
        Exactly((null, double.PositiveInfinity, false), [Nd.Vector(-3, 1, 3)], [Nd.Scalar(3)], [Nd.Vector(-0.5, 0, 0.5)]),
        Exactly((null, double.PositiveInfinity, false), [Nd.Vector(0, 0)], [Nd.Scalar(0)], [Nd.Vector(0, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Norm(0.5), "Norm", "0.5", "1 or more"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Norm(double.NaN), "NaN"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Norm(double.NegativeInfinity), "1 or more"),
        Refuse<ArgumentException>(static tape => tape.Zeros([0]).Norm(double.PositiveInfinity), "Norm", "[0]", "largest"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Norm([2]), "Axis 2"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Norm([1, -1]), "twice"),
    ];

    protected override Sample Draw(Choices choose)
    {
        double p = choose.Of(2, 1, 3, 1.5, 2.75, double.PositiveInfinity);
        int[] sizes = choose.Sizes(least: double.IsInfinity(p) ? 1 : 0);
        return At((choose.Below(4) == 3 ? null : choose.Axes(sizes.Length), p, choose.Flip()), double.IsInfinity(p) ? choose.Apart(0.1, sizes) : choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[]? Axes, double P, bool Keep) a) =>
        [a.Axes is null ? x[0].Norm(a.P, a.Keep) : x[0].Norm(a.Axes, a.P, a.Keep)];

    protected override Nd[] Reference(Nd[] x, (int[]? Axes, double P, bool Keep) a) => [ReductionReference.Over(x[0], a.Axes, a.Keep, values => double.IsInfinity(a.P)
        ? values.Select(Real.Abs).Max()
        : values.Count == 0 ? 0 : Real.Pow(values.Select(value => Real.Pow(Real.Abs(value), a.P)).Sum(), 1 / a.P))];
}
