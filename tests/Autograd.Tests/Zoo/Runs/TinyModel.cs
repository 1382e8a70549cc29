using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Runs;

namespace Autograd.Tests.Zoo.Runs;

/// <summary>A network of a few numbers, quick to train; it drops features, so that chance goes on from step to step.</summary>
/// <param name="countsEpochs">Whether it goes through twenty examples in an order of its own in each epoch, or learns from ever new ones.</param>
internal sealed class TinyModel(bool countsEpochs = false) : NetworkModel
{
    public override string Name => "tiny";

    public override string Description => "A tiny network for tests.";

    public override IReadOnlyList<string> Cells => [];

    /// <summary>Called before each batch with its number.</summary>
    public Action<long> BeforeBatch { get; set; } = _ => { };

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Dropout(0.3),
        CommonSettings.Batch(4),
        countsEpochs ? CommonSettings.Epochs(8) : CommonSettings.Steps(40),
        .. CommonSettings.Optimization(0.01, clip: 0.5),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } = new Dictionary<string, object>();

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts) => new TinyTask<T>(settings, this);
}

/// <summary>y = a function of x in three parts, mean squared error.</summary>
internal sealed class TinyTask<T>(SettingValues settings, TinyModel model) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Features = 3;

    private readonly Minibatches? _batches = settings.Has("epochs") ? new(20, settings.Integer("batch"), (ulong)settings.Long("seed")) : null;

    private readonly TinyNetwork _network = new(settings.Number("dropout"));

    public override Module<T> Network => _network;

    public override string Data => "a curve";

    public override string Unit => "points";

    public override long Steps => _batches is null ? settings.Long("steps") : settings.Long("epochs") * _batches.PerEpoch;

    public override long StepsPerValidation => _batches?.PerEpoch ?? 7;

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        model.BeforeBatch(batch);
        tape.Reset();
        int size = settings.Integer("batch");
        long[] examples = [.. _batches is null ? Enumerable.Range(0, size).Select(i => (batch * size) + i) : _batches[batch].ToArray().Select(i => (long)i)];
        units = examples.Length;
        return Error(tape, examples);
    }

    public override Score Validate(CancellationToken stop)
    {
        using Tape<T> tape = Tape<T>.Inference();
        return new(Metric.MeanSquaredError, double.CreateTruncating(Error(tape, [.. Enumerable.Range(1_000_000, 64).Select(i => (long)i)]).Item()), 64);
    }

    public override string Sample(long step) => string.Create(CultureInfo.InvariantCulture, $"error {Validate(CancellationToken.None).Value:R}");

    private Variable<T> Error(Tape<T> tape, long[] examples)
    {
        int count = examples.Length;
        T[] inputs = new T[count * Features], outputs = new T[count];
        for (int i = 0; i < count; i++)
        {
            for (int f = 0; f < Features; f++) inputs[(i * Features) + f] = T.CreateTruncating(Math.Sin(examples[i] * (f + 1.3)));
            outputs[i] = T.CreateTruncating(Math.Cos(examples[i] * 1.3));
        }

        return _network.Forward(tape.Constant(new Tensor<T>([count, Features], inputs))).MeanSquaredError(tape.Constant(new Tensor<T>([count, 1], outputs)));
    }

    private sealed class TinyNetwork : Layer<T>
    {
        private readonly Linear<T> _first, _second;
        private readonly Dropout<T> _dropout;

        public TinyNetwork(double dropout)
        {
            _first = AddModule("first", new Linear<T>(Features, 8));
            _dropout = AddModule("dropout", new Dropout<T>(dropout));
            _second = AddModule("second", new Linear<T>(8, 1));
        }

        public override Variable<T> Forward(Variable<T> input) => _second.Forward(_dropout.Forward(_first.Forward(input).Tanh()));
    }
}
