using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Sentiment;

/// <summary>Praise or blame, as the commands see it.</summary>
internal sealed class SentimentModel : NetworkModel
{
    public override string Name => "sentiment";

    public override string Description => "Many to one: says whether a sentence praises or blames, by a recurrent layer in either direction or both, or by convolutions.";

    public override IReadOnlyList<string> Cells => ["rnn", "lstm", "gru", "bidirectional", "conv1d"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data($"folder with {Reviews.PositiveFile} and {Reviews.NegativeFile}, a sentence a line; made-up verdicts when not given"),
        new ChoiceSetting("network", "recurrent cell, or convolutions over words", "gru", "lstm", "rnn", "conv1d"),
        new ChoiceSetting("direction", "in which a recurrent layer reads", "both", "forward", "reverse"),
        new IntegerSetting("embedding", "features of a word", 100, 1, 1 << 20),
        new IntegerSetting("hidden", "features of the state in each direction, or filters of each width", 64, 1, 1 << 20),
        CommonSettings.Dropout(0.7),
        CommonSettings.Batch(50),
        CommonSettings.Epochs(4),
        .. CommonSettings.Optimization(2e-3, schedule: "one-cycle", keep: "last"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } =
        new Dictionary<string, object> { ["embedding"] = 3L, ["hidden"] = 2L, ["batch"] = 3L, ["dropout"] = 0.0 };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? folder = settings.Text("data");
        Lazy<Reviews> reviews = new(() => folder is null ? Reviews.MadeUp() : Reviews.Read(folder));
        Vocabulary words = facts is null ? reviews.Value.Words() : new(facts["words"].Split(' '), Reviews.Unknown);
        int embedding = settings.Integer("embedding"), hidden = settings.Integer("hidden");
        MemoryGuard.Require("--embedding, --hidden, --batch", [
            ("words", [4, words.Count, embedding], sizeof(float)),
            ("weights", [4, 12L * hidden, embedding + hidden], sizeof(float)),
            ("states of a batch", [settings.Long("batch"), 64, 24, hidden], sizeof(float))]);
        double dropout = settings.Number("dropout");
        Tensor<T> leanings = facts is null ? reviews.Value.Leanings<T>(words) : new([words.Count, 1]); // of a trained network, its checkpoint has them
        RecurrentDirection direction = settings.Text("direction") switch
        {
            "forward" => RecurrentDirection.Forward,
            "reverse" => RecurrentDirection.Reverse,
            _ => RecurrentDirection.Bidirectional,
        };
        SentenceClassifier<T> network = settings.Text("network") == "conv1d"
            ? new ConvolutionalClassifier<T>(leanings, embedding, hidden, dropout)
            : new RecurrentClassifier<T>(leanings, embedding, settings.Text("network")!, hidden, direction, dropout);
        return new SentimentTask<T>(settings, reviews, words, network);
    }
}

/// <summary>Saying whether a sentence praises.</summary>
internal sealed class SentimentTask<T>(SettingValues settings, Lazy<Reviews> reviews, Vocabulary words, SentenceClassifier<T> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MeasuredAtOnce = 100;

    private readonly Lazy<Minibatches> _batches = new(() => new(
        reviews.Value.Train.Length, settings.Integer("batch"), (ulong)settings.Long("seed"), [.. reviews.Value.Train.Select(static review => review.Words.Length)]));

    public override Module<T> Network => network;

    public override string Data => reviews.Value.Source;

    public override string Unit => "words";

    public override long Steps => settings.Long("epochs") * _batches.Value.PerEpoch;

    public override long StepsPerValidation => _batches.Value.PerEpoch;

    public override double? Expected => !settings.AreDefaults("network") || reviews.Value.Count != Reviews.PublicCount ? null : settings.Text("network") switch
    {
        "conv1d" => 0.74,
        "gru" => 0.76,
        _ => null,
    };

    public override IReadOnlyDictionary<string, string> Facts => new Dictionary<string, string> { ["words"] = string.Join(' ', words) };

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        Review[] chosen = [.. _batches.Value[batch].ToArray().Select(i => reviews.Value.Train[i])];
        units = chosen.Sum(static review => (long)review.Words.Length);
        return Logits(tape, chosen).CrossEntropy(new Tensor<int>([chosen.Length], [.. chosen.Select(static review => review.IsPositive ? 1 : 0)]));
    }

    public override Score Validate(CancellationToken stop) => Measure(reviews.Value.Validation, stop);

    public override Score Test(CancellationToken stop) => Measure(reviews.Value.Test, stop);

    public override string Sample(long step) => string.Join('\n', reviews.Value.Validation.Take(3).Concat(reviews.Value.Validation.TakeLast(3)).Select(
        review => string.Create(CultureInfo.InvariantCulture, $"{Praise([review])[0] * 100:0} % praise: {string.Join(' ', review.Words)}")));

    public override bool Predicts => true;

    public override void Predict(string input, TextWriter output, CancellationToken stop)
    {
        string[] sentence = Reviews.Split(input);
        if (sentence.Length == 0) throw new Failure(ExitCode.Usage, "INPUT", "a sentence", "nothing", "write one in quotes");
        string[] unknown = [.. sentence.Where(word => !words.Contains(word))];
        double praise = Praise([new(sentence, true)])[0];
        output.WriteLine(Failure.OneLine(string.Create(CultureInfo.InvariantCulture, $"{(praise >= 0.5 ? "positive" : "negative")} {Math.Max(praise, 1 - praise) * 100:0.0} %"))
            + UnknownNote(unknown, Reviews.Unknown));
    }

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        (Review Review, double Praise)[] said = [.. reviews.Value.Test.Chunk(MeasuredAtOnce).SelectMany(some => some.Zip(Praise(some)))];
        ConfusionMatrix counts = new(2);
        foreach ((Review review, double praise) in said) counts.Add(review.IsPositive ? 1 : 0, praise >= 0.5 ? 1 : 0);
        yield return HeatPart.Confusion("Sentences of the test part by what they are and what they were taken for.", ["blame", "praise"], counts, "is", "taken for");
        yield return new TablePart("Surest mistakes", "What the network was most sure of, and wrong.", ["praise", "sentence"],
        [
            .. said.Where(static entry => entry.Praise >= 0.5 != entry.Review.IsPositive).OrderByDescending(static entry => Math.Abs(entry.Praise - 0.5)).Take(8)
                .Select(static entry => (string[])[string.Create(CultureInfo.InvariantCulture, $"{entry.Praise * 100:0} %"), string.Join(' ', entry.Review.Words)]),
        ]);
        yield return TextPart.Padding(_batches.Value, "sentences");
    }

    private Variable<T> Logits(Tape<T> tape, IReadOnlyList<Review> some) =>
        network.Forward(tape, PaddedSequences.Of([.. some.Select(review => words.Encode(review.Words))]));

    private double[] Praise(IReadOnlyList<Review> some)
    {
        using Tape<T> tape = Tape<T>.Inference();
        Variable<T> chances = Logits(tape, some).Softmax();
        return [.. Enumerable.Range(0, some.Count).Select(i => double.CreateTruncating(chances.Span[(2 * i) + 1]))];
    }

    private Score Measure(Review[] some, CancellationToken stop)
    {
        long right = 0;
        foreach (Review[] part in some.OrderBy(static review => review.Words.Length).Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            right += part.Zip(Praise(part)).Count(static pair => pair.Second >= 0.5 == pair.First.IsPositive);
        }

        return new(Metric.Accuracy("sentences"), (double)right / some.Length, some.Length);
    }
}
