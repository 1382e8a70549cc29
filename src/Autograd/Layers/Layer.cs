using System.Numerics;

namespace Autograd;

/// <summary>A module that maps one variable to one variable, which is what <see cref="Sequential{T}"/> takes.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class Layer<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The layer's function. It finds the tape through its input.</summary>
    public abstract Variable<T> Forward(Variable<T> input);
}
