namespace Autograd.Tests.Data;

public sealed class PaddedSequencesTests
{
    [Fact]
    public void ByHand()
    {
        PaddedSequences batch = PaddedSequences.Of([[1, 2, 3], [4], [5, 6]], padding: -100);
        Assert.Equal(new Shape(3, 3), batch.Values.Shape);
        Assert.Equal([1, 4, 5, 2, -100, 6, 3, -100, -100], batch.Values.ToArray());
        Assert.Equal(new Shape(3), batch.Lengths.Shape);
        Assert.Equal([3, 1, 2], batch.Lengths.ToArray());
        Assert.Equal([7, 0, 8, 9], PaddedSequences.Of([[7, 8], [0, 9]]).Values.ToArray());
        Assert.Equal([1, 0], PaddedSequences.Of([[1, 1], [1]]).Values[1].ToArray());
    }

    /// <summary>What is real comes back in its place, and all else is padding.</summary>
    [Fact]
    public void SequencesComeBack() => Laws.HoldForChoices(60, Laws.Deep ? 10_000 : 300, (20_261_008, 1_234_567), choose =>
    {
        int[][] sequences = [.. Enumerable.Range(0, choose.Between(1, 6)).Select(_ => choose.Indices(choose.Between(1, 8), 100))];
        int padding = choose.Of(0, -100, 7);
        PaddedSequences batch = PaddedSequences.Of(sequences, padding);
        Assert.Equal(new Shape(sequences.Max(static sequence => sequence.Length), sequences.Length), batch.Values.Shape);
        for (int b = 0; b < sequences.Length; b++)
        {
            Assert.Equal(sequences[b].Length, batch.Lengths.Span[b]);
            for (int t = 0; t < batch.Values.Shape[0]; t++) Assert.Equal(t < sequences[b].Length ? sequences[b][t] : padding, batch.Values[t, b]);
        }
    });

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.Contains("one sequence or more", Assert.Throws<ArgumentException>(static () => PaddedSequences.Of([])).Message, StringComparison.Ordinal);
        Assert.Contains("sequence 1 is empty", Assert.Throws<ArgumentException>(static () => PaddedSequences.Of([[1], [], [2]])).Message, StringComparison.Ordinal);
        Assert.Contains("sequence 0 is empty", Assert.Throws<ArgumentException>(static () => PaddedSequences.Of([[], []])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(static () => PaddedSequences.Of(null!));
    }
}
