namespace Autograd;

/// <summary>A function recorded on a tape: the leaves to differentiate by, and the outputs.</summary>
internal readonly record struct Recording(Variable<double>[] Leaves, Variable<double>[] Outputs)
{
    /// <summary>The gradient of Σ ⟨cotangent, output⟩ by each leaf; zeros where nothing depends on it.</summary>
    public Variable<double>[] Gradients(Tape<double> tape, Variable<double>[] cotangents, bool createGraph)
    {
        List<Variable<double>> outputs = [], weights = [];
        for (int k = 0; k < Outputs.Length; k++)
        {
            if (!Outputs[k].RequiresGradient) continue;
            outputs.Add(Outputs[k]);
            weights.Add(cotangents[k]);
        }

        if (outputs.Count == 0) return Array.ConvertAll(Leaves, leaf => tape.Zeros(leaf.Shape));
        Gradients<double> gradients = tape.Backward([.. outputs], [.. weights], createGraph: createGraph);
        return Array.ConvertAll(Leaves, leaf => gradients[leaf]);
    }
}

/// <summary>One order of a <see cref="GradientCheck"/>: the derivatives of recorded outputs against differences of their values.</summary>
/// <param name="law">The law in reports.</param>
/// <param name="tape">The tape; reset before every run, at the same step.</param>
/// <param name="names">A name for each value.</param>
/// <param name="values">The memory the function reads; changed for each difference and put back.</param>
/// <param name="record">Records what the analytic derivative is taken of.</param>
/// <param name="evaluate">Computes the values that differences are taken of.</param>
/// <param name="tolerance">The largest relative error.</param>
/// <param name="options">The seed, the step, and whether a zero cotangent must give zero.</param>
/// <param name="report">Where findings go.</param>
internal sealed class DifferenceCheck(
    GradientLaw law,
    Tape<double> tape,
    string[] names,
    Tensor<double>[] values,
    Func<Tape<double>, Recording> record,
    Func<Tape<double>, Recording> evaluate,
    double tolerance,
    GradientCheckOptions options,
    GradientCheckReport report)
{
    private const int MostElements = 2_000;
    private const int SampledElements = 200;
    private const int Directions = 8;
    private const double LinearityTolerance = 1e-12;

    // Value k of the five-point rule stands at Nodes[k] · h and has weight Weights[k] / 12 h.
    private static readonly double[] Nodes = [-2, -1, 1, 2];
    private static readonly double[] Weights = [1, -8, 8, -1];

    private readonly RandomSource _random = new(options.Seed, RandomSource.StreamOf(law.ToString()));

    /// <summary>The random projections, one for each output.</summary>
    public Tensor<double>[] Cotangents { get; private set; } = [];

    public void Run()
    {
        double[][] before = Array.ConvertAll(values, static value => value.ToArray());
        Cotangents = Array.ConvertAll(Begin(record).Outputs, output => Draw(output.Shape));
        double[][] outputs = Values(record), gradients = Gradients(Cotangents, createGraph: false);
        RequireSameBits(GradientLaw.InputsUnchanged, names, values, before, Array.ConvertAll(values, static value => value.ToArray()));
        CheckRepeatability(outputs, gradients);
        CheckCotangents(gradients);
        try
        {
            CheckDerivatives(gradients);
        }
        finally
        {
            for (int i = 0; i < values.Length; i++) values[i].CopyFrom(before[i]);
        }
    }

    private static bool SameBits(double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b);

    /// <summary>Position in row-major order as an index for each axis.</summary>
    private static string IndexOf(Shape shape, int position)
    {
        int[] index = new int[shape.Rank];
        for (int axis = shape.Rank - 1; axis >= 0; axis--) (position, index[axis]) = Math.DivRem(position, shape[axis]);
        return Errors.List(index);
    }

    /// <summary>Random numbers with 0.5 ≤ |v| ≤ 1.5, so that no element of an output goes unseen.</summary>
    private Tensor<double> Draw(Shape shape)
    {
        double[] drawn = new double[shape.Length];
        for (int i = 0; i < drawn.Length; i++) drawn[i] = (0.5 + _random.NextDouble()) * (_random.NextDouble() < 0.5 ? -1 : 1);
        return new Tensor<double>(shape, drawn);
    }

    private Recording Begin(Func<Tape<double>, Recording> function)
    {
        tape.Reset();
        tape.Step = 0;
        return function(tape);
    }

    private double[][] Values(Func<Tape<double>, Recording> function) =>
        Array.ConvertAll(Begin(function).Outputs, static output => output.ToArray());

    private double[][] Gradients(Tensor<double>[] cotangents, bool createGraph)
    {
        Recording recording = Begin(record);
        return Array.ConvertAll(
            recording.Gradients(tape, Array.ConvertAll(cotangents, tape.Constant), createGraph),
            static gradient => gradient.ToArray());
    }

    private void CheckRepeatability(double[][] outputs, double[][] gradients)
    {
        string[] outputNames = [.. outputs.Select(static (_, k) => $"output {k}")];
        RequireSameBits(GradientLaw.Repeatability, outputNames, Cotangents, outputs, Values(record));
        RequireSameBits(GradientLaw.Repeatability, names, values, gradients, Gradients(Cotangents, createGraph: false));
    }

    private void RequireSameBits(GradientLaw which, string[] of, Tensor<double>[] shaped, double[][] expected, double[][] found)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            for (int e = 0; e < expected[i].Length; e++)
            {
                (int tensor, int element) = (i, e);
                string Index() => IndexOf(shaped[tensor].Shape, element);
                report.Require(SameBits(expected[i][e], found[i][e]), which, of[i], Index, found[i][e], expected[i][e]);
            }
        }
    }

    private void CheckCotangents(double[][] gradients)
    {
        const double A = 0.75, B = -1.25;
        Tensor<double>[] others = Array.ConvertAll(Cotangents, cotangent => Draw(cotangent.Shape));
        Tensor<double>[] mixed = Array.ConvertAll(Cotangents, Zeros);
        for (int k = 0; k < mixed.Length; k++)
        {
            for (int e = 0; e < mixed[k].Length; e++) mixed[k].Writable[e] = (A * Cotangents[k].Span[e]) + (B * others[k].Span[e]);
        }

        double[][] second = Gradients(others, createGraph: false), both = Gradients(mixed, createGraph: false);
        double[][] recorded = Gradients(Cotangents, createGraph: true);
        double[][]? none = options.ZeroCotangent ? Gradients(Array.ConvertAll(Cotangents, Zeros), createGraph: false) : null;
        for (int i = 0; i < gradients.Length; i++)
        {
            Shape shape = values[i].Shape;
            double scale = Math.Max(1, Math.Max(Largest(gradients[i]), Largest(second[i])));
            for (int e = 0; e < gradients[i].Length; e++)
            {
                int element = e;
                string Index() => IndexOf(shape, element);
                double sum = (A * gradients[i][e]) + (B * second[i][e]), allowed = LinearityTolerance * scale;
                report.Require(Math.Abs(both[i][e] - sum) <= allowed, GradientLaw.Linearity, names[i], Index, both[i][e], sum, allowed);
                double plain = gradients[i][e], graph = recorded[i][e];
                report.Require(Math.Abs(graph - plain) <= allowed, GradientLaw.CreateGraph, names[i], Index, graph, plain, allowed);
                if (none is not null) report.Require(none[i][e] == 0, GradientLaw.ZeroCotangent, names[i], Index, none[i][e], 0);
            }
        }

        static Tensor<double> Zeros(Tensor<double> like) => new(like.Shape);
        static double Largest(double[] of) => of.Length == 0 ? 0 : of.Max(Math.Abs);
    }

    private void CheckDerivatives(double[][] gradients)
    {
        if (Cotangents.Sum(static cotangent => (long)cotangent.Length) == 0) return;
        (int Input, int Element)[] all = [.. values.SelectMany(static (value, i) => Enumerable.Range(0, value.Length).Select(e => (i, e)))];
        if (all.Length <= MostElements)
        {
            foreach ((int input, int element) in all) CheckElement(input, element, gradients);
            return;
        }

        for (int i = 0; i < SampledElements; i++)
        {
            (int input, int element) = all[(int)(_random.NextDouble() * all.Length)];
            CheckElement(input, element, gradients);
        }

        for (int direction = 0; direction < Directions; direction++) CheckDirection(direction, all.Length, gradients);
    }

    private void CheckElement(int input, int element, double[][] gradients)
    {
        double x = values[input].Span[element], h = options.Step * Math.Max(1, Math.Abs(x));
        double numeric = Difference(h, node => values[input].Write(memory => memory[element] = x + (node * h)));
        values[input].Write(memory => memory[element] = x);
        report.Compare(law, names[input], () => IndexOf(values[input].Shape, element), gradients[input][element], numeric, tolerance);
    }

    /// <summary>
    /// The derivative along u of unit length with |uᵢ| ≥ 0.1 / √n, so that no element is left out (the rule of Chainer's
    /// gradient check).
    /// </summary>
    private void CheckDirection(int number, int count, double[][] gradients)
    {
        double[][] start = Array.ConvertAll(values, static value => value.ToArray());
        double[][] direction = Array.ConvertAll(values, value => Draw(value.Shape).ToArray());
        double norm = Math.Sqrt(direction.Sum(static part => part.Sum(static u => u * u))), analytic = 0;
        for (int i = 0; i < direction.Length; i++)
        {
            for (int e = 0; e < direction[i].Length; e++)
            {
                direction[i][e] *= Math.Max(1, Math.Abs(start[i][e])) / norm;
                analytic += direction[i][e] * gradients[i][e];
            }
        }

        double numeric = Difference(options.Step, node => Move(node * options.Step));
        Move(0);
        report.Compare(law, $"all {count} elements", () => $"along direction {number}", analytic, numeric, tolerance / 10);

        void Move(double by)
        {
            for (int i = 0; i < values.Length; i++)
            {
                int input = i;
                values[i].Write(memory =>
                {
                    for (int e = 0; e < memory.Length; e++) memory[e] = start[input][e] + (by * direction[input][e]);
                });
            }
        }
    }

    /// <summary>Σ ⟨v, difference of each output⟩ / 12h; differencing before projecting loses fewer digits.</summary>
    private double Difference(double h, Action<double> moveTo)
    {
        double[][] sums = Array.ConvertAll(Cotangents, static cotangent => new double[cotangent.Length]);
        for (int node = 0; node < Nodes.Length; node++)
        {
            moveTo(Nodes[node]);
            Variable<double>[] outputs = Begin(evaluate).Outputs;
            for (int k = 0; k < sums.Length; k++)
            {
                ReadOnlySpan<double> y = outputs[k].Span;
                for (int e = 0; e < y.Length; e++) sums[k][e] += Weights[node] * y[e];
            }
        }

        double projected = 0;
        for (int k = 0; k < sums.Length; k++)
        {
            ReadOnlySpan<double> v = Cotangents[k].Span;
            for (int e = 0; e < v.Length; e++) projected += v[e] * sums[k][e];
        }

        return projected / (12 * h);
    }
}
