using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>For every number of threads and every vector width the same bits; alone, so that the work is really split.</summary>
[Collection(nameof(WorkerPoolTests))]
public sealed class NormalizationKernelTests
{
    [Fact]
    public void NormalizationHasTheSameBits()
    {
        foreach (NormalizationLayout layout in new NormalizationLayout[] { new(700, 1, 131, 1), new(96, 4, 3, 301), new(24, 24, 1, 4001) })
        {
            float[] x = Values(layout.Rows * layout.Width, 1), g = Values(x.Length, 2), weight = Values(layout.Parameters, 3), bias = Values(layout.Parameters, 4), expected = [];
            foreach ((int threads, int width) in new[] { (1, 512), (1, 256), (1, 128), (2, 512), (3, 256), (8, 512) })
            {
                using ThreadsScope scope = new(threads);
                using WidthScope widths = new(width);
                float[] y = new float[x.Length], means = new float[layout.Rows], variances = new float[layout.Rows];
                float[] gx = new float[x.Length], gw = new float[weight.Length], gb = new float[weight.Length];
                Reductions.Normalize<float>(layout, 1e-5, true, x, weight, bias, y, means, variances);
                Reductions.NormalizeGradient<float>(layout, 1e-5, true, g, x, weight, means, variances, gx, gw, gb);
                float[] all = [.. y, .. gx, .. gw, .. gb];
                expected = expected.Length == 0 ? all : expected;
                GemmTests.AssertSameBits<float>(expected, all);
            }
        }
    }

    [Fact]
    public void BuffersThatDoNotFitAreRefused() => Assert.Throws<ArgumentException>(
        () => Reductions.Normalize<float>(new(2, 1, 3, 1), 0, true, new float[6], [], [], new float[5], new float[2], new float[2]));

    [Fact]
    public void CtcHasTheSameBits()
    {
        const int time = 60, batch = 9, classes = 31, width = 20;
        float[] logits = Values(time * batch * classes, 5);
        int[] targets = [.. Enumerable.Range(0, batch * width).Select(static i => 1 + (i * 7 % 11 / 2))], steps = [.. Enumerable.Repeat(time, batch)], labels = [.. Enumerable.Range(12, batch)];
        double[] expected = [];
        foreach ((int threads, int vectors) in new[] { (1, 512), (1, 256), (1, 128), (2, 512), (3, 256), (8, 512) })
        {
            using ThreadsScope scope = new(threads);
            using WidthScope widths = new(vectors);
            double[] losses = new double[batch];
            float[] gradient = new float[logits.Length];
            Ctc.Loss<float>((time, batch, classes), logits, targets, steps, labels, 0, false, losses, gradient);
            double[] all = [.. losses, .. gradient];
            expected = expected.Length == 0 ? all : expected;
            GemmTests.AssertSameBits<double>(expected, all);
        }
    }

    /// <summary>Against the recursion in plain probabilities, scaled at each step (Rabiner 1989), which shares nothing with the kernel.</summary>
    [Fact]
    public void CtcOfLongInputsAgreesWithScaledProbabilities()
    {
        const int time = 400, classes = 12, blank = 3;
        double[] logits = [.. Values(time * classes, 6).Select(static value => 4.0 * value)];
        int[] labels = [.. Enumerable.Range(0, 90).Select(static i => i * i % 11 is int label && label >= blank ? (i * i % 11) + 1 : i * i % 11)];
        double[] losses = new double[1], gradient = new double[logits.Length];
        Ctc.Loss<double>((time, 1, classes), logits, labels, [time], [labels.Length], blank, false, losses, gradient);
        Assert.Equal(Scaled(logits), losses[0], 1e-9 * losses[0]);
        foreach (int at in Enumerable.Range(0, 40).Select(static i => i * 119 % (time * classes)))
        {
            double Shifted(double by)
            {
                double[] moved = (double[])logits.Clone();
                moved[at] += by;
                return Scaled(moved);
            }

            double h = 1e-3, slope = ((8 * (Shifted(h) - Shifted(-h))) - (Shifted(2 * h) - Shifted(-2 * h))) / (12 * h);
            Assert.Equal(slope, gradient[at], 1e-7);
        }

        double Scaled(double[] x)
        {
            int states = (2 * labels.Length) + 1;
            double[] alpha = new double[states];
            double log = 0;
            for (int t = 0; t < time; t++)
            {
                double[] row = [.. x.Skip(t * classes).Take(classes).Select(Math.Exp)];
                double total = row.Sum();
                double[] next = new double[states];
                for (int s = 0; s < states; s++)
                {
                    int label = s % 2 == 0 ? blank : labels[s / 2];
                    double sum = t == 0 ? (s < 2 ? 1 : 0) : alpha[s] + (s > 0 ? alpha[s - 1] : 0) + (s > 2 && s % 2 == 1 && labels[s / 2] != labels[(s / 2) - 1] ? alpha[s - 2] : 0);
                    next[s] = sum * row[label] / total;
                }

                double scale = next.Sum();
                log += Math.Log(scale);
                alpha = [.. next.Select(value => value / scale)];
            }

            return -(log + Math.Log(alpha[^1] + alpha[^2]));
        }
    }

    [Fact]
    public void CtcBuffersThatDoNotFitAreRefused() => Assert.Throws<ArgumentException>(
        () => Ctc.Loss<float>((2, 1, 3), new float[5], [1], [2], [1], 0, false, new double[1], []));

    private static float[] Values(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin((1.7 * i) + (0.3 * i % 7) + seed))];
}
