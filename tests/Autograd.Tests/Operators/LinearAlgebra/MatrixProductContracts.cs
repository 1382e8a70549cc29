namespace Autograd.Tests;

/// <summary>Batches of products without broadcasting, outer and inner products.</summary>
public sealed class MatrixProductContract : OperatorContract<string>
{
    public override Type[] Operations => [typeof(MatMulOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override IEnumerable<Sample> Samples =>
    [
        At("bmm", N(2, 3, 4), N(2, 4, 2)), At("bmm", N(1, 1, 1), N(1, 1, 1)), At("bmm", N(0, 2, 3), N(0, 3, 2)), At("bmm", N(2, 2, 0), N(2, 0, 3)), At("bmm", N(2, 3, 3), N(2, 3, 3)),
        At("outer", N(3), N(4)), At("outer", N(1), N(1)), At("outer", N(0), N(3)), At("outer", N(3), N(3)),
        At("dot", N(5), N(5)), At("dot", N(1), N(1)), At("dot", N(0), N(0)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly("dot", [new Nd(0), new Nd(0)], [Nd.Scalar(0)], [new Nd(0), new Nd(0)]),
        Exactly("outer", [Nd.Vector(double.PositiveInfinity), Nd.Vector(2, 0)], [Nd.Of([1, 2], double.PositiveInfinity, double.NaN)], [Nd.Vector(2), Nd.Vector(double.PositiveInfinity, double.PositiveInfinity)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 2, 3]).BatchMatMul(tape.Zeros([1, 3, 2])), "[2, 2, 3]", "[1, 3, 2]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).BatchMatMul(tape.Zeros([3, 2])), "[2, 3]", "[3, 2]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 2, 3]).BatchMatMul(tape.Zeros([2, 2, 3])), "inner", "3", "2"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 2]).Outer(tape.Zeros([2])), "[2, 2]", "[2]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2]).Outer(tape.Zeros([])), "[2]", "[]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2]).Dot(tape.Zeros([3])), "[2]", "[3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2]).Dot(tape.Zeros([2])), "[1, 2]", "[2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(), k = choose.Size(), m = choose.Size(), batch = choose.Size(most: 3);
        return choose.Below(3) switch
        {
            0 => At("bmm", choose.N(batch, n, k), choose.N(batch, k, m)),
            1 => At("outer", choose.N(n), choose.N(m)),
            _ => At("dot", choose.N(k), choose.N(k)),
        };
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, string product) =>
        [product == "bmm" ? x[0].BatchMatMul(x[1]) : product == "outer" ? x[0].Outer(x[1]) : x[0].Dot(x[1])];

    protected override Nd[] Reference(Nd[] x, string product) => product switch
    {
        "bmm" => [MatMulContract.Product(x[0], x[1])],
        "outer" => [Nd.Build([x[0].Sizes[0], x[1].Sizes[0]], index => x[0][index[0]] * x[1][index[1]])],
        _ => [Nd.Scalar(x[0].Data.Zip(x[1].Data, static (a, b) => a * b).Sum())],
    };
}
