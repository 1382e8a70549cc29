using System.Numerics;
using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests;

/// <summary>
/// Every kernel along an axis at all lengths 0 … 257 between canaries, at every vector width, with special values: the bits are
/// those of one lane at a time, and the values those of plain loops. Rows of a few vectors start at every address and have a special
/// value at every index, longer ones at some; with AUTOGRAD_DEEP=1 all lengths have all addresses and all values at all indices.
/// </summary>
public sealed class ReductionGridTests
{
    private const int MaxLength = 257;
    private const int Margin = 8;

    // The most elements of a row that is a few vectors long, and lengths beside the ends of vectors, streams and blocks.
    private const int Short = 36;
    private static readonly int[] Ends = [63, 64, 65, 127, 128, 129, 255, 256, 257];
    private static readonly bool Deep = Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";

    /// <summary>A kernel: x and g have the input's elements; a cotangent of a group is the first of g's.</summary>
    private delegate void Work<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> g, Span<T> y, int outer, int reduce, int inner);

    public static TheoryData<string, Type> Kernels
    {
        get
        {
            TheoryData<string, Type> data = [];
            foreach (Kernel<double> kernel in All<double>())
            {
                data.Add(kernel.Name, typeof(float));
                data.Add(kernel.Name, typeof(double));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void ValuesAreThoseOfPlainLoopsAtEveryLengthAndAddress(string kernel, Type type) => Run(nameof(CheckLengths), kernel, type);

    [Theory]
    [MemberData(nameof(Kernels))]
    public void SpecialValuesAtEveryIndexAreTreatedAlikeAtEveryWidth(string kernel, Type type) => Run(nameof(CheckSpecials), kernel, type);

    [Theory]
    [MemberData(nameof(Kernels))]
    public void MiddleAxesAreWorkedOnLikeRows(string kernel, Type type) => Run(nameof(CheckLayouts), kernel, type);

    private static void Run(string method, string kernel, Type type) => typeof(ReductionGridTests)
        .GetMethod(method, System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
        .MakeGenericMethod(type).Invoke(null, System.Reflection.BindingFlags.DoNotWrapExceptions, null, [kernel], null);

    private static Kernel<T>[] All<T>()
        where T : unmanaged, IFloatingPointIeee754<T> =>
    [
        new("sum", false, true, static (x, g, y, o, r, i) => Reductions.Sum(x, y, o, r, i), static (x, g) => [Total(x)]),
        new("mean", false, true, static (x, g, y, o, r, i) => Reductions.Mean(x, y, o, r, i), static (x, g) => [Total(x) / x.Length]),
        new("max", false, true, static (x, g, y, o, r, i) => Reductions.Max(x, y, o, r, i), static (x, g) => [Fold(x, Math.Max)]) { Empty = false },
        new("min", false, true, static (x, g, y, o, r, i) => Reductions.Min(x, y, o, r, i), static (x, g) => [Fold(x, Math.Min)]) { Empty = false },
        new("argmax", false, true, static (x, g, y, o, r, i) => Indices(x, y, o, r, i, max: true), static (x, g) => [First(x, Fold(x, Math.Max))]) { Empty = false },
        new("argmin", false, true, static (x, g, y, o, r, i) => Indices(x, y, o, r, i, max: false), static (x, g) => [First(x, Fold(x, Math.Min))]) { Empty = false },
        new("max gradient", true, true, static (x, g, y, o, r, i) => ExtremeGradient(x, g, y, o, r, i), static (x, g) => Ties(x, g[0])) { Empty = false },
        new("log-sum-exp", false, false, static (x, g, y, o, r, i) => Reductions.LogSumExp(x, y, o, r, i), static (x, g) => [Math.Log(Total([.. x.Select(Math.Exp)]))]),
        new("softmax", true, false, static (x, g, y, o, r, i) => Reductions.Softmax(x, y, o, r, i), static (x, g) => Softmax(x)),
        new("log-softmax", true, false, static (x, g, y, o, r, i) => Reductions.LogSoftmax(x, y, o, r, i), static (x, g) => [.. Softmax(x).Select(static p => Math.Log(p))]),
        new("softmax gradient", true, false, static (x, g, y, o, r, i) => Reductions.SoftmaxGradient(g, x, y, o, r, i), static (x, g) => SoftmaxGradient(x, g)),
        new("log-softmax gradient", true, false, static (x, g, y, o, r, i) => Reductions.LogSoftmaxGradient(g, x, y, o, r, i), static (x, g) => [.. x.Select((v, k) => g[k] - (Math.Exp(v) * Total(g)))]),
        new("variance", false, false, static (x, g, y, o, r, i) => Variance(x, y, o, r, i, root: false), static (x, g) => [Variance(x)]),
        new("deviation", false, false, static (x, g, y, o, r, i) => Variance(x, y, o, r, i, root: true), static (x, g) => [Math.Sqrt(Variance(x))]),
        new("norm 1", false, true, static (x, g, y, o, r, i) => Reductions.Norm(x, y, o, r, i, 1), static (x, g) => [Total([.. x.Select(Math.Abs)])]),
        new("norm 2", false, false, static (x, g, y, o, r, i) => Reductions.Norm(x, y, o, r, i, 2), static (x, g) => [Math.Sqrt(Total([.. x.Select(static v => v * v)]))]),
        new("norm 3", false, false, static (x, g, y, o, r, i) => Reductions.Norm(x, y, o, r, i, 3), static (x, g) => [Math.Cbrt(Total([.. x.Select(static v => Math.Abs(v * v * v))]))]),
        new("product", false, false, static (x, g, y, o, r, i) => Reductions.Product(x, y, o, r, i), static (x, g) => [Others(x, -1)]),
        new("product gradient", true, false, static (x, g, y, o, r, i) => Reductions.ProductGradient(g[..(o * i)], x, y, o, r, i), static (x, g) => [.. x.Select((_, k) => g[0] * Others(x, k))]) { Empty = false },
        new("running sum", true, true, static (x, g, y, o, r, i) => Reductions.CumulativeSum(x, y, o, r, i, reverse: false), static (x, g) => [.. x.Select((_, k) => Total(x[..(k + 1)]))]),
        new("running sum from the end", true, true, static (x, g, y, o, r, i) => Reductions.CumulativeSum(x, y, o, r, i, reverse: true), static (x, g) => [.. x.Select((_, k) => Total(x[k..]))]),
        new("running product", true, false, static (x, g, y, o, r, i) => Reductions.CumulativeProduct(x, y, o, r, i), static (x, g) => [.. x.Select((_, k) => Others(x[..(k + 1)], -1))]),
        new("running product gradient", true, false, static (x, g, y, o, r, i) => CumulativeProductGradient(x, g, y, o, r, i), static (x, g) => CumulativeProductGradient(x, g)),
        new("recurrence", true, false, static (x, g, y, o, r, i) => Reductions.Recurrence(x, g, y, o, r, i, reverse: false), static (x, g) => Recurrence(x, g)),
        new("recurrence from the end", true, false, static (x, g, y, o, r, i) => Reductions.Recurrence(x, g, y, o, r, i, reverse: true), static (x, g) => [.. Recurrence([0, .. x[1..].Reverse()], [.. g.Reverse()]).Reverse()]) { Empty = false },
    ];

    private static void CheckLengths<T>(string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Kernel<T> kernel = Find<T>(name);
        T[] x = Values<T>(1, MaxLength + Margin), g = Values<T>(2, MaxLength + Margin);
        for (int length = kernel.Empty ? 0 : 1; length <= MaxLength; length++)
        {
            for (int offset = 0; offset < Margin; offset++)
            {
                if (!Deep && length > Short && offset != length % Margin) continue;
                T[] found = AtEveryWidth(kernel, x.AsSpan(offset, length), g.AsSpan(offset, length), 1, length, 1, offset);
                if (offset == length % Margin) Close(kernel, found, kernel.Plain(Wide<T>(x.AsSpan(offset, length)), Wide<T>(g.AsSpan(offset, length))), length);
            }
        }
    }

    private static void CheckSpecials<T>(string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Kernel<T> kernel = Find<T>(name);
        double largest = typeof(T) == typeof(float) ? float.MaxValue : double.MaxValue;
        T[] specials = [T.NaN, T.PositiveInfinity, T.NegativeInfinity, T.NegativeZero, T.Epsilon * T.CreateTruncating(5), T.CreateTruncating(largest)];
        T[] x = Values<T>(3, MaxLength + Margin), g = Values<T>(4, MaxLength + Margin);
        for (int length = 1; length <= MaxLength; length++)
        {
            for (int index = 0; index < length; index++)
            {
                if (!Deep && length > Short && (!Ends.Contains(length) || (index % 16 != length % 16 && index != length - 1))) continue;

                // Over neighbouring lengths every index sees every special value; a deep run puts all of them at each.
                for (int k = 0; k < (Deep ? specials.Length : 1); k++)
                {
                    int offset = (length + index) % Margin, special = (length + index + k) % specials.Length;
                    T before = x[offset + index];
                    x[offset + index] = specials[special];
                    Span<T> row = x.AsSpan(offset, length);
                    T[] found = AtEveryWidth(kernel, row, g.AsSpan(offset, length), 1, length, 1, offset);
                    bool trusted = special is 0 or 3 or 4 || (kernel.Infinities && special < 3);
                    if (trusted && (Deep || length < 24)) Close(kernel, found, kernel.Plain(Wide<T>(row), Wide<T>(g.AsSpan(offset, length))), length);
                    x[offset + index] = before;
                }
            }
        }
    }

    private static void CheckLayouts<T>(string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Kernel<T> kernel = Find<T>(name);
        foreach ((int outer, int reduce, int inner) in new[]
        {
            (3, 7, 1), (2, 5, 4), (1, 100, 3), (4, 33, 17), (2, 1, 9), (1, 1030, 1), (0, 3, 2), (3, 4, 0), (1, 20_000, 14),
        })
        {
            T[] x = Values<T>(5, outer * reduce * inner), g = Values<T>(6, x.Length);
            T[] found = AtEveryWidth(kernel, x, g, outer, reduce, inner, offset: 3);
            for (int o = 0; o < outer; o++)
            {
                for (int i = 0; i < inner; i++)
                {
                    if (reduce > 2000 && i is not (0 or 13)) continue; // plain loops of running results are quadratic
                    int[] at = [.. Enumerable.Range(0, reduce).Select(k => (((o * reduce) + k) * inner) + i)];
                    double[] row = [.. at.Select(a => double.CreateTruncating(x[a]))], cotangents = [.. at.Select(a => double.CreateTruncating(g[a]))];
                    if (name is "max gradient" or "product gradient") cotangents[0] = double.CreateTruncating(g[(o * inner) + i]);
                    T[] result = kernel.Full ? [.. at.Select(a => found[a])] : [found[(o * inner) + i]];
                    if (reduce > 2000 && kernel.Full) Close(kernel, result[..100], kernel.Plain(row[..100], cotangents[..100]), reduce, skip: !name.StartsWith("running sum", StringComparison.Ordinal) || name.EndsWith("end", StringComparison.Ordinal));
                    else Close(kernel, result, kernel.Plain(row, cotangents), reduce);
                }
            }
        }
    }

    /// <summary>The kernel's result between canaries, the same bits at every width.</summary>
    private static T[] AtEveryWidth<T>(Kernel<T> kernel, ReadOnlySpan<T> x, ReadOnlySpan<T> g, int outer, int reduce, int inner, int offset)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T canary = T.CreateTruncating(-777.25);
        int length = kernel.Full ? x.Length : outer * inner;
        T[] first = [], buffer = new T[length + (2 * Margin)];
        foreach (int width in WidthScope.All)
        {
            using WidthScope scope = new(width);
            buffer.AsSpan().Fill(canary);
            Span<T> y = buffer.AsSpan(Margin - offset, length);
            kernel.Work(x, g, y, outer, reduce, inner);
            if (buffer.AsSpan(0, Margin - offset).ContainsAnyExcept(canary) || buffer.AsSpan(Margin - offset + length).ContainsAnyExcept(canary))
            {
                Assert.Fail($"{kernel.Name} of [{outer}, {reduce}, {inner}] wrote outside the result at {width} bits");
            }

            if (width == 0) first = y.ToArray();
            else if (!MemoryMarshal.AsBytes(first.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(y))) Same(first, y, $"{kernel.Name} of [{outer}, {reduce}, {inner}] at {width} bits");
        }

        return first;
    }

    private static void Same<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> found, string what)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].Equals(found[i]) && (T.IsNaN(found[i]) || T.IsNegative(expected[i]) == T.IsNegative(found[i]));
            if (!same) Assert.Fail($"{what}, element {i}: {expected[i]:R} one lane at a time, {found[i]:R}");
        }
    }

    private static void Close<T>(Kernel<T> kernel, T[] found, double[] expected, int length, bool skip = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (skip) return;
        double tolerance = (typeof(T) == typeof(float) ? 6e-7 : 2e-15) * (8 + length);
        Assert.Equal(expected.Length, found.Length);
        for (int k = 0; k < found.Length; k++)
        {
            double value = double.CreateTruncating(found[k]);
            bool close = value == expected[k] || (double.IsNaN(value) && double.IsNaN(expected[k])) || Math.Abs(value - expected[k]) <= tolerance * (1 + Math.Abs(expected[k]));
            if (!close) Assert.Fail($"{kernel.Name} of {length}, element {k}: {value:R}, not {expected[k]:R}");
        }
    }

    private static Kernel<T> Find<T>(string name)
        where T : unmanaged, IFloatingPointIeee754<T> => All<T>().Single(kernel => kernel.Name == name);

    private static T[] Values<T>(int seed, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        System.Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => T.CreateTruncating((0.3 + (1.4 * random.NextDouble())) * (random.Next(2) == 0 ? 1 : -1)))];
    }

    private static double[] Wide<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] wide = new double[x.Length];
        for (int i = 0; i < wide.Length; i++) wide[i] = double.CreateTruncating(x[i]);
        return wide;
    }

    private static void Indices<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner, bool max)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] indices = new int[y.Length];
        if (max) Reductions.ArgMax(x, indices, outer, reduce, inner);
        else Reductions.ArgMin(x, indices, outer, reduce, inner);
        for (int i = 0; i < indices.Length; i++) y[i] = T.CreateTruncating(indices[i]);
    }

    private static void ExtremeGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> g, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] extremes = new T[outer * inner];
        Reductions.Max(x, extremes, outer, reduce, inner);
        Reductions.ExtremeGradient(g[..extremes.Length], x, extremes, y, outer, reduce, inner);
    }

    private static void Variance<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner, bool root)
        where T : unmanaged, IFloatingPointIeee754<T> => Reductions.Variance(x, y, new T[y.Length], outer, reduce, inner, reduce, root);

    private static void CumulativeProductGradient<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> g, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] products = new T[x.Length];
        Reductions.CumulativeProduct(x, products, outer, reduce, inner);
        Reductions.CumulativeProductGradient(g, x, products, y, outer, reduce, inner);
    }

    private static double Total(double[] x)
    {
        double sum = 0;
        foreach (double value in x) sum += value;
        return sum;
    }

    private static double Fold(double[] x, Func<double, double, double> f) => x.Aggregate(f);

    private static double First(double[] x, double extreme) => Array.FindIndex(x, value => value.Equals(extreme));

    private static double Others(double[] x, int but)
    {
        double product = 1;
        for (int k = 0; k < x.Length; k++) product *= k == but ? 1 : x[k];
        return product;
    }

    private static double[] Ties(double[] x, double g)
    {
        double extreme = Fold(x, Math.Max);
        int count = x.Count(value => value.Equals(extreme));
        return [.. x.Select(value => value.Equals(extreme) ? g / count : 0)];
    }

    private static double[] Softmax(double[] x)
    {
        double total = Total([.. x.Select(Math.Exp)]);
        return [.. x.Select(value => Math.Exp(value) / total)];
    }

    private static double[] SoftmaxGradient(double[] y, double[] g)
    {
        double dot = Total([.. y.Zip(g, static (a, b) => a * b)]);
        return [.. y.Select((value, k) => value * (g[k] - dot))];
    }

    private static double Variance(double[] x)
    {
        double mean = Total(x) / x.Length;
        return Total([.. x.Select(value => (value - mean) * (value - mean))]) / x.Length;
    }

    private static double[] CumulativeProductGradient(double[] x, double[] g)
    {
        double[] gradient = new double[x.Length];
        for (int k = 0; k < x.Length; k++)
        {
            double product = 1;
            for (int j = 0; j < k; j++) product *= x[j];
            for (int i = k; i < x.Length; i++)
            {
                if (i > k) product *= x[i];
                gradient[k] += g[i] * product;
            }
        }

        return gradient;
    }

    private static double[] Recurrence(double[] a, double[] b)
    {
        double[] y = new double[b.Length];
        for (int k = 0; k < y.Length; k++) y[k] = b[k] + (k == 0 ? 0 : a[k] * y[k - 1]);
        return y;
    }

    /// <summary>A kernel and its plain loops over one row.</summary>
    /// <param name="Name">The kernel.</param>
    /// <param name="Full">Whether the result has the input's elements, and not one for a row.</param>
    /// <param name="Infinities">Whether plain loops say what it gives for infinite elements.</param>
    /// <param name="Work">The kernel.</param>
    /// <param name="Plain">The plain loops, from the row and its cotangents.</param>
    private sealed record Kernel<T>(string Name, bool Full, bool Infinities, Work<T> Work, Func<double[], double[], double[]> Plain)
    {
        /// <summary>Whether there is a result for rows of no elements.</summary>
        public bool Empty { get; init; } = true;
    }
}
