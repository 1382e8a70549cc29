using System.Buffers;

namespace Autograd;

/// <summary>One layer in one direction: by the kernel of its cell, or step by step.</summary>
public abstract partial class RecurrentLayer<T, TState>
{
    private (Variable<T> Outputs, TState State) RunPiece(
        int index, Variable<T> sequence, TState state, SequenceNoise<T> noise, SequencePath<T> path, Span<TState> steps)
    {
        return RunsFused(index, noise, !steps.IsEmpty)
            ? _cells[index].RunFused(sequence, state, noise, path)
            : RunSteps(index, sequence, state, noise, path, steps);
    }

    private bool RunsFused(int index, SequenceNoise<T> noise, bool keepsSteps) =>
        _cells[index].IsFused && !noise.HasHiddenMask && !Options.ZonesOut && !keepsSteps && GradientFlow is null;

    /// <summary>What chance decides for one sequence.</summary>
    private SequenceNoise<T> Noise(RecurrentCell<T, TState> cell, Tape<T> tape, int batch)
    {
        if (!tape.Training) return default;
        Variable<T> mask = Options.RecurrentDropout == 0
            ? default
            : DropoutMaskOperation<T>.Draw(tape, [batch, cell.PartSize(0)], Options.RecurrentDropout, tape.NextStream(_recurrentDropout.Path));
        return new() { HiddenMask = mask, RecurrentWeight = Options.WeightDrop == 0 ? default : _weightDrop.Forward(cell.RecurrentWeight!.On(tape)) };
    }

    private (Variable<T> Outputs, TState State) RunSteps(
        int index, Variable<T> sequence, TState state, SequenceNoise<T> noise, SequencePath<T> path, Span<TState> steps)
    {
        RecurrentCell<T, TState> cell = _cells[index];
        cell.Observer = GradientFlow;
        Tape<T> tape = sequence.Tape;
        (int time, int batch) = (sequence.Shape[0], sequence.Shape[1]);
        Presence given = default;
        state.Map(ref given);
        if (given.Missing)
        {
            FillParts fill = new(cell.ZeroState(tape, batch));
            state = state.Map(ref fill);
        }

        Variable<T>[] outputs = ArrayPool<Variable<T>>.Shared.Rent(Math.Max(time, 1));
        TState[] states = steps.IsEmpty ? [] : ArrayPool<TState>.Shared.Rent(Math.Max(time, 1));
        try
        {
            for (int step = 0; step < time; step++)
            {
                int t = path.Reverse ? time - 1 - step : step;
                tape.AtTimeStep(path.First + t);
                GradientFlow?.Enter(index, path.First + t, path.Valid.IsNone ? default : path.Valid.Span.Slice(t * batch, batch));
                TState next = cell.Step(sequence[t], state, noise);
                RequireParts require = new(cell, state);
                next.Map(ref require);
                if (Options.ZonesOut)
                {
                    ZoneParts zone = new(this, state);
                    next = next.Map(ref zone);
                }

                if (!path.Valid.IsNone && path.Valid.Span.Slice(t * batch, batch).Contains(T.Zero))
                {
                    HoldParts hold = new(path.Valid[t], state);
                    next = next.Map(ref hold);
                }

                GradientFlow?.Leave(cell, sequence[t], state, next, noise);
                state = next;
                outputs[t] = cell.Output(state);
                if (states.Length > 0) states[t] = state;
            }

            Variable<T> all = time == 0 ? NoOutputs(cell, sequence, state) : Variable.Stack<T>(outputs.AsSpan(0, time));
            all = ValidSteps.Kept(path.Valid, all);
            if (states.Length > 0) steps[index] = time == 0 ? NoSteps(state) : Stack(states.AsSpan(0, time));
            return (all, state);
        }
        finally
        {
            tape.AtTimeStep(null);
            cell.Observer = null;
            ArrayPool<Variable<T>>.Shared.Return(outputs, clearArray: true);
            if (states.Length > 0) ArrayPool<TState>.Shared.Return(states, clearArray: true);
        }
    }

    /// <summary>
    /// Puts each sequence's first real input where it has none. A cell runs on all rows, and one that is not differentiable at 0
    /// would make NaN there, which 0 times itself does not undo.
    /// </summary>
    private static Variable<T> WithRealPadding(Variable<T> sequence, Variable<T> valid)
    {
        Shape shape = sequence.Shape;
        (int time, int batch, int width) = (shape[0], shape[1], shape[2]);
        Variable<T> padding = sequence.Tape.Allocate(shape, out Span<T> rows);
        ReadOnlySpan<T> values = sequence.Span, real = valid.Span;
        for (int row = 0; row < batch; row++)
        {
            int first = 0;
            while (real[(first * batch) + row] == T.Zero) first++;
            ReadOnlySpan<T> input = values.Slice(((first * batch) + row) * width, width);
            for (int t = 0; t < time; t++) input.CopyTo(rows[(((t * batch) + row) * width)..]);
        }

        return ChooseOperation<T>.Apply(valid, sequence, padding);
    }

    /// <summary>No outputs, whose gradients by input and parameters are zeros as those of a kernel.</summary>
    private static Variable<T> NoOutputs(RecurrentCell<T, TState> cell, Variable<T> sequence, TState state)
    {
        Shape none = cell.Output(state).Shape.Insert(0, 0);
        Variable<T> outputs = sequence.Reshape(none);
        foreach (Parameter<T> parameter in cell.Parameters) outputs += parameter.On(sequence.Tape).Reshape(parameter.Shape.Length)[..0].Reshape(none);
        return outputs;
    }

    private static TState NoSteps(TState state)
    {
        ZeroParts none = new(0);
        return state.Map(ref none);
    }

    /// <summary>Refuses a step that changes the shape of the state.</summary>
    private struct RequireParts(RecurrentCell<T, TState> cell, TState before) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            Shape given = PartOf(before, _part++).Shape;
            if (variable.Shape != given)
            {
                Errors.Shape($"{cell.GetType().Name.Split('`')[0]}: part {_part} of the state went in with shape {given} and came out with {variable.Shape}. Return the shape you were given, or override HiddenSize or ZeroState if the size of the zero state is wrong.");
            }

            return variable;
        }
    }

    /// <summary>Keeps the state before in the rows that take no part.</summary>
    private struct HoldParts(Variable<T> valid, TState before) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable) => ChooseOperation<T>.Apply(valid, variable, PartOf(before, _part++));
    }

    /// <summary>Keeps the value before in some units, by chance; where the tape evaluates, takes the expectation of that.</summary>
    private struct ZoneParts(RecurrentLayer<T, TState> layer, TState before) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            Variable<T> kept = PartOf(before, _part);
            Dropout<T> zoneout = _part++ == 0 ? layer._zoneout : layer._cellZoneout;
            double probability = zoneout.Probability;
            if (probability == 0) return variable;
            Tape<T> tape = variable.Tape;
            return tape.Training
                ? ChooseOperation<T>.Apply(DropoutMaskOperation<T>.Draw(tape, variable.Shape, probability, tape.NextStream(zoneout.Path)), variable, kept)
                : (probability * kept) + ((1 - probability) * variable);
        }
    }
}
