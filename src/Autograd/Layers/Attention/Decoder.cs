using System.Buffers;
using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>
/// The state of a <see cref="Decoder{T, TState}"/>: that of its cell, and what it attends to. Each part has the batch as its first axis.
/// </summary>
/// <param name="Cell">The state of the cell, each part [batch, hidden].</param>
/// <param name="Memory">The prepared memory; <c>default</c> for a decoder without attention.</param>
public readonly record struct DecoderState<T, TState>(TState Cell, AttentionMemory<T> Memory) : IState<DecoderState<T, TState>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    /// <inheritdoc/>
    public DecoderState<T, TState> Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct => new(Cell.Map(ref map), Memory.Map(ref map));
}

/// <summary>
/// Gives tokens out one after another, from a state an encoder (or anything else) made. A step reads the token before:
/// c = attention(output of the cell, memory), state = cell([embedding of the token; c], state), logits = W [output of the cell; c] + b.
/// Without attention there is no c.
/// </summary>
/// <remarks>
/// With attention: Bahdanau, Cho and Bengio 2015; without: Sutskever, Vinyals and Le 2014. Any <see cref="RecurrentCell{T, TState}"/>
/// serves whose input size is embeddingSize, plus the attention's memory size where there is one. Children <c>embedding</c>,
/// <c>cell</c>, <c>attention</c>, <c>readout</c>, <c>head</c>, <c>dropout</c>.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state of the cell.</typeparam>
/// <example><code>
/// DecoderState&lt;float, Hidden&lt;float&gt;&gt; state = decoder.Start(new Hidden&lt;float&gt;(encoded.H[0]), encoderOutputs, lengths);
/// Variable&lt;float&gt; loss = decoder.Loss(state, inputs: Decoder.Shift(targets, startToken), targets, sampling: 0.25);
/// </code></example>
public sealed class Decoder<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    /// <summary>Declares the decoder.</summary>
    /// <param name="vocabulary">The number of tokens.</param>
    /// <param name="embeddingSize">Features of a token.</param>
    /// <param name="cell">The cell, of input size embeddingSize (+ attention.MemorySize).</param>
    /// <param name="attention">What it attends with, of the cell's output as query; null for none.</param>
    /// <param name="dropout">The probability with which an element of a token's embedding, and of what the head reads, is dropped.</param>
    /// <param name="readoutSize">
    /// Features of a layer between, logits = W tanh(R [output; c] + r) + b: with many tokens it makes the head that much smaller.
    /// Luong, Pham and Manning 2015. Null for none.
    /// </param>
    /// <exception cref="ArgumentException">The attention takes queries of another size than the cell gives.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a probability outside [0, 1].</exception>
    public Decoder(int vocabulary, int embeddingSize, RecurrentCell<T, TState> cell, Attention<T>? attention = null, double dropout = 0, int? readoutSize = null)
    {
        ArgumentNullException.ThrowIfNull(cell);
        int output = cell.OutputSize ?? cell.HiddenSize;
        if (attention is not null && attention.QuerySize != output)
        {
            Errors.Argument($"Decoder: the attention takes queries of {attention.QuerySize} features, but {cell.GetType().Name.Split('`')[0]} gives {output}. Build it with querySize: {output}.");
        }

        int wanted = embeddingSize + (attention?.MemorySize ?? 0);
        if (cell is GatedCell<T, TState> gated && gated.InputSize != wanted)
        {
            Errors.Argument($"Decoder: {cell.GetType().Name.Split('`')[0]} was built with inputSize {gated.InputSize}, but reads {embeddingSize} features of a token{(attention is null ? string.Empty : $" and {attention.MemorySize} of the context")}. Build it with inputSize: {wanted}.");
        }

        Embedding = AddModule("embedding", new Embedding<T>(vocabulary, embeddingSize));
        Cell = AddModule("cell", cell);
        if (attention is not null) Attention = AddModule("attention", attention);
        int features = output + (attention?.MemorySize ?? 0);
        if (readoutSize is int size)
        {
            Sizes.RequirePositive(nameof(Decoder<,>), nameof(readoutSize), size);
            Readout = AddModule("readout", new Linear<T>(features, size));
        }

        Head = AddModule("head", new Linear<T>(readoutSize ?? features, vocabulary));
        Dropout = AddModule("dropout", new Dropout<T>(dropout));
    }

    /// <summary>The number of tokens.</summary>
    public int Vocabulary => Embedding.Rows;

    /// <summary>The features of each token.</summary>
    public Embedding<T> Embedding { get; }

    /// <summary>The cell.</summary>
    public RecurrentCell<T, TState> Cell { get; }

    /// <summary>The attention, or null.</summary>
    public Attention<T>? Attention { get; }

    /// <summary>Between the cell's output with the context and the head, or null.</summary>
    public Linear<T>? Readout { get; }

    /// <summary>From the readout, or from the cell's output and the context, to logits.</summary>
    public Linear<T> Head { get; }

    /// <summary>Of embeddings, and of what the head reads.</summary>
    public Dropout<T> Dropout { get; }

    /// <inheritdoc/>
    public override int? OutputSize => Vocabulary;

    /// <summary>The state to start from, without attention.</summary>
    public DecoderState<T, TState> Start(TState state)
    {
        if (Attention is not null) Errors.Invalid("Decoder: it was built with attention; start it with Start(state, encoderOutputs, lengths).");
        return new(state, default);
    }

    /// <summary>The state to start from, with the memory prepared once.</summary>
    /// <param name="state">The cell's, each part [batch, hidden], such as the last state of the encoder.</param>
    /// <param name="memory">The encoder's outputs, [steps, batch, memory].</param>
    /// <param name="lengths">The steps of each sequence, [batch].</param>
    /// <param name="mask">In place of lengths: true where a step counts, [steps, batch].</param>
    /// <inheritdoc cref="Attention{T}.Prepare"/>
    public DecoderState<T, TState> Start(TState state, Variable<T> memory, Tensor<int>? lengths = null, Tensor<bool>? mask = null)
    {
        if (Attention is null) Errors.Invalid("Decoder: it was built without attention; start it with Start(state), or pass an attention to the constructor.");
        return new(state, Attention.Prepare(memory, lengths, mask));
    }

    /// <summary>One step.</summary>
    /// <param name="tokens">The token before, of each sequence, [batch].</param>
    /// <param name="state">The state before.</param>
    /// <returns>The logits of the next token, [batch, vocabulary], and the state after.</returns>
    public (Variable<T> Logits, DecoderState<T, TState> State) Step(Tensor<int> tokens, DecoderState<T, TState> state)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        (Variable<T> features, state) = Advance(Embed(TapeOf(state), tokens), state);
        return (Logits(features), state);
    }

    /// <summary>All steps of a batch, by teacher forcing or scheduled sampling.</summary>
    /// <param name="state">The state before the first step; see <see cref="Start(TState)"/>.</param>
    /// <param name="inputs">
    /// The token before each step, [time, batch]: a start token, then the true ones; see <see cref="Decoder.Shift"/>.
    /// </param>
    /// <param name="sampling">
    /// The probability that a step reads the model's own most likely token instead of the true one, drawn for each step after the first
    /// and each sequence from the tape's seed and step and the module's path (Bengio et al. 2015). No gradient flows through this choice.
    /// On a tape that evaluates it has no effect.
    /// </param>
    /// <returns>The logits of all steps, [time, batch, vocabulary], and the state after the last.</returns>
    /// <exception cref="ShapeException">The inputs are not [time, batch], or the state does not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token that is none, or a probability outside [0, 1].</exception>
    public (Variable<T> Logits, DecoderState<T, TState> State) Forward(DecoderState<T, TState> state, Tensor<int> inputs, double sampling = 0)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Rank != 2) Errors.Shape($"Decoder: the inputs have shape {inputs.Shape}; they must be [time, batch].");
        if (!(sampling >= 0 && sampling <= 1)) Errors.OutOfRange(nameof(sampling), sampling, $"Decoder: sampling is a probability in 0 … 1, not {sampling}.");
        SavedIndices.Check("Decoder", inputs, Vocabulary); // all of them, before sampling may replace some
        Tape<T> tape = TapeOf(state);
        int time = inputs.Shape[0], batch = inputs.Shape[1];
        if (time == 0) return (tape.Zeros([0, batch, Vocabulary]), state);
        bool samples = tape.Training && sampling > 0;
        ulong stream = samples ? tape.NextStream(Path) : 0;
        Variable<T> forced = samples ? default : Embed(tape, inputs), features;
        Variable<T>[] steps = ArrayPool<Variable<T>>.Shared.Rent(time);
        try
        {
            for (int t = 0; t < time; t++)
            {
                tape.AtTimeStep(t);
                Variable<T> x = !samples ? forced[t] : Embed(tape, t == 0 ? inputs[0] : Mixed(inputs[t], steps[t - 1], t, sampling, stream));
                (features, state) = Advance(x, state);

                // The head needs all its steps at once only where nobody reads its logits on the way.
                steps[t] = samples ? Logits(features) : features;
            }

            Variable<T> all = Variable.Stack<T>(steps.AsSpan(0, time));
            return (samples ? all : Logits(all), state);
        }
        finally
        {
            tape.AtTimeStep(null);
            ArrayPool<Variable<T>>.Shared.Return(steps, clearArray: true);
        }
    }

    /// <summary>The mean cross-entropy over the true tokens of a batch.</summary>
    /// <param name="state">The state before the first step.</param>
    /// <param name="inputs">The token before each step, [time, batch].</param>
    /// <param name="targets">The true tokens, [time, batch]; <paramref name="ignoreIndex"/> where a sequence has ended.</param>
    /// <param name="sampling">The probability of scheduled sampling.</param>
    /// <param name="ignoreIndex">The target that stands for padding and does not count.</param>
    /// <inheritdoc cref="Forward"/>
    /// <returns>A scalar.</returns>
    public Variable<T> Loss(DecoderState<T, TState> state, Tensor<int> inputs, Tensor<int> targets, double sampling = 0, int ignoreIndex = -100) =>
        Forward(state, inputs, sampling).Logits.CrossEntropy(targets, ignoreIndex: ignoreIndex);

    private Variable<T> Embed(Tape<T> tape, Tensor<int> tokens) => Dropout.Forward(Embedding.Forward(tape, tokens));

    private Variable<T> Logits(Variable<T> features) => Head.Forward(Dropout.Forward(Readout is null ? features : Readout.Forward(features).Tanh()));

    private (Variable<T> Features, DecoderState<T, TState> State) Advance(Variable<T> x, DecoderState<T, TState> state)
    {
        if (Attention is null)
        {
            TState next = Cell.Step(x, state.Cell);
            return (Cell.Output(next), state with { Cell = next });
        }

        Variable<T> context = Attention.Attend(Cell.Output(state.Cell), state.Memory).Context;
        TState after = Cell.Step(Variable.Concat(x, context), state.Cell);
        return (Variable.Concat(Cell.Output(after), context), state with { Cell = after });
    }

    /// <summary>Each true token, or with the probability given the most likely one of the step before.</summary>
    private static Tensor<int> Mixed(Tensor<int> tokens, Variable<T> logits, int step, double probability, ulong stream)
    {
        Tensor<int> mixed = tokens.Clone();
        Span<int> chosen = mixed.Writable;
        ReadOnlySpan<T> values = logits.Span;
        int vocabulary = logits.Shape[1];
        for (int row = 0; row < chosen.Length; row++)
        {
            ulong position = ((ulong)step * (ulong)chosen.Length) + (ulong)row;
            if (RandomBits.Unit(RandomBits.Word(position, stream, logits.Tape.Seed)) >= probability) continue;
            ReadOnlySpan<T> scores = values.Slice(row * vocabulary, vocabulary);
            int best = 0;
            for (int token = 1; token < vocabulary; token++)
            {
                if (scores[token] > scores[best]) best = token;
            }

            chosen[row] = best;
        }

        return mixed;
    }

    private Tape<T> TapeOf(DecoderState<T, TState> state) => Cell.Output(state.Cell).Tape;
}

/// <summary>Companions of <see cref="Decoder{T, TState}"/>.</summary>
public static class Decoder
{
    /// <summary>The inputs of teacher forcing: each sequence moved one step later, with a start token first.</summary>
    /// <param name="targets">The true tokens, [time, batch].</param>
    /// <param name="startToken">What stands before the first.</param>
    /// <param name="ignoreIndex">The target of padding, in whose place the start token is read.</param>
    /// <returns>Inputs, [time, batch].</returns>
    /// <exception cref="ShapeException">The targets have not two axes.</exception>
    public static Tensor<int> Shift(Tensor<int> targets, int startToken, int ignoreIndex = -100)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (targets.Rank != 2) Errors.Shape($"Decoder.Shift: the targets have shape {targets.Shape}; they must be [time, batch].");
        Tensor<int> inputs = new(targets.Shape);
        Span<int> to = inputs.Writable;
        int batch = targets.Shape[1];
        ReadOnlySpan<int> from = targets.Span;
        for (int i = 0; i < to.Length; i++) to[i] = i < batch || from[i - batch] == ignoreIndex ? startToken : from[i - batch];
        return inputs;
    }
}
