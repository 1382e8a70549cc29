namespace Autograd;

/// <summary>Carrying a state over a reset.</summary>
public sealed partial class Tape<T>
{
    private readonly List<Carried> _carried = [];

    private readonly record struct Carried(Storage<T> Storage, int Offset, Shape Shape, int Version);

    /// <summary>Holds the memory of each variable, so that the reset does not take it back.</summary>
    private readonly struct KeepMap(Tape<T> tape) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable)
        {
            if (variable.IsNone) return variable;
            if (variable.Tape != tape) Stale.ThrowOtherTape("Reset(carry)");
            ref Node<T> node = ref tape.Checked(variable);
            if (node.Storage is null) tape.Materialize(variable.Index);
            node.Storage!.Hold();
            tape._carried.Add(new Carried(node.Storage, node.Offset, node.Shape, node.Version));
            return variable;
        }
    }

    /// <summary>Gives each variable its place in the new generation, in the same order.</summary>
    private struct RestoreMap(Tape<T> tape) : IVariableMap<T>
    {
        private int _next;

        public Variable<T> Apply(Variable<T> variable)
        {
            if (variable.IsNone) return variable;
            Carried held = tape._carried[_next++];
            int index = tape.AddHeld(held.Storage, held.Offset, held.Shape, held.Version);
            held.Storage.Release();
            return tape.At(index);
        }
    }
}
