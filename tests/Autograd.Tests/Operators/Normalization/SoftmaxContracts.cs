namespace Autograd.Tests;

/// <summary>Softmax and its logarithm along any axis.</summary>
public sealed class SoftmaxContract : OperatorContract<(int Axis, bool Log)>
{
    public override Type[] Operations => [typeof(SoftmaxOperation<>), typeof(LogSoftmaxOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        from log in new[] { false, true }
        from place in new (int[] Sizes, int Axis)[] { ([5], 0), ([3, 5], -1), ([3, 5], 0), ([2, 3, 4], 1), ([2, 1, 4], 1), ([0, 3], 1), ([3, 0], 0), ([3, 0], 1), ([2, 40], 1), ([1], 0) }
        select At((place.Axis, log), N(place.Sizes));

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((0, false), [Nd.Vector(1000, 0)], [Nd.Vector(1, 0)], [Nd.Vector(0, 0)]),
        Exactly((0, true), [Nd.Vector(1e4, 0)], [Nd.Vector(0, -1e4)], [Nd.Vector(-1, 1)]),
        Exactly((0, false), [Nd.Vector(0, double.NegativeInfinity, 0)], [Nd.Vector(0.5, 0, 0.5)], [Nd.Vector(0, 0, 0)]),
        Exactly((0, false), [Nd.Vector(double.NegativeInfinity, double.NegativeInfinity)], [Nd.Vector(double.NaN, double.NaN)], [Nd.Vector(double.NaN, double.NaN)]),
        Exactly((0, false), [Nd.Vector(1, double.NaN)], [Nd.Vector(double.NaN, double.NaN)], [Nd.Vector(double.NaN, double.NaN)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 5]).Softmax(2), "2", "[3, 5]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([]).LogSoftmax(), "[]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1);
        return At((choose.Axis(sizes.Length), choose.Flip()), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, bool Log) a) => [a.Log ? x[0].LogSoftmax(a.Axis) : x[0].Softmax(a.Axis)];

    protected override Nd[] Reference(Nd[] x, (int Axis, bool Log) a)
    {
        Nd sum = ReductionReference.Over(x[0], [a.Axis], true, static values => values.Select(Real.Exp).Sum());
        return [Nd.Zip(x[0], sum, (value, total) => a.Log ? value - Real.Log(total) : Real.Exp(value) / total)];
    }
}
