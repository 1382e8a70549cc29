namespace Autograd.Tests;

/// <summary>Variance and standard deviation over any axes; no axes given (null) means all of them.</summary>
public sealed class SpreadContract : OperatorContract<(int[]? Axes, bool Unbiased, bool Keep, bool Root)>
{
    public override Type[] Operations => [typeof(VarianceOperation<>), typeof(StandardDeviationOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from root in new[] { false, true }
           from unbiased in new[] { false, true }
           from keep in new[] { false, true }
           from place in new (int[] Sizes, int[]? Axes)[]
           {
               ([5], [0]), ([3, 4], [0]), ([3, 4], [-1]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [-2]), ([2, 1, 3], [0, 1]), ([2, 1, 3, 1, 2], [0, -1]), ([0, 3], [1]), ([3, 4], null), ([2, 2, 3, 2], [3, 1]),
           }
           select At((place.Axes, unbiased, keep, root), U(-1.7, 1.7, place.Sizes)),
        At(([0], false, false, false), N(1, 3)), At(([], false, false, false), N(2)), At((null, false, true, false), N()),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((null, true, false, true), [Nd.Vector(0.1, 0.1, 0.1)], [Nd.Scalar(0)], [Nd.Vector(0, 0, 0)]),
        Exactly(([1], false, false, true), [Nd.Of([2, 2], 3, 3, 1, 3)], [Nd.Vector(0, 1)], [Nd.Of([2, 2], 0, 0, -0.5, 0.5)]),
        Exactly((null, true, false, true), [Nd.Vector(5)], [Nd.Scalar(double.NaN)], [Nd.Vector(double.NaN)]),
        Exactly((null, true, false, false), [Nd.Vector(5)], [Nd.Scalar(double.NaN)], [Nd.Vector(double.NaN)]),
        Exactly((null, false, false, false), [Nd.Vector(5)], [Nd.Scalar(0)], [Nd.Vector(0)]),
        Exactly((null, false, false, true), [Nd.Vector()], [Nd.Scalar(double.NaN)], [Nd.Vector()]),
        Exactly(([0], true, true, false), [new Nd(0, 2)], [Nd.Of([1, 2], double.NaN, double.NaN)], [new Nd(0, 2)]),
        Exactly((null, true, false, false), [Nd.Vector(1, double.NaN)], [Nd.Scalar(double.NaN)], [Nd.Vector(double.NaN, double.NaN)]),
        Exactly((null, true, false, false), [Nd.Vector(1, 2, 3, 6)], [Nd.Scalar(14 / 3.0)], [Nd.Vector(-4 / 3.0, -2 / 3.0, 0, 2)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Variance(2), "2", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).StandardDeviation(-3), "-3", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Variance([1, -1]), "twice", "[2, 3]"),
    ];

    // Values of up to 10 that differ by 0.11 lose the digits they share.
    protected override double FloatTolerance => 1e-5;

    protected override Sample Draw(Choices choose)
    {
        // Away from equal elements, where the deviation has a kink.
        bool root = choose.Flip(), unbiased = choose.Flip(), keep = choose.Flip();
        int[] sizes = choose.Sizes(least: 1);
        int[]? axes = choose.Below(4) == 3 ? null : choose.Axes(sizes.Length);
        int count = (axes ?? [.. Enumerable.Range(0, sizes.Length)]).Aggregate(1, (product, axis) => product * sizes[axis < 0 ? axis + sizes.Length : axis]);
        if (count > 1) return At((axes, unbiased, keep, root), choose.Apart(0.11, sizes));
        return root ? At(([0], unbiased, keep, root), choose.Apart(0.11, choose.Between(2, 5), choose.Size())) : At((axes, false, keep, root), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[]? Axes, bool Unbiased, bool Keep, bool Root) a) => a switch
    {
        (null, _, _, true) => [x[0].StandardDeviation(a.Unbiased, a.Keep)],
        (null, _, _, false) => [x[0].Variance(a.Unbiased, a.Keep)],
        ([int axis], _, _, true) => [x[0].StandardDeviation(axis, a.Unbiased, a.Keep)],
        ([int axis], _, _, false) => [x[0].Variance(axis, a.Unbiased, a.Keep)],
        (_, _, _, true) => [x[0].StandardDeviation(a.Axes, a.Unbiased, a.Keep)],
        _ => [x[0].Variance(a.Axes, a.Unbiased, a.Keep)],
    };

    protected override Nd[] Reference(Nd[] x, (int[]? Axes, bool Unbiased, bool Keep, bool Root) a) => [ReductionReference.Over(x[0], a.Axes, a.Keep, values =>
    {
        Real mean = values.Sum() / values.Count;
        Real variance = values.Select(value => (value - mean) * (value - mean)).Sum() / (values.Count - (a.Unbiased ? 1 : 0));
        return a.Root ? Real.Sqrt(variance) : variance;
    })];
}

/// <summary>What a variance must not lose: digits beside a large mean, and range.</summary>
public sealed class VarianceStabilityTests
{
    [Fact]
    public void ALargeMeanCostsNoDigits()
    {
        using Tape<float> tape = new();
        float[] values = [.. Enumerable.Range(0, 1000).Select(static i => 10_000 + (0.0078125f * (i % 13)))];
        double mean = values.Average(static v => (double)v), exact = values.Sum(v => (v - mean) * (v - mean)) / 999;
        Assert.Equal(1, tape.Constant([1000], values).Variance().Item() / exact, 1e-5);
    }

    [Fact]
    public void ManyEqualElementsHaveNoDeviation()
    {
        using Tape<float> tape = new();
        foreach (int count in new[] { 2, 3, 31, 1000, 100_003 })
        {
            Variable<float> x = tape.Variable(Tensor.Full<float>([count], 0.1f)), deviation = x.StandardDeviation();
            Assert.Equal(0f, deviation.Item());
            Assert.All(tape.Backward(deviation)[x].ToArray(), static gradient => Assert.Equal(0f, gradient));
        }
    }
}
