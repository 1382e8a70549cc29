using System.Numerics;

namespace Autograd;

/// <summary>y = x Wᵀ + b over the last axis: [..., inputSize] to [..., outputSize].</summary>
/// <remarks>
/// Parameters <c>weight</c> [outputSize, inputSize] and <c>bias</c> [outputSize], both uniform in ±1/√inputSize at first, as
/// in PyTorch.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Linear<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="inputSize">Features of the input's last axis.</param>
    /// <param name="outputSize">Features of the result's last axis.</param>
    /// <param name="bias">Whether b is there.</param>
    /// <param name="weightInitializer">How the weight is drawn; PyTorch's scheme by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public Linear(int inputSize, int outputSize, bool bias = true, Initializer? weightInitializer = null)
    {
        Sizes.RequirePositive(nameof(Linear<>), nameof(inputSize), inputSize);
        Sizes.RequirePositive(nameof(Linear<>), nameof(outputSize), outputSize);
        InputSize = inputSize;
        OutputSize = outputSize;
        Initializer uniform = Initializer.Uniform(1 / Math.Sqrt(inputSize));
        Weight = AddParameter("weight", [outputSize, inputSize], weightInitializer ?? uniform);
        Bias = bias ? AddParameter("bias", [outputSize], uniform, decays: false) : null;
    }

    /// <summary>Features of the input.</summary>
    public int InputSize { get; }

    /// <inheritdoc/>
    public override int? OutputSize { get; }

    /// <summary>W, [outputSize, inputSize].</summary>
    public Parameter<T> Weight { get; }

    /// <summary>b, [outputSize], or null.</summary>
    public Parameter<T>? Bias { get; }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input's last axis is not inputSize.</exception>
    public override Variable<T> Forward(Variable<T> input)
    {
        Shape shape = input.Shape;
        if (shape.Rank == 0 || shape[^1] != InputSize)
        {
            Errors.Shape($"Linear: the input of shape {shape} needs {InputSize} features in its last axis. Pass inputSize: {(shape.Rank == 0 ? 1 : shape[^1])}, or project the input first.");
        }

        return input.Linear(Weight.On(input.Tape), Bias?.On(input.Tape));
    }
}
