using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>For every number of threads and every vector width; alone, so that the pool is free and the work is really split.</summary>
[Collection(nameof(WorkerPoolTests))]
public sealed class ThreadInvarianceTests
{
    [Fact]
    public void ProductsHaveTheSameBits()
    {
        var random = new Random(14);
        foreach ((int m, int n, int k) in new[]
        {
            (129, 200, 65), (1, 4000, 600), (2000, 3, 300), (33, 1000, 80), (512, 65, 400), (17, 3000, 256),
            (1300, 96, 2200), (40, 3100, 2300), // long enough for uneven pieces, along the rows and along the columns
        })
        {
            foreach (bool transposed in new[] { false, true })
            {
                float[] a = GemmTests.Values<float>(random, m * k), b = GemmTests.Values<float>(random, k * n), expected = [];
                var packed = new float[Gemm.PackedLength<float>(k, n)];
                Gemm.Pack<float>(transposed, k, n, b, transposed ? k : n, packed);
                foreach (int threads in new[] { 1, 2, 3, 8 })
                {
                    using var scope = new ThreadsScope(threads);
                    float[] c = new float[m * n], fromPacked = new float[m * n];
                    Gemm.Multiply<float>(transposed, transposed, m, n, k, a, transposed ? m : k, b, transposed ? k : n, c, n);
                    Gemm.MultiplyPacked<float>(transposed, m, n, k, a, transposed ? m : k, packed, fromPacked, n);
                    expected = threads == 1 ? c : expected;
                    GemmTests.AssertSameBits<float>(expected, c);
                    GemmTests.AssertSameBits<float>(expected, fromPacked);
                }
            }
        }
    }

    [Fact]
    public void UnevenSharesFollowEachOtherAndNoneIsEmpty()
    {
        for (int threads = 2; threads <= 20; threads++)
        {
            int parts = 2 * threads, least = WorkerPool.UnevenLeast(threads);
            foreach (int count in new[] { least, least + 1, (2 * least) - 1, 1000 * threads })
            {
                int[] bounds = [.. Enumerable.Range(0, parts + 1).Select(part => WorkerPool.UnevenShare(count, part, parts))];
                Assert.Equal((0, count), (bounds[0], bounds[^1]));
                Assert.All(Enumerable.Range(0, parts), part => Assert.True(bounds[part] < bounds[part + 1]));
            }
        }
    }

    [Fact]
    public void ConvolutionsAndPoolsHaveTheSameBits()
    {
        var random = new Random(15);
        foreach (ConvolutionShape shape in new ConvolutionShape[]
        {
            new(5, 1, 16, 24, new(ConvolutionTests.Axis(20, 3, 1, 1), ConvolutionTests.Axis(21, 3, 1, 1))),
            new(1, 1, 40, 70, new(ConvolutionTests.Axis(14, 3, 2, 1), ConvolutionTests.Axis(30, 3, 1, 1))),
            new(3, 2, 30, 10, new(Windowing.One, ConvolutionTests.Axis(400, 5, 2, 2, 2))),
            new(7, 40, 1, 1, new(ConvolutionTests.Axis(30, 3, 1, 1), ConvolutionTests.Axis(30, 3, 1, 1))),
            new(2, 1, 64, 64, new(ConvolutionTests.Axis(9, 1, 1, 0), ConvolutionTests.Axis(40, 1, 1, 0))),
        })
        {
            float[] x = GemmTests.Values<float>(random, (int)shape.InputLength), w = GemmTests.Values<float>(random, (int)shape.WeightLength);
            float[] y = GemmTests.Values<float>(random, (int)shape.OutputLength);
            int planes = shape.Batch * shape.Groups * shape.Channels, windows = planes * shape.Windows.Count;
            var averages = new AverageShape(AverageAxis.Adaptive(shape.Windows.Rows.Size, 3), AverageAxis.Adaptive(shape.Windows.Columns.Size, 5), false);
            float[][]? expected = null;
            foreach ((int threads, int bits) in new[] { (1, 512), (1, 256), (1, 128), (2, 512), (3, 256), (4, 512), (8, 512) })
            {
                using var scope = new ThreadsScope(threads);
                float[][] found = [new float[y.Length], new float[x.Length], new float[w.Length], new float[windows], new float[windows], new float[x.Length], new float[planes * 15], new float[x.Length]];
                Convolution.Forward<float>(bits, shape, x, w, [], found[0]);
                Convolution.InputGradient<float>(bits, shape, y, w, found[1], accumulate: false);
                // A depthwise weight gradient sums along vectors, so the width alone may change its bits.
                Convolution.WeightGradient<float>(shape.IsDepthwise ? 512 : bits, shape, x, y, found[2]);
                Pooling.Max<float>(bits, shape.Windows, planes, x, found[3], found[4]);
                Pooling.Spread<float>(shape.Windows, planes, found[3], found[4], found[5]);
                Pooling.Average<float>(bits, averages, planes, x, found[6]);
                Pooling.SpreadAverage<float>(bits, averages, planes, found[6], found[7]);
                expected ??= found;
                for (int i = 0; i < found.Length; i++) GemmTests.AssertSameBits<float>(expected[i], found[i]);
            }
        }
    }

    [Fact]
    public void OptimizersHaveTheSameBits()
    {
        const int Length = 200_003;
        float[]? expected = null;
        foreach ((int threads, int width) in new[] { (1, 512), (1, 256), (1, 128), (1, 0), (2, 512), (3, 256), (8, 512) })
        {
            using ThreadsScope scope = new(threads);
            using WidthScope widths = new(width);
            float[] values = new float[5 * Length];
            new RandomSource(1).FillNormal(values, 0, 1);
            Span<float> p = values.AsSpan(0, Length), g = values.AsSpan(Length, Length), second = values.AsSpan(3 * Length, Length);
            values.AsSpan(2 * Length).Clear();
            for (int step = 1; step < 4; step++)
            {
                UpdatePass<float, WalkRule>.Run(new() { Rate = 0.1f / step }, p, g, values.AsSpan(2 * Length, Length), second, []);
                UpdatePass<float, WalkRule>.Run(new() { Rate = 0.3f }, p, g, [], [], values.AsSpan(4 * Length));
            }

            expected ??= values;
            GemmTests.AssertSameBits<float>(expected, values);
        }
    }

    /// <summary>A rule with a root, a quotient and three states, of which each counts.</summary>
    private struct WalkRule : IUpdateRule<float>
    {
        public float Rate;

        public readonly void Apply<V>(ref V value, V gradient, ref V first, ref V second, ref V third)
            where V : unmanaged, IVector<V, float>
        {
            first = (Rate * first) + gradient;
            second += gradient * gradient;
            third -= Rate * first;
            value -= first / (V.Sqrt(second + third * third) + Rate);
        }
    }

    [Fact]
    public void ReductionsHaveTheSameBits()
    {
        var random = new Random(15);
        foreach ((int outer, int reduce, int inner) in new[] { (400, 700, 1), (3, 90_000, 1), (1, 500, 600), (7, 300, 130) })
        {
            float[] x = GemmTests.Values<float>(random, outer * reduce * inner), g = GemmTests.Values<float>(random, x.Length);
            float[][]? expected = null;
            foreach (int threads in new[] { 1, 2, 3, 8 })
            {
                using var scope = new ThreadsScope(threads);
                float[][] found = Reduce(x, g, outer, reduce, inner);
                expected ??= found;
                for (int k = 0; k < found.Length; k++) GemmTests.AssertSameBits<float>(expected[k], found[k]);
            }
        }

        static float[][] Reduce(float[] x, float[] g, int outer, int reduce, int inner)
        {
            int groups = outer * inner;
            float[][] y = [.. Enumerable.Range(0, 12).Select(k => new float[k < 6 ? groups : x.Length])];
            Reductions.Sum<float>(x, y[0], outer, reduce, inner);
            y[0][0] += (float)Reductions.SumOfSquares<float>(x);
            Reductions.Variance<float>(x, y[1], y[2], outer, reduce, inner, reduce, root: true);
            Reductions.Norm<float>(x, y[3], outer, reduce, inner, 2);
            Reductions.Product<float>(x, y[4], outer, reduce, inner);
            Reductions.Max<float>(x, y[5], outer, reduce, inner);
            Reductions.ExtremeGradient<float>(g.AsSpan(0, groups), x, y[5], y[6], outer, reduce, inner);
            Reductions.ProductGradient<float>(g.AsSpan(0, groups), x, y[7], outer, reduce, inner);
            Reductions.CumulativeSum<float>(x, y[8], outer, reduce, inner, reverse: false);
            Reductions.CumulativeProduct<float>(x, y[9], outer, reduce, inner);
            Reductions.CumulativeProductGradient<float>(g, x, y[9], y[10], outer, reduce, inner);
            Reductions.Recurrence<float>(x, g, y[11], outer, reduce, inner, reverse: true);
            return y;
        }
    }

    [Fact]
    public void ExtremesAreThoseOfLoopsForAnyNumberOfThreads()
    {
        var random = new Random(16);
        foreach ((int outer, int reduce, int inner) in new[] { (700, 300, 1), (1, 600, 300), (40, 90, 67), (3000, 70, 2), (2, 3, 40_001) })
        {
            float[] x = GemmTests.Values<float>(random, outer * reduce * inner);
            for (int i = 0; i < x.Length; i += 1 + random.Next(reduce * 5)) x[i] = random.Next(3) switch { 0 => float.NaN, 1 => -0f, _ => 2 * x[i] };
            float[][] values = [new float[outer * inner], new float[outer * inner]];
            int[][] places = [new int[outer * inner], new int[outer * inner]];
            for (int group = 0; group < outer * inner; group++)
            {
                float[] row = [.. Enumerable.Range(0, reduce).Select(k => x[((((group / inner) * reduce) + k) * inner) + (group % inner)])];
                (values[0][group], values[1][group]) = (row.Aggregate(Math.Max), row.Aggregate(Math.Min));
                for (int k = 0; k < 2; k++) places[k][group] = Array.IndexOf(row, values[k][group]);
            }

            foreach ((int threads, int width) in new[] { (1, 512), (1, 256), (1, 128), (1, 0), (2, 512), (3, 256), (8, 512) })
            {
                using ThreadsScope scope = new(threads);
                using WidthScope widths = new(width);
                float[] found = new float[outer * inner];
                int[] at = new int[found.Length];
                Reductions.Max<float>(x, found, outer, reduce, inner);
                GemmTests.AssertSameBits<float>(values[0], found);
                Reductions.Min<float>(x, found, outer, reduce, inner);
                GemmTests.AssertSameBits<float>(values[1], found);
                Reductions.ArgMax<float>(x, at, outer, reduce, inner);
                Assert.Equal(places[0], at);
                Reductions.ArgMin<float>(x, at, outer, reduce, inner);
                Assert.Equal(places[1], at);
            }
        }
    }

    [Fact]
    public void RecurrentSweepsHaveTheSameBits()
    {
        foreach (RecurrentKind kind in Enum.GetValues<RecurrentKind>())
        {
            // Many rows, few rows with many units, and one-hot input.
            foreach ((int batch, int input, int hidden, bool oneHot) in new[]
            {
                (33, 20, 50, false), (3, 30, 200, false), (40, 65, 100, true),
            })
            {
                var shape = new RecurrentShape(kind, 9, batch, input, hidden, Reverse: oneHot);
                RecurrentRun<float>? expected = null;
                foreach ((int threads, int bits) in new[] { (1, 512), (1, 256), (1, 128), (2, 512), (3, 256), (8, 512) })
                {
                    using var scope = new ThreadsScope(threads);
                    RecurrentRun<float> run = RecurrentRun<float>.Random(shape, 43, oneHot: oneHot).Forward(bits).Backward(bits);
                    expected ??= run;
                    RecurrentRun<float>.AssertSame(expected, run);
                }
            }
        }
    }
}
