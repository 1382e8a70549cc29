using System.Globalization;

namespace Autograd;

/// <summary>
/// Which examples each training step takes: every epoch all of them once, in an order of its own, some at a time. Examples of like
/// length can be put together, so that little of a batch is padding.
/// </summary>
/// <remarks>
/// What a step takes is a function of the seed and the step's number alone, so a run that goes on from any step takes what an
/// uninterrupted one would. With lengths, the examples of an epoch are put in random order, cut into pools of <see cref="Pool"/>
/// batches, sorted by length within a pool, and the batches then taken in random order: lengths within a batch are alike, while
/// what comes together and when stays a matter of chance. An instance belongs to one thread.
/// </remarks>
/// <example><code>
/// var batches = new Minibatches(count: 9_596, batchSize: 50, seed: 1, lengths);
/// for (long step = 0; step &lt; 12 * batches.PerEpoch; step++) Train(batches[step]);
/// Console.WriteLine(batches.Waste()); // of 203,311 places 2.1 % are padding; in plain random order 38.4 % would be
/// </code></example>
public sealed class Minibatches
{
    private readonly ulong _seed;
    private readonly int[]? _lengths;
    private readonly int[] _order;
    private readonly (int Start, int Count)[] _batches;
    private long _epoch = -1;

    /// <summary>Declares the batches.</summary>
    /// <param name="count">The number of examples, 1 or more.</param>
    /// <param name="batchSize">Examples of a batch; one of an epoch may have fewer: the last without lengths, any with them.</param>
    /// <param name="seed">The seed of all orders.</param>
    /// <param name="lengths">The length of each example, to put like ones together; null to not look at lengths.</param>
    /// <param name="pool">With lengths: the batches among which examples are sorted.</param>
    /// <exception cref="ArgumentException">A number below 1, a length below 0, or another number of lengths than examples.</exception>
    public Minibatches(int count, int batchSize, ulong seed, IReadOnlyList<int>? lengths = null, int pool = 50)
    {
        if (count < 1) Errors.OutOfRange(nameof(count), count, $"Minibatches: there is nothing to train on; 1 example or more, not {count}.");
        if (batchSize < 1) Errors.OutOfRange(nameof(batchSize), batchSize, $"Minibatches: batchSize is 1 or more, not {batchSize}.");
        if (pool < 1) Errors.OutOfRange(nameof(pool), pool, $"Minibatches: pool is 1 or more, not {pool}.");
        if (lengths is not null && lengths.Count != count) Errors.Argument($"Minibatches: {lengths.Count} lengths were given for {count} examples. Give one for each.");
        (Count, BatchSize, Pool, _seed, _lengths) = (count, batchSize, pool, seed, lengths?.ToArray());
        if (_lengths is not null && Array.FindIndex(_lengths, static length => length < 0) is >= 0 and int bad) Errors.Argument($"Minibatches: the length of example {bad} is {_lengths[bad]}. Lengths are 0 or more.");
        _order = new int[count];
        _batches = new (int, int)[((count - 1) / batchSize) + 1];
    }

    /// <summary>The number of examples.</summary>
    public int Count { get; }

    /// <summary>Examples of a batch, of which one of an epoch may have fewer.</summary>
    public int BatchSize { get; }

    /// <summary>The batches among which examples are sorted by length.</summary>
    public int Pool { get; }

    /// <summary>The number of batches in an epoch.</summary>
    public int PerEpoch => _batches.Length;

    /// <summary>The numbers of the examples that a step takes; valid until the next call.</summary>
    /// <param name="step">The step's number, from 0 on; epoch ⌊step / PerEpoch⌋ has this one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public ReadOnlySpan<int> this[long step]
    {
        get
        {
            if (step < 0) Errors.OutOfRange(nameof(step), step, $"Minibatches: steps are counted from 0; there is no step {step}.");
            Arrange(step / PerEpoch);
            (int start, int length) = _batches[step % PerEpoch];
            return _order.AsSpan(start, length);
        }
    }

    /// <summary>How much of the batches of the first epoch is padding.</summary>
    /// <exception cref="InvalidOperationException">The lengths are not known.</exception>
    public PaddingWaste Waste()
    {
        if (_lengths is null) Errors.Invalid("Minibatches: without lengths nothing is known of padding. Pass the lengths of the examples.");
        long real = _lengths.Sum(static length => (long)length), places = 0, unsorted = 0;
        for (int step = 0; step < PerEpoch; step++) places += Padded(this[step]);
        int[] order = Source(0).Permutation(Count);
        for (int start = 0; start < Count; start += BatchSize) unsorted += Padded(order.AsSpan(start, Math.Min(BatchSize, Count - start)));
        return new(real, places, unsorted);
    }

    private long Padded(ReadOnlySpan<int> batch)
    {
        int longest = 0;
        foreach (int example in batch) longest = Math.Max(longest, _lengths![example]);
        return (long)longest * batch.Length;
    }

    private RandomSource Source(long epoch) =>
        new(_seed, RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"epoch.{epoch}")));

    private void Arrange(long epoch)
    {
        if (epoch == _epoch) return;
        RandomSource random = Source(epoch);
        random.Permutation(Count).CopyTo(_order, 0);
        for (int batch = 0; batch < _batches.Length; batch++)
        {
            int start = batch * BatchSize;
            _batches[batch] = (start, Math.Min(BatchSize, Count - start));
        }

        if (_lengths is not null)
        {
            int pool = (int)Math.Min((long)Pool * BatchSize, Count);
            for (int start = 0; start < Count; start += pool)
            {
                // By place among equals, so that the order is the same whatever the sort does with them.
                Span<int> examples = _order.AsSpan(start, Math.Min(pool, Count - start));
                long[] keys = new long[examples.Length];
                for (int i = 0; i < keys.Length; i++) keys[i] = ((long)_lengths[examples[i]] << 32) | (uint)i;
                keys.AsSpan().Sort(examples);
            }

            random.Shuffle<(int, int)>(_batches);
        }

        _epoch = epoch;
    }
}

/// <summary>How much of padded batches is padding.</summary>
/// <param name="Real">Steps that are real.</param>
/// <param name="Places">Steps with padding, in these batches.</param>
/// <param name="Unsorted">Steps with padding, in batches of the same size in random order.</param>
public readonly record struct PaddingWaste(long Real, long Places, long Unsorted)
{
    /// <summary>The share of padding in these batches.</summary>
    public double Share => Places == 0 ? 0 : 1 - ((double)Real / Places);

    /// <summary>The share of padding in batches in random order.</summary>
    public double UnsortedShare => Unsorted == 0 ? 0 : 1 - ((double)Real / Unsorted);

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"of {Places:#,0} places {Share * 100:0.0} % are padding; in plain random order {UnsortedShare * 100:0.0} % would be");
}
