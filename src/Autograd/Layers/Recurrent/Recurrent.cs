using System.Buffers;
using System.Numerics;

namespace Autograd;

/// <summary>Runs a <see cref="RecurrentCell{T, TState}"/> over a sequence: [time, batch, features] in, [time, batch, hidden] out.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state of the cell.</typeparam>
public sealed class Recurrent<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    /// <summary>Makes the layer; the cell becomes its child <c>cell</c>.</summary>
    public Recurrent(RecurrentCell<T, TState> cell) => Cell = AddModule("cell", cell);

    /// <summary>The cell.</summary>
    public RecurrentCell<T, TState> Cell { get; }

    /// <inheritdoc/>
    public override int? OutputSize => Cell.OutputSize;

    /// <summary>The state before the first step, as the cell makes it.</summary>
    public TState ZeroState(Tape<T> tape, int batch) => Cell.ZeroState(tape, batch);

    /// <summary>Runs over a sequence from the zero state.</summary>
    /// <inheritdoc cref="Forward(Variable{T}, TState)"/>
    public (Variable<T> Outputs, TState State) Forward(Variable<T> input)
    {
        if (input.Rank != 3) RefuseInput(input.Shape);
        return Forward(input, ZeroState(input.Tape, input.Shape[1]));
    }

    /// <summary>Runs over a sequence.</summary>
    /// <param name="input">The sequence, [time, batch, features].</param>
    /// <param name="state">The state before the first step, each part [batch, hidden].</param>
    /// <returns>The outputs of all steps, [time, batch, hidden], and the state after the last.</returns>
    /// <exception cref="ShapeException">The input has not three axes, or a step changed the shape of the state.</exception>
    public (Variable<T> Outputs, TState State) Forward(Variable<T> input, TState state)
    {
        if (input.Rank != 3) RefuseInput(input.Shape);
        int time = input.Shape[0];
        Shape before = Cell.Output(state).Shape;
        if (time == 0) return (input.Tape.Zeros(before.Insert(0, 0)), state);
        Variable<T>[] outputs = ArrayPool<Variable<T>>.Shared.Rent(time);
        try
        {
            for (int t = 0; t < time; t++)
            {
                input.Tape.AtTimeStep(t);
                state = Cell.Step(input[t], state);
                outputs[t] = Cell.Output(state);
                if (outputs[t].Shape != before)
                {
                    Errors.Shape($"{Cell.GetType().Name}: the state went in with shape {before} and came out with {outputs[t].Shape}. Return the shape you were given, or override HiddenSize or ZeroState if the size of the zero state is wrong.");
                }
            }

            return (Variable.Stack<T>(outputs.AsSpan(0, time)), state);
        }
        finally
        {
            input.Tape.AtTimeStep(null);
            ArrayPool<Variable<T>>.Shared.Return(outputs, clearArray: true);
        }
    }

    private static void RefuseInput(Shape shape) =>
        Errors.Shape($"Recurrent: the input has shape {shape}; it needs three axes, [time, batch, features].");
}
