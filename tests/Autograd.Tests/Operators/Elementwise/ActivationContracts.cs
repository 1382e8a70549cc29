namespace Autograd.Tests;

public sealed class TanhContract : UnaryContract
{
    public override Type[] Operations => [typeof(TanhOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Point(0, 0, 1), Point(double.PositiveInfinity, 1, 0), Point(double.NegativeInfinity, -1, 0), Point(double.NaN, double.NaN, double.NaN), Point(400, 1, 0)];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Tanh()];

    protected override Real Function(Real x) => Real.Tanh(x);
}

public sealed class SigmoidContract : UnaryContract
{
    public override Type[] Operations => [typeof(SigmoidOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Point(0, 0.5, 0.25), Point(double.PositiveInfinity, 1, 0), Point(double.NegativeInfinity, 0, 0), Point(double.NaN, double.NaN, double.NaN), Point(1000, 1, 0), Point(-1000, 0, 0)];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Sigmoid()];

    protected override Real Function(Real x) => 1 / (1 + Real.Exp(-x));
}
