using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>A vanilla recurrent network over sequences: the recurrence of <see cref="RnnCell{T}"/>. Elman 1990.</summary>
/// <remarks>
/// Layouts and states are those of <see cref="RecurrentLayer{T, TState}"/>. Parameters carry PyTorch's names and layouts:
/// <c>weight_ih_l0</c>, <c>weight_hh_l0</c>, <c>bias_ih_l0</c>, <c>bias_hh_l0</c> of <see cref="RnnCell{T}"/>, then
/// <c>…_l0_reverse</c>, <c>…_l1</c> and so on. A one-hot input (<c>tape.OneHot</c>) looks columns of the weight up.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Rnn<T> : RecurrentLayer<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state and the output.</param>
    /// <param name="numLayers">How many layers stand on top of each other.</param>
    /// <param name="nonlinearity">tanh or ReLU.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="batchFirst">Whether sequences are [batch, time, features].</param>
    /// <param name="dropout">The probability of dropout between layers.</param>
    /// <param name="bidirectional">Whether each layer reads in both directions; their outputs lie side by side.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a probability outside [0, 1].</exception>
    public Rnn(
        int inputSize,
        int hiddenSize,
        int numLayers = 1,
        Nonlinearity nonlinearity = Nonlinearity.Tanh,
        bool bias = true,
        bool batchFirst = false,
        double dropout = 0,
        bool bidirectional = false)
        : this(inputSize, hiddenSize, RecurrentOptions.Of(numLayers, bias, batchFirst, dropout, bidirectional), nonlinearity)
    {
    }

    /// <summary>Declares the layer with all options.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state and the output.</param>
    /// <param name="options">Layers, directions and the rest.</param>
    /// <param name="nonlinearity">tanh or ReLU.</param>
    /// <exception cref="ArgumentException">A size below 1, a probability outside [0, 1], or options that cannot be combined.</exception>
    [OverloadResolutionPriority(1)] // new() is an int, too
    public Rnn(int inputSize, int hiddenSize, RecurrentOptions options, Nonlinearity nonlinearity = Nonlinearity.Tanh)
        : base("Rnn", inputSize, options, place => new RnnCell<T>(place.Sizes(hiddenSize), nonlinearity)) => Nonlinearity = nonlinearity;

    /// <summary>The function between steps.</summary>
    public Nonlinearity Nonlinearity { get; }
}

/// <summary>A long short-term memory over sequences: the recurrence of <see cref="LstmCell{T}"/>. Hochreiter and Schmidhuber 1997.</summary>
/// <remarks>
/// Layouts and states are those of <see cref="RecurrentLayer{T, TState}"/>. Parameters carry PyTorch's names and layouts:
/// <c>weight_ih_l0</c>, <c>weight_hh_l0</c>, <c>bias_ih_l0</c>, <c>bias_hh_l0</c> of <see cref="LstmCell{T}"/>, then
/// <c>…_l0_reverse</c>, <c>…_l1</c> and so on; gates in the order i, f, g, o. A one-hot input (<c>tape.OneHot</c>) looks columns of the weight up.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Lstm<T> : RecurrentLayer<T, LstmState<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of c, and without a projection of h and the output.</param>
    /// <param name="numLayers">How many layers stand on top of each other.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="batchFirst">Whether sequences are [batch, time, features].</param>
    /// <param name="dropout">The probability of dropout between layers.</param>
    /// <param name="bidirectional">Whether each layer reads in both directions; their outputs lie side by side.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a probability outside [0, 1].</exception>
    public Lstm(
        int inputSize,
        int hiddenSize,
        int numLayers = 1,
        bool bias = true,
        bool batchFirst = false,
        double dropout = 0,
        bool bidirectional = false)
        : this(inputSize, hiddenSize, RecurrentOptions.Of(numLayers, bias, batchFirst, dropout, bidirectional))
    {
    }

    /// <summary>Declares the layer with all options.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of c, and without a projection of h and the output.</param>
    /// <param name="options">Layers, directions and the rest.</param>
    /// <param name="peephole">Whether the gates see c.</param>
    /// <param name="projectionSize">Features of h and the output; 0 for no projection.</param>
    /// <exception cref="ArgumentException">A size below 1, a probability outside [0, 1], or options that cannot be combined.</exception>
    [OverloadResolutionPriority(1)] // new() is an int, too
    public Lstm(int inputSize, int hiddenSize, RecurrentOptions options, bool peephole = false, int projectionSize = 0)
        : base("Lstm", inputSize, options, place => new LstmCell<T>(place.Sizes(hiddenSize), peephole, projectionSize))
    {
    }
}

/// <summary>A gated recurrent unit over sequences: the recurrence of <see cref="GruCell{T}"/>. Cho et al. 2014.</summary>
/// <remarks>
/// Layouts and states are those of <see cref="RecurrentLayer{T, TState}"/>. Parameters carry PyTorch's names and layouts:
/// <c>weight_ih_l0</c>, <c>weight_hh_l0</c>, <c>bias_ih_l0</c>, <c>bias_hh_l0</c> of <see cref="GruCell{T}"/>, then
/// <c>…_l0_reverse</c>, <c>…_l1</c> and so on; gates in the order r, z, n. A one-hot input (<c>tape.OneHot</c>) looks columns of the weight up.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Gru<T> : RecurrentLayer<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state and the output.</param>
    /// <param name="numLayers">How many layers stand on top of each other.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="batchFirst">Whether sequences are [batch, time, features].</param>
    /// <param name="dropout">The probability of dropout between layers.</param>
    /// <param name="bidirectional">Whether each layer reads in both directions; their outputs lie side by side.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a probability outside [0, 1].</exception>
    public Gru(
        int inputSize,
        int hiddenSize,
        int numLayers = 1,
        bool bias = true,
        bool batchFirst = false,
        double dropout = 0,
        bool bidirectional = false)
        : this(inputSize, hiddenSize, RecurrentOptions.Of(numLayers, bias, batchFirst, dropout, bidirectional))
    {
    }

    /// <summary>Declares the layer with all options.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state and the output.</param>
    /// <param name="options">Layers, directions and the rest.</param>
    /// <param name="resetAfter">Whether the reset gate is applied after the recurrent product, or to h before it.</param>
    /// <exception cref="ArgumentException">A size below 1, a probability outside [0, 1], or options that cannot be combined.</exception>
    [OverloadResolutionPriority(1)] // new() is an int, too
    public Gru(int inputSize, int hiddenSize, RecurrentOptions options, bool resetAfter = true)
        : base("Gru", inputSize, options, place => new GruCell<T>(place.Sizes(hiddenSize), resetAfter))
    {
    }
}
