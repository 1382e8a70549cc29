using FsCheck.Fluent;

namespace Autograd.Tests.Layers;

/// <summary>The field against the enumeration of every chain.</summary>
public sealed class LinearChainCrfTests
{
    /// <summary>Loss, partition, marginals and best chain of ragged batches, with NaN in the padding, equal those of all chains listed one by one.</summary>
    [Fact]
    public void IsTheSumOverAllChains() => Laws.Hold(Laws.Seeds, Arb.From(Gen.Choose(1, 3)), (seed, tags) =>
    {
        Random random = new(seed);
        int steps = 1 + random.Next(4), batch = random.Next(4);
        LinearChainCrf<double> crf = Make(tags, seed);
        int[] lengths = [.. Enumerable.Range(0, batch).Select(_ => 1 + random.Next(steps))];
        Tensor<double> emissions = Laws.Tensor([steps, batch, tags], seed);
        Tensor<int> gold = new([steps, batch]);
        for (int t = 0; t < steps; t++)
        {
            for (int b = 0; b < batch; b++)
            {
                gold[t, b] = t < lengths[b] ? random.Next(tags) : -100;
                for (int k = 0; k < tags && t >= lengths[b]; k++) emissions[t, b, k] = double.NaN;
            }
        }

        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(emissions);
        double[] losses = crf.Loss(x, gold, Tensor.From(lengths), Reduction.None).ToArray();
        Variable<double> partition = crf.LogPartition(x, Tensor.From(lengths));
        (Tensor<int> best, Tensor<double> scores) = crf.Viterbi(x, Tensor.From(lengths));
        double[] marginals = tape.Backward(partition.Sum(), retain: true)[x].ToArray();
        for (int b = 0; b < batch; b++)
        {
            (int[] Chain, double Score)[] all = [.. Chains(tags, lengths[b]).Select(chain => (chain, Score(crf, emissions, b, chain)))];
            double total = all.Sum(static entry => Math.Exp(entry.Score));
            Assert.Equal(Math.Log(total), partition.ToArray()[b], 1e-12);
            double own = Score(crf, emissions, b, [.. Enumerable.Range(0, lengths[b]).Select(t => gold[t, b])]);
            Assert.Equal(Math.Log(total) - own, losses[b], 1e-12);
            Assert.Equal(all.Max(static entry => entry.Score), scores.Span[b], 1e-12);
            Assert.Equal(scores.Span[b], Score(crf, emissions, b, [.. Enumerable.Range(0, lengths[b]).Select(t => best[t, b])]), 1e-12);
            for (int t = 0; t < steps; t++)
            {
                if (t >= lengths[b]) Assert.Equal(-1, best[t, b]);
                for (int k = 0; k < tags; k++)
                {
                    double expected = t >= lengths[b] ? 0 : all.Where(entry => entry.Chain[t] == k).Sum(static entry => Math.Exp(entry.Score)) / total;
                    double found = marginals[(((t * batch) + b) * tags) + k];
                    if (t >= lengths[b]) Assert.Equal(0, found);
                    else Assert.Equal(expected, found, 1e-12);
                }
            }
        }
    });

    [Fact]
    public void PassesTheGradientCheckToSecondOrder()
    {
        LinearChainCrf<double> crf = Make(3, 5);
        Tensor<double> emissions = Laws.Tensor([4, 2, 3], 1);
        Tensor<int> tags = new([4, 2], [0, 1, 2, 2, 1, -100, 1, -100]), lengths = Tensor.From(4, 2), full = new([4, 2], [0, 1, 2, 2, 1, 0, 1, 2]);
        GradientCheckOptions second = new() { Order = 2 };
        GradientCheck.Run(x => crf.Loss(x[0], tags, lengths, Reduction.None), [emissions], second).ThrowIfFailed();
        GradientCheck.Run(crf.NamedParameters(), tape => crf.Loss(tape.Constant(emissions), tags, lengths), second).ThrowIfFailed();
        GradientCheck.Run(crf.NamedParameters(), tape => crf.Loss(tape.Constant(emissions), full, reduction: Reduction.Sum), second).ThrowIfFailed();
    }

    [Fact]
    public void LargeScoresDoNotOverflow()
    {
        LinearChainCrf<float> crf = new(4);
        crf.Initialize(1);
        Tensor<float> emissions = Tensor.Full([50, 1, 4], -3000f);
        for (int t = 0; t < 50; t++) emissions[t, 0, t % 4] = 3000f;
        Tensor<int> tags = new([50, 1], [.. Enumerable.Range(0, 50).Select(static t => t % 4)]);
        using Tape<float> tape = new();
        Assert.Equal(0, crf.Loss(tape.Constant(emissions), tags).Item(), 0.05);
        Assert.Equal(tags.ToArray(), crf.Viterbi(tape.Constant(emissions)).Tags.ToArray());
    }

    [Fact]
    public void OnceWarmNothingIsAllocated()
    {
        LinearChainCrf<float> crf = new(5);
        crf.Initialize(1);
        Tensor<float> emissions = Tensor.Full([7, 3, 5], 0.5f);
        Tensor<int> tags = new([7, 3]), lengths = Tensor.From(7, 3, 1);
        using Tape<float> tape = new();
        void Run()
        {
            tape.Reset();
            tape.Backward(crf.Loss(tape.Constant(emissions), tags, lengths));
        }

        Allocations.AssertNone(50, Run);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        LinearChainCrf<double> crf = Make(3, 5);
        using Tape<double> tape = new();
        Variable<double> x = tape.Zeros([4, 2, 3]);
        Tensor<int> tags = new([4, 2]);
        static void Says<TException>(string expected, Action act)
            where TException : Exception => Assert.Contains(expected, Assert.Throws<TException>(act).Message, StringComparison.Ordinal);
        Says<ArgumentOutOfRangeException>("tags is 1 or more, not 0", static () => _ = new LinearChainCrf<double>(0));
        Says<ShapeException>("the emissions have shape [4, 2, 5]; they must be [steps, batch, 3]", () => crf.Loss(tape.Zeros([4, 2, 5]), tags));
        Says<ShapeException>("they must be [4, 2], [steps, batch]", () => crf.Loss(x, new([2, 4])));
        Says<ShapeException>("the lengths have shape [3]", () => crf.Loss(x, tags, Tensor.From(1, 2, 3)));
        Says<ArgumentOutOfRangeException>("the length of sequence 1 is 5; it lies in 1 … 4", () => crf.Viterbi(x, Tensor.From(1, 5)));
        Says<ShapeException>("0 steps", () => crf.LogPartition(tape.Zeros([0, 2, 3])));
        Says<ArgumentOutOfRangeException>("reduction is Mean, Sum or None", () => crf.Loss(x, tags, reduction: Reduction.BatchMean));
        tags[2, 1] = 3;
        Says<ArgumentOutOfRangeException>("the tag 3 at step 2 of sequence 1 is outside 0 … 2", () => crf.Loss(x, tags));
        Tensor<double> broken = new([4, 2, 3]);
        broken[1, 0, 2] = double.NaN;
        Says<ArgumentException>("the emission of tag 2 at step 1 of sequence 0 is NaN", () => crf.Viterbi(tape.Constant(broken)));
    }

    private static LinearChainCrf<double> Make(int tags, int seed)
    {
        LinearChainCrf<double> crf = new(tags);
        crf.Initialize((ulong)seed, static (_, _) => Initializer.Normal(1));
        return crf;
    }

    private static IEnumerable<int[]> Chains(int tags, int length) => Nd.IndicesOf([.. Enumerable.Repeat(tags, length)]);

    private static double Score(LinearChainCrf<double> crf, Tensor<double> emissions, int row, int[] chain)
    {
        double score = crf.Start.Value.Span[chain[0]] + crf.End.Value.Span[chain[^1]];
        for (int t = 0; t < chain.Length; t++)
        {
            score += emissions[t, row, chain[t]];
            if (t > 0) score += crf.Transitions.Value[chain[t - 1], chain[t]];
        }

        return score;
    }
}
