namespace Autograd.Zoo.CharLm;

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
        _begin = CharLmData.TrainingCount(text.Count);
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
