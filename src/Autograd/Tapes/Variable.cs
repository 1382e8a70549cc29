using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>
/// A value on a tape: a small handle of tape, index and generation, with nothing to dispose. What operators and layers
/// take and give. It is valid until the tape is <see cref="Tape{T}.Reset()"/>; after that every use throws.
/// </summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public readonly partial struct Variable<T> : IState<Variable<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    internal readonly int Index;
    internal readonly int Generation;
    private readonly Tape<T>? _tape;

    internal Variable(Tape<T> tape, int index, int generation)
    {
        _tape = tape;
        Index = index;
        Generation = generation;
    }

    /// <summary>The tape the value lives on.</summary>
    /// <exception cref="InvalidOperationException">The variable is <c>default</c> and was never on a tape.</exception>
    public Tape<T> Tape
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_tape is null) Stale.ThrowNone();
            return _tape;
        }
    }

    /// <summary>The shape of the value.</summary>
    public Shape Shape => Node.Shape;

    /// <summary>The number of axes; 0 for a scalar.</summary>
    public int Rank => Node.Shape.Rank;

    /// <summary>The number of elements.</summary>
    public int Length => Node.Shape.Length;

    /// <summary>Whether a backward sweep reaches a variable or parameter through this value.</summary>
    public bool RequiresGradient => Node.Has(NodeFlags.RequiresGradient);

    /// <summary>The values, row by row. Do not keep the span beyond the tape's next reset.</summary>
    public ReadOnlySpan<T> Span
    {
        get
        {
            _ = Node;
            return _tape!.ValueOf(Index);
        }
    }

    /// <summary>Whether this is <c>default</c>, which stands for "not given".</summary>
    internal bool IsNone => _tape is null;

    /// <summary>The node, after a check that the handle is still valid.</summary>
    internal ref Node<T> Node
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Tape.Checked(this);
    }

    /// <summary>The only element of a value with one element, such as a loss.</summary>
    /// <exception cref="ShapeException">There is not exactly one element.</exception>
    public double Item()
    {
        ReadOnlySpan<T> values = Span;
        if (values.Length != 1) Errors.Shape($"Item reads the only element of a value, but shape {Shape} holds {values.Length}.");
        return double.CreateChecked(values[0]);
    }

    /// <summary>A copy of the value that outlives the tape.</summary>
    public Tensor<T> ToTensor() => new(Shape, Span);

    /// <summary>The values, row by row, as a new array.</summary>
    public T[] ToArray() => Span.ToArray();

    /// <summary>The same value as a constant: a backward sweep stops here. Shares memory.</summary>
    public Variable<T> Detach() => Tape.Alias(this);

    /// <summary>
    /// Calls <paramref name="hook"/> with the gradient of this value, once it is complete, during each backward sweep; what
    /// the hook returns, of the same shape, takes the gradient's place.
    /// </summary>
    /// <exception cref="InvalidOperationException">The value does not require a gradient.</exception>
    public void OnGradient(Func<Variable<T>, Variable<T>> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        Tape.AddHook(this, hook);
    }

    /// <summary>Asks that <c>gradients[variable]</c> also hold the gradient of this value, which is not a leaf.</summary>
    /// <exception cref="InvalidOperationException">The value does not require a gradient.</exception>
    public void KeepGradient() => Tape.KeepGradient(this);

    /// <summary>A single variable is a state of one part: the map is applied to it.</summary>
    public Variable<T> Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct => map.Apply(this);

    /// <summary>The values as NumPy prints them.</summary>
    public override string ToString() => IsNone ? "Variable(none)" : ToTensor().ToString();
}

/// <summary>Functions over several variables, and other companions of <see cref="Variable{T}"/>.</summary>
public static partial class Variable
{
}
