using System.Numerics;

namespace Autograd.Tests;

/// <summary>Determinants of Hilbert matrices, whose condition grows to 1e16, against fractions without rounding.</summary>
public sealed class HilbertTests
{
    [Theory]
    [InlineData(8, 1e-8)]
    [InlineData(10, 1e-3)]
    [InlineData(11, 1e-3)]
    [InlineData(12, 0.1)]
    public void DeterminantsAreTheProductsOfThePivots(int n, double tolerance)
    {
        (double[] cofactors, double logarithm) = Exact(n);
        using Tape<double> tape = new();
        Variable<double> a = tape.Variable(new Tensor<double>([n, n], [.. Enumerable.Range(0, n * n).Select(k => 1.0 / ((k / n) + (k % n) + 1))]));
        Variable<double> determinant = a.Determinant(), log = a.LogDeterminant();
        (Variable<double> sign, Variable<double> magnitude) = a.SignAndLogDeterminant();
        Assert.Equal(logarithm, Math.Log(determinant.Item()), tolerance);
        Assert.Equal(logarithm, log.Item(), tolerance);
        Assert.Equal(logarithm, magnitude.Item(), tolerance);
        Assert.Equal(1, sign.Item());

        double largest = cofactors.Max(Math.Abs);
        double[] slope = tape.Backward(determinant, retain: true)[a].ToArray(), second = tape.Backward(determinant, retain: true, createGraph: true)[a].ToArray();
        double[] logSlope = tape.Backward(log)[a].ToArray();
        for (int k = 0; k < n * n; k++)
        {
            Assert.Equal(cofactors[k] / largest, slope[k] / largest, tolerance);
            Assert.Equal(cofactors[k] / largest, second[k] / largest, tolerance);
            Assert.Equal(cofactors[k] / largest, logSlope[k] * Math.Exp(logarithm - Math.Log(largest)), 2 * tolerance);
        }
    }

    [Fact]
    public void AMatrixWithNaNHasNoInverse()
    {
        using Tape<double> tape = new();
        Variable<double> batch = tape.Constant(new Tensor<double>([2, 2, 2], [1, 0, 0, 1, 0, 0, 0, double.NaN]));
        string message = Assert.Throws<ArgumentException>(() => batch.Inverse()).Message;
        Assert.Contains("matrix [1]", message, StringComparison.Ordinal);
        Assert.Contains("contains NaN", message, StringComparison.Ordinal);
    }

    /// <summary>The cofactors and the logarithm of the determinant: the inverse has the whole numbers known from binomials, and the determinant is 1 / (a whole number).</summary>
    private static (double[] Cofactors, double Logarithm) Exact(int n)
    {
        // det = c(n)⁴ / c(2n), c(n) = 1! 2! ⋯ (n − 1)!.
        double logarithm = (4 * LogProduct(n)) - LogProduct(2 * n);
        double[] cofactors = new double[n * n];
        for (int i = 1; i <= n; i++)
        {
            for (int j = 1; j <= n; j++)
            {
                BigInteger inner = Binomial(i + j - 2, i - 1);
                BigInteger element = (i + j - 1) * Binomial(n + i - 1, n - j) * Binomial(n + j - 1, n - i) * inner * inner;
                cofactors[((i - 1) * n) + j - 1] = ((i + j) % 2 == 0 ? 1 : -1) * Math.Exp(BigInteger.Log(element) + logarithm);
            }
        }

        return (cofactors, logarithm);
    }

    private static double LogProduct(int n)
    {
        BigInteger product = 1, factorial = 1;
        for (int k = 1; k < n; k++) product *= factorial *= k;
        return BigInteger.Log(product);
    }

    private static BigInteger Binomial(int n, int k)
    {
        BigInteger result = 1;
        for (int i = 1; i <= k; i++) result = result * (n - k + i) / i;
        return result;
    }
}
