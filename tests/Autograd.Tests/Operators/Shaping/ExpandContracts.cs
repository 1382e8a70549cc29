namespace Autograd.Tests;

public sealed class ExpandContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(ExpandOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At([3], N()), At([2, 3], N(3)), At([2, 3], N(2, 1)), At([4, 2, 3], N(2, 1)), At([2, 2, 3], N(1, 2, 1)), At([3], N(3)), At([1, 1], N(1)), At([0, 3], N(1, 3)), At([2, 0], N(0)),
        At([2, 3, 2, 3, 2], N(3, 1, 3, 1)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly([2, 2], [Nd.Vector(double.NaN, 1)], [Nd.Of([2, 2], double.NaN, 1, double.NaN, 1)], [Nd.Vector(2, 2)]), Exactly([0], [Nd.Vector(5)], [new Nd(0)], [Nd.Vector(0)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Expand([3, 3]), "[2, 3]", "[3, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).Expand([3]), "[2, 3]", "[3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Expand([-1, 3]), "-1"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] whole = choose.Sizes(0, 4), part = [.. whole.Select(size => choose.Flip() ? 1 : size)];
        return At(whole, choose.N(part[choose.Below(part.Length + 1)..]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] sizes) => [x[0].Expand(sizes)];

    protected override Nd[] Reference(Nd[] x, int[] sizes) => [Nd.Build(sizes, x[0].Broadcast)];
}
