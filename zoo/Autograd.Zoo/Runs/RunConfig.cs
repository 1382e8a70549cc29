using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Autograd.Zoo.Runs;

/// <summary>config.json of a run folder: the model and its settings, one key each.</summary>
internal static class RunConfig
{
    private const string ModelKey = "model";

    /// <summary>The file's content for a run.</summary>
    public static byte[] Write(string model, SettingValues settings)
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(stream, options))
        {
            json.WriteStartObject();
            json.WriteString(ModelKey, model);
            foreach (Setting setting in settings.Settings)
            {
                if (settings[setting.Name] is object value)
                    setting.Write(json, value);
                else
                    json.WriteNull(setting.Key);
            }
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Reads a configuration. Settings it lacks have their defaults.</summary>
    /// <param name="path">The file.</param>
    /// <param name="models">The models there are.</param>
    /// <exception cref="Failure">The file is missing or damaged, or has an unknown model, an unknown key or a value out of
    /// range.</exception>
    public static (IZooModel Model, SettingValues Settings) Read(string path, IReadOnlyList<IZooModel> models)
    {
        using JsonDocument document = Open(path);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new Failure(ExitCode.Usage, path, "a JSON object", root.ValueKind.ToString(), "restore the file");
        if (!root.TryGetProperty(ModelKey, out JsonElement name) || name.ValueKind != JsonValueKind.String)
            throw new Failure(ExitCode.Usage, $"{path}: {ModelKey}", "a model's name", "none", "restore the file");
        IZooModel model = models.FirstOrDefault(candidate => candidate.Name == name.GetString())
            ?? throw new Failure(ExitCode.Usage, $"{path}: {ModelKey}",
                "one of " + string.Join(", ", models.Select(candidate => candidate.Name)),
                name.GetString()!, "use the program that made the run");
        Dictionary<string, object> given = new(StringComparer.Ordinal);
        foreach (JsonProperty property in root.EnumerateObject().Where(property => property.Name != ModelKey))
        {
            string where = $"{path}: {property.Name}";
            Setting setting = model.Settings.FirstOrDefault(candidate => candidate.Key == property.Name)
                ?? throw new Failure(ExitCode.Usage, where, $"a setting of {model.Name}", "an unknown key",
                    Nearest.Hint(property.Name, model.Settings.Select(candidate => candidate.Key), "remove it"));
            if (property.Value.ValueKind == JsonValueKind.Null && setting.Default is null)
                continue;
            given[setting.Name] = setting.Read(property.Value)
                ?? throw setting.Refuse(where, Shorten(property.Value.GetRawText()), "correct the file");
        }
        return (model, new SettingValues(model.Settings, given));
    }

    private static JsonDocument Open(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            const int MaxLength = 1 << 20;
            if (file.Length > MaxLength)
                throw new Failure(ExitCode.Usage, path, "a configuration", $"a file of {file.Length} bytes", "restore the file");
            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            // A text that is not valid Unicode would only be noticed, as another error, when it is looked at.
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
            JsonDocument document = JsonDocument.Parse(content, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            CheckTexts(document.RootElement);
            return document;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new Failure(ExitCode.InputFile, path, "the configuration of a run", "no such file", "name the folder of a run", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new Failure(ExitCode.InputFile, path, "a file that can be read", error.Message, "check its permissions", error);
        }
        catch (JsonException error)
        {
            throw new Failure(ExitCode.Usage, $"{path}: line {error.LineNumber + 1}", "valid JSON, each key once", "a damaged file",
                "restore the file", error);
        }
        catch (Exception error) when (error is DecoderFallbackException or InvalidOperationException)
        {
            throw new Failure(ExitCode.Usage, path, "UTF-8 text", "a damaged file", "restore the file", error);
        }
    }

    /// <summary>Throws <see cref="InvalidOperationException"/> for an escaped lone surrogate anywhere.</summary>
    private static void CheckTexts(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
            _ = json.GetString();
        if (json.ValueKind != JsonValueKind.Object)
            return;
        foreach (JsonProperty property in json.EnumerateObject())
        {
            _ = property.Name;
            CheckTexts(property.Value);
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
