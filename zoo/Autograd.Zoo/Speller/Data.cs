namespace Autograd.Zoo.Speller;

/// <summary>The English names of the ten digits, letter by letter.</summary>
internal static class DigitNames
{
    public const string Mark = ".";

    /// <summary>What stands for a letter behind the end of a name.</summary>
    public const int Ignored = -100;

    public static IReadOnlyList<string> All { get; } = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

    /// <summary>The mark, which begins and ends a name, then the letters of all names.</summary>
    public static Vocabulary Letters { get; } = new([Mark, .. All.SelectMany(Split).Distinct().Order(StringComparer.Ordinal)]);

    /// <summary>The longest name with the mark at its end.</summary>
    public static int MostSteps { get; } = All.Max(static name => name.Length) + 1;

    /// <summary>The names of digits with the mark behind each, [time, batch].</summary>
    public static Tensor<int> Targets(ReadOnlySpan<int> digits)
    {
        int[][] names = new int[digits.Length][];
        for (int i = 0; i < names.Length; i++) names[i] = Letters.Encode(Split(All[digits[i]] + Mark));
        return PaddedSequences.Of(names, Ignored).Values;
    }

    private static IEnumerable<string> Split(string name) => name.Select(static letter => letter.ToString());
}
