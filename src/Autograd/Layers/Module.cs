using System.Numerics;

namespace Autograd;

/// <summary>
/// Parameters, buffers and child modules under names. A module registers them by creating them: <see cref="AddParameter"/>,
/// <see cref="AddBuffer"/> and <see cref="AddModule"/> return what they add. It has no mode and no hidden state: whether it
/// trains is the tape's affair, and recurrent state goes in and comes out.
/// </summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public abstract class Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly List<(Parameter<T> Parameter, Initializer Initializer)> _parameters = [];
    private readonly List<(string Name, Tensor<T> Value)> _buffers = [];
    private readonly List<(string Name, Module<T> Child)> _children = []; // without a name: its parts have names of this module's
    private Module<T>? _parent;
    private string _name = string.Empty;
    private string? _path;

    /// <summary>Makes a module without parameters.</summary>
    protected Module() => ElementType.Require<T>(GetType().Name);

    /// <summary>The path from the outermost module, such as <c>encoder.cell</c>; empty for that module itself.</summary>
    public string Path => _path ??= _parent is null ? string.Empty : _name.Length == 0 ? _parent.Path : _parent.Path.Length == 0 ? _name : $"{_parent.Path}.{_name}";

    /// <summary>The child modules, in the order they were added.</summary>
    public IEnumerable<Module<T>> Children => _children.Select(static entry => entry.Child);

    /// <summary>The size of the last axis of what the module gives; null where it has none of its own.</summary>
    public virtual int? OutputSize => null;

    /// <summary>The output size of the last child that has one.</summary>
    private protected int? LastChildOutputSize
    {
        get
        {
            for (int i = _children.Count - 1; i >= 0; i--)
            {
                if (_children[i].Child.OutputSize is { } size) return size;
            }

            return null;
        }
    }

    /// <summary>All parameters, of this module and its children, in the order they were added.</summary>
    public IEnumerable<Parameter<T>> Parameters => NamedParameters().Select(static entry => entry.Parameter);

    /// <summary>The number of learned numbers.</summary>
    public long ParameterCount => Parameters.Sum(static parameter => (long)parameter.Shape.Length);

    /// <summary>All parameters with their paths below this module: <c>encoder.cell.weight</c>.</summary>
    public IEnumerable<(string Path, Parameter<T> Parameter)> NamedParameters() =>
        Walk(string.Empty).SelectMany(static place => place.Module._parameters.Select(entry => (place.Prefix + entry.Parameter.Name, entry.Parameter)));

    /// <summary>All buffers with their paths below this module.</summary>
    public IEnumerable<(string Path, Tensor<T> Value)> NamedBuffers() =>
        Walk(string.Empty).SelectMany(static place => place.Module._buffers.Select(entry => (place.Prefix + entry.Name, entry.Value)));

    /// <summary>
    /// Gives every parameter its first value. Each is drawn from the seed and its own path, so that adding a layer changes
    /// no other.
    /// </summary>
    /// <param name="seed">The seed.</param>
    /// <param name="choose">Another initializer for a parameter, by its path and itself; null where it has none for it.</param>
    public void Initialize(ulong seed, Func<string, Parameter<T>, Initializer?>? choose = null)
    {
        foreach ((string prefix, Module<T> module) in Walk(string.Empty))
        {
            foreach ((Parameter<T> parameter, Initializer initializer) in module._parameters)
            {
                string path = prefix + parameter.Name;
                Tensor<T> value = new(parameter.Shape);
                (choose?.Invoke(path, parameter) ?? initializer).Fill(value.Writable, parameter.Shape, new RandomSource(seed, RandomSource.StreamOf(path)));
                parameter.Set(value);
            }
        }
    }

    /// <summary>Declares a parameter of this module.</summary>
    /// <param name="name">Its name, as in files: <c>weight</c>.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initializer">How <see cref="Initialize"/> draws it.</param>
    /// <param name="decays">Whether weight decay applies; not for biases and normalizations.</param>
    protected Parameter<T> AddParameter(string name, Shape shape, Initializer initializer, bool decays = true)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        CheckName(name);
        Parameter<T> parameter = new(name, shape) { Decays = decays };
        _parameters.Add((parameter, initializer));
        return parameter;
    }

    /// <summary>Declares values that belong to the module and are saved with it but not learned.</summary>
    protected Tensor<T> AddBuffer(string name, Tensor<T> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        CheckName(name);
        _buffers.Add((name, value));
        return value;
    }

    /// <summary>Makes <paramref name="module"/> a child under a name, and returns it.</summary>
    /// <exception cref="InvalidOperationException">The module already has a parent; keep a plain reference to share it.</exception>
    protected TModule AddModule<TModule>(string name, TModule module)
        where TModule : Module<T>
    {
        CheckName(name);
        return Join(name, module);
    }

    /// <summary>Makes <paramref name="module"/> a child whose parameters, buffers and children carry names as if they were this module's own.</summary>
    private protected TModule Adopt<TModule>(TModule module)
        where TModule : Module<T> => Join(string.Empty, module);

    private TModule Join<TModule>(string name, TModule module)
        where TModule : Module<T>
    {
        ArgumentNullException.ThrowIfNull(module);
        if (module._parent is not null || module == this)
        {
            Errors.Invalid($"Module '{name}' already belongs to {module._parent?.GetType().Name ?? "itself"} as '{module._name}'. To share it, keep a reference and add it once.");
        }

        _children.Add((name, module));
        module._parent = this;
        module._name = name;
        foreach ((_, Module<T> below) in module.Walk(string.Empty)) below._path = null;
        return module;
    }

    private IEnumerable<(string Prefix, Module<T> Module)> Walk(string prefix)
    {
        yield return (prefix, this);
        foreach ((string name, Module<T> child) in _children)
        {
            foreach ((string, Module<T>) place in child.Walk(name.Length == 0 ? prefix : $"{prefix}{name}.")) yield return place;
        }
    }

    private void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Contains('.', StringComparison.Ordinal)) Errors.Argument($"The name '{name}' contains a dot, which separates the names in a path.");
        bool taken = _parameters.Exists(entry => entry.Parameter.Name == name) || _buffers.Exists(entry => entry.Name == name) || _children.Exists(entry => entry.Name == name);
        if (taken) Errors.Argument($"{GetType().Name} already has a parameter, buffer or module named '{name}'.");
    }
}
