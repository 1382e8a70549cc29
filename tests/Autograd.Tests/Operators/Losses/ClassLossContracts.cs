namespace Autograd.Tests;

/// <summary>The arguments of a loss of classes, beside the input.</summary>
public sealed record ClassLossCase(string Targets, int Axis = -1, Reduction Reduction = Reduction.Mean, int? Ignored = -100, double Smoothing = 0, string Weights = "", bool Log = false)
{
    public int[] TargetValues => [.. Targets.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    public double[] WeightValues => [.. Weights.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static weight => double.Parse(weight, System.Globalization.CultureInfo.InvariantCulture))];

    public int[] TargetSizes(int[] input)
    {
        int axis = Axis < 0 ? Axis + input.Length : Axis;
        return [.. input[..axis], .. input[(axis + 1)..]];
    }
}

/// <summary>Cross-entropy of logits, and the negative log-likelihood of log-probabilities.</summary>
public sealed class ClassLossContract : OperatorContract<ClassLossCase>
{
    public override Type[] Operations => [typeof(CrossEntropyOperation<>), typeof(NegativeLogLikelihoodOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from log in new[] { false, true }
           from reduction in new[] { Reduction.Mean, Reduction.Sum, Reduction.None }
           from smoothing in log ? [0.0] : new[] { 0, 0.1, 1 }
           from weights in new[] { "", "0.5 2 1" }
           select At(new ClassLossCase("0 2 -1 1", -1, reduction, -1, smoothing, weights, log), N(4, 3)),
        .. from log in new[] { false, true }
           from reduction in new[] { Reduction.Mean, Reduction.None }
           select At(new ClassLossCase("0 2 1 1 2 0", 1, reduction, Log: log), N(2, 3, 3)),
        At(new ClassLossCase("2", 0), N(3)), At(new ClassLossCase("0", -1), N(1, 1)), At(new ClassLossCase("", -1, Reduction.None), N(0, 3)),
        At(new ClassLossCase("", -1, Reduction.Sum), N(0, 3)), At(new ClassLossCase("17 3", -1), N(2, 40)), At(new ClassLossCase("1 0", Ignored: null, Smoothing: 0.3), N(2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        // All ignored: 0 with zero gradients, whatever the logits are.
        Exactly(new("7 7", Ignored: 7), [Nd.Of([2, 2], 1, 2, double.NaN, double.PositiveInfinity)], [Nd.Scalar(0)], [new Nd(2, 2)]),
        Exactly(new("7 7", Reduction: Reduction.Sum, Ignored: 7, Smoothing: 0.5), [Nd.Of([2, 2], 1, 2, 3, 4)], [Nd.Scalar(0)], [new Nd(2, 2)]),
        Exactly(new("7", Ignored: 7, Log: true), [Nd.Of([1, 2], 1, 2)], [Nd.Scalar(0)], [new Nd(1, 2)]),

        // An ignored row adds nothing, with smoothing too, even if it is NaN.
        Exactly(new("7 0", Ignored: 7, Smoothing: 1), [Nd.Of([2, 2], double.NaN, 1, 1e4, 0)], [Nd.Scalar(5e3)], [Nd.Of([2, 2], 0, 0, 0.5, -0.5)]),

        // A logit of −∞ on another class, and on the target.
        Exactly(new("0"), [Nd.Of([1, 2], 3, double.NegativeInfinity)], [Nd.Scalar(0)], [new Nd(1, 2)]),
        Exactly(new("1"), [Nd.Of([1, 2], 3, double.NegativeInfinity)], [Nd.Scalar(double.PositiveInfinity)], [Nd.Of([1, 2], 1, -1)]),
        Exactly(new("1"), [Nd.Of([1, 2], 1e4, 0)], [Nd.Scalar(1e4)], [Nd.Of([1, 2], 1, -1)]),
        Exactly(new("", Reduction: Reduction.Mean), [new Nd(0, 3)], [Nd.Scalar(double.NaN)], [new Nd(0, 3)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 3)), "index 3", "[1]", "2"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(-1, 0)), "index -1", "[0]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).NegativeLogLikelihood(Targets(0, 3)), "index 3", "[1]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 3]).CrossEntropy(Targets(-100), ignoreIndex: null), "index -100"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0)), "[2, 3]", "[1]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 0), axis: 0), "[2, 3]", "[3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 0), classWeights: new Tensor<double>([2])), "[2]", "[3]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 0), labelSmoothing: 1.5), "1.5"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 0), labelSmoothing: double.NaN), "NaN"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 0), reduction: Reduction.BatchMean), "Mean"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 0), reduction: (Reduction)9), "Mean"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2, 3]).CrossEntropy(Targets(0, 0), axis: 2), "2", "[2, 3]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 3, most: 4);
        int axis = choose.Axis(sizes.Length), at = axis < 0 ? axis + sizes.Length : axis, classes = sizes[at] = choose.Between(1, 5);
        int count = sizes.Aggregate(1, static (product, size) => product * size) / classes;
        bool log = choose.Flip(), weighted = choose.Flip();
        Reduction reduction = count == 0 ? Reduction.None : choose.Of(Reduction.Mean, Reduction.Sum, Reduction.None);
        double smoothing = log ? 0 : choose.Of(0, 0.1, 1);
        string targets = string.Join(' ', choose.Indices(count, classes).Select((target, i) => i > 0 && choose.Below(5) == 4 ? -1 : target));
        string weights = weighted ? string.Join(' ', Enumerable.Range(1, classes).Select(static c => c % 3 == 0 ? "0.5" : "2")) : string.Empty;
        return At(new ClassLossCase(targets, axis, reduction, -1, smoothing, weights, log), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ClassLossCase a)
    {
        Tensor<int> targets = new(a.TargetSizes(x[0].Shape.ToArray()), a.TargetValues);
        Tensor<T>? weights = a.Weights.Length == 0 ? null : new Tensor<T>([a.WeightValues.Length], Array.ConvertAll(a.WeightValues, T.CreateTruncating));
        return
        [
            a.Log
                ? x[0].NegativeLogLikelihood(targets, a.Axis, a.Reduction, a.Ignored, weights)
                : x[0].CrossEntropy(targets, a.Axis, a.Reduction, a.Ignored, a.Smoothing, weights),
        ];
    }

    protected override Nd[] Reference(Nd[] x, ClassLossCase a)
    {
        int[] sizes = x[0].Sizes;
        int axis = a.Axis < 0 ? a.Axis + sizes.Length : a.Axis, classes = sizes[axis];
        double[] weights = a.Weights.Length == 0 ? [.. Enumerable.Repeat(1.0, classes)] : a.WeightValues;
        Nd losses = new(a.TargetSizes(sizes));
        double total = 0;
        int at = 0;
        foreach (int[] index in losses.Indices)
        {
            int target = a.TargetValues[at];
            Real[] row = [.. Enumerable.Range(0, classes).Select(c => x[0][[.. index[..axis], c, .. index[axis..]]])];
            Real log = a.Log ? 0 : Real.Log(row.Select(Real.Exp).Sum());
            Real[] p = [.. row.Select(value => value - log)];
            if (target != a.Ignored)
            {
                total += weights[target];
                losses.Data[at] = (-(1 - a.Smoothing) * weights[target] * p[target]) - (a.Smoothing / classes * p.Select((value, c) => weights[c] * value).Sum());
            }

            at++;
        }

        return a.Reduction switch
        {
            Reduction.None => [losses],
            Reduction.Sum => [Nd.Scalar(losses.Data.Sum())],
            _ => [Nd.Scalar(losses.Data.Sum() / total)],
        };
    }

    private static Tensor<int> Targets(params int[] values) => new([values.Length], values);
}
