using System.Numerics;

namespace Autograd;

/// <summary>The parameters every cell of the three families has, under PyTorch's names and layouts.</summary>
/// <remarks>
/// <c>weight_ih</c> [gates · hidden, inputs], <c>weight_hh</c> [gates · hidden, hidden], and with bias <c>bias_ih</c> and
/// <c>bias_hh</c> [gates · hidden], all uniform in ±1/√hidden at first. Two biases are one too many; they are kept so that
/// weights can be exchanged.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state.</typeparam>
public abstract class GatedCell<T, TState> : RecurrentCell<T, TState>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private protected GatedCell(int gates, int inputSize, int hiddenSize, bool bias)
    {
        Sizes.RequirePositive(GetType().Name, nameof(inputSize), inputSize);
        Sizes.RequirePositive(GetType().Name, nameof(hiddenSize), hiddenSize);
        InputSize = inputSize;
        HiddenSize = hiddenSize;
        int rows = checked(gates * hiddenSize);
        Initializer uniform = Initializer.Uniform(1 / Math.Sqrt(hiddenSize));
        InputWeight = AddParameter("weight_ih", [rows, inputSize], uniform);
        HiddenWeight = AddParameter("weight_hh", [rows, hiddenSize], uniform);
        InputBias = bias ? AddParameter("bias_ih", [rows], uniform, decays: false) : null;
        HiddenBias = bias ? AddParameter("bias_hh", [rows], uniform, decays: false) : null;
    }

    /// <summary>Features of the input.</summary>
    public int InputSize { get; }

    /// <inheritdoc/>
    public override int HiddenSize { get; }

    /// <summary><c>weight_ih</c>, [gates · hidden, inputs].</summary>
    public Parameter<T> InputWeight { get; }

    /// <summary><c>weight_hh</c>, [gates · hidden, hidden].</summary>
    public Parameter<T> HiddenWeight { get; }

    /// <summary><c>bias_ih</c>, [gates · hidden], or null.</summary>
    public Parameter<T>? InputBias { get; }

    /// <summary><c>bias_hh</c>, [gates · hidden], or null.</summary>
    public Parameter<T>? HiddenBias { get; }

    private protected CellWeights<T> WeightsOn(Tape<T> tape) =>
        new(InputWeight.On(tape), HiddenWeight.On(tape), InputBias?.On(tape), HiddenBias?.On(tape));

    private protected void Check(Variable<T> x, Variable<T> h)
    {
        Shape input = x.Shape, state = h.Shape;
        if (input.Rank != 2 || input[1] != InputSize)
        {
            Errors.Shape($"{Family}: the input has shape {input}; the cell was built with inputSize {InputSize} and takes [batch, {InputSize}].");
        }

        if (state.Rank != 2 || state[1] != HiddenSize || state[0] != input[0])
        {
            Errors.Shape($"{Family}: the state has shape {state}; for the input of shape {input} it must be [{input[0]}, {HiddenSize}].");
        }
    }

    private string Family => GetType().Name.Split('`')[0];
}

/// <summary>h' = tanh(W x + b + V h + d), or with max(0, ·) in place of tanh. Elman 1990.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class RnnCell<T> : GatedCell<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the cell.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="nonlinearity">tanh or ReLU.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public RnnCell(int inputSize, int hiddenSize, bool bias = true, Nonlinearity nonlinearity = Nonlinearity.Tanh)
        : base(1, inputSize, hiddenSize, bias) => Nonlinearity = nonlinearity;

    /// <summary>The function between steps.</summary>
    public Nonlinearity Nonlinearity { get; }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input or the state does not fit the cell.</exception>
    public override Hidden<T> Step(Variable<T> x, Hidden<T> state)
    {
        Check(x, state.H);
        return new(CellEquations.Rnn(x, state.H, WeightsOn(x.Tape), Nonlinearity));
    }
}

/// <summary>
/// i = σ(W_i x + V_i h), f = σ(W_f x + V_f h), g = tanh(W_g x + V_g h), o = σ(W_o x + V_o h), each with biases;
/// c' = f ⊙ c + i ⊙ g; h' = o ⊙ tanh(c'). Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
/// </summary>
/// <remarks>The rows of the weights are the gates in the order i, f, g, o.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class LstmCell<T> : GatedCell<T, LstmState<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the cell.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of each part of the state.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public LstmCell(int inputSize, int hiddenSize, bool bias = true)
        : base(4, inputSize, hiddenSize, bias)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input or the state does not fit the cell.</exception>
    public override LstmState<T> Step(Variable<T> x, LstmState<T> state)
    {
        Check(x, state.H);
        Check(x, state.C);
        (Variable<T> h, Variable<T> c) = CellEquations.Lstm(x, state.H, state.C, WeightsOn(x.Tape));
        return new(h, c);
    }
}

/// <summary>
/// r = σ(W_r x + V_r h), z = σ(W_z x + V_z h), n = tanh(W_n x + r ⊙ (V_n h)), each with biases, that of V_n inside the
/// product with r; h' = (1 − z) ⊙ n + z ⊙ h. Cho et al. 2014, with the reset gate after the product as in cuDNN and PyTorch.
/// </summary>
/// <remarks>The rows of the weights are the gates in the order r, z, n.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class GruCell<T> : GatedCell<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the cell.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public GruCell(int inputSize, int hiddenSize, bool bias = true)
        : base(3, inputSize, hiddenSize, bias)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input or the state does not fit the cell.</exception>
    public override Hidden<T> Step(Variable<T> x, Hidden<T> state)
    {
        Check(x, state.H);
        return new(CellEquations.Gru(x, state.H, WeightsOn(x.Tape)));
    }
}
