using System.Numerics.Tensors;

namespace Autograd;

/// <summary>The backward sweep.</summary>
public sealed partial class Tape<T>
{
    private readonly Dictionary<int, Func<Variable<T>, Variable<T>>> _hooks = [];
    private readonly List<GradientStore<T>> _stores = [];
    private int _storesUsed;
    private int _declared;
    private bool _creatingGraph;
    private bool _sweeping;

    /// <summary>
    /// Sweeps the tape backward from a loss and returns its gradient by every leaf: parameters and what
    /// <see cref="Variable(Tensor{T})"/> made.
    /// </summary>
    /// <param name="loss">A value with one element.</param>
    /// <param name="retain">Keep what the sweep needs, so that it can be swept again.</param>
    /// <param name="createGraph">Record the sweep itself, so that its gradients can be differentiated; implies <paramref name="retain"/>.</param>
    /// <param name="into">Gradients to add to: of an earlier sweep of this generation, or of <see cref="Gradients{T}.For"/>.</param>
    /// <returns>The gradients; valid until the tape is reset (those of <see cref="Gradients{T}.For"/> longer).</returns>
    /// <exception cref="ShapeException">The loss has more than one element.</exception>
    /// <exception cref="InvalidOperationException">The loss is stale, requires no gradient, or was already swept without <paramref name="retain"/>.</exception>
    public Gradients<T> Backward(Variable<T> loss, bool retain = false, bool createGraph = false, Gradients<T>? into = null)
    {
        if (loss.Length != 1)
        {
            Errors.Shape($"Backward(loss) wants a loss with one element, but its shape is {loss.Shape}. Reduce it with Sum() or Mean(), or pass a cotangent of that shape.");
        }

        return Backward(loss, Full(loss.Shape, 1), retain, createGraph, into);
    }

    /// <summary>
    /// Sweeps the tape backward from an output of any shape: the gradient of ⟨<paramref name="cotangent"/>, output⟩ by
    /// every leaf.
    /// </summary>
    /// <param name="output">The value to sweep from.</param>
    /// <param name="cotangent">Its weights, of the same shape.</param>
    /// <param name="retain">Keep what the sweep needs, so that it can be swept again.</param>
    /// <param name="createGraph">Record the sweep itself, so that its gradients can be differentiated; implies <paramref name="retain"/>.</param>
    /// <param name="into">Gradients to add to.</param>
    /// <inheritdoc cref="Backward(Variable{T}, bool, bool, Gradients{T}?)"/>
    public Gradients<T> Backward(Variable<T> output, Variable<T> cotangent, bool retain = false, bool createGraph = false, Gradients<T>? into = null) =>
        Backward([output], [cotangent], retain, createGraph, into);

    /// <summary>Sweeps the tape backward from several outputs at once: the gradient of the sum of all ⟨cotangent, output⟩.</summary>
    /// <param name="outputs">The values to sweep from.</param>
    /// <param name="cotangents">The weights of each, of its shape.</param>
    /// <param name="retain">Keep what the sweep needs, so that it can be swept again.</param>
    /// <param name="createGraph">Record the sweep itself; implies <paramref name="retain"/>.</param>
    /// <param name="into">Gradients to add to.</param>
    /// <inheritdoc cref="Backward(Variable{T}, bool, bool, Gradients{T}?)"/>
    public Gradients<T> Backward(
        ReadOnlySpan<Variable<T>> outputs,
        ReadOnlySpan<Variable<T>> cotangents,
        bool retain = false,
        bool createGraph = false,
        Gradients<T>? into = null)
    {
        ThrowIfDisposed();
        RefuseInsideBody("Backward");
        if (outputs.Length != cotangents.Length) Errors.Argument($"Backward: {outputs.Length} outputs but {cotangents.Length} cotangents were given.");
        int from = -1;
        for (int i = 0; i < outputs.Length; i++)
        {
            CheckSeed(outputs[i], cotangents[i]);
            from = Math.Max(from, outputs[i].Index);
        }

        GradientStore<T>? sum = into?.StoreFor(this);
        if (createGraph && sum is { Persists: true })
        {
            Errors.Invalid("Backward(createGraph: true, into: …): gradients that outlive a reset cannot be part of a graph. Add to gradients of this generation, or leave createGraph out.");
        }

        GradientStore<T> store = NextStore();
        if (createGraph) store.MarkRecorded();
        _sweeping = true;
        _creatingGraph = createGraph;
        _recording = createGraph;
        try
        {
            for (int i = 0; i < outputs.Length; i++) AddCotangent(outputs[i].Index, cotangents[i]);
            Sweep(from, 0, retain || createGraph, store);
        }
        catch
        {
            DropCotangents();
            throw;
        }
        finally
        {
            _watch?.LeaveSweep();
            _sweeping = false;
            _creatingGraph = false;
            _recording = Records;
        }

        if (sum is null) return new Gradients<T>(store);
        sum.AddFrom(store);
        return new Gradients<T>(sum);
    }

    /// <summary>Whether the sweep under way is itself recorded.</summary>
    internal bool CreatesGraph => _creatingGraph;

    internal bool HasCotangent(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        return node.Cotangent is not null || node.CotangentNode != 0;
    }

    internal Variable<T> CotangentOf(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        if (node.CotangentNode != 0) return At(node.CotangentNode - 1);
        if (node.Cotangent is { } storage) return At(AddHeld(storage, node.CotangentOffset, node.Shape, storage.Version));
        return Zeros(node.Shape);
    }

    /// <summary>The values of <see cref="CotangentOf"/>, without a node for them; empty when there is none.</summary>
    internal ReadOnlySpan<T> CotangentValues(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        if (node.Cotangent is not null) return CotangentSpan(ref node);
        return node.CotangentNode != 0 ? ValueOf(node.CotangentNode - 1) : default;
    }

    internal void AddCotangent(int node, int input, Variable<T> gradient)
    {
        int target = InputOf(node, input);
        Shape shape = NodeAt(target).Shape;
        if (gradient.Shape != shape)
        {
            Errors.Shape($"{NodeAt(node).Operation!.Name}: its gradient rule gave input {input} a gradient of shape {gradient.Shape}, but the input has shape {shape}.");
        }

        if (gradient.Tape != this) Stale.ThrowOtherTape(NodeAt(node).Operation!.Name);

        AddCotangent(target, gradient);
    }

    /// <summary>The memory of an input's gradient, for a rule that adds to it itself; see <see cref="BackwardContext{T}.InPlace"/>.</summary>
    internal bool CotangentInPlace(int node, int input, out Span<T> sum, out bool fresh)
    {
        sum = default;
        fresh = false;
        if (_creatingGraph) return false;
        ref Node<T> target = ref NodeAt(InputOf(node, input));
        fresh = target.Cotangent is null;
        if (fresh)
        {
            target.Cotangent = _arena.Rent(target.Shape.Length);
            target.CotangentOffset = 0;
        }
        else
        {
            MakeSole(ref target);
        }

        sum = CotangentSpan(ref target);
        return true;
    }

    internal void AddHook(Variable<T> variable, Func<Variable<T>, Variable<T>> hook)
    {
        ref Node<T> node = ref Checked(variable);
        if (!node.Has(NodeFlags.RequiresGradient)) Stale.ThrowNoGradient("A gradient hook was asked for");
        if (variable.Index < _againFrom) return; // a body that runs again set it the first time
        node.Flags |= NodeFlags.HasHook;
        if (_hooks.TryGetValue(variable.Index, out Func<Variable<T>, Variable<T>>? earlier))
        {
            _hooks[variable.Index] = gradient => hook(earlier(gradient));
        }
        else
        {
            _hooks.Add(variable.Index, hook);
        }
    }

    internal void KeepGradient(Variable<T> variable)
    {
        ref Node<T> node = ref Checked(variable);
        if (!node.Has(NodeFlags.RequiresGradient)) Stale.ThrowNoGradient("KeepGradient was called");
        if (variable.Index >= _bodyFrom) Errors.Invalid("KeepGradient was called inside the body of Checkpoint on a value that is taken back when it returns, so that its gradient could not be asked for. Return the value from the body, or look at its gradient with OnGradient.");
        node.Flags |= NodeFlags.KeepGradient;
    }

    private static Span<T> CotangentSpan(ref Node<T> node) =>
        node.Cotangent!.Data.AsSpan(node.Cotangent.Start + node.CotangentOffset, node.Shape.Length);

    private void CheckSeed(Variable<T> output, Variable<T> cotangent)
    {
        if (output.Tape != this || cotangent.Tape != this) Stale.ThrowOtherTape("Backward");
        if (output.Shape != cotangent.Shape)
        {
            Errors.Shape($"Backward: the output has shape {output.Shape} but its cotangent {cotangent.Shape}; they must be equal.");
        }

        if (!Records) Errors.Invalid("Backward: this is an inference tape, which records nothing. Use new Tape<T>() to train.");
        if (!Checked(output).Has(NodeFlags.RequiresGradient)) Stale.ThrowNoGradient("Backward was asked for");
    }

    private GradientStore<T> NextStore()
    {
        if (_storesUsed == _stores.Count) _stores.Add(new GradientStore<T>());
        GradientStore<T> store = _stores[_storesUsed++];
        store.Renew(this);
        return store;
    }

    /// <summary>Lets go of the gradients of this generation's sweeps.</summary>
    private void ResetSweeps()
    {
        _hooks.Clear();
        for (int i = 0; i < _storesUsed; i++)
        {
            _stores[i].Clear();
            _stores[i].Renew(this);
        }

        _storesUsed = 0;
    }

    /// <summary>
    /// Visits the nodes from <paramref name="from"/> down to <paramref name="to"/>. Each has its whole cotangent when its
    /// turn comes, since everything computed from it stands after it. A loop, so that a tape may be as long as memory allows.
    /// Nodes that are taken back after the sweep have no <paramref name="store"/>.
    /// </summary>
    private void Sweep(int from, int to, bool retain, GradientStore<T>? store)
    {
        for (int index = from; index >= to; index--)
        {
            ref Node<T> node = ref NodeAt(index);
            if (node.Cotangent is not null || node.CotangentNode != 0)
            {
                if (node.Has(NodeFlags.HasHook)) CallHook(index);
                if (store is not null && (node.IsLeaf || node.Has(NodeFlags.KeepGradient))) Keep(index, store);
                if (node.IsLeaf) DropCotangent(ref node);
            }

            if (!node.Has(NodeFlags.Recorded)) continue;
            int outputs = CountOutputs(index, out bool reached);
            if (!reached) continue;
            if (node.Has(NodeFlags.Consumed)) Stale.ThrowConsumed(node.Operation!.Name);
            if (_creatingGraph) SweepRecorded(index, outputs, store!);
            else SweepOne(index, outputs, retain);
        }
    }

    private void SweepOne(int index, int outputs, bool retain)
    {
        int mark = _count;
        ref Node<T> node = ref NodeAt(index);
        _watch?.Entering(index, outputs);
        node.Operation!.Backward(new BackwardContext<T>(this, index, isLast: !retain));
        _watch?.LeavingRule(index);
        for (int i = index; i < index + outputs; i++)
        {
            ref Node<T> output = ref NodeAt(i);
            DropCotangent(ref output);
            if (retain || !output.Has(NodeFlags.Reserve)) continue;
            output.Storage?.Release();
            output.Storage = null;
        }

        if (!retain) node.Flags |= NodeFlags.Consumed;
        Truncate(mark);
    }

    /// <summary>One step of a sweep that is itself recorded: a fused operation gives way to its composite.</summary>
    private void SweepRecorded(int index, int outputs, GradientStore<T> store)
    {
        ref Node<T> node = ref NodeAt(index);
        int mark = _count;
        Variable<T>[] inputs = new Variable<T>[node.InputCount];
        for (int i = 0; i < inputs.Length; i++)
        {
            int input = InputOf(index, i);
            inputs[i] = input < 0 ? default : At(input);
        }

        if (node.Operation!.Compose(inputs) is { } composed)
        {
            int last = _count - 1;
            for (int i = 0; i < composed.Length; i++)
            {
                if (HasCotangent(index + i) && composed[i].RequiresGradient) AddCotangent(composed[i].Index, CotangentOf(index + i));
            }

            Sweep(last, mark, retain: true, store);
        }
        else
        {
            _watch?.Entering(index, outputs);
            node.Operation.Backward(new BackwardContext<T>(this, index, isLast: false));
            _watch?.LeavingRule(index);
        }

        for (int i = index; i < index + outputs; i++) DropCotangent(ref NodeAt(i));
    }

    private int CountOutputs(int index, out bool reached)
    {
        int outputs = 0;
        reached = false;
        do
        {
            ref Node<T> output = ref NodeAt(index + outputs);
            reached |= output.Cotangent is not null || output.CotangentNode != 0;
            outputs++;
        }
        while (index + outputs < _count && NodeAt(index + outputs).OutputOrdinal == outputs);
        return outputs;
    }

    private void AddCotangent(int target, Variable<T> gradient)
    {
        ref Node<T> node = ref NodeAt(target);
        if (!node.Has(NodeFlags.RequiresGradient)) return;
        if (_creatingGraph)
        {
            Variable<T> total = node.CotangentNode == 0 ? gradient : Apply(CotangentSum<T>.Instance, At(node.CotangentNode - 1), gradient);
            NodeAt(target).CotangentNode = total.Index + 1;
            return;
        }

        ref Node<T> given = ref Checked(gradient);
        if (given.Storage is null) Materialize(gradient.Index);
        if (node.Cotangent is not { } sum)
        {
            given.Storage!.Hold();
            node.Cotangent = given.Storage;
            node.CotangentOffset = given.Offset;
            return;
        }

        ReadOnlySpan<T> added = ValueOf(gradient.Index);
        Span<T> gathered = CotangentSpan(ref node);
        if (sum.IsSole)
        {
            TensorPrimitives.Add(gathered, added, gathered);
            return;
        }

        Storage<T> own = _arena.Rent(node.Shape.Length);
        TensorPrimitives.Add(gathered, added, own.Data.AsSpan(own.Start, node.Shape.Length));
        sum.Release();
        node.Cotangent = own;
        node.CotangentOffset = 0;
    }

    private void CallHook(int index)
    {
        Variable<T> gradient = CotangentOf(index);
        Variable<T> replaced = _hooks[index](gradient);
        if (replaced.Tape != this) Stale.ThrowOtherTape("A gradient hook");
        if (replaced.Shape != gradient.Shape)
        {
            Errors.Shape($"A gradient hook was given a gradient of shape {gradient.Shape} and returned one of shape {replaced.Shape}; it must return the same shape.");
        }

        ref Node<T> node = ref NodeAt(index);
        DropCotangent(ref node);
        AddCotangent(index, replaced);
    }

    private void Keep(int index, GradientStore<T> store)
    {
        ref Node<T> node = ref NodeAt(index);
        if (_creatingGraph)
        {
            store.Add(index, new(null, 0, node.Shape, At(node.CotangentNode - 1)));
            return;
        }

        // Gradients may be changed in place, by clipping for one, so memory that others see is copied.
        MakeSole(ref node);
        node.Cotangent!.Hold();
        store.Add(index, new(node.Cotangent, node.CotangentOffset, node.Shape, default));
    }

    /// <summary>Copies the gathered cotangent if anyone else holds its memory.</summary>
    private void MakeSole(ref Node<T> node)
    {
        if (node.Cotangent!.IsSole) return;
        Storage<T> own = _arena.Rent(node.Shape.Length);
        CotangentSpan(ref node).CopyTo(own.Data.AsSpan(own.Start, node.Shape.Length));
        node.Cotangent!.Release();
        node.Cotangent = own;
        node.CotangentOffset = 0;
    }

    private static void DropCotangent(ref Node<T> node)
    {
        node.Cotangent?.Release();
        node.Cotangent = null;
        node.CotangentNode = 0;
    }

    private void DropCotangents()
    {
        for (int i = 0; i < _count; i++) DropCotangent(ref NodeAt(i));
    }

    internal Variable<T> Held(Storage<T> storage, int offset, Shape shape) => At(AddHeld(storage, offset, shape, storage.Version));
}
