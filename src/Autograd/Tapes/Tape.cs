using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>
/// Records what happens to variables, and sweeps it backward. Make one and <see cref="Reset()"/> it each step: its memory
/// is reused, and once warm a training step allocates nothing. A tape belongs to one thread.
/// </summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed partial class Tape<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int ChunkBits = 9;
    private const int ChunkLength = 1 << ChunkBits;

    private readonly Arena<T> _arena;
    private readonly Dictionary<Parameter<T>, int> _parameters = [];
    private readonly Dictionary<string, int> _draws = [];
    private readonly OperationPool<T> _operations = new();
    private Node<T>[][] _chunks = [];
    private int _count;
    private int[] _inputs = new int[64];
    private int _inputCount;
    private bool _recording;
    private bool _disposed;

    /// <summary>Makes a tape.</summary>
    /// <param name="training">Whether layers such as dropout behave as in training.</param>
    /// <param name="seed">The seed of what chance decides on this tape, such as dropout masks.</param>
    /// <param name="memoryLimit">The most bytes the tape may hold; by default four fifths of what the process may use.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is neither float nor double, or the limit is not positive.</exception>
    public Tape(bool training = true, ulong seed = 0, long? memoryLimit = null)
        : this(training, seed, memoryLimit, records: true)
    {
    }

    private Tape(bool training, ulong seed, long? memoryLimit, bool records)
    {
        ElementType.Require<T>("Tape");
        if (memoryLimit <= 0) Errors.OutOfRange(nameof(memoryLimit), memoryLimit, "The memory limit is a positive number of bytes.");
        Training = training;
        Seed = seed;
        MemoryLimit = memoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5 * 4;
        _arena = new Arena<T>(MemoryLimit);
        Records = records;
        _recording = records;
    }

    /// <summary>Whether layers such as dropout behave as in training.</summary>
    public bool Training { get; }

    /// <summary>The seed of what chance decides on this tape.</summary>
    public ulong Seed { get; }

    /// <summary>
    /// The number of the step, which grows by one at each reset and enters every random mask: the same seed, module and
    /// step draw the same mask. Set it to go on where an earlier run stopped.
    /// </summary>
    public long Step { get; set; }

    /// <summary>Whether the tape records for gradients; false for <see cref="Inference"/>.</summary>
    public bool Records { get; }

    /// <summary>The most bytes the tape may hold.</summary>
    public long MemoryLimit { get; }

    /// <summary>The number of values on the tape.</summary>
    public int Count => _count;

    /// <summary>Bytes of memory the tape keeps for its values.</summary>
    public long ReservedBytes => _arena.Reserved;

    /// <summary>The most bytes of values that were alive at once.</summary>
    public long PeakBytes => _arena.Peak;

    /// <summary>The number of blocks of memory in use; 0 after a reset that carries nothing.</summary>
    public int LiveBuffers => _arena.Outstanding;

    /// <summary>Counts the resets; handles of an earlier generation are stale.</summary>
    internal int Generation { get; private set; }

    /// <summary>
    /// A tape that records nothing for gradients and evaluates: dropout is off. Values live until <see cref="Reset()"/>,
    /// which a loop that generates calls once a step.
    /// </summary>
    /// <param name="memoryLimit">The most bytes the tape may hold.</param>
    [SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "Tape<float>.Inference() reads as what it makes.")]
    public static Tape<T> Inference(long? memoryLimit = null) => new(training: false, seed: 0, memoryLimit, records: false);

    /// <summary>A tensor as a value without a gradient. Shares the tensor's memory; changing it before the next reset is noticed.</summary>
    public Variable<T> Constant(Tensor<T> tensor) => Leaf(tensor, NodeFlags.None);

    /// <summary>A tensor as a leaf that wants a gradient. Shares the tensor's memory; changing it before the next reset is noticed.</summary>
    /// <exception cref="InvalidOperationException">Called inside the body of <c>Checkpoint</c>, which would leave no leaf to ask for.</exception>
    public Variable<T> Variable(Tensor<T> tensor)
    {
        if (_bodyFrom != int.MaxValue && _recording) Errors.Invalid("tape.Variable(…) was called inside the body of Checkpoint, whose values are taken back when it returns, so that its gradient could not be asked for. Make it before, and let the body capture it.");
        return Leaf(tensor, _recording ? NodeFlags.RequiresGradient : NodeFlags.None);
    }

    /// <summary>A constant of the given shape with all elements <paramref name="value"/>, in the tape's own memory.</summary>
    public Variable<T> Full(Shape shape, double value)
    {
        int index = AddNode(shape);
        RentStorage(index).Fill(T.CreateTruncating(value));
        return At(index);
    }

    /// <summary>A constant of zeros, in the tape's own memory.</summary>
    public Variable<T> Zeros(Shape shape) => Full(shape, 0);

    /// <summary>A constant with undefined contents, in the tape's own memory: write all of it.</summary>
    internal Variable<T> Allocate(Shape shape, out Span<T> values)
    {
        int index = AddNode(shape);
        values = RentStorage(index);
        return At(index);
    }

    /// <summary>A constant that holds a copy of <paramref name="values"/>, in the tape's own memory.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public Variable<T> Constant(Shape shape, ReadOnlySpan<T> values)
    {
        if (values.Length != shape.Length) Errors.LengthMismatch(values.Length, shape);
        int index = AddNode(shape);
        values.CopyTo(RentStorage(index));
        return At(index);
    }

    /// <summary>Takes everything back: values, gradients and records. All variables of this tape become stale.</summary>
    public void Reset()
    {
        ThrowIfDisposed();
        RefuseInsideBody("Reset");
        Truncate(0);
        _inputCount = 0;
        _parameters.Clear();
        _draws.Clear();
        _drawn.Clear();
        _drawnAt = 0;
        _watch?.Clear();
        ResetSweeps();
        Generation++;
        Step++;
        _recording = Records;
    }

    /// <summary>
    /// Takes everything back but the variables of <paramref name="carry"/>, which become constants of the new generation:
    /// the cut of truncated backpropagation. Their memory is kept, not copied.
    /// </summary>
    /// <returns>The carried state, valid in the new generation.</returns>
    public TState Reset<TState>(TState carry)
        where TState : struct, IState<TState, T>
    {
        ThrowIfDisposed();
        RefuseInsideBody("Reset");
        _carried.Clear();
        KeepMap keep = new(this);
        try
        {
            carry.Map(ref keep);
        }
        catch
        {
            foreach (Carried held in _carried) held.Storage.Release();
            throw;
        }

        Reset();
        RestoreMap restore = new(this);
        return carry.Map(ref restore);
    }

    /// <summary>Gives the memory back. The tape and its variables cannot be used any more.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        Reset();
        _disposed = true;
        _arena.Dispose();
        _chunks = [];
    }

    /// <summary>Borrows an operation with attributes; it goes back by itself when its record does.</summary>
    public TOperation Rent<TOperation>()
        where TOperation : Operation<T>, new() => _operations.Rent<TOperation>();

    /// <summary>Computes and records an operation of one input.</summary>
    public Variable<T> Apply(Operation<T> operation, Variable<T> input) => Apply(operation, [input]);

    /// <summary>Computes and records an operation of two inputs.</summary>
    public Variable<T> Apply(Operation<T> operation, Variable<T> first, Variable<T> second) => Apply(operation, [first, second]);

    /// <summary>
    /// Computes an operation, and records it if one of its inputs requires a gradient. An optional input that is not given
    /// is <c>default</c>. Returns the first output; <see cref="Output"/> gives the others.
    /// </summary>
    /// <exception cref="InvalidOperationException">An input is stale or lives on another tape.</exception>
    public Variable<T> Apply(Operation<T> operation, params ReadOnlySpan<Variable<T>> inputs)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ThrowIfDisposed();
        if (inputs.Length > short.MaxValue) Errors.Argument($"{operation.Name}: {inputs.Length} inputs were given; an operation has at most {short.MaxValue}. Apply it to parts.");
        bool requires = false;
        int firstInput = _inputCount;
        if (firstInput + inputs.Length > _inputs.Length) Array.Resize(ref _inputs, Math.Max(_inputs.Length * 2, firstInput + inputs.Length));
        for (int i = 0; i < inputs.Length; i++)
        {
            ref readonly Variable<T> input = ref inputs[i];
            if (input.IsNone)
            {
                _inputs[firstInput + i] = -1;
                continue;
            }

            if (input.Tape != this) Stale.ThrowOtherTape(operation.Name);
            requires |= Checked(input).Has(NodeFlags.RequiresGradient);
            _inputs[firstInput + i] = input.Index;
        }

        requires &= _recording;
        int index = _count;
        ref Node<T> node = ref NewNode(index);
        node.Operation = operation;
        node.FirstInput = firstInput;
        node.InputCount = (short)inputs.Length;
        if (requires) node.Flags = NodeFlags.Recorded | NodeFlags.RequiresGradient;
        _inputCount = firstInput + inputs.Length;
        _declared = 0;
        operation.Forward(new ForwardContext<T>(this, index));
        if (_declared == 0) Errors.Invalid($"{operation.Name}: its value rule declared no output. Call context.Output(shape) in Forward.");
        _watch?.Recorded(index, CountOutputs(index, out _));
        if (!requires)
        {
            if ((node.Flags & NodeFlags.Deferred) == 0)
            {
                node.Operation = null;
                _operations.Return(operation);
            }

            _inputCount = firstInput;
        }

        return new Variable<T>(this, index, Generation);
    }

    /// <summary>Another output of the operation that gave <paramref name="first"/>, in the order the operation declared them.</summary>
    /// <param name="first">What <c>Apply</c> returned.</param>
    /// <param name="output">0 for <paramref name="first"/> itself, 1 for the second, and so on.</param>
    public Variable<T> Output(Variable<T> first, int output)
    {
        if (first.Tape != this) Stale.ThrowOtherTape("Output");
        _ = Checked(first);
        int index = first.Index + output;
        if (output < 0 || index >= _count || NodeAt(index).OutputOrdinal != output)
        {
            Errors.OutOfRange(nameof(output), output, $"The operation has no output {output}.");
        }

        return At(index);
    }

    /// <summary>The random stream of the next mask of a module: a function of its path, the step, and how often the module drew in this step.</summary>
    internal ulong NextStream(string path)
    {
        if (_drawnAt < _drawn.Count) return _drawn[_drawnAt++];
        _draws.TryGetValue(path, out int draws);
        _draws[path] = draws + 1;
        _drawn.Add(RandomSource.Mix(RandomSource.StreamOf(path), (ulong)Step, (ulong)draws));
        return _drawn[_drawnAt++];
    }

    internal ref Node<T> NodeAt(int index) => ref _chunks[index >> ChunkBits][index & (ChunkLength - 1)];

    internal Variable<T> At(int index) => new(this, index, Generation);

    internal int InputOf(int node, int input)
    {
        ref Node<T> record = ref NodeAt(node);
        if ((uint)input >= (uint)record.InputCount) Errors.OutOfRange(nameof(input), input, $"The operation has {record.InputCount} inputs.");
        return _inputs[record.FirstInput + input];
    }

    internal Shape ShapeOfInput(int node, int input)
    {
        int index = InputOf(node, input);
        if (index < 0) Stale.ThrowNone();
        return NodeAt(index).Shape;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref Node<T> Checked(Variable<T> variable)
    {
        if (_disposed) Stale.ThrowDisposed();
        if (variable.Generation != Generation) Stale.ThrowGeneration("variable", variable.Generation, Generation);
        if ((uint)variable.Index >= (uint)_count) Stale.ThrowTakenBack();
        return ref NodeAt(variable.Index);
    }

    /// <summary>The values of a node; computes them if they were deferred, and notices a leaf whose tensor was changed.</summary>
    internal ReadOnlySpan<T> ValueOf(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        if (node.Storage is null) Materialize(index);
        Storage<T> storage = node.Storage!;
        if (storage.Version != node.Version) Stale.ThrowChanged(Describe(index));
        return storage.Data.AsSpan(storage.Start + node.Offset, node.Shape.Length);
    }

    /// <summary>The memory of a node, if nobody else looks into it; else empty.</summary>
    internal Span<T> WritableValueOf(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        return node.Storage is { IsSole: true } storage ? storage.Data.AsSpan(storage.Start + node.Offset, node.Shape.Length) : default;
    }

    internal Operation<T>? DeferredOperation(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        return node.Has(NodeFlags.Deferred) ? node.Operation : null;
    }

    internal Variable<T> Leaf(Parameter<T> parameter)
    {
        ThrowIfDisposed();
        if (_parameters.TryGetValue(parameter, out int known)) return At(known);
        Variable<T> leaf = Leaf(parameter.Value, parameter.Trainable && Records ? NodeFlags.RequiresGradient : NodeFlags.None);
        _parameters.Add(parameter, leaf.Index);
        return leaf;
    }

    internal bool TryFind(Parameter<T> parameter, out int index) => _parameters.TryGetValue(parameter, out index);

    /// <summary>The same memory as a value without history.</summary>
    internal Variable<T> Alias(Variable<T> variable)
    {
        ref Node<T> source = ref Checked(variable);
        if (source.Storage is null) Materialize(variable.Index);
        return At(AddHeld(source.Storage!, source.Offset, source.Shape, source.Version));
    }

    internal Span<T> AddOutput(int node, Shape shape, NodeFlags flags)
    {
        int index = NextOutput(node, shape, flags);
        return RentStorage(index);
    }

    internal void AddView(int node, int source, int offset, Shape shape)
    {
        int index = NextOutput(node, shape, NodeFlags.None);
        ref Node<T> from = ref NodeAt(source);
        if (from.Storage is null) Materialize(source);
        if (offset < 0 || offset + shape.Length > from.Shape.Length) Errors.Shape($"A view of shape {shape} from element {offset} on does not fit in shape {from.Shape}.");
        ref Node<T> view = ref NodeAt(index);
        view.Storage = from.Storage;
        view.Offset = from.Offset + offset;
        view.Version = from.Version;
        from.Storage!.Hold();
    }

    internal void AddDeferred(int node, Shape shape) => NodeAt(NextOutput(node, shape, NodeFlags.Deferred)).Flags |= NodeFlags.Deferred;

    private Variable<T> Leaf(Tensor<T> tensor, NodeFlags flags)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ThrowIfDisposed();
        int index = AddHeld(tensor.Storage, tensor.Offset, tensor.Shape, tensor.Storage.Version);
        NodeAt(index).Flags = flags;
        return At(index);
    }

    /// <summary>A node for memory that exists; it is held once more.</summary>
    private int AddHeld(Storage<T> storage, int offset, Shape shape, int version)
    {
        int index = AddNode(shape);
        ref Node<T> node = ref NodeAt(index);
        storage.Hold();
        node.Storage = storage;
        node.Offset = offset;
        node.Version = version;
        return index;
    }

    private int AddNode(Shape shape)
    {
        ThrowIfDisposed();
        int index = _count;
        NewNode(index).Shape = shape;
        return index;
    }

    private ref Node<T> NewNode(int index)
    {
        int chunk = index >> ChunkBits;
        if (chunk == _chunks.Length || _chunks[chunk] is null) AddChunk(chunk);
        _count = index + 1;
        ref Node<T> node = ref _chunks[chunk][index & (ChunkLength - 1)];
        node = default;
        return ref node;
    }

    private void AddChunk(int chunk)
    {
        if (chunk == _chunks.Length) Array.Resize(ref _chunks, Math.Max(4, chunk * 2));
        _chunks[chunk] = new Node<T>[ChunkLength];
    }

    private int NextOutput(int node, Shape shape, NodeFlags flags)
    {
        int ordinal = _declared++;
        if (ordinal == 0)
        {
            NodeAt(node).Shape = shape;
            return node;
        }

        int index = _count;
        if (index != node + ordinal) Errors.Invalid("An operation declares its outputs before it computes with other values of the tape.");
        if (ordinal > byte.MaxValue) Errors.Invalid($"{NodeAt(node).Operation!.Name}: an operation has at most {byte.MaxValue + 1} outputs and reserves. Join some of them.");
        ref Node<T> output = ref NewNode(index);
        output.Shape = shape;
        output.OutputOrdinal = (byte)ordinal;
        if (NodeAt(node).Has(NodeFlags.Recorded)) output.Flags = NodeFlags.FurtherOutput | flags | ((flags & NodeFlags.Reserve) == 0 ? NodeFlags.RequiresGradient : NodeFlags.None);
        return index;
    }

    private Span<T> RentStorage(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        Storage<T> storage = _arena.Rent(node.Shape.Length);
        node.Storage = storage;
        node.Offset = 0;
        node.Version = storage.Version;
        return storage.Data.AsSpan(storage.Start, node.Shape.Length);
    }

    private void Materialize(int index)
    {
        ref Node<T> node = ref NodeAt(index);
        if (!node.Has(NodeFlags.Deferred)) Stale.ThrowConsumed("a value that was given back");
        Span<T> memory = RentStorage(index);
        try
        {
            node.Operation!.Materialize(memory);
        }
        catch
        {
            node.Storage!.Release();
            node.Storage = null;
            throw;
        }
    }

    /// <summary>Takes back all nodes from <paramref name="count"/> on.</summary>
    private void Truncate(int count)
    {
        for (int i = _count - 1; i >= count; i--)
        {
            ref Node<T> node = ref NodeAt(i);
            node.Storage?.Release();
            node.Cotangent?.Release();
            if (node.Has(NodeFlags.HasHook)) _hooks.Remove(i);
            if (node.Operation is { } operation) _operations.Return(operation);
            node.Storage = null;
            node.Cotangent = null;
            node.Operation = null;
        }

        _count = count;
    }

    private void ThrowIfDisposed()
    {
        if (_disposed) Stale.ThrowDisposed();
    }

    internal string Describe(int index)
    {
        foreach ((Parameter<T> parameter, int leaf) in _parameters)
        {
            if (leaf == index) return $"parameter '{parameter.Name}' {parameter.Shape}";
        }

        return $"the tensor of shape {NodeAt(index).Shape} given to the tape";
    }
}
