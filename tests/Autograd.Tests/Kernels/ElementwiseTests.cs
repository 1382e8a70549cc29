using System.Reflection;
using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests;

/// <summary>Every functor there is, found by reflection, at every width, length, offset and special value.</summary>
public sealed class ElementwiseTests
{
    private const double Canary = -12345.678;
    private const int MaxLength = 257;
    private static readonly bool Deep = Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";

    private static readonly double[] Specials =
        [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, double.NaN, double.NaN, 0.0];

    public static TheoryData<Type> Functions => [.. FunctionTypes()];

    [Theory]
    [MemberData(nameof(Functions))]
    public void BitsDoNotDependOnWidthLengthOrPosition(Type function)
    {
        Invoke(nameof(CheckPositions), function, typeof(float));
        Invoke(nameof(CheckPositions), function, typeof(double));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void ZeroCotangentGivesExactlyZero(Type function)
    {
        // The gradients of softmax and of normalizations take a sum that is 0 only with the cotangent.
        if (!function.Name.EndsWith("GradientFunction", StringComparison.Ordinal) || function.Name.Contains("Softmax") || function.Name == nameof(StandardizeGradientFunction)) return;
        Invoke(nameof(CheckZeroCotangent), function, typeof(float));
        Invoke(nameof(CheckZeroCotangent), function, typeof(double));
    }

    [Fact]
    public void ThereAreAsManyFunctionsAsTheVocabularyNeeds() => Assert.InRange(FunctionTypes().Count(), 80, 200);

    [Fact]
    public void InputsThatDoNotFitAreRefused()
    {
        float[] four = new float[4], three = new float[3];
        Assert.Contains("3 elements and the result 4", Assert.Throws<ArgumentException>(
            () => Elementwise.Unary<ExpFunction, float>(three, four)).Message);
        Assert.Throws<ArgumentException>(() => Elementwise.Binary<AddFunction, float>(four, three, four));
        Assert.Throws<ArgumentException>(() => Elementwise.Ternary<MultiplyAddFunction, float>(four, four, three, four));
        Assert.Throws<ArgumentException>(() => Elementwise.Where<float>(new bool[3], four, four, four));
    }

    [Fact]
    public void WhereChoosesByEveryByteThatIsNotZero()
    {
        foreach (int width in WidthScope.All)
        {
            using WidthScope scope = new(width);
            System.Random random = new(3);
            for (int length = 0; length <= 70; length++)
            {
                bool[] condition = new bool[length + 3];
                MemoryMarshal.AsBytes(condition.AsSpan()).Clear();
                for (int i = 0; i < condition.Length; i++)
                {
                    // A bool of another language may be any byte.
                    MemoryMarshal.AsBytes(condition.AsSpan())[i] = (byte)(random.Next(2) * random.Next(1, 256));
                }

                CheckWhere(condition.AsSpan(3), 1f, float.NaN);
                CheckWhere(condition.AsSpan(3), double.NaN, -2d);
            }
        }

        static void CheckWhere<T>(ReadOnlySpan<bool> condition, T yes, T no)
            where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        {
            T[] z = new T[condition.Length];
            Elementwise.Where(condition, [yes], Enumerable.Repeat(no, z.Length).ToArray(), z.AsSpan());
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(condition);
            for (int i = 0; i < z.Length; i++) Assert.Equal(bytes[i] != 0 ? yes : no, z[i]);
        }
    }

    [Fact]
    public void ConditionThatStandsStillIsSpread()
    {
        foreach (int width in WidthScope.All)
        {
            using WidthScope scope = new(width);
            float[] z = new float[37];
            Elementwise.Where([true], [2f], [3f], z);
            Assert.All(z, value => Assert.Equal(2f, value));
            Elementwise.Where([false], [2f], [3f], z);
            Assert.All(z, value => Assert.Equal(3f, value));
        }
    }

    internal static IEnumerable<Type> FunctionTypes() => typeof(Elementwise).Assembly.GetTypes().Where(type =>
        type.IsValueType && !type.IsGenericType && type.GetInterfaces().Any(
            i => i == typeof(IUnaryFunction) || i == typeof(IBinaryFunction) || i == typeof(ITernaryFunction)));

    /// <summary>A functor with some value for each of its parameters.</summary>
    internal static TFunction Create<TFunction>()
    {
        ConstructorInfo? constructor = typeof(TFunction).GetConstructors().MaxBy(c => c.GetParameters().Length);
        return constructor is null ? default! : (TFunction)constructor.Invoke([.. constructor.GetParameters().Select(Parameter)]);

        static object Parameter(ParameterInfo parameter) => parameter.Name switch
        {
            "min" => -0.75,
            "max" => 0.5,
            "slope" => 0.125,
            "alpha" => 1.25,
            "scale" => 0.875,
            "beta" => 1.5,
            "threshold" => 20.0,
            "scalar" => 1.75,
            "exponent" => 3.0,
            _ => 0.25,
        };
    }

    /// <summary>Applies a functor of one, two or three arguments.</summary>
    internal static void Apply<TFunction, T>(TFunction function, T[][] inputs, int offset, Span<T> result)
        where TFunction : unmanaged
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> x = inputs[0].AsSpan(offset, result.Length);
        ReadOnlySpan<T> y = inputs[1].AsSpan(offset, result.Length);
        ReadOnlySpan<T> z = inputs[2].AsSpan(offset, result.Length);
        Applier<T> applier = function switch
        {
            IUnaryFunction => Unary<T>.For<TFunction>(),
            IBinaryFunction => Binary<T>.For<TFunction>(),
            _ => Ternary<T>.For<TFunction>(),
        };
        applier.Apply(function, x, y, z, result);
    }

    private static void Invoke(string method, Type function, Type element) =>
        typeof(ElementwiseTests).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(function, element).Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null);

    private static void CheckPositions<TFunction, T>()
        where TFunction : unmanaged
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        // All windows of one long array, whose expected values one lane at a time gives; every index of every length sees
        // every special value, because the windows start everywhere.
        TFunction function = Create<TFunction>();
        const int size = 2 * MaxLength + 64;
        System.Random random = new(7);
        T[][] inputs = [Values(1, 3), Values(2, 5), Values(3, 7)];
        T[] expected = new T[size];
        using (new WidthScope(0)) Apply(function, inputs, 0, expected);
        T canary = T.CreateTruncating(Canary);
        foreach (int width in WidthScope.All)
        {
            using WidthScope scope = new(width);
            T[] buffer = new T[MaxLength + 16];
            for (int length = 0; length <= MaxLength; length++)
            {
                // Every start address while a row is a few vectors long, then one for each length; all of them in a deep run.
                int first = length % 8, offsets = Deep || (length <= 40 && width == Simd.Best) ? 8 : 1;
                for (int offset = first; offset < first + offsets; offset++)
                {
                    int start = ((length * 37) + (offset * 101)) % (size - length), at = 1 + (offset % 8);
                    buffer.AsSpan().Fill(canary);
                    Apply(function, inputs, start, buffer.AsSpan(at, length));
                    AssertSame<T>(expected.AsSpan(start, length), buffer.AsSpan(at, length), $"{typeof(TFunction).Name} of {typeof(T).Name} at {width} bits, length {length}");
                    if (buffer.AsSpan(0, at).ContainsAnyExcept(canary)) Assert.Fail("wrote before the result");
                    if (buffer.AsSpan(at + length).ContainsAnyExcept(canary)) Assert.Fail("wrote behind the result");
                }
            }

            // In place.
            T[][] copies = [.. inputs.Select(input => (T[])input.Clone())];
            Apply(function, copies, 0, copies[0].AsSpan());
            AssertSame<T>(expected, copies[0], $"{typeof(TFunction).Name} in place");
        }

        T[] Values(int seed, int every)
        {
            T[] values = new T[size];
            T tiny = T.Epsilon * T.CreateTruncating(5);
            T[] specials = [.. Specials.Select(T.CreateTruncating), tiny, typeof(T) == typeof(float) ? T.CreateTruncating(float.MaxValue) : T.CreateTruncating(double.MaxValue)];
            for (int i = 0; i < size; i++)
            {
                values[i] = i % every == seed % every ? specials[i / every % specials.Length]
                    : T.CreateTruncating((random.NextDouble() - 0.5) * (i % 4 == 0 ? 100 : 4));
            }

            return values;
        }
    }

    private static void CheckZeroCotangent<TFunction, T>()
        where TFunction : unmanaged
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        // Of the functions that have poles, only points away from them.
        string name = typeof(TFunction).Name;
        bool bounded = name is "AsinGradientFunction" or "TanhGradientFunction" or "SigmoidGradientFunction";
        bool tame = bounded || name.StartsWith("Exp", StringComparison.Ordinal) || name.StartsWith("LogDivergence", StringComparison.Ordinal) || name is "SinhGradientFunction" or "CoshGradientFunction";
        double[] points = bounded ? [0.5, -0.5, 1e-3, 0.999] : tame ? [3, -3, 20, -80] : [0.5, 2, -2.5, 30, -30, 1e4, -1e4, 1e-3];
        if (name is "BinaryCrossEntropyTargetGradientFunction") points = [0.5, 1e-3, 0.999];
        if (name is "DivergenceTargetGradientFunction") points = [.. points.Where(static p => p > 0)];
        if (name is "PowExponentGradientFunction") points = [.. points.Where(p => p is > 0 and < 10)];
        if (name is "PowBaseGradientFunction") points = [0.5, 2, 3];
        T[] x = [.. points.Select(T.CreateTruncating)];
        T[] zero = new T[x.Length], found = new T[x.Length];
        Apply(Create<TFunction>(), [zero, x, x], 0, found.AsSpan());
        for (int i = 0; i < x.Length; i++) Assert.True(found[i] == T.Zero, $"{name} of {typeof(T).Name} at {x[i]} is {found[i]}");
    }

    private static void AssertSame<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> found, string what)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        if (MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(found))) return;
        for (int i = 0; i < expected.Length; i++)
        {
            // Two NaN are equal whatever their bits.
            bool same = expected[i].Equals(found[i]) && T.IsNegative(expected[i]) == T.IsNegative(found[i]);
            Assert.True(same || T.IsNaN(expected[i]) && T.IsNaN(found[i]), $"{what}, index {i}: expected {expected[i]:R}, found {found[i]:R}");
        }
    }

    private abstract class Applier<T>
    {
        public abstract void Apply(object function, ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> z, Span<T> result);
    }

    private static class Unary<T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        public static Applier<T> For<TFunction>() => Make<T>(typeof(Of<>), typeof(TFunction));

        private sealed class Of<TFunction> : Applier<T>
            where TFunction : unmanaged, IUnaryFunction
        {
            public override void Apply(object function, ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> z, Span<T> result) =>
                Elementwise.Unary(x, result, (TFunction)function);
        }
    }

    private static class Binary<T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        public static Applier<T> For<TFunction>() => Make<T>(typeof(Of<>), typeof(TFunction));

        private sealed class Of<TFunction> : Applier<T>
            where TFunction : unmanaged, IBinaryFunction
        {
            public override void Apply(object function, ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> z, Span<T> result) =>
                Elementwise.Binary(x, y, result, (TFunction)function);
        }
    }

    private static class Ternary<T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        public static Applier<T> For<TFunction>() => Make<T>(typeof(Of<>), typeof(TFunction));

        private sealed class Of<TFunction> : Applier<T>
            where TFunction : unmanaged, ITernaryFunction
        {
            public override void Apply(object function, ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> z, Span<T> result) =>
                Elementwise.Ternary(x, y, z, result, (TFunction)function);
        }
    }

    private static Applier<T> Make<T>(Type definition, Type function) =>
        (Applier<T>)Activator.CreateInstance(definition.MakeGenericType(typeof(T), function))!;
}
