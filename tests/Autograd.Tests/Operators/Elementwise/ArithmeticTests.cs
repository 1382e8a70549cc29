namespace Autograd.Tests;

public sealed class MultiplyContract : BinaryContract
{
    public override Type[] Operations => [typeof(MultiplyOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Vector(0, 3), Nd.Vector(double.PositiveInfinity, 0)], [Nd.Vector(double.NaN, 0)], [Nd.Vector(double.PositiveInfinity, 0), Nd.Vector(0, 3)])];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0] * x[1]];

    protected override double Function(double left, double right) => left * right;
}
