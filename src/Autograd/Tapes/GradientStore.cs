using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>One gradient: memory of the tape, memory of its own, or (with createGraph) a value on the tape.</summary>
internal readonly record struct GradientEntry<T>(Storage<T>? Storage, int Offset, Shape Shape, Variable<T> Recorded)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public Span<T> Values => Storage is null ? [] : Storage.Data.AsSpan(Storage.Start + Offset, Shape.Length);

    public Variable<T> On(Tape<T> tape) => Storage is null ? Recorded : tape.Held(Storage, Offset, Shape);
}

/// <summary>
/// The gradients behind a <see cref="Gradients{T}"/> handle. One that belongs to a tape is reused by its position among
/// the sweeps of a generation; one made for parameters has memory of its own and persists.
/// </summary>
internal sealed class GradientStore<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Dictionary<int, GradientEntry<T>> _byNode = [];
    private readonly Dictionary<Parameter<T>, GradientEntry<T>>? _byParameter;
    private readonly HashSet<Parameter<T>>? _seen;
    private Tape<T>? _tape;

    public GradientStore()
    {
    }

    public GradientStore(IEnumerable<Parameter<T>> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _byParameter = [];
        _seen = [];
        foreach (Parameter<T> parameter in parameters)
        {
            _byParameter[parameter] = new(new Storage<T>(new T[parameter.Shape.Length]), 0, parameter.Shape, default);
        }
    }

    /// <summary>Changes whenever handles to earlier contents become stale.</summary>
    public int Serial { get; private set; }

    public bool Persists => _byParameter is not null;

    public Tape<T> Tape => _tape ?? throw new InvalidOperationException("No backward sweep has added to these gradients yet.");

    /// <summary>Whether the gradients are part of a recorded graph, and so cannot be changed in place.</summary>
    public bool IsRecorded { get; private set; }

    /// <summary>All gradients, of whatever leaf.</summary>
    public IEnumerable<GradientEntry<T>> Entries => Persists ? _byParameter!.Values : _byNode.Values;

    /// <summary>The gradient of a parameter, or null if no sweep reached it.</summary>
    public GradientEntry<T>? Find(Parameter<T> parameter)
    {
        if (Persists) return _seen!.Contains(parameter) ? _byParameter![parameter] : null;
        return Tape.TryFind(parameter, out int index) ? Find(index) : null;
    }

    public GradientEntry<T>? Find(int node) => _byNode.TryGetValue(node, out GradientEntry<T> entry) ? entry : null;

    /// <summary>Makes a store of a tape ready for its next sweep; old handles become stale.</summary>
    public void Renew(Tape<T> tape)
    {
        _tape = tape;
        _byNode.Clear();
        IsRecorded = false;
        Serial++;
    }

    /// <summary>Forgets all gradients.</summary>
    public void Clear()
    {
        foreach (GradientEntry<T> entry in _byNode.Values) entry.Storage?.Release();
        _byNode.Clear();
        if (!Persists) return;
        _seen!.Clear();
        foreach (GradientEntry<T> entry in _byParameter!.Values) entry.Values.Clear();
    }

    /// <summary>Takes the gradient of a node over from the sweep; the memory becomes this store's alone.</summary>
    public void Add(int node, GradientEntry<T> entry) => _byNode.Add(node, entry);

    /// <summary>Adds the gradients of another sweep of the same tape to these.</summary>
    public void AddFrom(GradientStore<T> other)
    {
        _tape = other.Tape;
        if (Persists)
        {
            foreach ((Parameter<T> parameter, GradientEntry<T> sum) in _byParameter!)
            {
                if (other.Find(parameter) is not { } added) continue;
                if (added.Storage is null) Errors.Invalid("Backward(createGraph: true, into: …): gradients that outlive a reset cannot be part of a graph.");
                TensorPrimitives.Add(sum.Values, added.Values, sum.Values);
                _seen!.Add(parameter);
            }

            return;
        }

        foreach ((int node, GradientEntry<T> added) in other._byNode)
        {
            if (!_byNode.TryGetValue(node, out GradientEntry<T> sum))
            {
                added.Storage?.Hold();
                _byNode.Add(node, added);
            }
            else if (sum.Storage is not null && added.Storage is not null)
            {
                TensorPrimitives.Add(sum.Values, added.Values, sum.Values);
            }
            else
            {
                Variable<T> total = Tape.Apply(CotangentSum<T>.Instance, sum.On(Tape), added.On(Tape));
                sum.Storage?.Release();
                _byNode[node] = new(null, 0, total.Shape, total);
            }
        }

        IsRecorded |= other.IsRecorded;
    }

    public void MarkRecorded() => IsRecorded = true;
}
