namespace Autograd.Tests.Tensors;

public sealed class TensorCreationTests
{
    [Fact]
    public void OneValueEverywhere()
    {
        Assert.Equal([0, 0, 0, 0], Tensor.Zeros<float>([2, 2]).ToArray());
        Assert.Equal([1, 1], Tensor.Ones<int>([2]).ToArray());
        Assert.Equal([true, true], Tensor.Full([1, 2], true).ToArray());
        Assert.Equal(0, Tensor.Scalar(3.5).Rank);
        Assert.Equal(3.5, Tensor.Scalar(3.5).Item());
    }

    [Fact]
    public void ValuesAreCopied()
    {
        float[] values = [1, 2, 3];
        Tensor<float> fromArray = Tensor.From(values), fromSpan = Tensor.From(values.AsSpan(1));
        values[1] = 9;
        Assert.Equal([1, 2, 3], fromArray.ToArray());
        Assert.Equal([2, 3], fromSpan.ToArray());
        Assert.Equal([2], Tensor.From(4, 5).Shape.ToArray());
    }

    [Theory]
    [InlineData(0, 3, 1, new double[] { 0, 1, 2 })]
    [InlineData(1, 2, 0.25, new[] { 1, 1.25, 1.5, 1.75 })]
    [InlineData(3, 0, -2, new double[] { 3, 1 })]
    [InlineData(3, 0, 1, new double[0])]
    public void ArangeStopsBeforeTheEnd(double start, double stop, double step, double[] expected) =>
        Assert.Equal(expected, Tensor.Arange<double>(start, stop, step).ToArray());

    [Fact]
    public void ArangeDoesNotAddUpErrors() => Assert.Equal(0.1 * 777, Tensor.Arange<double>(0, 100, 0.1).ToArray()[777]);

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(0, double.PositiveInfinity, 1)]
    [InlineData(double.NaN, 1, 1)]
    [InlineData(0, 1, 1e-300)]
    public void ArangeRefusesWhatHasNoEnd(double start, double stop, double step) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Arange<float>(start, stop, step));

    [Fact]
    public void TheSameSeedDrawsTheSameNumbers()
    {
        Assert.Equal(Tensor.Uniform<double>([50], seed: 3).ToArray(), Tensor.Uniform<double>([5, 10], new RandomSource(3)).ToArray());
        Assert.NotEqual(Tensor.Uniform<double>([50], seed: 3).ToArray(), Tensor.Uniform<double>([50], seed: 4).ToArray());
        Assert.All(Tensor.Uniform<float>([1000], seed: 1, low: -2, high: 5).ToArray(), static value => Assert.InRange(value, -2, 5));
        double[] normal = Tensor.Normal<double>([20_000], seed: 1, mean: 3, standardDeviation: 2).ToArray();
        double mean = normal.Average();
        Assert.InRange(mean, 2.95, 3.05);
        Assert.InRange(normal.Average(value => (value - mean) * (value - mean)), 3.85, 4.15);
    }
}
