namespace Autograd.Tests;

public sealed class ReciprocalContract : UnaryContract
{
    public override Type[] Operations => [typeof(ReciprocalOperation<>)];

    protected override (double Low, double High)[] Ranges => [(0.4, 2), (-2, -0.4)];

    protected override double ValueTolerance => 1e-15;

    protected override IEnumerable<Exact> ExactCases =>
        [Point(0, double.PositiveInfinity, double.NegativeInfinity), Point(double.PositiveInfinity, 0, 0), Point(2, 0.5, -0.25)];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Reciprocal()];

    protected override Real Function(Real x) => 1 / x;
}

public sealed class SquareContract : UnaryContract
{
    public override Type[] Operations => [typeof(SquareOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Point(0, 0, 0), Point(double.NegativeInfinity, double.PositiveInfinity, double.NegativeInfinity), Point(double.NaN, double.NaN, double.NaN), Point(-3, 9, -6)];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Square()];

    protected override Real Function(Real x) => x * x;
}
