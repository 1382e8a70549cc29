using System.Numerics;

namespace Autograd;

/// <summary>A vanilla recurrent network over sequences: the recurrence of <see cref="RnnCell{T}"/>. Elman 1990.</summary>
/// <remarks>Layouts, parameters and states are those of <see cref="RecurrentLayer{T, TState}"/>.</remarks>
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
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a probability outside [0, 1].</exception>
    public Rnn(
        int inputSize,
        int hiddenSize,
        int numLayers = 1,
        Nonlinearity nonlinearity = Nonlinearity.Tanh,
        bool bias = true,
        bool batchFirst = false,
        double dropout = 0)
        : base(1, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout) => Nonlinearity = nonlinearity;

    /// <summary>The function between steps.</summary>
    public Nonlinearity Nonlinearity { get; }

    private protected override (Variable<T> Outputs, Hidden<T> State) Run(Variable<T> input, CellWeights<T> weights, Hidden<T> state)
    {
        SequenceResult<T> result = SequenceOperation<T>.Rnn(input, weights, state.H, Nonlinearity);
        return (result.Outputs, new(result.H));
    }
}

/// <summary>A long short-term memory over sequences: the recurrence of <see cref="LstmCell{T}"/>. Hochreiter and Schmidhuber 1997.</summary>
/// <remarks>Layouts, parameters and states are those of <see cref="RecurrentLayer{T, TState}"/>; gates in the order i, f, g, o.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Lstm<T> : RecurrentLayer<T, LstmState<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of each part of the state, and of the output.</param>
    /// <param name="numLayers">How many layers stand on top of each other.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="batchFirst">Whether sequences are [batch, time, features].</param>
    /// <param name="dropout">The probability of dropout between layers.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a probability outside [0, 1].</exception>
    public Lstm(int inputSize, int hiddenSize, int numLayers = 1, bool bias = true, bool batchFirst = false, double dropout = 0)
        : base(4, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout)
    {
    }

    private protected override (Variable<T> Outputs, LstmState<T> State) Run(Variable<T> input, CellWeights<T> weights, LstmState<T> state)
    {
        SequenceResult<T> result = SequenceOperation<T>.Lstm(input, weights, state.H, state.C);
        return (result.Outputs, new(result.H, result.C));
    }
}

/// <summary>A gated recurrent unit over sequences: the recurrence of <see cref="GruCell{T}"/>. Cho et al. 2014.</summary>
/// <remarks>Layouts, parameters and states are those of <see cref="RecurrentLayer{T, TState}"/>; gates in the order r, z, n.</remarks>
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
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a probability outside [0, 1].</exception>
    public Gru(int inputSize, int hiddenSize, int numLayers = 1, bool bias = true, bool batchFirst = false, double dropout = 0)
        : base(3, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout)
    {
    }

    private protected override (Variable<T> Outputs, Hidden<T> State) Run(Variable<T> input, CellWeights<T> weights, Hidden<T> state)
    {
        SequenceResult<T> result = SequenceOperation<T>.Gru(input, weights, state.H);
        return (result.Outputs, new(result.H));
    }
}
