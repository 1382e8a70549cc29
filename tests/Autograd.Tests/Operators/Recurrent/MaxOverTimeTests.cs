namespace Autograd.Tests;

/// <summary>The largest value over the true steps, against loops over each sequence's own.</summary>
public sealed class MaxOverTimeTests
{
    [Fact]
    public void OnlyTrueStepsCount() =>
        Laws.HoldForChoices(20, Laws.Deep ? 5_000 : 200, (20_261_122, 1_111_111), static choose =>
        {
            int time = choose.Between(1, 6), batch = choose.Between(1, 4), features = choose.Between(1, 3), seed = choose.Between(0, 10_000);
            bool byMask = choose.Flip();
            double[] x = Laws.Numbers(time * batch * features, seed), weights = Laws.Numbers(batch * features, seed + 1), slopes = new double[x.Length], largest = new double[batch * features];
            int[] lengths = [.. Enumerable.Range(0, batch).Select(_ => choose.Between(1, time))];
            Tensor<bool> mask = new([time, batch]);
            for (int b = 0; b < batch; b++)
            {
                for (int f = 0; f < features; f++)
                {
                    int best = -1;
                    for (int t = 0; t < time; t++)
                    {
                        int at = (((t * batch) + b) * features) + f;
                        mask[t, b] = t < lengths[b];
                        if (t >= lengths[b]) x[at] = double.NaN;
                        else if (best < 0 || x[at] > x[best]) best = at;
                    }

                    largest[(b * features) + f] = x[best];
                    slopes[best] = weights[(b * features) + f];
                }
            }

            using Tape<double> tape = new();
            Variable<double> input = tape.Variable(new([time, batch, features], x));
            Variable<double> found = byMask ? input.MaxOverTime(mask: mask) : input.MaxOverTime(Tensor.From(lengths));
            Assert.Equal(new Shape(batch, features), found.Shape);
            Assert.Equal(largest, found.ToArray());
            Gradients<double> gradients = tape.Backward((found * tape.Constant(new([batch, features], weights))).Sum());
            Assert.Equal(slopes, gradients[input].ToArray());
        });

    [Fact]
    public void PassesTheGradientCheckToSecondOrder() => GradientCheck.Run(
        static inputs => (inputs[0] * inputs[0]).MaxOverTime(Tensor.From(2, 4, 1)).Exp(), [Laws.Tensor([4, 3, 2], 5)], new() { Order = 2 }).ThrowIfFailed();

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Zeros([3, 2, 4]);
        Assert.Contains("three axes, [time, batch, features]", Assert.Throws<ShapeException>(() => x[0].MaxOverTime()).Message, StringComparison.Ordinal);
        Assert.Contains("a step or more", Assert.Throws<ShapeException>(() => tape.Zeros([0, 2, 4]).MaxOverTime()).Message, StringComparison.Ordinal);
        Assert.Contains("MaxOverTime: the length of sequence 1 is 4; it lies in 1 … 3", Assert.Throws<ArgumentOutOfRangeException>(() => x.MaxOverTime(Tensor.From(3, 4))).Message, StringComparison.Ordinal);
        Assert.Contains("both lengths and a mask", Assert.Throws<ArgumentException>(() => x.MaxOverTime(Tensor.From(3, 1), new([3, 2]))).Message, StringComparison.Ordinal);
        Assert.Contains("false at every step of sequence 0", Assert.Throws<ArgumentException>(() => x.MaxOverTime(mask: new([3, 2]))).Message, StringComparison.Ordinal);
    }
}
