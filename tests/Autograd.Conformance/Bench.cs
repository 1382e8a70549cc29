using System.Numerics;
using System.Text.Json;

namespace Autograd.Conformance;

/// <summary>
/// One case on its way through the library: its attributes and inputs as the library takes them, its outputs as they come.
/// An input whose gradient is asked for becomes a leaf, or the parameter it was loaded into.
/// </summary>
internal sealed class Bench<T>(Case @case) : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Dictionary<string, Variable<T>> _leaves = [];
    private readonly Dictionary<string, Parameter<T>> _parameters = [];
    private readonly Dictionary<string, Variable<T>> _recorded = [];
    private readonly Dictionary<string, CaseTensor> _outputs = [];

    /// <summary>A tape that trains, unless the case says otherwise.</summary>
    public Tape<T> Tape { get; } = new(training: !(@case.Attributes.TryGetValue("training", out JsonElement training) && training.ValueKind == JsonValueKind.False));

    public Case Case => @case;

    public IReadOnlyDictionary<string, CaseTensor> Outputs => _outputs;

    /// <summary>A floating input as a variable.</summary>
    public Variable<T> this[string name]
    {
        get
        {
            if (_leaves.TryGetValue(name, out Variable<T> known)) return known;
            Tensor<T> values = Values(name);
            return _leaves[name] = @case.Gradients.ContainsKey(name) ? Tape.Variable(values) : Tape.Constant(values);
        }
    }

    public bool Has(string input) => @case.Inputs.ContainsKey(input);

    /// <summary>A floating input that need not be there.</summary>
    public Variable<T>? Optional(string name) => Has(name) ? this[name] : null;

    /// <summary>The inputs prefix0, prefix1, … as many as there are.</summary>
    public string[] Numbered(string prefix) =>
        [.. Enumerable.Range(0, @case.Inputs.Keys.Count(name => name.StartsWith(prefix, StringComparison.Ordinal))).Select(i => $"{prefix}{i}")];

    /// <summary>A floating input as a tensor.</summary>
    public Tensor<T> Values(string name)
    {
        CaseTensor input = Input(name);
        if (input.Type != @case.Type) throw new RuledOutByTypesException($"input '{name}' is {input.Type} where {@case.Type} is wanted");
        return Floating(input);
    }

    /// <summary>An integer input.</summary>
    public Tensor<int> Index(string name)
    {
        CaseTensor input = Input(name);
        if (input.Type != "int64") throw new RuledOutByTypesException($"input '{name}' is {input.Type} where integers are wanted");
        return new Tensor<int>(input.Shape, [.. input.Values.Select(Clamped)]);
    }

    /// <summary>A boolean input.</summary>
    public Tensor<bool> Mask(string name)
    {
        CaseTensor input = Input(name);
        if (input.Type != "bool") throw new RuledOutByTypesException($"input '{name}' is {input.Type} where a mask is wanted");
        return new Tensor<bool>(input.Shape, [.. input.Values.Select(static value => value != 0)]);
    }

    /// <summary>Gives a parameter an input's values; the input's gradient is then the parameter's.</summary>
    public Parameter<T> Load(Parameter<T> parameter, string name)
    {
        parameter.Set(Values(name));
        return _parameters[name] = parameter;
    }

    /// <summary>Loads every parameter of a module from the input of its name.</summary>
    public TModule Load<TModule>(TModule module)
        where TModule : Module<T>
    {
        foreach ((string path, Parameter<T> parameter) in module.NamedParameters()) Load(parameter, path);
        return module;
    }

    public bool IsNull(string attribute) => Attribute(attribute).ValueKind == JsonValueKind.Null;

    public bool IsList(string attribute) => Attribute(attribute).ValueKind == JsonValueKind.Array;

    public bool IsText(string attribute) => Attribute(attribute).ValueKind == JsonValueKind.String;

    public bool Flag(string attribute) => Attribute(attribute).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Bad(attribute),
    };

    public double Number(string attribute) => CaseTensor.Number(Attribute(attribute));

    public double? OptionalNumber(string attribute) => IsNull(attribute) ? null : Number(attribute);

    public int Int(string attribute) => Whole(attribute, Attribute(attribute));

    public int? OptionalInt(string attribute) => IsNull(attribute) ? null : Int(attribute);

    public string Text(string attribute) => Attribute(attribute) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw Bad(attribute);

    /// <summary>An integer or a list of them, as a list.</summary>
    public int[] Ints(string attribute) => IsList(attribute)
        ? [.. Attribute(attribute).EnumerateArray().Select(item => Whole(attribute, item))]
        : [Int(attribute)];

    /// <summary>A list of integers, some of which may be null.</summary>
    public int?[] OptionalInts(string attribute) => IsList(attribute)
        ? [.. Attribute(attribute).EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Null ? (int?)null : Whole(attribute, item))]
        : throw Bad(attribute);

    public double[] Numbers(string attribute) => IsList(attribute)
        ? [.. Attribute(attribute).EnumerateArray().Select(CaseTensor.Number)]
        : throw Bad(attribute);

    public CaseException Bad(string attribute) => new($"attribute '{attribute}' has the value {Attribute(attribute).GetRawText()}, which the runner does not know");

    /// <summary>An output that may enter the loss.</summary>
    public void Output(string name, Variable<T> value)
    {
        _recorded.Add(name, value);
        Output(name, value.ToTensor());
    }

    public void Output(Variable<T> value) => Output("output", value);

    public void Output(string name, Tensor<T> value) => _outputs.Add(name, FromLibrary(value, @case.Type, static number => double.CreateChecked(number)));

    public void Output(string name, Tensor<int> value) => _outputs.Add(name, FromLibrary(value, "int64", static number => number));

    public void Output(string name, double scalar) => _outputs.Add(name, new CaseTensor([], @case.Type, [scalar]));

    /// <summary>The gradients of Σ ⟨cotangent, output⟩, by input name.</summary>
    public Func<string, CaseTensor> Backward()
    {
        foreach (string name in @case.Cotangents.Keys)
        {
            if (!_recorded.ContainsKey(name)) throw new CaseException($"output '{name}' has a cotangent but no gradient here");
        }

        // An output that depends on no leaf adds nothing to any gradient, and a sweep from it is refused.
        string[] names = [.. @case.Cotangents.Keys.Where(name => _recorded[name].RequiresGradient)];
        Variable<T>[] outputs = [.. names.Select(name => _recorded[name])];
        Variable<T>[] cotangents = [.. names.Select(name => Tape.Constant(Floating(@case.Cotangents[name])))];
        Gradients<T>? gradients = names.Length == 0 ? null : Tape.Backward(outputs, cotangents);
        return name =>
        {
            if (gradients is { } found && _parameters.TryGetValue(name, out Parameter<T>? parameter)) return FromVariable(found[parameter]);
            if (gradients is { } also && _leaves.TryGetValue(name, out Variable<T> leaf)) return FromVariable(also[leaf]);
            CaseTensor input = Input(name);
            return input with { Values = new double[input.Values.Length] };
        };
    }

    public void Dispose() => Tape.Dispose();

    private static CaseTensor FromLibrary<TElement>(Tensor<TElement> tensor, string type, Func<TElement, double> convert)
        where TElement : unmanaged => new(tensor.Shape.ToArray(), type, [.. tensor.ToArray().Select(convert)]);

    private static Tensor<T> Floating(CaseTensor tensor) => new(tensor.Shape, [.. tensor.Values.Select(T.CreateChecked)]);

    private CaseTensor FromVariable(Variable<T> value) => FromLibrary(value.ToTensor(), @case.Type, static number => double.CreateChecked(number));

    private CaseTensor Input(string name) => @case.Inputs.TryGetValue(name, out CaseTensor? input) ? input : throw new CaseException($"input '{name}' is missing");

    private JsonElement Attribute(string name) =>
        @case.Attributes.TryGetValue(name, out JsonElement value) ? value : throw new CaseException($"attribute '{name}' is missing");

    /// <summary>
    /// A whole number as the library takes it. What is beyond int becomes its nearest: a bound of a slice is cut to the axis all the same,
    /// and an index is out of range all the same, which is for the library to say.
    /// </summary>
    private static int Clamped(double value) => (int)Math.Clamp(value, int.MinValue, int.MaxValue);

    /// <summary>A whole number, which may be written 2 or 2.0.</summary>
    private int Whole(string attribute, JsonElement json)
    {
        double value = json.ValueKind == JsonValueKind.Number ? json.GetDouble() : throw Bad(attribute);
        return value == Math.Floor(value) ? Clamped(value) : throw Bad(attribute);
    }
}
