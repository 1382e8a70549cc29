namespace Autograd.Tests.Layers;

/// <summary>The layers of the library against <see cref="RecurrentEquations{TNumber}"/>.</summary>
internal static class RecurrentOracle
{
    public const double Tolerance = 1e-12;

    /// <summary>Outputs, last state, states of all steps and all gradients that the equations give.</summary>
    public static RecurrentFindings<double> Expected(RecurrentCase c, RecurrentValues values)
    {
        Traced.Trace trace = new();
        Dictionary<string, Traced[]> leaves = values.Leaves.ToDictionary(static entry => entry.Key, entry => trace.Leaves(entry.Value));
        RecurrentRun<Traced> run = RecurrentEquations<Traced>.Run(c, leaves);
        Traced[][] outputs = [run.Outputs, .. run.Last];
        Func<Traced, double> slope = trace.Sweep(outputs.Zip(values.Cotangents).Where(static pair =>
            pair.Second is not null).SelectMany(static pair => pair.First.Zip(pair.Second!)));
        return new(
            [.. outputs.Concat(run.Steps).Select(static numbers => Array.ConvertAll(numbers, static number => number.Value))],
            leaves.ToDictionary(static entry => entry.Key, entry => Array.ConvertAll(entry.Value, number => slope(number))));
    }

    /// <summary>The second derivative of Σ cotangent · output along two directions over all leaves, and the first along the first of them.</summary>
    public static (double First, double Mixed) Along(RecurrentCase c, RecurrentValues values, RecurrentValues u, RecurrentValues w)
    {
        Dictionary<string, Real[]> leaves = values.Leaves.ToDictionary(
            static entry => entry.Key,
            entry => entry.Value.Select((value, i) => new Real(value, u[entry.Key][i], w[entry.Key][i])).ToArray());
        RecurrentRun<Real> run = RecurrentEquations<Real>.Run(c, leaves);
        Real[][] outputs = [run.Outputs, .. run.Last];
        Real sum = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            for (int k = 0; values.Cotangents[i] is { } weights && k < weights.Length; k++) sum += weights[k] * outputs[i][k];
        }

        return (sum.First, sum.Mixed);
    }

    /// <summary>The same two by the library: the gradient recorded, and the gradient of its product with a direction.</summary>
    public static (double First, double Mixed) FoundAlong(RecurrentCase c, RecurrentValues values, RecurrentValues u, RecurrentValues w)
    {
        RecurrentSubject<double> subject = new(c, values);
        using Tape<double> tape = new(training: !(c.Options.Zoneout > 0 || c.Options.CellZoneout > 0));
        Variable<double>[] leaves = subject.Leaves(tape, values);
        (Variable<double>[] swept, Variable<double>[] cotangents) = RecurrentSubject<double>.Seeds(tape, subject.Forward(leaves), values);
        Gradients<double> gradients = tape.Backward(swept, cotangents, createGraph: true);
        Variable<double> product = tape.Zeros([]);
        for (int i = 0; i < leaves.Length; i++) product += (gradients[leaves[i]] * tape.Constant(new Tensor<double>(leaves[i].Shape, u[RecurrentSubject<double>.NameOf(i)]))).Sum();
        foreach ((string name, Parameter<double> parameter) in subject.Layer.NamedParameters()) product += (gradients[parameter] * tape.Constant(new Tensor<double>(parameter.Shape, u[name]))).Sum();
        double first = product.Item(), mixed = 0;
        if (!product.RequiresGradient) return (first, mixed);
        Gradients<double> second = tape.Backward(product);
        for (int i = 0; i < leaves.Length; i++) mixed += Dot(second[leaves[i]], w[RecurrentSubject<double>.NameOf(i)]);
        foreach ((string name, Parameter<double> parameter) in subject.Layer.NamedParameters()) mixed += Dot(second[parameter], w[name]);
        return (first, mixed);

        static double Dot(Variable<double> gradient, double[] direction) => gradient.ToArray().Zip(direction, static (a, b) => a * b).Sum();
    }

    /// <summary>Everything of a case at once: values and gradients, fused and step by step, the parameters' names, and float against double.</summary>
    /// <returns>How many numbers were compared.</returns>
    public static int Check(RecurrentCase c, RecurrentValues values, bool single = true)
    {
        RecurrentSubject<double> subject = new(c);
        Assert.Equal(
            c.Parameters().Select(static entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]").Order(StringComparer.Ordinal),
            subject.Layer.NamedParameters().Select(static entry => $"{entry.Path} {entry.Parameter.Shape}").Order(StringComparer.Ordinal));
        RecurrentFindings<double> expected = Expected(c, values), found = RecurrentSubject<double>.Find(c, values), stepped = RecurrentSubject<double>.Find(c, values, all: true);


        // A normalization multiplies what rounding leaves in each layer and step by up to 1 / √ε.
        double slack = c.Options.LayerNorm ? 200 : 1;
        int compared = Near(c, "one node", expected, found, slack * Tolerance) + Near(c, "step by step", expected, stepped, slack * Tolerance);
        if (single)
        {
            RecurrentFindings<float> floats = RecurrentSubject<float>.Find(c, values);
            RecurrentFindings<double> widened = new(Widen(floats.Outputs), floats.Gradients.ToDictionary(static entry => entry.Key, static entry => Widen([entry.Value])[0]));
            compared += Near(c, "float", found, widened, c.Options.LayerNorm ? Math.Max(1e-5, 40 * Sensitivity(c, values, found)) : 1e-5);
        }

        return compared;

        static double[][] Widen(float[][] values) => [.. values.Select(static row => Array.ConvertAll(row, static value => (double)value))];
    }

    /// <summary>How far all results move, relative to the largest, when each leaf moves by what rounding it to float may move it.</summary>
    private static double Sensitivity(RecurrentCase c, RecurrentValues values, RecurrentFindings<double> found)
    {
        Random random = new(5);
        RecurrentValues moved = values with
        {
            Leaves = values.Leaves.ToDictionary(static entry => entry.Key, entry => Array.ConvertAll(entry.Value, value => value * (1 + (Math.ScaleB(1, -24) * (random.Next(2) == 0 ? -1 : 1))))),
        };
        RecurrentFindings<double> other = RecurrentSubject<double>.Find(c, moved);
        double most = 0;
        foreach ((double[] one, double[] two) in found.Outputs.Zip(other.Outputs).Concat(found.Gradients.Values.Zip(other.Gradients.Values)))
        {
            double scale = one.Aggregate(1.0, static (largest, value) => Math.Max(largest, Math.Abs(value)));
            foreach ((double a, double b) in one.Zip(two)) most = Math.Max(most, Math.Abs(a - b) / scale);
        }

        return most;
    }

    public static int Near(RecurrentCase c, string way, RecurrentFindings<double> expected, RecurrentFindings<double> found, double tolerance)
    {
        int compared = 0;
        for (int i = 0; i < found.Outputs.Length; i++) compared += Near(c, $"{way}, output {i}", expected.Outputs[i], found.Outputs[i], tolerance);
        foreach ((string name, double[] gradient) in found.Gradients) compared += Near(c, $"{way}, gradient by {name}", expected[name], gradient, tolerance);
        return compared;
    }

    public static double NearestKink(RecurrentCase c, RecurrentValues values) =>
        RecurrentEquations<Traced>.Run(c, values.Leaves.ToDictionary(static entry => entry.Key, static entry =>
            Array.ConvertAll(entry.Value, static value => (Traced)value))).NearestKink;

    /// <summary>Every element to a tolerance relative to the largest of them, or to 1 if that is less.</summary>
    public static int Near(RecurrentCase c, string what, double[] expected, double[] found, double tolerance)
    {
        Assert.True(expected.Length == found.Length, $"{what}: {found.Length} numbers in place of {expected.Length} ({c})");
        double scale = expected.Aggregate(1.0, static (largest, value) => Math.Max(largest, Math.Abs(value)));
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - found[i]) <= tolerance * scale)) Assert.Fail($"{what}, element {i}: expected {expected[i]:R}, found {found[i]:R} ({c})");
        }

        return expected.Length;
    }
}
