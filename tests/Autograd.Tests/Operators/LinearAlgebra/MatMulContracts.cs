namespace Autograd.Tests;

/// <summary>Matrix products: vectors, matrices and broadcast batches, each side transposed or not.</summary>
public sealed class MatMulContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(MatMulOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override IEnumerable<Sample> Samples =>
    [
        At(default, N(2, 3), N(3, 4)), At(default, N(3), N(3)), At(default, N(3), N(3, 2)), At(default, N(2, 3), N(3)), At(default, N(1, 1), N(1, 1)), At(default, N(3, 3), N(3, 3)),
        At(default, N(2, 2, 3), N(2, 3, 2)), At(default, N(2, 2, 3), N(3, 2)), At(default, N(2, 3), N(2, 3, 2)), At(default, N(2, 1, 2, 3), N(3, 3, 2)), At(default, N(1, 2, 3), N(4, 3, 1)),
        At(default, N(2, 2, 3), N(3)), At(default, N(3), N(2, 3, 2)), At(default, N(0, 3), N(3, 2)), At(default, N(2, 0), N(0, 3)), At(default, N(2, 3), N(3, 0)), At(default, N(0, 2, 3), N(3, 2)),
        At(default, N(9, 17), N(17, 5)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(default, [new Nd(2, 0), new Nd(0, 2)], [Nd.Filled(0, 2, 2)], [new Nd(2, 0), new Nd(0, 2)]),
        Exactly(default, [Nd.Of([1, 2], double.NaN, 1), Nd.Of([2, 1], 0, 1)], [Nd.Of([1, 1], double.NaN)], [Nd.Of([1, 2], 0, 1), Nd.Of([2, 1], double.NaN, 1)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).MatMul(tape.Zeros([2, 3])), "[2, 3]", "inner"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 2, 3]).MatMul(tape.Zeros([3, 3, 2])), "[2]", "[3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([]).MatMul(tape.Zeros([3, 2])), "scalar"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).MatMul(tape.Zeros([2])), "3", "2"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(), k = choose.Size(), m = choose.Size();
        (int[] left, int[] right) = choose.Broadcast(2);
        bool row = choose.Below(4) == 3, column = choose.Below(4) == 3;
        return At(default, choose.N(row ? [k] : [.. left, n, k]), choose.N(column ? [k] : [.. right, k, m]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].MatMul(x[1])];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Product(x[0], x[1])];

    internal static Nd Product(Nd a, Nd b)
    {
        Nd left = a.Rank == 1 ? a.Reshape([1, .. a.Sizes]) : a, right = b.Rank == 1 ? b.Reshape([.. b.Sizes, 1]) : b;
        Nd batch = Nd.Zip(new Nd(left.Sizes[..^2]), new Nd(right.Sizes[..^2]), static (_, _) => 0);
        Nd product = Nd.Build([.. batch.Sizes, left.Sizes[^2], right.Sizes[^1]], index =>
        {
            Real sum = 0;
            for (int k = 0; k < left.Sizes[^1]; k++) sum += left.Broadcast([.. index[..^2], index[^2], k]) * right.Broadcast([.. index[..^2], k, index[^1]]);
            return sum;
        });
        List<int> sizes = [.. product.Sizes];
        if (b.Rank == 1) sizes.RemoveAt(sizes.Count - 1);
        if (a.Rank == 1) sizes.RemoveAt(sizes.Count - (b.Rank == 1 ? 1 : 2));
        return product.Reshape([.. sizes]);
    }
}

/// <summary>The products with transposed operands that gradients are made of.</summary>
public sealed class TransposedMatMulContract : OperatorContract<(bool A, bool B)>
{
    public override Type[] Operations => [typeof(MatMulOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override IEnumerable<Sample> Samples =>
    [
        At((true, false), N(3, 2), N(3, 4)), At((false, true), N(2, 3), N(4, 3)), At((true, true), N(3, 2), N(4, 3)), At((true, true), N(3, 3), N(3, 3)), At((true, false), N(0, 2), N(0, 1)),
        At((true, false), N(2, 3, 2), N(3, 2)), At((false, true), N(2, 2, 3), N(2, 4, 3)), At((true, true), N(3, 2), N(2, 4, 3)), At((false, true), N(2, 2, 3), N(4, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(), k = choose.Size(), m = choose.Size();
        (int[] left, int[] right) = choose.Broadcast(2);
        (bool a, bool b) = (choose.Flip(), choose.Flip());
        return At((a, b), choose.N([.. left, a ? k : n, a ? n : k]), choose.N([.. right, b ? m : k, b ? k : m]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (bool A, bool B) transposed) => [MatMulOperation<T>.Apply(x[0], x[1], transposed.A, transposed.B)];

    protected override Nd[] Reference(Nd[] x, (bool A, bool B) transposed) => [MatMulContract.Product(transposed.A ? Transpose(x[0]) : x[0], transposed.B ? Transpose(x[1]) : x[1])];

    private static Nd Transpose(Nd x) => Nd.Build([.. x.Sizes[..^2], x.Sizes[^1], x.Sizes[^2]], index => x[[.. index[..^2], index[^1], index[^2]]]);
}
