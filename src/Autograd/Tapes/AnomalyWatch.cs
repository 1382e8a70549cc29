using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Text;

namespace Autograd;

/// <summary>
/// Looks at every value and every gradient as it is made, while a tape detects anomalies, and knows which line of the user's code
/// recorded each node. What is reported is the operation at fault: one that made NaN of numbers, or infinity of finite ones.
/// </summary>
/// <remarks>
/// The line is that of the innermost stack frame outside this library, so that it is the user's own also where a layer called the
/// operator. Frames are cheap to take; reading a line from symbols is not, so each place is read once.
/// </remarks>
internal sealed class AnomalyWatch<T>(Tape<T> tape)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Dictionary<int, (string? Line, int? TimeStep)> _origins = [];
    private readonly Dictionary<(string? Type, string Method, int Offset), string?> _lines = [];
    private int _swept = -1; // the node whose gradient rule runs

    /// <summary>The step of the recurrence that is being recorded.</summary>
    public int? TimeStep { get; set; }

    public void Clear()
    {
        _origins.Clear();
        TimeStep = null;
        LeaveSweep();
    }

    public void LeaveSweep() => _swept = -1;

    /// <summary>Notes where an operation was called, and looks at what it gave.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Recorded(int index, int outputs)
    {
        if (_swept < 0) _origins[index] = (CallerLine(), TimeStep);
        for (int i = index; i < index + outputs; i++)
        {
            ref Node<T> output = ref tape.NodeAt(i);
            if (output.Has(NodeFlags.Reserve | NodeFlags.Deferred)) continue;
            ReadOnlySpan<T> values = tape.ValueOf(i);
            if (AllFinite(values)) continue;
            Operation<T> operation = tape.NodeAt(index).Operation!;

            // NaN is a fault wherever it is; infinity only if it was made of finite numbers and not asked for.
            if (!TensorPrimitives.IsNaNAny(values) && (operation.GivesInfinity || HasInfiniteInput(index))) continue;
            if (_swept >= 0) Throw(_swept, backward: true, values, output.Shape, $" (its {operation.Name})", operation.LeadsWithTime && i == index);
            Throw(index, backward: false, values, output.Shape, i == index ? string.Empty : $" (output {i - index})", operation.LeadsWithTime && i == index);
        }
    }

    /// <summary>Looks at the cotangents a gradient rule is about to be given: a seed or a hook may have made one of them.</summary>
    public void Entering(int index, int outputs)
    {
        _swept = index;
        for (int i = index; i < index + outputs; i++)
        {
            ReadOnlySpan<T> cotangent = tape.CotangentValues(i);
            if (AllFinite(cotangent)) continue;
            string name = tape.NodeAt(index).Operation!.Name;
            Fail($"The gradient by the value of {name} that Backward or a hook was given", index, backward: true, name, cotangent, tape.NodeAt(i).Shape, timeFirst: false);
        }
    }

    /// <summary>Looks at the gradients of a node's inputs after its rule.</summary>
    public void LeavingRule(int index)
    {
        ref Node<T> node = ref tape.NodeAt(index);
        for (int input = 0; input < node.InputCount; input++)
        {
            int target = tape.InputOf(index, input);
            if (target < 0) continue;
            ReadOnlySpan<T> gradient = tape.CotangentValues(target);
            if (AllFinite(gradient)) continue;
            Throw(index, backward: true, gradient, tape.NodeAt(target).Shape, $" (gradient by input {input})", node.Operation!.LeadsWithTime && input == 0);
        }

        LeaveSweep();
    }

    private static bool AllFinite(ReadOnlySpan<T> values) => values.IsEmpty || TensorPrimitives.IsFiniteAll(values);

    private bool HasInfiniteInput(int index)
    {
        for (int input = 0; input < tape.NodeAt(index).InputCount; input++)
        {
            int from = tape.InputOf(index, input);
            if (from < 0 || tape.DeferredOperation(from) is not null) continue;
            foreach (T value in tape.ValueOf(from)) if (T.IsInfinity(value)) return true;
        }

        return false;
    }

    private void Throw(int index, bool backward, ReadOnlySpan<T> values, Shape shape, string part, bool timeFirst)
    {
        string name = tape.NodeAt(index).Operation!.Name;
        Fail($"{name}{part}", index, backward, name, values, shape, timeFirst);
    }

    private void Fail(string what, int index, bool backward, string name, ReadOnlySpan<T> values, Shape shape, bool timeFirst)
    {
        int first = -1, count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (T.IsFinite(values[i])) continue;
            if (first < 0) first = i;
            count++;
        }

        int[] place = new int[shape.Rank];
        for (int axis = shape.Rank - 1, rest = first; axis >= 0; axis--) (rest, place[axis]) = Math.DivRem(rest, shape[axis]);
        (string? line, int? step) = _origins.GetValueOrDefault(index);
        if (timeFirst && place.Length > 0) step ??= place[0];
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{what} is {values[first]} at {Errors.List(place)} of shape {shape}; {count} of {values.Length} elements are not finite. ");
        text.Append(CultureInfo.InvariantCulture, $"In the {(backward ? "backward sweep" : "forward pass")}, node {index}");
        if (step is { } at) text.Append(CultureInfo.InvariantCulture, $", time step {at}");
        text.Append(line is null ? "." : $", called at {line}.");
        ref Node<T> node = ref tape.NodeAt(index);
        for (int input = 0; input < node.InputCount; input++)
        {
            int from = tape.InputOf(index, input);
            if (from < 0 || tape.DeferredOperation(from) is not null) continue;
            text.Append(CultureInfo.InvariantCulture, $" Input {input}: {Origin(from)}{Range(tape.ValueOf(from))}.");
        }

        if (backward) text.Append(CultureInfo.InvariantCulture, $" The gradient by its value: {Range(tape.CotangentValues(index))}.");
        LeaveSweep();
        throw new AnomalyException(text.ToString(), name, backward, line, place, step);
    }

    private string Origin(int index) => tape.NodeAt(index) switch
    {
        { IsLeaf: true, Operation: null } leaf when leaf.Has(NodeFlags.RequiresGradient) => $"{tape.Describe(index)}, ",
        { Operation: { } operation } => $"the value of {operation.Name} {tape.NodeAt(index).Shape}, ",
        _ => $"{tape.NodeAt(index).Shape}, ",
    };

    private static string Range(ReadOnlySpan<T> values)
    {
        T low = T.PositiveInfinity, high = T.NegativeInfinity;
        int bad = 0;
        foreach (T value in values)
        {
            if (!T.IsFinite(value))
            {
                bad++;
                continue;
            }

            low = value < low ? value : low;
            high = value > high ? value : high;
        }

        string range = low <= high ? string.Create(CultureInfo.InvariantCulture, $"from {low} to {high}") : "no finite element";
        return bad == 0 ? range : string.Create(CultureInfo.InvariantCulture, $"{range}, {bad} of {values.Length} not finite");
    }

    /// <summary>The innermost line on the stack that is not of this library.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private string? CallerLine()
    {
        StackTrace stack = new(2, fNeedFileInfo: false);
        string library = typeof(Shape).Assembly.GetName().Name!;
        for (int depth = 0; depth < stack.FrameCount; depth++)
        {
            StackFrame frame = stack.GetFrame(depth)!;
            if (DiagnosticMethodInfo.Create(frame) is not { } method || NameOf(method.DeclaringAssemblyName) == library) continue;
            (string?, string, int) place = (method.DeclaringTypeName, method.Name, frame.GetILOffset());
            if (!_lines.TryGetValue(place, out string? line)) _lines.Add(place, line = LineOf(depth, method.Name));
            return line;
        }

        return null;

        static string NameOf(string assembly) => assembly.Split(',')[0];
    }

    /// <summary>The line of a frame of <see cref="CallerLine"/>'s stack.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? LineOf(int depth, string method)
    {
        StackFrame frame = new(depth + 3, needFileInfo: true);
        return frame.GetFileName() is { } file ? string.Create(CultureInfo.InvariantCulture, $"{file}:{frame.GetFileLineNumber()}") : method;
    }
}
