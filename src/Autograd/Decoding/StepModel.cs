using System.Numerics;

namespace Autograd;

/// <summary>A model that reads one token a sequence and says what may come next: all that decoding asks for.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state, of any parts; see <see cref="IState{TSelf, T}"/>.</typeparam>
public abstract class StepModel<T, TState>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    /// <summary>The number of tokens.</summary>
    public abstract int Vocabulary { get; }

    /// <summary>
    /// The axis of the batch in each part of the state: 0 for states of cells, [batch, hidden]; 1 for those of layers, [layers, batch,
    /// hidden].
    /// </summary>
    public virtual int BatchAxis => 0;

    /// <summary>One step.</summary>
    /// <param name="tape">The tape to compute on.</param>
    /// <param name="tokens">The last token of each row, [rows].</param>
    /// <param name="state">The state before; its parts may be <c>default</c> at the first step if the caller gave them so.</param>
    /// <returns>The logits of the next token, [rows, vocabulary], and the state after.</returns>
    public abstract (Variable<T> Logits, TState State) Step(Tape<T> tape, Tensor<int> tokens, TState state);

    /// <summary>
    /// The state of other rows: row i of the result is row <paramref name="rows"/>[i] of <paramref name="state"/>. Parts that are
    /// <c>default</c> stay so.
    /// </summary>
    /// <exception cref="ShapeException">A part has no such batch axis.</exception>
    public virtual TState Select(TState state, Tensor<int> rows)
    {
        SelectMap select = new(this, rows);
        return state.Map(ref select);
    }

    private readonly struct SelectMap(StepModel<T, TState> model, Tensor<int> rows) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable)
        {
            if (variable.IsNone) return variable;
            if (variable.Rank <= model.BatchAxis)
            {
                Errors.Shape($"StepModel: a part of the state has shape {variable.Shape}, which has no axis {model.BatchAxis} for the batch. Give the right BatchAxis, or override Select.");
            }

            return variable.IndexSelect(model.BatchAxis, rows);
        }
    }
}

/// <summary>Makes step models.</summary>
public static class StepModel
{
    /// <summary>A step model of a function.</summary>
    /// <param name="vocabulary">The number of tokens.</param>
    /// <param name="step">From tape, last tokens [rows] and state to logits [rows, vocabulary] and state.</param>
    /// <param name="batchAxis">The axis of the batch in each part of the state: 0 for cells, 1 for layers.</param>
    /// <exception cref="ArgumentOutOfRangeException">No tokens, or a negative axis.</exception>
    public static StepModel<T, TState> From<T, TState>(
        int vocabulary, Func<Tape<T>, Tensor<int>, TState, (Variable<T> Logits, TState State)> step, int batchAxis = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        ArgumentNullException.ThrowIfNull(step);
        Sizes.RequirePositive(nameof(StepModel), nameof(vocabulary), vocabulary);
        if (batchAxis < 0) Errors.OutOfRange(nameof(batchAxis), batchAxis, $"StepModel: the batch axis is 0 or more, not {batchAxis}.");
        return new FunctionModel<T, TState>(vocabulary, step, batchAxis);
    }

    /// <summary>The step model of a decoder.</summary>
    public static StepModel<T, DecoderState<T, TState>> Of<T, TState>(Decoder<T, TState> decoder)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        ArgumentNullException.ThrowIfNull(decoder);
        return From<T, DecoderState<T, TState>>(decoder.Vocabulary, (_, tokens, state) => decoder.Step(tokens, state));
    }

    private sealed class FunctionModel<T, TState>(
        int vocabulary, Func<Tape<T>, Tensor<int>, TState, (Variable<T> Logits, TState State)> step, int batchAxis) : StepModel<T, TState>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        public override int Vocabulary => vocabulary;

        public override int BatchAxis => batchAxis;

        public override (Variable<T> Logits, TState State) Step(Tape<T> tape, Tensor<int> tokens, TState state) => step(tape, tokens, state);
    }
}
