using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Autograd;

/// <summary>
/// What a backward sweep found: the gradient by each leaf. A value, a small handle; nothing is stored on parameters, so
/// there is nothing to zero. Valid until the tape is reset, except for gradients made by <see cref="For"/>.
/// </summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public readonly partial struct Gradients<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly GradientStore<T>? _store;
    private readonly int _serial;

    internal Gradients(GradientStore<T> store)
    {
        _store = store;
        _serial = store.Serial;
    }

    /// <summary>The gradient by a parameter; zeros if the loss does not depend on it.</summary>
    /// <exception cref="InvalidOperationException">The gradients were made by <see cref="For"/> without this parameter.</exception>
    public Variable<T> this[Parameter<T> parameter]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(parameter);
            Store.RequireGathered(parameter);
            return Store.Find(parameter) is { } entry ? entry.On(Store.Tape) : Store.Tape.Zeros(parameter.Shape);
        }
    }

    /// <summary>
    /// The gradient by a leaf made by <see cref="Tape{T}.Variable(Tensor{T})"/>, or by a value that was asked to
    /// <see cref="Variable{T}.KeepGradient"/>; zeros if the loss does not depend on it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The value requires no gradient, or is an intermediate one whose gradient was not kept.</exception>
    public Variable<T> this[Variable<T> variable]
    {
        get
        {
            if (Store.Persists) Errors.Invalid("These gradients were made by Gradients.For and gather those of parameters only, since a variable does not outlive a reset. Ask the result of a Backward without into.");
            if (variable.Tape != Store.Tape) Stale.ThrowOtherTape("gradients[variable]");
            ref Node<T> node = ref variable.Node;
            if (!node.Has(NodeFlags.RequiresGradient)) Stale.ThrowNoGradient("The gradient of a value was asked for");
            if (!node.IsLeaf && !node.Has(NodeFlags.KeepGradient))
            {
                Errors.Invalid("The gradient of an intermediate value is given back during the sweep. Call variable.KeepGradient() before Backward to have it kept.");
            }

            return Store.Find(variable.Index) is { } entry ? entry.On(Store.Tape) : Store.Tape.Zeros(node.Shape);
        }
    }

    internal GradientStore<T> Store
    {
        get
        {
            if (_store is null) Errors.Invalid("These gradients are default(Gradients<T>): no sweep made them.");
            if (_store.Serial != _serial) Stale.ThrowGeneration("set of gradients", _serial, _store.Serial);
            return _store;
        }
    }

    /// <summary>
    /// Gradients of the parameters of one or more modules that outlive resets, for accumulating over micro-batches:
    /// pass them to <c>Backward(…, into: …)</c>, step, then <see cref="Clear"/>.
    /// </summary>
    [SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "Gradients<float>.For(model) reads as what it makes.")]
    public static Gradients<T> For(params IEnumerable<Parameter<T>> parameters) => new(new GradientStore<T>(parameters));

    /// <summary>Whether the loss depended on the parameter.</summary>
    public bool Contains(Parameter<T> parameter) => Store.Find(parameter) is not null;

    /// <summary>Forgets what was gathered; for gradients made by <see cref="For"/>.</summary>
    public void Clear() => Store.Clear();

    internal GradientStore<T> StoreFor(Tape<T> tape)
    {
        GradientStore<T> store = Store;
        if (!store.Persists && store.Tape != tape) Stale.ThrowOtherTape("Backward(into)");
        return store;
    }
}
