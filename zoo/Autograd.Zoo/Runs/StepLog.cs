using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Autograd.Zoo.Runs;

/// <summary>
/// A text file of entries in the order of steps, to which a run only appends, and which a resumed run cuts back to the step it
/// continues from.
/// </summary>
internal sealed class StepLog : IDisposable
{
    private readonly FileStream _file;
    private readonly Func<string, long?> _stepOf;
    private readonly HashSet<(long, string)> _kept = [];

    private StepLog(FileStream file, Func<string, long?> stepOf) => (_file, _stepOf) = (file, stepOf);

    /// <summary>Opens metrics.jsonl, a JSON object a line; entries behind the step are cut off.</summary>
    public static StepLog Metrics(string path, long step) => Open(path, step, StepOfMetrics);

    /// <summary>Opens samples.txt, "step N" and then the sample's lines, set in by two spaces; entries behind the step are cut
    /// off.</summary>
    public static StepLog Samples(string path, long step) => Open(path, step, StepOfSample);

    /// <summary>The step of a line of metrics.jsonl; null for what is none.</summary>
    public static long? StepOfMetrics(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The step of the first line of a sample; null for the lines after it.</summary>
    public static long? StepOfSample(string line) => line.StartsWith("step ", StringComparison.Ordinal)
        && long.TryParse(line.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out long step)
            ? step : null;

    /// <summary>Whether an entry of this step was kept when the file was opened.</summary>
    /// <param name="step">The step.</param>
    /// <param name="mark">A text that the entry's first line has.</param>
    public bool Has(long step, string mark) =>
        _kept.Any(entry => entry.Item1 == step && entry.Item2.Contains(mark, StringComparison.Ordinal));

    /// <summary>Appends whole lines, in one write.</summary>
    public void Append(string text)
    {
        _file.Write(Encoding.UTF8.GetBytes(text));
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    private static StepLog Open(string path, long step, Func<string, long?> stepOf)
    {
        FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var log = new StepLog(file, stepOf);
            log.Cut(step);
            return log;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the entries up to a step. The first that is later, is no entry, or was not written to its end is cut off with
    /// all that follows.</summary>
    private void Cut(long step)
    {
        byte[] content = new byte[_file.Length];
        _file.ReadExactly(content);
        int position = 0, entry = 0;
        (long, string) first = default;
        while (position < content.Length)
        {
            int length = content.AsSpan(position).IndexOf((byte)'\n');
            string line = Encoding.UTF8.GetString(content.AsSpan(position, length < 0 ? content.Length - position : length));
            // A line that is set in belongs to the entry before it.
            if (position == 0 || !line.StartsWith(' '))
            {
                entry = position;
                if (length < 0 || _stepOf(line) is not long found || found > step)
                    break;
                _kept.Add(first = (found, line));
            }
            else if (length < 0)
            {
                _kept.Remove(first);
                break;
            }
            position += length + 1;
        }
        _file.SetLength(position == content.Length ? position : entry);
        _file.Seek(0, SeekOrigin.End);
    }
}
