namespace Autograd;

/// <summary>
/// Compares the gradients of a function with differences of its values, in double. Use it for every operation, layer and
/// loss of one's own.
/// </summary>
/// <remarks>
/// <para>
/// Each output is projected on a random cotangent v, never summed: the sum of a softmax is constant, and would hide any
/// error. For the projection L the derivative by an element x is compared with the five-point central difference
/// (L(x−2h) − 8 L(x−h) + 8 L(x+h) − L(x+2h)) / 12h with h = 5e-4 · max(1, |x|), whose error is of order h⁴ (Abramowitz and
/// Stegun, Handbook of Mathematical Functions, 25.3.6). Up to 2,000 input elements in all, every one is compared; beyond,
/// 200 random ones and 8 random directions, the latter to a tenth of the tolerance.
/// </para>
/// <para>
/// Also checked: the gradient is linear in the cotangent; a zero cotangent gives exactly zero; createGraph gives the same
/// gradient; the inputs keep every bit; a second run gives the same bits. The second order is the same check of the
/// gradient as a function of inputs and cotangents. Keep inputs at least 10 h away from kinks: a difference across a kink
/// is no derivative. All runs share one seed and step of the tape, so random masks repeat.
/// </para>
/// </remarks>
/// <example><code>
/// GradientCheck.Run(x => x[0].Tanh() * x[1], [a, b], new() { Order = 2 }).ThrowIfFailed();
/// GradientCheck.Run(model.NamedParameters(), tape => model.Forward(tape.Constant(x)).MeanSquaredError(tape.Constant(y))).ThrowIfFailed();
/// </code></example>
public static class GradientCheck
{
    /// <summary>Checks a function of one output.</summary>
    /// <param name="function">
    /// The function; it is called many times and must depend on its inputs alone. Other tensors go in by
    /// <c>x[0].Tape.Constant(…)</c>.
    /// </param>
    /// <param name="inputs">Where to check it. They are copied first; a zero-length input is allowed but compares nothing.</param>
    /// <param name="options">Order, seed, tolerances and names.</param>
    /// <returns>The report; call <see cref="GradientCheckReport.ThrowIfFailed"/>.</returns>
    public static GradientCheckReport Run(
        Func<Variable<double>[], Variable<double>> function,
        ReadOnlySpan<Tensor<double>> inputs,
        GradientCheckOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Run(variables => [function(variables)], inputs, options);
    }

    /// <summary>Checks a function of several outputs, each with a projection of its own.</summary>
    /// <inheritdoc cref="Run(Func{Variable{double}[], Variable{double}}, ReadOnlySpan{Tensor{double}}, GradientCheckOptions?)"/>
    public static GradientCheckReport Run(
        Func<Variable<double>[], Variable<double>[]> function,
        ReadOnlySpan<Tensor<double>> inputs,
        GradientCheckOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        options ??= new();
        Tensor<double>[] values = new Tensor<double>[inputs.Length];
        string[] names = new string[inputs.Length];
        if (options.Names is { } given && given.Count != inputs.Length)
        {
            Errors.Argument($"GradientCheck: {inputs.Length} inputs but {given.Count} names were given.");
        }

        for (int i = 0; i < values.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(inputs[i], nameof(inputs));
            values[i] = inputs[i].Clone();
            names[i] = options.Names?[i] ?? $"input {i}";
        }

        return Run(options, names, values, tape =>
        {
            Variable<double>[] leaves = Array.ConvertAll(values, tape.Variable);
            return new(leaves, function((Variable<double>[])leaves.Clone()));
        });
    }

    /// <summary>Checks a loss by the parameters of a model; those that are not trainable are left out.</summary>
    /// <param name="parameters">
    /// The parameters with their names, such as <c>model.NamedParameters()</c>. They are changed during the check and put back.
    /// </param>
    /// <param name="loss">Computes the loss, of any shape, on the tape it is given; called many times.</param>
    /// <param name="options">Order, seed and tolerances; the names are those of the parameters.</param>
    /// <inheritdoc cref="Run(Func{Variable{double}[], Variable{double}}, ReadOnlySpan{Tensor{double}}, GradientCheckOptions?)"/>
    public static GradientCheckReport Run(
        IEnumerable<(string Path, Parameter<double> Parameter)> parameters,
        Func<Tape<double>, Variable<double>> loss,
        GradientCheckOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(loss);
        (string Path, Parameter<double> Parameter)[] trained = [.. parameters.Where(static entry => entry.Parameter.Trainable)];
        Tensor<double>[] values = Array.ConvertAll(trained, static entry => entry.Parameter.Value);
        return Run(options ?? new(), Array.ConvertAll(trained, static entry => entry.Path), values, tape =>
        {
            Variable<double> value = loss(tape);
            return new(Array.ConvertAll(trained, entry => entry.Parameter.On(tape)), [value]);
        });
    }

    private static GradientCheckReport Run(
        GradientCheckOptions options, string[] names, Tensor<double>[] values, Func<Tape<double>, Recording> record)
    {
        if (options.Order is not (1 or 2))
        {
            Errors.OutOfRange(nameof(options), options.Order, $"GradientCheck: the order is 1 or 2, not {options.Order}.");
        }

        if (!(options.Step > 0 && options.Step <= 1))
        {
            Errors.OutOfRange(nameof(options), options.Step, $"GradientCheck: the step is above 0 and at most 1, not {options.Step}.");
        }

        GradientCheckReport report = new();
        using Tape<double> tape = new(seed: options.Seed);
        DifferenceCheck first = new(GradientLaw.FirstOrder, tape, names, values, record, record, options.Tolerance, options, report);
        first.Run();
        if (options.Order == 1) return report;

        // The gradient as a function of inputs and cotangents. Its values come from plain sweeps, its derivatives from recorded ones.
        string[] all = [.. names, .. first.Cotangents.Select(static (_, k) => $"cotangent {k}")];
        Tensor<double>[] both = [.. values, .. first.Cotangents];
        Recording Gradient(Tape<double> on, bool createGraph)
        {
            Recording recording = record(on);
            Variable<double>[] cotangents = Array.ConvertAll(first.Cotangents, on.Variable);
            return new([.. recording.Leaves, .. cotangents], recording.Gradients(on, cotangents, createGraph));
        }

        new DifferenceCheck(
            GradientLaw.SecondOrder,
            tape,
            all,
            both,
            on => Gradient(on, createGraph: true),
            on => Gradient(on, createGraph: false),
            options.SecondOrderTolerance,
            options,
            report).Run();
        return report;
    }
}
