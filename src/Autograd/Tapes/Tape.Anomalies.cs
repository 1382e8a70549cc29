using System.Globalization;
using System.Text;

namespace Autograd;

/// <summary>Where numbers went wrong, and where gradients went.</summary>
public sealed partial class Tape<T>
{
    private AnomalyWatch<T>? _watch;

    /// <summary>
    /// Whether the tape looks at every value and every gradient, and throws an <see cref="AnomalyException"/> as soon as an operation
    /// makes NaN, or infinity of finite numbers. It names the operation, the line of yours that called it, the first bad index, the ranges
    /// of its inputs, and the time step. Off by default, when it costs nothing; on, a step takes up to twice its time. Infinity that was
    /// asked for, such as a mask of −∞, passes.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set inside a backward sweep.</exception>
    public bool DetectAnomalies
    {
        get => _watch is not null;
        set
        {
            if (_sweeping) Errors.Invalid("DetectAnomalies was set inside a backward sweep, from a hook or a gradient rule. Set it before.");
            _watch = !value ? null : _watch ?? new AnomalyWatch<T>(this);
        }
    }

    /// <summary>Tells an anomaly report which step of a recurrence is being recorded; null outside.</summary>
    internal void AtTimeStep(int? step)
    {
        if (_watch is not null) _watch.TimeStep = step;
    }

    /// <summary>
    /// Answers why the gradient of a loss by a parameter is missing or zero, by walking from the parameter towards the loss: it was not
    /// used, it is frozen, its path ends at a <see cref="Variable{T}.Detach"/> or at a value nothing reads, or there is a path and which
    /// operations it takes.
    /// </summary>
    /// <param name="loss">The value that was, or will be, swept from.</param>
    /// <param name="parameter">What the gradient is missing for.</param>
    /// <returns>The answer, in a sentence or two.</returns>
    public string WhyNoGradient(Variable<T> loss, Parameter<T> parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (loss.Tape != this) Stale.ThrowOtherTape("WhyNoGradient");
        _ = Checked(loss);
        string what = $"Parameter '{parameter.Name}' {parameter.Shape}";
        if (!TryFind(parameter, out int index)) return $"{what} was not used on this tape since its last reset. Is the layer that owns it called, and with this tape's values?";
        if (!parameter.Trainable) return $"{what} is frozen: its Trainable is false.";
        return WhyNoGradient(loss, At(index), what);
    }

    /// <summary>The same for a leaf made by <see cref="Variable(Tensor{T})"/>, or for any value between.</summary>
    /// <inheritdoc cref="WhyNoGradient(Variable{T}, Parameter{T})"/>
    public string WhyNoGradient(Variable<T> loss, Variable<T> variable)
    {
        if (loss.Tape != this || variable.Tape != this) Stale.ThrowOtherTape("WhyNoGradient");
        _ = Checked(loss);
        return WhyNoGradient(loss, variable, $"The value of shape {variable.Shape}");
    }

    private string WhyNoGradient(Variable<T> loss, Variable<T> from, string what)
    {
        if (!Records) return "This is an inference tape, which records nothing for gradients. Use new Tape<T>() to train.";
        if (!from.RequiresGradient) return $"{what} requires no gradient: it is a constant, made by tape.Constant(…) or by Detach(), or computed from constants alone. Make it with tape.Variable(tensor).";
        if (loss.Index == from.Index) return $"{what} is the loss itself; its gradient is 1.";

        // Whatever depends on the value stands after it, so one pass finds all of it.
        int[] reachedBy = new int[_count];
        bool[] read = new bool[_count];
        reachedBy[from.Index] = -1;
        List<int> order = [from.Index];
        int cut = -1;
        for (int index = from.Index + 1; index < _count; index++)
        {
            ref Node<T> node = ref NodeAt(index);
            if (node.Has(NodeFlags.FurtherOutput))
            {
                int first = index - node.OutputOrdinal;
                if (reachedBy[first] != 0 && !node.Has(NodeFlags.Reserve)) Reach(index, reachedBy[first]);
                continue;
            }

            for (int input = 0; node.Operation is not null && input < node.InputCount; input++)
            {
                int source = InputOf(index, input);
                if (source < 0 || reachedBy[source] == 0) continue;
                read[source] = true;
                if (node.Has(NodeFlags.Recorded) && reachedBy[index] == 0) Reach(index, source + 1);
            }

            // A detached value shares the memory of the value it was made from.
            if (node is { IsLeaf: true, Operation: null, Storage: not null } && !node.Has(NodeFlags.RequiresGradient) && cut < 0 && SourceOf(index) >= 0) cut = index;
        }

        if (reachedBy[loss.Index] != 0)
        {
            List<string> path = [];
            for (int index = loss.Index; index != from.Index; index = reachedBy[index] - 1) path.Add(NameOf(index));
            path.Reverse();
            return $"There is a path from it to the loss: {string.Join(" → ", Shortened(path))}. If the gradient is zero, the slope of one of these is zero at its input (as that of Relu below 0, of Sign and Clamp, or of a saturated Sigmoid).";
        }

        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"No path leads from it to the loss. {what} leads to {order.Count - 1} values");
        int[] ends = [.. order.Where(index => !read[index])];
        if (order.Count > 1) text.Append(CultureInfo.InvariantCulture, $", and its way ends at {string.Join(", ", ends.Take(4).Select(index => $"{NameOf(index)} (node {index}, shape {NodeAt(index).Shape})"))}, which nothing that leads to the loss reads");
        text.Append('.');
        if (cut >= 0) text.Append(CultureInfo.InvariantCulture, $" Detach() cut it off: node {cut} is a constant with the memory of {NameOf(SourceOf(cut))} (node {SourceOf(cut)}).");
        else if (!loss.RequiresGradient) text.Append(" The loss requires no gradient at all: it was computed from constants, or from values that left the tape through ToTensor(), ToArray(), Item() or ArgMax().");
        else text.Append(" If the loss was meant to depend on it, look for values that left the tape through ToTensor(), ToArray(), Item() or ArgMax() and came back as constants.");
        return text.ToString();

        void Reach(int index, int source)
        {
            reachedBy[index] = source;
            order.Add(index);
        }

        int SourceOf(int constant)
        {
            ref Node<T> node = ref NodeAt(constant);
            foreach (int index in order)
            {
                if (index < constant && NodeAt(index).Storage == node.Storage) return index;
            }

            return -1;
        }

        string NameOf(int index)
        {
            ref Node<T> node = ref NodeAt(index);
            return node.Has(NodeFlags.FurtherOutput) ? NameOf(index - node.OutputOrdinal) : node.Operation?.Name ?? "the leaf";
        }

        static IEnumerable<string> Shortened(List<string> path) => path.Count <= 12 ? path : [.. path[..6], $"… {path.Count - 12} more …", .. path[^6..]];
    }
}
