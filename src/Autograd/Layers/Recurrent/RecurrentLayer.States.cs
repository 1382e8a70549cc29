using System.Buffers;

namespace Autograd;

/// <summary>States of layers: made, checked, cut into those of each direction and put together again.</summary>
public abstract partial class RecurrentLayer<T, TState>
{
    /// <summary>The given state, checked; where a part is missing, the learned one if there is one.</summary>
    private TState Initial(Tape<T> tape, TState state, int batch)
    {
        Presence given = default;
        state.Map(ref given);
        if (given.Any)
        {
            CheckParts check = new(this, tape, _cells[0].ZeroState(tape, batch));
            state.Map(ref check);
        }

        if (_initialState.Length == 0) return state;
        LearnedParts learned = new(this, tape, batch);
        return state.Map(ref learned);
    }

    private static int CountParts()
    {
        Presence parts = default;
        default(TState).Map(ref parts);
        return parts.Count;
    }

    private static Variable<T> PartOf(TState state, int part)
    {
        PartAt<T> at = new(part);
        state.Map(ref at);
        return at.Found;
    }

    /// <summary>States put on top of each other along a new first axis, part by part.</summary>
    private static TState Stack(ReadOnlySpan<TState> states)
    {
        StackParts stack = new(states);
        return states[0].Map(ref stack);
    }

    private struct Presence : IVariableMap<T>
    {
        public int Count { get; private set; }

        public bool Any { get; private set; }

        public bool Missing { get; private set; }

        public Variable<T> Apply(Variable<T> variable)
        {
            Count++;
            Any |= !variable.IsNone;
            Missing |= variable.IsNone;
            return variable;
        }
    }

    /// <summary>Holds the parts of a state against those of a cell's zero state, for all layers and directions.</summary>
    private struct CheckParts(RecurrentLayer<T, TState> layer, Tape<T> tape, TState zero) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            Shape wanted = PartOf(zero, _part++).Shape.Insert(0, layer._cells.Length);
            if (variable.IsNone) return variable;
            if (variable.Tape != tape) Stale.ThrowOtherTape($"{layer._family}, whose input is on one tape and whose state");
            if (variable.Shape != wanted)
            {
                Errors.Shape($"{layer._family}: the state has shape {variable.Shape}; for this input it must be {wanted}, [layers × directions, batch, hidden].");
            }

            return variable;
        }
    }

    private struct LearnedParts(RecurrentLayer<T, TState> layer, Tape<T> tape, int batch) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            Parameter<T> learned = layer._initialState[_part++];
            return variable.IsNone ? learned.On(tape).Expand(learned.Shape.With(1, batch)) : variable;
        }
    }

    /// <summary>The part of one layer and direction of a state, without the first axis.</summary>
    private readonly struct LayerParts(int index) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable) => variable.IsNone ? variable : variable[index];
    }

    /// <summary>Zeros of the shape of each part, for all layers and directions.</summary>
    private readonly struct ZeroParts(int count) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable) => variable.Tape.Zeros(variable.Shape.Insert(0, count));
    }

    /// <summary>Fills the parts that were not given with those of another state.</summary>
    private struct FillParts(TState other) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            int part = _part++;
            return variable.IsNone ? PartOf(other, part) : variable;
        }
    }

    private ref struct StackParts(ReadOnlySpan<TState> states) : IVariableMap<T>
    {
        private readonly ReadOnlySpan<TState> _states = states;
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            int part = _part++;
            if (_states.Length == 1) return variable.Unsqueeze(0);
            Variable<T>[] parts = ArrayPool<Variable<T>>.Shared.Rent(_states.Length);
            try
            {
                for (int i = 0; i < _states.Length; i++) parts[i] = PartOf(_states[i], part);
                return Variable.Stack<T>(parts.AsSpan(0, _states.Length));
            }
            finally
            {
                ArrayPool<Variable<T>>.Shared.Return(parts, clearArray: true);
            }
        }
    }
}
