using System.Reflection;
using Autograd.Kernels;
using MathNet.Numerics;

namespace Autograd.Tests;

/// <summary>Each functor against its formula, written once more in scalar double, and each gradient against differences.</summary>
public sealed class ElementwiseFormulaTests
{
    private const double Selu1 = 1.0507009873554804934193349852946, Selu2 = 1.6732632423543772848170429916717;

    // Parameters as ElementwiseTests.Create gives them.
    private static readonly Dictionary<string, Func<double, double>> Formulas = new()
    {
        ["Identity"] = x => x,
        ["Negate"] = x => -x,
        ["Exp"] = Math.Exp,
        ["Expm1"] = x => Math.Exp(x) - 1,
        ["Log"] = Math.Log,
        ["Log1p"] = x => Math.Log(1 + x),
        ["Sin"] = Math.Sin,
        ["Cos"] = Math.Cos,
        ["Tan"] = Math.Tan,
        ["Asin"] = Math.Asin,
        ["Atan"] = Math.Atan,
        ["Sinh"] = Math.Sinh,
        ["Cosh"] = Math.Cosh,
        ["Tanh"] = Math.Tanh,
        ["Erf"] = SpecialFunctions.Erf,
        ["Sigmoid"] = Sigmoid,
        ["LogSigmoid"] = x => Math.Log(Sigmoid(x)),
        ["Rsqrt"] = x => 1 / Math.Sqrt(x),
        ["Sign"] = x => Math.Sign(x),
        ["Sqrt"] = Math.Sqrt,
        ["Square"] = x => x * x,
        ["Abs"] = Math.Abs,
        ["Reciprocal"] = x => 1 / x,
        ["AddScalar"] = x => x + 1.75,
        ["MultiplyScalar"] = x => x * 1.75,
        ["SubtractFromScalar"] = x => 1.75 - x,
        ["DivideByScalar"] = x => x / 1.75,
        ["DivideScalar"] = x => 1.75 / x,
        ["PowScalar"] = x => Math.Pow(x, 3),
        ["Relu"] = x => Math.Max(x, 0),
        ["LeakyRelu"] = x => x > 0 ? x : 0.125 * x,
        ["Elu"] = x => 0.875 * (x > 0 ? x : 1.25 * (Math.Exp(x) - 1)),
        ["Gelu"] = x => x * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2))) / 2,
        ["GeluTanh"] = x => x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) / 2,
        ["Silu"] = x => x * Sigmoid(x),
        ["Mish"] = x => x * Math.Tanh(Math.Log(1 + Math.Exp(x))),
        ["Softplus"] = x => 1.5 * x > 20 ? x : Math.Log(1 + Math.Exp(1.5 * x)) / 1.5,
        ["Clamp"] = x => Math.Clamp(x, -0.75, 0.5),
        ["HardSigmoid"] = x => Math.Min(Math.Max(x + 3, 0), 6) / 6,
    };

    [Fact]
    public void EveryUnaryFunctionIsItsFormula()
    {
        foreach (Type type in ElementwiseTests.FunctionTypes().Where(
            t => t.Namespace == "Autograd.Kernels" && t.GetInterfaces().Contains(typeof(IUnaryFunction))))
        {
            Func<double, double> formula = Formulas[type.Name.Replace("Function", "")];
            double[] x = Points(formula), y = ApplyUnary(type, x);
            for (int i = 0; i < x.Length; i++)
            {
                double expected = formula(x[i]);
                Assert.True(Math.Abs(y[i] - expected) <= 1e-13 + 1e-13 * Math.Abs(expected), $"{type.Name}({x[i]}): {y[i]}, not {expected}");
            }
        }
    }

    [Fact]
    public void EveryGradientIsTheSlopeOfItsFunction()
    {
        int count = 0;
        foreach (Type type in ElementwiseTests.FunctionTypes().Where(
            t => t.Name.EndsWith("GradientFunction", StringComparison.Ordinal) && Formulas.ContainsKey(Forward(t)) && t.GetInterfaces().Contains(typeof(IBinaryFunction))))
        {
            Func<double, double> formula = Formulas[Forward(type)];
            bool fromResult = type.GetMethod("Invoke")!.GetParameters()[1].Name == "y";
            double[] x = Points(formula);
            double[] kept = fromResult ? [.. x.Select(formula)] : x;
            double[] gy = [.. x.Select((_, i) => 0.5 + i % 3)], gx = ApplyBinary(type, gy, kept);
            for (int i = 0; i < x.Length; i++)
            {
                const double h = 1e-3;
                double slope = (8 * (formula(x[i] + h) - formula(x[i] - h)) - (formula(x[i] + 2 * h) - formula(x[i] - 2 * h))) / (12 * h);
                Assert.True(Math.Abs(gx[i] - gy[i] * slope) <= 1e-7 * Math.Max(1, Math.Abs(slope)), $"{type.Name} at {x[i]}: {gx[i]}, not {gy[i] * slope}");
                count++;
            }
        }

        Assert.InRange(count, 1500, int.MaxValue);

        static string Forward(Type gradient) => gradient.Name.Replace("GradientFunction", "").Replace("HardTanh", "Clamp");
    }

    [Fact]
    public void GradientsAtKinksAreThoseOfPyTorch()
    {
        Gradient(new ReluGradientFunction(), (0, 0), (-1, 0), (1, 1), (double.NaN, 1));
        Gradient(new AbsGradientFunction(), (0, 0), (-0.0, 0), (-2, -1), (3, 1));
        Gradient(new LeakyReluGradientFunction(0.1), (0, 0.1), (2, 1));
        Gradient(new LeakyReluGradientFunction(0), (0, 0));
        Gradient(new ClampGradientFunction(-1, 2), (-1, 1), (2, 1), (-1.5, 0), (2.5, 0), (0, 1));
        Gradient(new ClampGradientFunction(double.NegativeInfinity, 2), (-1e300, 1), (2, 1), (3, 0));
        Gradient(new HardTanhGradientFunction(-1, 1), (-1, 0), (1, 0), (0.5, 1));
        Gradient(new HardSigmoidGradientFunction(), (-3, 0), (3, 0), (0, 1f / 6));
        Gradient(new EluGradientFunction(2), (0, 2), (1, 1));
        Gradient(new PowScalarGradientFunction(0), (0, 0), (5, 0));
        Gradient(new PowScalarGradientFunction(1), (0, 1));
        Gradient(new PowScalarGradientFunction(2), (0, 0), (-3, -6));
        Gradient(new SqrtGradientFunction(), (0, double.PositiveInfinity));
        Gradient(new LogGradientFunction(), (0, double.PositiveInfinity));
        Gradient(new SoftplusGradientFunction(1, 20), (21, 1), (1000, 1), (-1000, 0));
        Gradient(new LogSigmoidGradientFunction(), (1000, 0), (-1000, 1));
        Gradient(new SiluGradientFunction(), (1e4, 1), (-1e4, 0), (double.PositiveInfinity, 1), (double.NegativeInfinity, 0));
        Gradient(new GeluGradientFunction(), (1e4, 1), (-1e4, 0), (double.PositiveInfinity, 1));
        Gradient(new GeluTanhGradientFunction(), (1e4, 1), (-1e4, 0));
        Gradient(new MishGradientFunction(), (1e4, 1), (-1e4, 0));
        Assert.Equal([0.5, 1, 0], Ternary<MaximumGradientFunction>([1, 1, 1], [2, 3, 1], [2, 1, 3]));
        Assert.Equal([0.5, 0, 1], Ternary<MinimumGradientFunction>([1, 1, 1], [2, 3, 1], [2, 1, 3]));
        Assert.Equal([0, 0, 3], Ternary<PowBaseGradientFunction>([1, 1, 1], [0, 5, 1], [0, 0, 3]));
        Assert.Equal([0, 0, double.NaN], Ternary<PowExponentGradientFunction>([1, 1, 1], [0, 0, -1], [0, 2, 2]));
    }

    [Fact]
    public void BinaryFunctionsAndTheirGradientsAreTheirFormulas()
    {
        Pair<AddFunction>((x, y) => x + y);
        Pair<SubtractFunction>((x, y) => x - y);
        Pair<MultiplyFunction>((x, y) => x * y);
        Pair<DivideFunction>((x, y) => x / y);
        Pair<MaximumFunction>(Math.Max);
        Pair<MinimumFunction>(Math.Min);
        Pair<PowFunction>((x, y) => Math.Pow(x, y));
        Pair<Atan2Function>(Math.Atan2);
        Pair<ExpOfDifferenceFunction>((x, y) => Math.Exp(x - y));
        Slope<DivideGradientFunction>((y, x) => x / y, swapped: true);
        Slope<MaximumGradientFunction>(Math.Max);
        Slope<MinimumGradientFunction>(Math.Min);
        Slope<PowBaseGradientFunction>(Math.Pow);
        Slope<PowExponentGradientFunction>((y, x) => Math.Pow(x, y), swapped: true);
        Slope<Atan2GradientFunction>((y, x) => Math.Atan2(y, x), swapped: true);

        // x/(x² + y²) where a square would overflow or vanish.
        double[] extreme = Ternary<Atan2GradientFunction>([1, 1], [1e300, 1e-300], [1e300, 1e-300]);
        Assert.Equal(1, extreme[0] * 2e300, 1e-14);
        Assert.Equal(1, extreme[1] * 2e-300, 1e-14);
    }

    [Fact]
    public void ExtremeInputsGiveFiniteResults()
    {
        double[] x = [.. Enumerable.Range(-200, 401).Select(i => i * 50.0)];
        foreach (string name in new[] { "Tanh", "Sigmoid", "LogSigmoid", "Softplus", "Elu", "Gelu", "GeluTanh", "Silu", "Mish", "HardSigmoid", "LeakyRelu", "Erf", "Atan" })
        {
            Type function = typeof(Elementwise).Assembly.GetType($"Autograd.Kernels.{name}Function")!;
            Type gradient = typeof(Elementwise).Assembly.GetType($"Autograd.Kernels.{name}GradientFunction")!;
            bool fromResult = gradient.GetMethod("Invoke")!.GetParameters()[1].Name == "y";
            double[] y = ApplyUnary(function, x);
            Assert.All(y, value => Assert.True(double.IsFinite(value), name));
            Assert.All(ApplyBinary(gradient, [.. x.Select(_ => 1.0)], fromResult ? y : x), value => Assert.InRange(value, -0.5, 1.6));
        }
    }

    [Fact]
    public void GeluKeepsItsRelativeAccuracyInTheNegativeTail()
    {
        double[] x = [-1, -3, -6, -10, -20, -30, -37];
        double[] y = new double[x.Length];
        Elementwise.Unary<GeluFunction, double>(x, y);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = x[i] * SpecialFunctions.Erfc(-x[i] / Math.Sqrt(2)) / 2;
            Assert.Equal(1, y[i] / expected, 1e-12);
        }

        float[] single = new float[x.Length];
        Elementwise.Unary<GeluFunction, float>([.. x.Select(v => (float)v)], single);
        for (int i = 0; i < 4; i++) Assert.Equal(1, single[i] / y[i], 2e-6);
    }

    [Fact]
    public void SeluHasThePublishedConstants()
    {
        double[] y = new double[2];
        Elementwise.Unary([1.0, -1.0], y, EluFunction.Selu);
        Assert.Equal(Selu1, y[0], 1e-15);
        Assert.Equal(Selu1 * Selu2 * (Math.Exp(-1) - 1), y[1], 1e-15);
        Elementwise.Binary([1.0, 1.0], [1.0, -1.0], y, EluGradientFunction.Selu);
        Assert.Equal(Selu1, y[0], 1e-15);
        Assert.Equal(Selu1 * Selu2 * Math.Exp(-1), y[1], 1e-15);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>Points at least ten steps of the difference formula away from kinks and poles.</summary>
    private static double[] Points(Func<double, double> formula)
    {
        double[] kinks = [0, -0.75, 0.5, -3, 3, 1, -1];
        System.Random random = new(11);
        return [.. Enumerable.Range(0, 4000).Select(_ => (random.NextDouble() - 0.5) * 9)
            .Where(x => kinks.All(k => Math.Abs(x - k) > (k == 0 ? 0.3 : Math.Abs(k) == 1 ? 0.15 : 0.02)) && double.IsFinite(formula(x)) && double.IsFinite(formula(x + 0.01)) && double.IsFinite(formula(x - 0.01)))
            .Where(x => Math.Abs(formula(x)) < 200 && Math.Abs(formula(x + 0.01) - formula(x - 0.01)) < 0.5).Take(60)];
    }

    private static double[] ApplyUnary(Type type, double[] x) => Apply(type, [x, x, x]);

    private static double[] ApplyBinary(Type type, double[] x, double[] y) => Apply(type, [x, y, y]);

    private static double[] Apply(Type type, double[][] inputs) => (double[])typeof(ElementwiseFormulaTests)
        .GetMethod(nameof(ApplyTo), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(null, [inputs])!;

    private static double[] ApplyTo<TFunction>(double[][] inputs)
        where TFunction : unmanaged
    {
        double[] result = new double[inputs[0].Length];
        ElementwiseTests.Apply(ElementwiseTests.Create<TFunction>(), inputs, 0, result.AsSpan());
        return result;
    }

    private static void Gradient<TFunction>(TFunction function, params (double X, double Slope)[] points)
        where TFunction : unmanaged, IBinaryFunction
    {
        foreach ((double x, double slope) in points)
        {
            double[] gx = new double[1];
            float[] single = new float[1];
            Elementwise.Binary([2.0], [x], gx, function);
            Elementwise.Binary([2f], [(float)x], single, function);
            Assert.True(Math.Abs(gx[0] - 2 * slope) < 1e-15 || gx[0] == 2 * slope, $"{typeof(TFunction).Name} at {x}: {gx[0] / 2}");
            Assert.True(Math.Abs(single[0] - 2 * slope) < 1e-7 || single[0] == 2 * slope, $"float {typeof(TFunction).Name} at {x}: {single[0] / 2}");
        }
    }

    private static double[] Ternary<TFunction>(double[] x, double[] y, double[] z)
        where TFunction : unmanaged, ITernaryFunction
    {
        double[] w = new double[x.Length];
        Elementwise.Ternary<TFunction, double>(x, y, z, w);
        return w;
    }

    private static void Pair<TFunction>(Func<double, double, double> formula)
        where TFunction : unmanaged, IBinaryFunction
    {
        System.Random random = new(5);
        double[] x = [.. Enumerable.Range(0, 99).Select(_ => random.NextDouble() * 4 + 0.01)];
        double[] y = [.. x.Select(_ => (random.NextDouble() - 0.5) * 4)], z = new double[x.Length];
        Elementwise.Binary<TFunction, double>(x, y, z);
        for (int i = 0; i < x.Length; i++) VectorMathTests.AssertClose(formula(x[i], y[i]), z[i], 1e-14, typeof(TFunction).Name);
    }

    /// <summary>The gradient functor is that of <paramref name="formula"/> to its first argument.</summary>
    private static void Slope<TFunction>(Func<double, double, double> formula, bool swapped = false)
        where TFunction : unmanaged, ITernaryFunction
    {
        System.Random random = new(6);
        double[] x = [.. Enumerable.Range(0, 99).Select(_ => random.NextDouble() * 2 + 0.2)];
        double[] y = [.. x.Select(_ => random.NextDouble() * 2 + 0.2)], gy = [.. x.Select(_ => random.NextDouble() + 0.5)];
        double[] found = Ternary<TFunction>(gy, x, y);
        for (int i = 0; i < x.Length; i++)
        {
            const double h = 1e-4;
            (double first, double second) = swapped ? (y[i], x[i]) : (x[i], y[i]);
            double slope = (formula(first + h, second) - formula(first - h, second)) / (2 * h);
            Assert.True(Math.Abs(found[i] - gy[i] * slope) < 1e-5 * Math.Max(1, Math.Abs(slope)), $"{typeof(TFunction).Name} at {x[i]}, {y[i]}");
        }
    }
}
