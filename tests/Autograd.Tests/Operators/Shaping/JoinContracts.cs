namespace Autograd.Tests;

public sealed class ConcatContract : OperatorContract<int>
{
    public override Type[] Operations => [typeof(ConcatOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(0, N(3), N(2)), At(-1, N(2, 3), N(2, 3)), At(0, N(2, 3), N(1, 3), N(4, 3)), At(1, N(2, 0, 3), N(2, 2, 3)), At(-2, N(2, 1, 3), N(2, 2, 3)),
        At(1, N(0, 2), N(0, 1)), At(0, N(1)), At(4, N(1, 2, 1, 2, 1), N(1, 2, 1, 2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases => [Exactly(0, [Nd.Vector(double.NaN), Nd.Vector(double.PositiveInfinity)], [Nd.Vector(double.NaN, double.PositiveInfinity)], [Nd.Vector(1), Nd.Vector(1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(tape => Variable.Concat<double>([], 0), "at least one"),
        Refuse<ArgumentOutOfRangeException>(tape => Variable.Concat<double>([tape.Zeros([2])], 1), "Axis 1", "[2]"),
        Refuse<ShapeException>(tape => Variable.Concat<double>([tape.Zeros([2, 3]), tape.Zeros([3, 2])], 0), "[2, 3]", "[3, 2]"),
        Refuse<ShapeException>(tape => Variable.Concat<double>([tape.Zeros([2, 3]), tape.Zeros([2])], 0), "[2, 3]", "[2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4, most: 4);
        int axis = choose.Axis(sizes.Length), at = axis < 0 ? axis + sizes.Length : axis;
        return At(axis, [.. Enumerable.Range(0, choose.Between(1, 4)).Select(_ => choose.N([.. sizes.Select((size, own) => own == at ? choose.Size(most: 3) : size)]))]);
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int axis) => [Variable.Concat<T>(x, axis)];

    protected override Nd[] Reference(Nd[] x, int axis)
    {
        int at = axis < 0 ? axis + x[0].Rank : axis;
        int[] sizes = (int[])x[0].Sizes.Clone();
        sizes[at] = x.Sum(part => part.Sizes[at]);
        return
        [
            Nd.Build(sizes, index =>
            {
                int part = 0;
                int[] own = (int[])index.Clone();
                for (; own[at] >= x[part].Sizes[at]; part++) own[at] -= x[part].Sizes[at];
                return x[part][own];
            }),
        ];
    }
}

public sealed class StackContract : OperatorContract<int>
{
    public override Type[] Operations => [typeof(ConcatOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At(0, N(), N()), At(0, N(2, 3), N(2, 3)), At(1, N(2, 3), N(2, 3), N(2, 3)), At(2, N(2, 3), N(2, 3)), At(-1, N(2), N(2)), At(-3, N(2, 3), N(2, 3)), At(0, N(1)), At(1, N(0, 2), N(0, 2))];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => Variable.Stack<double>([]), "at least one"),
        Refuse<ShapeException>(static tape => Variable.Stack<double>([tape.Zeros([2]), tape.Zeros([3])]), "[2]", "[3]"),
        Refuse<ArgumentOutOfRangeException>(static tape => Variable.Stack<double>([tape.Zeros([2])], 2), "[2]", "2"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(0, 4, most: 4);
        return At(choose.Axis(sizes.Length + 1), [.. Enumerable.Range(0, choose.Between(1, 4)).Select(_ => choose.N(sizes))]);
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int axis) => [Variable.Stack<T>(x, axis)];

    protected override Nd[] Reference(Nd[] x, int axis)
    {
        int at = axis < 0 ? axis + x[0].Rank + 1 : axis;
        List<int> sizes = [.. x[0].Sizes];
        sizes.Insert(at, x.Length);
        return [Nd.Build([.. sizes], index => x[index[at]][[.. index[..at], .. index[(at + 1)..]]])];
    }
}
