namespace Autograd;

/// <summary>Which way a recurrent layer reads.</summary>
public enum RecurrentDirection
{
    /// <summary>From the first step to the last.</summary>
    Forward,

    /// <summary>From the last step to the first; the output at a step is the state after reading it and all later ones.</summary>
    Reverse,

    /// <summary>Both, each with weights of its own.</summary>
    Bidirectional,
}

/// <summary>What a bidirectional layer makes of the outputs of its directions.</summary>
public enum MergeMode
{
    /// <summary>Side by side, forward first: [time, batch, 2 · hidden].</summary>
    Concat,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their product, element by element.</summary>
    Product,

    /// <summary>Nothing: both, along a new first axis, [2, time, batch, hidden] ([2, batch, time, hidden] with BatchFirst). For one layer.</summary>
    None,
}

/// <summary>What all recurrent layers have in common beside their sizes.</summary>
/// <remarks>
/// All probabilities are of dropping, act while the tape trains, and draw from the tape's seed and step. Everything here can be
/// combined with everything else; what cannot is refused when the layer is made.
/// </remarks>
public sealed record RecurrentOptions
{
    /// <summary>How many layers stand on top of each other.</summary>
    public int NumLayers { get; init; } = 1;

    /// <summary>Which way the layers read.</summary>
    public RecurrentDirection Direction { get; init; }

    /// <summary>What is made of the outputs of two directions, in each layer.</summary>
    public MergeMode Merge { get; init; }

    /// <summary>Whether sequences are [batch, time, features], in and out. States never are.</summary>
    public bool BatchFirst { get; init; }

    /// <summary>Whether there are biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether the sums before the gates are normalized. Ba, Kiros and Hinton 2016.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Whether the state before the first step is learned, at first zeros; one that is given takes its place.</summary>
    public bool LearnInitialState { get; init; }

    /// <summary>Dropout of the outputs of every layer but the last, drawn anew for each step.</summary>
    public double Dropout { get; init; }

    /// <summary>Dropout of the input of every layer with one mask for all steps of a sequence. Gal and Ghahramani 2016.</summary>
    public double InputDropout { get; init; }

    /// <summary>Dropout of h in the recurrent products with one mask for all steps of a sequence. Gal and Ghahramani 2016.</summary>
    public double RecurrentDropout { get; init; }

    /// <summary>Dropout of elements of the recurrent weight, one mask for all steps of a sequence. Merity, Keskar and Socher 2018.</summary>
    public double WeightDrop { get; init; }

    /// <summary>
    /// The probability that a unit of h keeps its value in a step; where the tape evaluates, its expectation is taken. Krueger et
    /// al. 2017.
    /// </summary>
    public double Zoneout { get; init; }

    /// <summary>The same of the other parts of the state, such as c; refused where there are none.</summary>
    public double CellZoneout { get; init; }

    /// <summary>
    /// The most bytes of the tape that a sequence may take up between forward and backward and in the sweep, beside inputs, outputs
    /// and their gradients. Where it takes more, it is cut into pieces of time, as few as fit, that run again in the sweep; gradients
    /// stay what they are. Null, the default, keeps everything.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>1, or 2 for a bidirectional layer.</summary>
    internal int Directions => Direction == RecurrentDirection.Bidirectional ? 2 : 1;

    /// <summary>Whether units may keep their value.</summary>
    internal bool ZonesOut => Zoneout > 0 || CellZoneout > 0;

    /// <summary>The options of the short constructors.</summary>
    internal static RecurrentOptions Of(int numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional) => new()
    {
        NumLayers = numLayers,
        Bias = bias,
        BatchFirst = batchFirst,
        Dropout = dropout,
        Direction = bidirectional ? RecurrentDirection.Bidirectional : RecurrentDirection.Forward,
    };

    /// <summary>Refuses what no layer can be made of.</summary>
    internal void Check(string layer)
    {
        Sizes.RequirePositive(layer, "numLayers", NumLayers);
        if (!Enum.IsDefined(Direction)) Errors.OutOfRange(nameof(Direction), Direction, $"{layer}: there is no direction {Direction}.");
        if (!Enum.IsDefined(Merge)) Errors.OutOfRange(nameof(Merge), Merge, $"{layer}: there is no merge {Merge}.");
        RequireProbability(layer, nameof(Dropout), Dropout);
        RequireProbability(layer, nameof(InputDropout), InputDropout);
        RequireProbability(layer, nameof(RecurrentDropout), RecurrentDropout);
        RequireProbability(layer, nameof(WeightDrop), WeightDrop);
        RequireProbability(layer, nameof(Zoneout), Zoneout);
        RequireProbability(layer, nameof(CellZoneout), CellZoneout);
        if (MemoryBudget <= 0) Errors.OutOfRange(nameof(MemoryBudget), MemoryBudget, $"{layer}: MemoryBudget is a positive number of bytes, not {MemoryBudget}.");
        if (Merge != MergeMode.Concat && Directions == 1) Errors.Argument($"{layer}: Merge {Merge} was asked for, but there is one direction. Set Direction to Bidirectional, or leave Merge out.");
        if (Merge == MergeMode.None && NumLayers > 1) Errors.Argument($"{layer}: Merge None gives two sequences, but each of the {NumLayers} layers reads one. Use another merge, or one layer.");
    }

    private static void RequireProbability(string layer, string name, double value)
    {
        if (!(value >= 0 && value <= 1)) Errors.OutOfRange(name, value, $"{layer}: {name} is a probability, 0 … 1, not {value}.");
    }
}
