using System.Globalization;
using System.Numerics;
using System.Text;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Memory;

/// <summary>Remembering over many steps, as the commands see it.</summary>
internal sealed class MemoryModel : NetworkModel
{
    public override string Name => "memory";

    public override string Description => "How long a cell remembers: adds two marked numbers, or says letters again, after many steps; shows how far the gradient reaches.";

    public override IReadOnlyList<string> Cells => ["rnn", "lstm", "gru"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        new ChoiceSetting("task", "adding: the sum of two marked numbers; copy: ten letters after blanks", "adding", "copy"),
        new ChoiceSetting("cell", "recurrent cell", "gru", "lstm", "rnn"),
        new IntegerSetting("time", "steps of a sequence, or blanks between reading and saying", 200, 2, 100_000),
        CommonSettings.Hidden(64),
        CommonSettings.Batch(50),
        CommonSettings.Steps(2_000),
        .. CommonSettings.Optimization(2e-3, schedule: "last-quarter", clip: 1),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } =
        new Dictionary<string, object> { ["time"] = 6L, ["hidden"] = 3L, ["batch"] = 2L };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        bool adds = settings.Text("task") == "adding";
        int hidden = settings.Integer("hidden"), features = adds ? 2 : MemoryData.Letters + 2;
        MemoryGuard.Require("--hidden, --time, --batch", [
            ("weights", [4, hidden, 4, features + hidden], sizeof(float)),
            ("states of all steps", [settings.Long("time") + (2 * MemoryData.Remembered), settings.Long("batch"), 20, hidden], sizeof(float))]);
        SequenceLayer<T> layer = settings.Text("cell") switch
        {
            "rnn" => new Rnn<T>(features, hidden),
            "lstm" => new Lstm<T>(features, hidden),
            _ => new Gru<T>(features, hidden),
        };
        return adds ? new AddingTask<T>(settings, new(layer, 1)) : new CopyTask<T>(settings, new(layer, MemoryData.Letters));
    }
}

/// <summary>What the two tasks share: batches made from their number, and the gradient's way back through time.</summary>
internal abstract class MemoryTask<T>(SettingValues settings, MemoryNetwork<T> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    protected const int Measured = 10;

    protected int Time { get; } = settings.Integer("time");

    protected int Batch { get; } = settings.Integer("batch");

    protected string Cell { get; } = settings.Text("cell")!;

    /// <summary>Whether only the cell was chosen.</summary>
    protected bool AreDefaults { get; } = settings.AreDefaults("cell");

    protected MemoryNetwork<T> Memory => network;

    public override Module<T> Network => network;

    public override string Unit => "steps";

    /// <summary>An LSTM begins with gates that forget over up to as many steps as there are; else nothing of the start is left at the end, and no gradient either.</summary>
    public override Initializer? InitializerOf(string path) => (Cell, path) switch
    {
        ("lstm", "rnn.bias_ih_l0") => Initializer.Chrono(Math.Max(3, Time)),
        ("lstm", "rnn.bias_hh_l0") => Initializer.Zeros,
        _ => null,
    };

    public override long Steps => settings.Long("steps");

    public override long StepsPerValidation => 200;

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        units = (long)Time * Batch;
        return Loss(tape, Source("train", batch), Batch);
    }

    public override IReadOnlyList<string>? SampleOptions => [];

    /// <summary>What it says to a few sequences more.</summary>
    public override void Sample(SampleRequest request, TextWriter output, CancellationToken stop) => output.Write(Sample(Steps));

    protected abstract Variable<T> Loss(Tape<T> tape, RandomSource random, int batch);

    protected RandomSource Source(string part, long number) =>
        new((ulong)settings.Long("seed"), RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"{part}.{number}")));
}

/// <summary>The sum of two marked numbers.</summary>
internal sealed class AddingTask<T>(SettingValues settings, MemoryNetwork<T> network) : MemoryTask<T>(settings, network)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Data => string.Create(CultureInfo.InvariantCulture, $"the adding problem over {Time} steps");

    /// <summary>None of a vanilla RNN, which is there to be seen failing.</summary>
    public override double? Expected => Cell != "rnn" && AreDefaults ? 0.01 : null;

    public override Score Validate(CancellationToken stop) => Measure("validation", stop);

    public override Score Test(CancellationToken stop) => Measure("test", stop);

    public override string Sample(long step)
    {
        using Tape<T> tape = Tape<T>.Inference();
        (Tensor<T> input, Tensor<T> sums) = MemoryData.Adding<T>(Time, 5, Source("sample", 0));
        ReadOnlySpan<T> said = Memory.Forward(tape.Constant(input), 1).Span, right = sums.Span;
        StringBuilder text = new();
        for (int i = 0; i < right.Length; i++)
            text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : "\n")}said {double.CreateTruncating(said[i]):0.000}, right is {double.CreateTruncating(right[i]):0.000}");
        return text.ToString();
    }

    protected override Variable<T> Loss(Tape<T> tape, RandomSource random, int batch)
    {
        (Tensor<T> input, Tensor<T> sums) = MemoryData.Adding<T>(Time, batch, random);
        return Memory.Forward(tape.Constant(input), 1).Reshape(batch).MeanSquaredError(tape.Constant(sums));
    }

    private Score Measure(string part, CancellationToken stop)
    {
        const int Sequences = 100;
        double sum = 0;
        using Tape<T> tape = Tape<T>.Inference();
        for (int i = 0; i < Measured; i++)
        {
            stop.ThrowIfCancellationRequested();
            tape.Reset();
            sum += double.CreateTruncating(Loss(tape, Source(part, i), Sequences).Item());
        }

        return new(Metric.MeanSquaredError, sum / Measured, Measured * Sequences);
    }
}

/// <summary>Letters said again after many blanks.</summary>
internal sealed class CopyTask<T>(SettingValues settings, MemoryNetwork<T> network) : MemoryTask<T>(settings, network)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Data => string.Create(CultureInfo.InvariantCulture, $"the copy task over {Time} blanks");

    public override Score Validate(CancellationToken stop) => Measure("validation", stop);

    public override Score Test(CancellationToken stop) => Measure("test", stop);

    public override string Sample(long step)
    {
        (Tensor<int> input, Tensor<int> letters) = MemoryData.Copying(Time, 3, Source("sample", 0));
        int[] said = Say(input);
        return string.Join('\n', Enumerable.Range(0, 3).Select(row => $"said {Word(said, row)}, right is {Word(letters.ToArray(), row)}"));

        static string Word(int[] letters, int row) => string.Concat(Enumerable.Range(0, MemoryData.Remembered).Select(i => (char)('a' + letters[(i * 3) + row])));
    }

    protected override Variable<T> Loss(Tape<T> tape, RandomSource random, int batch)
    {
        (Tensor<int> input, Tensor<int> letters) = MemoryData.Copying(Time, batch, random);
        return Memory.Forward(tape.OneHot(input, MemoryData.Letters + 2), MemoryData.Remembered).CrossEntropy(letters);
    }

    private int[] Say(Tensor<int> input)
    {
        using Tape<T> tape = Tape<T>.Inference();
        return Memory.Forward(tape.OneHot(input, MemoryData.Letters + 2), MemoryData.Remembered).ArgMax(-1).ToArray();
    }

    private Score Measure(string part, CancellationToken stop)
    {
        const int Sequences = 100;
        long right = 0;
        for (int i = 0; i < Measured; i++)
        {
            stop.ThrowIfCancellationRequested();
            (Tensor<int> input, Tensor<int> letters) = MemoryData.Copying(Time, Sequences, Source(part, i));
            right += Say(input).Zip(letters.ToArray()).Count(static pair => pair.First == pair.Second);
        }

        long all = (long)Measured * Sequences * MemoryData.Remembered;
        return new(Metric.Accuracy("letters"), (double)right / all, all);
    }
}
