namespace Autograd.Tests;

/// <summary>x to the power of a number.</summary>
public sealed class PowScalarContract : OperatorContract<double>
{
    public override Type[] Operations => [typeof(PowScalarOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from exponent in new[] { -2, -1.5, -1, -0.5, 0, 0.3, 0.5, 1, 2, 2.7, 3, 4, 5 }
           from sizes in new int[][] { [], [0], [1], [19], [2, 3] }
           select At(exponent, U(0.4, 2, sizes)),
        .. from exponent in new double[] { -3, -1, 0, 1, 2, 3, 6 } select At(exponent, U(-2, -0.4, 7)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(0, [Nd.Vector(0, 5, -2, double.NaN)], [Nd.Vector(1, 1, 1, 1)], [Nd.Vector(0, 0, 0, 0)]),
        Exactly(1, [Nd.Vector(0, -2)], [Nd.Vector(0, -2)], [Nd.Vector(1, 1)]),
        Exactly(2, [Nd.Vector(0, -3, double.NaN)], [Nd.Vector(0, 9, double.NaN)], [Nd.Vector(0, -6, double.NaN)]),
        Exactly(0.5, [Nd.Vector(0, 4)], [Nd.Vector(0, 2)], [Nd.Vector(double.PositiveInfinity, 0.25)]),
        Exactly(-1, [Nd.Vector(0, 2)], [Nd.Vector(double.PositiveInfinity, 0.5)], [Nd.Vector(double.NegativeInfinity, -0.25)]),
        Exactly(0.5, [Nd.Vector(-1)], [Nd.Vector(double.NaN)], [Nd.Vector(double.NaN)]),
    ];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose) => choose.Flip()
        ? At(choose.Of<double>(2, -3, -1, 0, 1, 3, 6), choose.U(-2, -0.4, choose.Sizes()))
        : At(choose.Of(0.5, -2, -1.5, -1, -0.5, 0, 0.3, 1, 2, 2.7, 5), choose.U(0.4, 2, choose.Sizes()));

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, double exponent) => [x[0].Pow(exponent)];

    protected override Nd[] Reference(Nd[] x, double exponent) => [x[0].Map(value => Real.Pow(value, exponent))];
}

public sealed class PowContract : BinaryContract
{
    public override Type[] Operations => [typeof(PowOperation<>), typeof(BinaryGateOperation<,>)];

    protected override ((double Low, double High) Left, (double Low, double High) Right) Ranges => ((0.4, 2), (-2, 2));

    protected override double FloatTolerance => 1e-5; // slopes of up to 30 cancel where they are summed

    protected override IEnumerable<Exact> ExactCases =>
    [
        // x⁰ at 0, 0⁰ and 0² by the exponent are 0; (−1)² by the exponent is NaN.
        Exactly(
            default,
            [Nd.Vector(0, 0, -1, 0, 2), Nd.Vector(0, 2, 2, 1, 0)],
            [Nd.Vector(1, 0, 1, 0, 1)],
            [Nd.Vector(0, 0, -2, 1, 0), Nd.Vector(0, 0, double.NaN, 0, 0.69314718055994531)]),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Pow(x[1])];

    protected override Real Function(Real left, Real right) => Real.Pow(left, right);
}

public sealed class MaximumContract : BinaryContract
{
    public override Type[] Operations => [typeof(MaximumOperation<>), typeof(BinaryGateOperation<,>)];

    protected override ((double Low, double High) Left, (double Low, double High) Right) Ranges => ((0, 1), (1.1, 2));

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(default, [Nd.Vector(1, 2, 3), Nd.Vector(1, 3, 2)], [Nd.Vector(1, 3, 3)], [Nd.Vector(0.5, 0, 1), Nd.Vector(0.5, 1, 0)]),
        .. from length in new[] { 3, 8, 64 }
           select Exactly(default, [Nd.Filled(double.NaN, length), Nd.Filled(1, length)], [Nd.Filled(double.NaN, length)], [Nd.Filled(1, length), Nd.Filled(1, length)]),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [Variable.Maximum(x[0], x[1])];

    protected override Real Function(Real left, Real right) => Real.Max(left, right);
}

public sealed class MinimumContract : BinaryContract
{
    public override Type[] Operations => [typeof(MinimumOperation<>), typeof(BinaryGateOperation<,>)];

    protected override ((double Low, double High) Left, (double Low, double High) Right) Ranges => ((0, 1), (1.1, 2));

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Vector(1, 2, 3), Nd.Vector(1, 3, 2)], [Nd.Vector(1, 2, 2)], [Nd.Vector(0.5, 1, 0), Nd.Vector(0.5, 0, 1)])];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [Variable.Minimum(x[0], x[1])];

    protected override Real Function(Real left, Real right) => Real.Min(left, right);
}

public sealed class Atan2Contract : BinaryContract
{
    public override Type[] Operations => [typeof(Atan2Operation<>)];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Vector(0, 1), Nd.Vector(2, 0)], [Nd.Vector(0, Math.PI / 2)], [Nd.Vector(0.5, 0), Nd.Vector(0, -1)])];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [Variable.Atan2(x[0], x[1])];

    protected override Real Function(Real left, Real right) => Real.Atan2(left, right);
}

/// <summary>Where(condition, x, y); the condition is that of every third element.</summary>
public sealed class WhereContract : OperatorContract<string>
{
    public override Type[] Operations => [typeof(WhereOperation<>), typeof(WhereGradientOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At("2 3", N(2, 3), N(2, 3)), At("2 3", N(3), N(2, 1)), At("3", N(2, 3), N()), At("", N(4), N(4)), At("2 1 3", N(4, 1), N(2, 1, 1)),
        At("0", N(0), N(1)), At("1", N(1), N(1)), At("19", N(19), N(19)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly("3", [Nd.Vector(1, 2, double.NaN), Nd.Vector(4, double.PositiveInfinity, 6)], [Nd.Vector(1, double.PositiveInfinity, 6)], [Nd.Vector(1, 0, 0), Nd.Vector(0, 1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => Variable.Where(new Tensor<bool>([3]), tape.Zeros([2]), tape.Zeros([])), "[3]", "[2]"),
        Refuse<ShapeException>(static tape => Variable.Where(new Tensor<bool>([1]), tape.Zeros([2]), tape.Zeros([3])), "[3]", "[2]"),
    ];

    [Fact]
    public void TheSideNotTakenGetsZeroEvenFromAnInfiniteCotangent()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [1, 2])), y = tape.Variable(new Tensor<double>([2], [3, 4]));
        Tensor<bool> condition = new([2], [true, false]);
        Gradients<double> gradients = tape.Backward(Variable.Where(condition, x, y), tape.Full([2], double.PositiveInfinity));
        Assert.Equal([double.PositiveInfinity, 0], gradients[x].ToArray());
        Assert.Equal([0, double.PositiveInfinity], gradients[y].ToArray());
    }

    [Fact]
    public void ALogarithmBehindWhereGivesNaNAtZeroAsInPyTorch()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([3], [0, -1, 2]));
        Tensor<bool> positive = new([3], [false, false, true]);
        Variable<double> y = Variable.Where(positive, x.Log(), tape.Zeros([]));
        Gradients<double> gradients = tape.Backward(y.Sum());
        Assert.Equal([0, 0, Math.Log(2)], y.ToArray());
        Assert.Equal([double.NaN, 0, 0.5], gradients[x].ToArray());
    }

    [Fact]
    public void AChangedConditionIsNoticed()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [1, 2]));
        Tensor<bool> condition = new([2], [true, false]);
        Variable<double> loss = Variable.Where(condition, x, tape.Zeros([])).Sum();
        condition.Fill(true);
        Assert.Contains("condition", Assert.Throws<InvalidOperationException>(() => tape.Backward(loss)).Message, StringComparison.Ordinal);
    }

    protected override Sample Draw(Choices choose)
    {
        (int[] left, int[] right) = choose.Broadcast();
        int[] condition = choose.Flip() ? left : right;
        return At(string.Join(' ', condition), choose.N(left), choose.N(right));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, string sizes)
    {
        int[] shape = Sizes(sizes);
        return [Variable.Where(new Tensor<bool>(shape, [.. Enumerable.Range(0, new Shape(shape).Length).Select(static i => i % 3 == 0)]), x[0], x[1])];
    }

    protected override Nd[] Reference(Nd[] x, string sizes)
    {
        Nd condition = new(Sizes(sizes));
        for (int i = 0; i < condition.Data.Length; i++) condition.Data[i] = i % 3 == 0 ? 1 : 0;
        Nd ones = Nd.Zip(condition, Nd.Zip(x[0], x[1], static (_, _) => 0), static (c, _) => c);
        Nd left = Nd.Zip(x[0], ones, static (value, _) => value), right = Nd.Zip(x[1], ones, static (value, _) => value);
        return [Nd.Build(ones.Sizes, index => ones[index] != 0 ? left[index] : right[index])];
    }

    private static int[] Sizes(string sizes) => [.. sizes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
