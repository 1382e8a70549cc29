using System.Numerics;

namespace Autograd;

/// <summary>
/// One step of a recurrence: derive from it, register sub-layers in the constructor and write <see cref="Step(Variable{T}, TState)"/>.
/// <see cref="Recurrent{T, TState}"/> then runs it over sequences, with everything the layers of the library can do.
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

    /// <summary>The features of what the cell gives out, by default those of the first part of its state.</summary>
    public override int? OutputSize => PartSize(0);

    /// <summary>
    /// The matrix of the recurrent product, which <see cref="RecurrentOptions.WeightDrop"/> works on; null, the default, if there
    /// is none. A cell that names one uses <see cref="SequenceNoise{T}.RecurrentWeight"/> in its place where that is given.
    /// </summary>
    public virtual Parameter<T>? RecurrentWeight => null;

    /// <summary>Who is shown the gates while a layer records the gradient flow; see <see cref="ShowGate"/>.</summary>
    internal IGateObserver<T>? Observer { get; set; }

    /// <summary>The state after reading <paramref name="x"/>.</summary>
    /// <param name="x">The input of one step, [batch, features].</param>
    /// <param name="state">The state before, each part [batch, hidden].</param>
    public abstract TState Step(Variable<T> x, TState state);

    /// <summary>
    /// The same with what chance decided for the whole sequence. By default the mask multiplies the first part of the state
    /// wherever the cell reads it; override it to put the mask into some products only.
    /// </summary>
    /// <param name="x">The input of one step, [batch, features].</param>
    /// <param name="state">The state before, each part [batch, hidden].</param>
    /// <param name="noise">A mask over h, a recurrent weight with some elements dropped, or neither.</param>
    public virtual TState Step(Variable<T> x, TState state, SequenceNoise<T> noise)
    {
        if (noise.HasRecurrentWeight) Errors.Invalid($"{GetType().Name.Split('`')[0]}: it names a RecurrentWeight, which WeightDrop replaces, but does not override Step(x, state, noise), where the replacement is given.");
        if (!noise.HasHiddenMask) return Step(x, state);
        MaskFirstPart<T> mask = new(noise.HiddenMask);
        return Step(x, state.Map(ref mask));
    }

    /// <summary>What the cell gives out in a state: by default its first part.</summary>
    public virtual Variable<T> Output(TState state)
    {
        PartAt<T> first = new(0);
        state.Map(ref first);
        return first.Found;
    }

    /// <summary>The state before the first step: zeros, [batch, size of the part] for each part.</summary>
    public virtual TState ZeroState(Tape<T> tape, int batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ZeroParts zeros = new(this, tape, batch);
        return default(TState).Map(ref zeros);
    }

    /// <summary>The features of one part of the state, by default <see cref="HiddenSize"/> of each.</summary>
    /// <param name="part">Its number in the order of <see cref="IState{TSelf, T}.Map"/>.</param>
    protected internal virtual int PartSize(int part) => HiddenSize;

    /// <summary>
    /// Shows an activated gate to the recording of the gradient flow, which reports how saturated it is; costs nothing while
    /// nothing is recorded.
    /// </summary>
    /// <param name="name">Its name in the equations, such as f.</param>
    /// <param name="value">Its value, [batch, hidden].</param>
    /// <param name="low">The lower end of its range: 0 for a sigmoid, −1 for tanh.</param>
    /// <param name="high">The upper end of its range; infinity for ReLU.</param>
    protected void ShowGate(string name, Variable<T> value, double low = 0, double high = 1) => Observer?.Gate(name, value, low, high);

    /// <summary>Whether a whole sequence with this noise runs as one node, by <see cref="RunFused"/>.</summary>
    internal virtual bool IsFused => false;

    /// <summary>One layer in one direction over [time, batch, features], from a state [batch, hidden] of each part, or none.</summary>
    internal virtual (Variable<T> Outputs, TState State) RunFused(Variable<T> input, TState state, SequenceNoise<T> noise, SequencePath<T> path) =>
        throw new InvalidOperationException($"{GetType().Name} has no kernel for whole sequences.");

    private struct ZeroParts(RecurrentCell<T, TState> cell, Tape<T> tape, int batch) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable) => tape.Zeros([batch, cell.PartSize(_part++)]);
    }
}

/// <summary>What chance decided for one sequence, the same at every step.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public readonly record struct SequenceNoise<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What h is multiplied by in the recurrent products, [batch, hidden]; <c>default</c> for none. Gal and Ghahramani 2016.</summary>
    public Variable<T> HiddenMask { get; init; }

    /// <summary>Whether there is a mask over h.</summary>
    public bool HasHiddenMask => !HiddenMask.IsNone;

    /// <summary>What takes the place of the cell's <c>RecurrentWeight</c>; <c>default</c> for none. Merity, Keskar and Socher 2018.</summary>
    public Variable<T> RecurrentWeight { get; init; }

    /// <summary>Whether there is a weight to use in the place of the cell's own.</summary>
    public bool HasRecurrentWeight => !RecurrentWeight.IsNone;
}

/// <summary>Finds one part of a state.</summary>
internal struct PartAt<T>(int part) : IVariableMap<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private int _next;

    public Variable<T> Found { get; private set; }

    public Variable<T> Apply(Variable<T> variable)
    {
        if (_next++ == part) Found = variable;
        return variable;
    }
}

/// <summary>Multiplies the first part of a state by a mask.</summary>
internal struct MaskFirstPart<T>(Variable<T> mask) : IVariableMap<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private bool _done;

    public Variable<T> Apply(Variable<T> variable)
    {
        if (_done) return variable;
        _done = true;
        return variable.Dropout(mask);
    }
}
