using System.Numerics;
using Autograd.Zoo.Formats;

namespace Autograd.Zoo.Sentiment;

/// <summary>A sentence in words, and whether it praises.</summary>
internal sealed record Review(string[] Words, bool IsPositive);

/// <summary>Sentences of film reviews, and which of them train, choose and judge.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Train">What trains.</param>
/// <param name="Validation">What chooses among checkpoints: every twentieth line of each file.</param>
/// <param name="Test">What judges: every tenth line of each file.</param>
internal sealed record Reviews(string Source, Review[] Train, Review[] Validation, Review[] Test)
{
    public const string PositiveFile = "rt-polarity.pos", NegativeFile = "rt-polarity.neg", Padding = "<pad>", Unknown = "<unknown>";

    /// <summary>The sentences of the sentence polarity data set, for which figures are promised.</summary>
    public const int PublicCount = 10_662;

    private const int MostWords = 1_000, Generated = 6_000;

    /// <summary>All sentences.</summary>
    public int Count => Train.Length + Validation.Length + Test.Length;

    /// <summary>Reads the two files of the sentence polarity data set from a folder.</summary>
    /// <exception cref="Failure">A file is missing, or a line is not a sentence.</exception>
    public static Reviews Read(string folder) => Of(folder, Lines(Path.Combine(folder, PositiveFile)), Lines(Path.Combine(folder, NegativeFile)));

    /// <summary>Made-up verdicts, with negations that turn them round, so that the order of words matters.</summary>
    public static Reviews MadeUp()
    {
        string[] things =
        [
            "the film", "this story", "the plot", "its cast", "the ending", "every scene", "the music", "the dialogue",
            "its hero", "the villain", "the sequel", "this remake", "the camera", "its humour", "the pace", "each joke",
        ];
        string[] praise = ["moving", "funny", "gripping", "fresh", "brilliant", "warm", "clever", "tender"];
        string[] blame = ["dull", "clumsy", "stale", "shallow", "tedious", "cold", "silly", "bland"];
        string[] adverbs = ["", "really ", "quite ", "often ", "truly ", "at all times "];
        string[] ends = ["", " from start to end", " and long", " for once", " in the middle", " to me", " this time", " on a second look"];
        RandomSource random = new(20260101, RandomSource.StreamOf("sentiment"));
        List<string[]>[] sentences = [[], []];
        while (sentences.Min(static some => some.Count) < Generated)
        {
            bool negated = random.NextInt(3) == 0, kind = random.NextInt(2) == 0;
            string text = $"{Any(things)} {(random.NextInt(2) == 0 ? "is" : "was")} {(negated ? random.NextInt(2) == 0 ? "not " : "never " : "")}{Any(adverbs)}{Any(kind ? praise : blame)}{Any(ends)} .";
            sentences[kind != negated ? 0 : 1].Add(text.Split(' '));
        }

        return Of("made-up verdicts", [.. sentences[0].Take(Generated)], [.. sentences[1].Take(Generated)]);

        string Any(string[] words) => words[random.NextInt(words.Length)];
    }

    /// <summary>The words that come at least twice in what trains.</summary>
    public Vocabulary Words() => Vocabulary.Of(Train.SelectMany(static review => review.Words), 2, [Padding, Unknown], Unknown);

    /// <summary>
    /// How much each word speaks for praise, [words, 1]: ln((p + 1) / (n + 1)), p of the praising and n of the blaming sentences that train having it.
    /// </summary>
    public Tensor<T> Leanings<T>(Vocabulary words)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] praising = new double[words.Count], blaming = new double[words.Count];
        foreach (Review review in Train)
        {
            foreach (int word in words.Encode(review.Words).Distinct()) (review.IsPositive ? praising : blaming)[word]++;
        }

        return new([words.Count, 1], [.. praising.Zip(blaming, static (p, n) => T.CreateTruncating(Math.Log((p + 1) / (n + 1))))]);
    }

    /// <summary>A sentence as words.</summary>
    public static string[] Split(string sentence) => sentence.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static string[][] Lines(string path)
    {
        string[] lines = TextLines.Read(path, "sentences, one a line");
        string[][] words = [.. lines.Select(Split)];
        int wrong = Array.FindIndex(words, static sentence => sentence.Length is 0 or > MostWords);
        if (wrong >= 0)
        {
            throw new Failure(
                ExitCode.InputFile, $"{path}: line {wrong + 1}", $"a sentence of 1 to {MostWords:#,0} words", words[wrong].Length == 0 ? "an empty line" : $"{words[wrong].Length:#,0} words", "correct the line");
        }

        return words;
    }

    private static Reviews Of(string source, string[][] positive, string[][] negative)
    {
        (Review Review, int Line)[] all =
        [
            .. positive.Select(static (words, line) => (new Review(words, true), line)), .. negative.Select(static (words, line) => (new Review(words, false), line)),
        ];
        Review[] test = Pick(static line => line % 10 == 9), validation = Pick(static line => line % 20 == 8), train = Pick(static line => line % 10 != 9 && line % 20 != 8);
        if (test.Length == 0) throw new Failure(ExitCode.InputFile, source, "at least 10 sentences in each file, of which every tenth judges the model", $"{all.Length} in both", "pass more");
        return new(source, train, validation, test);

        Review[] Pick(Func<int, bool> takes) => [.. all.Where(entry => takes(entry.Line)).Select(static entry => entry.Review)];
    }
}
