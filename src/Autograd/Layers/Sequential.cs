using System.Globalization;
using System.Numerics;

namespace Autograd;

/// <summary>Layers one after another; their names are their positions, <c>0</c>, <c>1</c>, …</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Sequential<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Layer<T>[] _layers;

    /// <summary>Makes the chain; no layers at all is the identity.</summary>
    public Sequential(params ReadOnlySpan<Layer<T>> layers)
    {
        _layers = layers.ToArray();
        for (int i = 0; i < _layers.Length; i++) AddModule(i.ToString(CultureInfo.InvariantCulture), _layers[i]);
    }

    /// <summary>The number of layers.</summary>
    public int Count => _layers.Length;

    /// <inheritdoc/>
    public override int? OutputSize => LastChildOutputSize;

    /// <summary>One of the layers.</summary>
    public Layer<T> this[int index] => _layers[index];

    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input)
    {
        foreach (Layer<T> layer in _layers) input = layer.Forward(input);
        return input;
    }
}
