using Autograd.Zoo.Formats;

namespace Autograd.Zoo.Names;

/// <summary>Names, one a line, as letters between two marks.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Letters">The mark, then the letters.</param>
/// <param name="Train">Names to learn.</param>
/// <param name="Validation">Names that choose among checkpoints.</param>
/// <param name="Test">Names that judge: every tenth line.</param>
internal sealed record NamesData(string Source, Vocabulary Letters, string[] Train, string[] Validation, string[] Test)
{
    public const string Mark = ".";

    /// <summary>The names of names.txt, for which a figure is promised.</summary>
    public const int PublicCount = 32_033;

    private const int MostLetters = 100, GeneratedNames = 6_000;

    /// <summary>All names.</summary>
    public int Count => Train.Length + Validation.Length + Test.Length;

    /// <summary>Reads a file with a name a line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="known">The letters that a trained network knows; null to take those of the names.</param>
    /// <exception cref="Failure">A line is not a name.</exception>
    public static NamesData Read(string path, Vocabulary? known = null)
    {
        string[] names = TextLines.Read(path, "names, one a line");
        for (int line = 0; line < names.Length; line++)
        {
            string name = names[line];
            if (name.Length is 0 or > MostLetters || name.Contains(Mark, StringComparison.Ordinal) || name.Any(char.IsControl))
            {
                throw new Failure(
                    ExitCode.InputFile, $"{path}: line {line + 1}", $"a name of 1 to {MostLetters} letters without '{Mark}'", name.Length == 0 ? "an empty line" : TextLines.Show(name), "correct the line");
            }

            if (known is not null && Split(name).FirstOrDefault(letter => !known.Contains(letter)) is string letter)
                throw new Failure(ExitCode.InputFile, $"{path}: line {line + 1}", "letters that the model learned", $"'{letter}'", "leave the name out");
        }

        return Of(path, names, known);
    }

    /// <summary>Made-up names of two to four syllables, always the same ones.</summary>
    public static NamesData Generated(Vocabulary? known = null)
    {
        string[] onsets = ["", "b", "br", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "sh", "t", "th", "v", "z"];
        string[] vowels = ["a", "e", "i", "o", "u", "ai", "ie"], ends = ["", "", "n", "l", "r", "s", "na", "la", "th"];
        RandomSource random = new(20260101, RandomSource.StreamOf("names"));
        HashSet<string> names = new(StringComparer.Ordinal);
        while (names.Count < GeneratedNames)
        {
            string name = string.Concat(Enumerable.Range(0, 2 + random.NextInt(2)).Select(_ => onsets[random.NextInt(onsets.Length)] + vowels[random.NextInt(vowels.Length)]));
            names.Add(name + ends[random.NextInt(ends.Length)]);
        }

        return Of("made-up names", [.. names], known);
    }

    /// <summary>The letters of a name.</summary>
    public static IEnumerable<string> Split(string name) => name.EnumerateRunes().Select(static rune => rune.ToString());

    private static NamesData Of(string source, string[] names, Vocabulary? known)
    {
        Vocabulary letters = known ?? new([Mark, .. names.SelectMany(Split).Distinct().Order(StringComparer.Ordinal)]);
        string[] test = [.. names.Where(static (_, line) => line % 10 == 9)], rest = [.. names.Where(static (_, line) => line % 10 != 9)];
        if (test.Length == 0) throw new Failure(ExitCode.InputFile, source, "at least 10 names, of which every tenth judges the model", $"{names.Length}", "pass a longer list");
        string[] validation = [.. rest.Where(static (_, line) => line % 20 == 8)];
        return new(source, letters, [.. rest.Where(static (_, line) => line % 20 != 8)], validation, test);
    }
}
