namespace Autograd.Tests;

/// <summary>A X = B for whole matrices, with batches that broadcast and one vector.</summary>
public sealed class SolveContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(SolveOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override IEnumerable<Sample> Samples =>
    [
        Of([3, 3], [3, 2]), Of([3, 3], [3]), Of([1, 1], [1]), Of([1, 1], [1, 1]), Of([4, 4], [4, 1]), Of([2, 2], [2, 2]), Of([2, 3, 3], [2, 3, 1]), Of([2, 2, 2], [2, 2, 3]), Of([2, 2], [3, 2, 1]), Of([3, 2, 2], [2, 2]),
        Of([2, 1, 2, 2], [3, 2, 2]), Of([7, 7], [7, 3]), Of([0, 0], [0]), Of([0, 0], [0, 2]), Of([2, 2], [2, 0]), Of([0, 2, 2], [2, 1]), Of([2, 2], [0, 2, 1]),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(default, [Nd.Of([2, 2], 0, 2, 4, 0), Nd.Vector(2, 8)], [Nd.Vector(2, 1)], [Nd.Of([2, 2], -1, -0.5, -0.5, -0.25), Nd.Vector(0.5, 0.25)]),
        Exactly(default, [Nd.Of([1, 1], 2), Nd.Of([1, 1], double.NaN)], [Nd.Of([1, 1], double.NaN)], [Nd.Of([1, 1], double.NaN), Nd.Of([1, 1], 0.5)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Solve(tape.Zeros([2])), "Solve", "2 rows", "3 columns"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Solve(tape.Zeros([3])), "[3]", "square"),
        Refuse<ShapeException>(static tape => tape.Full([1, 1], 1).Solve(tape.Zeros([2, 1])), "[1, 1]", "[2, 1]"),
        Refuse<ShapeException>(static tape => tape.Full([1, 1], 1).Solve(tape.Zeros([2])), "[1, 1]", "[2]"),
        Refuse<ShapeException>(static tape => tape.Full([1, 1], 1).Solve(tape.Zeros([])), "[1, 1]", "[]"),
        Refuse<ShapeException>(static tape => tape.Full([2, 1, 1], 1).Solve(tape.Zeros([1])), "[2, 1, 1]", "[1]"),
        Refuse<ShapeException>(static tape => tape.Full([2, 1, 1], 1).Solve(tape.Zeros([3, 1, 1])), "Solve", "[2]", "[3]"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([2, 2], [1, 2, 2, 4])).Solve(tape.Zeros([2])), "Solve", "singular"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([2, 1, 1], [1, 0])).Solve(tape.Zeros([1, 1])), "matrix [1]", "singular"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(most: 4);
        if (choose.Below(4) == 3) return At(default, Matrices.Regular(choose.N(n, n)), choose.N(n));
        (int[] left, int[] right) = choose.Broadcast(2);
        return At(default, Matrices.Regular(choose.N([.. left, n, n])), choose.N([.. right, n, choose.Size(most: 3)]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Solve(x[1])];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Broadcast(x[0], x[1], Matrices.Solve)];

    /// <summary>Solves for each matrix of a broadcast batch.</summary>
    internal static Nd Broadcast(Nd a, Nd b, Func<Nd, Nd, Nd> solve)
    {
        if (b.Rank == 1) return solve(a, b.Reshape([.. b.Sizes, 1])).Reshape(b.Sizes);
        int[] batch = Nd.Zip(new Nd(a.Sizes[..^2]), new Nd(b.Sizes[..^2]), static (_, _) => 0).Sizes;
        Nd result = new([.. batch, .. b.Sizes[^2..]]);
        foreach (int[] at in Nd.IndicesOf(batch))
        {
            Nd x = solve(Nd.Build(a.Sizes[^2..], index => a.Broadcast([.. at, .. index])), Nd.Build(b.Sizes[^2..], index => b.Broadcast([.. at, .. index])));
            foreach (int[] index in x.Indices) result[[.. at, .. index]] = x[index];
        }

        return result;
    }

    private Sample Of(int[] matrices, int[] columns) => At(default, Matrices.Regular(N(matrices)), N(columns));
}

/// <summary>The same with triangles, upper or lower, transposed or not; what lies outside is not read.</summary>
public sealed class SolveTriangularContract : OperatorContract<(bool Upper, bool Transpose)>
{
    public override Type[] Operations => [typeof(SolveOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override IEnumerable<Sample> Samples =>
        from upper in new[] { false, true }
        from transpose in new[] { false, true }
        from shapes in new (int[] Matrices, int[] Columns)[]
        {
            ([3, 3], [3, 2]), ([3, 3], [3]), ([1, 1], [1]), ([2, 2, 2], [2, 2, 1]), ([2, 2], [3, 2, 2]), ([3, 2, 2], [2, 2]), ([0, 0], [0, 2]), ([2, 2], [2, 0]), ([6, 6], [6, 3]), ([6, 6], [6, 1]),
        }
        select At((upper, transpose), Matrices.Dominant(N(shapes.Matrices)), N(shapes.Columns));

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((false, false), [Nd.Of([2, 2], 2, double.NaN, 1, 4), Nd.Vector(2, 9)], [Nd.Vector(1, 2)], [Nd.Of([2, 2], -0.375, 0, -0.25, -0.5), Nd.Vector(0.375, 0.25)]),
        Exactly((true, false), [Nd.Of([2, 2], 2, 1, 7, 4), Nd.Vector(4, 8)], [Nd.Vector(1, 2)], [Nd.Of([2, 2], -0.5, -1, 0, -0.25), Nd.Vector(0.5, 0.125)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).SolveTriangular(tape.Zeros([2])), "SolveTriangular", "2 rows", "3 columns"),
        Refuse<ShapeException>(static tape => tape.Full([1, 1], 1).SolveTriangular(tape.Zeros([2, 1])), "[1, 1]", "[2, 1]"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([2, 2, 2], [1, 2, 2, 4, 1, 2, 3, 0])).SolveTriangular(tape.Zeros([2, 1])), "matrix [1]", "singular", "[1, 1]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(most: 4);
        (bool, bool) way = (choose.Flip(), choose.Flip());
        if (choose.Below(4) == 3) return At(way, Matrices.Dominant(choose.N(n, n)), choose.N(n));
        (int[] left, int[] right) = choose.Broadcast(2);
        return At(way, Matrices.Dominant(choose.N([.. left, n, n])), choose.N([.. right, n, choose.Size(most: 3)]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (bool Upper, bool Transpose) way) => [x[0].SolveTriangular(x[1], way.Upper, way.Transpose)];

    protected override Nd[] Reference(Nd[] x, (bool Upper, bool Transpose) way) => [SolveContract.Broadcast(x[0], x[1], (a, b) =>
    {
        Nd triangle = Nd.Build(a.Sizes, index => (way.Upper ? index[0] <= index[1] : index[0] >= index[1]) ? a[index] : 0);
        return Matrices.Solve(way.Transpose ? Matrices.Transpose(triangle) : triangle, b);
    })];
}

/// <summary>Inverses of batches of matrices.</summary>
public sealed class InverseContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(InverseOperation<>)];

    protected override IEnumerable<Sample> Samples => [Of(1, 1), Of(2, 2), Of(3, 3), Of(5, 5), Of(2, 2, 2), Of(2, 1, 3, 3), Of(0, 0), Of(0, 2, 2), Of(2, 0, 0)];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Of([2, 2], 0, 2, 4, 0)], [Nd.Of([2, 2], 0, 0.25, 0.5, 0)], [Nd.Of([2, 2], -0.125, -0.25, -0.0625, -0.125)]), Exactly(default, [new Nd(0, 0)], [new Nd(0, 0)], [new Nd(0, 0)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Inverse(), "Inverse", "[2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([]).Inverse(), "Inverse", "[]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 2]).Inverse(), "Inverse", "[2, 2]", "singular"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([1, 2, 1, 1], [3, 0])).Inverse(), "matrix [0, 1] of the batch [1, 2, 1, 1]", "singular"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])).Inverse(), "singular"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(most: 4);
        return At(default, Matrices.Regular(choose.N([.. choose.Sizes(0, 2, most: 3), n, n])));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Inverse()];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Matrices.Each(x[0], x[0].Sizes[^2..], static a => Matrices.Solve(a, Matrices.Identity(a.Sizes[0])))];

    private Sample Of(params int[] sizes) => At(default, Matrices.Regular(N(sizes)));
}
