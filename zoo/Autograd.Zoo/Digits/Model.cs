using System.Numerics;

namespace Autograd.Zoo.Digits;

/// <summary>
/// From pictures [batch, 1, rows, columns] to [batch, outputs], the logits of the ten digits as a rule: two convolutions of 5 × 5, each followed
/// by ReLU and the largest of 2 × 2, then one linear layer. After LeCun et al. 1998.
/// </summary>
internal sealed class ConvolutionalNetwork<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Conv2d<T> _first, _second;
    private readonly Dropout<T> _dropout;
    private readonly Linear<T> _head;

    public ConvolutionalNetwork(int rows, int columns, int channels, double dropout, int outputs = 10)
    {
        _first = AddModule("conv1", new Conv2d<T>(1, channels, 5, padding: 2));
        _second = AddModule("conv2", new Conv2d<T>(channels, 2 * channels, 5, padding: 2));
        _dropout = AddModule("dropout", new Dropout<T>(dropout));
        _head = AddModule("head", new Linear<T>(2 * channels * (rows / 4) * (columns / 4), outputs));
    }

    public override Variable<T> Forward(Variable<T> input)
    {
        Variable<T> x = _first.Forward(input).Relu().MaxPool2d(2);
        x = _second.Forward(x).Relu().MaxPool2d(2);
        return _head.Forward(_dropout.Forward(x.Reshape(x.Shape[0], x.Length / x.Shape[0])));
    }
}

/// <summary>The same from one hidden layer.</summary>
internal sealed class Perceptron<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Linear<T> _hidden, _head;
    private readonly Dropout<T> _dropout;

    public Perceptron(int rows, int columns, int hidden, double dropout)
    {
        _hidden = AddModule("hidden", new Linear<T>(rows * columns, hidden));
        _dropout = AddModule("dropout", new Dropout<T>(dropout));
        _head = AddModule("head", new Linear<T>(hidden, 10));
    }

    public override Variable<T> Forward(Variable<T> input) =>
        _head.Forward(_dropout.Forward(_hidden.Forward(input.Reshape(input.Shape[0], input.Length / input.Shape[0])).Relu()));
}
