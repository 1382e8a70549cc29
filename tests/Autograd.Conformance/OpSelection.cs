using System.Text.Json;

namespace Autograd.Conformance;

/// <summary>
/// What <c>--ops</c> keeps: a list such as <c>add,matmul,lstm:num_layers=1:bidirectional=false,optimizer:name=sgd/adam</c>.
/// An entry is an op, narrowed by conditions on its attributes, each with one value or several to choose from. A case is
/// kept if any entry keeps it.
/// </summary>
internal sealed class OpSelection
{
    private readonly List<(string Op, (string Attribute, string[] Values)[] Conditions)> _entries = [];

    public OpSelection(string list)
    {
        foreach (string entry in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = entry.Split(':');
            _entries.Add((parts[0], [.. parts[1..].Select(Condition)]));
        }

        if (_entries.Count == 0) throw new ArgumentException("--ops names no op.");
    }

    public IEnumerable<string> Ops => _entries.Select(static entry => entry.Op).Distinct();

    /// <summary>Whether a case is kept. One that cannot be read is kept by its op alone, so that it counts as failed.</summary>
    public bool Keeps(Entry entry) => entry.Op == "(unreadable)" || _entries.Any(
        kept => kept.Op == entry.Op && (entry.Attributes is null || Array.TrueForAll(kept.Conditions, condition => Holds(condition, entry.Attributes))));

    private static (string, string[]) Condition(string text)
    {
        string[] sides = text.Split('=');
        if (sides.Length != 2) throw new ArgumentException($"--ops: '{text}' is no condition; write attribute=value or attribute=value/value.");
        return (sides[0], sides[1].Split('/'));
    }

    private static bool Holds((string Attribute, string[] Values) condition, IReadOnlyDictionary<string, JsonElement> attributes) =>
        attributes.TryGetValue(condition.Attribute, out JsonElement found) && Array.Exists(condition.Values, value => Equal(found, value));

    private static bool Equal(JsonElement found, string value) => found.ValueKind switch
    {
        JsonValueKind.String => found.GetString() == value,
        JsonValueKind.Number => double.TryParse(value, out double number) && found.GetDouble() == number,
        _ => found.GetRawText() == value,
    };
}
