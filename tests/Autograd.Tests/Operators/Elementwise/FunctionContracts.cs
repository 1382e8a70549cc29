namespace Autograd.Tests;

/// <summary>
/// A family of functions of one element: each with its name, its formula in double and the range where it is tried.
/// </summary>
public abstract class FunctionFamilyContract : OperatorContract<string>
{
    protected const double Infinity = double.PositiveInfinity;

    protected abstract (string Name, Func<Real, Real> Formula, double Low, double High)[] Functions { get; }

    protected override IEnumerable<Sample> Samples =>
        from function in Functions
        from sizes in new int[][] { [], [0], [1], [37], [2, 1, 3] }
        select At(function.Name, U(function.Low, function.High, sizes));

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose)
    {
        (string name, _, double low, double high) = choose.Of<(string, Func<Real, Real>, double, double)>(Functions);
        return At(name, choose.U(low, high, choose.Sizes()));
    }

    protected override Nd[] Reference(Nd[] x, string name) => [x[0].Map(Array.Find(Functions, function => function.Name == name).Formula)];

    protected static Exact Point(string name, double x, double y, double slope) =>
        Exactly(name, [Nd.Scalar(x)], [Nd.Scalar(y)], [Nd.Scalar(slope)]);

    /// <summary>NaN gives NaN, at lengths below, at and beyond the width of a vector.</summary>
    protected static IEnumerable<Exact> KeepsNaN(IEnumerable<string> names) =>
        from name in names
        from length in new[] { 1, 3, 8, 64 }
        let nan = Nd.Filled(double.NaN, length)
        select Exactly(name, [nan], [nan], [nan]);
}

/// <summary>Exponentials, logarithms, roots, circular and hyperbolic functions.</summary>
public sealed class FunctionsContract : FunctionFamilyContract
{
    public override Type[] Operations =>
    [
        typeof(ExpOperation<>), typeof(Expm1Operation<>), typeof(LogOperation<>), typeof(Log1pOperation<>), typeof(ErfOperation<>),
        typeof(SqrtOperation<>), typeof(RsqrtOperation<>), typeof(SinOperation<>), typeof(CosOperation<>), typeof(TanOperation<>),
        typeof(AsinOperation<>), typeof(AtanOperation<>), typeof(SinhOperation<>), typeof(CoshOperation<>),
    ];

    protected override (string, Func<Real, Real>, double, double)[] Functions =>
    [
        ("exp", Real.Exp, -2, 2),
        ("expm1", static x => Real.Exp(x) - 1, -2, 2),
        ("log", Real.Log, 0.4, 3),
        ("log1p", static x => Real.Log(1 + x), -0.6, 2),
        ("erf", Real.Erf, -2, 2),
        ("sqrt", Real.Sqrt, 0.3, 3),
        ("rsqrt", static x => 1 / Real.Sqrt(x), 0.4, 3),
        ("sin", Real.Sin, -4, 4),
        ("cos", Real.Cos, -4, 4),
        ("tan", Real.Tan, -1.1, 1.1),
        ("asin", Real.Asin, -0.8, 0.8),
        ("atan", Real.Atan, -3, 3),
        ("sinh", Real.Sinh, -2, 2),
        ("cosh", Real.Cosh, -2, 2),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Point("exp", 0, 1, 1), Point("exp", -Infinity, 0, 0), Point("exp", Infinity, Infinity, Infinity),
        Point("expm1", 0, 0, 1), Point("expm1", -Infinity, -1, 0), Point("expm1", Infinity, Infinity, Infinity),
        Point("log", 0, -Infinity, Infinity), Point("log", 1, 0, 1), Point("log", Infinity, Infinity, 0), Point("log", -2, double.NaN, -0.5),
        Point("log1p", 0, 0, 1), Point("log1p", -1, -Infinity, Infinity), Point("log1p", Infinity, Infinity, 0),
        Point("erf", 0, 0, 1.1283791670955126), Point("erf", Infinity, 1, 0), Point("erf", -Infinity, -1, 0),
        Point("sqrt", 0, 0, Infinity), Point("sqrt", 4, 2, 0.25), Point("sqrt", Infinity, Infinity, 0), Point("sqrt", -1, double.NaN, double.NaN),
        Point("rsqrt", 0, Infinity, -Infinity), Point("rsqrt", 4, 0.5, -0.0625), Point("rsqrt", Infinity, 0, 0),
        Point("sin", 0, 0, 1), Point("sin", Infinity, double.NaN, double.NaN), Point("cos", 0, 1, 0), Point("tan", 0, 0, 1),
        Point("asin", 0, 0, 1), Point("asin", 1, Math.PI / 2, Infinity), Point("asin", 2, double.NaN, double.NaN),
        Point("atan", 0, 0, 1), Point("atan", Infinity, Math.PI / 2, 0),
        Point("sinh", 0, 0, 1), Point("sinh", -Infinity, -Infinity, Infinity), Point("cosh", 0, 1, 0), Point("cosh", -Infinity, Infinity, -Infinity),
        .. KeepsNaN(Functions.Select(static function => function.Item1)),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, string name) =>
    [
        name switch
        {
            "exp" => x[0].Exp(),
            "expm1" => x[0].Expm1(),
            "log" => x[0].Log(),
            "log1p" => x[0].Log1p(),
            "erf" => x[0].Erf(),
            "sqrt" => x[0].Sqrt(),
            "rsqrt" => x[0].Rsqrt(),
            "sin" => x[0].Sin(),
            "cos" => x[0].Cos(),
            "tan" => x[0].Tan(),
            "asin" => x[0].Asin(),
            "atan" => x[0].Atan(),
            "sinh" => x[0].Sinh(),
            "cosh" => x[0].Cosh(),
            _ => throw new ArgumentException(name),
        },
    ];
}

/// <summary>Smooth activations; tanh and the logistic function have contracts of their own.</summary>
public sealed class SmoothActivationsContract : FunctionFamilyContract
{
    private const double SeluScale = 1.0507009873554804934193349852946, SeluAlpha = 1.6732632423543772848170429916717;

    public override Type[] Operations =>
    [
        typeof(LogSigmoidOperation<>), typeof(SoftplusOperation<>), typeof(EluOperation<>), typeof(GeluOperation<>), typeof(GeluTanhOperation<>),
        typeof(SiluOperation<>), typeof(MishOperation<>), typeof(GateOperation<,>),
    ];

    protected override (string, Func<Real, Real>, double, double)[] Functions =>
    [
        ("logsigmoid", static x => -Real.Log(1 + Real.Exp(-x)), -3, 3),
        ("softplus", static x => Real.Log(1 + Real.Exp(x)), -3, 3),
        ("softplus 2 3", static x => Real.Log(1 + Real.Exp(2 * x)) / 2, -3, 1.4),
        ("softplus 2 3 beyond", static x => x, 1.6, 3),
        ("elu above", static x => x, 0.1, 3),
        ("elu below", static x => Real.Exp(x) - 1, -3, -0.1),
        ("elu 1.3 below", static x => 1.3 * (Real.Exp(x) - 1), -3, -0.1),
        ("selu above", static x => SeluScale * x, 0.1, 3),
        ("selu below", static x => SeluScale * SeluAlpha * (Real.Exp(x) - 1), -3, -0.1),
        ("gelu", static x => x * (1 + Real.Erf(x / Real.Sqrt(2))) / 2, -3, 3),
        ("gelu tanh", static x => x * (1 + Real.Tanh(Real.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))) / 2, -3, 3),
        ("silu", static x => x / (1 + Real.Exp(-x)), -3, 3),
        ("mish", static x => x * Real.Tanh(Real.Log(1 + Real.Exp(x))), -3, 3),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Point("logsigmoid", -1000, -1000, 1), Point("logsigmoid", 1000, 0, 0), Point("logsigmoid", -Infinity, -Infinity, 1), Point("logsigmoid", Infinity, 0, 0),
        Point("softplus", 1000, 1000, 1), Point("softplus", -1000, 0, 0), Point("softplus", Infinity, Infinity, 1), Point("softplus", -Infinity, 0, 0),
        Point("softplus", 1e4, 1e4, 1), Point("softplus", 21, 21, 1),
        Point("elu above", 0, 0, 1), Point("elu 1.3 below", 0, 0, 1.3), Point("elu above", -Infinity, -1, 0), Point("elu above", Infinity, Infinity, 1),
        Point("selu above", 0, 0, SeluScale * SeluAlpha), Point("selu above", Infinity, Infinity, SeluScale),
        Point("gelu", 0, 0, 0.5), Point("gelu", 1e4, 1e4, 1), Point("gelu", -1e4, 0, 0), Point("gelu", Infinity, Infinity, 1),
        Point("gelu tanh", 0, 0, 0.5), Point("gelu tanh", 1e4, 1e4, 1), Point("gelu tanh", -1e4, 0, 0),
        Point("silu", 0, 0, 0.5), Point("silu", 1e4, 1e4, 1), Point("silu", -1e4, 0, 0),
        Point("mish", 0, 0, 0.6), Point("mish", 1e4, 1e4, 1), Point("mish", -1e4, 0, 0),
        .. KeepsNaN(Functions.Select(static function => function.Item1)),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2]).Softplus(beta: 0), "beta"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2]).Softplus(beta: double.NaN), "beta"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2]).Softplus(threshold: double.NaN), "threshold"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([2]).Gelu((GeluApproximation)2), "Tanh"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, string name) =>
    [
        name switch
        {
            "logsigmoid" => x[0].LogSigmoid(),
            "softplus" => x[0].Softplus(),
            "softplus 2 3" or "softplus 2 3 beyond" => x[0].Softplus(2, 3),
            "elu above" or "elu below" => x[0].Elu(),
            "elu 1.3 below" => x[0].Elu(1.3),
            "selu above" or "selu below" => x[0].Selu(),
            "gelu" => x[0].Gelu(),
            "gelu tanh" => x[0].Gelu(GeluApproximation.Tanh),
            "silu" => x[0].Silu(),
            "mish" => x[0].Mish(),
            _ => throw new ArgumentException(name),
        },
    ];
}
