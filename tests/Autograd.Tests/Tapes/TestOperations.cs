using System.Numerics;

namespace Autograd.Tests;

/// <summary>y = x, counting the calls of its rules.</summary>
internal sealed class Probe<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public int Forwards { get; private set; }

    public int Backwards { get; private set; }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Forwards++;
        context.Input(0).CopyTo(context.Output(context.Shape(0)));
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Backwards++;
        context.Accumulate(0, context.Cotangent());
    }
}

/// <summary>Rules given as functions.</summary>
internal sealed class Custom(Action<ForwardContext<double>> forward, Action<BackwardContext<double>>? backward = null) : Operation<double>
{
    public override string Name => "Custom";

    protected internal override void Forward(ForwardContext<double> context) => forward(context);

    protected internal override void Backward(BackwardContext<double> context) => (backward ?? (static context => context.Accumulate(0, context.Cotangent())))(context);
}

/// <summary>
/// y₀ = x², y₁ = x³, with a reserve of 2x for its fused gradient rule; its composite is what createGraph takes. Counts both.
/// </summary>
internal sealed class Fused : Operation<double>
{
    public int Rules { get; private set; }

    public int Composites { get; private set; }

    protected internal override void Forward(ForwardContext<double> context)
    {
        ReadOnlySpan<double> x = context.Input(0);
        Span<double> square = context.Output(context.Shape(0)), cube = context.Output(context.Shape(0));
        for (int i = 0; i < x.Length; i++) (square[i], cube[i]) = (x[i] * x[i], x[i] * x[i] * x[i]);
        if (!context.Records) return;
        Span<double> slope = context.Reserve(x.Length);
        for (int i = 0; i < x.Length; i++) slope[i] = 2 * x[i];
    }

    protected internal override void Backward(BackwardContext<double> context)
    {
        Rules++;
        ReadOnlySpan<double> x = context.InputSpan(0), slope = context.Output(2).Span;
        double[] g = new double[x.Length];
        if (context.HasCotangent(0)) for (int i = 0; i < g.Length; i++) g[i] += context.CotangentSpan(0)[i] * slope[i];
        if (context.HasCotangent(1)) for (int i = 0; i < g.Length; i++) g[i] += context.CotangentSpan(1)[i] * slope[i] * x[i] * 1.5;
        context.Accumulate(0, context.Tape.Constant(context.Shape(0), g));
    }

    protected internal override Variable<double>[]? Compose(ReadOnlySpan<Variable<double>> inputs)
    {
        Composites++;
        return [inputs[0].Square(), inputs[0].Square() * inputs[0]];
    }
}

/// <summary>A constant computed only if it is read; counts how often.</summary>
internal sealed class Lazily(Shape shape, Action<Span<double>> fill) : Operation<double>
{
    public int Fills { get; private set; }

    protected internal override void Forward(ForwardContext<double> context) => context.DeferredOutput(shape);

    protected internal override void Materialize(Span<double> output)
    {
        Fills++;
        fill(output);
    }

    protected internal override void Backward(BackwardContext<double> context)
    {
        // A constant has no inputs.
    }
}
