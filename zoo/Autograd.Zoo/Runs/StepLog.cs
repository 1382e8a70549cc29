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
    private readonly long _step;
    private readonly List<string> _kept;

    private StepLog(FileStream file, long step, List<string> kept) => (_file, _step, _kept) = (file, step, kept);

    /// <summary>Opens metrics.jsonl, a JSON object a line; entries behind the step are cut off.</summary>
    /// <param name="path">The file.</param>
    /// <param name="step">The step to go on from.</param>
    /// <param name="keep">Whether an entry up to that step stays, by its step and first line; null for all.</param>
    public static StepLog Metrics(string path, long step, Func<long, string, bool>? keep = null) => Open(path, step, StepOfMetrics, keep);

    /// <summary>Opens samples.txt, "step N" and then the sample's lines, set in by two spaces; entries behind the step are cut
    /// off.</summary>
    public static StepLog Samples(string path, long step, Func<long, string, bool>? keep = null) => Open(path, step, StepOfSample, keep);

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

    /// <summary>Whether an entry of this step was kept when the file was opened; none of a later one was.</summary>
    /// <param name="step">The step that the file was cut back to, or a later one.</param>
    /// <param name="mark">A text that the entry's first line has.</param>
    public bool Has(long step, string mark) => step == _step && _kept.Any(line => line.Contains(mark, StringComparison.Ordinal));

    /// <summary>Appends whole lines, in one write.</summary>
    public void Append(string text)
    {
        _file.Write(Encoding.UTF8.GetBytes(text));
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    private static StepLog Open(string path, long step, Func<string, long?> stepOf, Func<long, string, bool>? keep)
    {
        FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            List<Range> entries = Cut(content, step, stepOf, keep ?? (static (_, _) => true), out List<string> kept);
            int end = entries.Count == 0 ? 0 : entries[^1].End.Value;
            if (entries.Sum(entry => entry.End.Value - entry.Start.Value) < end)
            {
                // Entries fell out of the middle: all of the new file or all of the old.
                file.Dispose();
                AtomicFile.Write(path, stream =>
                {
                    foreach (Range entry in entries)
                        stream.Write(content.AsSpan(entry));
                });
                file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            }
            else
            {
                file.SetLength(end);
            }
            file.Seek(0, SeekOrigin.End);
            return new StepLog(file, step, kept);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The entries up to a step that stay. The first that is later, is no entry, or was not written to its end falls away with
    /// all that follow.</summary>
    /// <param name="content">The file.</param>
    /// <param name="step">The step.</param>
    /// <param name="stepOf">The step of an entry's first line.</param>
    /// <param name="keep">Whether an entry stays.</param>
    /// <param name="last">The first lines of the entries of that very step.</param>
    private static List<Range> Cut(byte[] content, long step, Func<string, long?> stepOf, Func<long, string, bool> keep, out List<string> last)
    {
        List<Range> entries = [];
        last = [];
        for (int position = 0; position < content.Length;)
        {
            int end = EndOfLine(position);
            string line = Encoding.UTF8.GetString(content.AsSpan(position..Math.Max(position, end - 1)));
            // Lines that are set in belong to the entry before them.
            while (end > 0 && end < content.Length && content[end] == ' ')
                end = EndOfLine(end);
            if (end == 0 || stepOf(line) is not long found || found > step)
                break;
            if (keep(found, line))
            {
                entries.Add(position..end);
                if (found == step)
                    last.Add(line);
            }
            position = end;
        }
        return entries;

        // Behind its line feed; 0 for a line without one.
        int EndOfLine(int position) => content.AsSpan(position).IndexOf((byte)'\n') is int length and >= 0 ? position + length + 1 : 0;
    }
}
