using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace Autograd;

/// <summary>
/// Layers of one kind of recurrence over whole sequences, in one or both directions: what <see cref="Rnn{T}"/>,
/// <see cref="Lstm{T}"/>, <see cref="Gru{T}"/> and <see cref="Recurrent{T, TState}"/> over a cell of one's own share.
/// </summary>
/// <remarks>
/// The sequence is [time, batch, features], or [batch, time, features] with <c>BatchFirst</c>, in and out. States are always
/// [layers × directions, batch, hidden], layer 0 forward, layer 0 reverse, layer 1 forward and so on. A batch of sequences of
/// several lengths is padded; <c>lengths</c> or a <c>mask</c> say which steps are real: at the others a row keeps its state, its
/// output is 0, and what stands in the input, NaN included, has no effect. A plain RNN, LSTM or GRU runs as one node a layer and
/// direction; its variants and other cells record the nodes of one step for each step, and a few more for masks and zoneout.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state.</typeparam>
public abstract partial class RecurrentLayer<T, TState> : SequenceLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly RecurrentCell<T, TState>[] _cells;
    private readonly Parameter<T>[] _initialState = [];
    private readonly Dropout<T> _dropout, _inputDropout, _recurrentDropout, _weightDrop, _zoneout, _cellZoneout;
    private readonly string _family;

    private protected RecurrentLayer(string family, int? inputSize, RecurrentOptions options, Func<CellPlace, RecurrentCell<T, TState>> make)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check(family);
        if (inputSize is { } features) Sizes.RequirePositive(family, nameof(inputSize), features);
        (_family, InputSize, Options) = (family, inputSize.GetValueOrDefault(), options);
        _cells = new RecurrentCell<T, TState>[options.NumLayers * options.Directions];
        _measured = new Measured?[_cells.Length];
        for (int index = 0; index < _cells.Length; index++)
        {
            bool isReverse = index % options.Directions == 1;
            string suffix = string.Create(CultureInfo.InvariantCulture, $"_l{index / options.Directions}{(isReverse ? "_reverse" : string.Empty)}");
            _cells[index] = make(new CellPlace(this, index < options.Directions ? InputSize : OutputSizeOf(_cells[0]), suffix));
            if (_cells[index] is GatedCell<T, TState> { Suffix.Length: > 0 }) Adopt(_cells[index]); // its parameters' names say where it stands
            else AddModule(_cells.Length == 1 ? "cell" : "cell" + suffix, _cells[index]);
            if (index > 0 && _cells[index].OutputSize != _cells[0].OutputSize)
            {
                Errors.Argument($"{family}: the cells give {_cells[0].OutputSize} and {_cells[index].OutputSize} features; all must give as many. Use the features the function is given as input size alone.");
            }

            if (options.WeightDrop > 0 && _cells[index].RecurrentWeight is null)
            {
                Errors.Argument($"{family}: WeightDrop was asked for, but {_cells[index].GetType().Name} does not say which of its weights is recurrent. Override RecurrentWeight, or leave WeightDrop out.");
            }
        }

        if (options.CellZoneout > 0 && CountParts() == 1) Errors.Argument($"{family}: CellZoneout was asked for, but the state has one part, which Zoneout is for. Set Zoneout, or use a cell with more parts, such as an LSTM's.");
        if (options.LearnInitialState) _initialState = [.. Enumerable.Range(0, CountParts()).Select(AddInitialState)];

        // Modules of their own, so that each draws from a stream of its own.
        _dropout = AddModule("dropout", new Dropout<T>(options.Dropout));
        _inputDropout = AddModule("input_dropout", new Dropout<T>(options.InputDropout));
        _recurrentDropout = AddModule("recurrent_dropout", new Dropout<T>(options.RecurrentDropout));
        _weightDrop = AddModule("weight_drop", new Dropout<T>(options.WeightDrop));
        _zoneout = AddModule("zoneout", new Dropout<T>(options.Zoneout));
        _cellZoneout = AddModule("cell_zoneout", new Dropout<T>(options.CellZoneout));
    }

    /// <inheritdoc/>
    public override GradientFlow<T>? GradientFlow { get; set; }

    /// <summary>What the layer was made with.</summary>
    public RecurrentOptions Options { get; }

    /// <summary>The cells, layer by layer, forward before reverse.</summary>
    public IReadOnlyList<RecurrentCell<T, TState>> Cells => _cells;

    /// <summary>Features of the input; 0 if the cell alone knows.</summary>
    public override int InputSize { get; }

    /// <summary>Features of the state.</summary>
    public int HiddenSize => _cells[0].HiddenSize;

    /// <summary>The number of layers, each reading the outputs of the one before.</summary>
    public int NumLayers => Options.NumLayers;

    /// <summary>Whether sequences are [batch, time, features].</summary>
    public bool BatchFirst => Options.BatchFirst;

    /// <inheritdoc/>
    public override int? OutputSize => OutputSizeOf(_cells[0]);

    /// <summary>A state of zeros, [layers × directions, batch, hidden] for each part.</summary>
    public TState ZeroState(Tape<T> tape, int batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ZeroParts zeros = new(_cells.Length);
        return _cells[0].ZeroState(tape, batch).Map(ref zeros);
    }

    /// <summary>Runs over a sequence.</summary>
    /// <param name="input">The sequence, [time, batch, features]; [batch, time, features] with BatchFirst. Either of the first two may be 0.</param>
    /// <param name="state">The state before the first step, each part [layers × directions, batch, hidden]; <c>default</c> for zeros, or for the learned one.</param>
    /// <param name="lengths">The real steps of each sequence, [batch], in any order, each from 1 to time; null if all are real.</param>
    /// <param name="mask">In place of lengths: which steps are real, [time, batch] ([batch, time] with BatchFirst), at least one of each sequence.</param>
    /// <returns>
    /// The outputs of all steps of the last layer, in the layout of the input, 0 at steps that are not real; and the state of each
    /// layer and direction after its last real step.
    /// </returns>
    /// <exception cref="ShapeException">The input, the state, the lengths or the mask do not fit.</exception>
    /// <exception cref="ArgumentException">A length is out of range, a mask is false for a whole sequence, or both are given.</exception>
    /// <exception cref="InvalidOperationException">The state is of another tape or was taken back.</exception>
    public (Variable<T> Outputs, TState State) Forward(Variable<T> input, TState state = default, Tensor<int>? lengths = null, Tensor<bool>? mask = null) =>
        Run(input, state, lengths, mask, []);

    /// <inheritdoc/>
    public override Variable<T> Outputs(Variable<T> input, Tensor<int>? lengths = null, Tensor<bool>? mask = null) =>
        Run(input, default, lengths, mask, []).Outputs;

    /// <summary>As <see cref="Forward"/>, with the states of all steps; always runs step by step.</summary>
    /// <param name="input">The sequence, as for <see cref="Forward"/>.</param>
    /// <param name="state">The state before the first step.</param>
    /// <param name="lengths">The real steps of each sequence.</param>
    /// <param name="mask">In place of lengths: which steps are real.</param>
    /// <returns>
    /// Outputs and last state as of <see cref="Forward"/>, and the state after each step, each part [layers × directions, time,
    /// batch, hidden] whatever BatchFirst says; at a step that is not real it is the state that was kept.
    /// </returns>
    /// <inheritdoc cref="Forward"/>
    public (Variable<T> Outputs, TState State, TState Steps) ForwardAll(Variable<T> input, TState state = default, Tensor<int>? lengths = null, Tensor<bool>? mask = null)
    {
        TState[] steps = ArrayPool<TState>.Shared.Rent(_cells.Length);
        try
        {
            (Variable<T> outputs, TState last) = Run(input, state, lengths, mask, steps.AsSpan(0, _cells.Length));
            return (outputs, last, Stack(steps.AsSpan(0, _cells.Length)));
        }
        finally
        {
            ArrayPool<TState>.Shared.Return(steps, clearArray: true);
        }
    }

    /// <summary>All layers; what each step leaves is put into <paramref name="steps"/> if there is room for it.</summary>
    private (Variable<T> Outputs, TState State) Run(
        Variable<T> input, TState state, Tensor<int>? lengths, Tensor<bool>? mask, Span<TState> steps, bool keepsOutputs = true)
    {
        Shape shape = input.Shape;
        if (shape.Rank != 3 || (InputSize > 0 && shape[2] != InputSize)) RefuseInput(shape);
        Tape<T> tape = input.Tape;
        (int time, int batch) = BatchFirst ? (shape[1], shape[0]) : (shape[0], shape[1]);
        Variable<T> valid = ValidSteps.On(tape, _family, time, batch, lengths, mask, BatchFirst);
        state = Initial(tape, state, batch);
        GradientFlow?.Begin(this, _family, Options.Direction);
        Variable<T> sequence = BatchFirst ? input.Transpose(0, 1) : input;

        // Whatever stands in the padding is cut off before it meets a weight; one-hot rows are finite anyway.
        if (tape.DeferredOperation(sequence.Index) is null) sequence = ValidSteps.Kept(valid, sequence);
        int directions = Options.Directions;
        TState[] states = ArrayPool<TState>.Shared.Rent(_cells.Length);
        try
        {
            for (int layer = 0; layer < NumLayers; layer++)
            {
                if (layer > 0) sequence = _dropout.Forward(sequence);
                sequence = Varied(sequence, _inputDropout);
                bool keeps = keepsOutputs || layer < NumLayers - 1;
                Variable<T> first = default, second = default;
                for (int direction = 0; direction < directions; direction++)
                {
                    int index = (layer * directions) + direction;
                    SequencePath<T> path = new(valid, Options.Direction == RecurrentDirection.Reverse || direction == 1);
                    LayerParts part = new(index);
                    (Variable<T> outputs, states[index]) = RunDirection(index, sequence, state.Map(ref part), path, steps, keeps);
                    if (direction == 0) first = outputs;
                    else second = outputs;
                }

                if (keeps) sequence = directions == 1 ? first : Merged(first, second);
            }

            if (time > 0) GradientFlow?.End(Array.ConvertAll(states[(_cells.Length - directions).._cells.Length], static last => PartOf(last, 0)));
            return (BatchFirst && keepsOutputs ? sequence.Transpose(-3, -2) : sequence, Stack(states.AsSpan(0, _cells.Length)));
        }
        finally
        {
            ArrayPool<TState>.Shared.Return(states, clearArray: true);
        }
    }

    private Variable<T> Merged(Variable<T> forward, Variable<T> reverse) => Options.Merge switch
    {
        MergeMode.Sum => forward + reverse,
        MergeMode.Mean => (forward + reverse) * 0.5,
        MergeMode.Product => forward * reverse,
        MergeMode.None => Variable.Stack([forward, reverse]),
        _ => Variable.Concat(forward, reverse),
    };

    private int OutputSizeOf(RecurrentCell<T, TState> cell) =>
        (Options.Directions == 2 && Options.Merge == MergeMode.Concat ? 2 : 1) * cell.OutputSize.GetValueOrDefault();

    /// <summary>One mask over [batch, features] for all steps.</summary>
    private static Variable<T> Varied(Variable<T> sequence, Dropout<T> dropout)
    {
        Tape<T> tape = sequence.Tape;
        if (!tape.Training || dropout.Probability == 0) return sequence;
        Shape shape = sequence.Shape;
        return sequence.Dropout(DropoutMaskOperation<T>.Draw(tape, [shape[1], shape[2]], dropout.Probability, tape.NextStream(dropout.Path)));
    }

    private void RefuseInput(Shape shape)
    {
        if (shape.Rank != 3)
        {
            Errors.Shape($"{_family}: the input has shape {shape}; it needs three axes, {(BatchFirst ? "[batch, time, features]" : "[time, batch, features]")}.");
        }

        Errors.Shape($"{_family}: input has {shape[2]} features but the layer was built with inputSize {InputSize} (input is {shape}). Pass inputSize: {shape[2]}, or project the input first.");
    }

    private Parameter<T> AddInitialState(int part) => AddParameter(
        string.Create(CultureInfo.InvariantCulture, $"initial_state_{part}"), [_cells.Length, 1, _cells[0].PartSize(part)], Initializer.Zeros, decays: false);

    /// <summary>Where a cell stands in a layer.</summary>
    /// <param name="Layer">The layer.</param>
    /// <param name="InputSize">Features it reads.</param>
    /// <param name="Suffix">What follows the names of its parameters.</param>
    private protected readonly record struct CellPlace(RecurrentLayer<T, TState> Layer, int InputSize, string Suffix)
    {
        public CellSizes Sizes(int hiddenSize)
        {
            Autograd.Sizes.RequirePositive(Layer._family, nameof(hiddenSize), hiddenSize);
            return new(InputSize, hiddenSize, Layer.Options.Bias, Layer.Options.LayerNorm, Suffix);
        }
    }
}
