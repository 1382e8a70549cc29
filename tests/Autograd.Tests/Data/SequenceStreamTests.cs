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
        Assert.Contains("chunk of 4 steps was asked for, but there are 3 steps", Assert.Throws<ArgumentException>(() => stream.Chunks(4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Chunks(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Chunks(3, start: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Chunk(1, 3));
    }

    [Fact]
    public void WindowsOfAnyPlaceAreViews()
    {
        SequenceStream stream = new([.. Enumerable.Range(0, 50)], batch: 2); // streams 0 … 24 and 25 … 49
        SequenceChunk window = stream.Window(3, 5), inner = stream.Chunk(1, 4).Window(2, 7);
        Assert.Equal([3, 28, 4, 29, 5, 30, 6, 31, 7, 32], window.Inputs.ToArray());
        Assert.Equal([4, 29, 5, 30, 6, 31, 7, 32, 8, 33], window.Targets.ToArray());
        Assert.Equal((3, 5, 2, 1), (window.Start, window.Steps, window.Batch, window.Index));
        Assert.Equal((2, 7, 24), (inner.Start, inner.Steps, stream.Steps));
        Assert.Same(window.Inputs, stream.Window(3, 5).Inputs);
        Assert.Equal(0, stream.Window(0, 5).Index);
        Assert.Equal([(4, 16), (5, 20)], ((int[])[4, 5]).Select(index => (stream.Chunk(index, 4).Index, stream.Chunk(index, 4).Start)));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Window(20, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Window(-1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Window(1, 0));
        for (int start = 0; start < 20; start++)
        {
            for (int steps = 1; start + steps <= 24; steps++) Assert.Equal(start, stream.Window(start, steps).Inputs[0, 0]); // many kinds of windows
        }
    }

    [Fact]
    public void SeriesAreReadWithoutCopies()
    {
        Tensor<double> series = new([7, 1, 2], [.. Enumerable.Range(0, 14).Select(static value => (double)value)]);
        SeriesStream<double> stream = new(series[..^1], series[1..]);
        Assert.Equal((1, 6, 3), (stream.Batch, stream.Steps, stream.CountChunks(2)));
        List<double> read = [];
        foreach (SeriesChunk<double> chunk in stream.Chunks(2))
        {
            read.AddRange(chunk.Inputs.ToArray());
            Assert.Equal(chunk.Inputs[1].ToArray(), chunk.Targets[0].ToArray());
            Assert.Equal(chunk.Index * 2, chunk.Start);
        }

        Assert.Equal(series.ToArray()[..12], read);
        series[2, 0, 1] = -1;
        Assert.Equal(-1, stream.Window(1, 2).Inputs[1, 0, 1]);
        Assert.Contains("[6, 1, 2]", Assert.Throws<ShapeException>(() => new SeriesStream<double>(series[..^1], series)).Message, StringComparison.Ordinal);
    }
}
