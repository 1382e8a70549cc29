namespace Autograd;

/// <summary>Sequences of different length in one tensor, as recurrent layers take them.</summary>
/// <param name="Values">[time, batch], padded behind each sequence's end.</param>
/// <param name="Lengths">The steps of each sequence that are real, [batch].</param>
public readonly record struct PaddedSequences(Tensor<int> Values, Tensor<int> Lengths)
{
    /// <summary>Puts sequences side by side.</summary>
    /// <param name="sequences">One or more, each with one step or more.</param>
    /// <param name="padding">What stands behind the end of a sequence.</param>
    /// <exception cref="ArgumentException">There is no sequence, or an empty one.</exception>
    public static PaddedSequences Of(IReadOnlyList<int[]> sequences, int padding = 0)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0) Errors.Argument("PaddedSequences: a batch has one sequence or more.");
        int time = sequences.Max(static sequence => sequence.Length), batch = sequences.Count;
        Tensor<int> values = new([time, batch]), lengths = new([batch]);
        values.Fill(padding);
        Span<int> to = values.Writable, ends = lengths.Writable;
        for (int b = 0; b < batch; b++)
        {
            int[] sequence = sequences[b];
            if (sequence.Length == 0) Errors.Argument($"PaddedSequences: sequence {b} is empty; a recurrent layer reads at least one step. Leave it out, or add an end mark to each.");
            ends[b] = sequence.Length;
            for (int t = 0; t < sequence.Length; t++) to[(t * batch) + b] = sequence[t];
        }

        return new(values, lengths);
    }
}
