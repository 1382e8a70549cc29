using System.Numerics;

namespace Autograd;

/// <summary>A function recorded on a tape of its own: its leaves and outputs, and sweeps between them.</summary>
internal sealed class FunctionRecord<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly string _name;

    /// <param name="name">What was asked for, for messages.</param>
    /// <param name="function">The function.</param>
    /// <param name="inputs">Where it is computed. They are not changed.</param>
    public FunctionRecord(string name, Func<Variable<T>[], Variable<T>[]> function, Tensor<T>[] inputs)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(inputs);
        _name = name;
        Tape = new Tape<T>(training: false);
        try
        {
            Leaves = Array.ConvertAll(inputs, Tape.Variable);
            Outputs = function((Variable<T>[])Leaves.Clone());
            if (Outputs is null) Errors.Invalid($"{name}: the function returned null instead of its outputs.");
            foreach (Variable<T> output in Outputs)
            {
                if (output.IsNone) Errors.Invalid($"{name}: the function returned a default Variable. Return a value computed from its argument.");
                if (output.Tape != Tape) Errors.Invalid($"{name}: the function returned a value of another tape. Compute with its argument, and take other tensors in by x.Tape.Constant(…).");
            }
        }
        catch
        {
            Tape.Dispose();
            throw;
        }
    }

    public Tape<T> Tape { get; }

    /// <summary>The inputs.</summary>
    public Variable<T>[] Leaves { get; }

    public Variable<T>[] Outputs { get; }

    /// <summary>The only output, which has one element.</summary>
    public Variable<T> Scalar
    {
        get
        {
            Variable<T> value = Outputs[0];
            if (value.Length != 1)
            {
                Errors.Shape($"{_name} wants a function whose value has one element, but its shape is {value.Shape}. Reduce it with Sum() or Mean(), or ask for the Jacobian.");
            }

            return value;
        }
    }

    public void Dispose() => Tape.Dispose();

    /// <summary>The gradients of the only output, recorded.</summary>
    public Variable<T>[] ScalarGradients() => Gradients(Scalar, Tape.Full(Scalar.Shape, 1), createGraph: true);

    /// <summary>The gradients of ⟨weight, value⟩ by the inputs.</summary>
    public Variable<T>[] Gradients(Variable<T> value, Variable<T> weight, bool createGraph) => Sweep([value], [weight], Leaves, createGraph);

    /// <summary>The gradients of Σ ⟨weight, value⟩ by leaves; the tape can be swept again.</summary>
    public Variable<T>[] Sweep(Variable<T>[] values, Variable<T>[] weights, Variable<T>[] leaves, bool createGraph)
    {
        int[] moving = [.. Enumerable.Range(0, values.Length).Where(i => values[i].RequiresGradient)];
        if (moving.Length == 0) return Array.ConvertAll(leaves, leaf => Tape.Zeros(leaf.Shape));
        Gradients<T> gradients = Tape.Backward([.. moving.Select(i => values[i])], [.. moving.Select(i => weights[i])], retain: true, createGraph: createGraph);
        return Array.ConvertAll(leaves, leaf => gradients[leaf]);
    }

    /// <summary>Given weights as constants, checked to be of the shapes of values.</summary>
    public Variable<T>[] Weights(string what, Tensor<T>[] given, Variable<T>[] values)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (given.Length != values.Length) Errors.Argument($"{_name}: {given.Length} {what}s were given where {values.Length} are needed.");
        for (int i = 0; i < given.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(given[i]);
            if (given[i].Shape != values[i].Shape) Errors.Shape($"{_name}: {what} {i} has shape {given[i].Shape}, but shape {values[i].Shape} is needed.");
        }

        return Array.ConvertAll(given, Tape.Constant);
    }

    /// <summary>The Jacobians of one output by all inputs.</summary>
    public Tensor<T>[] Jacobian(Variable<T> output)
    {
        int inputs = Leaves.Sum(static leaf => leaf.Length);
        if (output.Length <= inputs + 2) return Rows(output);

        // ⟨u, J⟩ is linear in u; its derivatives by u are columns of J, fewer than its rows.
        Variable<T> weights = Tape.Variable(new Tensor<T>(output.Shape));
        Variable<T>[] products = Gradients(output, weights, createGraph: true);
        Tensor<T>[] jacobians = Array.ConvertAll(Leaves, leaf => Empty(output, leaf));
        for (int i = 0; i < Leaves.Length; i++)
        {
            Shape shape = Leaves[i].Shape;
            Tensor<T> direction = new(shape);
            for (int column = 0; column < shape.Length; column++)
            {
                ReadOnlySpan<T> derivatives = Sweep([products[i]], [OneHot(direction, column)], [weights], createGraph: false)[0].Span;
                Span<T> jacobian = jacobians[i].Writable;
                for (int row = 0; row < derivatives.Length; row++) jacobian[(row * shape.Length) + column] = derivatives[row];
            }
        }

        return jacobians;
    }

    /// <summary>The Jacobians of one value by all inputs, a sweep for each of the value's elements.</summary>
    public Tensor<T>[] Rows(Variable<T> value)
    {
        Tensor<T>[] jacobians = Array.ConvertAll(Leaves, leaf => Empty(value, leaf));
        Tensor<T> direction = new(value.Shape);
        for (int row = 0; row < value.Length; row++)
        {
            Variable<T>[] gradients = Gradients(value, OneHot(direction, row), createGraph: false);
            for (int i = 0; i < gradients.Length; i++) gradients[i].Span.CopyTo(jacobians[i].Writable[(row * Leaves[i].Length)..]);
        }

        return jacobians;
    }

    private Tensor<T> Empty(Variable<T> value, Variable<T> leaf)
    {
        int rank = value.Rank + leaf.Rank;
        if (rank > Shape.MaxRank)
        {
            Errors.Shape($"{_name}: a value of shape {value.Shape} by an input of shape {leaf.Shape} would have {rank} axes, and a tensor has at most {Shape.MaxRank}. Reshape inside the function.");
        }

        return new Tensor<T>(new Shape([.. value.Shape.Sizes, .. leaf.Shape.Sizes]));
    }

    /// <summary>A tensor with a one in a single place as a constant; the same memory serves each sweep.</summary>
    private Variable<T> OneHot(Tensor<T> direction, int element)
    {
        direction.Write(values =>
        {
            values.Clear();
            values[element] = T.One;
        });
        return Tape.Constant(direction);
    }
}
