using System.Numerics;
using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests;

public sealed class ReductionsTests
{
    private static readonly (int Outer, int Reduce, int Inner)[] Layouts =
    [
        (1, 1, 1), (3, 7, 1), (2, 5, 4), (1, 100, 3), (4, 33, 17), (2, 1, 9), (1, 1030, 1), (2, 70, 300), (0, 3, 2), (3, 4, 0), (5, 257, 2),
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void SumsKeepTheirErrorBound(Type type) => Run(nameof(CheckSums), type);

    [Theory]
    [MemberData(nameof(Types))]
    public void RunningSumsKeepTheErrorBoundOfSums(Type type) => Run(nameof(CheckRunningSums), type);

    [Theory]
    [MemberData(nameof(Types))]
    public void ExtremesKeepNaNAtEveryIndex(Type type) => Run(nameof(CheckExtremes), type);

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryReductionAgreesWithPlainLoopsAtEveryWidth(Type type) => Run(nameof(CheckLayouts), type);

    [Theory]
    [MemberData(nameof(Types))]
    public void ReductionsStayInsideTheirBuffers(Type type) => Run(nameof(CheckCanaries), type);

    public static TheoryData<Type> Types => [typeof(float), typeof(double)];

    [Fact]
    public void SumOfSquaresDoesNotOverflowInFloat()
    {
        foreach (int width in WidthScope.All)
        {
            using WidthScope scope = new(width);
            Assert.Equal(3e60, Reductions.SumOfSquares<float>([1e30f, 1e30f, -1e30f]), 1e54);
            float[] values = [.. Enumerable.Range(0, 5000).Select(i => 0.1f * (i % 7 - 3))];
            Assert.Equal(1, Reductions.SumOfSquares<float>(values) / values.Sum(v => (double)v * v), 1e-12);
            Assert.Equal(0, Reductions.SumOfSquares<double>([]));
        }
    }

    [Fact]
    public void SoftmaxAndItsLogarithmAreStable()
    {
        double[] y = new double[2];
        Reductions.Softmax<double>([1000, 0], y, 1, 2, 1);
        Assert.Equal([1.0, 0.0], y);
        Reductions.LogSoftmax<double>([1e4, 0], y, 1, 2, 1);
        Assert.Equal([0.0, -1e4], y);
        Reductions.Softmax<double>([double.NegativeInfinity, 3], y, 1, 2, 1);
        Assert.Equal([0.0, 1.0], y);
        double[] one = new double[1];
        Reductions.LogSumExp<double>([double.NegativeInfinity, double.NegativeInfinity], one, 1, 2, 1);
        Assert.Equal(double.NegativeInfinity, one[0]);
        Reductions.LogSumExp<double>([double.PositiveInfinity, 0], one, 1, 2, 1);
        Assert.Equal(double.PositiveInfinity, one[0]);
        Reductions.LogSumExp<double>([], one, 1, 0, 1);
        Assert.Equal(double.NegativeInfinity, one[0]);
        Reductions.LogSumExp<double>([1e300, 1e300], one, 1, 2, 1);
        Assert.Equal(1e300, one[0]);
    }

    [Fact]
    public void NothingToReduceIsAnErrorOnlyForExtremes()
    {
        double[] y = [7, 7];
        Reductions.Sum<double>([], y, 2, 0, 1);
        Assert.Equal([0.0, 0.0], y);
        Reductions.Mean<double>([], y, 2, 0, 1);
        Assert.All(y, value => Assert.True(double.IsNaN(value)));
        Reductions.Sum<double>([], y, 1, 0, 2);
        Assert.Equal([0.0, 0.0], y);
        Assert.Throws<ArgumentException>(() => Reductions.Max<double>([], y, 2, 0, 1));
        Assert.Throws<ArgumentException>(() => Reductions.ArgMin<double>([], new int[2], 2, 0, 1));
        Assert.Throws<ArgumentException>(() => Reductions.Sum<double>(new double[5], y, 2, 3, 1));
        Reductions.Max<double>([], [], 0, 3, 1);
    }

    [Fact]
    public void ArgExtremesTakeTheFirst()
    {
        int[] index = new int[1];
        Reductions.ArgMax<float>([1, 3, 3, 2], index, 1, 4, 1);
        Assert.Equal(1, index[0]);
        Reductions.ArgMax<float>([1, float.NaN, 3, float.NaN], index, 1, 4, 1);
        Assert.Equal(1, index[0]);
        Reductions.ArgMin<float>([1, 0, float.NaN, -3], index, 1, 4, 1);
        Assert.Equal(2, index[0]);
        Reductions.ArgMax<float>([-0f, 0f], index, 1, 2, 1);
        Assert.Equal(0, index[0]);
    }

    private static void Run(string method, Type type) => typeof(ReductionsTests)
        .GetMethod(method, System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
        .MakeGenericMethod(type).Invoke(null, System.Reflection.BindingFlags.DoNotWrapExceptions, null, null, null);

    private static void CheckSums<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double epsilon = typeof(T) == typeof(float) ? Math.Pow(2, -24) : Math.Pow(2, -53);
        System.Random random = new(17);
        int[] lengths = [.. Enumerable.Range(0, 300), 511, 512, 1023, 1024, 1025, 2048, 4097, 100_003, 1 << 18];
        foreach (int length in lengths)
        {
            T[] x = [.. Enumerable.Range(0, length).Select(_ => T.CreateTruncating((random.NextDouble() - 0.4) * Math.Pow(2, random.Next(-8, 8))))];
            HighPrecision exact = default;
            double absolute = 0;
            foreach (T value in x)
            {
                exact += HighPrecision.From(double.CreateTruncating(value));
                absolute += Math.Abs(double.CreateTruncating(value));
            }

            T? first = null, firstDot = null;
            foreach (int width in WidthScope.All)
            {
                using WidthScope scope = new(width);
                T sum = Reductions.Sum<T>(x), dot = Reductions.Dot<T>(x, x);
                Assert.Equal(first ??= sum, sum);
                Assert.Equal(firstDot ??= dot, dot);
            }

            double error = Math.Abs((exact - HighPrecision.From(double.CreateTruncating(first!.Value))).ToDouble());
            Assert.True(error <= 8 * (1 + Math.Log2(Math.Max(length, 1))) * epsilon * absolute, $"sum of {length}: off by {error}");
            if (length > 2000) Assert.True(error <= 4 * epsilon * absolute, $"sum of {length}: off by {error}, more than pairwise sums are in practice");
            double squares = x.Sum(v => double.CreateTruncating(v) * double.CreateTruncating(v));
            Assert.True(Math.Abs(double.CreateTruncating(firstDot!.Value) - squares) <= 8 * (1 + Math.Log2(Math.Max(length, 1))) * epsilon * squares + 1e-300);
        }
    }

    private static void CheckRunningSums<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double epsilon = typeof(T) == typeof(float) ? Math.Pow(2, -24) : Math.Pow(2, -53);
        System.Random random = new(19);
        T[] x = [.. Enumerable.Range(0, 100_003).Select(_ => T.CreateTruncating((random.NextDouble() - 0.2) * Math.Pow(2, random.Next(-8, 8))))], y = new T[x.Length];
        foreach (bool reverse in new[] { false, true })
        {
            Reductions.CumulativeSum<T>(x, y, 1, x.Length, 1, reverse);
            HighPrecision exact = default;
            double absolute = 0;
            for (int k = 0; k < x.Length; k++)
            {
                int at = reverse ? x.Length - 1 - k : k;
                exact += HighPrecision.From(double.CreateTruncating(x[at]));
                absolute += Math.Abs(double.CreateTruncating(x[at]));
                double error = Math.Abs((exact - HighPrecision.From(double.CreateTruncating(y[at]))).ToDouble());
                if (error > 8 * (1 + Math.Log2(k + 1)) * epsilon * absolute) Assert.Fail($"running sum of {k + 1}: off by {error}");
            }
        }
    }

    private static void CheckExtremes<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        System.Random random = new(23);
        T[] x = [.. Enumerable.Range(0, 300).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
        T[] y = new T[1];
        int[] index = new int[1];
        foreach (int width in WidthScope.All)
        {
            using WidthScope scope = new(width);
            for (int length = 1; length <= 257; length++)
            {
                int start = length % 8;
                Span<T> row = x.AsSpan(start, length);
                Reductions.Max<T>(row, y, 1, length, 1);
                Assert.Equal(row.ToArray().Max(), y[0]);
                Reductions.Min<T>(row, y, 1, length, 1);
                Assert.Equal(row.ToArray().Min(), y[0]);
                for (int at = length > 40 ? length - 36 : 0; at < length; at++)
                {
                    T before = row[at];
                    row[at] = T.NaN;
                    Reductions.Max<T>(row, y, 1, length, 1);
                    Assert.True(T.IsNaN(y[0]), $"max of {length} with NaN at {at}, {width} bits");
                    Reductions.Min<T>(row, y, 1, length, 1);
                    Assert.True(T.IsNaN(y[0]), $"min of {length} with NaN at {at}, {width} bits");
                    Reductions.ArgMax<T>(row, index, 1, length, 1);
                    Assert.Equal(at, index[0]);
                    row[at] = T.NegativeInfinity;
                    Reductions.ArgMin<T>(row, index, 1, length, 1);
                    Assert.Equal(at, index[0]);
                    row[at] = before;
                }
            }
        }
    }

    private static void CheckLayouts<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double tolerance = typeof(T) == typeof(float) ? 4e-6 : 1e-14;
        System.Random random = new(29);
        foreach ((int outer, int reduce, int inner) in Layouts)
        {
            T[] x = [.. Enumerable.Range(0, outer * reduce * inner).Select(_ => T.CreateTruncating(random.NextDouble() * 6 - 3))];
            T[] gy = [.. x.Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
            T[][]? first = null;
            foreach (int width in WidthScope.All)
            {
                using WidthScope scope = new(width);
                T[][] found = All(x, gy, outer, reduce, inner);
                first ??= found;
                for (int k = 0; k < found.Length; k++)
                {
                    Assert.True(
                        MemoryMarshal.AsBytes(first[k].AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(found[k].AsSpan())),
                        $"reduction {k} of [{outer}, {reduce}, {inner}] differs at {width} bits");
                }
            }

            double[][] expected = Plain(x, gy, outer, reduce, inner);
            for (int k = 0; k < expected.Length; k++)
            {
                Assert.Equal(expected[k].Length, first![k].Length);
                for (int i = 0; i < expected[k].Length; i++)
                {
                    double value = double.CreateTruncating(first[k][i]);
                    double scale = k < 2 ? Math.Max(1, reduce) : 1 + Math.Abs(expected[k][i]);
                    Assert.True(Math.Abs(value - expected[k][i]) <= tolerance * scale, $"reduction {k} of [{outer}, {reduce}, {inner}], {i}: {value}, not {expected[k][i]}");
                }
            }
        }
    }

    private static T[][] All<T>(T[] x, T[] gy, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] New(int count) => new T[count];
        int n = outer * inner;
        T[] sum = New(n), mean = New(n), max = New(n), min = New(n), lse = New(n), argMax = New(n), argMin = New(n);
        T[] softmax = New(x.Length), log = New(x.Length), gradient = New(x.Length), logGradient = New(x.Length);
        Reductions.Sum<T>(x, sum, outer, reduce, inner);
        Reductions.Mean<T>(x, mean, outer, reduce, inner);
        Reductions.Max<T>(x, max, outer, reduce, inner);
        Reductions.Min<T>(x, min, outer, reduce, inner);
        Reductions.LogSumExp<T>(x, lse, outer, reduce, inner);
        int[] indices = new int[n];
        Reductions.ArgMax<T>(x, indices, outer, reduce, inner);
        for (int i = 0; i < n; i++) argMax[i] = T.CreateTruncating(indices[i]);
        Reductions.ArgMin<T>(x, indices, outer, reduce, inner);
        for (int i = 0; i < n; i++) argMin[i] = T.CreateTruncating(indices[i]);
        Reductions.Softmax<T>(x, softmax, outer, reduce, inner);
        Reductions.LogSoftmax<T>(x, log, outer, reduce, inner);
        Reductions.SoftmaxGradient<T>(gy, softmax, gradient, outer, reduce, inner);
        gy.CopyTo(logGradient, 0);
        Reductions.LogSoftmaxGradient<T>(logGradient, log, logGradient, outer, reduce, inner);
        return [sum, mean, max, min, lse, argMax, argMin, softmax, log, gradient, logGradient];
    }

    private static double[][] Plain<T>(T[] values, T[] cotangents, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = outer * inner;
        double[][] result = [.. Enumerable.Range(0, 11).Select(k => new double[k < 7 ? n : values.Length])];
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i++)
            {
                int[] at = [.. Enumerable.Range(0, reduce).Select(k => (o * reduce + k) * inner + i)];
                double[] x = [.. at.Select(a => double.CreateTruncating(values[a]))], g = [.. at.Select(a => double.CreateTruncating(cotangents[a]))];
                double total = x.Sum(Math.Exp), dot = x.Zip(g, (a, b) => Math.Exp(a) / total * b).Sum();
                int to = o * inner + i;
                result[0][to] = x.Sum();
                result[1][to] = x.Average();
                result[2][to] = x.Max();
                result[3][to] = x.Min();
                result[4][to] = Math.Log(total);
                result[5][to] = Array.IndexOf(x, x.Max());
                result[6][to] = Array.IndexOf(x, x.Min());
                for (int k = 0; k < reduce; k++)
                {
                    double p = Math.Exp(x[k]) / total;
                    result[7][at[k]] = p;
                    result[8][at[k]] = Math.Log(p);
                    result[9][at[k]] = p * (g[k] - dot);
                    result[10][at[k]] = g[k] - p * g.Sum();
                }
            }
        }

        return result;
    }

    private static void CheckCanaries<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T canary = T.CreateTruncating(-777.25);
        foreach (int width in WidthScope.All)
        {
            using WidthScope scope = new(width);
            foreach ((int outer, int reduce, int inner) in Layouts)
            {
                T[] x = new T[outer * reduce * inner + 16], y = new T[x.Length + 16];
                x.AsSpan().Fill(T.NaN);
                x.AsSpan(8, outer * reduce * inner).Fill(T.One);
                int count = outer * inner;
                y.AsSpan().Fill(canary);
                Reductions.Sum<T>(x.AsSpan(8, outer * reduce * inner), y.AsSpan(8, count), outer, reduce, inner);
                Check(y, count, T.CreateTruncating(reduce));
                Reductions.Max<T>(x.AsSpan(8, outer * reduce * inner), y.AsSpan(8, count), outer, reduce, inner);
                Check(y, count, T.One);
                Reductions.Softmax<T>(x.AsSpan(8, outer * reduce * inner), y.AsSpan(8, count * reduce), outer, reduce, inner);
                Check(y, count * reduce, T.One / T.CreateTruncating(reduce));
            }
        }

        void Check(T[] y, int count, T expected)
        {
            Assert.False(y.AsSpan(0, 8).ContainsAnyExcept(canary), "wrote before the result");
            Assert.False(y.AsSpan(8 + count).ContainsAnyExcept(canary), "wrote behind the result");
            Assert.False(y.AsSpan(8, count).ContainsAnyExcept(expected), "read outside the input");
            y.AsSpan().Fill(canary);
        }
    }
}
