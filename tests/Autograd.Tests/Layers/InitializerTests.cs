namespace Autograd.Tests.Layers;

public sealed class InitializerTests
{
    private static readonly double[] Golden = [-0.24096483062718838, -0.97053384814792043, -0.97053384814792021, 0.24096483062718793];

    [Theory]
    [InlineData(5, 5)]
    [InlineData(7, 3)]
    [InlineData(3, 7)]
    [InlineData(1, 4)]
    [InlineData(64, 64)]
    public void OrthogonalMatricesHaveOrthonormalRowsOrColumns(int rows, int columns)
    {
        double[] q = Draw(Initializer.Orthogonal(gain: 1.5), [rows, columns], 3);
        int thin = Math.Min(rows, columns), tall = Math.Max(rows, columns);
        for (int a = 0; a < thin; a++)
        {
            for (int b = 0; b < thin; b++)
            {
                double sum = 0;
                for (int k = 0; k < tall; k++) sum += rows >= columns ? q[(k * columns) + a] * q[(k * columns) + b] : q[(a * columns) + k] * q[(b * columns) + k];
                Assert.Equal(a == b ? 1.5 * 1.5 : 0, sum, 1e-11);
            }
        }
    }

    [Fact]
    public void OrthogonalMatricesAreDrawnFromTheHaarDistribution()
    {
        // For Haar's distribution on 3 × 3 every element has mean 0, E q² = 1/3, E q⁴ = 1/5, and the trace's square has mean 1. The
        // factorization of a library without the signs of R would give elements of one sign on the diagonal.
        const int Draws = 20_000;
        double[] mean = new double[9], square = new double[9], fourth = new double[9];
        double trace = 0, positive = 0;
        RandomSource random = new(11);
        double[] q = new double[9];
        for (int draw = 0; draw < Draws; draw++)
        {
            Initializer.Orthogonal().Fill<double>(q, [3, 3], random);
            for (int i = 0; i < 9; i++)
            {
                mean[i] += q[i] / Draws;
                square[i] += q[i] * q[i] / Draws;
                fourth[i] += Math.Pow(q[i], 4) / Draws;
            }

            trace += Math.Pow(q[0] + q[4] + q[8], 2) / Draws;
            double determinant = (q[0] * ((q[4] * q[8]) - (q[5] * q[7]))) - (q[1] * ((q[3] * q[8]) - (q[5] * q[6]))) + (q[2] * ((q[3] * q[7]) - (q[4] * q[6])));
            if (determinant > 0) positive += 1.0 / Draws;
        }

        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(0, mean[i], 0.02);
            Assert.Equal(1.0 / 3, square[i], 0.012);
            Assert.Equal(0.2, fourth[i], 0.012);
        }

        Assert.Equal(1, trace, 0.06);
        Assert.Equal(0.5, positive, 0.02);
    }

    [Fact]
    public void OrthogonalTakesAllFurtherAxesAsOne()
    {
        double[] flat = Draw(Initializer.Orthogonal(), [2, 6], 5), deep = Draw(Initializer.Orthogonal(), [2, 3, 2], 5);
        Assert.Equal(flat, deep);
        Assert.Empty(Draw(Initializer.Orthogonal(), [0, 3], 5));
        Assert.Throws<ShapeException>(static () => Draw(Initializer.Orthogonal(), [4], 5));
        float[] narrow = new float[12];
        Initializer.Orthogonal().Fill<float>(narrow, [2, 6], new RandomSource(5));
        Assert.Equal(flat.Select(static x => (float)x), narrow);
    }

    [Fact]
    public void OrthogonalHasTheSameBitsEverywhere() =>
        Assert.Equal(Golden, Draw(Initializer.Orthogonal(), [2, 2], 1));

    [Fact]
    public void IdentityHasOnesOnTheDiagonal()
    {
        Assert.Equal([1, 0, 0, 0, 1, 0], Draw(Initializer.Identity(), [2, 3], 1));
        Assert.Equal([0.5, 0, 0, 0.5, 0, 0], Draw(Initializer.Identity(0.5), [3, 2], 1));
        Assert.Throws<ShapeException>(static () => Draw(Initializer.Identity(), [4], 5));
    }

    [Fact]
    public void LeCunUniformHasTheVarianceOfItsPaper()
    {
        double[] drawn = Draw(Initializer.LeCunUniform(), [300, 200], 1);
        Assert.Equal(1.0 / 200, drawn.Average(static x => x * x), 1e-4);
        Assert.InRange(drawn.Max(Math.Abs), 0.99 * Math.Sqrt(3.0 / 200), Math.Sqrt(3.0 / 200));
    }

    [Fact]
    public void GateBiasesFillTheirGates()
    {
        Assert.Equal([0, 0, 2, 2, 0, 0, 0, 0], Draw(Initializer.ForgetBias(2), [8], 1));
        double[] chrono = Draw(Initializer.Chrono(100), [4 * 500], 1);
        Assert.All(chrono[500..1000], static forget => Assert.InRange(forget, 0, Math.Log(99)));
        Assert.Equal(50, chrono[500..1000].Average(Math.Exp), 5.0);
        Assert.Equal(chrono[500..1000].Select(static forget => -forget), chrono[..500]);
        Assert.All(chrono[1000..], static other => Assert.Equal(0, other));
        Assert.Throws<ShapeException>(static () => Draw(Initializer.ForgetBias(), [7], 1));
        Assert.Throws<ShapeException>(static () => Draw(Initializer.Chrono(9), [2, 4], 1));
        Assert.Contains("3", Assert.Throws<ArgumentOutOfRangeException>(static () => Initializer.Chrono(2)).Message, StringComparison.Ordinal);
    }

    private static double[] Draw(Initializer initializer, Shape shape, ulong seed)
    {
        double[] values = new double[shape.Length];
        Array.Fill(values, double.NaN);
        initializer.Fill<double>(values, shape, new RandomSource(seed));
        return values;
    }
}
