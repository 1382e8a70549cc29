using System.Globalization;
using System.Text.Json;

namespace Autograd.Zoo.Runs;

/// <summary>
/// One setting of a run: an option of the command line and a key of config.json, with the same name, range and default in both.
/// </summary>
/// <param name="name">The option without its dashes; the key has underscores instead.</param>
/// <param name="description">What it means, for the help.</param>
/// <param name="default">The value when none is given; null where there may be none.</param>
internal abstract class Setting(string name, string description, object? @default)
{
    public string Name => name;

    public string Option => "--" + name;

    public string Key => name.Replace('-', '_');

    public string Description => description;

    public object? Default => @default;

    /// <summary>Whether a resumed run may have another value: one that no step depends on.</summary>
    public bool MayChange { get; init; }

    /// <summary>What a value has to be, for messages.</summary>
    public abstract string Expected { get; }

    /// <summary>Reads an option's value; null when it is not valid.</summary>
    public abstract object? Parse(string text);

    /// <summary>Reads a value of config.json; null when it is not valid.</summary>
    public abstract object? Read(JsonElement json);

    /// <summary>Writes a value to config.json.</summary>
    public abstract void Write(Utf8JsonWriter json, object value);

    /// <summary>The value as the command line takes it.</summary>
    public static string Format(object? value) => value is null ? "none" : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    /// <summary>Refuses a value.</summary>
    public Failure Refuse(string where, string got, string hint) => new(ExitCode.Usage, where, Expected, got, hint);
}

/// <summary>A whole number in a range.</summary>
internal sealed class IntegerSetting(string name, string description, long @default, long least, long most)
    : Setting(name, description, @default)
{
    public override string Expected => string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}");

    public override object? Parse(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? InRange(value) : null;

    public override object? Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out long value) ? InRange(value) : null;

    public override void Write(Utf8JsonWriter json, object value) => json.WriteNumber(Key, (long)value);

    private object? InRange(long value) => value >= least && value <= most ? value : null;
}

/// <summary>A finite number in a range.</summary>
internal sealed class NumberSetting(string name, string description, double @default, double least, double most)
    : Setting(name, description, @default)
{
    /// <summary>The least value itself is not allowed.</summary>
    public bool AboveLeast { get; init; }

    /// <summary>The greatest value itself is not allowed.</summary>
    public bool BelowMost { get; init; }

    public override string Expected => string.Create(CultureInfo.InvariantCulture,
        $"a number {(AboveLeast ? "above" : "from")} {least} {(BelowMost ? "and below" : "to")} {most}");

    public override object? Parse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? InRange(value) : null;

    public override object? Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out double value) ? InRange(value) : null;

    public override void Write(Utf8JsonWriter json, object value) => json.WriteNumber(Key, (double)value);

    // Written so that NaN is refused.
    private object? InRange(double value) =>
        (AboveLeast ? value > least : value >= least) && (BelowMost ? value < most : value <= most) && double.IsFinite(value)
            ? value : null;
}

/// <summary>One of a few words.</summary>
internal sealed class ChoiceSetting(string name, string description, params string[] choices) : Setting(name, description, choices[0])
{
    public override string Expected => "one of " + string.Join(", ", choices);

    public override object? Parse(string text) => choices.Contains(text, StringComparer.Ordinal) ? text : null;

    public override object? Read(JsonElement json) => json.ValueKind == JsonValueKind.String ? Parse(json.GetString()!) : null;

    public override void Write(Utf8JsonWriter json, object value) => json.WriteString(Key, (string)value);
}

/// <summary>Any text, a path for example; none by default.</summary>
internal sealed class TextSetting(string name, string description, string? value = null) : Setting(name, description, value)
{
    public override string Expected => "a text";

    public override object? Parse(string text) => text.Length > 0 ? text : null;

    public override object? Read(JsonElement json) => json.ValueKind == JsonValueKind.String ? Parse(json.GetString()!) : null;

    public override void Write(Utf8JsonWriter json, object value) => json.WriteString(Key, (string)value);
}

/// <summary>Values for all settings of a model, and which of them were given rather than taken from the defaults.</summary>
internal sealed class SettingValues
{
    private readonly IReadOnlyList<Setting> _settings;
    private readonly Dictionary<string, object> _given;

    /// <param name="settings">What there is to set.</param>
    /// <param name="given">Values by name.</param>
    public SettingValues(IReadOnlyList<Setting> settings, IReadOnlyDictionary<string, object> given)
    {
        (_settings, _given) = (settings, new Dictionary<string, object>(given, StringComparer.Ordinal));
    }

    public IReadOnlyList<Setting> Settings => _settings;

    /// <summary>The values that were given.</summary>
    public IReadOnlyDictionary<string, object> Given => _given;

    public int Integer(string name) => checked((int)Long(name));

    public long Long(string name) => (long)this[name]!;

    public double Number(string name) => (double)this[name]!;

    public string? Text(string name) => (string?)this[name];

    /// <summary>The value of a setting; null when it has none.</summary>
    public object? this[string name] =>
        _given.TryGetValue(name, out object? value) ? value : _settings.First(setting => setting.Name == name).Default;

    /// <summary>Whether there is such a setting.</summary>
    public bool Has(string name) => _settings.Any(setting => setting.Name == name);

    /// <summary>Whether all settings but the data, the seed and some others have their defaults, for which a page promises its figure.</summary>
    public bool AreDefaults(params string[] others) =>
        _settings.All(setting => setting.Name is "data" or "seed" || others.Contains(setting.Name) || Equals(this[setting.Name], setting.Default));

    /// <summary>These values, with those given in <paramref name="over"/> in their place.</summary>
    public SettingValues With(IReadOnlyDictionary<string, object> over)
    {
        Dictionary<string, object> merged = new(_given, StringComparer.Ordinal);
        foreach ((string name, object value) in over)
            merged[name] = value;
        return new SettingValues(_settings, merged);
    }
}
