using System.Numerics;

namespace Autograd;

/// <summary>
/// Truncated backpropagation through time, TBPTT(k1, k2): an update every k1 steps, whose gradient flows back at most k2 steps.
/// It carries the state from chunk to chunk, and checks that it belongs to the chunk it is given.
/// </summary>
/// <remarks>
/// Each step's loss counts once, in the update of its chunk of k1 steps. With k2 = k1 the state after a chunk is a constant for the next:
/// the usual form. With k2 &gt; k1 an update runs the forward pass again with the current weights, over the k2 steps that end with its chunk,
/// from the state that the run before found there; the losses of the newest k1 steps count, and the whole window is differentiated.
/// Near the start of a pass the window is shorter. With k2 &lt; k1 the chunk is run in pieces of k2 steps with a constant state between
/// them; with k2 = 1 each state has gradient from its own output alone. Williams and Peng 1990; Sutskever 2013, section 2.8.6.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state of the model.</typeparam>
/// <example><code>
/// var truncation = new TruncatedBackpropagation&lt;float, LstmState&lt;float&gt;&gt;(k1: 20, k2: 60);
/// foreach (SequenceChunk chunk in stream.Chunks(time: 20))
/// {
///     Gradients&lt;float&gt; gradients = truncation.Backward(tape, chunk, (window, state) =>
///     {
///         (Variable&lt;float&gt; outputs, state) = layer.Forward(tape.OneHot&lt;float&gt;(window.Inputs, 65), state);
///         return (head.Forward(outputs).CrossEntropy(window.Targets), state);
///     });
///     optimizer.Step(gradients);
/// }
/// </code></example>
public sealed class TruncatedBackpropagation<T, TState>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly Func<Tape<T>, int, TState>? _initialState;
    private readonly Reduction _reduction;
    private readonly List<Shape> _parts = []; // the shapes of the state's parts
    private TState _state;
    private Tape<T>? _tape;
    private int _generation;
    private object? _source;
    private int _batch;
    private int _next; // the step the next chunk begins with

    /// <summary>Chooses how often to update and how far gradients flow.</summary>
    /// <param name="k1">Steps from update to update.</param>
    /// <param name="k2">The most steps a gradient flows back.</param>
    /// <param name="initialState">
    /// Makes the state before the first step on a tape for a batch, such as a layer's <c>ZeroState</c>; it may be learned. If not
    /// given, the model gets <c>default</c>, from which the library's layers begin with zeros.
    /// </param>
    /// <param name="reduction">
    /// Mean for losses that are means over the steps of their window, whose gradients then are those of the mean over the chunk; Sum for
    /// losses that are sums.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">k1 or k2 is below 1, or another reduction.</exception>
    public TruncatedBackpropagation(int k1, int k2, Func<Tape<T>, int, TState>? initialState = null, Reduction reduction = Reduction.Mean)
    {
        ElementType.Require<T>("TruncatedBackpropagation");
        if (k1 < 1) Errors.OutOfRange(nameof(k1), k1, $"TruncatedBackpropagation: k1, the steps from update to update, is 1 or more, not {k1}.");
        if (k2 < 1) Errors.OutOfRange(nameof(k2), k2, $"TruncatedBackpropagation: k2, the steps gradients flow back, is 1 or more, not {k2}.");
        if (reduction is not (Reduction.Mean or Reduction.Sum)) Errors.OutOfRange(nameof(reduction), reduction, $"TruncatedBackpropagation: losses are joined by Mean or Sum, not {reduction}.");
        (K1, K2, _initialState, _reduction) = (k1, k2, initialState, reduction);
    }

    /// <summary>Steps from update to update.</summary>
    public int K1 { get; }

    /// <summary>The most steps a gradient flows back.</summary>
    public int K2 { get; }

    /// <summary>The loss of the last update, over <see cref="Steps"/> steps; NaN before the first.</summary>
    public double Loss { get; private set; } = double.NaN;

    /// <summary>The number of steps the last update's loss is over: those of its chunk.</summary>
    public int Steps { get; private set; }

    /// <summary>The number of steps the last update ran, from the saved state on.</summary>
    public int WindowSteps { get; private set; }

    /// <summary>The state that the next update begins with, a value of the tape until its next reset; <c>default</c> where that is the initial state.</summary>
    public TState State => StateStart == 0 ? default : _state;

    /// <summary>The number of steps before <see cref="State"/>.</summary>
    public int StateStart { get; private set; }

    /// <summary>
    /// One update: resets the tape, runs the model over the chunk (and, with k2 &gt; k1, over the steps before it again) and sweeps back.
    /// A chunk that begins with step 0 begins a pass, from the initial state.
    /// </summary>
    /// <param name="tape">The tape; only this may reset it during a pass.</param>
    /// <param name="chunk">The next steps, k1 of them or, at the end, fewer.</param>
    /// <param name="model">
    /// From a window of steps and the state before it to the window's loss, one number, and the state after it. Called for each piece
    /// of the update. Make it outside the loop, or static, and it allocates nothing.
    /// </param>
    /// <param name="advance">The state after a window whose loss does not count, where that is cheaper; else <paramref name="model"/> is called and its loss dropped.</param>
    /// <param name="into">Gradients to add to; see <see cref="Tape{T}.Backward(Variable{T}, bool, bool, Gradients{T}?)"/>.</param>
    /// <returns>The gradients, valid until the tape is reset.</returns>
    /// <exception cref="ArgumentException">A chunk of more than k1 steps or of none.</exception>
    /// <exception cref="InvalidOperationException">
    /// The carried state does not belong to the chunk: the chunk is of another source or batch, or does not follow the last; the tape is
    /// another one or was reset; or the model gave a state of another shape or tape.
    /// </exception>
    public Gradients<T> Backward<TChunk>(
        Tape<T> tape,
        TChunk chunk,
        Func<TChunk, TState, (Variable<T> Loss, TState State)> model,
        Func<TChunk, TState, TState>? advance = null,
        Gradients<T>? into = null)
        where TChunk : struct, ISequenceChunk<TChunk>
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(model);
        int start = chunk.Start, steps = chunk.Steps, end = start + steps;
        if (start == 0 && chunk.Index != 0) Errors.Argument($"TruncatedBackpropagation: the chunk is number {chunk.Index}, but begins with step 0, which would begin a pass anew. Set Start to the number of its first step.");
        if (steps < 1 || steps > K1) Errors.Argument($"TruncatedBackpropagation: the chunk has {steps} steps, but there is an update every k1 = {K1}. Read chunks of {K1} steps; the last may be shorter.");
        if (start == 0) Restart();
        else RequireFollows(tape, chunk);
        (_source, _batch) = (chunk.Source, chunk.Batch);
        int from = StateStart, save = Math.Clamp(end + K1 - K2, 0, end);
        TState state = Begin(tape);
        TState saved = state;
        Variable<T> total = default;
        int next;
        for (int at = from; at < end; at = next)
        {
            next = Math.Min(end, at < start ? start : at + K2);
            if (at < save) next = Math.Min(next, save);
            TChunk window = at == start && next == end ? chunk : chunk.Window(at, next - at);
            if (next <= start)
            {
                state = advance is null ? model(window, state).State : advance(window, state);
            }
            else
            {
                (Variable<T> loss, state) = model(window, state);
                if (_reduction == Reduction.Mean && next - at < steps) loss *= (double)(next - at) / steps;
                total = total.IsNone ? loss : total + loss;
            }

            RequireParts(tape, state);
            if (next == save) saved = state;
            if (next < end && K2 < steps) state = Cut(state);
        }

        Gradients<T> gradients = tape.Backward(total, into: into);
        (_state, StateStart, _next) = (saved, save, end);
        (Loss, Steps, WindowSteps) = (total.Item(), steps, end - from);
        return gradients;
    }

    /// <summary>Forgets the carried state: the next chunk is the first of a pass.</summary>
    public void Restart()
    {
        (_state, StateStart, _next) = (default, 0, 0);
        (_source, _tape) = (null, null);
        _parts.Clear();
    }

    /// <summary>Goes on where an earlier run stopped, with its <see cref="State"/> and <see cref="StateStart"/>.</summary>
    /// <param name="state">The state, of the present generation of its tape; <c>default</c> where <paramref name="stateStart"/> is 0.</param>
    /// <param name="stateStart">The number of steps before it.</param>
    /// <param name="next">The chunk that comes next.</param>
    /// <exception cref="ArgumentException">With these k1 and k2 the state before that chunk lies elsewhere.</exception>
    public void Resume<TChunk>(TState state, int stateStart, TChunk next)
        where TChunk : struct, ISequenceChunk<TChunk>
    {
        int due = Math.Clamp(next.Start + K1 - K2, 0, next.Start);
        if (stateStart != due)
        {
            Errors.Argument($"TruncatedBackpropagation: a state after {stateStart} steps was given, but with k1 = {K1} and k2 = {K2} the update of the chunk from step {next.Start} on begins with the state after {due} steps.");
        }

        Restart();
        if (stateStart > 0)
        {
            OwnerMap owner = default;
            state.Map(ref owner);
            _tape = owner.Found;
            if (_tape is null) Errors.Argument("TruncatedBackpropagation: the state to resume with is empty. Give its parts as tape.Constant(…).");
            _generation = _tape.Generation;
            RequireParts(_tape, state);
        }

        (_state, StateStart, _next) = (state, stateStart, next.Start);
        (_source, _batch) = (next.Source, next.Batch);
    }

    /// <summary>Resets the tape and gives the state the window begins with.</summary>
    private TState Begin(Tape<T> tape)
    {
        if (StateStart == 0)
        {
            tape.Reset();
            _state = _initialState is null ? default : _initialState(tape, _batch);
            if (_initialState is not null) RequireParts(tape, _state);
        }
        else
        {
            _state = tape.Reset(carry: _state);
        }

        (_tape, _generation) = (tape, tape.Generation);
        return _state;
    }

    private void RequireFollows<TChunk>(Tape<T> tape, TChunk chunk)
        where TChunk : struct, ISequenceChunk<TChunk>
    {
        const string Help = "Give the chunks of a pass in their order, begin a new pass with the chunk at step 0, or call Resume.";
        if (_next == 0) Errors.Invalid($"TruncatedBackpropagation: the chunk begins with step {chunk.Start}, but no state is carried. {Help}");
        if (!ReferenceEquals(chunk.Source, _source)) Errors.Invalid($"TruncatedBackpropagation: the chunk is of another stream than the carried state, which is that after {_next} steps of the one before. {Help}");
        if (chunk.Start != _next) Errors.Invalid($"TruncatedBackpropagation: the chunk begins with step {chunk.Start}, but the one due begins with step {_next}. {Help}");
        if (chunk.Batch != _batch) Errors.Invalid($"TruncatedBackpropagation: the chunk has a batch of {chunk.Batch}, but the carried state one of {_batch}. {Help}");
        if (StateStart == 0) return;
        if (tape != _tape) Errors.Invalid("TruncatedBackpropagation: the carried state lives on another tape. Use one tape for a pass, or Restart.");
        if (tape.Generation != _generation) Errors.Invalid("TruncatedBackpropagation: the tape was reset since the last update, so that the carried state is gone. Backward resets the tape itself; use another tape for what comes between, such as validation.");
    }

    private void RequireParts(Tape<T> tape, TState state)
    {
        PartsMap map = new(tape, _parts, known: _parts.Count > 0);
        state.Map(ref map);
    }

    private static TState Cut(TState state)
    {
        DetachMap map = default;
        return state.Map(ref map);
    }

    private struct DetachMap : IVariableMap<T>
    {
        public readonly Variable<T> Apply(Variable<T> variable) => variable.IsNone ? variable : variable.Detach();
    }

    /// <summary>Requires that the parts of a state live on the tape and keep their shapes.</summary>
    private struct PartsMap(Tape<T> tape, List<Shape> parts, bool known) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            if (variable.IsNone) return variable;
            if (variable.Tape != tape) Errors.Invalid("TruncatedBackpropagation: the model gave a state that lives on another tape. Compute it on the tape passed to Backward.");
            Shape shape = variable.Shape;
            if (!known) parts.Add(shape);
            else if (_part >= parts.Count || parts[_part] != shape) Errors.Invalid($"TruncatedBackpropagation: part {_part} of the state was {(_part < parts.Count ? parts[_part] : "not there")} and is now {shape}. A state goes through one model; is this that of another layer?");
            _part++;
            return variable;
        }
    }

    private struct OwnerMap : IVariableMap<T>
    {
        public Tape<T>? Found { get; private set; }

        public Variable<T> Apply(Variable<T> variable)
        {
            if (!variable.IsNone) Found ??= variable.Tape;
            return variable;
        }
    }
}
