using System.Numerics;

namespace Autograd;

/// <summary>
/// A memory made ready to be attended to, once a sequence. A state, so that a decoding loop can carry it over a reset; each part has
/// the batch as its first axis.
/// </summary>
/// <param name="Values">What is averaged, [batch, steps, memory]; padded steps are 0.</param>
/// <param name="Keys">What queries are compared with, [batch, steps, …].</param>
/// <param name="Bias">Added to the scores: 0, and −∞ at padded steps, [batch, steps]; <c>default</c> where nothing is padded.</param>
public readonly record struct AttentionMemory<T>(Variable<T> Values, Variable<T> Keys, Variable<T> Bias) : IState<AttentionMemory<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public AttentionMemory<T> Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct => new(map.Apply(Values), map.Apply(Keys), map.Apply(Bias));
}

/// <summary>
/// Attention over the states of an encoder: weights = softmax over the steps of score(query, key), context = Σ weights · memory.
/// </summary>
/// <remarks>
/// Steps beyond a sequence's length, or where the mask is false, have weight exactly 0, and what stands there, NaN included, touches
/// neither values nor gradients. A class of one's own gives <see cref="Keys"/> and <see cref="Score"/>.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class Attention<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the sizes.</summary>
    /// <param name="querySize">Features of a query.</param>
    /// <param name="memorySize">Features of a step of the memory.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    protected Attention(int querySize, int memorySize)
    {
        Family = GetType().Name.Split('`')[0];
        Sizes.RequirePositive(Family, nameof(querySize), querySize);
        Sizes.RequirePositive(Family, nameof(memorySize), memorySize);
        QuerySize = querySize;
        MemorySize = memorySize;
    }

    /// <summary>Features of a query.</summary>
    public int QuerySize { get; }

    /// <summary>Features of a step of the memory, and of the context.</summary>
    public int MemorySize { get; }

    /// <inheritdoc/>
    public override int? OutputSize => MemorySize;

    private string Family { get; }

    /// <summary>Prepares the memory and attends to it once.</summary>
    /// <param name="query">Queries, [batch, querySize] or [time, batch, querySize].</param>
    /// <param name="memory">The states of the encoder, [steps, batch, memorySize].</param>
    /// <param name="lengths">The steps of each sequence, [batch], in any order; all of them by default.</param>
    /// <param name="mask">In place of lengths: true where a step counts, [steps, batch], at least once a sequence.</param>
    /// <returns>
    /// The context, [batch, memorySize] or [time, batch, memorySize], and the weights, [batch, steps] or [time, batch, steps].
    /// </returns>
    /// <exception cref="ShapeException">Query, memory, lengths or mask have another shape, or the memory has no steps.</exception>
    /// <exception cref="ArgumentException">
    /// A length below 1 or beyond the steps, a mask that is false for a whole sequence, or both are given.
    /// </exception>
    public (Variable<T> Context, Variable<T> Weights) Forward(
        Variable<T> query, Variable<T> memory, Tensor<int>? lengths = null, Tensor<bool>? mask = null) =>
        Attend(query, Prepare(memory, lengths, mask));

    /// <summary>Makes a memory ready: masks it and computes its keys, once for all queries.</summary>
    /// <inheritdoc cref="Forward"/>
    /// <returns>The memory for <see cref="Attend"/>.</returns>
    public AttentionMemory<T> Prepare(Variable<T> memory, Tensor<int>? lengths = null, Tensor<bool>? mask = null)
    {
        Shape shape = memory.Shape;
        if (shape.Rank != 3 || shape[2] != MemorySize) Errors.Shape($"{Family}: the memory has shape {shape}; it must be [steps, batch, {MemorySize}], the last size being memorySize.");
        int steps = shape[0], batch = shape[1];
        if (steps == 0 && batch > 0) Errors.Shape($"{Family}: the memory has shape {shape}, and so no step to attend to. Give each sequence at least one.");
        Variable<T> valid = ValidSteps.On(memory.Tape, Family, steps, batch, lengths, mask, batchFirst: false), bias = default;
        memory = ValidSteps.Kept(valid, memory);
        if (!valid.IsNone)
        {
            bias = memory.Tape.Allocate([batch, steps], out Span<T> biases);
            ReadOnlySpan<T> counts = valid.Span;
            for (int row = 0; row < batch; row++)
            {
                for (int step = 0; step < steps; step++) biases[(row * steps) + step] = counts[(step * batch) + row] == T.Zero ? T.NegativeInfinity : T.Zero;
            }
        }

        Variable<T> values = memory.Transpose(0, 1);
        return new(values, Keys(values), bias);
    }

    /// <summary>
    /// Attends to a prepared memory: with one query a sequence, as a decoder does step by step, or with the queries of all steps at once.
    /// </summary>
    /// <param name="query">Queries, [batch, querySize] or [time, batch, querySize].</param>
    /// <param name="memory">What <see cref="Prepare"/> returned.</param>
    /// <inheritdoc cref="Forward"/>
    public (Variable<T> Context, Variable<T> Weights) Attend(Variable<T> query, AttentionMemory<T> memory)
    {
        if (memory.Values.IsNone) Errors.Argument($"{Family}: the memory is empty (default). Make it by Prepare(encoderOutputs, lengths).");
        Shape shape = query.Shape, values = memory.Values.Shape;
        if (shape.Rank is not (2 or 3) || shape[^1] != QuerySize || shape[^2] != values[0])
        {
            Errors.Shape($"{Family}: the query has shape {shape}; for a memory of {values[0]} sequences it must be [{values[0]}, {QuerySize}] or [time, {values[0]}, {QuerySize}], the last size being querySize.");
        }

        bool single = shape.Rank == 2;
        Variable<T> scores = Score(single ? query.Unsqueeze(1) : query.Transpose(0, 1), memory.Keys);
        if (!memory.Bias.IsNone) scores += memory.Bias.Unsqueeze(1);
        Variable<T> weights = scores.Softmax();
        Variable<T> context = weights.MatMul(memory.Values);
        return single ? (context.Squeeze(1), weights.Squeeze(1)) : (context.Transpose(0, 1), weights.Transpose(0, 1));
    }

    /// <summary>What queries are compared with; computed once a sequence.</summary>
    /// <param name="memory">The memory, [batch, steps, memorySize], 0 where padded.</param>
    /// <returns>Keys, [batch, steps, …].</returns>
    protected abstract Variable<T> Keys(Variable<T> memory);

    /// <summary>The score of each query for each step; finite where the memory is 0.</summary>
    /// <param name="query">Queries, [batch, time, querySize].</param>
    /// <param name="keys">What <see cref="Keys"/> returned.</param>
    /// <returns>Scores, [batch, time, steps].</returns>
    protected abstract Variable<T> Score(Variable<T> query, Variable<T> keys);
}
