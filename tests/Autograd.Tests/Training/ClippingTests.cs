using Autograd.Tests.Kernels;

namespace Autograd.Tests.Training;

/// <summary>Clipping on several threads; alone, so that the pool is free and the work is really split.</summary>
[Collection(nameof(WorkerPoolTests))]
public sealed class ClippingTests
{
    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-33)] // a factor that is applied in two steps
    public void ClippingHasTheSameBitsForAnyNumberOfThreads(double maximum)
    {
        const int Count = 200_003;
        float[] g = new float[Count];
        new RandomSource(3).FillNormal(g, 0, 1);
        float[][]? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using ThreadsScope scope = new(threads);
            Parameter<float> p = new("p", new Tensor<float>([Count], new float[Count]));
            using Tape<float> tape = new();
            Gradients<float> gradients = tape.Backward(p.On(tape), tape.Constant(new Tensor<float>([Count], g)));
            gradients.ClipByValue(1.5);
            float[] limited = gradients[p].Span.ToArray();
            gradients.ClipByGlobalNorm(maximum);
            float[][] found = [limited, gradients[p].Span.ToArray()];
            expected ??= found;
            Assert.Equal(Bits(expected[0]), Bits(found[0]));
            Assert.Equal(Bits(expected[1]), Bits(found[1]));
            for (int i = 0; i < Count; i += 997) Assert.Equal(Math.Clamp(g[i], -1.5f, 1.5f), limited[i]);
            Assert.InRange(gradients.GlobalNorm(), maximum * 0.999, maximum * 1.000001);
        }

        static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
    }

    [Fact]
    public void ClippingByValueTakesInfinitiesAndNamesTheNaN()
    {
        Parameter<float> p = new("p", new Tensor<float>([3], new float[3]));
        using Tape<float> tape = new();
        Gradients<float> gradients = tape.Backward(p.On(tape), tape.Constant(new Tensor<float>([3], [float.PositiveInfinity, 1, float.NaN])));
        Assert.Contains("parameter 'p' [3] is NaN at position 2", Assert.Throws<NonFiniteException>(() => gradients.ClipByValue(2)).Message, StringComparison.Ordinal);
        Assert.Contains("parameter 'p' [3] is Infinity at position 0", Assert.Throws<NonFiniteException>(() => gradients.ClipByGlobalNorm(2)).Message, StringComparison.Ordinal);

        gradients = tape.Backward(p.On(tape), tape.Constant(new Tensor<float>([3], [float.PositiveInfinity, 1, float.NegativeInfinity])));
        gradients.ClipByValue(2);
        Assert.Equal([2, 1, -2], gradients[p].Span.ToArray());
    }
}
