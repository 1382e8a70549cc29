namespace Autograd.Tests;

public sealed class TriangleContract : OperatorContract<(bool Upper, int Diagonal)>
{
    public override Type[] Operations => [typeof(TriangleOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from upper in new[] { false, true }
           from diagonal in new[] { 0, -1, 2, 7, -7, int.MinValue, int.MaxValue }
           select At((upper, diagonal), N(3, 4)),
        At((false, 0), N(2, 3, 3)), At((true, 1), N(2, 1, 3, 2)), At((false, 0), N(0, 3)), At((true, 0), N(3, 0)), At((true, 0), N(1, 1)), At((false, -1), N(2, 9, 17)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly((false, 0), [Nd.Of([2, 2], 1, double.NaN, 3, 4)], [Nd.Of([2, 2], 1, 0, 3, 4)], [Nd.Of([2, 2], 1, 0, 1, 1)]),
        Exactly((true, 1), [Nd.Of([2, 2], 1, double.PositiveInfinity, 3, 4)], [Nd.Of([2, 2], 0, double.PositiveInfinity, 0, 0)], [Nd.Of([2, 2], 0, 1, 0, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Tril(), "Tril", "[3]", "two axes"),
        Refuse<ShapeException>(static tape => tape.Zeros([]).Triu(), "Triu", "[]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(2);
        return At((choose.Flip(), choose.Between(-4, 4)), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (bool Upper, int Diagonal) a) => [a.Upper ? x[0].Triu(a.Diagonal) : x[0].Tril(a.Diagonal)];

    protected override Nd[] Reference(Nd[] x, (bool Upper, int Diagonal) a) =>
        [Nd.Build(x[0].Sizes, index => (a.Upper ? index[^1] - index[^2] >= a.Diagonal : index[^1] - index[^2] <= a.Diagonal) ? x[0][index] : 0)];
}

public sealed class MaskedFillContract : OperatorContract<(int[] Sizes, bool[] Mask, double Value)>
{
    public override Type[] Operations => [typeof(WhereOperation<>), typeof(WhereGradientOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(([4], [true, false, false, true], -1.5), N(3, 4)), At(([2, 1], [true, false], 0), N(2, 3)), At(([], [true], 2), N(2)), At(([], [false], 2), N()), At(([0], [], 1), N(2, 0)), At(([1, 1], [true], 1), N(1, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(([2], [true, false], double.NegativeInfinity), [Nd.Vector(double.NaN, 2)], [Nd.Vector(double.NegativeInfinity, 2)], [Nd.Vector(0, 1)]),
        Exactly(([2], [true, false], double.NaN), [Nd.Vector(1, double.PositiveInfinity)], [Nd.Vector(double.NaN, double.PositiveInfinity)], [Nd.Vector(0, 1)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).MaskedFill(new Tensor<bool>([2]), 0), "MaskedFill", "[2]", "[2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).MaskedFill(new Tensor<bool>([2, 3]), 0), "[2, 3]", "[3]"),
        Refuse<ArgumentNullException>(static tape => tape.Zeros([3]).MaskedFill(null!, 0), "mask"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        int[] mask = [.. sizes.Skip(choose.Below(sizes.Length + 1)).Select(size => choose.Below(3) == 2 ? 1 : size)];
        return At((mask, [.. Enumerable.Range(0, mask.Aggregate(1, static (product, size) => product * size)).Select(_ => choose.Flip())], choose.Between(-1, 1)), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int[] Sizes, bool[] Mask, double Value) a) => [x[0].MaskedFill(new Tensor<bool>(a.Sizes, a.Mask), a.Value)];

    protected override Nd[] Reference(Nd[] x, (int[] Sizes, bool[] Mask, double Value) a)
    {
        Nd mask = Nd.Of(a.Sizes, [.. a.Mask.Select(static set => set ? 1.0 : 0)]);
        return [Nd.Build(x[0].Sizes, index => mask.Broadcast(index) != 0 ? a.Value : x[0][index])];
    }
}
