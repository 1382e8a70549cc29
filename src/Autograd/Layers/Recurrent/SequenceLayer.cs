using System.Numerics;

namespace Autograd;

/// <summary>
/// A layer from sequences to sequences whose state is its own business: what a network takes that leaves the choice of the cell to a
/// setting. Where the state goes in and out, use <see cref="RecurrentLayer{T, TState}"/> itself.
/// </summary>
/// <example><code>
/// SequenceLayer&lt;float&gt; layer = cell switch { "gru" => new Gru&lt;float&gt;(32, 64), _ => new Lstm&lt;float&gt;(32, 64) };
/// Variable&lt;float&gt; outputs = layer.Outputs(x, lengths);
/// </code></example>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class SequenceLayer<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private protected SequenceLayer()
    {
    }

    /// <summary>The features of the input; 0 where any number will do.</summary>
    public abstract int InputSize { get; }

    /// <summary>
    /// Where the gradients of all steps are written down by the next forward and backward run; null, the default, writes nothing
    /// and costs nothing. While it is set the layer runs step by step.
    /// </summary>
    public abstract GradientFlow<T>? GradientFlow { get; set; }

    /// <summary>The outputs of all steps of the last layer, from a zero or learned state.</summary>
    /// <param name="input">The sequence, [time, batch, features]; [batch, time, features] for a layer with BatchFirst.</param>
    /// <param name="lengths">The real steps of each sequence, [batch]; null if all are real.</param>
    /// <param name="mask">In place of lengths: which steps are real.</param>
    /// <returns>[time, batch, OutputSize], in the layout of the input, 0 at steps that are not real.</returns>
    /// <exception cref="ShapeException">The input, the lengths or the mask do not fit.</exception>
    /// <exception cref="ArgumentException">A length is out of range, a mask is false for a whole sequence, or both are given.</exception>
    public abstract Variable<T> Outputs(Variable<T> input, Tensor<int>? lengths = null, Tensor<bool>? mask = null);
}
