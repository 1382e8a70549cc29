using System.Numerics;

namespace Autograd;

/// <summary>What the layers of convolutions share: <c>weight</c> and <c>bias</c>, both uniform in ±1/√fan-in at first, as in PyTorch.</summary>
/// <remarks>The fan-in is the size of the weight's second axis times the elements of a kernel.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class ConvolutionLayer<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly string _name;

    private protected ConvolutionLayer(
        string name, int inputChannels, int outputChannels, ReadOnlySpan<int> kernelSize, int groups, bool bias, Initializer? weightInitializer, bool transposed)
    {
        Sizes.RequirePositive(name, nameof(inputChannels), inputChannels);
        Sizes.RequirePositive(name, nameof(outputChannels), outputChannels);
        Sizes.RequirePositive(name, nameof(groups), groups);
        foreach (int size in kernelSize) Sizes.RequirePositive(name, nameof(kernelSize), size);
        if (inputChannels % groups != 0 || outputChannels % groups != 0)
        {
            Errors.Shape($"{name}: groups: {groups} must divide inputChannels, {inputChannels}, and outputChannels, {outputChannels}.");
        }

        _name = name;
        InputChannels = inputChannels;
        OutputChannels = outputChannels;
        Groups = groups;
        Shape shape = transposed ? [inputChannels, outputChannels / groups, .. kernelSize] : [outputChannels, inputChannels / groups, .. kernelSize];
        Initializer uniform = Initializer.Uniform(1 / Math.Sqrt(shape.Product(1, shape.Rank)));
        Weight = AddParameter("weight", shape, weightInitializer ?? uniform);
        Bias = bias ? AddParameter("bias", [outputChannels], uniform, decays: false) : null;
    }

    /// <summary>Channels of the input.</summary>
    public int InputChannels { get; }

    /// <summary>Channels of the result.</summary>
    public int OutputChannels { get; }

    /// <summary>Groups of channels that are convolved apart.</summary>
    public int Groups { get; }

    /// <summary>[outputChannels, inputChannels / groups, kernel…], or of a transposed convolution [inputChannels, outputChannels / groups, kernel…].</summary>
    public Parameter<T> Weight { get; }

    /// <summary>[outputChannels], or null.</summary>
    public Parameter<T>? Bias { get; }

    private protected void CheckInput(Shape shape)
    {
        if (shape.Rank == Weight.Shape.Rank && shape[1] == InputChannels) return;
        string axes = Weight.Shape.Rank == 3 ? "length" : "height, width";
        Errors.Shape($"{_name}: the layer was built with inputChannels: {InputChannels}, so it takes [batch, {InputChannels}, {axes}], not {shape}.");
    }
}
