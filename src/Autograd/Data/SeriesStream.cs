namespace Autograd;

/// <summary>Series of numbers side by side, such as measurements over time, with the targets of each step.</summary>
/// <typeparam name="T">The numbers.</typeparam>
/// <example><code>
/// var stream = new SeriesStream&lt;float&gt;(series[..^1], series[1..]); // predicts the next step; series is [time, batch, features]
/// </code></example>
public sealed class SeriesStream<T> : ChunkedStream<SeriesChunk<T>>
    where T : unmanaged
{
    private readonly TimeViews<T> _inputs;
    private readonly TimeViews<T> _targets;

    /// <summary>Reads series and their targets. Shares the memory of both.</summary>
    /// <param name="inputs">[time, batch, features].</param>
    /// <param name="targets">[time, batch, …].</param>
    /// <exception cref="ShapeException">Fewer than two axes, or another time or batch.</exception>
    public SeriesStream(Tensor<T> inputs, Tensor<T> targets)
        : base(Checked(inputs, targets)[1], inputs.Shape[0])
    {
        _inputs = new TimeViews<T>(inputs);
        _targets = new TimeViews<T>(targets);
    }

    private protected override SeriesChunk<T> Read(int start, int steps, int index) =>
        new(_inputs.At(start, steps), _targets.At(start, steps), index) { Stream = this, Start = start };

    private static Shape Checked(Tensor<T> inputs, Tensor<T> targets)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        if (inputs.Rank < 2 || targets.Rank < 2 || inputs.Shape.Part(0, 2) != targets.Shape.Part(0, 2))
        {
            Errors.Shape($"SeriesStream: inputs have shape {inputs.Shape} and targets {targets.Shape}; both begin with the same [time, batch, …].");
        }

        return inputs.Shape;
    }
}
