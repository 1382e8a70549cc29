namespace Autograd.Tests.Data;

public sealed class SequenceStreamTests
{
    [Fact]
    public void ChunksAreContiguousInEachStream()
    {
        SequenceStream stream = new([.. Enumerable.Range(0, 23)], batch: 2); // streams 0 … 10 and 11 … 21
        Assert.Equal(11, stream.StreamLength);
        Assert.Equal(3, stream.CountChunks(3));
        List<int> first = [], second = [];
        foreach (SequenceChunk chunk in stream.Chunks(3))
        {
            for (int t = 0; t < 3; t++)
            {
                first.Add(chunk.Inputs[t, 0]);
                second.Add(chunk.Inputs[t, 1]);
                Assert.Equal(chunk.Inputs[t, 0] + 1, chunk.Targets[t, 0]);
                Assert.Equal(chunk.Inputs[t, 1] + 1, chunk.Targets[t, 1]);
            }
        }

        Assert.Equal(Enumerable.Range(0, 9), first);
        Assert.Equal(Enumerable.Range(11, 9), second);
    }

    [Fact]
    public void APassGoesOnWhereAnEarlierOneStopped()
    {
        SequenceStream stream = new([.. Enumerable.Range(0, 50)], batch: 2);
        List<int> indices = [];
        foreach (SequenceChunk chunk in stream.Chunks(4, start: 3))
        {
            indices.Add(chunk.Index);
            Assert.Equal(chunk.Inputs.ToArray(), stream.Chunk(chunk.Index, 4).Inputs.ToArray());
        }

        Assert.Equal([3, 4, 5], indices);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        Assert.Contains("at least 2", Assert.Throws<ArgumentException>(static () => new SequenceStream([1, 2, 3], 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new SequenceStream([1, 2, 3], 0));
        SequenceStream stream = new([1, 2, 3, 4], 1);
        Assert.Contains("streams of 5", Assert.Throws<ArgumentException>(() => stream.Chunks(4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Chunks(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Chunks(3, start: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Chunk(1, 3));
    }
}
