namespace Autograd;

/// <summary>
/// One long sequence of indices cut into contiguous streams that are read side by side; the target of each index is the one
/// that follows it.
/// </summary>
/// <remarks>
/// With n indices and a batch of B each stream has ⌊n / B⌋ of them; the rest at the end is not read. A pass has
/// ⌊(⌊n / B⌋ − 1) / time⌋ chunks of equal size, so that training repeats its shapes.
/// </remarks>
public sealed class SequenceStream : ChunkedStream<SequenceChunk>
{
    private readonly TimeViews<int> _tokens; // [stream length, batch], so that every chunk is a view

    /// <summary>Cuts a sequence into streams.</summary>
    /// <param name="tokens">The sequence; copied.</param>
    /// <param name="batch">The number of streams.</param>
    /// <exception cref="ArgumentException">The batch is below 1, or a stream would have fewer than two indices.</exception>
    public SequenceStream(ReadOnlySpan<int> tokens, int batch)
        : base(batch, batch < 1 ? 0 : (tokens.Length / batch) - 1)
    {
        if (batch < 1) Errors.OutOfRange(nameof(batch), batch, $"SequenceStream: batch is 1 or more, not {batch}.");
        int length = tokens.Length / batch;
        if (length < 2)
        {
            Errors.Argument($"SequenceStream: {tokens.Length} indices make {batch} streams of {length}; each needs at least 2, an input and its target. Use a smaller batch or a longer sequence.");
        }

        Tensor<int> turned = new([length, batch]);
        Span<int> values = turned.Writable;
        for (int stream = 0; stream < batch; stream++)
        {
            ReadOnlySpan<int> from = tokens.Slice(stream * length, length);
            for (int t = 0, to = stream; t < length; t++, to += batch) values[to] = from[t];
        }

        _tokens = new TimeViews<int>(turned);
        StreamLength = length;
    }

    /// <summary>The number of indices of each stream.</summary>
    public int StreamLength { get; }

    private protected override SequenceChunk Read(int start, int steps, int index) =>
        new(_tokens.At(start, steps), _tokens.At(start + 1, steps), index) { Stream = this, Start = start };
}
