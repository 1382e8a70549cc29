using System.Numerics;

namespace Autograd;

/// <summary>What an operation sees while it computes its value: the inputs' values in, the outputs' memory out.</summary>
public readonly ref struct ForwardContext<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _node;

    internal ForwardContext(Tape<T> tape, int node)
    {
        Tape = tape;
        _node = node;
    }

    /// <summary>The tape that records.</summary>
    public Tape<T> Tape { get; }

    /// <summary>The number of inputs.</summary>
    public int InputCount => Tape.NodeAt(_node).InputCount;

    /// <summary>Whether a gradient will be asked for; a reserve is needed only then.</summary>
    public bool Records => Tape.NodeAt(_node).Has(NodeFlags.RequiresGradient);

    /// <summary>Whether an optional input was given.</summary>
    public bool Has(int input) => Tape.InputOf(_node, input) >= 0;

    /// <summary>The shape of an input.</summary>
    /// <exception cref="InvalidOperationException">The input was not given.</exception>
    public Shape Shape(int input) => Tape.ShapeOfInput(_node, input);

    /// <summary>The values of an input, row by row; empty for an optional input that was not given.</summary>
    public ReadOnlySpan<T> Input(int input)
    {
        int index = Tape.InputOf(_node, input);
        return index < 0 ? default : Tape.ValueOf(index);
    }

    /// <summary>Declares the next output and returns its memory, whose contents are undefined: write all of it.</summary>
    public Span<T> Output(Shape shape) => Tape.AddOutput(_node, shape, NodeFlags.None);

    /// <summary>
    /// Declares memory that only the gradient rule reads, as the next output; it is given back once swept. Its contents
    /// are undefined. Not counted among the outputs that <c>Apply</c> returns.
    /// </summary>
    public Span<T> Reserve(int length) => Tape.AddOutput(_node, new Shape(length), NodeFlags.Reserve);

    /// <summary>Declares the next output as a view: <paramref name="shape"/> of the memory of an input, from an offset on.</summary>
    public void OutputView(int input, int offset, Shape shape) => Tape.AddView(_node, Tape.InputOf(_node, input), offset, shape);

    /// <summary>Declares the only output as one to be computed by <see cref="Operation{T}.Materialize"/> if it is ever read.</summary>
    public void DeferredOutput(Shape shape) => Tape.AddDeferred(_node, shape);

    /// <summary>Declares the values that the body of a checkpoint gave as the outputs.</summary>
    internal void Results() => Tape.AddResults(_node);

    /// <summary>The operation behind an input that was declared deferred, so that a consumer can use its structure instead of its values.</summary>
    internal Operation<T>? DeferredOperation(int input)
    {
        int index = Tape.InputOf(_node, input);
        return index < 0 ? null : Tape.DeferredOperation(index);
    }
}

/// <summary>What an operation sees while a sweep asks for its gradient.</summary>
public readonly ref struct BackwardContext<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _node;

    private readonly bool _isLast;

    internal BackwardContext(Tape<T> tape, int node, bool isLast)
    {
        Tape = tape;
        _node = node;
        _isLast = isLast;
    }

    /// <summary>The tape that is swept.</summary>
    public Tape<T> Tape { get; }

    /// <summary>The number of inputs.</summary>
    public int InputCount => Tape.NodeAt(_node).InputCount;

    /// <summary>Whether an input leads to something that wants a gradient.</summary>
    public bool Needs(int input)
    {
        int index = Tape.InputOf(_node, input);
        return index >= 0 && Tape.NodeAt(index).Has(NodeFlags.RequiresGradient);
    }

    /// <summary>An input, for use in the gradient rule; <c>default</c> for an optional one that was not given.</summary>
    public Variable<T> Input(int input)
    {
        int index = Tape.InputOf(_node, input);
        return index < 0 ? default : Tape.At(index);
    }

    /// <summary>Whether an optional input was given.</summary>
    public bool Has(int input) => Tape.InputOf(_node, input) >= 0;

    /// <summary>The shape of an input.</summary>
    /// <exception cref="InvalidOperationException">The input was not given.</exception>
    public Shape Shape(int input) => Tape.ShapeOfInput(_node, input);

    /// <summary>An output (or reserve), in the order the value rule declared them.</summary>
    public Variable<T> Output(int output = 0) => Tape.At(_node + output);

    /// <summary>Whether anything depends on this output; if not, its cotangent is zero.</summary>
    public bool HasCotangent(int output = 0) => Tape.HasCotangent(_node + output);

    /// <summary>The gradient of the loss by an output; zeros when nothing depends on it.</summary>
    public Variable<T> Cotangent(int output = 0) => Tape.CotangentOf(_node + output);

    /// <summary>The shape of an output.</summary>
    internal Shape OutputShape(int output = 0) => Tape.NodeAt(_node + output).Shape;

    /// <summary>The values of <see cref="Cotangent"/>; empty when nothing depends on the output.</summary>
    internal ReadOnlySpan<T> CotangentSpan(int output = 0) => Tape.CotangentValues(_node + output);

    /// <summary>The values of an input; empty when it was not given.</summary>
    internal ReadOnlySpan<T> InputSpan(int input)
    {
        int index = Tape.InputOf(_node, input);
        return index < 0 ? default : Tape.ValueOf(index);
    }

    /// <summary>The values of an output or reserve.</summary>
    internal ReadOnlySpan<T> OutputSpan(int output = 0) => Tape.ValueOf(_node + output);

    /// <summary>The memory of a reserve, to write over; empty if the graph is kept to be swept again.</summary>
    internal Span<T> SpendReserve(int output) => _isLast ? Tape.WritableValueOf(_node + output) : default;

    /// <summary>Adds a contribution to the gradient of an input. Its shape is the input's.</summary>
    public void Accumulate(int input, Variable<T> gradient)
    {
        if (Needs(input)) Tape.AddCotangent(_node, input, gradient);
    }

    /// <summary>
    /// For a rule that can add its contribution itself, such as a matrix product: the memory of the gradient of an input.
    /// When <paramref name="fresh"/> the contents are undefined and all of it must be written, else the rule must add.
    /// False when the sweep records (createGraph) or the input needs no gradient; the rule then calls <see cref="Accumulate"/> with operators.
    /// </summary>
    public bool InPlace(int input, out Span<T> sum, out bool fresh)
    {
        sum = default;
        fresh = false;
        return Needs(input) && Tape.CotangentInPlace(_node, input, out sum, out fresh);
    }

    /// <summary>Whether the sweep records itself, so that a rule must give its contribution as operators.</summary>
    internal bool CreatesGraph => Tape.CreatesGraph;

    /// <summary>
    /// For a fused rule: where to write a contribution of shape <paramref name="shape"/> to the gradient of an input. It is the
    /// memory of that gradient itself if nothing came before; else <paramref name="pending"/> is a value that the rule
    /// then accumulates. Contents are undefined. Not while the sweep <see cref="CreatesGraph"/>.
    /// </summary>
    internal Span<T> Contribution(int input, Shape shape, out Variable<T> pending)
    {
        pending = default;
        int index = Tape.InputOf(_node, input);
        if (!Tape.HasCotangent(index) && Tape.NodeAt(index).Shape == shape)
        {
            Tape.CotangentInPlace(_node, input, out Span<T> sum, out _);
            return sum;
        }

        pending = Tape.Allocate(shape, out Span<T> values);
        return values;
    }

    /// <summary>The operation behind an input that was declared deferred.</summary>
    internal Operation<T>? DeferredOperation(int input)
    {
        int index = Tape.InputOf(_node, input);
        return index < 0 ? null : Tape.DeferredOperation(index);
    }
}
