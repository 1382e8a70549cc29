using System.Globalization;
using System.Numerics;
using System.Text;
using Autograd.Zoo.Images;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Digits;

/// <summary>Digits, as the commands see them.</summary>
internal sealed class DigitsModel : NetworkModel
{
    public override string Name => "digits";

    public override string Description => "One to one: says which digit a picture shows, by convolutions or by one hidden layer.";

    public override IReadOnlyList<string> Cells => ["conv2d"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("folder with an IDX file of images and one of labels, gzip or not (MNIST); drawn digits when not given"),
        new ChoiceSetting("network", "convolutions, or one hidden layer", "conv2d", "mlp"),
        new IntegerSetting("channels", "channels of the first convolution; the second has twice as many", 16, 1, 4096),
        new IntegerSetting("hidden", "features of the hidden layer of mlp", 128, 1, 1 << 20),
        CommonSettings.Dropout(0.2),
        CommonSettings.Batch(50),
        CommonSettings.Epochs(10),
        .. CommonSettings.Optimization(1.5e-3, schedule: "one-cycle"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } =
        new Dictionary<string, object> { ["channels"] = 1L, ["batch"] = 2L, ["dropout"] = 0.0 };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? folder = settings.Text("data");
        (Lazy<DigitImages> images, int rows, int columns) = DigitImages.Find(folder, facts);
        bool convolves = settings.Text("network") == "conv2d";
        if (convolves) DigitImages.RequirePoolable(folder, rows, columns);
        long area = (long)rows * columns, channels = settings.Long("channels");
        MemoryGuard.Require("--channels, --hidden, --batch", [
            ("channels of a batch", [settings.Long("batch"), area, 6, convolves ? channels : 1], sizeof(float)),
            ("weights", [4, convolves ? channels * 50 : settings.Long("hidden"), convolves ? channels : area], sizeof(float))]);
        double dropout = settings.Number("dropout");
        return new DigitsTask<T>(settings, images, rows, columns, convolves
            ? new ConvolutionalNetwork<T>(rows, columns, settings.Integer("channels"), dropout)
            : new Perceptron<T>(rows, columns, settings.Integer("hidden"), dropout));
    }
}

/// <summary>Saying what a picture shows.</summary>
internal sealed class DigitsTask<T>(SettingValues settings, Lazy<DigitImages> images, int rows, int columns, Layer<T> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MeasuredAtOnce = 250, Shown = 6;

    private readonly Lazy<Minibatches> _batches = new(() => new(images.Value.Train.Length, settings.Integer("batch"), (ulong)settings.Long("seed")));

    public override Module<T> Network => network;

    public override string Data => images.Value.Source;

    public override string Unit => "images";

    public override long Steps => settings.Long("epochs") * _batches.Value.PerEpoch;

    public override long StepsPerValidation => _batches.Value.PerEpoch;

    public override double? Expected => settings.AreDefaults("network") && images.Value.AreMnistTest ? settings.Text("network") == "conv2d" ? 0.982 : 0.945 : null;

    public override IReadOnlyDictionary<string, string> Facts => DigitImages.SizeFacts(rows, columns);

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        int[] chosen = [.. _batches.Value[batch].ToArray().Select(i => images.Value.Train[i])];
        units = chosen.Length;
        return network.Forward(tape.Constant(images.Value.Batch<T>(chosen))).CrossEntropy(images.Value.Digits(chosen));
    }

    public override Score Validate(CancellationToken stop) => Measure(images.Value.Validation, stop);

    public override Score Test(CancellationToken stop) => Measure(images.Value.Test, stop);

    public override string Sample(long step)
    {
        int[] shown = images.Value.Validation[..Math.Min(Shown, images.Value.Validation.Length)];
        int[] said = Answers(images.Value, shown);
        StringBuilder text = new();
        for (int i = 0; i < shown.Length; i++) text.Append(CultureInfo.InvariantCulture, $"{images.Value.Digit(shown[i])} was read as {said[i]}{(i == shown.Length - 1 ? "" : ", ")}");
        return text.ToString();
    }

    public override bool Predicts => true;

    /// <summary>Says what the first pictures of a file of images show.</summary>
    public override void Predict(string input, TextWriter output, CancellationToken stop) => DigitImages.Answer(input, rows, columns, Answers, output);

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        string[] digits = [.. Enumerable.Range(0, 10).Select(static digit => digit.ToString(CultureInfo.InvariantCulture))];
        ConfusionMatrix counts = new(10);
        foreach (int[] some in images.Value.Test.Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            counts.Add(images.Value.Digits(some).Span, Answers(images.Value, some));
        }

        yield return HeatPart.Confusion("How often each digit of the test part was read as each. The diagonal is right.", digits, counts, "shown", "read");
    }

    private int[] Answers(DigitImages from, int[] chosen)
    {
        using Tape<T> tape = Tape<T>.Inference();
        return network.Forward(tape.Constant(from.Batch<T>(chosen))).ArgMax(-1).ToArray();
    }

    private Score Measure(int[] chosen, CancellationToken stop)
    {
        long right = 0;
        foreach (int[] some in chosen.Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            right += Answers(images.Value, some).Zip(some).Count(pair => pair.First == images.Value.Digit(pair.Second));
        }

        return new(Metric.Accuracy("digits"), (double)right / chosen.Length, chosen.Length);
    }
}
