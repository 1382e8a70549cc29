using Autograd.Kernels;
using MathNet.Numerics;
using H = Autograd.Tests.HighPrecision;

namespace Autograd.Tests;

/// <summary>Accuracy of the elementary functions against the platform's double functions, and against long series.</summary>
public sealed class VectorMathTests
{
    private static readonly bool Deep = Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";

    [Fact]
    public void FloatFunctionsAreWithinFourUlpsOverTheWholeRange()
    {
        // Beside the platform's functions, what they lose is put right with a series near 0.
        CheckFloat<ExpFunction>(Math.Exp);
        CheckFloat<LogFunction>(Math.Log);
        CheckFloat<Expm1Function>(Expm1);
        CheckFloat<Log1pFunction>(Log1p);
        CheckFloat<TanhFunction>(Math.Tanh);
        CheckFloat<SigmoidFunction>(x => 1 / (1 + Math.Exp(-x)));
        CheckFloat<LogSigmoidFunction>(x => x < -40 ? x : -Log1p(Math.Exp(-x)));
        CheckFloat<ErfFunction>(x => Math.Abs(x) < 1e-5 ? x * 1.1283791670955126 : SpecialFunctions.Erf(x));
        CheckFloat<SinFunction>(Math.Sin);
        CheckFloat<CosFunction>(Math.Cos);
        CheckFloat<TanFunction>(Math.Tan, 5); // a quotient of two
        CheckFloat<AsinFunction>(Math.Asin);
        CheckFloat<AtanFunction>(Math.Atan);
        CheckFloat<SinhFunction>(x => Math.Abs(x) < 1e-5 ? x : Math.Sinh(x));
        CheckFloat<CoshFunction>(Math.Cosh);
        CheckFloat<SqrtFunction>(Math.Sqrt, 0.5);
        CheckFloat<RsqrtFunction>(x => 1 / Math.Sqrt(x), 1.5);
    }

    [Fact]
    public void DoubleFunctionsAreWithinFourUlpsOfLongSeries()
    {
        CheckDouble<ExpFunction>(H.Exp, -744, 709);
        CheckDouble<LogFunction>(H.Log, 5e-324, 1e308);
        CheckDouble<Expm1Function>(x => H.Exp(x) - 1, -40, 709);
        CheckDouble<Log1pFunction>(x => H.Log(1 + x), -0.999, 1e300);
        CheckDouble<TanhFunction>(x => { H e = H.Exp(x.Scale(1)); return (e - 1) / (e + 1); }, -22, 22);
        CheckDouble<SigmoidFunction>(x => 1 / (1 + H.Exp(-x)), -700, 40);
        CheckDouble<LogSigmoidFunction>(x => -H.Log(1 + H.Exp(-x)), -700, 700);
        CheckDouble<ErfFunction>(H.Erf, -6, 6);
        CheckDouble<SinFunction>(x => H.SinCos(x).Sin, -1e3, 1e3);
        CheckDouble<SinFunction>(x => H.SinCos(x).Sin, -1e9, 1e9);
        CheckDouble<CosFunction>(x => H.SinCos(x).Cos, -1e9, 1e9);
        CheckDouble<TanFunction>(x => H.SinCos(x) is var (s, c) ? s / c : x, -1e3, 1e3);
        CheckDouble<AsinFunction>(x => H.Arctan(x / H.Sqrt(1 - x * x)), -0.9999, 0.9999);
        CheckDouble<AtanFunction>(H.Arctan, -1e10, 1e10);
        CheckDouble<SinhFunction>(x => (H.Exp(x) - H.Exp(-x)).Scale(-1), -700, 700);
        CheckDouble<CoshFunction>(x => (H.Exp(x) + H.Exp(-x)).Scale(-1), -700, 700);
    }

    [Fact]
    public void TheOracleKnowsItsConstants()
    {
        Assert.Equal(Math.PI, H.Pi.ToDouble());
        Assert.Equal(Math.E, H.Exp(1).ToDouble());
        Assert.Equal(0.6931471805599453, H.Log(2).ToDouble());
        Assert.Equal(0.8427007929497149, H.Erf(1).ToDouble());
        Assert.Equal(0.7853981633974483, H.Arctan(1).ToDouble());
        Assert.Equal(0.8414709848078965, H.SinCos(1).Sin.ToDouble());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void SpecialValuesAreExact(int width)
    {
        const double inf = double.PositiveInfinity, nan = double.NaN;
        At<ExpFunction>(width, (0, 1), (-0.0, 1), (inf, inf), (-inf, 0), (nan, nan), (1e4, inf), (-1e4, 0), (710, inf));
        At<LogFunction>(width, (0, -inf), (-0.0, -inf), (1, 0), (inf, inf), (-1, nan), (-inf, nan), (nan, nan));
        At<Expm1Function>(width, (0, 0), (-0.0, -0.0), (inf, inf), (-inf, -1), (nan, nan), (1e4, inf), (-1e4, -1), (1e-40, 1e-40));
        At<Log1pFunction>(width, (0, 0), (-0.0, -0.0), (inf, inf), (-1, -inf), (-2, nan), (-inf, nan), (nan, nan), (1e-40, 1e-40));
        At<TanhFunction>(width, (0, 0), (-0.0, -0.0), (inf, 1), (-inf, -1), (nan, nan), (1e4, 1), (-1e4, -1), (1e-40, 1e-40));
        At<SigmoidFunction>(width, (0, 0.5), (-0.0, 0.5), (inf, 1), (-inf, 0), (nan, nan), (1e4, 1), (-1e4, 0));
        At<LogSigmoidFunction>(width, (inf, 0), (-inf, -inf), (nan, nan), (-1e4, -1e4), (1e4, 0), (-1000, -1000));
        At<ErfFunction>(width, (0, 0), (-0.0, -0.0), (inf, 1), (-inf, -1), (nan, nan), (1e4, 1), (-7, -1));
        At<SinFunction>(width, (0, 0), (-0.0, -0.0), (inf, nan), (-inf, nan), (nan, nan), (1e-40, 1e-40));
        At<CosFunction>(width, (0, 1), (-0.0, 1), (inf, nan), (-inf, nan), (nan, nan));
        At<TanFunction>(width, (0, 0), (-0.0, -0.0), (inf, nan), (nan, nan));
        At<AsinFunction>(width, (0, 0), (-0.0, -0.0), (1.5, nan), (-inf, nan), (nan, nan));
        At<AtanFunction>(width, (0, 0), (-0.0, -0.0), (nan, nan));
        At<SinhFunction>(width, (0, 0), (-0.0, -0.0), (inf, inf), (-inf, -inf), (nan, nan), (1e4, inf));
        At<CoshFunction>(width, (0, 1), (inf, inf), (-inf, inf), (nan, nan), (-1e4, inf));
        At<SqrtFunction>(width, (0, 0), (-0.0, -0.0), (inf, inf), (-1, nan), (nan, nan));
        At<RsqrtFunction>(width, (0, inf), (inf, 0), (-1, nan), (nan, nan));
        At<AbsFunction>(width, (-0.0, 0), (-inf, inf), (nan, nan));
        At<SignFunction>(width, (0, 0), (-0.0, 0), (-3, -1), (inf, 1));
        At<ReluFunction>(width, (-1, 0), (2, 2), (nan, nan), (-inf, 0), (inf, inf));
        At<SiluFunction>(width, (0, 0), (1e4, 1e4), (-1e4, 0), (nan, nan), (inf, inf));
        At<GeluFunction>(width, (0, 0), (1e4, 1e4), (-1e4, 0), (nan, nan), (inf, inf));
        At<GeluTanhFunction>(width, (0, 0), (1e4, 1e4), (-1e4, 0), (nan, nan), (inf, inf));
        At<MishFunction>(width, (0, 0), (1e4, 1e4), (-1e4, 0), (nan, nan), (inf, inf));
    }

    [Fact]
    public void ExpDoesNotTurnNegativeAtTheEdgeOfUnderflow()
    {
        // dotnet/runtime issue 107838: a vector exponential that gave −∞ here.
        double[] x = [-709.5, -709.5, -745.2, -708, -709.5], y = new double[5];
        Elementwise.Unary<ExpFunction, double>(x, y);
        Assert.All(y, value => Assert.InRange(value, 0, 1e-300));
        Assert.Equal(7.4e-309, y[0], 1e-309);
        Assert.Equal(y[0], y[4]);
    }

    [Fact]
    public void Atan2HasTheSignsAndInfinitiesOfIeee754()
    {
        const double inf = double.PositiveInfinity;
        double[] values = [0, -0.0, 1, -1, 2.5, -3.25, inf, -inf, double.NaN, 1e-310, -1e300, 1e308, double.MaxValue, 7e-5];
        foreach (double y in values)
        {
            foreach (double x in values)
            {
                double[] found = new double[1];
                float[] foundSingle = new float[1];
                Elementwise.Binary<Atan2Function, double>([y], [x], found);
                Elementwise.Binary<Atan2Function, float>([(float)y], [(float)x], foundSingle);
                AssertClose(Math.Atan2(y, x), found[0], 1e-15, $"atan2({y}, {x})");
                AssertClose(Math.Atan2((float)y, (float)x), foundSingle[0], 5e-7, $"float atan2({y}, {x})");
            }
        }
    }

    [Fact]
    public void PowTakesTheShortWaysOnlyWhereTheyAreRight()
    {
        foreach (double exponent in new[] { 0, 1, 2, 3, 4, 0.5, -0.5, -1, -2, 2.5, -3, 7 })
        {
            double[] x = [0, 1e-3, 0.7, 1, 3.3, 20, 1e4, double.NaN], y = new double[x.Length];
            Elementwise.Unary(x, y, new PowScalarFunction(exponent));
            for (int i = 0; i < x.Length; i++) AssertClose(Math.Pow(x[i], exponent), y[i], 1e-15, $"{x[i]}^{exponent}");
        }
    }

    internal static void AssertClose(double expected, double found, double tolerance, string what)
    {
        bool same = double.IsNaN(expected) ? double.IsNaN(found)
            : expected == found ? double.IsNegative(expected) == double.IsNegative(found)
            : Math.Abs(found - expected) <= tolerance * Math.Abs(expected) || (Math.Abs(expected) < 1e-37 && Math.Abs(found - expected) < 3e-45);
        Assert.True(same, $"{what}: expected {expected:R}, found {found:R}");
    }

    private static double Expm1(double x) => Math.Abs(x) < 1e-4 ? x + x * x / 2 + x * x * x / 6 : Math.Exp(x) - 1;

    private static double Log1p(double x) => Math.Abs(x) < 1e-4 ? x - x * x / 2 + x * x * x / 3 : Math.Log(1 + x);

    private static void CheckFloat<TFunction>(Func<double, double> exact, double limit = 4)
        where TFunction : unmanaged, IUnaryFunction
    {
        uint step = Deep ? 61u : 40009u;
        float[] x = new float[1 << 14], y = new float[x.Length];
        double worst = 0;
        float worstAt = 0;
        for (ulong first = 0; first < 1UL << 32;)
        {
            int count = 0;
            for (; count < x.Length && first < 1UL << 32; first += step) x[count++] = BitConverter.UInt32BitsToSingle((uint)first);
            Elementwise.Unary<TFunction, float>(x, y);
            for (int i = 0; i < count; i++)
            {
                double expected = exact(x[i]);
                float rounded = (float)expected;
                if (rounded.Equals(y[i])) continue;
                float next = MathF.BitIncrement(MathF.Abs(rounded));
                double ulps = float.IsFinite(next) ? Math.Abs(y[i] - expected) / (next - MathF.Abs(rounded)) : double.PositiveInfinity;
                if (ulps <= worst) continue;
                worst = ulps;
                worstAt = x[i];
            }
        }

        Assert.True(worst <= limit, $"{typeof(TFunction).Name} is {worst} ulp off at {worstAt:R}");
    }

    private static void CheckDouble<TFunction>(Func<H, H> exact, double low, double high)
        where TFunction : unmanaged, IUnaryFunction
    {
        int count = Deep ? 4000 : 42;
        System.Random random = new(12345);
        double[] x = new double[count], y = new double[count];
        for (int i = 0; i < count; i++)
        {
            double uniform = low + (high - low) * random.NextDouble();
            double small = Math.Pow(2, -40 * random.NextDouble()) * (low < 0 && random.Next(2) == 0 ? -1 : 1);
            double wide = low > 0 ? Math.Exp(Math.Log(low) + (Math.Log(high) - Math.Log(low)) * random.NextDouble()) : uniform;
            x[i] = Math.Clamp((i % 3) switch { 0 => uniform, 1 => small, _ => wide }, low, high);
        }

        Elementwise.Unary<TFunction, double>(x, y);
        for (int i = 0; i < count; i++)
        {
            double ulps = exact(H.From(x[i])).UlpsOff(y[i], single: false);
            Assert.True(ulps <= 4, $"{typeof(TFunction).Name}({x[i]:R}) = {y[i]:R} is {ulps} ulp off");
        }
    }

    private static void At<TFunction>(int width, params (double X, double Y)[] points)
        where TFunction : unmanaged, IUnaryFunction
    {
        using WidthScope scope = new(width);
        foreach ((double x, double expected) in points)
        {
            double[] y = new double[1];
            float[] single = new float[1];
            Elementwise.Unary<TFunction, double>([x], y);
            Elementwise.Unary<TFunction, float>([(float)x], single);
            Assert.True(Same(expected, y[0]), $"{typeof(TFunction).Name}({x}) is {y[0]}, not {expected}, at {width} bits");
            Assert.True(
                Same((float)expected, single[0]), $"float {typeof(TFunction).Name}({x}) is {single[0]}, not {expected}, at {width} bits");
        }

        static bool Same(double expected, double found) =>
            expected.Equals(found) && (double.IsNaN(expected) || double.IsNegative(expected) == double.IsNegative(found) || expected == 0 && !double.IsNegative(expected));
    }
}

/// <summary>
/// Runs kernels at one vector width, 0 for one lane, until disposed. Other tests may run meanwhile: the width changes no
/// result.
/// </summary>
internal readonly struct WidthScope : IDisposable
{
    internal static readonly int[] All = [0, 128, 256, 512];

    private readonly int _before;

    public WidthScope(int width)
    {
        _before = Simd.Width;
        Simd.Width = width;
    }

    public void Dispose() => Simd.Width = _before;
}
