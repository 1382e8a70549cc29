namespace Autograd.Tests;

public sealed class AddContract : BinaryContract
{
    public override Type[] Operations => [typeof(AddOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Vector(double.PositiveInfinity, 1), Nd.Vector(double.NegativeInfinity, 2)], [Nd.Vector(double.NaN, 3)], [Nd.Vector(1, 1), Nd.Vector(1, 1)])];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0] + x[1]];

    protected override Real Function(Real left, Real right) => left + right;
}

public sealed class SubtractContract : BinaryContract
{
    public override Type[] Operations => [typeof(SubtractOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Vector(double.PositiveInfinity, 1), Nd.Vector(double.PositiveInfinity, 2)], [Nd.Vector(double.NaN, -1)], [Nd.Vector(1, 1), Nd.Vector(-1, -1)])];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0] - x[1]];

    protected override Real Function(Real left, Real right) => left - right;
}

public sealed class MultiplyContract : BinaryContract
{
    public override Type[] Operations => [typeof(MultiplyOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Vector(0, 3), Nd.Vector(double.PositiveInfinity, 0)], [Nd.Vector(double.NaN, 0)], [Nd.Vector(double.PositiveInfinity, 0), Nd.Vector(0, 3)])];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0] * x[1]];

    protected override Real Function(Real left, Real right) => left * right;
}

public sealed class DivideContract : BinaryContract
{
    public override Type[] Operations => [typeof(DivideOperation<>)];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(
            default,
            [Nd.Vector(1, 0, -1, 6), Nd.Vector(0, 0, 0, 2)],
            [Nd.Vector(double.PositiveInfinity, double.NaN, double.NegativeInfinity, 3)],
            [Nd.Vector(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, 0.5), Nd.Vector(double.NegativeInfinity, double.NaN, double.PositiveInfinity, -1.5)]),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0] / x[1]];

    protected override Real Function(Real left, Real right) => left / right;
}

/// <summary>Sums, products and quotients with a number, on either side.</summary>
public sealed class NumberContract : OperatorContract<(char Operator, bool NumberFirst, double Number)>
{
    public override Type[] Operations => [typeof(ScaleOperation<>), typeof(DivideByNumberOperation<>), typeof(ShiftOperation<>), typeof(SubtractFromOperation<>), typeof(DivideNumberOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        from symbol in "+-*/"
        from first in new[] { false, true }
        from number in new[] { 3, -0.7, 1e-3 }
        from sizes in new int[][] { [], [0], [1], [2, 3], [37] }
        select At((symbol, first, number), N(sizes));

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(('/', false, 0), [Nd.Vector(1, 0, -2)], [Nd.Vector(double.PositiveInfinity, double.NaN, double.NegativeInfinity)], [Nd.Vector(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity)]),
        Exactly(('*', true, 0), [Nd.Vector(double.PositiveInfinity, 1)], [Nd.Vector(double.NaN, 0)], [Nd.Vector(0, 0)]),
        Exactly(('/', false, 10), [Nd.Vector(3)], [Nd.Vector(0.3)], [Nd.Vector(0.1)]), // rounded once: 3 · 0.1 is not 0.3
    ];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose) => At((choose.Of('+', '-', '*', '/'), choose.Flip(), choose.Of(3, -0.7, 1e-3)), choose.N(choose.Sizes()));

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (char Operator, bool NumberFirst, double Number) a) => (a.Operator, a.NumberFirst) switch
    {
        ('+', false) => [x[0] + a.Number],
        ('+', true) => [a.Number + x[0]],
        ('-', false) => [x[0] - a.Number],
        ('-', true) => [a.Number - x[0]],
        ('*', false) => [x[0] * a.Number],
        ('*', true) => [a.Number * x[0]],
        ('/', false) => [x[0] / a.Number],
        _ => [a.Number / x[0]],
    };

    protected override Nd[] Reference(Nd[] x, (char Operator, bool NumberFirst, double Number) a) =>
    [
        x[0].Map(value => Function(a.Operator, a.NumberFirst ? a.Number : value, a.NumberFirst ? value : a.Number)),
    ];

    private static Real Function(char symbol, Real left, Real right) =>
        symbol switch { '+' => left + right, '-' => left - right, '*' => left * right, _ => left / right };
}

/// <summary>−x.</summary>
public sealed class NegateContract : UnaryContract
{
    public override Type[] Operations => [typeof(NegateOperation<>)];

    protected override IEnumerable<Exact> ExactCases => [Point(double.PositiveInfinity, double.NegativeInfinity, -1), Point(double.NaN, double.NaN, -1)];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [-x[0]];

    protected override Real Function(Real x) => -x;
}
