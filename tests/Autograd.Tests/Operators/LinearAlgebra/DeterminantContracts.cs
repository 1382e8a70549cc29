namespace Autograd.Tests;

/// <summary>Determinants, of singular matrices too, against the expansion by minors.</summary>
public sealed class DeterminantContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(DeterminantOperation<>), typeof(InverseOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 4e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        At(default, N(1, 1)), At(default, N(2, 2)), At(default, N(3, 3)), At(default, Matrices.Regular(N(4, 4))), At(default, N(3, 2, 2)), At(default, N(2, 1, 3, 3)), At(default, N(0, 0)), At(default, N(2, 0, 0)), At(default, N(0, 2, 2)),
        At(default, Nd.Of([1, 1], 0)), At(default, Nd.Filled(0, 2, 2)), At(default, Nd.Filled(0, 3, 3)), At(default, Nd.Of([2, 2], 1, 2, 2, 4)), At(default, Matrices.Singular(N(3, 3))), At(default, Matrices.Singular(N(4, 4))),
        At(default, Nd.Of([3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9)), At(default, Nd.Of([3, 3], 1, 2, 3, 2, 4, 6, -1, -2, -3)), At(default, Nd.Of([2, 2, 2], 1, 2, 2, 4, 1, 2, 3, 4)), At(default, Matrices.Singular(N(2, 1, 3, 3))),
        At(default, Nd.Of([4, 4], 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(default, [new Nd(0, 0)], [Nd.Scalar(1)], [new Nd(0, 0)]),
        Exactly(default, [Nd.Of([1, 1], 0)], [Nd.Scalar(0)], [Nd.Of([1, 1], 1)]),
        Exactly(default, [Nd.Filled(0, 3, 3)], [Nd.Scalar(0)], [Nd.Filled(0, 3, 3)]),
        Exactly(default, [Nd.Of([2, 2], 0, 2, 4, 0)], [Nd.Scalar(-8)], [Nd.Of([2, 2], 0, -4, -2, 0)]),
        Exactly(default, [Nd.Of([3, 3], 2, 0, 0, 0, -4, 0, 0, 0, 0)], [Nd.Scalar(0)], [Nd.Of([3, 3], 0, 0, 0, 0, 0, 0, 0, 0, -8)]),
        Exactly(default, [Nd.Of([2, 2], double.NaN, 0, 0, 1)], [Nd.Scalar(double.NaN)], [Nd.Of([2, 2], double.NaN, double.NaN, double.NaN, double.NaN)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Determinant(), "Determinant", "[2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2]).Determinant(), "Determinant", "[2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(most: 4);
        Nd random = choose.N([.. choose.Sizes(0, 2, most: 3), n, n]);
        return At(default, choose.Flip() && n > 0 ? Matrices.Singular(random) : Matrices.Regular(random));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Determinant()];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Matrices.Each(x[0], [], static a => Nd.Scalar(Matrices.Determinant(a)))];
}

/// <summary>The logarithm of the determinant, alone and with the sign.</summary>
public sealed class LogDeterminantContract : OperatorContract<bool>
{
    public override Type[] Operations => [typeof(LogDeterminantOperation<>), typeof(InverseOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override IEnumerable<Sample> Samples =>
        from signed in new[] { false, true }
        from sizes in new int[][] { [1, 1], [2, 2], [3, 3], [4, 4], [2, 2, 2], [2, 1, 3, 3], [0, 0], [2, 0, 0], [0, 2, 2] }
        select At(signed, signed ? Matrices.Dominant(N(sizes)) : Matrices.Regular(N(sizes)));

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(true, [new Nd(0, 0)], [Nd.Scalar(0)], [new Nd(0, 0)]),
        Exactly(true, [Nd.Of([1, 1], -2)], [Nd.Scalar(double.NaN)], [Nd.Of([1, 1], -0.5)]),
        Exactly(true, [Nd.Of([1, 1], 0)], [Nd.Scalar(double.NegativeInfinity)], [Nd.Of([1, 1], double.PositiveInfinity)]),
        Exactly(false, [Nd.Of([2, 1, 1], 0, -1)], [Nd.Vector(0, -1), Nd.Vector(double.NegativeInfinity, 0)], [Nd.Of([2, 1, 1], double.PositiveInfinity, -1)]),
        Exactly(false, [Nd.Of([2, 2], 1, 0, 0, 0)], [Nd.Scalar(0), Nd.Scalar(double.NegativeInfinity)], [Nd.Of([2, 2], double.NaN, double.NaN, double.NaN, double.PositiveInfinity)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).LogDeterminant(), "LogDeterminant", "[2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).SignAndLogDeterminant().Sign, "SignAndLogDeterminant", "[2, 3]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(most: 4);
        bool signed = choose.Flip();
        Nd random = choose.N([.. choose.Sizes(0, 2, most: 3), n, n]);
        return At(signed, signed ? Matrices.Dominant(random) : Matrices.Regular(random));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, bool signed)
    {
        if (signed) return [x[0].LogDeterminant()];
        (Variable<T> sign, Variable<T> logarithm) = x[0].SignAndLogDeterminant();
        return [sign, logarithm];
    }

    protected override Nd[] Reference(Nd[] x, bool signed)
    {
        Nd determinants = Matrices.Each(x[0], [], static a => Nd.Scalar(Matrices.Determinant(a)));
        Nd logarithms = determinants.Map(static d => Real.Log(Real.Abs(d)));
        return signed ? [logarithms] : [determinants.Map(static d => Math.Sign(d.Value)), logarithms];
    }
}
