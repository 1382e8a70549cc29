using System.Text;

namespace Autograd.Zoo;

/// <summary>What the process returns, by cause.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int InternalError = 1;
    public const int Usage = 2;
    public const int InputFile = 3;
    public const int Numeric = 4;
    public const int Disk = 5;
    public const int Resources = 6;
    public const int Interrupted = 130;
    public const int Terminated = 143;
}

/// <summary>
/// An error that is not a bug: the command line prints it as one line,
/// <c>autograd: command: where: expected X, got Y; hint</c>, and ends with <see cref="Code"/>.
/// </summary>
internal sealed class Failure : Exception
{
    /// <param name="code">One of <see cref="ExitCode"/>.</param>
    /// <param name="where">The option, file, byte or step at fault.</param>
    /// <param name="expected">What would have been right.</param>
    /// <param name="got">What was found.</param>
    /// <param name="hint">What to do.</param>
    /// <param name="cause">The exception behind it, for --debug.</param>
    public Failure(int code, string where, string expected, string got, string hint, Exception? cause = null)
        : base($"{OneLine(where)}: expected {OneLine(expected)}, got {OneLine(got)}; {OneLine(hint)}", cause)
    {
        Code = code;
    }

    public int Code { get; }

    /// <summary>The text with every control character, line or paragraph separator and unpaired surrogate written as an escape,
    /// so that a file's name or content cannot steer a terminal or forge a line of a log.</summary>
    public static string OneLine(string text)
    {
        var output = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 or 0xFFFD or (>= 0x200E and <= 0x200F) or (>= 0x202A and <= 0x202E)
                or (>= 0x2066 and <= 0x2069))
                output.Append($"\\u{{{rune.Value:x}}}");
            else
                output.Append(rune);
        }
        return output.ToString();
    }
}
