namespace Autograd.Tests.Layers;

/// <summary>Layers of convolutions and pools: what they declare, how they begin, and that they compute what their operators do.</summary>
public sealed class ConvolutionLayerTests
{
    [Fact]
    public void ParametersHaveTheNamesAndShapesOfFiles()
    {
        Assert.Equal(["weight [6, 2, 3]", "bias [6]"], Describe(new Conv1d<float>(4, 6, 3, groups: 2)));
        Assert.Equal(["weight [6, 4, 3, 2]"], Describe(new Conv2d<float>(4, 6, (3, 2), bias: false)));
        Assert.Equal(["weight [4, 3, 5]", "bias [6]"], Describe(new ConvTranspose1d<float>(4, 6, 5, groups: 2)));
        Assert.Equal(["weight [4, 6, 2, 2]", "bias [6]"], Describe(new ConvTranspose2d<float>(4, 6, 2)));
        Assert.Equal(["0.weight [2, 1, 3, 3]", "0.bias [2]", "4.weight [3, 8]", "4.bias [3]"], Describe(Network()));
    }

    [Fact]
    public void ParametersBeginUniformlyWithinOneOverTheRootOfTheFanIn()
    {
        AssertUniform(new Conv1d<double>(8, 200, 5), 1 / Math.Sqrt(8 * 5));
        AssertUniform(new Conv2d<double>(8, 200, (3, 2), groups: 2), 1 / Math.Sqrt(4 * 6));
        AssertUniform(new ConvTranspose1d<double>(50, 40, 5), 1 / Math.Sqrt(40 * 5));
        AssertUniform(new ConvTranspose2d<double>(50, 40, 2, groups: 2), 1 / Math.Sqrt(20 * 4));

        static void AssertUniform(Layer<double> layer, double bound)
        {
            layer.Initialize(3);
            foreach (Parameter<double> parameter in layer.Parameters)
            {
                double[] values = parameter.Value.ToArray();
                Assert.All(values, value => Assert.InRange(value, -bound, bound));
                Assert.InRange(values.Max(), 0.9 * bound, bound);
                Assert.InRange(values.Min(), -bound, -0.9 * bound);
                Assert.InRange(values.Average(), -0.2 * bound, 0.2 * bound);
            }
        }
    }

    [Fact]
    public void PaddingIsANumberPerSideOrARule()
    {
        using Tape<double> tape = new();
        Variable<double> line = tape.Variable(Ramp([2, 3, 9])), image = tape.Variable(Ramp([1, 2, 6, 5]));
        Conv1d<double> Line(Padding1d padding, int dilation = 1, int stride = 1) => Started(new Conv1d<double>(3, 2, 4, stride, padding, dilation));
        Conv2d<double> Image(Padding2d padding, Size2d? dilation = null) => Started(new Conv2d<double>(2, 3, (2, 3), padding: padding, dilation: dilation));
        Assert.Equal([2, 2, 9], Line(Padding1d.Same).Forward(line).Shape.ToArray());
        Assert.Equal([2, 2, 6], Line(Padding1d.Valid).Forward(line).Shape.ToArray());
        Assert.Equal([2, 2, 5], Line(Padding1d.Causal, stride: 2).Forward(line).Shape.ToArray());
        AssertSame(Line((1, 2)).Forward(line), Line(Padding1d.Same).Forward(line));
        AssertSame(Line((6, 0), dilation: 2).Forward(line), Line(Padding1d.Causal, dilation: 2).Forward(line));
        AssertSame(Line(2).Forward(line), Line((2, 2)).Forward(line));
        AssertSame(Image((0, 1, 2, 2), (1, 2)).Forward(image), Image(Padding2d.Same, (1, 2)).Forward(image));
        AssertSame(Image(1).Forward(image), Image((1, 1, 1, 1)).Forward(image));
        AssertSame(Image((1, 2)).Forward(image), Image((1, 1, 2, 2)).Forward(image));
    }

    [Fact]
    public void CausalPaddingSeesNoLaterElement()
    {
        using Tape<double> tape = new();
        Conv1d<double> layer = Started(new Conv1d<double>(1, 1, 3, padding: Padding1d.Causal, dilation: 2));
        Variable<double> x = tape.Variable(Ramp([1, 1, 8]));
        double[] gradient = tape.Backward(layer.Forward(x)[.., .., 4..5].Sum())[x].ToArray();
        Assert.Equal([true, false, true, false, true, false, false, false], gradient.Select(static value => value != 0));
    }

    [Theory]
    [InlineData(PaddingMode.Reflect)]
    [InlineData(PaddingMode.Replicate)]
    [InlineData(PaddingMode.Circular)]
    public void OtherPaddingModesPadFirst(PaddingMode mode)
    {
        // Where the padding comes from, along an axis of 6 elements with 1 in front and 2 behind.
        int[] from = mode switch
        {
            PaddingMode.Reflect => [1, 0, 1, 2, 3, 4, 5, 4, 3],
            PaddingMode.Replicate => [0, 0, 1, 2, 3, 4, 5, 5, 5],
            _ => [5, 0, 1, 2, 3, 4, 5, 0, 1],
        };
        using Tape<double> tape = new();
        Tensor<double> line = Ramp([2, 2, 6]), image = Ramp([1, 2, 6, 6]);
        double[] paddedLine = [.. from plane in Enumerable.Range(0, 4) from i in @from select line.ToArray()[(plane * 6) + i]];
        double[] paddedImage = [.. from plane in Enumerable.Range(0, 2) from row in @from from column in @from select image.ToArray()[(plane * 36) + (row * 6) + column]];
        Conv1d<double> conv1d = Started(new Conv1d<double>(2, 3, 3, padding: (1, 2), paddingMode: mode)), valid1d = Started(new Conv1d<double>(2, 3, 3));
        AssertSame(valid1d.Forward(tape.Constant([2, 2, 9], paddedLine)), conv1d.Forward(tape.Constant(line)));
        Conv2d<double> conv2d = Started(new Conv2d<double>(2, 3, 3, padding: (1, 2, 1, 2), paddingMode: mode)), valid2d = Started(new Conv2d<double>(2, 3, 3));
        AssertSame(valid2d.Forward(tape.Constant([1, 2, 9, 9], paddedImage)), conv2d.Forward(tape.Constant(image)));
    }

    [Fact]
    public void ATransposedConvolutionIsTheAdjoint()
    {
        using Tape<double> tape = new();
        Conv2d<double> convolution = Started(new Conv2d<double>(2, 4, (3, 2), stride: 2, padding: 1, groups: 2, bias: false));
        ConvTranspose2d<double> transposed = new(4, 2, (3, 2), stride: 2, padding: 1, outputPadding: (0, 1), groups: 2, bias: false);
        transposed.Weight.Set(convolution.Weight.Value);
        Variable<double> x = tape.Constant(Ramp([1, 2, 5, 7])), y = tape.Constant(Ramp([1, 4, 3, 4]));
        Assert.Equal((convolution.Forward(x) * y).Sum().Item(), (transposed.Forward(y) * x).Sum().Item(), 1e-9);
        ConvTranspose1d<double> line = Started(new ConvTranspose1d<double>(2, 3, 3, stride: 2, outputPadding: 1));
        Assert.Equal([1, 3, 10], line.Forward(tape.Constant(Ramp([1, 2, 4]))).Shape.ToArray());
    }

    [Fact]
    public void PoolingLayersAreTheirOperators()
    {
        using Tape<double> tape = new();
        Variable<double> line = tape.Constant(Ramp([2, 2, 9])), image = tape.Constant(Ramp([1, 2, 6, 7]));
        AssertSame(line.MaxPool1d(3, 2, 1, 2), new MaxPool1d<double>(3, 2, 1, 2).Forward(line));
        AssertSame(image.MaxPool2d((2, 3), 1, (1, 0), (1, 2)), new MaxPool2d<double>((2, 3), 1, (1, 0), (1, 2)).Forward(image));
        AssertSame(line.AvgPool1d(3, 2, 1, false), new AvgPool1d<double>(3, 2, 1, false).Forward(line));
        AssertSame(image.AvgPool2d((2, 3), 2, 1, false), new AvgPool2d<double>((2, 3), 2, 1, false).Forward(image));
        AssertSame(line.AdaptiveAvgPool1d(4), new AdaptiveAvgPool1d<double>(4).Forward(line));
        AssertSame(image.AdaptiveAvgPool2d((2, 3)), new AdaptiveAvgPool2d<double>((2, 3)).Forward(image));
        AssertSame(image.GlobalAvgPool(), new GlobalAvgPool<double>().Forward(image));
        AssertSame(line.GlobalMaxPool(), new GlobalMaxPool<double>().Forward(line));
        Assert.Equal([1, 84], new Flatten<double>().Forward(image).Shape.ToArray());
        Assert.Equal([0, 84], new Flatten<double>().Forward(tape.Zeros([0, 2, 6, 7])).Shape.ToArray());
    }

    [Fact]
    public void ANetworkLearnsWithoutAllocatingOnceItIsWarm()
    {
        Sequential<float> network = Network();
        network.Initialize(1);
        Sgd<float> optimizer = new(network, learningRate: 0.05);
        Tensor<float> x = new([4, 1, 7, 7]);
        x.Write(values => new RandomSource(2).FillNormal(values, 0, 1));
        Tensor<int> labels = new([4], [0, 1, 2, 0]);
        using Tape<float> tape = new();
        double first = double.NaN, last = 0;
        Allocations.AssertNone(100, () =>
        {
            tape.Reset();
            Variable<float> loss = network.Forward(tape.Constant(x)).CrossEntropy(labels);
            optimizer.Step(tape.Backward(loss));
            last = loss.Item();
            if (double.IsNaN(first)) first = last;
        });
        Assert.True(last < 0.5 * first, $"{first} to {last}");
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using Tape<float> tape = new();
        Assert.Contains("groups: 3", Assert.Throws<ShapeException>(static () => new Conv1d<float>(4, 6, 3, groups: 3)).Message);
        Assert.Contains("kernelSize", Assert.Throws<ArgumentOutOfRangeException>(static () => new Conv2d<float>(4, 6, (3, 0))).Message);
        Assert.Contains("stride", Assert.Throws<ArgumentOutOfRangeException>(static () => new Conv2d<float>(4, 6, 3, stride: 0)).Message);
        Assert.Contains("dilation", Assert.Throws<ArgumentOutOfRangeException>(static () => new ConvTranspose2d<float>(4, 6, 3, dilation: 0)).Message);
        Assert.Contains("Same", Assert.Throws<ArgumentOutOfRangeException>("stride", static () => new Conv1d<float>(4, 6, 3, stride: 2, padding: Padding1d.Same)).Message);
        Assert.Contains("inputChannels", Assert.Throws<ArgumentOutOfRangeException>(static () => new Conv1d<float>(0, 6, 3)).Message);
        Conv2d<float> layer = new(4, 6, 3);
        layer.Initialize(1);
        Assert.Contains("inputChannels: 4", Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([1, 3, 5, 5]))).Message);
        Assert.Contains("[batch, 4, height, width]", Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([4, 5, 5]))).Message);
        Assert.Throws<ShapeException>(() => new Flatten<float>().Forward(tape.Zeros([])));
    }

    private static Sequential<float> Network() => new(
        new Conv2d<float>(1, 2, 3, padding: Padding2d.Same), new MaxPool2d<float>(3, stride: 2, padding: 1), new AvgPool2d<float>(2), new Flatten<float>(), new Linear<float>(8, 3));

    private static string[] Describe(Module<float> module) => [.. module.NamedParameters().Select(static entry => $"{entry.Path} {entry.Parameter.Shape}")];

    private static TLayer Started<TLayer>(TLayer layer)
        where TLayer : Layer<double>
    {
        layer.Initialize(5);
        return layer;
    }

    private static Tensor<double> Ramp(int[] sizes)
    {
        int length = sizes.Aggregate(1, static (product, size) => product * size);
        return new(sizes, [.. Enumerable.Range(0, length).Select(static i => Math.Sin(1 + (0.7 * i)))]);
    }

    private static void AssertSame(Variable<double> expected, Variable<double> found)
    {
        Assert.Equal(expected.Shape, found.Shape);
        Assert.Equal(expected.ToArray(), found.ToArray());
    }
}
