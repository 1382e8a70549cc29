using MathNet.Numerics.Statistics;

namespace Autograd.Tests.Layers;

public sealed class ModuleTests
{
    [Fact]
    public void PathsFollowTheTreeInOrder()
    {
        Model model = new();
        Assert.Equal(
            ["encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias", "head.weight", "head.bias"],
            model.NamedParameters().Select(static entry => entry.Path));
        Assert.Equal("encoder.1", model.Encoder[1].Path);
        Assert.Equal((4 * 3) + 4 + 4 + 4 + (4 * 2) + 2, model.ParameterCount);
    }

    [Fact]
    public void AParameterIsDrawnFromSeedAndPathAlone()
    {
        Model one = new(), two = new();
        one.Initialize(7);
        two.Initialize(7);
        Assert.Equal(one.Head.Weight.Value.ToArray(), two.Head.Weight.Value.ToArray());
        two.Initialize(8);
        Assert.NotEqual(one.Head.Weight.Value.ToArray(), two.Head.Weight.Value.ToArray());
        Alone alone = new();
        alone.Initialize(7);
        Assert.Equal(one.Head.Weight.Value.ToArray(), alone.Head.Weight.Value.ToArray());
    }

    [Fact]
    public void AnotherInitializerCanBeChosenByPath()
    {
        Model model = new();
        model.Initialize(7, static (path, _) => path == "head.weight" ? Initializer.Constant(3) : null);
        Assert.All(model.Head.Weight.Value.ToArray(), static value => Assert.Equal(3, value));
        Assert.NotEqual(0, model.Head.Bias!.Value.ToArray()[0]);
    }

    [Fact]
    public void NamesAreUniqueAndAModuleHasOneParent()
    {
        Linear<double> shared = new(2, 2);
        _ = new Sequential<double>(shared);
        Assert.Contains("already belongs", Assert.Throws<InvalidOperationException>(() => new Sequential<double>(shared)).Message, StringComparison.Ordinal);
        Assert.Contains("already has", Assert.Throws<ArgumentException>(static () => new Twice("a", "a")).Message, StringComparison.Ordinal);
        Assert.Contains("dot", Assert.Throws<ArgumentException>(static () => new Twice("a.b", "c")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InitializersHaveTheMomentsTheirPapersGive()
    {
        Moments(Initializer.GlorotUniform(), Math.Sqrt(2.0 / (300 + 200)), Math.Sqrt(6.0 / 500));
        Moments(Initializer.GlorotNormal(), Math.Sqrt(2.0 / 500), double.MaxValue);
        Moments(Initializer.HeUniform(), Math.Sqrt(2.0 / 200), Math.Sqrt(6.0 / 200));
        Moments(Initializer.HeNormal(), Math.Sqrt(2.0 / 200), double.MaxValue);
        Moments(Initializer.LeCunNormal(), Math.Sqrt(1.0 / 200), double.MaxValue);
        Moments(Initializer.Normal(0.3), 0.3, double.MaxValue);
        Moments(Initializer.TruncatedNormal(0.5), 0.5 * 0.8796, 1); // the deviation of a normal cut at two
        Moments(Initializer.Uniform(0.3), 0.3 / Math.Sqrt(3), 0.3);
        Assert.Throws<ShapeException>(static () => Initializer.HeNormal().Fill<double>(new double[4], [4], new RandomSource(1)));
    }

    [Fact]
    public void LayerNormIsTheFormula()
    {
        LayerNorm<double> layer = new([2, 3]);
        layer.Initialize(1);
        layer.Weight.Set(new Tensor<double>([2, 3], [1, 2, 3, -1, 0.5, 2]));
        layer.Bias.Set(new Tensor<double>([2, 3], [0, 1, 0, 2, 0, -1]));
        double[] x = [1, 5, 2, -3, 0.5, 4, 2, 2, 2, 2, 2, 8];
        using Tape<double> tape = new();
        double[] y = layer.Forward(tape.Constant(new Tensor<double>([2, 2, 3], x))).ToArray();
        double[] weight = layer.Weight.Value.ToArray(), bias = layer.Bias.Value.ToArray();
        for (int row = 0; row < 2; row++)
        {
            double[] part = x[(row * 6)..((row * 6) + 6)];
            double mean = part.Average(), variance = part.Average(value => (value - mean) * (value - mean));
            for (int i = 0; i < 6; i++) Assert.Equal((((part[i] - mean) / Math.Sqrt(variance + 1e-5)) * weight[i]) + bias[i], y[(row * 6) + i], 1e-12);
        }

        GradientCheck.Run(layer.NamedParameters(), t => (layer.Forward(t.Constant(new Tensor<double>([2, 2, 3], x))) * t.Constant(new Tensor<double>([2, 2, 3], x))).Sum()).ThrowIfFailed();
        Assert.Contains("[2, 3]", Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([3, 2]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EmbeddingLooksRowsUpAndThePaddingRowStaysZero()
    {
        Embedding<double> layer = new(5, 3, paddingIndex: 2);
        layer.Initialize(1);
        double[] weight = layer.Weight.Value.ToArray();
        Assert.Equal([0.0, 0.0, 0.0], weight[6..9]);
        using Tape<double> tape = new();
        Variable<double> rows = layer.Forward(tape, new Tensor<int>([2, 2], [4, 2, 4, 0]));
        Assert.Equal([.. weight[12..15], .. weight[6..9], .. weight[12..15], .. weight[0..3]], rows.ToArray());
        Assert.Equal([1.0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2], tape.Backward(rows.Sum())[layer.Weight].ToArray());
        Assert.Contains("5", Assert.Throws<ArgumentOutOfRangeException>(() => layer.Forward(tape, new Tensor<int>([1], [5]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Embedding<double>(5, 3, paddingIndex: 5));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Embedding<double>(5, 3, standardDeviation: double.NaN));
        Embedding<double> small = new(5, 3, paddingIndex: 2, standardDeviation: 0.1), large = new(5, 3, paddingIndex: 2);
        small.Initialize(7);
        large.Initialize(7);
        Assert.All(small.Weight.Value.ToArray().Zip(large.Weight.Value.ToArray()), static pair => Assert.Equal(pair.Second * 0.1, pair.First, 1e-15));
    }

    private static void Moments(Initializer initializer, double deviation, double most)
    {
        double[] values = new double[60_000];
        initializer.Fill<double>(values, [300, 200], new RandomSource(5));
        Assert.InRange(values.Mean(), -0.02 * deviation, 0.02 * deviation);
        Assert.InRange(values.StandardDeviation(), 0.98 * deviation, 1.02 * deviation);
        Assert.All(values, value => Assert.InRange(Math.Abs(value), 0, most));
    }

    private sealed class Model : Module<double>
    {
        public Model()
        {
            Encoder = AddModule("encoder", new Sequential<double>(new Linear<double>(3, 4), new LayerNorm<double>([4])));
            Head = AddModule("head", new Linear<double>(4, 2));
        }

        public Sequential<double> Encoder { get; }

        public Linear<double> Head { get; }
    }

    private sealed class Alone : Module<double>
    {
        public Alone() => Head = AddModule("head", new Linear<double>(4, 2));

        public Linear<double> Head { get; }
    }

    private sealed class Twice : Module<double>
    {
        public Twice(string first, string second)
        {
            AddParameter(first, [1], Initializer.Zeros);
            AddModule(second, new Linear<double>(1, 1));
        }
    }
}
