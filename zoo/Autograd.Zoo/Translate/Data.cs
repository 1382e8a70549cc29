using Autograd.Zoo.Formats;

namespace Autograd.Zoo.Translate;

/// <summary>Sentences with their translations, and which of them train, choose and judge.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Train">What trains.</param>
/// <param name="Validation">What chooses among checkpoints.</param>
/// <param name="Test">What judges.</param>
internal sealed record ParallelCorpus(string Source, SentencePair[] Train, SentencePair[] Validation, SentencePair[] Test)
{
    /// <summary>Marks at the front of each vocabulary: padding, which no sentence has; a word that is not known; where a translation begins and ends.</summary>
    public const string Padding = "<pad>", Unknown = "<unknown>", Mark = "</s>";

    /// <summary>The numbers of the marks.</summary>
    public const int PaddingId = 0, UnknownId = 1, MarkId = 2;

    /// <summary>The pairs that train of Multi30k, for which a figure is promised.</summary>
    public const int PublicCount = 29_000;

    private const int GeneratedTrain = 3_000, GeneratedOthers = 200;

    /// <summary>Reads train.L, val.L and test*.L from a folder, L the one language and the other.</summary>
    /// <exception cref="Failure">A file is missing or damaged, or two do not belong together.</exception>
    public static ParallelCorpus Read(string folder, string from, string to)
    {
        Files.RequireFolder(folder, $"train.{from}, train.{to} and the like");
        return new(folder, Pairs("train"), Pairs("val"), Pairs("test"));

        SentencePair[] Pairs(string part) => ParallelText.Read(Find(part, from), Find(part, to));

        string Find(string part, string language) => Directory.GetFiles(folder, $"{part}*.{language}").Order(StringComparer.Ordinal).FirstOrDefault()
            ?? throw new Failure(ExitCode.InputFile, folder, $"a file {part}*.{language}", "none", "put the corpus's files there, or name its languages by --from and --to");
    }

    /// <summary>Made-up sentences in German, where verbs stand second or last and words change with gender and case, and in English.</summary>
    public static ParallelCorpus MadeUp()
    {
        HashSet<string> seen = [];
        SentencePair[] pairs = [.. MadeUpSentences.Pairs(new(20260101, RandomSource.StreamOf("translate")))
            .Where(pair => seen.Add(string.Join(' ', pair.Source))).Take(GeneratedTrain + (2 * GeneratedOthers))];
        return new("made-up sentences", pairs[..GeneratedTrain], pairs[GeneratedTrain..^GeneratedOthers], pairs[^GeneratedOthers..]);
    }

    /// <summary>The words of one side of what trains that come at least twice, behind the marks.</summary>
    public Vocabulary Words(Func<SentencePair, string[]> side) => Vocabulary.Of(Train.SelectMany(side), 2, [Padding, Unknown, Mark], Unknown);
}

/// <summary>A small piece of German and its English: der große hund hat heute einen ball gesucht = the big dog has searched a ball today.</summary>
internal static class MadeUpSentences
{
    // The nouns by gender, with their English.
    private static readonly (string German, int Gender, string English)[] Nouns =
    [
        ("hund", 0, "dog"), ("mann", 0, "man"), ("ball", 0, "ball"), ("apfel", 0, "apple"), ("tisch", 0, "table"), ("vogel", 0, "bird"), ("stuhl", 0, "chair"),
        ("katze", 1, "cat"), ("frau", 1, "woman"), ("blume", 1, "flower"), ("tasse", 1, "cup"), ("lampe", 1, "lamp"), ("gitarre", 1, "guitar"),
        ("kind", 2, "child"), ("mädchen", 2, "girl"), ("haus", 2, "house"), ("buch", 2, "book"), ("auto", 2, "car"), ("pferd", 2, "horse"), ("bild", 2, "picture"),
    ];

    private static readonly (string German, string English)[] Adjectives =
        [("groß", "big"), ("klein", "small"), ("rot", "red"), ("alt", "old"), ("neu", "new"), ("schön", "beautiful"), ("weiß", "white"), ("still", "quiet")];

    private static readonly (string Does, string Done, string To, string EnglishDoes, string EnglishDone, string EnglishTo)[] Verbs =
    [
        ("sieht", "gesehen", "sehen", "sees", "seen", "see"), ("kauft", "gekauft", "kaufen", "buys", "bought", "buy"), ("malt", "gemalt", "malen", "paints", "painted", "paint"),
        ("sucht", "gesucht", "suchen", "searches", "searched", "search"), ("findet", "gefunden", "finden", "finds", "found", "find"),
        ("trägt", "getragen", "tragen", "carries", "carried", "carry"), ("liebt", "geliebt", "lieben", "loves", "loved", "love"),
    ];

    private static readonly (string German, string English)[] Times = [("heute", "today"), ("oft", "often"), ("hier", "here"), ("abends", "at night")];

    // By case (nominative, accusative, dative) and gender.
    private static readonly string[][] The = [["der", "die", "das"], ["den", "die", "das"], ["dem", "der", "dem"]];
    private static readonly string[][] A = [["ein", "eine", "ein"], ["einen", "eine", "ein"], ["einem", "einer", "einem"]];
    private static readonly string[][] AfterThe = [["e", "e", "e"], ["en", "e", "e"], ["en", "en", "en"]];
    private static readonly string[][] AfterA = [["er", "e", "es"], ["en", "e", "es"], ["en", "en", "en"]];

    /// <summary>Sentences without end, some of them twice.</summary>
    public static IEnumerable<SentencePair> Pairs(RandomSource random)
    {
        while (true) yield return Pair(random);
    }

    private static SentencePair Pair(RandomSource random)
    {
        var verb = Verbs[random.NextInt(Verbs.Length)];
        (string[] who, string[] englishWho) = Noun(0);
        (string[] what, string[] englishWhat) = Noun(1);
        (string[] place, string[] englishPlace) = random.NextInt(3) > 0 ? ([], []) : Placed();
        (string time, string englishTime) = Times[random.NextInt(Times.Length)];
        (string[] German, string[] English) pair = random.NextInt(5) switch
        {
            0 => ([.. who, verb.Does, .. what, .. place], [.. englishWho, verb.EnglishDoes, .. englishWhat, .. englishPlace]),
            1 => ([time, verb.Does, .. who, .. what, .. place], [.. englishWho, verb.EnglishDoes, .. englishWhat, .. englishPlace, .. englishTime.Split(' ')]),
            2 => ([.. who, "hat", .. what, .. place, verb.Done], [.. englishWho, "has", verb.EnglishDone, .. englishWhat, .. englishPlace]),
            3 => ([time, "hat", .. who, .. what, .. place, verb.Done], [.. englishWho, "has", verb.EnglishDone, .. englishWhat, .. englishPlace, .. englishTime.Split(' ')]),
            _ => ([.. who, "will", .. what, .. place, verb.To], [.. englishWho, "wants", "to", verb.EnglishTo, .. englishWhat, .. englishPlace]),
        };
        return new([.. pair.German, "."], [.. pair.English, "."]);

        (string[], string[]) Placed()
        {
            (string[] german, string[] english) = Noun(2);
            return random.NextInt(2) == 0 ? (["neben", .. german], ["beside", .. english]) : (["mit", .. german], ["with", .. english]);
        }

        (string[], string[]) Noun(int grammaticalCase)
        {
            var noun = Nouns[random.NextInt(Nouns.Length)];
            bool the = random.NextInt(2) == 0;
            string article = (the ? The : A)[grammaticalCase][noun.Gender], ending = (the ? AfterThe : AfterA)[grammaticalCase][noun.Gender];
            var adjective = Adjectives[random.NextInt(Adjectives.Length)];
            bool described = random.NextInt(2) == 0;
            string first = described ? adjective.English : noun.English, englishArticle = the ? "the" : "aeiou".Contains(first[0], StringComparison.Ordinal) ? "an" : "a";
            return described
                ? ([article, adjective.German + ending, noun.German], [englishArticle, adjective.English, noun.English])
                : ([article, noun.German], [englishArticle, noun.English]);
        }
    }
}
