namespace Autograd.Tests.Layers;

/// <summary>A layer over every step is the layer step after step.</summary>
public sealed class TimeDistributedTests
{
    [Theory]
    [InlineData(4, 3)]
    [InlineData(1, 1)]
    [InlineData(0, 3)]
    [InlineData(4, 0)]
    public void IsTheLayerAtEachStep(int time, int batch)
    {
        Conv1d<double> convolution = new(2, 3, 2);
        TimeDistributed<double> layer = new(convolution);
        layer.Initialize(1);
        Assert.Equal(["layer.weight", "layer.bias"], layer.NamedParameters().Select(static entry => entry.Path));
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Laws.Tensor([time, batch, 2, 5], 3));
        Variable<double> y = layer.Forward(x);
        Assert.Equal(new Shape(time, batch, 3, 4), y.Shape);
        for (int t = 0; t < time; t++)
        {
            double[] expected = convolution.Forward(x[t]).ToArray(), found = y[t].ToArray();
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-13);
        }
    }

    [Fact]
    public void LayersThatEndInAVectorServeToo()
    {
        TimeDistributed<double> layer = new(new Sequential<double>(new Flatten<double>(), new Linear<double>(6, 2)));
        layer.Initialize(1);
        Tensor<double> x = Laws.Tensor([4, 3, 2, 3], 3);
        using Tape<double> tape = new();
        Assert.Equal(new Shape(4, 3, 2), layer.Forward(tape.Constant(x)).Shape);
        Assert.Equal(2, layer.OutputSize);
        GradientCheck.Run(values => layer.Forward(values[0]), [x], new() { Order = 2 }).ThrowIfFailed();
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        using Tape<double> tape = new();
        TimeDistributed<double> layer = new(new Drops());
        Assert.Contains("it needs the axes [time, batch, …]", Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([3]))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "Drops was given 6 rows (time 3 × batch 2) and returned shape [4]. It must keep the first axis.",
            Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([3, 2, 4]))).Message,
            StringComparison.Ordinal);
    }

    private sealed class Drops : Layer<double>
    {
        public override Variable<double> Forward(Variable<double> input) => input.Sum(0);
    }
}
