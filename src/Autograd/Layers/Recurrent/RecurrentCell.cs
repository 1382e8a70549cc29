using System.Numerics;

namespace Autograd;

/// <summary>
/// One step of a recurrence: derive from it, register sub-layers in the constructor and write <see cref="Step"/>.
/// <see cref="Recurrent{T, TState}"/> then runs it over sequences.
/// </summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state, such as <see cref="Hidden{T}"/>.</typeparam>
public abstract class RecurrentCell<T, TState> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    /// <summary>
    /// The features of each part of the state. By default the output size of the last child that has one, since a cell's
    /// new state is usually made by its last sub-layer.
    /// </summary>
    /// <exception cref="InvalidOperationException">No child has an output size; override this property.</exception>
    public virtual int HiddenSize => LastChildOutputSize
        ?? throw new InvalidOperationException($"{GetType().Name} has no sub-layer to tell the size of its state. Override HiddenSize.");

    /// <inheritdoc/>
    public override int? OutputSize => HiddenSize;

    /// <summary>The state after reading <paramref name="x"/>.</summary>
    /// <param name="x">The input of one step, [batch, features].</param>
    /// <param name="state">The state before, each part [batch, hidden].</param>
    public abstract TState Step(Variable<T> x, TState state);

    /// <summary>What the cell gives out in a state: by default its first part.</summary>
    public virtual Variable<T> Output(TState state)
    {
        FirstPart first = default;
        state.Map(ref first);
        return first.Found;
    }

    /// <summary>The state before the first step: zeros, [batch, <see cref="HiddenSize"/>] for each part.</summary>
    public virtual TState ZeroState(Tape<T> tape, int batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ZeroParts<T> zeros = new(tape, [batch, HiddenSize]);
        return default(TState).Map(ref zeros);
    }

    private struct FirstPart : IVariableMap<T>
    {
        private bool _found;

        public Variable<T> Found { get; private set; }

        public Variable<T> Apply(Variable<T> variable)
        {
            if (!_found) Found = variable;
            _found = true;
            return variable;
        }
    }
}

/// <summary>Makes every part of a state zeros of one shape.</summary>
internal readonly struct ZeroParts<T>(Tape<T> tape, Shape shape) : IVariableMap<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public Variable<T> Apply(Variable<T> variable) => tape.Zeros(shape);
}
