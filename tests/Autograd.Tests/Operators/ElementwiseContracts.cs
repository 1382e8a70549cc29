namespace Autograd.Tests;

/// <summary>The contract of a function of one element: the function in double, and the range where it is tried.</summary>
public abstract class UnaryContract : OperatorContract<None>
{
    /// <summary>Where it is tried, at least 0.01 away from any kink.</summary>
    protected virtual (double Low, double High)[] Ranges => [(-2, 2)];

    protected override IEnumerable<Sample> Samples =>
        Ranges.SelectMany(range => new Sample[]
        {
            At(default, U(range.Low, range.High)),
            At(default, U(range.Low, range.High, 0)),
            At(default, U(range.Low, range.High, 1)),
            At(default, U(range.Low, range.High, 37)),
            At(default, U(range.Low, range.High, 2, 0, 3)),
            At(default, U(range.Low, range.High, 2, 1, 2, 1, 3)),
        });

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose)
    {
        (double low, double high) = choose.Of<(double, double)>(Ranges);
        return At(default, choose.U(low, high, choose.Sizes()));
    }

    protected abstract Real Function(Real x);

    protected override Nd[] Reference(Nd[] x, None attributes) => [x[0].Map(Function)];

    /// <summary>Exact values of many elements at once: x, y and the slope.</summary>
    protected static Exact Point(double x, double y, double slope) => Exactly(default, [Nd.Scalar(x)], [Nd.Scalar(y)], [Nd.Scalar(slope)]);
}

/// <summary>The contract of a function of two broadcast elements.</summary>
public abstract class BinaryContract : OperatorContract<None>
{
    /// <summary>Ranges of both operands, at least 0.01 away from any kink.</summary>
    protected virtual ((double Low, double High) Left, (double Low, double High) Right) Ranges => ((-2, 2), (0.5, 2));

    protected override IEnumerable<Sample> Samples =>
    [
        Pair([], []), Pair([3], []), Pair([], [2, 3]), Pair([0], [0]), Pair([0], [1]), Pair([1], [1]), Pair([2, 3], [2, 3]), Pair([19], [19]),
        Pair([2, 3], [3]), Pair([3], [2, 3]), Pair([2, 1], [1, 3]), Pair([2, 3], [2, 1]), Pair([2, 1, 3], [4, 1]), Pair([1, 1], [2, 2]),
        Pair([2, 1, 2, 1, 3], [2, 1, 2, 1]), Pair([0, 3], [1, 3]), Pair([2, 0, 3], [3]), Pair([1, 3, 1], [2, 1, 2]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(tape => Apply(tape, [tape.Zeros([2, 3]), tape.Zeros([2])], default), "[2, 3]", "[2]"),
        Refuse<ShapeException>(tape => Apply(tape, [tape.Zeros([0]), tape.Zeros([2])], default), "[0]", "[2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (int[] left, int[] right) = choose.Broadcast();
        return At(default, choose.U(Ranges.Left.Low, Ranges.Left.High, left), choose.U(Ranges.Right.Low, Ranges.Right.High, right));
    }

    protected abstract Real Function(Real left, Real right);

    protected override Nd[] Reference(Nd[] x, None attributes) => [Nd.Zip(x[0], x[1], Function)];

    private Sample Pair(int[] left, int[] right) =>
        At(default, U(Ranges.Left.Low, Ranges.Left.High, left), U(Ranges.Right.Low, Ranges.Right.High, right));
}
