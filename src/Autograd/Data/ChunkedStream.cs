namespace Autograd;

/// <summary>
/// Sequences of equal length that are read side by side, chunk after chunk, for truncated backpropagation through time: the state
/// at the end of a chunk is the state at the start of the next.
/// </summary>
/// <remarks>A pass has ⌊steps / time⌋ chunks of equal size, so that training repeats its shapes; what is left at the end is not read.</remarks>
/// <typeparam name="TChunk">A chunk: inputs and targets.</typeparam>
public abstract class ChunkedStream<TChunk>
    where TChunk : struct, ISequenceChunk<TChunk>
{
    private readonly string _name;

    private protected ChunkedStream(int batch, int steps)
    {
        _name = GetType().Name.Split('`')[0];
        Batch = batch;
        Steps = steps;
    }

    /// <summary>The number of sequences side by side.</summary>
    public int Batch { get; }

    /// <summary>The number of steps of each that have an input and a target.</summary>
    public int Steps { get; }

    /// <summary>The number of chunks of <paramref name="time"/> steps in one pass.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is below 1.</exception>
    public int CountChunks(int time)
    {
        if (time < 1) Errors.OutOfRange(nameof(time), time, $"{_name}: time is 1 or more, not {time}.");
        return Steps / time;
    }

    /// <summary>One pass over the sequences, or the rest of one.</summary>
    /// <param name="time">Steps of a chunk.</param>
    /// <param name="start">The number of the first chunk, to go on where an earlier run stopped.</param>
    /// <exception cref="ArgumentException">No chunk of that many steps fits, or the start is outside the pass.</exception>
    public ChunkSequence Chunks(int time, int start = 0)
    {
        int count = CountChunks(time);
        if (count == 0) Errors.Argument($"{_name}: a chunk of {time} steps was asked for, but there are {Steps} steps with an input and a target in each of the {Batch} sequences side by side. Use shorter chunks, or fewer sequences.");
        if (start < 0 || start > count) Errors.OutOfRange(nameof(start), start, $"{_name}: a pass has {count} chunks of {time} steps; it cannot start at chunk {start}.");
        return new ChunkSequence(this, time, start, count);
    }

    /// <summary>One chunk of a pass.</summary>
    /// <param name="index">Its number in the pass, from 0 on.</param>
    /// <param name="time">Steps of a chunk.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pass has no such chunk.</exception>
    public TChunk Chunk(int index, int time)
    {
        int count = CountChunks(time);
        if ((uint)index >= (uint)count) Errors.OutOfRange(nameof(index), index, $"{_name}: a pass has {count} chunks of {time} steps; there is no chunk {index}.");
        return Read(index * time, time, index);
    }

    /// <summary>Any consecutive steps.</summary>
    /// <param name="start">The first step.</param>
    /// <param name="steps">The number of steps, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such steps.</exception>
    public TChunk Window(int start, int steps)
    {
        if (start < 0 || steps < 1 || start > Steps - steps)
        {
            Errors.OutOfRange(nameof(start), start, $"{_name}: {steps} steps from step {start} on were asked for; there are {Steps} steps, counted from 0.");
        }

        return Read(start, steps, TimeViews.IndexOf(start, steps));
    }

    private protected abstract TChunk Read(int start, int steps, int index);

    /// <summary>The chunks of a pass, for <c>foreach</c>; makes no objects once warm.</summary>
    public readonly struct ChunkSequence
    {
        private readonly ChunkedStream<TChunk> _stream;
        private readonly int _time;
        private readonly int _start;
        private readonly int _count;

        internal ChunkSequence(ChunkedStream<TChunk> stream, int time, int start, int count)
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
        private readonly ChunkedStream<TChunk> _stream;
        private readonly int _time;
        private readonly int _count;
        private int _next;

        internal Enumerator(ChunkedStream<TChunk> stream, int time, int start, int count)
        {
            _stream = stream;
            _time = time;
            _next = start;
            _count = count;
            Current = default;
        }

        /// <summary>The chunk.</summary>
        public TChunk Current { get; private set; }

        /// <summary>Reads the next chunk.</summary>
        public bool MoveNext()
        {
            if (_next >= _count) return false;
            Current = _stream.Read(_next * _time, _time, _next);
            _next++;
            return true;
        }
    }
}
