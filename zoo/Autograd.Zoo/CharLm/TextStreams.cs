namespace Autograd.Zoo.CharLm;

/// <summary>
/// The part of a text that trains, as <see cref="Batch"/> contiguous streams read side by side in chunks of <see cref="Time"/> steps.
/// A chunk is a function of its number, so where a run stands is one number.
/// </summary>
internal sealed class TrainingStreams
{
    private readonly ReadOnlyMemory<ushort> _ids;
    private readonly int _length;

    /// <param name="text">The whole text; its first 90 % are used.</param>
    /// <param name="batch">Number of streams.</param>
    /// <param name="time">Steps in a chunk.</param>
    /// <exception cref="Failure">The text is too short for one chunk.</exception>
    public TrainingStreams(TextCorpus text, int batch, int time)
    {
        long needed = CharactersNeeded(batch, time);
        if (text.Count < needed)
        {
            throw new Failure(ExitCode.InputFile, text.Name,
                $"at least {needed:N0} characters for one chunk of {batch} streams and {time} steps", $"{text.Count:N0} characters",
                "pass a longer text, or a smaller --batch or --time");
        }
        _ids = text.Ids[..TrainingCount(text.Count)];
        Batch = batch;
        Time = time;
        _length = _ids.Length / batch;
        ChunksInPass = (_length - 1) / time;
    }

    public int Batch { get; }

    public int Time { get; }

    /// <summary>Chunks until the streams begin anew. What is left of a stream is shorter than a chunk and not read.</summary>
    public int ChunksInPass { get; }

    /// <summary>How many of a text's characters train: the first 90 %, rounded down.</summary>
    public static int TrainingCount(int characters) => (int)(characters * 9L / 10);

    /// <summary>The shortest text that holds one chunk: its first 90 % are <paramref name="batch"/> streams of time + 1
    /// characters.</summary>
    public static long CharactersNeeded(int batch, int time) => checked(((10L * batch * (time + 1L)) + 8) / 9);

    /// <summary>Writes a chunk as [time, batch], row-major: the characters, and for each the one that follows it.</summary>
    /// <param name="chunk">Counted from 0, over all passes.</param>
    /// <param name="inputs">Time × batch ids.</param>
    /// <param name="targets">Time × batch ids.</param>
    /// <returns>True when the streams begin (anew), where the state of the model is to be zero.</returns>
    public bool Fill(long chunk, Span<int> inputs, Span<int> targets)
    {
        ReadOnlySpan<ushort> ids = _ids.Span;
        int first = (int)(chunk % ChunksInPass) * Time;
        for (int stream = 0; stream < Batch; stream++)
        {
            ReadOnlySpan<ushort> source = ids.Slice((stream * _length) + first, Time + 1);
            for (int t = 0; t < Time; t++)
            {
                inputs[(t * Batch) + stream] = source[t];
                targets[(t * Batch) + stream] = source[t + 1];
            }
        }
        return first == 0;
    }
}

/// <summary>
/// The last 10 % of a text as eight contiguous streams. Every character of that part is a target exactly once: a stream's first
/// target is predicted from the character before it, which for the first stream is the last one that trains.
/// </summary>
/// <remarks>
/// Eight streams of one length would leave up to seven characters out. Here the first streams have one step more than the others, so
/// only the very last step is uneven; there the streams that are done have the target <see cref="Ignored"/>, which adds nothing to
/// a loss.
/// </remarks>
internal sealed class ValidationStreams
{
    /// <summary>Number of streams.</summary>
    public const int Count = 8;

    /// <summary>A target that is not counted, the same as the default of the cross-entropy's ignore index.</summary>
    public const int Ignored = -100;

    private readonly ReadOnlyMemory<ushort> _ids;
    private readonly int _begin;

    /// <param name="text">The whole text.</param>
    /// <exception cref="Failure">The text has fewer than two characters.</exception>
    public ValidationStreams(TextCorpus text)
    {
        if (text.Count < 2)
        {
            throw new Failure(ExitCode.InputFile, text.Name, "at least 2 characters, one to predict and one before it",
                $"{text.Count} character", "pass a longer text");
        }
        _ids = text.Ids;
        _begin = TrainingStreams.TrainingCount(text.Count);
        Characters = text.Count - _begin;
    }

    /// <summary>Number of characters counted.</summary>
    public int Characters { get; }

    /// <summary>Steps of the longest stream.</summary>
    public int Steps => (Characters + Count - 1) / Count;

    /// <summary>Writes the steps from <paramref name="step"/> on, as [time, 8], row-major, for as many rows as the spans hold.</summary>
    /// <returns>Number of targets that count.</returns>
    public int Fill(int step, Span<int> inputs, Span<int> targets)
    {
        ReadOnlySpan<ushort> ids = _ids.Span;
        (int length, int longer) = Math.DivRem(Characters, Count);
        int counted = 0;
        for (int stream = 0; stream < Count; stream++)
        {
            int begin = _begin + (stream * length) + Math.Min(stream, longer);
            int end = begin + length + (stream < longer ? 1 : 0);
            for (int row = 0; row < inputs.Length / Count; row++)
            {
                int target = begin + step + row;
                bool counts = target < end;
                inputs[(row * Count) + stream] = ids[Math.Min(target, end) - 1];
                targets[(row * Count) + stream] = counts ? ids[target] : Ignored;
                counted += counts ? 1 : 0;
            }
        }
        return counted;
    }
}
