using Autograd.Kernels;
using MathNet.Numerics;

namespace Autograd.Tests.Kernels;

public sealed class FactorizationTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(60)]
    public void RankDeficientMatricesAreFoundSingular(int n)
    {
        RandomSource random = new(5, (ulong)n);
        for (int i = 0; i < 200; i++)
        {
            double[] a = Normal(random, n * n);
            int target = random.NextInt(n), first = (target + 1) % n, second = (target + 2) % n;
            double scale = Math.ScaleB(1, random.NextInt(200) - 100), factor = i % 3 == 0 ? 1 : random.NextNormal();
            for (int k = 0; k < n; k++)
            {
                double element = i % 3 == 2 && n > 2 ? (factor * a[(first * n) + k]) - a[(second * n) + k] : factor * a[(first * n) + k];
                a[(target * n) + k] = element;
            }

            if (i % 2 == 0) Transpose(a, n);
            for (int k = 0; k < a.Length; k++) a[k] *= scale;
            LuFactors factors = LuFactors.Of<double>(a, 1, n);
            Assert.True(factors.IsSingular(0), $"size {n}, matrix {i}: det {factors.LogAbsoluteDeterminant(0):R} for scale {scale}");

            // The determinant is what rounding leaves of the pivots: little beside the bound of Hadamard.
            double hadamard = 0;
            for (int row = 0; row < n; row++) hadamard += Math.Log(Math.Sqrt(Enumerable.Range(row * n, n).Sum(k => a[k] * a[k])));
            Assert.InRange(factors.LogAbsoluteDeterminant(0), double.NegativeInfinity, hadamard + Math.Log(1e-12));
            Assert.Equal(Math.Sign(factors.Sign(0)), double.IsNegativeInfinity(factors.LogAbsoluteDeterminant(0)) ? 0 : factors.Sign(0));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(40)]
    public void RegularMatricesAreNotWhateverTheirScale(int n)
    {
        RandomSource random = new(6, (ulong)n);
        for (int i = 0; i < 200; i++)
        {
            // Rows and columns of very different magnitude, and triangles with tiny diagonals, are regular all the same.
            double[] a = Normal(random, n * n), rows = Normal(random, n), columns = Normal(random, n);
            for (int k = 0; k < a.Length; k++) a[k] *= Math.Pow(10, (20 * rows[k / n]) + (i % 2 == 0 ? 0 : 20 * columns[k % n]));
            if (i % 3 == 0) for (int k = 0; k < a.Length; k++) if (k / n != k % n) a[k] = 0;
            Assert.Equal(-1, LuFactors.Of<double>(a, 1, n).FirstSingular);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(7, 1)]
    [InlineData(17, 5)]
    [InlineData(64, 9)]
    public void SolutionsSatisfyTheirSystems(int n, int columns)
    {
        RandomSource random = new(7);
        double[] a = Normal(random, n * n), b = Normal(random, n * columns), x = new double[n * columns];
        LuFactors factors = LuFactors.Of<double>(a, 1, n);
        foreach (bool transposed in new[] { false, true })
        {
            factors.Solve<double>(0, transposed, columns, b, x);
            Satisfies(n, columns, (i, j) => transposed ? a[(j * n) + i] : a[(i * n) + j], x, b, 1e-10);
        }

        foreach (int way in Enumerable.Range(0, 8))
        {
            (bool upper, bool transposed, bool unit) = ((way & 1) != 0, (way & 2) != 0, (way & 4) != 0);
            double[] triangle = (double[])a.Clone();
            for (int k = 0; k < triangle.Length; k++)
            {
                (int i, int j) = (k / n, k % n);
                if (i == j ? unit : i > j == upper) triangle[k] = double.NaN; // not read
                else triangle[k] = i == j ? 3 + Math.Abs(triangle[k]) : triangle[k] / n;
            }

            b.CopyTo(x, 0);
            TriangularSolve.Solve<double>(upper, transposed, unit, n, columns, triangle, x);
            double Element(int i, int j) => i == j ? unit ? 1 : triangle[(i * n) + j] : i > j == upper ? 0 : triangle[(i * n) + j];
            Satisfies(n, columns, (i, j) => transposed ? Element(j, i) : Element(i, j), x, b, 1e-12);
        }
    }

    [Fact]
    public void SingularValuesMultiplyToTheMatrix()
    {
        RandomSource random = new(8);
        foreach (int n in new[] { 1, 2, 5, 12 })
        {
            double[] a = Normal(random, n * n);
            SingularValues svd = SingularValues.Of<double>(a, n);
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    double sum = 0;
                    for (int k = 0; k < n; k++) sum += svd.Left[(i * n) + k] * svd.Values[k] * svd.Right[(j * n) + k];
                    Assert.Equal(a[(i * n) + j], sum, 1e-12);
                }
            }

            double product = svd.Orientation * svd.Values.Aggregate(1.0, static (left, right) => left * right), determinant = LuFactors.Of<double>(a, 1, n).Determinant(0);
            Assert.Equal(determinant, product, 1e-10 * Math.Abs(determinant));
        }
    }

    [Fact]
    public void NaNIsNotTakenForSingular()
    {
        LuFactors factors = LuFactors.Of<double>([1, double.NaN, 0, 1], 1, 2);
        Assert.Equal(-1, factors.FirstSingular);
        Assert.True(double.IsNaN(LuFactors.Of<double>([double.NaN], 1, 1).Determinant(0)));
    }

    /// <summary>The factorizations ask for none of MathNet's global settings, and leave them alone.</summary>
    [Fact]
    public void MathNetsSettingsHaveNoInfluence()
    {
        int before = Control.MaxDegreeOfParallelism;
        double[] first = Everything();
        Assert.Equal(before, Control.MaxDegreeOfParallelism);
        try
        {
            Control.MaxDegreeOfParallelism = before == 1 ? 2 : 1;
            Assert.Equal(first, Everything());
        }
        finally
        {
            Control.MaxDegreeOfParallelism = before;
        }

        static double[] Everything()
        {
            const int N = 90;
            double[] a = Normal(new RandomSource(9), N * N), inverse = new double[N * N], factor = new double[N * N], orthogonal = new double[N * N];
            LuFactors.Of<double>(a, 1, N).Inverse<double>(0, a, inverse);
            for (int i = 0; i < N; i++) a[(i * N) + i] += 40;
            Assert.True(CholeskyFactor.TryFactor<double>(a, N, factor));
            Initializer.Orthogonal().Fill<double>(orthogonal, [N, N], new RandomSource(10));
            SingularValues svd = SingularValues.Of<double>(a, N);
            return [.. inverse, .. factor, .. orthogonal, .. svd.Left, .. svd.Values, .. svd.Right];
        }
    }

    private static double[] Normal(RandomSource random, int length)
    {
        double[] values = new double[length];
        random.FillNormal(values, 0, 1);
        return values;
    }

    private static void Transpose(double[] a, int n)
    {
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++) (a[(i * n) + j], a[(j * n) + i]) = (a[(j * n) + i], a[(i * n) + j]);
        }
    }

    private static void Satisfies(int n, int columns, Func<int, int, double> element, double[] x, double[] b, double tolerance)
    {
        for (int i = 0; i < n; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                double sum = 0;
                for (int k = 0; k < n; k++) sum += element(i, k) * x[(k * columns) + c];
                Assert.Equal(b[(i * columns) + c], sum, tolerance);
            }
        }
    }
}
