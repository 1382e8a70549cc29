using System.Text.Json;

namespace Autograd.Conformance;

/// <summary>A tensor of a case file, whatever its type: integers and booleans are exact in double too.</summary>
internal sealed record CaseTensor(int[] Shape, string Type, double[] Values)
{
    public bool IsFloating => Type is "float64" or "float32";

    public static CaseTensor Read(JsonElement json, string defaultType)
    {
        int[] shape = [.. json.GetProperty("shape").EnumerateArray().Select(static size => size.GetInt32())];
        string type = json.TryGetProperty("dtype", out JsonElement own) ? own.GetString()! : defaultType;
        if (type is not ("float64" or "float32" or "int64" or "bool")) throw new CaseException($"unknown dtype '{type}'");
        double[] values = [.. json.GetProperty("data").EnumerateArray().Select(Number)];
        long length = shape.Aggregate(1L, static (product, size) => product * size);
        if (values.Length != length) throw new CaseException($"a tensor of shape [{string.Join(", ", shape)}] has {values.Length} numbers");
        return new CaseTensor(shape, type, values);
    }

    /// <summary>A number, or one of the strings that stand for what JSON has no number for.</summary>
    public static double Number(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.String => json.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            string text => throw new CaseException($"'{text}' is not a number"),
            null => throw new CaseException("null is not a number"),
        },
        _ => throw new CaseException($"{json.GetRawText()} is not a number"),
    };
}

/// <summary>One case of a file.</summary>
internal sealed class Case
{
    private Case(JsonElement json)
    {
        Name = json.GetProperty("name").GetString()!;
        Op = json.GetProperty("op").GetString()!;
        Type = json.GetProperty("dtype").GetString()!;
        Attributes = json.GetProperty("attributes").EnumerateObject().ToDictionary(static one => one.Name, static one => one.Value);
        Inputs = Tensors(json, "inputs");
        if (json.TryGetProperty("error", out JsonElement error))
        {
            Error = error.GetString();
            return;
        }

        Outputs = Tensors(json, "outputs");
        Cotangents = Tensors(json, "cotangents");
        Gradients = Tensors(json, "gradients");
        JsonElement tolerance = json.GetProperty("tolerance");
        RelativeTolerance = CaseTensor.Number(tolerance.GetProperty("rtol"));
        AbsoluteTolerance = CaseTensor.Number(tolerance.GetProperty("atol"));
    }

    public string Name { get; }

    public string Op { get; }

    public string Type { get; }

    public IReadOnlyDictionary<string, JsonElement> Attributes { get; }

    public IReadOnlyDictionary<string, CaseTensor> Inputs { get; }

    public IReadOnlyDictionary<string, CaseTensor> Outputs { get; } = new Dictionary<string, CaseTensor>();

    public IReadOnlyDictionary<string, CaseTensor> Cotangents { get; } = new Dictionary<string, CaseTensor>();

    public IReadOnlyDictionary<string, CaseTensor> Gradients { get; } = new Dictionary<string, CaseTensor>();

    public double RelativeTolerance { get; }

    public double AbsoluteTolerance { get; }

    /// <summary>The kind of misuse that must be refused; null for a case with expected numbers.</summary>
    public string? Error { get; }

    public static Case Read(JsonElement json) => new(json);

    private Dictionary<string, CaseTensor> Tensors(JsonElement json, string key) =>
        json.GetProperty(key).EnumerateObject().ToDictionary(static one => one.Name, one => CaseTensor.Read(one.Value, Type));
}
