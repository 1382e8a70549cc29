namespace Autograd;

/// <summary>Consecutive steps of several streams side by side: what a recurrent layer reads, and what it should predict.</summary>
/// <param name="Inputs">Indices, [time, batch]. The memory is used again for the next chunk.</param>
/// <param name="Targets">The index that follows each input, [time, batch]. The memory is used again for the next chunk.</param>
/// <param name="Index">The number of the chunk in its pass over the stream; the state starts anew at 0.</param>
public readonly record struct SequenceChunk(Tensor<int> Inputs, Tensor<int> Targets, int Index);

/// <summary>
/// One long sequence cut into contiguous streams that are read side by side, chunk after chunk, for truncated
/// backpropagation through time: the state at the end of a chunk is the state at the start of the next.
/// </summary>
/// <remarks>
/// With n indices and a batch of B each stream has ⌊n / B⌋ of them; the rest at the end is not read. A pass has
/// ⌊(⌊n / B⌋ − 1) / time⌋ chunks of equal size, so that training repeats its shapes.
/// </remarks>
public sealed class SequenceStream
{
    private readonly int[] _tokens;
    private Tensor<int> _inputs = new([0, 0]);
    private Tensor<int> _targets = new([0, 0]);

    /// <summary>Cuts a sequence into streams.</summary>
    /// <param name="tokens">The sequence; copied.</param>
    /// <param name="batch">The number of streams.</param>
    /// <exception cref="ArgumentException">The batch is below 1, or a stream would have fewer than two indices.</exception>
    public SequenceStream(ReadOnlySpan<int> tokens, int batch)
    {
        if (batch < 1) Errors.OutOfRange(nameof(batch), batch, $"SequenceStream: batch is 1 or more, not {batch}.");
        if (tokens.Length / batch < 2)
        {
            Errors.Argument($"SequenceStream: {tokens.Length} indices make {batch} streams of {tokens.Length / batch}; each needs at least 2, an input and its target. Use a smaller batch or a longer sequence.");
        }

        _tokens = tokens.ToArray();
        Batch = batch;
        StreamLength = tokens.Length / batch;
    }

    /// <summary>The number of streams.</summary>
    public int Batch { get; }

    /// <summary>The number of indices of each stream.</summary>
    public int StreamLength { get; }

    /// <summary>The number of chunks of <paramref name="time"/> steps in one pass.</summary>
    public int CountChunks(int time) => (StreamLength - 1) / RequireTime(time);

    /// <summary>One pass over the streams, or the rest of one.</summary>
    /// <param name="time">Steps of a chunk.</param>
    /// <param name="start">The number of the first chunk, to go on where an earlier run stopped.</param>
    /// <exception cref="ArgumentException">No chunk of that many steps fits in a stream, or the start is outside the pass.</exception>
    public ChunkSequence Chunks(int time, int start = 0)
    {
        int count = CountChunks(time);
        if (count == 0) Errors.Argument($"SequenceStream: a chunk of {time} steps needs streams of {time + 1} indices, but they have {StreamLength}. Use shorter chunks or a smaller batch.");
        if (start < 0 || start > count) Errors.OutOfRange(nameof(start), start, $"SequenceStream: a pass has {count} chunks of {time} steps; it cannot start at chunk {start}.");
        return new ChunkSequence(this, time, start, count);
    }

    /// <summary>One chunk of a pass.</summary>
    /// <param name="index">Its number in the pass, from 0 on.</param>
    /// <param name="time">Steps of a chunk.</param>
    /// <returns>The chunk; its memory is used again for the next one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The pass has no such chunk.</exception>
    public SequenceChunk Chunk(int index, int time)
    {
        int count = CountChunks(time);
        if ((uint)index >= (uint)count) Errors.OutOfRange(nameof(index), index, $"SequenceStream: a pass has {count} chunks of {time} steps; there is no chunk {index}.");
        return Read(index, time);
    }

    private static int RequireTime(int time)
    {
        if (time < 1) Errors.OutOfRange(nameof(time), time, $"SequenceStream: time is 1 or more, not {time}.");
        return time;
    }

    private SequenceChunk Read(int index, int time)
    {
        if (_inputs.Shape[0] != time)
        {
            _inputs = new Tensor<int>([time, Batch]);
            _targets = new Tensor<int>([time, Batch]);
        }

        Span<int> inputs = _inputs.Writable, targets = _targets.Writable;
        for (int stream = 0; stream < Batch; stream++)
        {
            ReadOnlySpan<int> from = _tokens.AsSpan((stream * StreamLength) + (index * time), time + 1);
            for (int t = 0, to = stream; t < time; t++, to += Batch)
            {
                inputs[to] = from[t];
                targets[to] = from[t + 1];
            }
        }

        _inputs.Changed();
        _targets.Changed();
        return new SequenceChunk(_inputs, _targets, index);
    }

    /// <summary>The chunks of a pass, for <c>foreach</c>; makes no objects once warm.</summary>
    public readonly struct ChunkSequence
    {
        private readonly SequenceStream _stream;
        private readonly int _time;
        private readonly int _start;
        private readonly int _count;

        internal ChunkSequence(SequenceStream stream, int time, int start, int count)
        {
            _stream = stream;
            _time = time;
            _start = start;
            _count = count;
        }

        /// <summary>Begins the pass.</summary>
        public Enumerator GetEnumerator() => new(_stream, _time, _start, _count);
    }

    /// <summary>Walks the chunks of a pass.</summary>
    public struct Enumerator
    {
        private readonly SequenceStream _stream;
        private readonly int _time;
        private readonly int _count;
        private int _next;

        internal Enumerator(SequenceStream stream, int time, int start, int count)
        {
            _stream = stream;
            _time = time;
            _next = start;
            _count = count;
            Current = default;
        }

        /// <summary>The chunk; valid until the next one is read.</summary>
        public SequenceChunk Current { get; private set; }

        /// <summary>Reads the next chunk.</summary>
        public bool MoveNext()
        {
            if (_next >= _count) return false;
            Current = _stream.Read(_next++, _time);
            return true;
        }
    }
}
