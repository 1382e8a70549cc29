using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.SpokenDigits;

/// <summary>Spoken digits, as the commands see them.</summary>
internal sealed class SpokenDigitsModel : NetworkModel
{
    public override string Name => "spoken-digits";

    public override string Description => "Many to one: hears which digit is said, by convolutions over the samples themselves and a recurrent layer.";

    public override IReadOnlyList<string> Cells => ["conv1d", "gru"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("folder with recordings {digit}_{speaker}_{index}.wav, 8 kHz mono (Free Spoken Digit Dataset); made-up sounds when not given"),
        new IntegerSetting("channels", "channels of the first convolution; the others have twice as many", 32, 1, 4096),
        CommonSettings.Hidden(96),
        new NumberSetting("augment", "how much sounds are changed while training, in speed and by noise", 0.5, 0, 1),
        CommonSettings.Dropout(0.2),
        CommonSettings.Batch(16),
        CommonSettings.Epochs(24),
        .. CommonSettings.Optimization(2e-3, schedule: "one-cycle", keep: "last"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } = new Dictionary<string, object>
    {
        ["channels"] = 1L,
        ["hidden"] = 2L,
        ["batch"] = 2L,
        ["dropout"] = 0.0,
    };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? folder = settings.Text("data");
        int channels = settings.Integer("channels"), hidden = settings.Integer("hidden");
        long batch = settings.Long("batch");
        MemoryGuard.Require("--channels, --hidden, --batch", [
            ("channels of a batch", [batch, SpokenData.Rate / 5, 8, channels], sizeof(float)),
            ("states of a batch", [batch, SpokenData.Rate / 40, 20, hidden], sizeof(float)),
            ("weights", [4, (28L * channels * channels) + (6L * channels * hidden) + (3L * hidden * hidden)], sizeof(float))]);
        Lazy<SpokenData> data = new(() => folder is null ? SpokenData.MadeUp() : SpokenData.Read(folder));
        return new SpokenTask<T>(settings, data, new(channels, hidden, settings.Number("dropout")));
    }
}

/// <summary>Hearing which digit is said.</summary>
internal sealed class SpokenTask<T>(SettingValues settings, Lazy<SpokenData> data, SpokenNetwork<T> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Few batches to sort by length among: length goes with the speaker, and each batch is normalized by what it has in it.
    private const int Pool = 10, MeasuredAtOnce = 30, Shown = 10;

    private readonly Lazy<Minibatches> _batches = new(() => new(
        data.Value.Train.Length, settings.Integer("batch"), (ulong)settings.Long("seed"),
        [.. data.Value.Train.Select(static recording => recording.Samples.Length)], Pool));

    public override Module<T> Network => network;

    public override string Data => data.Value.Source;

    public override string Unit => "recordings";

    public override long Steps => settings.Long("epochs") * _batches.Value.PerEpoch;

    public override long StepsPerValidation => _batches.Value.PerEpoch;

    public override double? Expected => settings.AreDefaults() && data.Value.Train.Length == SpokenData.PublicCount ? 0.96 : null;

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        SpokenDigit[] chosen = [.. _batches.Value[batch].ToArray().Select(i => data.Value.Train[i])];
        units = chosen.Length;
        double strength = settings.Number("augment");
        RandomSource random = new((ulong)settings.Long("seed"), RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"augment.{batch}")));
        (Tensor<T> sounds, int[] lengths) = SpokenData.Batch<T>([.. chosen.Select(recording => SpokenData.Changed(recording.Samples, strength, random))]);
        Tensor<int> digits = new([chosen.Length], [.. chosen.Select(static recording => recording.Digit)]);
        return network.Forward(tape.Constant(sounds), lengths).CrossEntropy(digits);
    }

    public override Score Validate(CancellationToken stop) => Measure(data.Value.Validation, stop);

    public override Score Test(CancellationToken stop) => Measure(data.Value.Test, stop);

    public override string Sample(long step)
    {
        SpokenDigit[] shown = [.. data.Value.Validation.Take(Shown)];
        return string.Join('\n', shown.Zip(Answers(shown), static (recording, answer) => $"{recording.Digit} was heard as {Words(answer)}"));
    }

    public override bool Predicts => true;

    /// <summary>Says which digit a WAV file is heard as.</summary>
    public override void Predict(string input, TextWriter output, CancellationToken stop) => output.WriteLine(Words(Answers([SpokenData.ReadSound(input)])[0]));

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        ConfusionMatrix counts = new(10);
        foreach ((SpokenDigit recording, (int digit, _)) in Heard(data.Value.Test, stop)) counts.Add(recording.Digit, digit);
        string[] digits = [.. Enumerable.Range(0, 10).Select(static digit => digit.ToString(CultureInfo.InvariantCulture))];
        yield return HeatPart.Confusion("How often each digit of the test part was heard as each. The diagonal is right.", digits, counts, "said", "heard");
        yield return TextPart.Padding(_batches.Value, "sounds");
    }

    private static string Words((int Digit, double Share) answer) => string.Create(CultureInfo.InvariantCulture, $"{answer.Digit} {answer.Share * 100:0.0} %");

    private (int Digit, double Share)[] Answers(IReadOnlyList<SpokenDigit> some)
    {
        using Tape<T> tape = Tape<T>.Inference();
        (Tensor<T> sounds, int[] lengths) = SpokenData.Batch<T>([.. some.Select(static recording => recording.Samples)]);
        Variable<T> chances = network.Forward(tape.Constant(sounds), lengths).Softmax();
        int[] digits = chances.ArgMax(-1).ToArray();
        return [.. digits.Select((digit, i) => (digit, double.CreateTruncating(chances.Span[(i * 10) + digit])))];
    }

    private IEnumerable<(SpokenDigit Said, (int Digit, double Share) Answer)> Heard(SpokenDigit[] all, CancellationToken stop)
    {
        foreach (SpokenDigit[] some in all.OrderBy(static recording => recording.Samples.Length).Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            foreach ((SpokenDigit recording, (int, double) answer) in some.Zip(Answers(some))) yield return (recording, answer);
        }
    }

    private Score Measure(SpokenDigit[] all, CancellationToken stop) =>
        new(Metric.Accuracy("recordings"), (double)Heard(all, stop).Count(static heard => heard.Answer.Digit == heard.Said.Digit) / all.Length, all.Length);
}
