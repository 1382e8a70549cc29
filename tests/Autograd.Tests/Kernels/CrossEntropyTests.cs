using System.Numerics;
using Autograd.Kernels;

namespace Autograd.Tests;

public sealed class CrossEntropyTests
{
    [Theory]
    [InlineData(false, 0.0)]
    [InlineData(true, 0.0)]
    [InlineData(false, 0.3)]
    [InlineData(true, 0.2)]
    public void LossAndGradientAgreeWithTheirFormulas(bool weighted, double smoothing)
    {
        Check<double>(weighted, smoothing, 1e-13);
        Check<float>(weighted, smoothing, 3e-6);
    }

    [Fact]
    public void InfiniteAndLargeLogitsGiveWhatPyTorchGives()
    {
        const double inf = double.PositiveInfinity;
        (double loss, double[] gradient) = One([-inf, 2], 1);
        Assert.Equal(0, loss);
        Assert.Equal([0.0, 0.0], gradient);
        (loss, gradient) = One([-inf, 2], 0);
        Assert.Equal(inf, loss);
        Assert.Equal([-1.0, 1.0], gradient);
        (loss, gradient) = One([1e4, 0], 1);
        Assert.Equal(1e4, loss);
        Assert.Equal([1.0, -1.0], gradient);
        (loss, gradient) = One([1e4, 0], 0);
        Assert.Equal(0, loss);
        Assert.Equal([0.0, 0.0], gradient);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void TargetThatIsNoClassIsNamed(int target)
    {
        double[] logits = new double[6], rows = new double[2];
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            () => Reductions.CrossEntropy<double>(logits, [0, target], [], -100, 0, rows, new double[2], new double[2]));
        Assert.Contains($"target {target} at position 1", error.Message);
        Assert.Contains("3 classes", error.Message);
        Assert.Throws<ArgumentException>(() => Reductions.CrossEntropy<double>(logits, [0, 1], [1, 2], -100, 0, rows, rows, rows));
        Assert.Throws<ArgumentException>(() => Reductions.CrossEntropy<double>(logits, [0, 1], [], -100, 0, rows, rows, new double[1]));
    }

    private static (double Loss, double[] Gradient) One(double[] logits, int target)
    {
        double[] loss = new double[1], scale = new double[1], sum = new double[1], gradient = new double[logits.Length];
        Reductions.CrossEntropy<double>(logits, [target], [], -100, 0, loss, scale, sum);
        Reductions.CrossEntropyGradient<double>(logits, [target], [], -100, 0, [1], scale, sum, gradient);
        return (loss[0], gradient);
    }

    private static void Check<T>(bool weighted, double smoothing, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        System.Random random = new(31);
        foreach (int classes in new[] { 1, 2, 10, 65, 300 })
        {
            const int rows = 9;
            T[] logits = [.. Enumerable.Range(0, rows * classes).Select(_ => T.CreateTruncating(random.NextDouble() * 12 - 6))];
            int[] targets = [.. Enumerable.Range(0, rows).Select(row => row == 4 ? -100 : random.Next(classes))];
            T[] weights = weighted ? [.. Enumerable.Range(0, classes).Select(_ => T.CreateTruncating(random.NextDouble() + 0.2))] : [];
            T[] cotangents = [.. Enumerable.Range(0, rows).Select(_ => T.CreateTruncating(random.NextDouble() + 0.5))];
            T[] losses = new T[rows], scales = new T[rows], sums = new T[rows], gradient = new T[logits.Length];
            Reductions.CrossEntropy(logits, targets, weights, -100, smoothing, losses, scales, sums);
            Reductions.CrossEntropyGradient(logits, targets, weights, -100, smoothing, cotangents, scales, sums, gradient);
            T[] inPlace = (T[])logits.Clone();
            Reductions.CrossEntropyGradient(inPlace, targets, weights, -100, smoothing, cotangents, scales, sums, inPlace);
            Assert.Equal(gradient, inPlace);
            for (int row = 0; row < rows; row++)
            {
                double[] x = [.. logits.Skip(row * classes).Take(classes).Select(double.CreateTruncating)];
                double log = Math.Log(x.Sum(Math.Exp)), cotangent = double.CreateTruncating(cotangents[row]);
                double[] share = [.. Enumerable.Range(0, classes).Select(c => targets[row] == -100 ? 0
                    : (weighted ? double.CreateTruncating(weights[c]) : 1) * (smoothing / classes + (c == targets[row] ? 1 - smoothing : 0)))];
                double expected = -share.Select((s, c) => s * (x[c] - log)).Sum();
                Assert.Equal(expected, double.CreateTruncating(losses[row]), tolerance * 20);
                for (int c = 0; c < classes; c++)
                {
                    double slope = cotangent * (share.Sum() * Math.Exp(x[c] - log) - share[c]);
                    Assert.Equal(slope, double.CreateTruncating(gradient[row * classes + c]), tolerance * 4);
                }
            }
        }
    }
}
