using System.Numerics;

namespace Autograd;

/// <summary>
/// Applies a layer to every step of a sequence in one call: [time, batch, …] is folded to [time · batch, …] and unfolded after.
/// </summary>
/// <remarks>
/// For layers that treat the rows of their first axis alike and apart, as linear layers, convolutions and activations do. A layer of
/// statistics over the batch, such as batch normalization, then takes them over time and batch. The layer is the child <c>layer</c>.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class TimeDistributed<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Makes the wrapper.</summary>
    /// <param name="layer">The layer for one step, [batch, …] to [batch, …].</param>
    public TimeDistributed(Layer<T> layer) => Inner = AddModule("layer", layer);

    /// <summary>The layer applied.</summary>
    public Layer<T> Inner { get; }

    /// <inheritdoc/>
    public override int? OutputSize => Inner.OutputSize;

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input has fewer than two axes, or the layer changes the number of rows.</exception>
    public override Variable<T> Forward(Variable<T> input)
    {
        Shape shape = input.Shape;
        if (shape.Rank < 2) Errors.Shape($"TimeDistributed: the input has shape {shape}; it needs the axes [time, batch, …].");
        int time = shape[0], batch = shape[1];
        Variable<T> rows = Inner.Forward(input.Reshape(shape.Part(1, shape.Rank).With(0, time * batch)));
        Shape result = rows.Shape;
        if (result.Rank == 0 || result[0] != time * batch)
        {
            Errors.Shape($"TimeDistributed: {Inner.GetType().Name.Split('`')[0]} was given {time * batch} rows (time {time} × batch {batch}) and returned shape {result}. It must keep the first axis.");
        }

        return rows.Reshape(result.With(0, batch).Insert(0, time));
    }
}
