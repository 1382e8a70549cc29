using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Autograd.Zoo.Formats;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Tagger;

/// <summary>Parts of speech, as the commands see them.</summary>
internal sealed class TaggerModel : NetworkModel
{
    public override string Name => "tagger";

    public override string Description => "Many to many in step: says which part of speech each word is, from the words around it and from how it is spelled.";

    public override IReadOnlyList<string> Cells => ["lstm", "bidirectional", "crf"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("folder with a treebank's CoNLL-U files; made-up sentences when not given"),
        new IntegerSetting("embedding", "features of a word", 64, 1, 1 << 20),
        new IntegerSetting("spelling", "features of a letter, and of the state that reads letters in each direction", 32, 1, 1 << 20),
        new IntegerSetting("hidden", "features of the state over words in each direction", 96, 1, 1 << 20),
        new ChoiceSetting("output", "the best tag of each word, or the best chain of tags", "words", "crf"),
        CommonSettings.Dropout(0.3),
        CommonSettings.Batch(32),
        CommonSettings.Epochs(24),
        .. CommonSettings.Optimization(3e-3, schedule: "last-quarter"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } = new Dictionary<string, object>
    {
        ["embedding"] = 2L,
        ["spelling"] = 2L,
        ["hidden"] = 2L,
        ["batch"] = 2L,
        ["dropout"] = 0.0,
    };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? folder = settings.Text("data");
        Lazy<TaggedCorpus> corpus = new(() => folder is null ? TaggedCorpus.MadeUp() : TaggedCorpus.Read(folder));
        Vocabulary words = facts is null ? corpus.Value.Words() : Known("words"), letters = facts is null ? corpus.Value.Letters() : Known("letters");
        TaggerSizes sizes = new(settings.Integer("embedding"), settings.Integer("spelling"), settings.Integer("hidden"), settings.Number("dropout"), settings.Text("output") == "crf");
        MemoryGuard.Require("--embedding, --spelling, --hidden, --batch", [
            ("words", [4, words.Count, sizes.Embedding], sizeof(float)),
            ("weights", [4, 8L * sizes.Hidden, sizes.Embedding + (2L * sizes.Spelling) + sizes.Hidden], sizeof(float)),
            ("states of a batch", [settings.Long("batch"), 64, 40, sizes.Hidden], sizeof(float))]);
        return new TaggerTask<T>(settings, corpus, words, letters, new(words.Count, letters.Count, ConlluFile.Tags.Length, sizes));

        Vocabulary Known(string name) => new(JsonSerializer.Deserialize<string[]>(facts![name])!, TaggedCorpus.Unknown);
    }
}

/// <summary>Saying which part of speech each word is.</summary>
internal sealed class TaggerTask<T>(SettingValues settings, Lazy<TaggedCorpus> corpus, Vocabulary words, Vocabulary letters, TaggerNetwork<T> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MeasuredAtOnce = 64, Ignored = -100;

    private readonly Lazy<Minibatches> _batches = new(() => new(
        corpus.Value.Train.Length, settings.Integer("batch"), (ulong)settings.Long("seed"), [.. corpus.Value.Train.Select(static sentence => sentence.Words.Length)]));

    public override Module<T> Network => network;

    public override string Data => corpus.Value.Source;

    public override string Unit => "words";

    public override long Steps => settings.Long("epochs") * _batches.Value.PerEpoch;

    public override long StepsPerValidation => _batches.Value.PerEpoch;

    public override double? Expected => settings.AreDefaults("output") && corpus.Value.Train.Length + corpus.Value.Validation.Length == TaggedCorpus.PublicCount ? 0.895 : null;

    public override IReadOnlyDictionary<string, string> Facts => new Dictionary<string, string>
    {
        ["words"] = JsonSerializer.Serialize(words.ToArray()),
        ["letters"] = JsonSerializer.Serialize(letters.ToArray()),
    };

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        TaggedSentence[] some = [.. _batches.Value[batch].ToArray().Select(i => corpus.Value.Train[i])];
        units = some.Sum(static sentence => (long)sentence.Words.Length);
        TaggedBatch read = Read(some);
        Tensor<int> tags = PaddedSequences.Of([.. some.Select(static sentence => sentence.Tags.Select(static tag => ConlluFile.Tags.IndexOf(tag)).ToArray())], Ignored).Values;
        return network.Loss(network.Forward(tape, read), tags, read.Words.Lengths, Ignored);
    }

    public override Score Validate(CancellationToken stop) => Measure(corpus.Value.Validation, stop);

    public override Score Test(CancellationToken stop) => Measure(corpus.Value.Test, stop);

    public override string Sample(long step)
    {
        TaggedSentence[] some = [.. corpus.Value.Validation.Take(2)];
        return string.Join('\n', some.Zip(Tags(some), static (sentence, tags) => string.Join(' ', sentence.Words.Zip(tags, static (word, tag) => $"{word}/{tag}"))));
    }

    public override bool Predicts => true;

    public override void Predict(string input, TextWriter output, CancellationToken stop)
    {
        string[] sentence = input.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (sentence.Length == 0) throw new Failure(ExitCode.Usage, "INPUT", "a sentence, its words and marks apart", "nothing", "write one in quotes");
        string[] tags = Tags([new(sentence, [])])[0], unknown = [.. sentence.Where(word => !words.Contains(TaggedCorpus.Fold(word)))];
        output.WriteLine(Failure.OneLine(string.Join(' ', sentence.Zip(tags, static (word, tag) => $"{word}/{tag}"))
            + (unknown.Length == 0 ? "" : $" (unknown, and judged by spelling and place: {string.Join(' ', unknown)})")));
    }

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        ConfusionMatrix counts = new([.. ConlluFile.Tags]);
        foreach (TaggedSentence[] some in corpus.Value.Test.Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            foreach ((TaggedSentence sentence, string[] said) in some.Zip(Tags(some)))
            {
                for (int i = 0; i < said.Length; i++) counts.Add(ConlluFile.Tags.IndexOf(sentence.Tags[i]), ConlluFile.Tags.IndexOf(said[i]));
            }
        }

        string[] tags = [.. ConlluFile.Tags];
        yield return new HeatPart("Confusion", "Words of the test part by what they are (rows) and what was said, as shares of a row.", tags, tags,
            [.. tags.Select((_, truth) => tags.Select((_, said) => Share(truth, said)).ToArray())], "is", "said");
        yield return new TablePart("Tags", "Precision, recall and F1 of each tag.", ["tag", "precision", "recall", "F1"],
            [.. tags.Select((tag, i) => (string[])[tag, Percent(counts.Precision(i)), Percent(counts.Recall(i)), Percent(counts.F1(i))])]);
        yield return TextPart.Padding(_batches.Value, "sentences");

        double Share(int truth, int said)
        {
            double all = Enumerable.Range(0, tags.Length).Sum(i => (double)counts[truth, i]);
            return all == 0 ? 0 : counts[truth, said] / all;
        }

        static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{value * 100:0.0} %");
    }

    private TaggedBatch Read(IReadOnlyList<TaggedSentence> some)
    {
        string[] distinct = [.. some.SelectMany(static sentence => sentence.Words).Distinct(StringComparer.Ordinal)];
        Dictionary<string, int> places = distinct.Select(static (word, i) => (word, i)).ToDictionary(static entry => entry.word, static entry => entry.i, StringComparer.Ordinal);
        return new(
            PaddedSequences.Of([.. some.Select(sentence => words.Encode(sentence.Words.Select(TaggedCorpus.Fold)))]),
            PaddedSequences.Of([.. distinct.Select(word => letters.Encode(TaggedCorpus.Spell(word)))]),
            PaddedSequences.Of([.. some.Select(sentence => sentence.Words.Select(word => places[word]).ToArray())]).Values);
    }

    private string[][] Tags(IReadOnlyList<TaggedSentence> some)
    {
        using Tape<T> tape = Tape<T>.Inference();
        TaggedBatch read = Read(some);
        Tensor<int> tags = network.Tags(network.Forward(tape, read), read.Words.Lengths);
        return [.. some.Select((sentence, b) => Enumerable.Range(0, sentence.Words.Length).Select(t => ConlluFile.Tags[tags[t, b]]).ToArray())];
    }

    private Score Measure(TaggedSentence[] sentences, CancellationToken stop)
    {
        long right = 0, all = 0;
        foreach (TaggedSentence[] some in sentences.OrderBy(static sentence => sentence.Words.Length).Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            right += some.Zip(Tags(some)).Sum(static pair => (long)pair.First.Tags.Zip(pair.Second).Count(static tag => tag.First == tag.Second));
            all += some.Sum(static sentence => (long)sentence.Words.Length);
        }

        return new(Metric.Accuracy("words"), (double)right / all, all);
    }
}
