using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace Autograd;

/// <summary>
/// Layers of one kind of recurrence, each over a whole sequence in one sweep: what <see cref="Rnn{T}"/>,
/// <see cref="Lstm{T}"/> and <see cref="Gru{T}"/> share.
/// </summary>
/// <remarks>
/// The sequence is [time, batch, features], or [batch, time, features] with <c>batchFirst</c>, in and out. States are always
/// [layers, batch, hidden]. Parameters carry PyTorch's names and layouts: <c>weight_ih_l0</c> [gates · hidden, inputs],
/// <c>weight_hh_l0</c> [gates · hidden, hidden], <c>bias_ih_l0</c>, <c>bias_hh_l0</c> [gates · hidden], and so on for each
/// layer, all uniform in ±1/√hidden at first. A one-hot input (<c>tape.OneHot</c>) looks columns of the weight up.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state.</typeparam>
public abstract class RecurrentLayer<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly Weights[] _weights;
    private readonly Dropout<T>? _dropout;
    private readonly string _family;

    private protected RecurrentLayer(int gates, int inputSize, int hiddenSize, int numLayers, bool bias, bool batchFirst, double dropout)
    {
        _family = GetType().Name.Split('`')[0];
        Sizes.RequirePositive(_family, nameof(inputSize), inputSize);
        Sizes.RequirePositive(_family, nameof(hiddenSize), hiddenSize);
        Sizes.RequirePositive(_family, nameof(numLayers), numLayers);
        InputSize = inputSize;
        HiddenSize = hiddenSize;
        NumLayers = numLayers;
        BatchFirst = batchFirst;
        Initializer uniform = Initializer.Uniform(1 / Math.Sqrt(hiddenSize));
        int rows = checked(gates * hiddenSize);
        _weights = new Weights[numLayers];
        for (int layer = 0; layer < numLayers; layer++)
        {
            string suffix = string.Create(CultureInfo.InvariantCulture, $"_l{layer}");
            _weights[layer] = new(
                AddParameter("weight_ih" + suffix, [rows, layer == 0 ? inputSize : hiddenSize], uniform),
                AddParameter("weight_hh" + suffix, [rows, hiddenSize], uniform),
                bias ? AddParameter("bias_ih" + suffix, [rows], uniform, decays: false) : null,
                bias ? AddParameter("bias_hh" + suffix, [rows], uniform, decays: false) : null);
        }

        Dropout<T> between = new(dropout);
        if (dropout > 0 && numLayers > 1) _dropout = AddModule("dropout", between);
    }

    /// <summary>Features of the input.</summary>
    public int InputSize { get; }

    /// <summary>Features of the state, and of the output.</summary>
    public int HiddenSize { get; }

    /// <summary>The number of layers, each reading the outputs of the one before.</summary>
    public int NumLayers { get; }

    /// <summary>Whether sequences are [batch, time, features].</summary>
    public bool BatchFirst { get; }

    /// <inheritdoc/>
    public override int? OutputSize => HiddenSize;

    /// <summary>A state of zeros, [layers, batch, hidden] for each part.</summary>
    public TState ZeroState(Tape<T> tape, int batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ZeroParts<T> zeros = new(tape, [NumLayers, batch, HiddenSize]);
        return default(TState).Map(ref zeros);
    }

    /// <summary>Runs over a sequence from a state of zeros.</summary>
    /// <inheritdoc cref="Forward(Variable{T}, TState)"/>
    public (Variable<T> Outputs, TState State) Forward(Variable<T> input) => Forward(input, default);

    /// <summary>Runs over a sequence.</summary>
    /// <param name="input">The sequence, [time, batch, features]; [batch, time, features] with batchFirst.</param>
    /// <param name="state">The state before the first step, each part [layers, batch, hidden]; <c>default</c> for zeros.</param>
    /// <returns>The outputs of all steps of the last layer, in the layout of the input, and the state after the last step of each layer.</returns>
    /// <exception cref="ShapeException">The input or the state does not fit the layer.</exception>
    public (Variable<T> Outputs, TState State) Forward(Variable<T> input, TState state)
    {
        Shape shape = input.Shape;
        if (shape.Rank != 3 || shape[2] != InputSize) RefuseInput(shape);
        CheckParts check = new(this, [NumLayers, shape[BatchFirst ? 0 : 1], HiddenSize]);
        state.Map(ref check);
        Variable<T> sequence = BatchFirst ? input.Transpose(0, 1) : input;
        TState[] states = ArrayPool<TState>.Shared.Rent(NumLayers);
        try
        {
            for (int layer = 0; layer < NumLayers; layer++)
            {
                if (layer > 0 && _dropout is not null) sequence = _dropout.Forward(sequence);
                LayerParts part = new(layer);
                (sequence, states[layer]) = Run(sequence, _weights[layer].On(input.Tape), state.Map(ref part));
            }

            StackParts stack = new(states.AsSpan(0, NumLayers));
            return (BatchFirst ? sequence.Transpose(0, 1) : sequence, states[0].Map(ref stack));
        }
        finally
        {
            ArrayPool<TState>.Shared.Return(states, clearArray: true);
        }
    }

    /// <summary>One layer over [time, batch, features], from a state [batch, hidden] of each part, or none.</summary>
    private protected abstract (Variable<T> Outputs, TState State) Run(Variable<T> input, CellWeights<T> weights, TState state);

    private void RefuseInput(Shape shape)
    {
        if (shape.Rank != 3)
        {
            Errors.Shape($"{_family}: the input has shape {shape}; it needs three axes, {(BatchFirst ? "[batch, time, features]" : "[time, batch, features]")}.");
        }

        Errors.Shape($"{_family}: input has {shape[2]} features but the layer was built with inputSize {InputSize} (input is {shape}). Pass inputSize: {shape[2]}, or project the input first.");
    }

    private readonly record struct Weights(Parameter<T> Input, Parameter<T> Hidden, Parameter<T>? InputBias, Parameter<T>? HiddenBias)
    {
        public CellWeights<T> On(Tape<T> tape) => new(Input.On(tape), Hidden.On(tape), InputBias?.On(tape), HiddenBias?.On(tape));
    }

    private readonly struct CheckParts(RecurrentLayer<T, TState> layer, Shape wanted) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable)
        {
            if (!variable.IsNone && variable.Shape != wanted)
            {
                Errors.Shape($"{layer._family}: the state has shape {variable.Shape}; it must be {wanted}, [layers, batch, hidden].");
            }

            return variable;
        }
    }

    /// <summary>The part of one layer of a state, without the axis of layers.</summary>
    private readonly struct LayerParts(int layer) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable) => variable.IsNone ? variable : variable[layer];
    }

    /// <summary>Puts the states of all layers on top of each other, part by part.</summary>
    private ref struct StackParts(ReadOnlySpan<TState> states) : IVariableMap<T>
    {
        private readonly ReadOnlySpan<TState> _states = states;
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            int part = _part++;
            if (_states.Length == 1) return variable.Unsqueeze(0);
            Variable<T>[] layers = ArrayPool<Variable<T>>.Shared.Rent(_states.Length);
            try
            {
                for (int layer = 0; layer < _states.Length; layer++)
                {
                    PartAt at = new(part);
                    _states[layer].Map(ref at);
                    layers[layer] = at.Found;
                }

                return Variable.Stack<T>(layers.AsSpan(0, _states.Length));
            }
            finally
            {
                ArrayPool<Variable<T>>.Shared.Return(layers, clearArray: true);
            }
        }
    }

    private struct PartAt(int part) : IVariableMap<T>
    {
        private int _next;

        public Variable<T> Found { get; private set; }

        public Variable<T> Apply(Variable<T> variable)
        {
            if (_next++ == part) Found = variable;
            return variable;
        }
    }
}
