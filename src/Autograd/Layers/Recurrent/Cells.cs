using System.Numerics;

namespace Autograd;

/// <summary>The parameters every cell of the three families has, under PyTorch's names and layouts.</summary>
/// <remarks>
/// <c>weight_ih</c> [gates · hidden, inputs], <c>weight_hh</c> [gates · hidden, hidden], and with bias <c>bias_ih</c> and
/// <c>bias_hh</c> [gates · hidden], all uniform in ±1/√hidden at first. Two biases are one too many; they are kept so that
/// weights can be exchanged. With layer normalization (Ba, Kiros and Hinton 2016) the products are normalized before the biases
/// are added, and scales γ, ones at first, come beside them.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state.</typeparam>
public abstract class GatedCell<T, TState> : RecurrentCell<T, TState>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private protected GatedCell(CellSizes sizes, int gates, int? recurrentSize = null)
    {
        Sizes.RequirePositive(Family, "inputSize", sizes.InputSize);
        Sizes.RequirePositive(Family, "hiddenSize", sizes.HiddenSize);
        (InputSize, HiddenSize, Suffix) = (sizes.InputSize, sizes.HiddenSize, sizes.Suffix);
        if ((long)gates * HiddenSize * Math.Max(InputSize, HiddenSize) > Array.MaxLength) Errors.OutOfRange("hiddenSize", HiddenSize, $"{Family}: {gates} gates of {HiddenSize:N0} units and {InputSize:N0} inputs make a weight of more than {Array.MaxLength:N0} numbers, which an array holds at most.");
        int rows = gates * HiddenSize;
        Uniform = Initializer.Uniform(1 / Math.Sqrt(HiddenSize));
        InputWeight = AddParameter("weight_ih" + Suffix, [rows, InputSize], Uniform);
        HiddenWeight = AddParameter("weight_hh" + Suffix, [rows, recurrentSize ?? HiddenSize], Uniform);
        InputBias = sizes.Bias ? AddParameter("bias_ih" + Suffix, [rows], Uniform, decays: false) : null;
        HiddenBias = sizes.Bias ? AddParameter("bias_hh" + Suffix, [rows], Uniform, decays: false) : null;
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

    /// <inheritdoc/>
    public override Parameter<T>? RecurrentWeight => HiddenWeight;

    /// <summary>What follows the names of the parameters in a layer: <c>_l0_reverse</c>.</summary>
    internal string Suffix { get; }

    private protected Initializer Uniform { get; }

    private string Family => GetType().Name.Split('`')[0];

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input or the state does not fit the cell.</exception>
    public sealed override TState Step(Variable<T> x, TState state) => Step(x, state, default);

    private protected CellWeights<T> WeightsOn(Tape<T> tape, SequenceNoise<T> noise) =>
        new(InputWeight.On(tape), noise.RecurrentWeight.IsNone ? HiddenWeight.On(tape) : noise.RecurrentWeight, InputBias?.On(tape), HiddenBias?.On(tape))
        {
            HiddenMask = noise.HiddenMask,
            Observer = Observer,
        };

    private protected void Check(Variable<T> x, Variable<T> part, int number)
    {
        Shape input = x.Shape, state = part.Shape;
        if (input.Rank != 2 || input[1] != InputSize)
        {
            Errors.Shape($"{Family}: the input has shape {input}; the cell was built with inputSize {InputSize} and takes [batch, {InputSize}].");
        }

        if (state.Rank != 2 || state[1] != PartSize(number) || state[0] != input[0])
        {
            Errors.Shape($"{Family}: the state has shape {state}; for the input of shape {input} it must be [{input[0]}, {PartSize(number)}].");
        }
    }

    private protected Parameter<T> AddScale(string name, int size) => AddParameter(name + Suffix, [size], Initializer.Ones, decays: false);
}

/// <summary>What cells are made of.</summary>
/// <param name="InputSize">Features of the input.</param>
/// <param name="HiddenSize">Features of the state.</param>
/// <param name="Bias">Whether there are biases.</param>
/// <param name="LayerNorm">Whether sums are normalized.</param>
/// <param name="Suffix">What follows the names of the parameters.</param>
internal readonly record struct CellSizes(int InputSize, int HiddenSize, bool Bias, bool LayerNorm, string Suffix);

/// <summary>h' = tanh(W x + b + V h + d), or with max(0, ·) in place of tanh. Elman 1990.</summary>
/// <remarks>With layer normalization: h' = tanh(γ ⊙ normalized(W x + V h) + b + d), γ under the name <c>norm</c> [hidden].</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class RnnCell<T> : GatedCell<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the cell.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="nonlinearity">tanh or ReLU.</param>
    /// <param name="layerNorm">Whether the sum is normalized.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public RnnCell(int inputSize, int hiddenSize, bool bias = true, Nonlinearity nonlinearity = Nonlinearity.Tanh, bool layerNorm = false)
        : this(new(inputSize, hiddenSize, bias, layerNorm, string.Empty), nonlinearity)
    {
    }

    internal RnnCell(CellSizes sizes, Nonlinearity nonlinearity)
        : base(sizes, gates: 1)
    {
        if (!Enum.IsDefined(nonlinearity)) Errors.OutOfRange(nameof(nonlinearity), nonlinearity, $"RnnCell: there is no nonlinearity {nonlinearity}.");
        Nonlinearity = nonlinearity;
        if (sizes.LayerNorm) Norm = AddScale("norm", HiddenSize);
    }

    /// <summary>The function between steps.</summary>
    public Nonlinearity Nonlinearity { get; }

    /// <summary>γ, [hidden], or null.</summary>
    public Parameter<T>? Norm { get; }

    internal override bool IsFused => Norm is null;

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input or the state does not fit the cell.</exception>
    public override Hidden<T> Step(Variable<T> x, Hidden<T> state, SequenceNoise<T> noise)
    {
        Check(x, state.H, 0);
        Variable<T> h = CellEquations.Rnn(x, state.H, WeightsOn(x.Tape, noise) with { InputNorm = Norm?.On(x.Tape) }, Nonlinearity);
        if (Nonlinearity == Nonlinearity.Relu) ShowGate("h", h, 0, double.PositiveInfinity);
        else ShowGate("h", h, -1);
        return new(h);
    }

    internal override (Variable<T> Outputs, Hidden<T> State) RunFused(Variable<T> input, Hidden<T> state, SequenceNoise<T> noise, SequencePath<T> path)
    {
        SequenceResult<T> result = SequenceOperation<T>.Rnn(WeightsOn(input.Tape, noise), Nonlinearity, input, state.H, path);
        return (result.Outputs, new(result.H));
    }
}

/// <summary>
/// i = σ(W_i x + V_i h), f = σ(W_f x + V_f h), g = tanh(W_g x + V_g h), o = σ(W_o x + V_o h), each with biases;
/// c' = f ⊙ c + i ⊙ g; h' = o ⊙ tanh(c'). Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
/// </summary>
/// <remarks>
/// The rows of the weights are the gates in the order i, f, g, o. With peepholes (Gers and Schmidhuber 2000) p_i ⊙ c, p_f ⊙ c
/// and p_o ⊙ c' are added in the gates, p under the name <c>weight_peephole</c> [3 · hidden]. With a projection (Sak, Senior and
/// Beaufays 2014) h' = R (o ⊙ tanh(c')), R under the name <c>weight_hr</c> [projection, hidden]. With layer normalization
/// W x and V h are normalized over all gates together, and c' within tanh: γ under the names <c>norm_ih</c>, <c>norm_hh</c>
/// [4 · hidden] and <c>norm_c</c> [hidden], the shift of the last <c>bias_c</c>.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class LstmCell<T> : GatedCell<T, LstmState<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the cell.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of c, and without a projection of h.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="peephole">Whether the gates see c.</param>
    /// <param name="projectionSize">Features of h; 0 for no projection.</param>
    /// <param name="layerNorm">Whether the sums are normalized.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a projection to hiddenSize features or more.</exception>
    public LstmCell(int inputSize, int hiddenSize, bool bias = true, bool peephole = false, int projectionSize = 0, bool layerNorm = false)
        : this(new(inputSize, hiddenSize, bias, layerNorm, string.Empty), peephole, projectionSize)
    {
    }

    internal LstmCell(CellSizes sizes, bool peephole, int projectionSize)
        : base(sizes, gates: 4, projectionSize > 0 ? projectionSize : null)
    {
        if (projectionSize < 0 || projectionSize >= HiddenSize)
        {
            Errors.OutOfRange(nameof(projectionSize), projectionSize, $"LstmCell: projectionSize is 0 for none, or from 1 to below hiddenSize {HiddenSize}, not {projectionSize}.");
        }

        if (projectionSize > 0) Projection = AddParameter("weight_hr" + Suffix, [projectionSize, HiddenSize], Uniform);
        if (peephole) Peephole = AddParameter("weight_peephole" + Suffix, [checked(3 * HiddenSize)], Uniform);
        if (!sizes.LayerNorm) return;
        InputNorm = AddScale("norm_ih", 4 * HiddenSize);
        HiddenNorm = AddScale("norm_hh", 4 * HiddenSize);
        CellNorm = AddScale("norm_c", HiddenSize);
        if (sizes.Bias) CellNormBias = AddParameter("bias_c" + Suffix, [HiddenSize], Initializer.Zeros, decays: false);
    }

    /// <summary><c>weight_hr</c>, [projection, hidden], or null.</summary>
    public Parameter<T>? Projection { get; }

    /// <summary><c>weight_peephole</c>, [3 · hidden] for the gates i, f, o, or null.</summary>
    public Parameter<T>? Peephole { get; }

    /// <summary>The scale of the normalized W x, [4 · hidden], or null.</summary>
    public Parameter<T>? InputNorm { get; }

    /// <summary>The scale of the normalized V h, [4 · hidden], or null.</summary>
    public Parameter<T>? HiddenNorm { get; }

    /// <summary>The scale of the normalized c', [hidden], or null.</summary>
    public Parameter<T>? CellNorm { get; }

    /// <summary>The shift of the normalized c', [hidden], or null.</summary>
    public Parameter<T>? CellNormBias { get; }

    internal override bool IsFused => Projection is null && Peephole is null && InputNorm is null;

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input or the state does not fit the cell.</exception>
    public override LstmState<T> Step(Variable<T> x, LstmState<T> state, SequenceNoise<T> noise)
    {
        Check(x, state.H, 0);
        Check(x, state.C, 1);
        Tape<T> tape = x.Tape;
        CellWeights<T> weights = WeightsOn(tape, noise) with
        {
            Projection = Projection?.On(tape),
            Peephole = Peephole?.On(tape),
            InputNorm = InputNorm?.On(tape),
            HiddenNorm = HiddenNorm?.On(tape),
            CellNorm = CellNorm?.On(tape),
            CellNormBias = CellNormBias?.On(tape),
        };
        (Variable<T> h, Variable<T> c) = CellEquations.Lstm(x, state.H, state.C, weights);
        return new(h, c);
    }

    /// <inheritdoc/>
    protected internal override int PartSize(int part) => part == 0 && Projection is not null ? Projection.Shape[0] : HiddenSize;

    internal override (Variable<T> Outputs, LstmState<T> State) RunFused(Variable<T> input, LstmState<T> state, SequenceNoise<T> noise, SequencePath<T> path)
    {
        SequenceResult<T> result = SequenceOperation<T>.Lstm(WeightsOn(input.Tape, noise), input, state.H, state.C, path);
        return (result.Outputs, new(result.H, result.C));
    }
}

/// <summary>
/// r = σ(W_r x + V_r h), z = σ(W_z x + V_z h), n = tanh(W_n x + r ⊙ (V_n h)), each with biases, that of V_n inside the
/// product with r; h' = (1 − z) ⊙ n + z ⊙ h. Cho et al. 2014, with the reset gate after the product as in cuDNN and PyTorch.
/// </summary>
/// <remarks>
/// The rows of the weights are the gates in the order r, z, n. With the reset gate before the product, as in the paper,
/// n = tanh(W_n x + V_n (r ⊙ h)). With layer normalization W x and V h are normalized, r and z together and n by itself: γ under
/// the names <c>norm_ih</c>, <c>norm_hh</c> [3 · hidden].
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class GruCell<T> : GatedCell<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the cell.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="hiddenSize">Features of the state.</param>
    /// <param name="bias">Whether there are biases.</param>
    /// <param name="resetAfter">Whether the reset gate is applied after the recurrent product, or to h before it.</param>
    /// <param name="layerNorm">Whether the sums are normalized.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public GruCell(int inputSize, int hiddenSize, bool bias = true, bool resetAfter = true, bool layerNorm = false)
        : this(new(inputSize, hiddenSize, bias, layerNorm, string.Empty), resetAfter)
    {
    }

    internal GruCell(CellSizes sizes, bool resetAfter)
        : base(sizes, gates: 3)
    {
        ResetAfter = resetAfter;
        if (!sizes.LayerNorm) return;
        InputNorm = AddScale("norm_ih", 3 * HiddenSize);
        HiddenNorm = AddScale("norm_hh", 3 * HiddenSize);
    }

    /// <summary>Whether the reset gate is applied after the recurrent product.</summary>
    public bool ResetAfter { get; }

    /// <summary>The scale of the normalized W x, [3 · hidden], or null.</summary>
    public Parameter<T>? InputNorm { get; }

    /// <summary>The scale of the normalized V h, [3 · hidden], or null.</summary>
    public Parameter<T>? HiddenNorm { get; }

    internal override bool IsFused => ResetAfter && InputNorm is null;

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input or the state does not fit the cell.</exception>
    public override Hidden<T> Step(Variable<T> x, Hidden<T> state, SequenceNoise<T> noise)
    {
        Check(x, state.H, 0);
        CellWeights<T> weights = WeightsOn(x.Tape, noise) with { InputNorm = InputNorm?.On(x.Tape), HiddenNorm = HiddenNorm?.On(x.Tape) };
        return new(CellEquations.Gru(x, state.H, weights, ResetAfter));
    }

    internal override (Variable<T> Outputs, Hidden<T> State) RunFused(Variable<T> input, Hidden<T> state, SequenceNoise<T> noise, SequencePath<T> path)
    {
        SequenceResult<T> result = SequenceOperation<T>.Gru(WeightsOn(input.Tape, noise), input, state.H, path);
        return (result.Outputs, new(result.H));
    }
}
