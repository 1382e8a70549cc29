namespace Autograd.Tests;

/// <summary>
/// A fault such as gradient rules have had: what the rule of one operation contributes to the gradient of one of its inputs is changed.
/// </summary>
public sealed record Fault(Type Operation, int Input, string Name, Action<double[]> Change)
{
    /// <summary>How a contribution may be wrong. The last five are wrong for a gradient of zeros too.</summary>
    public static (string Name, Action<double[]> Change)[] Changes { get; } =
    [
        ("1.001 times too large", static g => Each(g, static (value, _) => value * 1.001)),
        ("of the wrong sign", static g => Each(g, static (value, _) => -value)),
        ("dropped", Array.Clear),
        ("added twice", static g => Each(g, static (value, _) => 2 * value)),
        ("left out at the last element", static g => g[^1] = 0),
        ("in the order of another axis", Array.Reverse),
        ("off by one place", static g => Array.Copy((double[])[.. g[1..], g[0]], g, g.Length)),
        ("the first element's everywhere", static g => Array.Fill(g, g[0])),
        ("0.001 too large", static g => Each(g, static (value, _) => value + 0.001)),
        ("0.001 too small", static g => Each(g, static (value, _) => value - 0.001)),
        ("0.001 too large at the first element", static g => g[0] += 0.001),
        ("0.001 too large at the last element", static g => g[^1] += 0.001),
        ("not written at the last element", static g => g[^1] = double.NaN),
    ];

    /// <summary>The kind of an operation: its generic type.</summary>
    public static Type KindOf(Operation<double> operation)
    {
        Type type = operation is FaultyRule faulty ? faulty.Inner.GetType() : operation.GetType();
        return type.IsGenericType ? type.GetGenericTypeDefinition() : type;
    }

    /// <summary>The rules on a tape from a node on: each operation with each input it gives a gradient to.</summary>
    public static IEnumerable<(Type Operation, int Input)> RulesOn(Tape<double> tape, int from = 0)
    {
        for (int index = from; index < tape.Count; index++)
        {
            if (!tape.NodeAt(index).Has(NodeFlags.Recorded)) continue;
            Type kind = KindOf(tape.NodeAt(index).Operation!);
            for (int input = 0; input < tape.NodeAt(index).InputCount; input++)
            {
                int source = tape.InputOf(index, input);
                if (source >= 0 && tape.NodeAt(source).Has(NodeFlags.RequiresGradient)) yield return (kind, input);
            }
        }
    }

    /// <summary>Puts the fault into every rule of the operation that the tape has recorded.</summary>
    public void Seed(Tape<double> tape)
    {
        for (int index = 0; index < tape.Count; index++)
        {
            ref Node<double> node = ref tape.NodeAt(index);
            if (node.Has(NodeFlags.Recorded) && KindOf(node.Operation!) == Operation) node.Operation = new FaultyRule(node.Operation!, Input, Change);
        }
    }

    public override string ToString() => $"the gradient of {Operation.Name} by its input {Input} was {Name}";

    private static void Each(double[] values, Func<double, int, double> change)
    {
        for (int e = 0; e < values.Length; e++) values[e] = change(values[e], e);
    }

    /// <summary>An operation whose gradient rule is wrong on purpose; a sweep that records itself is left alone.</summary>
    private sealed class FaultyRule(Operation<double> inner, int input, Action<double[]> change) : Operation<double>
    {
        public Operation<double> Inner => inner;

        public override string Name => inner.Name;

        protected internal override void Forward(ForwardContext<double> context) => inner.Forward(context);

        protected internal override Variable<double>[]? Compose(ReadOnlySpan<Variable<double>> inputs) => inner.Compose(inputs);

        protected internal override void Backward(BackwardContext<double> context)
        {
            if (context.CreatesGraph || input >= context.InputCount || !context.Needs(input))
            {
                inner.Backward(context);
                return;
            }

            double[] before = context.Tape.CotangentValues(context.Input(input).Index).ToArray();
            inner.Backward(context);
            context.InPlace(input, out Span<double> sum, out bool fresh);
            if (fresh) sum.Clear();
            if (sum.IsEmpty) return;
            double[] contribution = sum.ToArray();
            for (int e = 0; e < before.Length; e++) contribution[e] -= before[e];
            change(contribution);
            for (int e = 0; e < sum.Length; e++) sum[e] = (before.Length == 0 ? 0 : before[e]) + contribution[e];
        }
    }
}
