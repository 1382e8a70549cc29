namespace Autograd.Tests;

/// <summary>Parts along the first axis and other shapes of the same memory.</summary>
public sealed class ViewContract : OperatorContract<(string What, int[] Numbers)>
{
    public override Type[] Operations => [typeof(ViewOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(("index", [1]), N(3, 2)), At(("index", [0]), N(1)), At(("index", [2]), N(3, 0, 2)), At(("index from end", [1]), N(4, 2)), At(("index from end", [4]), N(4)),
        At(("range", [1, 3]), N(4, 2)), At(("range", [0, 0]), N(4, 2)), At(("range", [0, 4]), N(4, 2)), At(("range", [2, 3]), N(4)),
        At(("reshape", [3, 2]), N(2, 3)), At(("reshape", [-1]), N(2, 3)), At(("reshape", [2, -1, 1]), N(2, 3)), At(("reshape", []), N(1, 1)), At(("reshape", [1]), N()), At(("reshape", [0, 5]), N(3, 0)),
        At(("squeeze", []), N(1, 2, 1, 3)), At(("squeeze", [2]), N(1, 2, 1, 3)), At(("squeeze", [1]), N(1, 2, 1)),
        At(("unsqueeze", [0]), N(2, 3)), At(("unsqueeze", [-1]), N(2, 3)), At(("unsqueeze", [1]), N(2, 3)), At(("unsqueeze", [0]), N()),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(("range", [1, 2]), [Nd.Vector(1, double.NaN, double.PositiveInfinity)], [Nd.Vector(double.NaN)], [Nd.Vector(0, 1, 0)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2])[3], "3", "[3, 2]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2])[^4], "-4", "[3, 2]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([0, 2])[0], "0", "[0, 2]"),
        Refuse<ShapeException>(static tape => tape.Zeros([])[0], "[]"),
        Refuse<ShapeException>(static tape => tape.Zeros([])[..], "[]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2])[2..4]),
        Refuse<ShapeException>(static tape => tape.Zeros([3, 2]).Reshape(4), "[3, 2]", "6", "[4]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3, 2]).Reshape(4, -1), "[3, 2]", "[4, -1]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3, 2]).Reshape(-1, -1), "[-1, -1]", "only one"),
        Refuse<ShapeException>(static tape => tape.Zeros([0, 2]).Reshape(0, -1), "[0, 2]", "[0, -1]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2]).Squeeze(2), "2", "[3, 2]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 2]).Unsqueeze(3), "3", "[3, 2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4, least: 1);
        int length = sizes.Aggregate(1, static (product, size) => product * size), first = choose.Below(sizes[0]);
        (string, int[]) attributes = choose.Below(6) switch
        {
            0 => ("index", [first]),
            1 => ("index from end", [first + 1]),
            2 => ("range", [first, choose.Between(first, sizes[0])]),
            3 => ("reshape", choose.Flip() ? [-1, sizes[^1]] : [length]),
            4 => ("squeeze", choose.Flip() ? [] : [choose.Below(sizes.Length)]),
            _ => ("unsqueeze", [choose.Axis(sizes.Length + 1)]),
        };
        return At(attributes, choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (string What, int[] Numbers) a) => a.What switch
    {
        "index" => [x[0][a.Numbers[0]]],
        "index from end" => [x[0][^a.Numbers[0]]],
        "range" => [x[0][a.Numbers[0]..a.Numbers[1]]],
        "reshape" => [x[0].Reshape(a.Numbers)],
        "squeeze" => [a.Numbers.Length == 0 ? x[0].Squeeze() : x[0].Squeeze(a.Numbers[0])],
        _ => [x[0].Unsqueeze(a.Numbers[0])],
    };

    protected override Nd[] Reference(Nd[] x, (string What, int[] Numbers) a)
    {
        Nd from = x[0];
        int first = a.Numbers.Length > 0 ? a.Numbers[0] : 0;
        switch (a.What)
        {
            case "index": return [Nd.Build(from.Sizes[1..], index => from[[first, .. index]])];
            case "index from end": return [Nd.Build(from.Sizes[1..], index => from[[from.Sizes[0] - first, .. index]])];
            case "range": return [Nd.Build([a.Numbers[1] - first, .. from.Sizes[1..]], index => from[[index[0] + first, .. index[1..]]])];
            case "squeeze" when a.Numbers.Length == 0: return [from.Reshape([.. from.Sizes.Where(static size => size != 1)])];
            case "squeeze": return [from.Reshape([.. from.Sizes.Where((size, axis) => axis != first || size != 1)])];
            case "unsqueeze": List<int> sizes = [.. from.Sizes]; sizes.Insert(first < 0 ? first + from.Rank + 1 : first, 1); return [from.Reshape([.. sizes])];
            default:
                int known = a.Numbers.Where(static size => size >= 0).Aggregate(1, static (product, size) => product * size);
                return [from.Reshape([.. a.Numbers.Select(size => size < 0 ? from.Data.Length / known : size)])];
        }
    }
}

/// <summary>The gradient of a view: a run of elements put among zeros.</summary>
public sealed class PlaceContract : OperatorContract<(int Offset, int[] Whole)>
{
    public override Type[] Operations => [typeof(PlaceOperation<>)];

    protected override IEnumerable<Sample> Samples => [At((2, [3, 2]), N(2)), At((0, [7]), N(3)), At((4, [5]), N(1)), At((1, [2, 3]), N(0)), At((0, [2, 2]), N(2, 2)), At((3, [4]), N())];

    protected override IEnumerable<Exact> ExactCases => [Exactly((1, [3]), [Nd.Vector(double.NaN)], [Nd.Vector(0, double.NaN, 0)], [Nd.Vector(1)])];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        int length = sizes.Aggregate(1, static (product, size) => product * size), offset = choose.Below(5);
        return At((offset, [1, offset + length + choose.Below(4)]), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Offset, int[] Whole) a) => [PlaceOperation<T>.Apply(x[0], a.Offset, a.Whole)];

    protected override Nd[] Reference(Nd[] x, (int Offset, int[] Whole) a)
    {
        Nd whole = new(a.Whole);
        for (int i = 0; i < x[0].Data.Length; i++) whole.Data[a.Offset + i] = x[0].Data[i];
        return [whole];
    }
}
