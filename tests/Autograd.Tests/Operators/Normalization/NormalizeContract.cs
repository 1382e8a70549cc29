namespace Autograd.Tests;

/// <summary>A normalization: its kind, the number of last axes or of groups, which of weight and bias there are, and ε.</summary>
public sealed record NormalizeCase(string Kind, int Number, string Has, double Epsilon = 0.1)
{
    public bool Weighted => Has.Contains('w', StringComparison.Ordinal);

    public bool Biased => Has.Contains('b', StringComparison.Ordinal);

    public int[] ParameterSizes(int[] input) => Kind is "layer" or "rms" ? input[^Number..] : [Kind == "rows" ? input[0] : input[1]];
}

/// <summary>All normalizations over rows: layer, root mean square, group, instance, and the channels that batch normalization brings together.</summary>
public sealed class NormalizeContract : OperatorContract<NormalizeCase>
{
    private static readonly string[] Some = ["", "w", "b", "wb"];

    public override Type[] Operations => [typeof(NormalizeOperation<>)];

    protected override double FloatTolerance => 3e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        .. from has in Some
           from place in new (string Kind, int Number, int[] Sizes)[]
           {
               ("layer", 1, [3, 5]), ("layer", 2, [2, 3, 4]), ("group", 2, [2, 4, 3]), ("instance", 0, [2, 3, 2, 2]), ("rows", 0, [3, 2, 4]), ("group", 1, [2, 3]),
           }
           select Case(new(place.Kind, place.Number, has), place.Sizes),
        .. from has in new[] { "", "w" } select Case(new("rms", 1, has), [3, 5]),
        Case(new("layer", 1, "wb", 1e-3), [11, 3]), // more rows than a block has
        Case(new("layer", 3, "wb"), [2, 1, 3]), Case(new("layer", 1, "wb"), [4]), Case(new("layer", 1, "wb"), [3, 1]), Case(new("layer", 1, "wb"), [0, 3]),
        Case(new("layer", 1, "wb"), [3, 0]), Case(new("group", 2, "wb"), [0, 4, 2]), Case(new("group", 2, "wb"), [2, 4, 0]), Case(new("rows", 0, "wb"), [0, 2]),
        Case(new("group", 3, "wb"), [9, 3, 1]), Case(new("layer", 1, "wb", 1e-5), [2, 40]),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        // Constant rows become the bias. [−1, 1] has mean 0 and variance 1; with ε = 3 the root is 2.
        new(Differentiable(1, new("layer", 1, "b", 1e-5), Nd.Vector(3, 3), Nd.Vector(1, 2)), [Nd.Vector(1, 2)], [Nd.Vector(0, 0)]),
        Exactly(new("layer", 1, "", 3), [Nd.Vector(-1, 1)], [Nd.Vector(-0.5, 0.5)], [Nd.Vector(0, 0)]),
        Exactly(new("rms", 1, "", 3), [Nd.Vector(1, 1)], [Nd.Vector(0.5, 0.5)], [Nd.Vector(0.375, 0.375)]),
        Exactly(new("layer", 1, "", 0), [Nd.Vector(2, 2)], [Nd.Vector(double.NaN, double.NaN)], [Nd.Vector(double.NaN, double.NaN)]),
        Exactly(new("layer", 1, ""), [Nd.Of([2, 2], 1, double.NaN, 2, 2)], [Nd.Of([2, 2], double.NaN, double.NaN, 0, 0)], [Nd.Of([2, 2], double.NaN, double.NaN, 0, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).LayerNorm([6]), "[3, 5]", "[6]"),
        Refuse<ShapeException>(static tape => tape.Zeros([5]).LayerNorm([3, 5]), "[5]", "[3, 5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).LayerNorm([5], tape.Zeros([3])), "weight", "[3]", "[5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).LayerNorm([5], null, tape.Zeros([3, 5])), "bias", "[3, 5]", "[5]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([3, 5]).LayerNorm([]), "at least one axis"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 5]).LayerNorm([5], epsilon: -1), "-1"),
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).RmsNorm([4]), "RmsNorm", "[4]"),
        Refuse<ShapeException>(static tape => tape.Zeros([5]).GroupNorm(1), "GroupNorm", "[5]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 5, 3]).GroupNorm(2), "2 groups", "5 channels"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 5, 3]).GroupNorm(0), "0 groups"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 4, 3]).GroupNorm(2, tape.Zeros([2])), "weight", "[2]", "[4]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 4]).InstanceNorm(), "[2, 4]"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2, 4, 1]).InstanceNorm(), "one value"),
        Refuse<ShapeException>(static _ => new GroupNorm<double>(2, 4).Forward(new Tape<double>().Zeros([2, 5, 3])), "GroupNorm", "[2, 5, 3]", "4 channels"),
        Refuse<ArgumentOutOfRangeException>(static _ => new GroupNorm<double>(2, 5), "2 groups", "5 channels"),
        Refuse<ArgumentOutOfRangeException>(static _ => new InstanceNorm<double>(0), "channels", "0"),
        Refuse<ArgumentException>(static _ => new RmsNorm<double>([]), "at least one axis"),
    ];

    protected override Sample Draw(Choices choose)
    {
        string kind = choose.Of("layer", "group", "instance", "rows", "rms"), has = kind == "rms" ? choose.Of("", "w") : choose.Of(Some);
        int[] sizes = choose.Sizes(kind == "instance" ? 3 : kind is "group" or "rows" ? 2 : 1, 4);
        int number = kind is "layer" or "rms" ? choose.Between(1, sizes.Length) : 1;
        if (kind == "group") sizes[1] = Math.Max(1, sizes[1]) * (number = choose.Between(1, 3));
        if (kind == "instance") sizes[2] = Math.Max(2, sizes[2]);
        if (kind == "instance" && sizes[2..].Aggregate(1, static (product, size) => product * size) == 1) sizes[^1] = 2;
        NormalizeCase attributes = new(kind, number, has, choose.Of(0.1, 0.5));
        int[] parameter = attributes.ParameterSizes(sizes);
        return At(attributes, [choose.N(sizes), .. has.Select(_ => choose.N(parameter))]);
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, NormalizeCase a)
    {
        Variable<T>? weight = a.Weighted ? x[1] : null, bias = a.Biased ? x[^1] : null;
        Shape normalized = a.ParameterSizes(x[0].Shape.ToArray());
        return
        [
            a.Kind switch
            {
                "layer" => x[0].LayerNorm(normalized, weight, bias, a.Epsilon),
                "rms" => x[0].RmsNorm(normalized, weight, a.Epsilon),
                "group" => x[0].GroupNorm(a.Number, weight, bias, a.Epsilon),
                "instance" => x[0].InstanceNorm(weight, bias, a.Epsilon),
                _ => NormalizeOperation<T>.OverChannels("BatchNorm", x[0], weight, bias, a.Epsilon).Rows,
            },
        ];
    }

    /// <summary>Each element looks for all that are normalized with it.</summary>
    protected override Nd[] Reference(Nd[] x, NormalizeCase a)
    {
        int[] sizes = x[0].Sizes;
        Dictionary<string, List<Real>> rows = [];
        foreach (int[] index in x[0].Indices)
        {
            if (!rows.TryGetValue(Row(index), out List<Real>? row)) rows.Add(Row(index), row = []);
            row.Add(x[0][index]);
        }

        Nd y = new(sizes);
        foreach (int[] index in x[0].Indices)
        {
            List<Real> row = rows[Row(index)];
            Real mean = a.Kind == "rms" ? 0 : row.Sum() / row.Count;
            Real value = (x[0][index] - mean) / Real.Sqrt((row.Select(other => (other - mean) * (other - mean)).Sum() / row.Count) + a.Epsilon);
            int[] place = a.Kind is "layer" or "rms" ? index[^a.Number..] : a.Kind == "rows" ? [index[0]] : [index[1]];
            if (a.Weighted) value *= x[1][place];
            if (a.Biased) value += x[^1][place];
            y[index] = value;
        }

        return [y];

        string Row(int[] index) => a.Kind switch
        {
            "layer" or "rms" => string.Join(' ', index[..^a.Number]),
            "group" => $"{index[0]} {index[1] / (sizes[1] / a.Number)}",
            "instance" => $"{index[0]} {index[1]}",
            _ => $"{index[0]}",
        };
    }

    private Sample Case(NormalizeCase attributes, int[] sizes)
    {
        int[] parameter = attributes.ParameterSizes(sizes);
        return At(attributes, [N(sizes), .. attributes.Has.Select(_ => N(parameter))]);
    }
}
