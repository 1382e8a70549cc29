namespace Autograd.Zoo.Formats;

/// <summary>A sentence and its translation, as tokens.</summary>
internal sealed record SentencePair(string[] Source, string[] Target);

/// <summary>Two text files of tokens separated by spaces, of which line n of one translates line n of the other.</summary>
internal static class ParallelText
{
    private const string Pair = "pass two whole files, of which line n of one translates line n of the other";

    // A batch has as many steps as its longest sentence has words.
    private const int MostTokens = 250;

    /// <summary>The lines of two files in pairs.</summary>
    /// <param name="sourcePath">The sentences to translate.</param>
    /// <param name="targetPath">Their translations.</param>
    /// <exception cref="Failure">A file is missing, empty, not UTF-8, has an empty line, or the two do not belong together.</exception>
    public static SentencePair[] Read(string sourcePath, string targetPath)
    {
        string[] source = TextLines.Read(sourcePath, "sentences", out bool sourceEnded);
        string[] target = TextLines.Read(targetPath, "sentences", out bool targetEnded);
        if (source.Length != target.Length)
        {
            throw new Failure(ExitCode.InputFile, targetPath, $"{source.Length:N0} lines, as in {sourcePath}", $"{target.Length:N0}", Pair);
        }

        // A file cut off within its last line has no line end there, and its partner tells that one is missing.
        if (sourceEnded != targetEnded)
        {
            throw new Failure(ExitCode.InputFile, $"{(sourceEnded ? targetPath : sourcePath)}: line {source.Length}",
                $"a line end, as in {(sourceEnded ? sourcePath : targetPath)}", "the end of the file",
                "fetch the file again, or end the line if nothing is missing");
        }

        SentencePair[] pairs = new SentencePair[source.Length];
        for (int i = 0; i < pairs.Length; i++) pairs[i] = new SentencePair(Tokens(source[i], sourcePath, i + 1), Tokens(target[i], targetPath, i + 1));
        return pairs;
    }

    /// <summary>Multi30k has doubled spaces: nothing between two of them is no token.</summary>
    private static string[] Tokens(string line, string path, int number)
    {
        string[] tokens = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (tokens.Length == 0) throw new Failure(ExitCode.InputFile, $"{path}: line {number}", "a sentence", "an empty line", Pair);
        if (tokens.Length > MostTokens)
        {
            throw new Failure(
                ExitCode.InputFile, $"{path}: line {number}", $"a sentence of at most {MostTokens} words", $"{tokens.Length:N0}", "leave the line out of both files, or split it in both");
        }

        return tokens;
    }
}
