using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

public sealed class GemmTests
{
    private static readonly bool IsDeep = Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void EveryShapeMatchesPlainLoopsBitForBit(int vectorBits)
    {
        Assert.True(SweepShapes<float>(vectorBits) > 1000);
        Assert.True(SweepShapes<double>(vectorBits) > 1000);
    }

    private static int SweepShapes<T>(int vectorBits)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int w = vectorBits / 8 / Unsafe.SizeOf<T>(), cases = 0;
        int[] rows = [0, 1, 2, 3, 5, 7, 8, 9, 15, 17, 48, 65];
        int[] columns = [0, 1, 2, 3, w - 1, w, w + 1, (2 * w) - 1, (2 * w) + 1, (3 * w) - 1, 3 * w, (3 * w) + 1, (4 * w) + 1, (33 * w) - 1];
        int[] depths = [0, 1, 2, 3, w - 1, w, w + 1, (2 * w) - 1, (2 * w) + 1, 129, 255, 256, 257];
        var random = new Random(vectorBits);
        foreach (int n in columns)
        {
            foreach (int k in depths)
            {
                for (int repeat = 0; repeat < (IsDeep ? 60 : 8); repeat++)
                {
                    int m = rows[random.Next(rows.Length)];
                    var product = new Product<T>(random, m, n, k, transposeA: random.Next(2) == 1, transposeB: random.Next(2) == 1,
                        accumulate: random.Next(2) == 1, padding: random.Next(3));
                    product.Check(vectorBits);
                    cases++;
                }
            }
        }
        return cases;
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void TranspositionsOfHighAndOfWideResults(bool transposeA, bool transposeB)
    {
        var random = new Random(5);
        foreach ((int m, int n, int k) in new[]
        {
            (300, 3, 140), (3, 300, 140), (260, 65, 300), (64, 513, 30), (1, 1000, 77), (1000, 1, 77), (131, 131, 513),
        })
        {
            foreach (bool accumulate in new[] { false, true })
            {
                new Product<float>(random, m, n, k, transposeA, transposeB, accumulate, padding: 3).Check(Simd.Best);
                new Product<double>(random, m, n, k, transposeA, transposeB, accumulate, padding: 0).Check(Simd.Best);
            }
        }
    }

    [Fact]
    public void FloatSumsAreAsAccurateAsTheirLengthAllows()
    {
        const int K = 2000;
        var random = new Random(3);
        float[] a = Values<float>(random, K), b = Values<float>(random, K), c = [float.NaN];
        Gemm.Multiply<float>(false, false, 1, 1, K, a, K, b, 1, c, 1);
        double exact = 0, magnitude = 0;
        for (int i = 0; i < K; i++)
        {
            exact += (double)a[i] * b[i];
            magnitude += Math.Abs((double)a[i] * b[i]);
        }
        Assert.InRange(Math.Abs(c[0] - exact), 0, 8 * (1 + Math.Log2(K)) * Math.Pow(2, -24) * magnitude);
    }

    [Fact]
    public void BitsOfARowDoNotDependOnTheOtherRowsOrColumns()
    {
        const int M = 37, N = 131, K = 300;
        var random = new Random(11);
        float[] a = Values<float>(random, M * K), b = Values<float>(random, K * N), whole = new float[M * N];
        Gemm.Multiply<float>(false, false, M, N, K, a, K, b, N, whole, N);
        for (int rows = 1; rows <= M; rows += 3)
        {
            var part = new float[rows * N];
            Gemm.Multiply<float>(false, false, rows, N, K, a.AsSpan((M - rows) * K), K, b, N, part, N);
            AssertSameBits(whole.AsSpan((M - rows) * N), part);
        }
        var left = new float[M * 50];
        Gemm.Multiply<float>(false, false, M, 50, K, a, K, b, N, left, 50);
        for (int row = 0; row < M; row++)
        {
            AssertSameBits(whole.AsSpan(row * N, 50), left.AsSpan(row * 50, 50));
        }
    }

    [Fact]
    public void AccumulatingOverPiecesOfKEqualsTheWhole()
    {
        const int M = 19, N = 83, K = 700;
        var random = new Random(12);
        double[] a = Values<double>(random, M * K), b = Values<double>(random, K * N), whole = new double[M * N];
        var pieces = new double[M * N];
        Gemm.Multiply<double>(false, false, M, N, K, a, K, b, N, whole, N);
        int k = 0;
        foreach (int piece in new[] { 1, 256, 3, 300, 140 })
        {
            Gemm.Multiply<double>(false, false, M, N, piece, a.AsSpan(k), K, b.AsSpan(k * N), N, pieces, N, accumulate: k > 0);
            k += piece;
        }
        Assert.Equal(K, k);
        AssertSameBits<double>(whole, pieces);
    }

    [Fact]
    public void PackedFactorGivesTheSameBits()
    {
        var random = new Random(13);
        foreach ((int m, int n, int k) in new[]
        {
            (1, 1, 1), (1, 200, 100), (5, 47, 33), (32, 512, 128), (20, 65, 300), (70, 129, 257), (3, 5, 0), (0, 9, 9), (4, 0, 9),
        })
        {
            foreach (bool transposeB in new[] { false, true })
            {
                float[] a = Values<float>(random, m * k), b = Values<float>(random, k * n);
                float[] expected = new float[m * n], actual = new float[m * n];
                actual.AsSpan().Fill(float.NaN);
                int ldb = transposeB ? k : n;
                Gemm.Multiply<float>(false, transposeB, m, n, k, a, k, b, ldb, expected, n);
                var packed = new float[Gemm.PackedLength<float>(k, n)];
                packed.AsSpan().Fill(float.NaN);
                Gemm.Pack<float>(transposeB, k, n, b, ldb, packed);
                Gemm.MultiplyPacked<float>(false, m, n, k, a, k, packed, actual, n);
                AssertSameBits<float>(expected, actual);
                Gemm.Multiply<float>(false, transposeB, m, n, k, a, k, b, ldb, expected, n, accumulate: true);
                Gemm.MultiplyPacked<float>(false, m, n, k, a, k, packed, actual, n, accumulate: true);
                AssertSameBits<float>(expected, actual);
            }
        }
    }

    [Fact]
    public void InfinityTimesZeroIsNotSkipped()
    {
        float[] a = [0, 1, 0, 0], b = [float.PositiveInfinity, float.NaN, 2, 3], c = new float[4];
        Gemm.Multiply<float>(false, false, 2, 2, 2, a, 2, b, 2, c, 2);
        Assert.Equal([float.NaN, float.NaN, float.NaN, float.NaN], c);
        a = [1, 0, 1, 1];
        b = [float.PositiveInfinity, 1, 2, 3];
        Gemm.Multiply<float>(false, false, 2, 2, 2, a, 2, b, 2, c, 2);
        Assert.Equal([float.PositiveInfinity, 1, float.PositiveInfinity, 4], c);
    }

    [Fact]
    public void AWarmProductAllocatesNothing()
    {
        var random = new Random(15);
        float[] a = Values<float>(random, 300 * 300), b = Values<float>(random, 300 * 300), c = new float[300 * 300];
        void All()
        {
            Gemm.Multiply<float>(false, false, 300, 300, 300, a, 300, b, 300, c, 300);
            Gemm.Multiply<float>(true, true, 300, 3, 300, a, 300, b, 300, c, 300);
            Gemm.Multiply<float>(false, false, 1, 300, 300, a, 300, b, 300, c, 300);
        }
        Allocations.AssertNone(20, All);
    }

    [Fact]
    public void MatricesThatDoNotFitAreRefused()
    {
        var buffer = new float[12];
        string message = Assert.Throws<ArgumentException>(
            () => Gemm.Multiply<float>(false, false, 3, 4, 5, buffer, 5, buffer, 4, buffer, 4)).Message;
        Assert.Contains("A is to be [3, 5]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(false, false, 3, 4, 3, buffer, 3, buffer, 3, buffer, 4));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(false, false, 3, 4, 3, buffer, 3, buffer, 4, buffer, 5));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(false, false, -1, 4, 3, buffer, 3, buffer, 4, buffer, 4));
        Assert.Throws<ArgumentException>(() => Gemm.MultiplyPacked<float>(false, 3, 4, 3, buffer, 3, buffer.AsSpan(0, 3), buffer, 4));
    }

    internal static T[] Values<T>(Random random, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var values = new T[count];
        foreach (ref T value in values.AsSpan())
        {
            value = T.CreateChecked((random.NextDouble() * 2) - 1);
        }
        return values;
    }

    internal static void AssertSameBits<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
        where T : unmanaged
    {
        ReadOnlySpan<byte> expectedBytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(expected[..actual.Length]);
        ReadOnlySpan<byte> actualBytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(actual);
        int same = expectedBytes.CommonPrefixLength(actualBytes);
        if (same < actualBytes.Length)
        {
            int index = same / Unsafe.SizeOf<T>();
            Assert.Fail($"Element {index} of {actual.Length} is {actual[index]:R}, expected {expected[index]:R}.");
        }
    }

    /// <summary>One product with everything around its operands poisoned, and its result by plain loops.</summary>
    private sealed class Product<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private const int Guard = 17;
        private readonly bool _transposeA, _transposeB, _accumulate;
        private readonly int _m, _n, _k, _lda, _ldb, _ldc;
        private readonly T[] _a, _b, _c;

        internal Product(Random random, int m, int n, int k, bool transposeA, bool transposeB, bool accumulate, int padding)
        {
            (_transposeA, _transposeB, _accumulate, _m, _n, _k) = (transposeA, transposeB, accumulate, m, n, k);
            _lda = (transposeA ? m : k) + padding;
            _ldb = (transposeB ? k : n) + padding;
            _ldc = n + padding;
            _a = Matrix(random, transposeA ? k : m, transposeA ? m : k, _lda);
            _b = Matrix(random, transposeB ? n : k, transposeB ? k : n, _ldb);
            _c = Matrix(random, m, n, _ldc);
            for (int row = 0; row < m && !accumulate; row++)
            {
                _c.AsSpan(Guard + (row * _ldc), n).Fill(T.NaN);
            }
        }

        /// <summary>Random values in a frame of huge ones, which would show in any sum that read them.</summary>
        private static T[] Matrix(Random random, int rows, int columns, int leading)
        {
            T[] values = Values<T>(random, (2 * Guard) + (rows * leading));
            for (int i = 0; i < values.Length; i++)
            {
                int row = (i - Guard) / Math.Max(leading, 1), column = (i - Guard) % Math.Max(leading, 1);
                if (i < Guard || row >= rows || column >= columns)
                {
                    values[i] = T.CreateChecked(1e30);
                }
            }
            return values;
        }

        internal void Check(int vectorBits)
        {
            var expected = (T[])_c.Clone();
            for (int row = 0; row < _m; row++)
            {
                for (int column = 0; column < _n; column++)
                {
                    ref T target = ref expected[Guard + (row * _ldc) + column];
                    T sum = _accumulate ? target : T.Zero;
                    for (int k = 0; k < _k; k++)
                    {
                        T a = _a[Guard + (_transposeA ? (k * _lda) + row : (row * _lda) + k)];
                        T b = _b[Guard + (_transposeB ? (column * _ldb) + k : (k * _ldb) + column)];
                        sum = T.MultiplyAddEstimate(a, b, sum);
                    }
                    target = sum;
                }
            }
            var actual = (T[])_c.Clone();
            Gemm.Multiply<T>(vectorBits, _transposeA, _transposeB, _m, _n, _k, _a.AsSpan(Guard), _lda, _b.AsSpan(Guard), _ldb,
                actual.AsSpan(Guard), _ldc, _accumulate);
            AssertSameBits<T>(expected, actual);
        }
    }
}

/// <summary>Sets the number of threads and puts it back.</summary>
internal sealed class ThreadsScope : IDisposable
{
    private readonly int _before = Parallelism.Threads;

    internal ThreadsScope(int threads) => Parallelism.Threads = threads;

    public void Dispose() => Parallelism.Threads = _before;
}
