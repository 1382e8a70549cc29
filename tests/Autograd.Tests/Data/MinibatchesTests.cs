namespace Autograd.Tests.Data;

public sealed class MinibatchesTests
{
    /// <summary>Orders are part of what a seed means: a change of these numbers changes every run that people repeat.</summary>
    [Fact]
    public void GoldenValuesHold()
    {
        Assert.Equal("2 0 4, 5 1 6, 3, 5 4 2, 3 0 1, 6", Steps(new(7, 3, seed: 1), 6));
        Assert.Equal("6 0 2, 1 3 5, 4", Steps(new(7, 3, seed: 2), 3));
        Assert.Equal("3 6, 1 9, 4 8, 0 7, 2 10, 5, 9 0, 7, 10 5, 3 6, 1 2, 4 8", Steps(new(11, 2, seed: 1, [5, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5], pool: 3), 12));
    }

    /// <summary>As the class describes itself: a random order, pools of it sorted with equals in their order, and the batches shuffled.</summary>
    [Fact]
    public void IsItsDescription() => HoldForBatches(static (choose, count, batchSize, seed, lengths, pool) =>
    {
        long epoch = choose.Of(0L, 1, 2, 1_000_000_000_000);
        RandomSource random = new(seed, RandomSource.StreamOf($"epoch.{epoch}"));
        int[][] expected = [.. random.Permutation(count).Chunk(batchSize)];
        if (lengths is not null)
        {
            expected = [.. expected.Chunk(pool).SelectMany(batches => batches.SelectMany(static batch => batch).OrderBy(example => lengths[example]).Chunk(batchSize))];
            random.Shuffle<int[]>(expected);
        }

        Minibatches batches = new(count, batchSize, seed, lengths, pool);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], batches[(epoch * batches.PerEpoch) + i].ToArray());
    });

    /// <summary>Every epoch has each example once, in batches that are full but for one.</summary>
    [Fact]
    public void AnEpochHasEachExampleOnce() => HoldForBatches(static (choose, count, batchSize, seed, lengths, pool) =>
    {
        Minibatches batches = new(count, batchSize, seed, lengths, pool);
        Assert.Equal((count, batchSize, pool), (batches.Count, batches.BatchSize, batches.Pool));
        long step = 0;
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int[] times = new int[count];
            int partial = 0;
            for (int i = 0; i < batches.PerEpoch; i++)
            {
                ReadOnlySpan<int> batch = batches[step++];
                Assert.InRange(batch.Length, 1, batchSize);
                if (batch.Length < batchSize) partial++;
                foreach (int example in batch) times[example]++;
            }

            Assert.All(times, static time => Assert.Equal(1, time));
            Assert.Equal(count % batchSize == 0 ? 0 : 1, partial);
        }
    });

    /// <summary>What a step takes depends neither on what was asked before nor on the waste having been asked for.</summary>
    [Fact]
    public void AStepIsTheSameWhateverWasAskedBefore() => HoldForBatches(static (choose, count, batchSize, seed, lengths, pool) =>
    {
        Minibatches batches = new(count, batchSize, seed, lengths, pool);
        for (int ask = 0; ask < 8; ask++)
        {
            long step = choose.Below(6 * batches.PerEpoch);
            if (lengths is not null && choose.Flip()) batches.Waste();
            Assert.Equal(new Minibatches(count, batchSize, seed, lengths, pool)[step].ToArray(), batches[step].ToArray());
        }

        // The lengths are those of the beginning, whatever becomes of the caller's list.
        if (lengths is null) return;
        int[] first = new Minibatches(count, batchSize, seed, lengths, pool)[0].ToArray();
        _ = batches[batches.PerEpoch];
        Array.Clear(lengths);
        Assert.Equal(first, batches[0].ToArray());
    });

    /// <summary>Waste is counted by loops over the batches; sorting never costs more than one short batch may, and nothing if all are full.</summary>
    [Fact]
    public void WasteIsThatOfLoops() => HoldForBatches(static (_, count, batchSize, seed, lengths, pool) =>
    {
        if (lengths is null) return;
        Minibatches sorted = new(count, batchSize, seed, lengths, pool);
        PaddingWaste waste = sorted.Waste();
        long real = 0;
        for (int i = 0; i < count; i++) real += lengths[i];
        long places = Places(sorted, lengths), unsorted = Places(new(count, batchSize, seed), lengths);
        Assert.Equal(new PaddingWaste(real, places, unsorted), waste);
        Assert.InRange(places, real, unsorted + (count % batchSize == 0 ? 0 : (long)batchSize * lengths.Max()));
        Assert.Equal(places == 0 ? 0 : (double)(places - real) / places, waste.Share, 1e-12);
        Assert.Equal(unsorted == 0 ? 0 : (double)(unsorted - real) / unsorted, waste.UnsortedShare, 1e-12);
    });

    /// <summary>Of random lengths, uniform and with a long tail, less than a fifth of the padding is left, with pools of 50 batches.</summary>
    [Fact]
    public void LikeLengthsComeTogether()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Random random = new(seed);
            bool tail = seed % 2 == 1;
            int[] lengths = [.. Enumerable.Range(0, 4_000).Select(_ => tail ? 1 + (int)(-10 * Math.Log(1 - random.NextDouble())) : 1 + random.Next(50))];
            PaddingWaste waste = new Minibatches(lengths.Length, 32, (ulong)seed, lengths).Waste();
            Assert.InRange((double)(waste.Places - waste.Real) / (waste.Unsorted - waste.Real), 0, 0.2);
        }
    }

    [Fact]
    public void SeedsAndEpochsHaveTheirOwnOrder()
    {
        int[] lengths = [.. Enumerable.Range(0, 100).Select(static example => example % 10)];
        HashSet<string> orders = [];
        for (ulong seed = 0; seed < 20; seed++)
        {
            foreach (int[]? of in (int[]?[])[null, lengths])
            {
                Minibatches first = new(100, 8, seed, of), second = new(100, 8, seed, of);
                for (int epoch = 0; epoch < 5; epoch++)
                {
                    string order = Steps(first, first.PerEpoch, epoch * first.PerEpoch);
                    Assert.Equal(order, Steps(second, second.PerEpoch, epoch * second.PerEpoch));
                    Assert.True(orders.Add(order), $"seed {seed}, epoch {epoch}: an order came again");
                }
            }
        }
    }

    /// <summary>The longest example may come at any time of an epoch: χ² with 9 degrees of freedom, above 27.9 once in a thousand.</summary>
    [Fact]
    public void LengthDoesNotDecideWhen()
    {
        int[] lengths = [.. Enumerable.Range(1, 40)], counts = new int[10];
        Minibatches batches = new(40, 4, seed: 3, lengths);
        for (long step = 0; step < 20_000; step++)
        {
            if (batches[step].Contains(39)) counts[step % 10]++;
        }

        Assert.Equal(2_000, counts.Sum());
        Assert.InRange(counts.Sum(static count => Math.Pow(count - 200, 2) / 200), 0, 27.9);
    }

    [Fact]
    public void WasteIsSaidInWords() => Assert.Equal(
        "of 203,311 places 2.1 % are padding; in plain random order 38.4 % would be", new PaddingWaste(199_042, 203_311, 323_120).ToString());

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Refused("1 example or more, not 0", static () => new Minibatches(0, 1, 1));
        Refused("batchSize is 1 or more, not 0", static () => new Minibatches(1, 0, 1));
        Refused("pool is 1 or more, not 0", static () => new Minibatches(1, 1, 1, pool: 0));
        Refused("2 lengths were given for 3 examples", static () => new Minibatches(3, 1, 1, [1, 2]));
        Refused("the length of example 1 is -4", static () => new Minibatches(3, 1, 1, [1, -4, -5]));
        Refused("there is no step -1", static () => new Minibatches(3, 1, 1)[-1].ToArray());
        Assert.Contains("Pass the lengths", Assert.Throws<InvalidOperationException>(static () => new Minibatches(3, 1, 1).Waste()).Message, StringComparison.Ordinal);
        Assert.Equal([0], new Minibatches(1, int.MaxValue, 1, [0], int.MaxValue)[long.MaxValue].ToArray());
        Assert.Equal((0.0, 0.0), (new Minibatches(1, 1, 1, [0]).Waste().Share, default(PaddingWaste).UnsortedShare));

        static void Refused(string words, Func<object> make) => Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(make).Message, StringComparison.Ordinal);
    }

    private static void HoldForBatches(Action<Choices, int, int, ulong, int[]?, int> law) => Laws.HoldForChoices(70, Laws.Deep ? 10_000 : 300, (20_261_006, 1_234_567), choose =>
    {
        int count = choose.Between(1, 50), batchSize = choose.Between(1, 9), pool = choose.Between(1, 4);
        ulong seed = (ulong)choose.Below(1_000);
        law(choose, count, batchSize, seed, choose.Flip() ? choose.Indices(count, choose.Of(12, 3, 1)) : null, pool);
    });

    private static string Steps(Minibatches batches, int count, long first = 0)
    {
        List<string> steps = [];
        for (long step = first; step < first + count; step++) steps.Add(string.Join(' ', batches[step].ToArray()));
        return string.Join(", ", steps);
    }

    private static long Places(Minibatches batches, int[] lengths)
    {
        long places = 0;
        for (int step = 0; step < batches.PerEpoch; step++)
        {
            int longest = 0;
            foreach (int example in batches[step]) longest = Math.Max(longest, lengths[example]);
            foreach (int _ in batches[step]) places += longest;
        }

        return places;
    }
}
