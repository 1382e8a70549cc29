namespace Autograd.Tests;

/// <summary>A loss of elements against targets, its reduction, and its one number.</summary>
public sealed record ElementLossCase(string Name, Reduction Reduction = Reduction.Mean, double Number = 1);

/// <summary>What contracts of losses of elements share.</summary>
public abstract class ElementLossContract : OperatorContract<ElementLossCase>
{
    protected static Reduction[] Reductions { get; } = [Reduction.Mean, Reduction.Sum, Reduction.None, Reduction.BatchMean];

    protected static Nd[] Reduce(Nd losses, Reduction reduction)
    {
        Real sum = losses.Data.Sum();
        return
        [
            reduction switch
            {
                Reduction.None => losses,
                Reduction.Sum => Nd.Scalar(sum),
                Reduction.Mean => Nd.Scalar(sum / losses.Data.Length),
                _ => Nd.Scalar(sum / (losses.Rank == 0 ? 1 : losses.Sizes[0])),
            },
        ];
    }

    /// <summary>A reduction that has a value: the mean of nothing is NaN, and compared in an exact case.</summary>
    protected static Reduction Of(Choices choose, int[] sizes) => choose.Of(sizes.Contains(0) ? [Reduction.None, Reduction.Sum] : Reductions);

    /// <summary>A case in which only the prediction is differentiable.</summary>
    protected static Exact OfPrediction(ElementLossCase attributes, double[] x, double[] targets, double[] losses, double[] gradients) =>
        new(Differentiable(1, attributes, Nd.Vector(x), Nd.Vector(targets)), [Nd.Vector(losses)], [Nd.Vector(gradients)]);
}

/// <summary>Squared, absolute, smooth absolute and Huber error.</summary>
public sealed class RegressionLossContract : ElementLossContract
{
    public override Type[] Operations => [typeof(SquaredErrorOperation<>), typeof(AbsoluteErrorOperation<>), typeof(HuberOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from name in new[] { "squared", "absolute", "smooth", "huber" }
           from reduction in Reductions
           from sizes in new int[][] { [3, 4], [1], [] }
           select At(new(name, reduction, 0.7), Pair(N(sizes), N(sizes), 0.7)),
        At(new("smooth", Reduction.None, 0), N(5), Nd.Filled(2.5, 5)), At(new("huber", Reduction.None, double.PositiveInfinity), N(5), N(5)),
        At(new("squared", Reduction.None), N(0, 2), N(0, 2)), At(new("huber", Reduction.Sum), N(0), N(0)), At(new("squared"), N(3, 50), N(3, 50)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(new("absolute", Reduction.None), [Nd.Vector(1, 2, 4), Nd.Vector(1, 3, 2)], [Nd.Vector(0, 1, 2)], [Nd.Vector(0, -1, 1), Nd.Vector(0, 1, -1)]),
        Exactly(new("smooth", Reduction.None, 0.5), [Nd.Vector(0.5, -0.5, 0, 2)], [0, 0, 0, 0], [0.25, 0.25, 0, 1.75], [1, -1, 0, 1]),
        Exactly(new("smooth", Reduction.None, 0), [Nd.Vector(0, -2)], [0, 0], [0, 2], [0, -1]),
        Exactly(new("huber", Reduction.None, 2), [Nd.Vector(2, -4, 0, -2)], [0, 0, 0, 0], [2, 6, 0, 2], [2, -2, 0, -2]),
        Exactly(new("huber", Reduction.None, 2), [Nd.Vector(double.PositiveInfinity, double.NaN)], [0, 0], [double.PositiveInfinity, double.NaN], [2, double.NaN]),
        Exactly(new("squared"), [Nd.Vector(), Nd.Vector()], [Nd.Scalar(double.NaN)], [Nd.Vector(), Nd.Vector()]),
        Exactly(new("squared", Reduction.BatchMean), [Nd.Of([2, 2], 1, 2, 3, 4), new Nd(2, 2)], [Nd.Scalar(15)], [Nd.Of([2, 2], 1, 2, 3, 4), Nd.Of([2, 2], -1, -2, -3, -4)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).MeanSquaredError(tape.Zeros([3, 6])), "MeanSquaredError", "[3, 5]", "[3, 6]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).MeanAbsoluteError(tape.Zeros([5])), "MeanAbsoluteError", "[3, 5]", "[5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).SmoothL1(tape.Zeros([1])), "SmoothL1", "[3]", "[1]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Huber(tape.Zeros([4])), "Huber", "[3]", "[4]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).MeanSquaredError(tape.Zeros([3]), (Reduction)9), "Mean"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).SmoothL1(tape.Zeros([3]), -1), "beta", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).SmoothL1(tape.Zeros([3]), double.NaN), "beta", "NaN"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).Huber(tape.Zeros([3]), 0), "delta", "0"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).Huber(tape.Zeros([3]), double.NaN), "delta", "NaN"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        double number = choose.Of(1, 0.7, 2);
        string name = choose.Of("squared", "absolute", "smooth", "huber");
        return At(new(name, Of(choose, sizes), number), Pair(choose.N(sizes), choose.N(sizes), number));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ElementLossCase a) =>
    [
        a.Name switch
        {
            "squared" => x[0].MeanSquaredError(x[1], a.Reduction),
            "absolute" => x[0].MeanAbsoluteError(x[1], a.Reduction),
            "smooth" => x[0].SmoothL1(x[1], a.Number, a.Reduction),
            _ => x[0].Huber(x[1], a.Number, a.Reduction),
        },
    ];

    protected override Nd[] Reference(Nd[] x, ElementLossCase a) => Reduce(
        Nd.Zip(x[0], x[1], (left, right) =>
        {
            Real d = left - right, size = Real.Abs(d);
            return a.Name switch
            {
                "squared" => d * d,
                "absolute" => size,
                "smooth" => size < a.Number ? d * d / (2 * a.Number) : size - (a.Number / 2),
                _ => size <= a.Number ? d * d / 2 : a.Number * (size - (a.Number / 2)),
            };
        }),
        a.Reduction);

    private static Exact Exactly(ElementLossCase attributes, Nd[] x, double[] targets, double[] losses, double[] gradients) =>
        OfPrediction(attributes, x[0].Values, targets, losses, gradients);

    /// <summary>Inputs whose differences keep away from 0 and from ± the number.</summary>
    private static Nd[] Pair(Nd x, Nd raw, double number)
    {
        Nd difference = raw.Map(value =>
        {
            double size = Math.Abs(value.Value);
            return Math.Sign(value.Value) * number * (size < 1 ? 0.2 + ((size - 0.3) * 0.8) : 1.3 + (size - 1));
        });
        return [x, Nd.Zip(x, difference, static (value, d) => value - d)];
    }
}

/// <summary>Binary cross-entropy, of probabilities, and of logits with and without a weight.</summary>
public sealed class BinaryLossContract : ElementLossContract
{
    public override Type[] Operations => [typeof(BinaryCrossEntropyOperation<>), typeof(LogitLossOperation<>), typeof(WeightedLogitLossOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from name in new[] { "probability", "logit" }
           from reduction in Reductions
           from sizes in new int[][] { [3, 4], [1], [] }
           select At(new(name, reduction), name == "logit" ? N(sizes) : U(0.1, 0.9, sizes), U(0.1, 0.9, sizes)),
        .. from reduction in Reductions
           from sizes in new int[][] { [3], [2, 3], [], [2, 1] }
           select At(new("logit", reduction), N(2, 3), U(0, 1, 2, 3), U(0.5, 2, sizes)),
        At(new("probability", Reduction.None), U(0.1, 0.9, 0), U(0.1, 0.9, 0)), At(new("logit", Reduction.Sum), N(0), N(0)),
        At(new("logit", Reduction.Sum), N(0, 2), N(0, 2), N(2)), At(new("logit"), N(2, 40), U(0, 1, 2, 40)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        OfPrediction(new("logit", Reduction.None), [1000, -1000, 1000, -1000, 1e4], [1, 1, 0, 0, 0], [0, 1000, 1000, 0, 1e4], [0, -1, 1, 0, 1]),
        new(
            Differentiable(1, new("logit", Reduction.None), Nd.Vector(1000, -1000, 1000, -1000), Nd.Vector(1, 1, 0, 0), Nd.Scalar(2)),
            [Nd.Vector(0, 2000, 1000, 0)],
            [Nd.Vector(0, -2, 1, 0)]),
        Exactly(
            new("probability", Reduction.None),
            [Nd.Vector(0, 1, 0, 1), Nd.Vector(1, 0, 0, 1)],
            [Nd.Vector(100, 100, 0, 0)],
            [Nd.Vector(-1e12, 1e12, 0, 0), Nd.Vector(100, -100, 100, -100)]),
        Exactly(new("logit"), [Nd.Vector(), Nd.Vector()], [Nd.Scalar(double.NaN)], [Nd.Vector(), Nd.Vector()]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).BinaryCrossEntropyWithLogits(tape.Zeros([5])), "[3, 5]", "[5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).BinaryCrossEntropyWithLogits(tape.Zeros([3, 5]), tape.Zeros([4])), "[4]", "[3, 5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).BinaryCrossEntropyWithLogits(tape.Zeros([3]), tape.Zeros([2, 3])), "[2, 3]", "[3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).BinaryCrossEntropy(tape.Zeros([2])), "[3]", "[2]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Constant([2], [0.5, 1.5]).BinaryCrossEntropy(tape.Zeros([2])), "element 1", "1.5", "0 … 1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Constant([2], [-0.1, 0.5]).BinaryCrossEntropy(tape.Zeros([2])), "element 0", "-0.1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Constant([1], [double.NaN]).BinaryCrossEntropy(tape.Zeros([1])), "NaN"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).BinaryCrossEntropyWithLogits(tape.Zeros([3]), reduction: (Reduction)9), "Mean"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        bool logit = choose.Flip();
        ElementLossCase attributes = new(logit ? "logit" : "probability", Of(choose, sizes));
        Nd x = logit ? choose.N(sizes) : choose.U(0.1, 0.9, sizes), target = choose.U(0.1, 0.9, sizes);
        return logit && choose.Flip() ? At(attributes, x, target, choose.U(0.5, 2, sizes[choose.Below(sizes.Length + 1)..])) : At(attributes, x, target);
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ElementLossCase a) =>
    [
        a.Name == "logit"
            ? x[0].BinaryCrossEntropyWithLogits(x[1], x.Length > 2 ? x[2] : null, a.Reduction)
            : x[0].BinaryCrossEntropy(x[1], a.Reduction),
    ];

    protected override Nd[] Reference(Nd[] x, ElementLossCase a)
    {
        Nd probability = a.Name == "logit" ? x[0].Map(Real.Sigmoid) : x[0];
        Nd yes = Nd.Zip(probability, x[1], static (p, target) => target * Real.Log(p));
        if (x.Length > 2) yes = Nd.Zip(yes, x[2], static (loss, weight) => loss * weight);
        Nd no = Nd.Zip(probability, x[1], static (p, target) => (1 - target) * Real.Log(1 - p));
        return Reduce(Nd.Zip(yes, no, static (left, right) => -(left + right)), a.Reduction);
    }
}

/// <summary>Kullback–Leibler divergence, of probabilities and of their logarithms.</summary>
public sealed class DivergenceContract : ElementLossContract
{
    public override Type[] Operations => [typeof(DivergenceOperation<>), typeof(LogDivergenceOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        .. from name in new[] { "plain", "log" }
           from reduction in Reductions
           from sizes in new int[][] { [3, 4], [1], [] }
           select At(new(name, reduction), N(sizes), name == "log" ? N(sizes) : U(0.1, 0.9, sizes)),
        At(new("plain", Reduction.None), N(0), N(0)), At(new("log", Reduction.Sum), N(2, 0), N(2, 0)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        OfPrediction(new("plain", Reduction.None), [-3, double.NegativeInfinity, 2], [0, 0, 1], [0, 0, -2], [0, 0, -1]),
        Exactly(
            new("log", Reduction.None),
            [Nd.Vector(-3, 2), Nd.Vector(double.NegativeInfinity, 0)],
            [Nd.Vector(0, -2)],
            [Nd.Vector(0, -1), Nd.Vector(0, -1)]),
        Exactly(new("plain", Reduction.None), [Nd.Vector(2), Nd.Vector(0)], [Nd.Vector(0)], [Nd.Vector(0), Nd.Vector(double.NegativeInfinity)]),
        Exactly(new("plain"), [Nd.Vector(), Nd.Vector()], [Nd.Scalar(double.NaN)], [Nd.Vector(), Nd.Vector()]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).KlDivergence(tape.Zeros([5])), "KlDivergence", "[3, 5]", "[5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).KlDivergence(tape.Zeros([1]), logTarget: true), "KlDivergence", "[3]", "[1]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3]).KlDivergence(tape.Zeros([3]), reduction: (Reduction)9), "BatchMean"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        bool log = choose.Flip();
        return At(new(log ? "log" : "plain", Of(choose, sizes)), choose.N(sizes), log ? choose.N(sizes) : choose.U(0.1, 0.9, sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ElementLossCase a) => [x[0].KlDivergence(x[1], a.Name == "log", a.Reduction)];

    protected override Nd[] Reference(Nd[] x, ElementLossCase a) => Reduce(
        Nd.Zip(x[0], x[1], (p, target) => a.Name == "log" ? Real.Exp(target) * (target - p) : target * (Real.Log(target) - p)), a.Reduction);
}

/// <summary>Cosine similarity: a composite, so that only its formula is to be checked.</summary>
public sealed class CosineSimilarityContract : OperatorContract<(int Axis, double Epsilon)>
{
    public override Type[] Operations => [typeof(SquareOperation<>), typeof(ClampOperation<>), typeof(SqrtOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        from place in new (int[] Sizes, int Axis)[] { ([3, 5], 1), ([3, 5], 0), ([2, 3, 4], -2), ([4], 0), ([1], -1), ([0, 3], 1), ([3, 1], 0) }
        select At((place.Axis, 1e-8), N(place.Sizes), N(place.Sizes));

    protected override IEnumerable<Exact> ExactCases =>
    [
        // A zero vector is similar to none; its gradient is the other's direction over epsilon.
        Exactly((0, 0.5), [Nd.Vector(0, 0), Nd.Vector(3, 4)], [Nd.Scalar(0)], [Nd.Vector(1.2, 1.6), Nd.Vector(0, 0)]),
        Exactly((0, 1e-8), [Nd.Vector(0, 0), Nd.Vector(0, 0)], [Nd.Scalar(0)], [Nd.Vector(0, 0), Nd.Vector(0, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([3, 5]).CosineSimilarity(tape.Zeros([3, 4])), "[3, 5]", "[3, 4]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 5]).CosineSimilarity(tape.Zeros([3, 5]), 2), "2", "[3, 5]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([3, 5]).CosineSimilarity(tape.Zeros([3, 5]), epsilon: -1), "-1"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1);
        int axis = choose.Axis(sizes.Length);
        return At((axis, 1e-8), choose.N(sizes), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Axis, double Epsilon) a) => [x[0].CosineSimilarity(x[1], a.Axis, a.Epsilon)];

    protected override Nd[] Reference(Nd[] x, (int Axis, double Epsilon) a)
    {
        Nd Over(Nd values) => ReductionReference.Over(values, [a.Axis], false, static row => row.Sum());
        Nd dots = Over(Nd.Zip(x[0], x[1], static (p, q) => p * q)), left = Over(x[0].Map(static p => p * p)), right = Over(x[1].Map(static q => q * q));
        return [Nd.Zip(dots, Nd.Zip(left, right, static (p, q) => Real.Sqrt(p * q)), static (dot, norms) => norms == 0 ? 0 : dot / norms)];
    }
}
