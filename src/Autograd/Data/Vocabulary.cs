using System.Collections;

namespace Autograd;

/// <summary>The distinct tokens of a text, words or characters, numbered from 0 on.</summary>
/// <remarks>
/// Special tokens come first, in the order given; the others by falling frequency, equal ones in the order of their code units, so that a text
/// always gives the same numbers.
/// </remarks>
public sealed class Vocabulary : IReadOnlyList<string>
{
    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids;

    /// <summary>A vocabulary of these tokens, in this order.</summary>
    /// <param name="tokens">Distinct tokens.</param>
    /// <param name="unknown">The one of them that stands for whatever is not among them; null for none.</param>
    /// <exception cref="ArgumentException">A token comes twice, or the unknown one is not among them.</exception>
    public Vocabulary(IEnumerable<string> tokens, string? unknown = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        _tokens = [.. tokens];
        _ids = new(_tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (!_ids.TryAdd(_tokens[id], id)) Errors.Argument($"Vocabulary: the token '{_tokens[id]}' is there twice, as {_ids[_tokens[id]]} and {id}. Pass each once.");
        }

        if (unknown is null) return;
        if (!_ids.TryGetValue(unknown, out int stand)) Errors.Argument($"Vocabulary: '{unknown}', which is to stand for unknown tokens, is not among the {_tokens.Length} tokens. Add it.");
        UnknownId = stand;
    }

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">All of its tokens, as often as they come.</param>
    /// <param name="minimumCount">How often a token must come to be taken in.</param>
    /// <param name="special">Tokens that are taken in whether they come or not, such as padding, start and end; they get the first numbers.</param>
    /// <param name="unknown">The token, one of the special ones as a rule, that stands for all that are not taken in; null for none.</param>
    /// <exception cref="ArgumentException">A special token comes twice, or the unknown one is neither special nor taken in.</exception>
    public static Vocabulary Of(IEnumerable<string> text, int minimumCount = 1, IReadOnlyList<string>? special = null, string? unknown = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (string token in text) counts[token] = counts.GetValueOrDefault(token) + 1;
        foreach (string token in special ?? []) counts.Remove(token);
        IEnumerable<string> kept = counts.Where(entry => entry.Value >= minimumCount)
            .OrderByDescending(static entry => entry.Value).ThenBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => entry.Key);
        return new([.. special ?? [], .. kept], unknown);
    }

    /// <summary>The number of tokens.</summary>
    public int Count => _tokens.Length;

    /// <summary>The number that stands for unknown tokens; null if there is none.</summary>
    public int? UnknownId { get; }

    /// <summary>The token with this number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public string this[int id]
    {
        get
        {
            if ((uint)id >= (uint)_tokens.Length) Errors.OutOfRange(nameof(id), id, $"Vocabulary: there are {_tokens.Length} tokens, from 0 on; there is no {id}.");
            return _tokens[id];
        }
    }

    /// <summary>Whether it has this token.</summary>
    public bool Contains(string token) => _ids.ContainsKey(token);

    /// <summary>The number of a token, or that of unknown ones.</summary>
    /// <exception cref="KeyNotFoundException">The token is unknown, and nothing stands for unknown ones.</exception>
    public int IdOf(string token) => _ids.TryGetValue(token, out int id)
        ? id
        : UnknownId ?? throw new KeyNotFoundException($"Vocabulary: '{token}' is not among the {_tokens.Length} tokens, and no token stands for unknown ones.");

    /// <summary>The numbers of tokens.</summary>
    /// <exception cref="KeyNotFoundException">A token is unknown, and nothing stands for unknown ones.</exception>
    public int[] Encode(IEnumerable<string> tokens) => [.. tokens.Select(IdOf)];

    /// <summary>The tokens with these numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such number.</exception>
    public string[] Decode(ReadOnlySpan<int> ids)
    {
        string[] tokens = new string[ids.Length];
        for (int i = 0; i < tokens.Length; i++) tokens[i] = this[ids[i]];
        return tokens;
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)_tokens).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
