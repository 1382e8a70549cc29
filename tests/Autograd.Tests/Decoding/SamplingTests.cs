using MathNet.Numerics.Distributions;

namespace Autograd.Tests.Decoding;

/// <summary>What each setting does to a distribution, by its formula, and that draws follow it.</summary>
public sealed class SamplingTests
{
    public static TheoryData<double, int?, double, double> Settings => new()
    {
        { 1, null, 1, 1 },
        { 0.5, null, 1, 1 },
        { 2.5, 3, 1, 1 },
        { 1, null, 0.7, 1 },
        { 0.8, 5, 0.9, 1 },
        { 1.3, 4, 0.6, 1.4 },
        { 1, null, 1, 0.5 },
    };

    [Fact]
    public void ProbabilitiesFollowTheFormulas() => Laws.Hold(Laws.Seeds, seed =>
    {
        Random random = new(seed);
        int vocabulary = 1 + random.Next(9);
        double[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => random.Next(5) == 0 ? 0.5 : (random.NextDouble() * 8) - 4)];
        if (vocabulary > 1 && random.Next(4) == 0) logits[random.Next(vocabulary - 1)] = double.NegativeInfinity;
        bool[] seen = [.. logits.Select(_ => random.Next(3) == 0)];
        Sampling sampling = new()
        {
            Temperature = 0.25 + (2 * random.NextDouble()),
            TopK = random.Next(2) == 0 ? null : 1 + random.Next(vocabulary + 2),
            TopP = random.Next(2) == 0 ? 1 : 0.05 + (0.9 * random.NextDouble()),
            RepeatPenalty = random.Next(2) == 0 ? 1 : 0.5 + (2 * random.NextDouble()),
        };
        double[] found = [.. logits];
        sampling.ToProbabilities(found, seen, new int[vocabulary]);
        double[] expected = Exact(logits, seen, sampling);
        for (int i = 0; i < vocabulary; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-12);
            Assert.Equal(expected[i] == 0, found[i] == 0);
        }
    });

    /// <summary>Pearson's χ² of 20,000 draws through the whole decoding loop, at a level of one in a million.</summary>
    [Theory]
    [MemberData(nameof(Settings))]
    public void DrawsFollowTheDistribution(double temperature, int? topK, double topP, double penalty)
    {
        const int Vocabulary = 8, Rows = 500, Length = 40;
        Sampling sampling = new() { Temperature = temperature, TopK = topK, TopP = topP, RepeatPenalty = 1, Seed = 11 };
        double[] logits = [1.5, -0.5, 0.25, 2, -3, 0.25, 1, -1];

        // The penalty would make each draw depend on those before; its effect is put into the logits, with token 3 seen.
        bool[] seen = [.. Enumerable.Range(0, Vocabulary).Select(static token => token == 3)];
        double[] penalized = [.. logits.Select((logit, token) => !seen[token] ? logit : logit > 0 ? logit / penalty : logit * penalty)];
        StepModel<double, Variable<double>> model = StepModel.From<double, Variable<double>>(
            Vocabulary, (tape, tokens, state) => (tape.Constant(new Tensor<double>([1, Vocabulary], penalized)).Expand(tokens.Length, Vocabulary), state));
        using Tape<double> tape = Tape<double>.Inference();
        long[] counts = new long[Vocabulary];
        foreach (int token in Decode.Tokens(model, tape, new([Rows]), default, Length, sampling).SelectMany(static row => row)) counts[token]++;
        double[] expected = Exact(logits, seen, sampling with { RepeatPenalty = penalty });
        Assert.Equal(Rows * Length, counts.Sum());
        double statistic = 0;
        int cells = 0;
        for (int token = 0; token < Vocabulary; token++)
        {
            double mean = expected[token] * Rows * Length;
            if (mean == 0) Assert.Equal(0, counts[token]);
            else (statistic, cells) = (statistic + ((counts[token] - mean) * (counts[token] - mean) / mean), cells + 1);
        }

        Assert.InRange(statistic, 0, ChiSquared.InvCDF(cells - 1, 1 - 1e-6));
    }

    [Fact]
    public void ADrawIsAPlaceInTheRunningSum()
    {
        double[] probabilities = [0, 0.25, 0, 0.5, 0.25, 0];
        Assert.Equal(1, Sampling.Draw(probabilities, 0));
        Assert.Equal(1, Sampling.Draw(probabilities, 0.2499));
        Assert.Equal(3, Sampling.Draw(probabilities, 0.25));
        Assert.Equal(4, Sampling.Draw(probabilities, 0.75));

        // Rounding may leave the sum below u; the last token that can come is taken.
        Assert.Equal(4, Sampling.Draw(probabilities, 1.5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void NumbersThatMakeNoSenseAreRefused(double number)
    {
        static void Says(string expected, Action act) => Assert.Contains(expected, Assert.Throws<ArgumentOutOfRangeException>(act).Message, StringComparison.Ordinal);
        Says($"Temperature is a positive number, not {number}. For the most likely token use Sampling.Greedy.", () => _ = new Sampling { Temperature = number });
        Says($"RepeatPenalty is a positive number, not {number}", () => _ = new Sampling { RepeatPenalty = number });
        Says($"TopP lies in (0, 1], not {number}", () => _ = new Sampling { TopP = number });
        Says("TopK is 1 or more, not 0", static () => _ = new Sampling { TopK = 0 });
    }

    /// <summary>The distribution of the definitions, over a sorted list.</summary>
    private static double[] Exact(double[] logits, bool[] seen, Sampling sampling)
    {
        double[] weights =
        [
            .. logits.Select((logit, token) => !seen[token] ? logit : logit > 0 ? logit / sampling.RepeatPenalty : logit * sampling.RepeatPenalty)
                .Select(logit => Math.Exp(logit / sampling.Temperature)),
        ];
        int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(token => weights[token]).Take(sampling.TopK ?? int.MaxValue)];
        double total = order.Sum(token => weights[token]), sum = 0;
        double[] probabilities = new double[logits.Length];
        foreach (int token in order)
        {
            if (sampling.TopP < 1 && sum >= sampling.TopP * total) break;
            probabilities[token] = weights[token];
            sum += weights[token];
        }

        return [.. probabilities.Select(probability => probability / sum)];
    }
}
