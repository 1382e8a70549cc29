using System.Numerics;

namespace Autograd;

/// <summary>
/// One value rule and one gradient rule, side by side. An operation without attributes is a singleton; one with
/// attributes is borrowed from the tape by <see cref="Tape{T}.Rent{TOperation}"/>, so that recording allocates nothing.
/// </summary>
/// <remarks>
/// The rules of an operation: write all of every output, which starts undefined; never change an input; the gradient
/// rule adds to what its inputs gathered, and gives exactly zero for a zero cotangent wherever the local derivative is
/// finite. It is written with operators on variables, so that gradients of gradients come for free.
/// </remarks>
/// <example><code>
/// sealed class Cube : Operation&lt;float&gt;
/// {
///     public static readonly Cube Instance = new();
///
///     protected override void Forward(ForwardContext&lt;float&gt; context)
///     {
///         ReadOnlySpan&lt;float&gt; x = context.Input(0);
///         Span&lt;float&gt; y = context.Output(context.Shape(0));
///         for (int i = 0; i &lt; y.Length; i++) y[i] = x[i] * x[i] * x[i];
///     }
///
///     protected override void Backward(BackwardContext&lt;float&gt; context)
///     {
///         Variable&lt;float&gt; x = context.Input(0);
///         context.Accumulate(0, context.Cotangent() * 3 * x * x);
///     }
/// }
/// // … Variable&lt;float&gt; y = x.Tape.Apply(Cube.Instance, x);
/// </code></example>
public abstract class Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private string? _name;

    /// <summary>The name in messages: the type's name without "Operation".</summary>
    public virtual string Name => _name ??= NameOf(GetType().Name);

    /// <summary>The pool of the tape this came from, plus one; 0 for an operation that is not pooled.</summary>
    internal int PoolId { get; set; }

    /// <summary>Computes the outputs: calls <see cref="ForwardContext{T}.Output"/> once for each, and writes all of it.</summary>
    protected internal abstract void Forward(ForwardContext<T> context);

    /// <summary>
    /// Adds each input's share of the cotangents with <see cref="BackwardContext{T}.Accumulate"/>. Inputs for which
    /// <see cref="BackwardContext{T}.Needs"/> is false want no work.
    /// </summary>
    protected internal abstract void Backward(BackwardContext<T> context);

    /// <summary>
    /// The same outputs computed by simpler operators, for a fused operation whose gradient rule is not itself made of
    /// operators. A sweep with <c>createGraph</c> then takes this way. Null, the default, says that
    /// <see cref="Backward"/> serves for both.
    /// </summary>
    /// <param name="inputs">The inputs; one that was not given is <c>default</c>.</param>
    /// <returns>The outputs in their order, reserves left out.</returns>
    protected internal virtual Variable<T>[]? Compose(ReadOnlySpan<Variable<T>> inputs) => null;

    /// <summary>Computes the value of an output declared by <see cref="ForwardContext{T}.DeferredOutput"/>, when it is first read.</summary>
    protected internal virtual void Materialize(Span<T> output) =>
        throw new InvalidOperationException($"{Name} declared a deferred output but does not override Materialize.");

    /// <summary>Whether it was asked for infinity, as a mask of −∞ is, so that infinity made of finite numbers is no anomaly.</summary>
    internal virtual bool GivesInfinity => false;

    /// <summary>Whether the first axis of its first input and first output is time.</summary>
    internal virtual bool LeadsWithTime => false;

    /// <summary>Drops references to what the operation kept, before it goes back to its pool.</summary>
    protected internal virtual void Clear()
    {
    }

    private static string NameOf(string type)
    {
        int generic = type.IndexOf('`', StringComparison.Ordinal);
        if (generic >= 0) type = type[..generic];
        return type.EndsWith("Operation", StringComparison.Ordinal) ? type[..^"Operation".Length] : type;
    }
}
