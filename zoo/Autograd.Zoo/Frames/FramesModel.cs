using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Frames;

/// <summary>Films frame by frame, as the commands see them.</summary>
internal sealed class FramesModel : NetworkModel
{
    public override string Name => "frames";

    public override string Description => "Many to many in step: says at each frame of a film which way a shape moved, by convolutions on frames and a recurrent layer over them.";

    public override IReadOnlyList<string> Cells => ["rnn", "lstm", "gru", "conv2d"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        new ChoiceSetting("cell", "recurrent cell", "gru", "lstm", "rnn"),
        new IntegerSetting("time", "frames of a film", 16, 2, 10_000),
        new IntegerSetting("channels", "channels of the first convolution; the second has twice as many", 8, 1, 4096),
        CommonSettings.Hidden(64),
        CommonSettings.Batch(32),
        CommonSettings.Steps(800),
        .. CommonSettings.Optimization(3e-3, schedule: "one-cycle"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } =
        new Dictionary<string, object> { ["time"] = 3L, ["channels"] = 1L, ["hidden"] = 3L, ["batch"] = 2L };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        int hidden = settings.Integer("hidden"), channels = settings.Integer("channels");
        MemoryGuard.Require("--channels, --hidden, --batch, --time", [
            ("channels of all frames", [settings.Long("batch"), settings.Long("time"), FramesData.Size * FramesData.Size, 6, channels], sizeof(float)),
            ("weights", [4, 8L * hidden, hidden + (4L * channels)], sizeof(float))]);
        SequenceLayer<T> layer = settings.Text("cell") switch
        {
            "rnn" => new Rnn<T>(hidden, hidden),
            "lstm" => new Lstm<T>(hidden, hidden),
            _ => new Gru<T>(hidden, hidden),
        };
        return new FramesTask<T>(settings, new(channels, hidden, layer));
    }
}

/// <summary>Saying at each frame what the shape did.</summary>
internal sealed class FramesTask<T>(SettingValues settings, FramesNetwork<T> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Measured = 10, MeasuredFilms = 50;

    private readonly int _time = settings.Integer("time"), _batch = settings.Integer("batch");

    public override Module<T> Network => network;

    public override string Data => "films of a moving shape";

    public override string Unit => "frames";

    public override long Steps => settings.Long("steps");

    public override long StepsPerValidation => 100;

    public override double? Expected => settings.AreDefaults() ? 0.95 : null;

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        units = (long)_time * _batch;
        (Tensor<T> films, Tensor<int> moves) = FramesData.Films<T>(_time, _batch, Source("train", batch));
        return network.Forward(tape.Constant(films)).CrossEntropy(moves);
    }

    public override Score Validate(CancellationToken stop) => Measure("validation", stop);

    public override Score Test(CancellationToken stop) => Measure("test", stop);

    public override string Sample(long step)
    {
        (int[] said, int[] right) = Say("sample", 0, 1);
        return string.Join('\n', said.Select((move, t) => $"frame {t}: {FramesData.Moves[move]}{(move == right[t] ? "" : $", in truth {FramesData.Moves[right[t]]}")}"));
    }

    public override IReadOnlyList<string>? SampleOptions => [];

    /// <summary>What it says of one more film.</summary>
    public override void Sample(SampleRequest request, TextWriter output, CancellationToken stop) => output.Write(Sample(Steps));

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        ConfusionMatrix counts = new(FramesData.Moves.Length);
        for (int i = 0; i < Measured; i++)
        {
            stop.ThrowIfCancellationRequested();
            (int[] said, int[] right) = Say("test", i, MeasuredFilms);
            counts.Add(right, said);
        }

        yield return HeatPart.Confusion("Frames of the test films by what the shape did and what was said.", FramesData.Moves, counts, "did", "said");
    }

    private (int[] Said, int[] Right) Say(string part, long number, int films)
    {
        using Tape<T> tape = Tape<T>.Inference();
        (Tensor<T> some, Tensor<int> moves) = FramesData.Films<T>(_time, films, Source(part, number));
        return (network.Forward(tape.Constant(some)).ArgMax(-1).ToArray(), moves.ToArray());
    }

    private Score Measure(string part, CancellationToken stop)
    {
        long right = 0, all = 0;
        for (int i = 0; i < Measured; i++)
        {
            stop.ThrowIfCancellationRequested();
            (int[] said, int[] truth) = Say(part, i, MeasuredFilms);
            right += said.Zip(truth).Count(static pair => pair.First == pair.Second);
            all += said.Length;
        }

        return new(Metric.Accuracy("frames"), (double)right / all, all);
    }

    private RandomSource Source(string part, long number) =>
        new((ulong)settings.Long("seed"), RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"{part}.{number}")));
}
