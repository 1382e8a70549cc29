namespace Autograd.Tests;

/// <summary>Rows made of indices; a constant, so without gradient facts but that it requires none.</summary>
public sealed class OneHotContract : OperatorContract<(int[] Indices, int[] Sizes, int Classes)>
{
    public override Type[] Operations => [typeof(OneHotOperation<>)];

    protected override IEnumerable<Sample> Samples => [At(([0, 2, 1], [3], 3)), At(([1, 1, 0, 2], [2, 2], 4)), At(([0], [], 1)), At(([], [0], 5)), At(([0, 0], [2, 1], 2))];

    protected override IEnumerable<Exact> ExactCases => [Exactly(([1], [1], 2), [], [Nd.Of([1, 2], 0, 1)], [])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static tape => tape.OneHot(new Tensor<int>([2], [0, 3]), 3), "index 3", "[1]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.OneHot(new Tensor<int>([2], [-1, 0]), 3), "index -1", "[0]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.OneHot(new Tensor<int>([1], [0]), -1), "-1"),
    ];

    internal static Nd Rows(int[] indices, int[] sizes, int classes)
    {
        Nd rows = new([.. sizes, classes]);
        for (int i = 0; i < indices.Length; i++) rows.Data[(i * classes) + indices[i]] = 1;
        return rows;
    }

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(0, 3);
        int classes = choose.Between(1, 6);
        return At((choose.Indices(sizes.Aggregate(1, static (product, size) => product * size), classes), sizes, classes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Indices, int[] Sizes, int Classes) a) => [tape.OneHot(new Tensor<int>(a.Sizes, a.Indices), a.Classes)];

    protected override Nd[] Reference(Nd[] x, (int[] Indices, int[] Sizes, int Classes) a) => [Rows(a.Indices, a.Sizes, a.Classes)];
}
