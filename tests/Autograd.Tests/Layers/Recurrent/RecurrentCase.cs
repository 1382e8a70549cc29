namespace Autograd.Tests.Layers;

/// <summary>The recurrences that are tested.</summary>
public enum CellKind
{
    RnnTanh,
    RnnRelu,
    Lstm,
    GruAfter,
    GruBefore,

    /// <summary><see cref="LeakyMemoryCell{T}"/>, a cell as a user writes one.</summary>
    Own,
}

/// <summary>A recurrent layer, its sizes and which steps are real: everything but numbers.</summary>
internal sealed record RecurrentCase(CellKind Cell)
{
    public RecurrentOptions Options { get; init; } = new();

    public bool Peephole { get; init; }

    /// <summary>Features of h of an LSTM that projects, or 0.</summary>
    public int Projection { get; init; }

    public int Time { get; init; } = 3;

    public int Batch { get; init; } = 2;

    public int Inputs { get; init; } = 3;

    public int Hidden { get; init; } = 4;

    /// <summary>Whether the state before the first step is given.</summary>
    public bool GivenState { get; init; }

    public int[]? Lengths { get; init; }

    /// <summary>[time, batch], whatever the layout of sequences.</summary>
    public bool[]? Mask { get; init; }

    public int Layers => Options.NumLayers;

    public int Directions => Options.Direction == RecurrentDirection.Bidirectional ? 2 : 1;

    public int Parts => Cell is CellKind.Lstm or CellKind.Own ? 2 : 1;

    public int Gates => Cell switch { CellKind.Lstm => 4, CellKind.GruAfter or CellKind.GruBefore => 3, _ => 1 };

    /// <summary>Features of what a cell gives out.</summary>
    public int CellOutputs => Cell == CellKind.Own ? Hidden + LeakyMemoryCell<double>.Memories : PartSize(0);

    /// <summary>Features of what a layer gives out.</summary>
    public int LayerOutputs => CellOutputs * (Directions == 2 && Options.Merge == MergeMode.Concat ? 2 : 1);

    public int[] InputShape => Options.BatchFirst ? [Batch, Time, Inputs] : [Time, Batch, Inputs];

    public int[] OutputShape
    {
        get
        {
            int[] shape = Options.BatchFirst ? [Batch, Time, LayerOutputs] : [Time, Batch, LayerOutputs];
            return Options.Merge == MergeMode.None ? [2, .. shape] : shape;
        }
    }

    public static int Product(int[] sizes) => sizes.Aggregate(1, static (product, size) => product * size);

    public int PartSize(int part) => (Cell, part) switch
    {
        (CellKind.Own, 1) => LeakyMemoryCell<double>.Memories,
        (CellKind.Lstm, 0) when Projection > 0 => Projection,
        _ => Hidden,
    };

    public int[] StateShape(int part) => [Layers * Directions, Batch, PartSize(part)];

    public bool IsReal(int time, int row) => Lengths is { } lengths ? time < lengths[row] : Mask is not { } mask || mask[(time * Batch) + row];

    /// <summary>Where (time, row, feature) stands in a sequence of this layout.</summary>
    public int Place(int time, int row, int feature, int features) => ((Options.BatchFirst ? (row * Time) + time : (time * Batch) + row) * features) + feature;

    /// <summary>What follows the names of the parameters of a layer and direction.</summary>
    public string Suffix(int layer, int direction) => $"_l{layer}{(direction == 1 ? "_reverse" : string.Empty)}";

    /// <summary>The names and shapes that all parameters must have.</summary>
    public IEnumerable<(string Name, int[] Shape)> Parameters()
    {
        for (int layer = 0; layer < Layers; layer++)
        {
            int inputs = layer == 0 ? Inputs : LayerOutputs;
            for (int direction = 0; direction < Directions; direction++)
            {
                string suffix = Suffix(layer, direction);
                foreach ((string name, int[] shape) in Cell == CellKind.Own ? OwnParameters(inputs, suffix) : CellParameters(inputs, suffix)) yield return (name, shape);
            }
        }

        for (int part = 0; Options.LearnInitialState && part < Parts; part++) yield return ($"initial_state_{part}", [Layers * Directions, 1, PartSize(part)]);
    }

    public override string ToString() =>
        $"{Cell}{(Peephole ? " peephole" : string.Empty)}{(Projection > 0 ? $" projection {Projection}" : string.Empty)} T {Time} B {Batch} I {Inputs} H {Hidden}" +
        $"{(GivenState ? " given state" : string.Empty)}{(Lengths is { } lengths ? $" lengths {string.Join(' ', lengths)}" : string.Empty)}" +
        $"{(Mask is { } mask ? $" mask {string.Concat(mask.Select(static real => real ? '1' : '0'))}" : string.Empty)} {Options}";

    private IEnumerable<(string Name, int[] Shape)> OwnParameters(int inputs, string suffix)
    {
        string cell = Layers * Directions == 1 ? "cell." : $"cell{suffix}.";
        yield return (cell + "read.weight", [Hidden, inputs]);
        yield return (cell + "read.bias", [Hidden]);
        yield return (cell + "recall.weight", [Hidden, Hidden]);
        yield return (cell + "keep.weight", [LeakyMemoryCell<double>.Memories, Hidden]);
        yield return (cell + "gate.weight", [Hidden, LeakyMemoryCell<double>.Memories]);
        yield return (cell + "gate.bias", [Hidden]);
    }

    private IEnumerable<(string Name, int[] Shape)> CellParameters(int inputs, string suffix)
    {
        int rows = Gates * Hidden;
        yield return ("weight_ih" + suffix, [rows, inputs]);
        yield return ("weight_hh" + suffix, [rows, PartSize(0)]);
        if (Options.Bias)
        {
            yield return ("bias_ih" + suffix, [rows]);
            yield return ("bias_hh" + suffix, [rows]);
        }

        if (Projection > 0) yield return ("weight_hr" + suffix, [Projection, Hidden]);
        if (Peephole) yield return ("weight_peephole" + suffix, [3 * Hidden]);
        if (!Options.LayerNorm) yield break;
        if (Gates == 1)
        {
            yield return ("norm" + suffix, [Hidden]);
            yield break;
        }

        yield return ("norm_ih" + suffix, [rows]);
        yield return ("norm_hh" + suffix, [rows]);
        if (Cell != CellKind.Lstm) yield break;
        yield return ("norm_c" + suffix, [Hidden]);
        if (Options.Bias) yield return ("bias_c" + suffix, [Hidden]);
    }
}

/// <summary>The numbers of a case: every leaf by name (x, state_0, state_1 and the parameters), and cotangents, null where none is given.</summary>
internal sealed record RecurrentValues(Dictionary<string, double[]> Leaves, double[]?[] Cotangents)
{
    public const string Input = "x";

    /// <summary>Random numbers that are floats too, so that both types can be given the same.</summary>
    /// <param name="given">The case.</param>
    /// <param name="seed">What they depend on.</param>
    /// <param name="cotangents">Which outputs have a cotangent: bit 0 the sequence, bit 1 h, bit 2 the second part of the state.</param>
    public static RecurrentValues Draw(RecurrentCase given, int seed, int cotangents = 7)
    {
        Random random = new(seed);
        double[] Uniform(int count, double low, double high)
        {
            double[] values = new double[count];
            for (int i = 0; i < count; i++) values[i] = (float)(low + ((high - low) * random.NextDouble()));
            return values;
        }

        Dictionary<string, double[]> leaves = new() { [Input] = Uniform(RecurrentCase.Product(given.InputShape), -1.5, 1.5) };
        for (int part = 0; given.GivenState && part < given.Parts; part++) leaves[State(part)] = Uniform(RecurrentCase.Product(given.StateShape(part)), -1, 1);


        // Sums that are normalized are kept away from a variance of 0, where the slopes are large.
        double scale = (given.Options.LayerNorm ? 4 : 1.2) / Math.Sqrt(given.Hidden);
        foreach ((string name, int[] shape) in given.Parameters())
        {
            leaves[name] = name.StartsWith("norm", StringComparison.Ordinal)
                ? Uniform(RecurrentCase.Product(shape), 0.6, 1.4)
                : Uniform(RecurrentCase.Product(shape), -scale, scale);
        }

        double[]?[] weights = new double[]?[1 + given.Parts];
        if ((cotangents & 1) != 0) weights[0] = Uniform(RecurrentCase.Product(given.OutputShape), -1, 1);
        for (int part = 0; part < given.Parts; part++)
        {
            if ((cotangents & (2 << part)) != 0) weights[1 + part] = Uniform(RecurrentCase.Product(given.StateShape(part)), -1, 1);
        }

        return new(leaves, weights);
    }

    public static string State(int part) => $"state_{part}";

    public double[] this[string leaf] => Leaves[leaf];

    /// <summary>The same with some leaves replaced.</summary>
    public RecurrentValues With(params ReadOnlySpan<(string Leaf, double[] Values)> replaced)
    {
        Dictionary<string, double[]> leaves = new(Leaves);
        foreach ((string leaf, double[] values) in replaced) leaves[leaf] = values;
        return this with { Leaves = leaves };
    }
}
