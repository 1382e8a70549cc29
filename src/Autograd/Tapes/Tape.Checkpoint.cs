using System.Numerics;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>Functions whose intermediate values are computed twice instead of kept.</summary>
public sealed partial class Tape<T>
{
    private readonly List<Result> _results = [];
    private readonly List<Variable<T>> _dependencies = [];
    private readonly HashSet<int> _dependencySet = [];
    private readonly List<(int Leaf, Parameter<T> Parameter)> _newParameters = [];
    private readonly List<ulong> _drawn = []; // every random stream of this generation, so that a body that runs again draws the same
    private int _drawnAt;
    private int _bodyFrom = int.MaxValue; // where the nodes of the outermost body begin that runs for the first time
    private int _againFrom; // where the nodes of the body begin that runs again

    /// <summary>A value that a body returned: its memory, which is held, and whether the body's gradient leads through it.</summary>
    private readonly record struct Result(Carried Value, bool Requires);

    /// <summary>
    /// <paramref name="body"/> of <paramref name="arguments"/>, without keeping its intermediate values: the backward sweep runs the
    /// body again when it needs them. Values and gradients have the same bits as without; time is bought for memory.
    /// </summary>
    /// <remarks>
    /// The body is a function: run again on this tape it gives the same values (this is checked), draws the same random masks, and uses
    /// the same parameters, with whatever variables of the tape it captures. Of what it makes, only what it returns outlives it, so it
    /// may not make leaves with <see cref="Variable(Tensor{T})"/>, keep gradients of its own values or sweep; hooks it sets run in
    /// every sweep. Bodies nest. A static lambda allocates nothing once warm. Griewank and Walther 2000; Chen et al. 2016 (arXiv:1604.06174).
    /// </remarks>
    /// <typeparam name="TArguments">What the body works on: a variable, a module, or a tuple of several things.</typeparam>
    /// <typeparam name="TState">What it returns: a variable, or any state.</typeparam>
    /// <param name="arguments">Passed to the body, now and in the backward sweep.</param>
    /// <param name="body">The function.</param>
    /// <returns>What the body returned. What requires no gradient is a constant.</returns>
    /// <exception cref="InvalidOperationException">The body returned a variable of another tape; in the sweep, it gave other values than before.</exception>
    /// <example><code>
    /// Variable&lt;float&gt; y = tape.Checkpoint((block, x), static a => a.block.Forward(a.x));
    /// </code></example>
    public TState Checkpoint<TArguments, TState>(TArguments arguments, Func<TArguments, TState> body)
        where TState : struct, IState<TState, T>
    {
        ArgumentNullException.ThrowIfNull(body);
        ThrowIfDisposed();
        int mark = _count, inputs = _inputCount, parameters = _parameters.Count, outer = _bodyFrom, draws = _drawnAt;
        int? step = _watch?.TimeStep;
        _bodyFrom = Math.Min(outer, mark);
        try
        {
            TState found;
            try
            {
                found = body(arguments);
                FindNewParameters(mark, parameters);
                TakeMap take = new(this, mark);
                found.Map(ref take);
                FindDependencies(mark);
            }
            finally
            {
                _bodyFrom = outer;
                TakeBack(mark, inputs, parameters);
            }

            // Leaves of parameters stand before the node, since the body will find them there.
            foreach ((_, Parameter<T> parameter) in _newParameters)
            {
                Variable<T> leaf = Leaf(parameter);
                if (leaf.RequiresGradient) _dependencies.Add(leaf);
            }

            int first = -1;
            if (_dependencies.Count > 0 && _results.Exists(static result => result.Requires))
            {
                CheckpointOperation<T, TArguments, TState> operation = Rent<CheckpointOperation<T, TArguments, TState>>();
                operation.Set(arguments, body, draws, step);
                first = Apply(operation, CollectionsMarshal.AsSpan(_dependencies)).Index;
                operation.Node = first;
            }

            GiveMap give = new(this, mark, first);
            return found.Map(ref give);
        }
        finally
        {
            foreach (Result result in _results) result.Value.Storage.Release();
            _results.Clear();
            _dependencies.Clear();
            _newParameters.Clear();
        }
    }

    /// <summary>The same for a body that returns outputs beside a state, as recurrent layers do.</summary>
    /// <inheritdoc cref="Checkpoint{TArguments, TState}(TArguments, Func{TArguments, TState})"/>
    public (Variable<T> Outputs, TState State) Checkpoint<TArguments, TState>(
        TArguments arguments, Func<TArguments, (Variable<T> Outputs, TState State)> body)
        where TState : struct, IState<TState, T>
    {
        ArgumentNullException.ThrowIfNull(body);
        WithOutputs<TState> both = Checkpoint((arguments, body), static a =>
        {
            (Variable<T> outputs, TState state) = a.body(a.arguments);
            return new WithOutputs<TState>(outputs, state);
        });
        return (both.Outputs, both.State);
    }

    /// <summary>Whether a body of <see cref="Checkpoint{TArguments, TState}(TArguments, Func{TArguments, TState})"/> runs for the second time, so that what it changes beyond the tape must not change again.</summary>
    internal bool RunsAgain => _againFrom > 0;

    /// <summary>The bytes that a body's values take; they are taken back, and random masks will be drawn as if it had not run.</summary>
    internal long Measure<TArguments>(TArguments arguments, Action<TArguments> body)
    {
        int mark = _count, inputs = _inputCount, parameters = _parameters.Count, outer = _bodyFrom, draws = _drawnAt;
        long before = _arena.InUse;
        _bodyFrom = Math.Min(outer, mark);
        try
        {
            body(arguments);
            return _arena.InUse - before;
        }
        finally
        {
            (_bodyFrom, _drawnAt) = (outer, draws);
            TakeBack(mark, inputs, parameters);
            _newParameters.Clear();
        }
    }

    /// <summary>Lets a value live on as a part of another that holds the same numbers from an element on; its own memory goes back.</summary>
    internal void MoveInto(Variable<T> part, Variable<T> whole, int offset)
    {
        ref Node<T> node = ref Checked(part);
        ref Node<T> other = ref Checked(whole);
        other.Storage!.Hold();
        node.Storage!.Release();
        (node.Storage, node.Offset, node.Version) = (other.Storage, other.Offset + offset, other.Version);
    }

    /// <summary>Declares the values a body gave, in the memory they have, as the outputs of a node.</summary>
    internal void AddResults(int node)
    {
        foreach (Result result in _results)
        {
            if (!result.Requires) continue;
            ref Node<T> output = ref NodeAt(NextOutput(node, result.Value.Shape, NodeFlags.None));
            result.Value.Storage.Hold();
            output.Storage = result.Value.Storage;
            output.Offset = result.Value.Offset;
            output.Version = result.Value.Version;
        }
    }

    /// <summary>The gradient rule of a checkpoint: records the body again, and sweeps what it recorded.</summary>
    internal void SweepAgain<TArguments, TState>(CheckpointOperation<T, TArguments, TState> operation)
        where TState : struct, IState<TState, T>
    {
        int mark = _count, inputs = _inputCount, parameters = _parameters.Count;
        try
        {
            Again(operation, mark, parameters, composed: null);
            Sweep(_count - 1, mark, retain: false, store: null);
        }
        finally
        {
            TakeBack(mark, inputs, parameters);
        }
    }

    /// <summary>The body's outputs, recorded again to stay: what a sweep that is itself recorded takes in place of the checkpoint.</summary>
    internal Variable<T>[] ComposeAgain<TArguments, TState>(CheckpointOperation<T, TArguments, TState> operation)
        where TState : struct, IState<TState, T>
    {
        Variable<T>[] composed = new Variable<T>[CountOutputs(operation.Node, out _)];
        Again(operation, _count, _parameters.Count, composed);
        return composed;
    }

    /// <summary>Runs a body again with recording on, and seeds its outputs with the cotangents of the node, or lists them.</summary>
    private void Again<TArguments, TState>(CheckpointOperation<T, TArguments, TState> operation, int mark, int parameters, Variable<T>[]? composed)
        where TState : struct, IState<TState, T>
    {
        (int draws, int from, bool recording, int? step) = (_drawnAt, _againFrom, _recording, _watch?.TimeStep);
        (_drawnAt, _againFrom, _recording) = (operation.Draws, mark, true);
        _watch?.LeaveSweep();
        AtTimeStep(operation.TimeStep);
        try
        {
            TState found = operation.Run();
            MatchMap match = new(this, operation.Node, mark, composed);
            found.Map(ref match);
            if (match.Count != CountOutputs(operation.Node, out _)) ThrowOtherwise($"{match.Count} values that require gradients", $"{CountOutputs(operation.Node, out _)}");
            if (_parameters.Count == parameters) return;
            FindNewParameters(mark, parameters);
            ThrowOtherwise($"its gradient by parameter '{_newParameters[0].Parameter.Name}'", "a function without that parameter");
        }
        finally
        {
            (_drawnAt, _againFrom, _recording) = (draws, from, recording);
            AtTimeStep(step);
        }
    }

    private static void ThrowOtherwise(string again, string before) => Errors.Invalid(
        $"Checkpoint: run again in the backward sweep, the body gave {again}, where it gave {before} the first time. "
        + "It must do the same both times: depend on its arguments, the tape's values and parameters alone, and on nothing that has changed since, such as the memory of a chunk of data.");

    /// <summary>The parameters that were first used from a node on, in the order of their leaves.</summary>
    private void FindNewParameters(int mark, int before)
    {
        _newParameters.Clear();
        if (_parameters.Count == before) return;
        foreach ((Parameter<T> parameter, int leaf) in _parameters)
        {
            if (leaf >= mark) _newParameters.Add((leaf, parameter));
        }

        _newParameters.Sort(static (one, other) => one.Leaf.CompareTo(other.Leaf));
    }

    /// <summary>The values before a node that gradients of the nodes from it on lead to.</summary>
    private void FindDependencies(int mark)
    {
        _dependencySet.Clear();
        for (int index = mark; index < _count; index++)
        {
            ref Node<T> node = ref NodeAt(index);
            if (!node.Has(NodeFlags.Recorded)) continue;
            for (int input = 0; input < node.InputCount; input++)
            {
                int source = _inputs[node.FirstInput + input];

                // The list serves messages and tells that there is a gradient at all, so a body that reads very many values may leave some out.
                if (source < 0 || source >= mark || _dependencies.Count + _newParameters.Count >= short.MaxValue) continue;
                if (NodeAt(source).Has(NodeFlags.RequiresGradient) && _dependencySet.Add(source)) _dependencies.Add(At(source));
            }
        }
    }

    /// <summary>Takes a body's nodes back, with their inputs, hooks, and leaves of parameters.</summary>
    private void TakeBack(int mark, int inputs, int parameters)
    {
        if (_parameters.Count != parameters)
        {
            FindNewParameters(mark, parameters);
            foreach ((_, Parameter<T> parameter) in _newParameters) _parameters.Remove(parameter);
        }

        Truncate(mark);
        _inputCount = inputs;
    }

    private bool IsNewParameter(int index, out int place)
    {
        for (place = 0; place < _newParameters.Count; place++)
        {
            if (_newParameters[place].Leaf == index) return true;
        }

        return false;
    }

    private void RefuseInsideBody(string asked)
    {
        if (_sweeping) Errors.Invalid($"{asked} was called inside a backward sweep, from a hook or a gradient rule. Finish the sweep first.");
        if (_bodyFrom != int.MaxValue) Errors.Invalid($"{asked} was called inside the body of Checkpoint, whose values are taken back when it returns. Call it after.");
    }

    /// <summary>A state with outputs beside it.</summary>
    private readonly record struct WithOutputs<TState>(Variable<T> Outputs, TState State) : IState<WithOutputs<TState>, T>
        where TState : struct, IState<TState, T>
    {
        public WithOutputs<TState> Map<TMap>(ref TMap map)
            where TMap : IVariableMap<T>, allows ref struct => new(map.Apply(Outputs), State.Map(ref map));
    }

    /// <summary>Holds the memory of each value the body made.</summary>
    private readonly struct TakeMap(Tape<T> tape, int mark) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable)
        {
            if (variable.IsNone) return variable;
            if (variable.Tape != tape) Stale.ThrowOtherTape("Checkpoint");
            ref Node<T> node = ref tape.Checked(variable);
            if (variable.Index < mark || tape.IsNewParameter(variable.Index, out _)) return variable;
            if (node.Storage is null) tape.Materialize(variable.Index);
            node.Storage!.Hold();
            tape._results.Add(new Result(new Carried(node.Storage, node.Offset, node.Shape, node.Version), node.Has(NodeFlags.RequiresGradient)));
            return variable;
        }
    }

    /// <summary>Gives each value the body made its place after the body was taken back, in the same order.</summary>
    private struct GiveMap(Tape<T> tape, int mark, int first) : IVariableMap<T>
    {
        private int _next;
        private int _output;

        public Variable<T> Apply(Variable<T> variable)
        {
            if (variable.IsNone || variable.Index < mark) return variable;
            if (tape.IsNewParameter(variable.Index, out int place)) return tape.Leaf(tape._newParameters[place].Parameter);
            Result result = tape._results[_next++];
            if (result.Requires && first >= 0) return tape.At(first + _output++);
            Carried value = result.Value;
            return tape.At(tape.AddHeld(value.Storage, value.Offset, value.Shape, value.Version));
        }
    }

    /// <summary>Checks that each value is what it was, and hands its node's cotangent on to it, or lists it.</summary>
    private struct MatchMap(Tape<T> tape, int node, int mark, Variable<T>[]? composed) : IVariableMap<T>
    {
        public int Count { get; private set; }

        public Variable<T> Apply(Variable<T> variable)
        {
            if (variable.IsNone || variable.Index < mark || !variable.RequiresGradient) return variable;
            int index = node + Count, output = Count++;
            if (output > 0 && (index >= tape._count || tape.NodeAt(index).OutputOrdinal != output)) return variable;
            Shape before = tape.NodeAt(index).Shape;
            if (variable.Shape != before) ThrowOtherwise($"shape {variable.Shape}", $"shape {before}");
            if (!MemoryMarshal.AsBytes(variable.Span).SequenceEqual(MemoryMarshal.AsBytes(tape.ValueOf(index)))) ThrowOtherwise($"other numbers in output {output} of shape {before}", "those on the tape");
            if (composed is not null) composed[output] = variable;
            else if (tape.HasCotangent(index)) tape.AddCotangent(variable.Index, tape.CotangentOf(index));
            return variable;
        }
    }
}

/// <summary>y = body(x₁, x₂, …), with no value of the body kept.</summary>
/// <remarks>The gradients of the body, run again. Keeps what the body was given.</remarks>
internal sealed class CheckpointOperation<T, TArguments, TState> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private TArguments _arguments = default!;
    private Func<TArguments, TState>? _body;

    /// <summary>The node of the first output.</summary>
    public int Node { get; set; }

    /// <summary>The number of random streams drawn before the body ran.</summary>
    public int Draws { get; private set; }

    /// <summary>The step of the recurrence that was recorded when the body ran.</summary>
    public int? TimeStep { get; private set; }

    public override string Name => "Checkpoint";

    /// <summary>What the body does is looked at where it does it.</summary>
    internal override bool GivesInfinity => true;

    public void Set(TArguments arguments, Func<TArguments, TState> body, int draws, int? timeStep) =>
        (_arguments, _body, Draws, TimeStep) = (arguments, body, draws, timeStep);

    public TState Run() => _body!(_arguments);

    protected internal override void Forward(ForwardContext<T> context) => context.Results();

    protected internal override void Backward(BackwardContext<T> context) => context.Tape.SweepAgain(this);

    protected internal override Variable<T>[]? Compose(ReadOnlySpan<Variable<T>> inputs) => inputs[0].Tape.ComposeAgain(this);

    protected internal override void Clear()
    {
        _arguments = default!;
        _body = null;
    }
}
