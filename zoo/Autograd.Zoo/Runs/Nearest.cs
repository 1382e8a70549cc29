namespace Autograd.Zoo.Runs;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Nearest
{
    /// <summary>A hint: "did you mean X?" for a word that is close, otherwise the alternative.</summary>
    public static string Hint(string word, IEnumerable<string> words, string otherwise)
    {
        (string? Word, int Distance) best = words.Select(candidate => ((string?)candidate, Distance(word, candidate)))
            .DefaultIfEmpty((null, int.MaxValue)).MinBy(pair => pair.Item2);
        return best.Distance <= Math.Max(1, word.Length / 3) ? $"did you mean {best.Word}?" : otherwise;
    }

    /// <summary>Least number of insertions, deletions and replacements between two words (Levenshtein).</summary>
    internal static int Distance(string a, string b)
    {
        // Words of the command line are short; a longer text is no misspelling of one.
        if (Math.Abs(a.Length - b.Length) > 64)
            return int.MaxValue;
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[b.Length];
    }
}
