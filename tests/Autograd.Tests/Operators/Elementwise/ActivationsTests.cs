namespace Autograd.Tests;

public sealed class TanhContract : UnaryContract
{
    public override Type[] Operations => [typeof(TanhOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Point(0, 0, 1), Point(double.PositiveInfinity, 1, 0), Point(double.NegativeInfinity, -1, 0), Point(double.NaN, double.NaN, double.NaN), Point(400, 1, 0)];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Tanh()];

    protected override double Function(double x) => Math.Tanh(x);
}
