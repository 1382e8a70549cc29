namespace Autograd.Tests.Layers;

/// <summary>Normalization layers against plain loops; their gradients are those of the operators, and of batch normalization checked here.</summary>
public sealed class NormalizationTests
{
    private const double Epsilon = 1e-3;

    public static TheoryData<int[]> Shapes => [[5, 3], [3, 3, 4], [2, 3, 2, 3], [1, 3, 2], [0, 3, 2]];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void TrainingTakesTheStatisticsOfTheBatchAndMovesTheRunningOnes(int[] sizes)
    {
        BatchNorm<double> layer = Layer();
        double[] x = Values(sizes);
        using Tape<double> tape = new();
        double[] y = layer.Forward(tape.Constant(sizes, x)).ToArray();
        for (int c = 0; c < 3; c++)
        {
            int[] places = Channel(sizes, c);
            if (places.Length == 0)
            {
                Assert.Equal((0.1 * c, 1.0 + c), (layer.RunningMean.ToArray()[c], layer.RunningVariance.ToArray()[c]));
                continue;
            }

            double mean = places.Average(i => x[i]), variance = places.Average(i => (x[i] - mean) * (x[i] - mean));
            foreach (int i in places) Assert.Equal(((x[i] - mean) / Math.Sqrt(variance + Epsilon) * (c + 2)) - c, y[i], 1e-12);
            Assert.Equal((0.7 * 0.1 * c) + (0.3 * mean), layer.RunningMean.ToArray()[c], 1e-14);
            Assert.Equal((0.7 * (1 + c)) + (0.3 * variance * places.Length / (places.Length - 1.0)), layer.RunningVariance.ToArray()[c], 1e-14);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void EvaluationTakesTheRunningStatisticsAndLeavesThem(int[] sizes)
    {
        BatchNorm<double> layer = Layer();
        double[] x = Values(sizes), mean = layer.RunningMean.ToArray(), variance = layer.RunningVariance.ToArray();
        foreach (Tape<double> tape in new[] { new Tape<double>(training: false), Tape<double>.Inference() })
        {
            using (tape)
            {
                double[] y = layer.Forward(tape.Constant(sizes, x)).ToArray();
                for (int c = 0; c < 3; c++)
                {
                    foreach (int i in Channel(sizes, c)) Assert.Equal(((x[i] - mean[c]) / Math.Sqrt(variance[c] + Epsilon) * (c + 2)) - c, y[i], 1e-12);
                }
            }
        }

        Assert.Equal(mean, layer.RunningMean.ToArray());
        Assert.Equal(variance, layer.RunningVariance.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BatchNormalizationHasExactGradientsOfBothOrders(bool training)
    {
        foreach (int[] sizes in new int[][] { [5, 3], [3, 3, 4], [2, 3, 2, 3] })
        {
            Tensor<double> mean = new([3], [0.1, -0.2, 0.3]), variance = new([3], [0.5, 1, 2]);

            // Evaluation on a tape that records: the running statistics are constants there.
            Variable<double>[] Function(Variable<double>[] x)
            {
                if (training) return [x[0].BatchNorm(mean.Clone(), variance.Clone(), x[1], x[2], epsilon: 0.1)];
                Variable<double> root = (x[0].Tape.Constant(variance) + 0.1).Sqrt();
                Shape perChannel = [3, .. Enumerable.Repeat(1, sizes.Length - 2)];
                return [((x[0] - x[0].Tape.Constant(mean).Reshape(perChannel)) * (x[1] / root).Reshape(perChannel)) + x[2].Reshape(perChannel)];
            }

            GradientCheck.Run(
                Function, [new Tensor<double>(sizes, Values(sizes)), new Tensor<double>([3], [1, -2, 0.5]), new Tensor<double>([3], [0.3, 0.2, 0.1])],
                new GradientCheckOptions { Order = 2 }).ThrowIfFailed();
        }
    }

    [Fact]
    public void EvaluationDifferentiatesThroughScaleAndShift()
    {
        BatchNorm<double> layer = Layer();
        using Tape<double> tape = new(training: false);
        Variable<double> x = tape.Variable(new Tensor<double>([2, 3], Values([2, 3])));
        Gradients<double> gradients = tape.Backward(layer.Forward(x).Sum());
        for (int c = 0; c < 3; c++)
        {
            double root = Math.Sqrt(1 + c + Epsilon);
            Assert.Equal((c + 2) / root, gradients[x].ToArray()[c], 1e-14);
            Assert.Equal(2, gradients[layer.Bias!].ToArray()[c], 1e-14);
            double[] values = Values([2, 3]);
            Assert.Equal((values[c] + values[3 + c] - (0.2 * c)) / root, gradients[layer.Weight!].ToArray()[c], 1e-14);
        }
    }

    [Fact]
    public void MisuseIsRefused()
    {
        using Tape<double> tape = new();
        Tensor<double> three = new([3]);
        Assert.Contains("one value", Assert.Throws<ArgumentException>(() => tape.Zeros([1, 3]).BatchNorm(three, three)).Message, StringComparison.Ordinal);
        Assert.Contains("[2]", Assert.Throws<ShapeException>(() => tape.Zeros([4, 3]).BatchNorm(new Tensor<double>([2]), three)).Message, StringComparison.Ordinal);
        Assert.Contains("weight", Assert.Throws<ShapeException>(() => tape.Zeros([4, 3]).BatchNorm(three, three, tape.Zeros([4]))).Message, StringComparison.Ordinal);
        Assert.Contains("[3]", Assert.Throws<ShapeException>(() => tape.Zeros([3]).BatchNorm(three, three)).Message, StringComparison.Ordinal);
        Assert.Contains("two to four axes", Assert.Throws<ShapeException>(() => tape.Zeros([2, 3, 2, 2, 2]).BatchNorm(three, three)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.Zeros([4, 3]).BatchNorm(three, three, epsilon: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => tape.Zeros([4, 3]).BatchNorm(three, three, momentum: 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchNorm<double>(3, momentum: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchNorm<double>(0));
        Assert.Throws<ShapeException>(() => new BatchNorm<double>(3, affine: false).Forward(tape.Zeros([4, 2])));
    }

    [Fact]
    public void LayersHavePyTorchsNames()
    {
        Assert.Equal(["weight", "bias"], new BatchNorm<float>(3).NamedParameters().Select(static entry => entry.Path));
        Assert.Equal(["running_mean", "running_var"], new BatchNorm<float>(3).NamedBuffers().Select(static entry => entry.Path));
        Assert.Equal(["weight", "bias"], new GroupNorm<float>(1, 3).NamedParameters().Select(static entry => entry.Path));
        Assert.Empty(new InstanceNorm<float>(3).NamedParameters());
        Assert.Equal(["weight"], new RmsNorm<float>([3]).NamedParameters().Select(static entry => entry.Path));
        Assert.Empty(new GroupNorm<float>(1, 3, affine: false).NamedParameters());
    }

    private static BatchNorm<double> Layer()
    {
        BatchNorm<double> layer = new(3, Epsilon, 0.3);
        layer.Weight!.Set(new Tensor<double>([3], [2, 3, 4]));
        layer.Bias!.Set(new Tensor<double>([3], [0, -1, -2]));
        layer.RunningMean.CopyFrom([0, 0.1, 0.2]);
        layer.RunningVariance.CopyFrom([1, 2, 3]);
        return layer;
    }

    private static double[] Values(int[] sizes) => [.. Enumerable.Range(0, sizes.Aggregate(1, static (product, size) => product * size)).Select(static i => Math.Sin((2.3 * i) + 1) + (0.1 * i))];

    private static int[] Channel(int[] sizes, int c)
    {
        int inner = sizes[2..].Aggregate(1, static (product, size) => product * size);
        return [.. from n in Enumerable.Range(0, sizes[0]) from i in Enumerable.Range(0, inner) select (((n * sizes[1]) + c) * inner) + i];
    }
}
