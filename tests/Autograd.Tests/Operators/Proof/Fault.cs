namespace Autograd.Tests;

/// <summary>Where a fault strikes: what the gradient rule is given, or what it gives.</summary>
public enum FaultPlace
{
    Gradient,
    Cotangent,
}

/// <summary>A fault such as gradient rules have had, put beside a right one to see whether a check notices.</summary>
public sealed record Fault(string Name, FaultPlace Place, Action<double[]> Change)
{
    private static readonly (string Name, Action<double[]> Change)[] Changes =
    [
        ("1.001 times too large", static g => Each(g, static (value, _) => value * 1.001)),
        ("of the wrong sign", static g => Each(g, static (value, _) => -value)),
        ("dropped", Array.Clear),
        ("added twice", static g => Each(g, static (value, _) => 2 * value)),
        ("left out at the last element", static g => Each(g, (value, e) => e == g.Length - 1 ? 0 : value)),
        ("in the order of another axis", Array.Reverse),
        ("off by one place", static g => Each(g, Shifted(g))),
        ("the first element's everywhere", static g => Array.Fill(g, g[0])),
        ("0.001 too large", static g => Each(g, static (value, _) => value + 0.001)),
        ("0.001 too large at the first element", static g => g[0] += 0.001),
    ];

    public static Fault[] All { get; } =
    [
        .. from place in new[] { FaultPlace.Gradient, FaultPlace.Cotangent }
           from change in Changes
           select new Fault($"{change.Name} ({place})", place, change.Change),
    ];

    /// <summary>The same value, with the fault in its gradient.</summary>
    public Variable<double> On(Variable<double> value) => value.RequiresGradient && value.Length > 0 ? value.Tape.Apply(new FaultOperation(Change), value) : value;

    private static void Each(double[] values, Func<double, int, double> change)
    {
        for (int e = 0; e < values.Length; e++) values[e] = change(values[e], e);
    }

    private static Func<double, int, double> Shifted(double[] values)
    {
        double[] before = (double[])values.Clone();
        return (_, e) => before[(e + 1) % before.Length];
    }

    /// <summary>y = x, with a gradient that is wrong on purpose.</summary>
    private sealed class FaultOperation(Action<double[]> change) : Operation<double>
    {
        protected internal override void Forward(ForwardContext<double> context) => context.Input(0).CopyTo(context.Output(context.Shape(0)));

        protected internal override void Backward(BackwardContext<double> context)
        {
            Variable<double> cotangent = context.Cotangent();
            double[] values = cotangent.ToArray();
            change(values);
            context.Accumulate(0, context.Tape.Constant(cotangent.Shape, values));
        }
    }
}
