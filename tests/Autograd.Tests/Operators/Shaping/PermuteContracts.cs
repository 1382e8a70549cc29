namespace Autograd.Tests;

public sealed class PermuteContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(PermuteOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At([], N()), At([0], N(4)), At([1, 0], N(2, 3)), At([-1, 0], N(17, 9)), At([2, 0, 1], N(2, 3, 4)), At([0, 2, 1], N(2, 3, 4)), At([2, 1, 0], N(2, 3, 4)), At([1, 2, 0], N(2, 1, 3)), At([0, 1, 2], N(2, 3, 4)),
        At([1, 0], N(0, 3)), At([3, 1, 2, 0], N(2, 3, 1, 2)), At([4, 2, 0, 1, 3], N(2, 1, 2, 1, 3)), At([1, 0], N(1, 5)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly([1, 0], [Nd.Of([1, 2], double.NaN, 1)], [Nd.Of([2, 1], double.NaN, 1)], [Nd.Of([1, 2], 1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Permute(0), "[2, 3]", "[0]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Permute(0, 0), "twice"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Permute(0, 2), "2", "[2, 3]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 3]).Transpose(0, 2), "2", "[2, 3]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        return At([.. choose.Order(sizes.Length).Select(axis => choose.Flip() ? axis - sizes.Length : axis)], choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] axes) => [x[0].Permute(axes)];

    protected override Nd[] Reference(Nd[] x, int[] axes)
    {
        int[] order = [.. axes.Select(axis => axis < 0 ? axis + axes.Length : axis)];
        return
        [
            Nd.Build([.. order.Select(axis => x[0].Sizes[axis])], index =>
            {
                int[] from = new int[index.Length];
                for (int i = 0; i < order.Length; i++) from[order[i]] = index[i];
                return x[0][from];
            }),
        ];
    }
}
