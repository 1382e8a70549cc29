using System.Numerics;
using System.Text;
using static Autograd.Zoo.CharLm.Phrase;

namespace Autograd.Zoo.CharLm;

/// <summary>
/// English sentences in which the verb agrees in number with its subject, whatever stands between them:
/// <c>the dogs that the cat near the houses chases are hungry</c>. A model has to remember the number of the subject
/// over a relative clause with nouns and verbs of its own, so memory pays.
/// </summary>
/// <remarks>
/// <para>A phrase about places hangs on the noun before it and nothing else, a clause is not put inside a clause, and no word
/// serves two purposes, so each sentence has exactly one derivation. The entropy of the sentence is then the entropy of its
/// derivation, and over the expected length it is the entropy rate of the text, exactly.</para>
/// <para>A sentence ends with a newline in place of the space after its last word.</para>
/// </remarks>
internal sealed class Grammar
{
    private readonly Phrase _sentence;

    /// <summary>Builds the grammar over a list of words.</summary>
    public Grammar(Lexicon lexicon)
    {
        _sentence = OneOf((0.5, Sentence(lexicon, plural: false)), (0.5, Sentence(lexicon, plural: true)));
    }

    /// <summary>The grammar that the character model learns when it is given no text.</summary>
    public static Grammar English { get; } = new(Lexicon.English);

    /// <summary>The whole grammar; its words end with a space, also the last of a sentence.</summary>
    public Phrase Root => _sentence;

    /// <summary>Number of distinct sentences.</summary>
    public BigInteger Count => _sentence.Count;

    /// <summary>Entropy of a sentence, in nats.</summary>
    public double Entropy => _sentence.Entropy;

    /// <summary>Expected length of a sentence in characters, its newline included.</summary>
    public double ExpectedLength => _sentence.ExpectedLength;

    /// <summary>Entropy rate of an endless text of sentences, in nats a character: no model can come below it in expectation.</summary>
    public double EntropyRate => Entropy / ExpectedLength;

    /// <summary>A text of whole sentences, just long enough to hold <paramref name="characters"/> characters.</summary>
    /// <param name="characters">Least number of characters.</param>
    /// <param name="uniform">Numbers uniform in [0, 1).</param>
    public string Generate(long characters, Func<double> uniform)
    {
        var text = new StringBuilder();
        while (text.Length < characters)
        {
            _sentence.Sample(uniform, text);
            text[^1] = '\n';
        }
        return text.ToString();
    }

    /// <summary>ln of the probability of a sentence with its newline; −∞ for any other text.</summary>
    public double LogProbability(string sentence)
    {
        double[] readings = [.. Readings(sentence)];
        if (readings.Length == 0)
            return double.NegativeInfinity;
        double largest = readings.Max();
        return largest + Math.Log(readings.Sum(reading => Math.Exp(reading - largest)));
    }

    /// <summary>ln of the probability of every derivation of a sentence: one for a sentence of the grammar, none for any other
    /// text.</summary>
    public IEnumerable<double> Readings(string sentence)
    {
        if (sentence.Length == 0 || sentence.IndexOf('\n') != sentence.Length - 1)
            return [];
        string words = string.Concat(sentence.AsSpan(0, sentence.Length - 1), " ");
        return _sentence.Read(words, 0).Where(reading => reading.End == words.Length).Select(reading => reading.LogProbability);
    }

    private static Phrase Sentence(Lexicon lexicon, bool plural)
    {
        Phrase verb = AnyOf(lexicon.TransitiveVerbs.Of(plural));
        Phrase predicate = OneOf(
            (0.5, InOrder(AnyOf(lexicon.Copulas.Of(plural)), AnyOf(lexicon.States))),
            (0.3, InOrder(verb, OneOf((0.5, Noun(lexicon, false)), (0.5, Noun(lexicon, true))))),
            (0.2, InOrder(AnyOf(lexicon.IntransitiveVerbs.Of(plural)), Optional(0.3, AnyOf(lexicon.Adverbs)))));
        return InOrder(Noun(lexicon, plural), OneOf((0.4, Nothing), (0.2, Place(lexicon)), (0.4, Clause(lexicon, plural))), predicate);
    }

    /// <summary>"that chases a cat" or "that the cats near the house chase", after a noun.</summary>
    private static Phrase Clause(Lexicon lexicon, bool plural)
    {
        Phrase noun(bool inner) => InOrder(Noun(lexicon, inner), Optional(0.3, Place(lexicon)));
        Phrase ofSubject = InOrder(AnyOf(lexicon.TransitiveVerbs.Of(plural)), OneOf((0.5, noun(false)), (0.5, noun(true))));
        Phrase ofObject = OneOf(
            (0.5, InOrder(noun(false), AnyOf(lexicon.TransitiveVerbs.Singular))),
            (0.5, InOrder(noun(true), AnyOf(lexicon.TransitiveVerbs.Plural))));
        return InOrder(Words("that"), OneOf((0.5, ofSubject), (0.5, ofObject)));
    }

    /// <summary>"near the old houses", after a noun.</summary>
    private static Phrase Place(Lexicon lexicon)
    {
        Phrase place(bool plural) => InOrder(AnyOf(lexicon.Determiners.Of(plural)), AnyOf(lexicon.Places.Of(plural)));
        return InOrder(AnyOf(lexicon.Prepositions), OneOf((0.5, place(false)), (0.5, place(true))));
    }

    private static Phrase Noun(Lexicon lexicon, bool plural) => InOrder(
        AnyOf(lexicon.Determiners.Of(plural)), Optional(0.3, AnyOf(lexicon.Adjectives)), AnyOf(lexicon.Nouns.Of(plural)));

    private static Phrase Optional(double probability, Phrase part) => OneOf((probability, part), (1 - probability, Nothing));
}

/// <summary>Words in the singular and in the plural.</summary>
internal readonly record struct Numbered(IReadOnlyList<string> Singular, IReadOnlyList<string> Plural)
{
    /// <summary>The words of one number.</summary>
    public IReadOnlyList<string> Of(bool plural) => plural ? Plural : Singular;
}

/// <summary>The words of the grammar, by their purpose; all lower case.</summary>
internal sealed record Lexicon(
    Numbered Determiners,
    IReadOnlyList<string> Adjectives,
    Numbered Nouns,
    Numbered Places,
    IReadOnlyList<string> Prepositions,
    Numbered Copulas,
    Numbered TransitiveVerbs,
    Numbered IntransitiveVerbs,
    IReadOnlyList<string> States,
    IReadOnlyList<string> Adverbs)
{
    /// <summary>The words that <see cref="Grammar.English"/> is built from.</summary>
    public static Lexicon English { get; } = new(
        Determiners: new(["the", "one", "this"], ["the", "two", "some"]),
        Adjectives: ["old", "young", "small", "big", "red", "wise", "tall", "shy"],
        Nouns: new(
            ["dog", "cat", "bird", "horse", "girl", "king", "cow", "hen", "pig", "boy"],
            ["dogs", "cats", "birds", "horses", "girls", "kings", "cows", "hens", "pigs", "boys"]),
        Places: new(["house", "tree", "lake", "hill", "road", "mill"], ["houses", "trees", "lakes", "hills", "roads", "mills"]),
        Prepositions: ["near", "by", "under"],
        Copulas: new(["is", "was"], ["are", "were"]),
        TransitiveVerbs: new(["chases", "sees", "likes", "hears", "fears", "meets"], ["chase", "see", "like", "hear", "fear", "meet"]),
        IntransitiveVerbs: new(["sleeps", "runs", "sings"], ["sleep", "run", "sing"]),
        States: ["hungry", "happy", "tired", "cold", "lost", "sad", "glad", "ill"],
        Adverbs: ["again", "often", "now"]);
}
