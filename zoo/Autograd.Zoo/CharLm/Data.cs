namespace Autograd.Zoo.CharLm;

/// <summary>The text to learn when none is given, and the streams of a text that train.</summary>
internal static class CharLmData
{
    private const long GeneratedCharacters = 1_000_000;
    private const ulong Seed = 20260101;

    /// <summary>Sentences of <see cref="Grammar.English"/>; always the same ones.</summary>
    public static TextCorpus Generated(CharacterSet? characters = null)
    {
        RandomSource random = new(Seed, RandomSource.StreamOf("char-lm.grammar"));
        return TextCorpus.FromText("the generated text", Grammar.English.Generate(GeneratedCharacters, random.NextDouble), characters);
    }

    /// <summary>The first 90 % of a text as <paramref name="batch"/> contiguous streams.</summary>
    /// <exception cref="Failure">The text is too short for one chunk.</exception>
    public static SequenceStream Training(TextCorpus text, int batch, int time)
    {
        RequireChunk(text, batch, time);
        int[] ids = new int[TrainingCount(text.Count)];
        ReadOnlySpan<ushort> from = text.Ids.Span;
        for (int i = 0; i < ids.Length; i++) ids[i] = from[i];
        return new SequenceStream(ids, batch);
    }

    /// <summary>Refuses a text that is too short to learn from.</summary>
    /// <exception cref="Failure">It is too short for one chunk.</exception>
    public static void RequireChunk(TextCorpus text, int batch, int time)
    {
        long needed = CharactersNeeded(batch, time);
        if (text.Count < needed)
        {
            throw new Failure(
                ExitCode.InputFile,
                text.Name,
                $"at least {needed:N0} characters for one chunk of {batch} streams and {time} steps",
                $"{text.Count:N0} characters",
                "pass a longer text, or a smaller --batch or --time");
        }
    }

    /// <summary>How many of a text's characters train: the first 90 %, rounded down.</summary>
    public static int TrainingCount(int characters) => (int)(characters * 9L / 10);

    /// <summary>The shortest text that holds one chunk: its first 90 % are <paramref name="batch"/> streams of time + 1 characters.</summary>
    public static long CharactersNeeded(int batch, int time) => checked(((10L * batch * (time + 1L)) + 8) / 9);
}
