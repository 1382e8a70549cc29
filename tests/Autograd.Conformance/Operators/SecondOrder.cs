using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>higher_order.json</summary>
internal static class SecondOrder
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("hvp", "function formula", "x v a b w1 b1 w2 b2 data target wq wk wv weight_* bias_* weight bias", static b =>
        {
            Variable<T> x = b.Tape.Variable(b.Values("x"));
            Variable<T> value = Function(b, x);
            Variable<T> gradient = b.Tape.Backward(value, createGraph: true)[x];
            Variable<T> product = (gradient * b["v"]).Sum();
            b.Output("value", value);
            b.Output("gradient", gradient);
            b.Output("hvp", b.Tape.Backward(product)[x]);
        });
    }

    private static Variable<T> Function<T>(Bench<T> b, Variable<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (b.Text("function"))
        {
            case "rosenbrock":
                return ((100 * (x[1..] - x[..^1].Square()).Square()) + (1 - x[..^1]).Square()).Sum();
            case "tanh_mlp":
                return x.Linear(b["w1"], b["b1"]).Tanh().Linear(b["w2"], b["b2"]).Square().Sum();
            case "tanh_regression":
                return b["data"].Linear(x).Tanh().MeanSquaredError(b["target"]);
            default:
                throw b.Bad("function");
        }
    }
}
