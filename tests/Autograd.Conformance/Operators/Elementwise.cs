using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>elementwise.json</summary>
internal static class Elementwise
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        AddFunctions(table);
        AddActivations(table);
        table.Binary("add", static (x, y) => x + y);
        table.Binary("sub", static (x, y) => x - y);
        table.Binary("mul", static (x, y) => x * y);
        table.Binary("div", static (x, y) => x / y);
        table.Binary("pow", static (x, y) => x.Pow(y));
        table.Binary("maximum", Variable.Maximum);
        table.Binary("minimum", Variable.Minimum);
        table.Binary("atan2", Variable.Atan2);
        table.Add("where", string.Empty, "condition input other", static b => Variable.Where(b.Mask("condition"), b["input"], b["other"]));
    }

    private static void AddFunctions<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Unary("neg", static x => -x);
        table.Unary("exp", static x => x.Exp());
        table.Unary("log", static x => x.Log());
        table.Unary("log1p", static x => x.Log1p());
        table.Unary("expm1", static x => x.Expm1());
        table.Unary("sqrt", static x => x.Sqrt());
        table.Unary("rsqrt", static x => x.Rsqrt());
        table.Unary("square", static x => x.Square());
        table.Unary("reciprocal", static x => x.Reciprocal());
        table.Unary("abs", static x => x.Abs());
        table.Unary("sign", static x => x.Sign());
        table.Unary("sin", static x => x.Sin());
        table.Unary("cos", static x => x.Cos());
        table.Unary("tan", static x => x.Tan());
        table.Unary("asin", static x => x.Asin());
        table.Unary("atan", static x => x.Atan());
        table.Unary("sinh", static x => x.Sinh());
        table.Unary("cosh", static x => x.Cosh());
        table.Unary("tanh", static x => x.Tanh());
        table.Unary("erf", static x => x.Erf());
        table.Add("pow_scalar", "exponent", "input", static b => b["input"].Pow(b.Number("exponent")));
    }

    private static void AddActivations<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Unary("sigmoid", static x => x.Sigmoid());
        table.Unary("logsigmoid", static x => x.LogSigmoid());
        table.Unary("relu", static x => x.Relu());
        table.Unary("selu", static x => x.Selu());
        table.Unary("silu", static x => x.Silu());
        table.Unary("mish", static x => x.Mish());
        table.Unary("hardsigmoid", static x => x.HardSigmoid());
        table.Add("softplus", "beta threshold", "input", static b => b["input"].Softplus(b.Number("beta"), b.Number("threshold")));
        table.Add("leaky_relu", "negative_slope", "input", static b => b["input"].LeakyRelu(b.Number("negative_slope")));
        table.Add("elu", "alpha", "input", static b => b["input"].Elu(b.Number("alpha")));
        table.Add("gelu", "approximate", "input", static b => b["input"].Gelu(ApproximationOf(b)));
        table.Add("hardtanh", "min_val max_val", "input", static b => b["input"].HardTanh(b.Number("min_val"), b.Number("max_val")));
        table.Add("clamp", "min max", "input", static b => b["input"].Clamp(b.OptionalNumber("min"), b.OptionalNumber("max")));
    }

    private static GeluApproximation ApproximationOf<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench.Text("approximate") switch
        {
            "none" => GeluApproximation.None,
            "tanh" => GeluApproximation.Tanh,
            _ => throw bench.Bad("approximate"),
        };
}
