namespace Autograd.Tests;

/// <summary>The factor of the symmetric part, so that each element of the input may move by itself.</summary>
public sealed class CholeskyContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(CholeskyOperation<>), typeof(SolveOperation<>)];

    protected override IEnumerable<Sample> Samples => [Of(1, 1), Of(2, 2), Of(3, 3), Of(5, 5), Of(2, 2, 2), Of(2, 1, 3, 3), Of(0, 0), Of(0, 2, 2), Of(2, 0, 0)];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(default, [Nd.Of([2, 2], 4, 0, 0, 16)], [Nd.Of([2, 2], 2, 0, 0, 4)], [Nd.Of([2, 2], 0.25, 0.25, 0.25, 0.125)]),
        Exactly(default, [new Nd(0, 0)], [new Nd(0, 0)], [new Nd(0, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Cholesky(), "Cholesky", "[2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2]).Cholesky(), "Cholesky", "[2]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([1, 1]).Cholesky(), "positive definite"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([2, 2], [1, 2, 2, 1])).Cholesky(), "Cholesky", "[2, 2]", "positive definite"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([3, 1, 1], [1, -1, 1])).Cholesky(), "matrix [1]", "positive definite"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([2, 2], [1, double.NaN, double.NaN, 1])).Cholesky(), "positive definite"),
        Refuse<ArgumentException>(static tape => tape.Constant(new Tensor<double>([1, 1], [double.NaN])).Cholesky(), "positive definite"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int n = choose.Size(most: 4);
        return At(default, Matrices.Dominant(choose.N([.. choose.Sizes(0, 2, most: 3), n, n])));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [x[0].Cholesky()];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Matrices.Each(x[0], x[0].Sizes[^2..], static a =>
    {
        Nd factor = new(a.Sizes);
        for (int i = 0; i < a.Sizes[0]; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                Real rest = (a[i, j] + a[j, i]) / 2;
                for (int k = 0; k < j; k++) rest -= factor[i, k] * factor[j, k];
                factor[i, j] = i == j ? Real.Sqrt(rest) : rest / factor[j, j];
            }
        }

        return factor;
    })];

    private Sample Of(params int[] sizes) => At(default, Matrices.Dominant(N(sizes)));
}
