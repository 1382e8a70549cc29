using System.Numerics;

namespace Autograd.Tests.Layers;

/// <summary>What a run gave: the sequence and the parts of the last state, in that order, and the gradient by every leaf under its name.</summary>
internal sealed record RecurrentFindings<T>(T[][] Outputs, Dictionary<string, T[]> Gradients)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public T[] this[string leaf] => Gradients[leaf];
}

/// <summary>The layer of the library for a case, whatever its family.</summary>
internal sealed class RecurrentSubject<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly RecurrentCase _case;
    private readonly Func<Variable<T>, Variable<T>[], bool, Variable<T>[]> _run;

    public RecurrentSubject(RecurrentCase given, RecurrentValues? values = null)
    {
        _case = given;
        (Layer, _run) = given.Cell switch
        {
            CellKind.Lstm => Over(
                new Lstm<T>(given.Inputs, given.Hidden, given.Options, given.Peephole, given.Projection),
                static parts => new LstmState<T>(parts[0], parts[1]),
                static state => [state.H, state.C]),
            CellKind.GruAfter or CellKind.GruBefore => Over(
                new Gru<T>(given.Inputs, given.Hidden, given.Options, resetAfter: given.Cell == CellKind.GruAfter),
                static parts => new Hidden<T>(parts[0]),
                static state => [state.H]),
            CellKind.Own => Over(
                given.Layers * given.Directions == 1
                    ? new Recurrent<T, MemoryState<T>>(new LeakyMemoryCell<T>(given.Inputs, given.Hidden), given.Options)
                    : new Recurrent<T, MemoryState<T>>(given.Inputs, features => new LeakyMemoryCell<T>(features, given.Hidden), given.Options),
                static parts => new MemoryState<T>(parts[0], parts[1]),
                static state => [state.H, state.Memory]),
            _ => Over(
                new Rnn<T>(given.Inputs, given.Hidden, given.Options, given.Cell == CellKind.RnnTanh ? Nonlinearity.Tanh : Nonlinearity.Relu),
                static parts => new Hidden<T>(parts[0]),
                static state => [state.H]),
        };
        if (values is not null) Set(values);
    }

    public Module<T> Layer { get; }

    public static T[] Cast(double[] values) => Array.ConvertAll(values, T.CreateTruncating);

    /// <summary>Forward and the sweep of the given cotangents, on a tape of their own.</summary>
    /// <param name="given">The case.</param>
    /// <param name="values">Its numbers.</param>
    /// <param name="all">Step by step, by ForwardAll; the states of all steps follow the last state.</param>
    public static RecurrentFindings<T> Find(RecurrentCase given, RecurrentValues values, bool all = false)
    {
        using Tape<T> tape = new(training: !(given.Options.Zoneout > 0 || given.Options.CellZoneout > 0));
        return new RecurrentSubject<T>(given, values).Find(tape, values, all);
    }

    public void Set(RecurrentValues values)
    {
        foreach ((string name, Parameter<T> parameter) in Layer.NamedParameters()) parameter.Set(new Tensor<T>(parameter.Shape, Cast(values[name])));
    }

    /// <summary>The input and the given states, as leaves that want gradients.</summary>
    public Variable<T>[] Leaves(Tape<T> tape, RecurrentValues values) =>
    [
        tape.Variable(new Tensor<T>(_case.InputShape, Cast(values[RecurrentValues.Input]))),
        .. Enumerable.Range(0, _case.GivenState ? _case.Parts : 0).Select(part => tape.Variable(new Tensor<T>(_case.StateShape(part), Cast(values[RecurrentValues.State(part)])))),
    ];

    /// <summary>The sequence and the parts of the last state; with <paramref name="all"/> also the states of all steps.</summary>
    public Variable<T>[] Forward(Variable<T>[] leaves, bool all = false)
    {
        Variable<T>[] outputs = _run(leaves[0], leaves[1..], all);
        Assert.Equal(new Shape(_case.OutputShape), outputs[0].Shape);
        for (int part = 0; part < _case.Parts; part++)
        {
            Assert.Equal(new Shape(_case.StateShape(part)), outputs[1 + part].Shape);
            if (all) Assert.Equal(new Shape(_case.Layers * _case.Directions, _case.Time, _case.Batch, _case.PartSize(part)), outputs[1 + _case.Parts + part].Shape);
        }

        return outputs;
    }

    public RecurrentFindings<T> Find(Tape<T> tape, RecurrentValues values, bool all = false)
    {
        Variable<T>[] leaves = Leaves(tape, values), outputs = Forward(leaves, all);
        return new([.. outputs.Select(static output => output.ToArray())], Gradients(tape, leaves, outputs, values));
    }

    public Dictionary<string, T[]> Gradients(Tape<T> tape, Variable<T>[] leaves, Variable<T>[] outputs, RecurrentValues values)
    {
        (Variable<T>[] swept, Variable<T>[] cotangents) = Seeds(tape, outputs, values);
        Dictionary<string, T[]> found = [];
        if (swept.Length == 0) return found;
        Gradients<T> gradients = tape.Backward(swept, cotangents);
        for (int i = 0; i < leaves.Length; i++) found[NameOf(i)] = gradients[leaves[i]].ToArray();
        foreach ((string name, Parameter<T> parameter) in Layer.NamedParameters()) found[name] = gradients[parameter].ToArray();
        return found;
    }

    /// <summary>The outputs that have a cotangent, and these.</summary>
    public static (Variable<T>[] Outputs, Variable<T>[] Cotangents) Seeds(Tape<T> tape, Variable<T>[] outputs, RecurrentValues values)
    {
        List<Variable<T>> swept = [], cotangents = [];
        for (int i = 0; i < values.Cotangents.Length; i++)
        {
            if (values.Cotangents[i] is not { } weights) continue;
            if (!outputs[i].RequiresGradient)
            {
                Assert.Equal(0, outputs[0].Length); // without steps nothing depends on anything, but for a given state
                continue;
            }

            swept.Add(outputs[i]);
            cotangents.Add(tape.Constant(new Tensor<T>(outputs[i].Shape, Cast(weights))));
        }

        return ([.. swept], [.. cotangents]);
    }

    public static string NameOf(int leaf) => leaf == 0 ? RecurrentValues.Input : RecurrentValues.State(leaf - 1);

    private (Module<T>, Func<Variable<T>, Variable<T>[], bool, Variable<T>[]>) Over<TState>(
        RecurrentLayer<T, TState> layer,
        Func<Variable<T>[], TState> pack,
        Func<TState, Variable<T>[]> unpack)
        where TState : struct, IState<TState, T>
    {
        Tensor<int>? lengths = _case.Lengths is { } given ? new([_case.Batch], given) : null;
        Tensor<bool>? mask = null;
        if (_case.Mask is not null)
        {
            bool[] real = new bool[_case.Time * _case.Batch];
            for (int t = 0; t < _case.Time; t++)
            {
                for (int b = 0; b < _case.Batch; b++) real[_case.Place(t, b, 0, 1)] = _case.IsReal(t, b);
            }

            mask = new(_case.Options.BatchFirst ? [_case.Batch, _case.Time] : [_case.Time, _case.Batch], real);
        }

        return (layer, (x, state, all) =>
        {
            TState first = state.Length == 0 ? default : pack(state);
            if (!all)
            {
                (Variable<T> outputs, TState last) = layer.Forward(x, first, lengths, mask);
                return [outputs, .. unpack(last)];
            }

            (Variable<T> sequence, TState end, TState steps) = layer.ForwardAll(x, first, lengths, mask);
            return [sequence, .. unpack(end), .. unpack(steps)];
        }
        );
    }
}
