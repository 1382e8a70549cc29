namespace Autograd.Tests;

/// <summary>The arguments of the CTC loss beside the logits: a row of labels for each item, padded with −1.</summary>
public sealed record CtcCase(int[][] Targets, int[] InputLengths, int[] TargetLengths, int Blank = 0, Reduction Reduction = Reduction.Mean, bool ZeroInfinity = false)
{
    public override string ToString() =>
        $"{{targets {string.Join("; ", Targets.Select(static row => string.Join(' ', row)))}, steps {string.Join(' ', InputLengths)}, labels {string.Join(' ', TargetLengths)}, blank {Blank}, {Reduction}}}";
}

/// <summary>CTC against the sum over all alignments, written down one by one.</summary>
public sealed class CtcContract : OperatorContract<CtcCase>
{
    public override Type[] Operations => [typeof(CtcLossOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from reduction in new[] { Reduction.Mean, Reduction.Sum, Reduction.None }
           from zero in new[] { false, true }
           select At(new CtcCase([[1, 2, -1], [1, 1, -1]], [4, 3], [2, 2], 0, reduction, zero), N(4, 2, 3)),
        At(new CtcCase([[0, 1], [0, -1], [-1, -1]], [3, 3, 2], [2, 1, 0], 2, Reduction.None), N(3, 3, 3)), // the blank is last, one target is empty
        At(new CtcCase([[-1], [-1]], [3, 1], [0, 0]), N(3, 2, 2)), // all are
        At(new CtcCase([[]], [2], [0]), N(2, 1, 3)),
        At(new CtcCase([[1]], [1], [1]), N(1, 1, 2)),
        At(new CtcCase([[1, 1, 1]], [5], [3]), N(6, 1, 2)), // every blank between repeats is needed
        At(new CtcCase([[3, 1, 0, 2]], [5], [4], 4, Reduction.Sum), N(5, 1, 5)),
        At(new CtcCase([], [], [], 0, Reduction.None), N(2, 0, 3)), At(new CtcCase([], [], [], 0, Reduction.Sum), N(2, 0, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        // Far from all ranges of probabilities, and of classes that cannot be.
        Exactly(new([[0]], [1], [1], 1), [Nd.Of([1, 1, 2], 0, 1e4)], [Nd.Scalar(1e4)], [Nd.Of([1, 1, 2], -1, 1)]),
        Exactly(new([[0]], [1], [1], 1), [Nd.Of([1, 1, 2], 0, double.NegativeInfinity)], [Nd.Scalar(0)], [new Nd(1, 1, 2)]),

        // What stands beyond the length is not read.
        Exactly(new([[0, 7]], [1], [1], 1), [Nd.Of([2, 1, 2], 0, 1e4, double.NaN, double.NaN)], [Nd.Scalar(1e4)], [Nd.Of([2, 1, 2], -1, 1, 0, 0)]),

        // Two labels in one step, and two equal ones in two, have no alignment.
        Exactly(
            new([[1, 2], [1, 1]], [1, 2], [2, 2], 0, Reduction.None, ZeroInfinity: true), [Nd.Filled(0.5, 2, 2, 3)], [Nd.Vector(0, 0)], [new Nd(2, 2, 3)]),
        Exactly(
            new([[1, 2], [1, 1]], [1, 2], [2, 2], 0, Reduction.None), [Nd.Filled(0.5, 2, 2, 3)], [Nd.Vector(double.PositiveInfinity, double.PositiveInfinity)],
            [Nd.Build([2, 2, 3], static index => index[0] == 1 && index[1] == 0 ? 0 : double.NaN)]),
        Exactly(new([], [], []), [new Nd(2, 0, 3)], [Nd.Scalar(double.NaN)], [new Nd(2, 0, 3)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => Loss(tape, [4, 3], [1, 2], [4], [2]), "[4, 3]", "three axes"),
        Refuse<ShapeException>(static tape => Loss(tape, [4, 1, 3], [2, 2], [4], [2]), "targets", "[2, 2]", "[4, 1, 3]"),
        Refuse<ShapeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4, 4], [2]), "input lengths", "[2]", "[1]"),
        Refuse<ShapeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [2, 2]), "target lengths", "[2]", "[1]"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [5], [2]), "input length", "item 0", "5", "1 … 4"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [0], [2]), "input length", "0", "1 … 4"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [3]), "target length", "3", "0 … 2"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [-1]), "target length", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [2], label: 3), "label 0", "item 0", "0 … 2"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [2], label: -1), "label 0", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [2], label: 0), "label 0", "blank"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [2], blank: 3), "blank", "3", "0 … 2"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [2], blank: -1), "blank", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => Loss(tape, [4, 1, 3], [1, 2], [4], [2], reduction: Reduction.BatchMean), "Mean"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int time = choose.Between(1, 4), batch = choose.Size(0, 3), classes = choose.Between(2, 3), blank = choose.Below(classes), width = choose.Between(0, 3);
        int[][] targets = new int[batch][];
        int[] steps = new int[batch], labels = new int[batch];
        for (int n = 0; n < batch; n++)
        {
            steps[n] = time - choose.Below(time);
            targets[n] = [.. choose.Indices(width, classes - 1).Select(label => label < blank ? label : label + 1)];
            labels[n] = choose.Between(0, width);
            while (Needed(targets[n].AsSpan(0, labels[n])) > steps[n]) labels[n]--;
        }

        Reduction reduction = batch == 0 ? choose.Of(Reduction.Sum, Reduction.None) : choose.Of(Reduction.Mean, Reduction.Sum, Reduction.None);
        return At(new CtcCase(targets, steps, labels, blank, reduction, choose.Flip()), choose.N(time, batch, classes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, CtcCase a) =>
    [
        x[0].CtcLoss(
            new Tensor<int>([a.Targets.Length, a.Targets.Length == 0 ? 0 : a.Targets[0].Length], [.. a.Targets.SelectMany(static row => row)]),
            new Tensor<int>([a.InputLengths.Length], a.InputLengths),
            new Tensor<int>([a.TargetLengths.Length], a.TargetLengths),
            a.Blank,
            a.Reduction,
            a.ZeroInfinity),
    ];

    protected override Nd[] Reference(Nd[] x, CtcCase a)
    {
        int batch = x[0].Sizes[1], classes = x[0].Sizes[2];
        Nd losses = new(batch);
        for (int n = 0; n < batch; n++)
        {
            int[] wanted = a.Targets[n][..a.TargetLengths[n]];
            Real total = 0;
            foreach (int[] path in Nd.IndicesOf([.. Enumerable.Repeat(classes, a.InputLengths[n])]))
            {
                if (!Collapse(path, a.Blank).SequenceEqual(wanted)) continue;
                Real probability = 1;
                for (int t = 0; t < path.Length; t++)
                {
                    Real row = Enumerable.Range(0, classes).Select(c => Real.Exp(x[0][t, n, c])).Sum();
                    probability *= Real.Exp(x[0][t, n, path[t]]) / row;
                }

                total += probability;
            }

            losses[n] = -Real.Log(total);
            if (a.Reduction == Reduction.Mean) losses[n] /= Math.Max(1, wanted.Length) * (double)batch;
        }

        return [a.Reduction == Reduction.None ? losses : Nd.Scalar(losses.Data.Sum())];
    }

    /// <summary>What a path through the classes says: repeats are one, then blanks are none.</summary>
    private static IEnumerable<int> Collapse(int[] path, int blank) => path.Where((label, t) => label != blank && (t == 0 || path[t - 1] != label));

    private static int Needed(ReadOnlySpan<int> labels)
    {
        int steps = labels.Length;
        for (int i = 1; i < labels.Length; i++) if (labels[i] == labels[i - 1]) steps++;
        return steps;
    }

    private static Variable<double> Loss(
        Tape<double> tape, int[] logits, int[] targets, int[] steps, int[] labels, int label = 1, int blank = 0, Reduction reduction = Reduction.Mean)
    {
        Tensor<int> filled = new(targets);
        filled.Fill(label);
        return tape.Zeros(logits).CtcLoss(filled, new Tensor<int>([steps.Length], steps), new Tensor<int>([labels.Length], labels), blank, reduction);
    }
}
