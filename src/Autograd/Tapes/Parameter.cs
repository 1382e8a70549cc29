using System.Numerics;

namespace Autograd;

/// <summary>
/// A tensor that is learned. It belongs to a module, which gives it its path; several tapes may read it at once. Its
/// value exists once it is initialized or loaded.
/// </summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Parameter<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Tensor<T>? _value;

    /// <summary>Declares a parameter without a value.</summary>
    /// <param name="name">Its name within its module, as in files: <c>weight</c>, <c>bias_ih_l0</c>.</param>
    /// <param name="shape">Its shape.</param>
    public Parameter(string name, Shape shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ElementType.Require<T>("Parameter");
        Name = name;
        Shape = shape;
    }

    /// <summary>Makes a parameter that holds a copy of <paramref name="value"/>.</summary>
    public Parameter(string name, Tensor<T> value)
        : this(name, (value ?? throw new ArgumentNullException(nameof(value))).Shape) => _value = value.Clone();

    /// <summary>The name within the module.</summary>
    public string Name { get; }

    /// <summary>The shape.</summary>
    public Shape Shape { get; }

    /// <summary>Whether the parameter is initialized or loaded.</summary>
    public bool HasValue => _value is not null;

    /// <summary>Whether gradients are computed for it; false freezes it.</summary>
    public bool Trainable { get; set; } = true;

    /// <summary>Whether an optimizer's weight decay applies; biases and the weights of normalizations say no.</summary>
    public bool Decays { get; init; } = true;

    /// <summary>The value, read through the parameter, since an optimizer moves it into memory of its own.</summary>
    /// <exception cref="InvalidOperationException">The parameter was neither initialized nor loaded.</exception>
    public Tensor<T> Value => _value ?? throw new InvalidOperationException(
        $"Parameter '{Name}' {Shape} has no value yet. Call model.Initialize(seed) or load weights first.");

    /// <summary>The parameter as a variable of <paramref name="tape"/>: the same one each time until the tape is reset.</summary>
    /// <exception cref="InvalidOperationException">The parameter was neither initialized nor loaded.</exception>
    public Variable<T> On(Tape<T> tape)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return tape.Leaf(this);
    }

    /// <summary>Gives the parameter its value, which is copied.</summary>
    /// <exception cref="ShapeException">Another shape.</exception>
    public void Set(Tensor<T> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Shape != Shape) Errors.Shape($"Parameter '{Name}' has shape {Shape}, but a value of shape {value.Shape} was given.");
        if (_value is null) _value = value.Clone();
        else _value.CopyFrom(value.Span);
    }

    /// <summary>The name, the shape and whether there is a value.</summary>
    public override string ToString() => $"{Name} {Shape}{(HasValue ? string.Empty : " (no value)")}";

    /// <summary>Moves the value into memory shared with other parameters.</summary>
    internal void MoveTo(Storage<T> storage, int offset)
    {
        Tensor<T> moved = new(storage, offset, Shape);
        moved.CopyFrom(Value.Span);
        Value.Changed(); // a tape that recorded the value where it was does not see what happens to it from here on
        _value = moved;
    }
}
