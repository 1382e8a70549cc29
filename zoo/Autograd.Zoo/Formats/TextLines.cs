using System.Text;

namespace Autograd.Zoo.Formats;

/// <summary>Text files line by line, plain or compressed by gzip: strict UTF-8, with or without a byte order mark, lines ended by \n or \r\n.</summary>
internal static class TextLines
{
    // Half of what a string can hold, as all of it may be one line.
    private const long MaxBytes = 1L << 29;
    private const int MaxShown = 40;

    /// <summary>A piece of a file in quotes for a message, cut short where it is long: a damaged file may be one line of millions.</summary>
    public static string Show(string text) => text.Length <= MaxShown ? $"'{text}'" : $"'{text[..MaxShown]}...'";

    /// <summary>All lines of a file, without their ends; an empty last one is not a line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What the file should be, for messages.</param>
    /// <exception cref="Failure">The file is missing, unreadable, empty, too large or not UTF-8.</exception>
    public static string[] Read(string path, string what) => Read(path, what, out _);

    /// <param name="ended">Whether the last line has an end, without which a file may have been cut off within it.</param>
    /// <inheritdoc cref="Read(string, string)"/>
    public static string[] Read(string path, string what, out bool ended)
    {
        ReadOnlySpan<byte> bytes = Files.ReadMaybeCompressed(path, what, MaxBytes);
        ended = bytes.EndsWith("\n"u8);
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        List<string> lines = [];
        UTF8Encoding strict = new(false, throwOnInvalidBytes: true);
        while (bytes.Length > 0)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            if (line.EndsWith("\r"u8)) line = line[..^1];
            if (line.Contains((byte)0))
            {
                // UTF-16, or no text at all.
                throw new Failure(ExitCode.InputFile, $"{path}: line {lines.Count + 1}", $"{what} in UTF-8", "a zero byte", "convert the file to UTF-8");
            }

            try
            {
                lines.Add(strict.GetString(line));
            }
            catch (DecoderFallbackException error)
            {
                throw new Failure(ExitCode.InputFile, $"{path}: line {lines.Count + 1}", $"{what} in UTF-8",
                    "bytes that are no UTF-8", "convert the file to UTF-8", error);
            }
        }

        if (lines.Count == 0) throw new Failure(ExitCode.InputFile, path, what, "an empty file", "pass the whole file");
        return [.. lines];
    }
}
