using System.Numerics;

namespace Autograd;

/// <summary>
/// Derivatives of functions: takes a function of variables and where to differentiate it, and gives tensors. Each call makes
/// a tape of its own, which evaluates (dropout is off, batch normalization uses its running statistics) and is gone afterwards.
/// </summary>
/// <remarks>
/// <para>
/// The function computes with its argument and finds the tape there: <c>x.Tape.Constant(…)</c>. What it does not depend on has the
/// derivative 0. It may itself differentiate: <see cref="Variable{T}.GradientBy(Variable{T})"/> gives a gradient that is recorded, so
/// derivatives of any order follow, by any nesting.
/// </para>
/// <para>
/// Names after Baydin et al., Automatic differentiation in machine learning: a survey (2018). Products with a Jacobian by a vector on
/// the right are gradients of gradients: ⟨u, J v⟩ is linear in u, and its gradient by u is J v.
/// </para>
/// </remarks>
/// <example><code>
/// Tensor&lt;double&gt; slope = Differentiate.Gradient(x => x.Square().Sum(), at);
/// Tensor&lt;double&gt;[] both = Differentiate.Gradient(x => (x[0] * x[1].Exp()).Sum(), [a, b]);
/// Tensor&lt;double&gt; third = Differentiate.Gradient(x => { var d = x.Square().Square().GradientBy(x); return d.GradientBy(x); }, at);
/// </code></example>
public static class Differentiate
{
    /// <summary>The gradient of a function with one element as its value; of the shape of <paramref name="x"/>.</summary>
    /// <exception cref="ShapeException">The function's value has not exactly one element.</exception>
    /// <exception cref="InvalidOperationException">The function returned a value that is not of its argument's tape.</exception>
    public static Tensor<T> Gradient<T>(Func<Variable<T>, Variable<T>> function, Tensor<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => ValueAndGradient(function, x).Gradient;

    /// <summary>The gradients by several inputs.</summary>
    /// <inheritdoc cref="Gradient{T}(Func{Variable{T}, Variable{T}}, Tensor{T})"/>
    public static Tensor<T>[] Gradient<T>(Func<Variable<T>[], Variable<T>> function, Tensor<T>[] inputs)
        where T : unmanaged, IFloatingPointIeee754<T> => ValueAndGradient(function, inputs).Gradients;

    /// <summary>The value and the gradient of a function with one element as its value.</summary>
    /// <inheritdoc cref="Gradient{T}(Func{Variable{T}, Variable{T}}, Tensor{T})"/>
    public static (Tensor<T> Value, Tensor<T> Gradient) ValueAndGradient<T>(Func<Variable<T>, Variable<T>> function, Tensor<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (Tensor<T> value, Tensor<T>[] gradients) = ValueAndGradient(Many(function), [x]);
        return (value, gradients[0]);
    }

    /// <summary>The value and the gradients by several inputs.</summary>
    /// <inheritdoc cref="Gradient{T}(Func{Variable{T}, Variable{T}}, Tensor{T})"/>
    public static (Tensor<T> Value, Tensor<T>[] Gradients) ValueAndGradient<T>(Func<Variable<T>[], Variable<T>> function, Tensor<T>[] inputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using FunctionRecord<T> record = new("Gradient", Several(function), inputs);
        Variable<T> value = record.Scalar;
        return (value.ToTensor(), Tensors(record.Gradients(value, record.Tape.Full(value.Shape, 1), createGraph: false)));
    }

    /// <summary>
    /// The Jacobian of a function: element [i…, j…] is the derivative of output element [i…] by input element [j…]; its shape is that
    /// of the value followed by that of <paramref name="x"/>. One sweep for each output element, or two and one for each input
    /// element if those are fewer.
    /// </summary>
    /// <exception cref="ShapeException">The two shapes have more than <see cref="Shape.MaxRank"/> axes together.</exception>
    /// <exception cref="InvalidOperationException">The function returned a value that is not of its argument's tape.</exception>
    public static Tensor<T> Jacobian<T>(Func<Variable<T>, Variable<T>> function, Tensor<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => Jacobian(Several(Many(function)), [x])[0][0];

    /// <summary>The Jacobians of one output by several inputs.</summary>
    /// <inheritdoc cref="Jacobian{T}(Func{Variable{T}, Variable{T}}, Tensor{T})"/>
    public static Tensor<T>[] Jacobian<T>(Func<Variable<T>[], Variable<T>> function, Tensor<T>[] inputs)
        where T : unmanaged, IFloatingPointIeee754<T> => Jacobian(Several(function), inputs)[0];

    /// <summary>The Jacobians of several outputs by several inputs: <c>[output][input]</c>.</summary>
    /// <inheritdoc cref="Jacobian{T}(Func{Variable{T}, Variable{T}}, Tensor{T})"/>
    public static Tensor<T>[][] Jacobian<T>(Func<Variable<T>[], Variable<T>[]> function, Tensor<T>[] inputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using FunctionRecord<T> record = new("Jacobian", function, inputs);
        return Array.ConvertAll(record.Outputs, record.Jacobian);
    }

    /// <summary>
    /// The matrix of second derivatives of a function with one element as its value: element [i…, j…] is the derivative by input
    /// elements [i…] and [j…]; its shape is that of <paramref name="x"/> twice. One sweep for each input element.
    /// </summary>
    /// <exception cref="ShapeException">The value has not exactly one element, or the shape twice has more than <see cref="Shape.MaxRank"/> axes.</exception>
    /// <exception cref="InvalidOperationException">The function returned a value that is not of its argument's tape.</exception>
    public static Tensor<T> Hessian<T>(Func<Variable<T>, Variable<T>> function, Tensor<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => Hessian(Many(function), [x])[0][0];

    /// <summary>The second derivatives by several inputs: <c>[i][j]</c> is the block of inputs i and j.</summary>
    /// <inheritdoc cref="Hessian{T}(Func{Variable{T}, Variable{T}}, Tensor{T})"/>
    public static Tensor<T>[][] Hessian<T>(Func<Variable<T>[], Variable<T>> function, Tensor<T>[] inputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using FunctionRecord<T> record = new("Hessian", Several(function), inputs);
        return Array.ConvertAll(record.ScalarGradients(), record.Rows);
    }

    /// <summary>J <paramref name="tangent"/>: the derivative of the function along a direction, of the shape of its value.</summary>
    /// <param name="function">The function.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <param name="tangent">The direction, of the shape of <paramref name="x"/>.</param>
    /// <exception cref="ShapeException">The direction has another shape.</exception>
    /// <exception cref="InvalidOperationException">The function returned a value that is not of its argument's tape.</exception>
    public static Tensor<T> JacobianVector<T>(Func<Variable<T>, Variable<T>> function, Tensor<T> x, Tensor<T> tangent)
        where T : unmanaged, IFloatingPointIeee754<T> => JacobianVector(Several(Many(function)), [x], [tangent])[0];

    /// <summary>The derivatives of several outputs along a direction of several inputs.</summary>
    /// <param name="function">The function.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="tangents">The direction: a tensor of the shape of each input.</param>
    /// <inheritdoc cref="JacobianVector{T}(Func{Variable{T}, Variable{T}}, Tensor{T}, Tensor{T})"/>
    public static Tensor<T>[] JacobianVector<T>(Func<Variable<T>[], Variable<T>[]> function, Tensor<T>[] inputs, Tensor<T>[] tangents)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using FunctionRecord<T> record = new("JacobianVector", function, inputs);
        Variable<T>[] directions = record.Weights("tangent", tangents, record.Leaves);
        Variable<T>[] zeros = Array.ConvertAll(record.Outputs, output => record.Tape.Variable(new Tensor<T>(output.Shape)));
        return Tensors(record.Sweep(record.Sweep(record.Outputs, zeros, record.Leaves, createGraph: true), directions, zeros, createGraph: false));
    }

    /// <summary>Jᵀ <paramref name="cotangent"/>: the gradient of ⟨cotangent, value⟩, of the shape of <paramref name="x"/>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <param name="cotangent">The weights of the value's elements, of its shape.</param>
    /// <exception cref="ShapeException">The cotangent has another shape than the value.</exception>
    /// <exception cref="InvalidOperationException">The function returned a value that is not of its argument's tape.</exception>
    public static Tensor<T> VectorJacobian<T>(Func<Variable<T>, Variable<T>> function, Tensor<T> x, Tensor<T> cotangent)
        where T : unmanaged, IFloatingPointIeee754<T> => VectorJacobian(Several(Many(function)), [x], [cotangent])[0];

    /// <summary>The gradients of Σ ⟨cotangent, output⟩ by several inputs.</summary>
    /// <param name="function">The function.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="cotangents">A tensor of the shape of each output.</param>
    /// <inheritdoc cref="VectorJacobian{T}(Func{Variable{T}, Variable{T}}, Tensor{T}, Tensor{T})"/>
    public static Tensor<T>[] VectorJacobian<T>(Func<Variable<T>[], Variable<T>[]> function, Tensor<T>[] inputs, Tensor<T>[] cotangents)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using FunctionRecord<T> record = new("VectorJacobian", function, inputs);
        Variable<T>[] weights = record.Weights("cotangent", cotangents, record.Outputs);
        return Tensors(record.Sweep(record.Outputs, weights, record.Leaves, createGraph: false));
    }

    /// <summary>
    /// H <paramref name="direction"/>: the second derivatives of a function with one element as its value, times a direction, without
    /// the matrix. Two sweeps.
    /// </summary>
    /// <param name="function">The function.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <param name="direction">The direction, of the shape of <paramref name="x"/>.</param>
    /// <exception cref="ShapeException">The direction has another shape, or the value has not exactly one element.</exception>
    /// <exception cref="InvalidOperationException">The function returned a value that is not of its argument's tape.</exception>
    public static Tensor<T> HessianVector<T>(Func<Variable<T>, Variable<T>> function, Tensor<T> x, Tensor<T> direction)
        where T : unmanaged, IFloatingPointIeee754<T> => HessianVector(Many(function), [x], [direction])[0];

    /// <summary>The second derivatives by all pairs of inputs, times a direction.</summary>
    /// <param name="function">The function.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="directions">The direction: a tensor of the shape of each input.</param>
    /// <inheritdoc cref="HessianVector{T}(Func{Variable{T}, Variable{T}}, Tensor{T}, Tensor{T})"/>
    public static Tensor<T>[] HessianVector<T>(Func<Variable<T>[], Variable<T>> function, Tensor<T>[] inputs, Tensor<T>[] directions)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using FunctionRecord<T> record = new("HessianVector", Several(function), inputs);
        Variable<T>[] weights = record.Weights("direction", directions, record.Leaves);
        return Tensors(record.Sweep(record.ScalarGradients(), weights, record.Leaves, createGraph: false));
    }

    private static Func<Variable<T>[], Variable<T>> Many<T>(Func<Variable<T>, Variable<T>> function)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(function);
        return inputs => function(inputs[0]);
    }

    private static Func<Variable<T>[], Variable<T>[]> Several<T>(Func<Variable<T>[], Variable<T>> function)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(function);
        return inputs => [function(inputs)];
    }

    private static Tensor<T>[] Tensors<T>(Variable<T>[] variables)
        where T : unmanaged, IFloatingPointIeee754<T> => Array.ConvertAll(variables, static variable => variable.ToTensor());
}
