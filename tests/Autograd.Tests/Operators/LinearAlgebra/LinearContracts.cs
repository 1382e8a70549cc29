namespace Autograd.Tests;

/// <summary>x Wᵀ + b, with and without b.</summary>
public sealed class LinearContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(LinearOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override IEnumerable<Sample> Samples =>
    [
        At(default, N(2, 3), N(4, 3)), At(default, N(2, 3), N(4, 3), N(4)), At(default, N(3), N(2, 3), N(2)), At(default, N(2, 2, 3), N(4, 3), N(4)), At(default, N(1, 1), N(1, 1), N(1)),
        At(default, N(0, 3), N(4, 3), N(4)), At(default, N(2, 0, 3), N(4, 3)), At(default, N(2, 3), N(0, 3), N(0)), At(default, N(2, 0), N(3, 0), N(3)), At(default, N(9, 17), N(5, 17), N(5)), At(default, N(3, 3), N(3, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Of([1, 2], 0, 1), Nd.Of([1, 2], double.PositiveInfinity, 2)], [Nd.Of([1, 1], double.NaN)], [Nd.Of([1, 2], double.PositiveInfinity, 2), Nd.Of([1, 2], 0, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 4]).Linear(tape.Zeros([5, 3])), "[2, 4]", "[5, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([]).Linear(tape.Zeros([5, 3])), "[]", "[5, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Linear(tape.Zeros([3])), "[3]", "two axes"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Linear(tape.Zeros([5, 3]), tape.Zeros([3])), "[3]", "[5]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int inputs = choose.Size(), outputs = choose.Size();
        Nd x = choose.N([.. choose.Sizes(0, 3, most: 4), inputs]), weight = choose.N(outputs, inputs);
        return choose.Flip() ? At(default, x, weight, choose.N(outputs)) : At(default, x, weight);
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x.Length == 2 ? x[0].Linear(x[1]) : x[0].Linear(x[1], x[2])];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Product(x[0], x[1], x.Length > 2 ? x[2] : null)];

    internal static Nd Product(Nd x, Nd weight, Nd? bias) => Nd.Build([.. x.Sizes[..^1], weight.Sizes[0]], index =>
    {
        Real sum = bias is null ? 0 : bias[index[^1]];
        for (int k = 0; k < weight.Sizes[1]; k++) sum += x[[.. index[..^1], k]] * weight[index[^1], k];
        return sum;
    });
}

/// <summary>The same with one-hot rows, whose product is a look-up of columns.</summary>
public sealed class OneHotLinearContract : OperatorContract<(int[] Indices, int[] Sizes)>
{
    public override Type[] Operations => [typeof(LinearOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At(([0, 2, 2], [3]), N(4, 3), N(4)), At(([1, 0, 2, 1], [2, 2]), N(2, 3)), At(([0], [1]), N(1, 1)), At(([], [0]), N(2, 3), N(2)), At(([1], []), N(2, 3)), At(([5, 5, 5, 5], [4]), N(3, 6))];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(([1], [1]), [Nd.Of([1, 2], double.NaN, 2)], [Nd.Of([1, 1], 2)], [Nd.Of([1, 2], 0, 1)])]; // a look-up, so 0 · NaN does not arise

    protected override IEnumerable<Refusal> Refusals =>
        [Refuse<ShapeException>(static tape => tape.OneHot(new Tensor<int>([1], [0]), 4).Linear(tape.Zeros([5, 3])), "[1, 4]", "[5, 3]")];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(0, 2);
        int classes = choose.Between(1, 6), outputs = choose.Size();
        int[] indices = choose.Indices(sizes.Aggregate(1, static (product, size) => product * size), classes);
        return choose.Flip() ? At((indices, sizes), choose.N(outputs, classes), choose.N(outputs)) : At((indices, sizes), choose.N(outputs, classes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Indices, int[] Sizes) a)
    {
        Variable<T> rows = tape.OneHot(new Tensor<int>(a.Sizes, a.Indices), x[0].Shape[1]);
        return [x.Length == 1 ? rows.Linear(x[0]) : rows.Linear(x[0], x[1])];
    }

    protected override Nd[] Reference(Nd[] x, (int[] Indices, int[] Sizes) a) => [LinearContract.Product(OneHotContract.Rows(a.Indices, a.Sizes, x[0].Sizes[1]), x[0], x.Length > 1 ? x[1] : null)];
}
