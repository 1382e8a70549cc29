using System.Text.Json;

namespace Autograd.Conformance;

/// <summary>A case, or why it could not be read; a file that could not be read is one such entry.</summary>
internal readonly record struct Entry(string Name, string Op, Case? Case, string? Problem);

/// <summary>Reads all case files of a folder, in name order.</summary>
internal static class CaseFiles
{
    public static IEnumerable<Entry> Read(string folder)
    {
        string[] files;
        string? problem = null;
        try
        {
            files = Directory.GetFiles(folder, "*.json");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            files = [];
            problem = exception.Message;
        }

        if (problem is not null) return [Unreadable(folder, problem)];
        Array.Sort(files, string.CompareOrdinal);
        return files.SelectMany(ReadFile);
    }

    private static List<Entry> ReadFile(string path)
    {
        try
        {
            JsonElement root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
            if (root.GetProperty("format").GetInt32() != 1) return [Unreadable(path, "its format is not 1")];
            return [.. root.GetProperty("cases").EnumerateArray().Select(ReadCase)];
        }
        catch (Exception exception) when (IsFormatProblem(exception) || exception is IOException or UnauthorizedAccessException)
        {
            return [Unreadable(path, exception.Message)];
        }
    }

    private static Entry ReadCase(JsonElement json, int position)
    {
        string name = $"case {position}", op = "(unreadable)";
        try
        {
            name = json.GetProperty("name").GetString() ?? name;
            op = json.GetProperty("op").GetString() ?? op;
            Case read = Case.Read(json);
            return new Entry(name, op, read, null);
        }
        catch (Exception exception) when (IsFormatProblem(exception))
        {
            return new Entry(name, op, null, $"cannot be read: {exception.Message}");
        }
    }

    private static bool IsFormatProblem(Exception exception) =>
        exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or CaseException;

    private static Entry Unreadable(string path, string problem) => new(path, "(unreadable)", null, $"cannot be read: {problem}");
}
