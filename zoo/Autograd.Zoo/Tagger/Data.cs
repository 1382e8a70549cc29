using Autograd.Zoo.Formats;

namespace Autograd.Zoo.Tagger;

/// <summary>Sentences with a tag for each word, and which of them train, choose and judge.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Train">What trains.</param>
/// <param name="Validation">What chooses among checkpoints: every twentieth sentence of the training file.</param>
/// <param name="Test">What judges.</param>
internal sealed record TaggedCorpus(string Source, TaggedSentence[] Train, TaggedSentence[] Validation, TaggedSentence[] Test)
{
    public const string Padding = "<pad>", Unknown = "<unknown>";

    /// <summary>The sentences of the English Web Treebank's dev part, for which a figure is promised.</summary>
    public const int PublicCount = 2_001;

    private const int Generated = 800, GeneratedTest = 200;

    /// <summary>Reads the CoNLL-U files of a treebank from a folder: *-ud-train or, without one, *-ud-dev trains, *-ud-test judges.</summary>
    /// <exception cref="Failure">A file is missing or damaged.</exception>
    public static TaggedCorpus Read(string folder)
    {
        Files.RequireFolder(folder, "CoNLL-U files");
        string train = Find("train") ?? Find("dev") ?? throw Missing("dev"), test = Find("test") ?? throw Missing("test");
        return Of(folder, ConlluFile.Read(train), ConlluFile.Read(test));

        string? Find(string part) => Directory.GetFiles(folder, $"*{part}.conllu").Order(StringComparer.Ordinal).FirstOrDefault();

        Failure Missing(string part) => new(ExitCode.InputFile, folder, $"a file *{part}.conllu", "none", "put the treebank's files there");
    }

    /// <summary>Made-up sentences in which a word's tag hangs on its place and on how it is spelled.</summary>
    public static TaggedCorpus MadeUp()
    {
        string[] onsets = ["b", "d", "fl", "gr", "k", "m", "pl", "s", "t", "v"], vowels = ["a", "e", "i", "o", "u"];
        string[] determiners = ["the", "a", "every", "no"], prepositions = ["near", "under", "with"];
        RandomSource random = new(20260101, RandomSource.StreamOf("tagger"));
        return Of("made-up sentences", [.. Enumerable.Range(0, Generated).Select(_ => Sentence())], [.. Enumerable.Range(0, GeneratedTest).Select(_ => Sentence())]);

        TaggedSentence Sentence()
        {
            List<(string Word, string Tag)> words = [.. Noun(), (Stem() + "s", "VERB"), .. random.NextInt(2) == 0 ? Noun() : [(Stem() + "ly", "ADV")]];
            if (random.NextInt(3) == 0) words.AddRange([(Any(prepositions), "ADP"), .. Noun()]);
            words.Add((".", "PUNCT"));
            return new([.. words.Select(static word => word.Word)], [.. words.Select(static word => word.Tag)]);
        }

        (string, string)[] Noun() => random.NextInt(2) == 0
            ? [(Any(determiners), "DET"), (Stem(), "NOUN")]
            : [(Any(determiners), "DET"), (Stem() + "ish", "ADJ"), (Stem(), "NOUN")];

        string Stem() => string.Concat(Enumerable.Range(0, 1 + random.NextInt(2)).Select(_ => Any(onsets) + Any(vowels))) + Any(["n", "r", "l", "t"]);

        string Any(string[] some) => some[random.NextInt(some.Length)];
    }

    /// <summary>The words that come at least twice in what trains, in small letters.</summary>
    public Vocabulary Words() => Vocabulary.Of(Train.SelectMany(static sentence => sentence.Words).Select(Fold), 2, [Padding, Unknown], Unknown);

    /// <summary>The characters of what trains.</summary>
    public Vocabulary Letters() => Vocabulary.Of(Train.SelectMany(static sentence => sentence.Words).SelectMany(Spell), 1, [Padding, Unknown], Unknown);

    /// <summary>A word as it is looked up.</summary>
    public static string Fold(string word) => word.ToLowerInvariant();

    /// <summary>A word letter by letter.</summary>
    public static IEnumerable<string> Spell(string word) => word.EnumerateRunes().Select(static rune => rune.ToString());

    private static TaggedCorpus Of(string source, TaggedSentence[] sentences, TaggedSentence[] test) => new(
        source, [.. sentences.Where(static (_, i) => i % 20 != 19)], [.. sentences.Where(static (_, i) => i % 20 == 19)], test);
}
