using System.Text;

namespace Autograd.Zoo.CharLm;

/// <summary>The distinct characters of a text, numbered in the order of their code points.</summary>
internal sealed class CharacterSet
{
    /// <summary>Most characters a set may hold: an id has 16 bits.</summary>
    public const int MaxCount = ushort.MaxValue + 1;

    private readonly int[] _codePoints;

    /// <param name="codePoints">Distinct Unicode scalar values, ascending.</param>
    public CharacterSet(int[] codePoints) => _codePoints = codePoints;

    /// <summary>The set of the characters of a text.</summary>
    public static CharacterSet Of(string text) =>
        new([.. text.EnumerateRunes().Select(rune => rune.Value).Distinct().Order()]);

    /// <summary>Number of characters.</summary>
    public int Count => _codePoints.Length;

    /// <summary>The character with this id.</summary>
    public Rune this[int id] => new(_codePoints[id]);

    /// <summary>Finds the id of a character; false when the set does not hold it.</summary>
    public bool TryGetId(int codePoint, out int id)
    {
        id = Array.BinarySearch(_codePoints, codePoint);
        return id >= 0;
    }

    /// <summary>The ids of a text.</summary>
    /// <exception cref="Failure">The text has a character that is not in the set.</exception>
    public int[] Encode(string text)
    {
        List<int> ids = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!TryGetId(rune.Value, out int id))
            {
                throw new Failure(ExitCode.Usage, "--prompt", "characters of the text that the model learned", $"'{rune}'", "leave it out");
            }

            ids.Add(id);
        }

        return [.. ids];
    }

    /// <summary>The text of these ids.</summary>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder(ids.Length);
        foreach (int id in ids)
            text.Append(this[id]);
        return text.ToString();
    }

    /// <summary>All characters as one text; <see cref="Of"/> reads it back.</summary>
    public override string ToString() => Decode([.. Enumerable.Range(0, Count)]);
}
