using System.Globalization;
using System.Numerics;
using System.Text;
using MathNet.Numerics;

namespace Autograd;

/// <summary>What a recurrent layer's gradient was at one step.</summary>
/// <param name="Layer">The number of the layer.</param>
/// <param name="IsReverse">Whether the steps are read from the last to the first.</param>
/// <param name="Step">t, the index of the step in the input.</param>
/// <param name="HiddenGradient">‖∂L/∂h_t‖ over the sequences for which the step is real, of the loss L that was swept; NaN before a sweep.</param>
/// <param name="CellGradient">‖∂L/∂c_t‖, through h_t and c_t+1, as in backpropagation through time; over all other parts of the state; null if there are none.</param>
/// <param name="Ratio">‖∂L/∂h_t‖ over that of the step read next; null at the last one.</param>
/// <param name="Saturation">For each gate, the share of its units within a tenth of its range from either end. Karpathy, Johnson and Fei-Fei 2016.</param>
/// <param name="JacobianNorm">The largest singular value of the cell's map from the state before to the state after (zoneout is not part of it), over the batch; null if not asked for.</param>
public sealed record GradientFlowStep(
    int Layer,
    bool IsReverse,
    int Step,
    double HiddenGradient,
    double? CellGradient,
    double? Ratio,
    IReadOnlyDictionary<string, double> Saturation,
    double? JacobianNorm);

/// <summary>
/// The gradient on its way back through time, made visible: set it as a recurrent layer's <c>GradientFlow</c>, run forward and
/// backward once, and read the table, the heat map and the verdict. Each forward run of its one layer writes anew.
/// </summary>
/// <remarks>
/// Vanishing and exploding gradients: Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013. The norms are of the whole
/// gradient, through the output of the step and all later ones, so those of a loss at every step add up on their way back; a loss on
/// the last step alone, or <see cref="SweepFromEnd"/>, shows the reach. Steps beyond a sequence's length, or where a mask is false, count
/// nowhere.
/// </remarks>
/// <example><code>
/// layer.GradientFlow = new GradientFlow&lt;float&gt;();
/// tape.Backward(head.Forward(layer.FinalState(x).H[0]).CrossEntropy(classes));
/// Console.WriteLine(layer.GradientFlow.Verdict);   // the gradient halves every 6 steps; reach about 40 steps
/// File.WriteAllText("flow.svg", layer.GradientFlow.ToSvg());
/// </code></example>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed partial class GradientFlow<T> : IGateObserver<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The reach is the number of steps after which this part of a gradient is left.</summary>
    private const double Left = 0.01;

    private readonly Dictionary<(int Index, int Step), Entry> _entries = [];
    private readonly bool _jacobianNorms;
    private string _family = "Recurrent";
    private int _directions = 1;
    private bool _readsBackward;
    private bool _swept;
    private object? _layer;
    private Variable<T>[] _ends = [];
    private Entry _current = new();

    /// <summary>Makes a recording.</summary>
    /// <param name="jacobianNorms">Whether to find the norm of each step's Jacobian, by power iteration: some dozens of sweeps a step.</param>
    public GradientFlow(bool jacobianNorms = false) => _jacobianNorms = jacobianNorms;

    /// <summary>All steps, layer by layer, forward before reverse, in the order of time.</summary>
    public IReadOnlyList<GradientFlowStep> Steps => [.. _entries.OrderBy(static entry => entry.Key).Select(entry => StepOf(entry.Key.Index, entry.Key.Step, entry.Value))];

    /// <summary>
    /// One line on the layer and direction whose gradient by the whole state reaches least far, such as: the gradient halves every 6
    /// steps; reach about 40 steps (after which a hundredth is left). Each sequence counts back from its own last step.
    /// </summary>
    public string Verdict
    {
        get
        {
            List<(double Reach, string Text)> verdicts = [.. _entries.Keys.Select(static key => key.Index).Distinct().Order().Select(JudgeDirection)];
            if (verdicts.Count == 0 || !_swept) return "nothing was recorded: run the layer forward, then Backward";
            (double _, string text) = verdicts.MinBy(static verdict => verdict.Reach);
            return text;
        }
    }

    /// <summary>
    /// Sweeps back from the last hidden states of the top layer alone, in a direction drawn once, in place of a loss: then the norms
    /// tell how much of what is known at the end reaches each step, whatever the loss is and however its parts add up.
    /// </summary>
    /// <remarks>Uses the last forward run, whose tape stays as it is and can be swept again.</remarks>
    /// <exception cref="InvalidOperationException">The layer has not run forward since the recording was set, or its tape was reset.</exception>
    public void SweepFromEnd()
    {
        if (_ends.Length == 0) Errors.Invalid("GradientFlow: there is nothing to sweep back through. Set it as a layer's GradientFlow and run the layer forward first.");
        foreach (Entry entry in _entries.Values) entry.Squares.ForEach(static squares => Array.Clear(squares));
        RandomSource random = new(seed: 1);
        Variable<T>[] directions = new Variable<T>[_ends.Length];
        for (int i = 0; i < directions.Length; i++)
        {
            Tensor<T> direction = new(_ends[i].Shape);
            direction.Write(values => random.FillNormal(values, 0, 1));
            directions[i] = _ends[i].Tape.Constant(direction);
        }

        _ends[0].Tape.Backward(_ends, directions, retain: true);
    }

    /// <summary>The table of <see cref="Steps"/>, a line each, and the verdict.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        string[] gates = [.. _entries.Values.SelectMany(static entry => entry.Saturation.Keys).Distinct()];
        text.Append("layer  direction  step  |dL/dh|     |dL/dc|     ratio");
        foreach (string gate in gates) text.Append(CultureInfo.InvariantCulture, $"  {gate} saturated");
        if (_jacobianNorms) text.Append("  |J|");
        foreach (GradientFlowStep step in Steps)
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"{step.Layer,-5}  {(step.IsReverse ? "reverse" : "forward"),-9}  {step.Step,4}  {step.HiddenGradient,-10:0.000e+00}  ");
            text.Append(CultureInfo.InvariantCulture, $"{step.CellGradient,-10:0.000e+00}  {step.Ratio,-5:0.000}");
            foreach (string gate in gates) text.Append(string.Create(CultureInfo.InvariantCulture, $"{step.Saturation.GetValueOrDefault(gate):P0}").PadLeft(gate.Length + 12));
            if (_jacobianNorms) text.Append(CultureInfo.InvariantCulture, $"  {step.JacobianNorm:0.000}");
        }

        return text.AppendLine().Append(Verdict).ToString();
    }

    /// <inheritdoc/>
    void IGateObserver<T>.Gate(string name, Variable<T> value, double low, double high)
    {
        int saturated = 0, seen = 0, batch = value.Shape[0];
        for (int row = 0; row < batch; row++)
        {
            if (!_current.IsReal(row)) continue;
            foreach (T element in value.Span.Slice(row * (value.Length / batch), value.Length / batch))
            {
                double place = double.CreateTruncating(element) - low, range = high - low;
                if (place <= 0 || (!double.IsInfinity(range) && (place < 0.1 * range || place > 0.9 * range))) saturated++;
                seen++;
            }
        }

        _current.Saturation[name] = seen == 0 ? 0 : saturated / (double)seen;
    }

    internal void Begin(object layer, string family, RecurrentDirection direction)
    {
        if (_layer is not null && _layer != layer) Errors.Invalid("GradientFlow: this recording belongs to another layer, whose steps would be lost. Give each layer a recording of its own.");
        (_layer, _family, _directions, _readsBackward) = (layer, family, direction == RecurrentDirection.Bidirectional ? 2 : 1, direction == RecurrentDirection.Reverse);
        _swept = false;
        _ends = [];
        _entries.Clear();
    }

    /// <summary>A step is about to run; <paramref name="valid"/> is 0 for the rows that take no part, or empty if all do.</summary>
    internal void Enter(int index, int step, ReadOnlySpan<T> valid)
    {
        // A piece of a sequence within a memory budget runs twice; what was written the first time stands.
        if (_entries.TryGetValue((index, step), out Entry? entry))
        {
            _current = entry;
            return;
        }

        bool[]? real = valid.IsEmpty ? null : new bool[valid.Length];
        for (int row = 0; row < valid.Length; row++) real![row] = valid[row] != T.Zero;
        _entries[(index, step)] = _current = new(real);
    }

    /// <summary>The layer has run; these are the last hidden states of its top layer, one a direction.</summary>
    internal void End(Variable<T>[] ends) => _ends = ends;

    internal void Leave<TState>(RecurrentCell<T, TState> cell, Variable<T> x, TState before, TState after, SequenceNoise<T> noise)
        where TState : struct, IState<TState, T>
    {
        HookParts hook = new(this, _current);
        after.Map(ref hook);
        if (_jacobianNorms) _current.JacobianNorm ??= JacobianNorm(cell, x, before, noise, _current);
    }

    private bool IsReverse(int index) => _readsBackward || index % _directions == 1;

    private GradientFlowStep StepOf(int index, int step, Entry entry)
    {
        (int layer, bool isReverse) = (index / _directions, IsReverse(index));
        double? ratio = _entries.TryGetValue((index, isReverse ? step - 1 : step + 1), out Entry? next) ? Norm(entry, 0, 1) / Norm(next, 0, 1) : null;
        double? rest = entry.Squares.Count > 1 ? Norm(entry, 1, entry.Squares.Count) : null;
        return new(layer, isReverse, step, Norm(entry, 0, 1), rest, ratio, entry.Saturation, entry.JacobianNorm);
    }

    /// <summary>The norm of the gradient by some parts of the state, over the rows that take part; 0 where the sweep did not come by.</summary>
    private double Norm(Entry entry, int start, int end)
    {
        double sum = _swept ? 0 : double.NaN;
        for (int part = start; part < end; part++)
        {
            double[] squares = entry.Squares[part];
            for (int row = 0; row < squares.Length; row++) sum += entry.IsReal(row) ? squares[row] : 0;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>The root mean square over the rows of the norm by the whole state, over the distance from the end; each row counts its own real steps.</summary>
    private double[] NormsByDistance(int index)
    {
        List<(double Sum, int Rows)> sums = [];
        Entry[] back = [.. _entries.Where(entry => entry.Key.Index == index).OrderBy(entry => IsReverse(index) ? entry.Key.Step : -entry.Key.Step).Select(static entry => entry.Value)];
        int batch = back.Length == 0 || back[0].Squares.Count == 0 ? 0 : back[0].Squares[0].Length;
        for (int row = 0; row < batch; row++)
        {
            int distance = 0;
            foreach (Entry entry in back)
            {
                if (!entry.IsReal(row)) continue;
                if (distance == sums.Count) sums.Add(default);
                (double sum, int rows) = sums[distance];
                sums[distance++] = (sum + entry.Squares.Sum(squares => squares[row]), rows + 1);
            }
        }

        return [.. sums.Select(static entry => Math.Sqrt(entry.Sum / entry.Rows))];
    }

    /// <summary>How far the gradient of one layer and direction reaches, in steps, and that in words.</summary>
    private (double Reach, string Text) JudgeDirection(int index)
    {
        bool isReverse = IsReverse(index);
        string name = _entries.Keys.Any(static key => key.Index > 0) ? string.Create(CultureInfo.InvariantCulture, $"layer {index / _directions} {(isReverse ? "reverse" : "forward")}: ") : string.Empty;
        double[] norms = NormsByDistance(index);
        int bad = Array.FindIndex(norms, static norm => double.IsInfinity(norm));
        if (bad >= 0) return (-1, Say($"{name}the gradient is infinite {bad} steps from the end: it explodes"));
        int first = Array.FindIndex(norms, static norm => norm > 0);
        if (first < 0) return (0, $"{name}no gradient reaches this layer");
        int last = Array.FindLastIndex(norms, static norm => norm > 0);
        double[] distance = [.. Enumerable.Range(first, last - first + 1).Where(i => norms[i] > 0).Select(static i => (double)i)];
        if (distance.Length < 2) return norms.Length < 2 ? (double.PositiveInfinity, $"{name}there is one step, and no way back") : (1, $"{name}the gradient ends where it begins; reach 1 step");
        double slope = Fit.Line(distance, [.. distance.Select(i => Math.Log2(norms[(int)i]))]).B;
        double reach = slope < 0 ? Math.Log2(Left) / slope : double.PositiveInfinity;
        if (last < norms.Length - 1) reach = Math.Min(reach, last - first + 1); // where it has run into zero
        if (slope > 0.05) return (-1, Say($"{name}the gradient doubles every {Rounded(1 / slope)} on its way back: it explodes"));
        return reach > 2 * norms.Length
            ? (reach, Say($"{name}the gradient keeps its size over all {norms.Length} steps"))
            : (reach, Say($"{name}the gradient halves every {Rounded(-1 / slope)}; reach about {Rounded(reach)}"));

        static string Rounded(double steps)
        {
            double shown = steps < 3 ? Math.Round(steps, 1) : Math.Round(steps);
            return Say($"{shown} {(shown == 1 ? "step" : "steps")}");
        }

        static string Say(FormattableString text) => FormattableString.Invariant(text);
    }

    /// <summary>
    /// The largest singular value of J = ∂(state after) / ∂(state before): v ← Jᵀ J v, normalized, on a tape of its own. J v is the
    /// gradient of ⟨Jᵀ u, v⟩ by u.
    /// </summary>
    private static double JacobianNorm<TState>(RecurrentCell<T, TState> cell, Variable<T> x, TState before, SequenceNoise<T> noise, Entry entry)
        where TState : struct, IState<TState, T>
    {
        const int most = 50;
        using Tape<T> tape = new(x.Tape.Training, x.Tape.Seed);
        List<Tensor<T>> direction = [];
        if (!Random(before, direction, entry)) return double.NaN;
        IGateObserver<T>? observer = cell.Observer;
        cell.Observer = null;
        try
        {
            double norm = 0;
            for (int turn = 0; turn < most; turn++)
            {
                tape.Reset();
                tape.Step = x.Tape.Step; // the same random masks in each turn
                List<Variable<T>> states = [], results = [], cotangents = [];
                CopyParts copy = new(tape, states);
                TState start = before.Map(ref copy);
                SequenceNoise<T> same = new() { HiddenMask = Copied(noise.HiddenMask), RecurrentWeight = Copied(noise.RecurrentWeight) };
                ListParts list = new(results);
                cell.Step(Copied(x), start, same).Map(ref list);
                results.RemoveAll(static result => !result.RequiresGradient);
                if (results.Count == 0) return 0;
                foreach (Variable<T> result in results) cotangents.Add(tape.Variable(new Tensor<T>(result.Shape)));
                Gradients<T> back = tape.Backward(Span(results), Span(cotangents), createGraph: true);
                List<Variable<T>> transposed = [], weights = [];
                for (int part = 0; part < states.Count; part++)
                {
                    Variable<T> image = back[states[part]];
                    if (!image.RequiresGradient) continue; // nothing leads from this part to the state after
                    transposed.Add(image);
                    weights.Add(tape.Constant(direction[part]));
                }

                if (transposed.Count == 0) return 0;
                Gradients<T> forward = tape.Backward(Span(transposed), Span(weights), retain: true);
                List<Variable<T>> product = [.. cotangents.Select(cotangent => tape.Constant(forward[cotangent].ToTensor()))];
                double found = Math.Sqrt(product.Sum(static part => SquaredNorm(part.Span)));
                if (found == 0) return 0;
                if (Math.Abs(found - norm) <= 1e-4 * found) return found;
                norm = found;
                Gradients<T> again = tape.Backward(Span(results), Span(product));
                direction = [.. states.Select(state => again[state].ToTensor())];
                double length = Math.Sqrt(direction.Sum(static tensor => SquaredNorm(tensor.Span)));
                foreach (Tensor<T> tensor in direction) tensor.Write(values => Scale(values, 1 / length));
            }

            return norm;
        }
        finally
        {
            cell.Observer = observer;
        }

        Variable<T> Copied(Variable<T> variable) => variable.IsNone ? variable : tape.Constant(variable.ToTensor());

        static ReadOnlySpan<Variable<T>> Span(List<Variable<T>> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);
    }

    /// <summary>A random direction of length 1 in the space of a state, 0 in rows that take no part; false if none does.</summary>
    private static bool Random<TState>(TState state, List<Tensor<T>> direction, Entry entry)
        where TState : struct, IState<TState, T>
    {
        List<Variable<T>> parts = [];
        ListParts list = new(parts);
        state.Map(ref list);
        RandomSource random = new(seed: 1);
        foreach (Variable<T> part in parts)
        {
            Tensor<T> tensor = new(part.Shape);
            tensor.Write(values =>
            {
                random.FillNormal(values, 0, 1);
                int width = values.Length / Math.Max(1, part.Shape[0]);
                for (int row = 0; row < part.Shape[0]; row++)
                {
                    if (!entry.IsReal(row)) values.Slice(row * width, width).Clear();
                }
            });
            direction.Add(tensor);
        }

        double length = Math.Sqrt(direction.Sum(static tensor => SquaredNorm(tensor.Span)));
        foreach (Tensor<T> tensor in direction) tensor.Write(values => Scale(values, 1 / length));
        return length > 0;
    }

    private static void Scale(Span<T> values, double factor)
    {
        foreach (ref T value in values) value *= T.CreateTruncating(factor);
    }

    private static double SquaredNorm(ReadOnlySpan<T> values)
    {
        double sum = 0;
        foreach (T value in values) sum += double.CreateTruncating(value) * double.CreateTruncating(value);
        return sum;
    }

    /// <summary>What is known of one step.</summary>
    private sealed class Entry(bool[]? real = null)
    {
        /// <summary>For each part of the state, the squared norm of the gradient by each row.</summary>
        public List<double[]> Squares { get; } = [];

        public Dictionary<string, double> Saturation { get; } = [];

        public double? JacobianNorm { get; set; }

        /// <summary>Whether a row takes part in the step.</summary>
        public bool IsReal(int row) => real is null || real[row];
    }

    /// <summary>Has the norm of the gradient by each part written down when it is complete.</summary>
    private struct HookParts(GradientFlow<T> flow, Entry entry) : IVariableMap<T>
    {
        private int _part;

        public Variable<T> Apply(Variable<T> variable)
        {
            int part = _part++, batch = variable.Shape[0];
            if (entry.Squares.Count <= part) entry.Squares.Add(new double[batch]);
            if (!variable.RequiresGradient) return variable;
            (Entry into, GradientFlow<T> recording) = (entry, flow);
            variable.OnGradient(gradient =>
            {
                recording._swept = true;
                for (int row = 0, width = gradient.Length / Math.Max(1, batch); row < batch; row++) into.Squares[part][row] = SquaredNorm(gradient.Span.Slice(row * width, width));
                return gradient;
            });
            return variable;
        }
    }

    /// <summary>Makes each part a leaf of another tape.</summary>
    private readonly struct CopyParts(Tape<T> tape, List<Variable<T>> leaves) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable)
        {
            leaves.Add(tape.Variable(variable.ToTensor()));
            return leaves[^1];
        }
    }

    private readonly struct ListParts(List<Variable<T>> parts) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable)
        {
            parts.Add(variable);
            return variable;
        }
    }
}
