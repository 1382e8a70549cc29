using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Autograd.Kernels;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Autograd.Tests;

public sealed class RandomSourceTests
{
    [Theory]
    [InlineData(0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0xe169c58d6627e8d5, 0x9b00dbd8bc57ac4c)]
    [InlineData(0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0x41c83b0e408f276d, 0x6d5451fda20bc7c6)]
    [InlineData(0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, 0x94fdccebd16cfe09, 0x24126ea15001e420)]
    public void KnownAnswersOfRandom123(ulong counter, ulong stream, ulong key, ulong first, ulong second) =>
        Assert.Equal((first, second), RandomBits.Pair(counter, stream, key));

    [Fact]
    public void GoldenValuesHold()
    {
        RandomSource random = new(2024, RandomSource.StreamOf("layers.0.weight"));
        ulong[] words = [.. Enumerable.Range(0, 4096).Select(_ => random.NextUInt64())];
        float[] uniform = new float[2000], normal = new float[2000];
        double[] wide = new double[2000];
        random.FillUniform(uniform, -0.5, 0.5);
        random.FillNormal(normal, 0, 1);
        random.FillNormal(wide, 3, 2);
        string[] found =
        [
            .. words.Take(4).Select(w => w.ToString("x16")), .. uniform.Take(3).Select(v => v.ToString("R")), .. normal.Take(3).Select(v => v.ToString("R")),
            .. wide.Take(3).Select(v => v.ToString("R")), Hash<ulong>(words), Hash<float>(uniform), Hash<float>(normal), Hash<double>(wide),
            random.NextInt(1000).ToString(), string.Join(" ", new RandomSource(5).Permutation(12)),
        ];
        Assert.Equal(Golden, found);
    }

    [Fact]
    public void StreamOfAPathIsFnv1a()
    {
        Assert.Equal(0xcbf29ce484222325, RandomSource.StreamOf(""));
        Assert.Equal(0xaf63dc4c8601ec8c, RandomSource.StreamOf("a"));
        Assert.Equal(0x85944171f73967e8, RandomSource.StreamOf("foobar"));
        Assert.NotEqual(RandomSource.Mix(1, 2, 3), RandomSource.Mix(1, 3, 2));
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(i => RandomSource.Mix((ulong)i / 100, (ulong)i / 10 % 10, (ulong)i % 10)).Distinct().Count());
    }

    [Fact]
    public void ElementsDependOnTheirPositionAlone()
    {
        double[] all = new double[700], normal = new double[700], mask = new double[700];
        new RandomSource(9, 4).FillUniform(all, 2, 5);
        new RandomSource(9, 4).FillNormal(normal, 0, 1);
        new RandomSource(9, 4).FillBernoulli(mask, 0.3);
        foreach (int cut in new[] { 0, 1, 2, 7, 8, 9, 255, 256, 257, 699 })
        {
            Both((source, part) => source.FillUniform(part, 2, 5), all, cut);
            Both((source, part) => source.FillNormal(part, 0, 1), normal, cut);
            Both((source, part) => source.FillBernoulli(part, 0.3), mask, cut);
            Both((source, part) => { for (int i = 0; i < part.Length; i++) part[i] = source.NextNormal(); }, normal, cut);
            Both((source, part) => { for (int i = 0; i < part.Length; i++) part[i] = 2 + 3 * source.NextDouble(); }, all, cut);
        }

        static void Both(Action<RandomSource, double[]> fill, double[] expected, int cut)
        {
            RandomSource source = new(9, 4);
            double[] first = new double[cut], second = new double[expected.Length - cut];
            fill(source, first);
            Assert.Equal((ulong)cut, source.Position);
            fill(new RandomSource(9, 4) { Position = source.Position }, second);
            Assert.Equal(expected, (double[])[.. first, .. second]);
        }
    }

    [Fact]
    public void VectorAndScalarWordsAgree()
    {
        foreach (ulong start in new ulong[] { 0, 1, 5, 0xFFFFFFFD, 0x1FFFFFFFC, ulong.MaxValue - 40 })
        {
            for (int length = 0; length < 30; length++)
            {
                ulong[] words = new ulong[length];
                RandomBits.Fill(words, start, 77, 0xABCDEF0123456789);
                for (int i = 0; i < length; i++) Assert.Equal(RandomBits.Word(start + (ulong)i, 77, 0xABCDEF0123456789), words[i]);
            }
        }
    }

    [Fact]
    public void UniformNumbersAreUniform()
    {
        RandomSource random = new(1);
        float[] single = new float[100_000];
        double[] wide = new double[100_000];
        random.FillUniform(single, 0, 1);
        random.FillUniform(wide, -3, 5);
        double[] values = [.. single.Select(v => (double)v)];
        Assert.All(single, v => Assert.InRange(v, 0, 0.99999994f));
        Assert.Equal(0.5, values.Mean(), 0.004);
        Assert.Equal(1.0 / 12, values.Variance(), 0.001);
        Assert.InRange(KolmogorovSmirnov(values, v => v), 0, 1.95);
        Assert.InRange(KolmogorovSmirnov(wide, v => (v + 3) / 8), 0, 1.95);
        Assert.InRange(Math.Abs(Correlation.Pearson(values[1..], values[..^1])), 0, 0.01);
    }

    [Fact]
    public void NormalNumbersAreNormal()
    {
        double[] values = new double[200_000];
        new RandomSource(2).FillNormal(values, 0, 1);
        Assert.Equal(0, values.Mean(), 0.008);
        Assert.Equal(1, values.StandardDeviation(), 0.006);
        Assert.Equal(0, values.Skewness(), 0.02);
        Assert.Equal(0, values.Kurtosis(), 0.04);
        Assert.InRange(values.Max(), 3.9, 6.5);
        Assert.InRange(KolmogorovSmirnov(values, v => Normal.CDF(0, 1, v)), 0, 1.95);
        Assert.InRange(Math.Abs(Correlation.Pearson(values[1..], values[..^1])), 0, 0.008);
        double[] scaled = new double[100];
        new RandomSource(2).FillNormal(scaled, 10, 0.5);
        for (int i = 0; i < 100; i++) Assert.Equal(10 + 0.5 * values[i], scaled[i]);
    }

    [Fact]
    public void NormalNumbersAreBoxMullerOfTheirWords()
    {
        for (ulong counter = 0; counter < 500; counter++)
        {
            (ulong first, ulong second) = RandomBits.Pair(counter, 3, 4);
            double radius = Math.Sqrt(-2 * Math.Log(((first >> 11) + 1) / Math.Pow(2, 53))), angle = 2 * Math.PI * ((second >> 11) / Math.Pow(2, 53));
            (double even, double odd) = RandomBits.NormalPair(counter, 3, 4);
            Assert.Equal(radius * Math.Cos(angle), even, 2e-15 * radius + 1e-15);
            Assert.Equal(radius * Math.Sin(angle), odd, 2e-15 * radius + 1e-15);
        }
    }

    [Fact]
    public void WholeNumbersMasksAndOrdersAreEquallyLikely()
    {
        RandomSource random = new(3);
        int[] counts = new int[7], orders = new int[24];
        for (int i = 0; i < 70_000; i++) counts[random.NextInt(7)]++;
        Assert.InRange(counts.Sum(c => Math.Pow(c - 10_000, 2) / 10_000), 0, 22.5);
        for (int i = 0; i < 24_000; i++)
        {
            int[] order = random.Permutation(4);
            Assert.Equal([0, 1, 2, 3], (int[])[.. order.Order()]);
            orders[order[0] * 6 + (order[1] - (order[1] > order[0] ? 1 : 0)) * 2 + (order[2] > order[3] ? 1 : 0)]++;
        }

        Assert.InRange(orders.Sum(c => Math.Pow(c - 1000, 2) / 1000), 0, 49.7);
        float[] mask = new float[100_000];
        random.FillBernoulli(mask, 0.25);
        Assert.All(mask, v => Assert.True(v is 0 or 1));
        Assert.InRange(mask.Sum(), 24_400, 25_600);
        random.FillBernoulli(mask, 1);
        Assert.DoesNotContain(0f, mask);
        random.FillBernoulli(mask, 0);
        Assert.DoesNotContain(1f, mask);
        Assert.Equal(0, random.NextInt(1));
        Assert.InRange(random.NextInt(int.MaxValue), 0, int.MaxValue - 1);
    }

    [Fact]
    public void BadArgumentsAreNamed()
    {
        RandomSource random = new(1);
        float[] values = new float[1];
        Assert.Contains("0 to 0 - 1", Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => random.FillUniform(values, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.FillUniform(values, 0, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.FillNormal(values, 0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.FillBernoulli(values, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Permutation(-1));
        Assert.Throws<ArgumentNullException>(() => RandomSource.StreamOf(null!));
        Assert.Equal(0ul, random.Position);
    }

    // First values, and SHA-256 of all: 4,096 words, 2,000 uniform and 4,000 normal numbers.
    private static readonly string[] Golden =
    [
        "c8128af270654949", "c7404015ee1f1c19", "af872e017cd2c777", "45bfb4a3d20af8d0", "0.05096525", "-0.20471334",
        "0.085397184", "-1.6539901", "2.1742616", "1.038117", "6.119340504880106", "0.8746597065728348", "3.5561429559770024",
        "914b10f844e41670a018160c6d19917a", "843ab746ff44631f1bb263911efb446d", "4db2bb229531351431bf27680a482f22",
        "35d0bcf793313c67f013e883f24756f5", "35", "6 3 2 11 7 4 8 5 9 1 10 0",
    ];

    private static string Hash<T>(T[] values)
        where T : unmanaged => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())))[..32];

    /// <summary>√n times the largest distance between the two distribution functions; above 1.95 once in a thousand samples.</summary>
    private static double KolmogorovSmirnov(double[] values, Func<double, double> distribution)
    {
        double[] sorted = [.. values.Order()];
        double distance = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            double p = distribution(sorted[i]);
            distance = Math.Max(distance, Math.Max(p - (double)i / sorted.Length, (double)(i + 1) / sorted.Length - p));
        }

        return distance * Math.Sqrt(sorted.Length);
    }
}
