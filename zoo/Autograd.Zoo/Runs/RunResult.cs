using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Autograd.Zoo.Runs;

/// <summary>What a run came to: result.json of its folder, written at its end, and the line that <c>train --json</c> prints.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Data">What it learned from.</param>
/// <param name="Cell">The cell, for a model that has one to choose.</param>
/// <param name="Metric">The figure's name.</param>
/// <param name="Value">The figure of the chosen network, on the part of the data that the run is judged by.</param>
/// <param name="Figure">The figure in words.</param>
/// <param name="Expected">The figure that the model's page promises, if it promises one.</param>
/// <param name="Bound">The least figure that any model can reach, where it is known.</param>
/// <param name="Steps">Steps done.</param>
/// <param name="BestStep">The step of the chosen network.</param>
/// <param name="Parameters">Number of trained numbers.</param>
/// <param name="TrainLoss">Mean loss of the last steps.</param>
/// <param name="ClippedShare">The share of steps whose gradient was scaled down.</param>
/// <param name="FirstStep">The step that the last process began at, 0 for a run that was never interrupted; what follows is of that process.</param>
/// <param name="UnitsPerSecond">Speed of training.</param>
/// <param name="Seconds">Time.</param>
/// <param name="PeakMemory">Most bytes held.</param>
internal sealed record RunResult(
    string Model,
    string Data,
    string? Cell,
    string Metric,
    double Value,
    string Figure,
    double? Expected,
    double? Bound,
    long Steps,
    long BestStep,
    long Parameters,
    double TrainLoss,
    double ClippedShare,
    long FirstStep,
    double UnitsPerSecond,
    double Seconds,
    long PeakMemory)
{
    private const string ValidationLoss = "validation_loss";

    /// <summary>The result as one JSON object.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("model", Model);
            json.WriteString("data", Data);
            if (Cell is not null)
                json.WriteString("cell", Cell);
            json.WriteString("metric", Metric);
            json.WriteNumber("value", Value);
            json.WriteString("figure", Figure);
            Write("expected", Expected);
            json.WriteNumber("steps", Steps);
            json.WriteNumber("best_step", BestStep);
            json.WriteNumber("parameters", Parameters);
            json.WriteNumber("train_loss", TrainLoss);
            if (Metric == ValidationLoss)
                json.WriteNumber(ValidationLoss, Value);
            if (Metric == ValidationLoss)
                Write("entropy_rate", Bound);
            else if (Bound is not null)
                Write("bound", Bound);
            json.WriteNumber("clipped_share", Math.Round(ClippedShare, 4));
            json.WriteNumber("first_step", FirstStep);
            json.WriteNumber("tokens_per_second", Math.Round(UnitsPerSecond, 1));
            json.WriteNumber("seconds", Math.Round(Seconds, 3));
            json.WriteNumber("peak_memory_bytes", PeakMemory);
            json.WriteEndObject();

            void Write(string key, double? value)
            {
                if (value is double number)
                    json.WriteNumber(key, number);
                else
                    json.WriteNull(key);
            }
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Writes result.json.</summary>
    public void Write(RunFolder folder)
    {
        byte[] content = Encoding.UTF8.GetBytes(ToJson() + "\n");
        AtomicFile.Write(folder.ResultPath, stream => stream.Write(content));
    }

    /// <summary>Reads result.json; null if the run has none, and with a warning if it cannot be read.</summary>
    public static RunResult? Read(RunFolder folder, Action<string> warn)
    {
        if (!File.Exists(folder.ResultPath))
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(folder.ResultPath), new JsonDocumentOptions { MaxDepth = 8 });
            JsonElement json = document.RootElement;
            return new(
                Text("model"), Text("data"), json.TryGetProperty("cell", out JsonElement cell) ? cell.GetString() : null, Text("metric"), Number("value"),
                Text("figure"), Optional("expected"), Optional("entropy_rate") ?? Optional("bound"), Whole("steps"), Whole("best_step"), Whole("parameters"), Number("train_loss"),
                Number("clipped_share"), Whole("first_step"), Number("tokens_per_second"), Number("seconds"), Whole("peak_memory_bytes"));

            string Text(string key) => json.GetProperty(key).GetString() ?? throw new JsonException($"{key} is null");

            double Number(string key) => json.GetProperty(key).GetDouble() is double value && double.IsFinite(value) ? value : throw new JsonException($"{key} is not finite");

            long Whole(string key) => json.GetProperty(key).GetInt64();

            double? Optional(string key) => json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? Number(key) : null;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException
            or UnauthorizedAccessException)
        {
            warn($"{folder.ResultPath}: expected the result of a run, got a file that cannot be read ({error.Message.TrimEnd('.')}); train with --resume writes it again");
            return null;
        }
    }
}
