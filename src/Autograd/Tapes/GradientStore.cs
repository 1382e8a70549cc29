using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>One gradient: memory of the tape, memory of its own, or (with createGraph) a value on the tape.</summary>
internal readonly record struct GradientEntry<T>(Storage<T>? Storage, int Offset, Shape Shape, Variable<T> Recorded)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public Span<T> Values => Storage is null ? [] : Storage.Data.AsSpan(Storage.Start + Offset, Shape.Length);

    /// <summary>The values, to be changed: a variable that was read from them before is stale from here on.</summary>
    public Span<T> Changing
    {
        get
        {
            if (Storage is not null) Storage.Version++;
            return Values;
        }
    }

    public Variable<T> On(Tape<T> tape) => Storage is null ? Recorded : tape.Held(Storage, Offset, Shape);
}

/// <summary>
/// The gradients behind a <see cref="Gradients{T}"/> handle. One that belongs to a tape is reused by its position among
/// the sweeps of a generation; one made for parameters has memory of its own and persists.
/// </summary>
internal sealed class GradientStore<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Dictionary<int, GradientEntry<T>> _entries = []; // by node; of a store that persists, by position in _parameters
    private readonly Parameter<T>[]? _parameters;
    private readonly HashSet<int> _seen = [];
    private Tape<T>? _tape;

    public GradientStore()
    {
    }

    public GradientStore(IEnumerable<Parameter<T>> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _parameters = [.. parameters.Distinct()];
        for (int i = 0; i < _parameters.Length; i++)
        {
            Shape shape = _parameters[i].Shape;
            _entries.Add(i, new(new Storage<T>(new T[shape.Length]), 0, shape, default));
        }
    }

    /// <summary>Changes whenever handles to earlier contents become stale.</summary>
    public int Serial { get; private set; }

    public bool Persists => _parameters is not null;

    public Tape<T> Tape => _tape ?? throw new InvalidOperationException("No backward sweep has added to these gradients yet.");

    /// <summary>Whether the gradients are part of a recorded graph, and so cannot be changed in place.</summary>
    public bool IsRecorded { get; private set; }

    /// <summary>All gradients, of whatever leaf, by a key for <see cref="NameOf"/>.</summary>
    public Dictionary<int, GradientEntry<T>> Entries => _entries;

    /// <summary>The gradient of a parameter, or null if no sweep reached it.</summary>
    public GradientEntry<T>? Find(Parameter<T> parameter)
    {
        if (!Persists) return Tape.TryFind(parameter, out int index) ? Find(index) : null;
        int position = Array.IndexOf(_parameters!, parameter);
        return _seen.Contains(position) ? _entries[position] : null;
    }

    public GradientEntry<T>? Find(int node) => _entries.TryGetValue(node, out GradientEntry<T> entry) ? entry : null;

    /// <summary>Refuses a parameter that a store for certain parameters was not made for.</summary>
    public void RequireGathered(Parameter<T> parameter)
    {
        if (Persists && !_parameters!.Contains(parameter))
        {
            Errors.Invalid($"Parameter '{parameter.Name}' {parameter.Shape} is not among those these gradients were made for. Pass it to Gradients.For.");
        }
    }

    /// <summary>What a gradient is of, for messages.</summary>
    public string NameOf(int key) => Persists ? $"parameter '{_parameters![key].Name}' {_parameters[key].Shape}" : Tape.Describe(key);

    /// <summary>Makes a store of a tape ready for its next sweep; old handles become stale.</summary>
    public void Renew(Tape<T> tape)
    {
        _tape = tape;
        _entries.Clear();
        IsRecorded = false;
        Serial++;
    }

    /// <summary>Forgets all gradients.</summary>
    public void Clear()
    {
        _seen.Clear();
        if (Persists)
        {
            foreach (GradientEntry<T> entry in _entries.Values) entry.Changing.Clear();
            return;
        }

        foreach (GradientEntry<T> entry in _entries.Values) entry.Storage?.Release();
        _entries.Clear();
    }

    /// <summary>Takes the gradient of a node over from the sweep; the memory becomes this store's alone.</summary>
    public void Add(int node, GradientEntry<T> entry) => _entries.Add(node, entry);

    /// <summary>Adds the gradients of another sweep of the same tape to these.</summary>
    public void AddFrom(GradientStore<T> other)
    {
        _tape = other.Tape;
        IsRecorded |= other.IsRecorded;
        if (Persists) AddByParameter(other);
        else AddByNode(other);
    }

    public void MarkRecorded() => IsRecorded = true;

    private void AddByParameter(GradientStore<T> other)
    {
        for (int i = 0; i < _parameters!.Length; i++)
        {
            if (other.Find(_parameters[i]) is not { } added) continue;
            Span<T> sum = _entries[i].Changing;
            TensorPrimitives.Add(sum, added.Values, sum);
            _seen.Add(i);
        }
    }

    private void AddByNode(GradientStore<T> other)
    {
        foreach ((int node, GradientEntry<T> added) in other._entries)
        {
            if (!_entries.TryGetValue(node, out GradientEntry<T> sum))
            {
                added.Storage?.Hold();
                _entries.Add(node, added);
            }
            else if (sum.Storage is not null && added.Storage is not null)
            {
                TensorPrimitives.Add(sum.Values, added.Values, sum.Changing);
            }
            else
            {
                Variable<T> total = Tape.Apply(CotangentSum<T>.Instance, sum.On(Tape), added.On(Tape));
                sum.Storage?.Release();
                _entries[node] = new(null, 0, total.Shape, total);
            }
        }
    }
}
