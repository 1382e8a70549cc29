namespace Autograd;

/// <summary>Consecutive steps of several sequences side by side, which knows its place among them, so that other steps can be read too.</summary>
/// <typeparam name="TSelf">The type that implements this.</typeparam>
public interface ISequenceChunk<TSelf>
    where TSelf : struct, ISequenceChunk<TSelf>
{
    /// <summary>What the chunk was read from, by which its neighbours are told from those of others; null if it was made by hand.</summary>
    object? Source { get; }

    /// <summary>The number of its first step in its source.</summary>
    int Start { get; }

    /// <summary>The number of the chunk in its pass.</summary>
    int Index { get; }

    /// <summary>The number of steps.</summary>
    int Steps { get; }

    /// <summary>The number of sequences side by side.</summary>
    int Batch { get; }

    /// <summary>Other steps of the same source.</summary>
    /// <param name="start">The first step.</param>
    /// <param name="steps">The number of steps.</param>
    /// <exception cref="ArgumentException">The source has no such steps, or the chunk was made by hand and they are not among its own.</exception>
    TSelf Window(int start, int steps);
}

/// <summary>Consecutive steps of several streams of indices side by side: what a recurrent layer reads, and what it should predict.</summary>
/// <param name="Inputs">Indices, [time, batch].</param>
/// <param name="Targets">The index that follows each input, [time, batch].</param>
/// <param name="Index">The number of the chunk in its pass over the stream; the state starts anew at 0, and at no other number.</param>
public readonly record struct SequenceChunk(Tensor<int> Inputs, Tensor<int> Targets, int Index) : ISequenceChunk<SequenceChunk>
{
    /// <summary>The stream it was read from; null for a chunk made by hand.</summary>
    public SequenceStream? Stream { get; init; }

    /// <inheritdoc/>
    public int Start { get; init; }

    /// <inheritdoc/>
    public int Steps => Inputs is null ? 0 : Inputs.Shape[0];

    /// <inheritdoc/>
    public int Batch => Inputs is null ? 0 : Inputs.Shape[1];

    object? ISequenceChunk<SequenceChunk>.Source => Stream;

    /// <inheritdoc/>
    public SequenceChunk Window(int start, int steps)
    {
        if (Stream is not null) return Stream.Window(start, steps);
        Range own = TimeViews.Within("SequenceChunk", start, steps, Start, Steps);
        return this with { Inputs = Inputs[own], Targets = Targets[own], Index = TimeViews.IndexOf(start, steps), Start = start };
    }
}

/// <summary>Consecutive steps of several series of numbers side by side: what a model reads, and what it should predict.</summary>
/// <typeparam name="T">The numbers.</typeparam>
/// <param name="Inputs">[time, batch, features].</param>
/// <param name="Targets">[time, batch, …].</param>
/// <param name="Index">The number of the chunk in its pass; the state starts anew at 0, and at no other number.</param>
public readonly record struct SeriesChunk<T>(Tensor<T> Inputs, Tensor<T> Targets, int Index) : ISequenceChunk<SeriesChunk<T>>
    where T : unmanaged
{
    /// <summary>The stream it was read from; null for a chunk made by hand.</summary>
    public SeriesStream<T>? Stream { get; init; }

    /// <inheritdoc/>
    public int Start { get; init; }

    /// <inheritdoc/>
    public int Steps => Inputs is null ? 0 : Inputs.Shape[0];

    /// <inheritdoc/>
    public int Batch => Inputs is null ? 0 : Inputs.Shape[1];

    object? ISequenceChunk<SeriesChunk<T>>.Source => Stream;

    /// <inheritdoc/>
    public SeriesChunk<T> Window(int start, int steps)
    {
        if (Stream is not null) return Stream.Window(start, steps);
        Range own = TimeViews.Within("SeriesChunk", start, steps, Start, Steps);
        return this with { Inputs = Inputs[own], Targets = Targets[own], Index = TimeViews.IndexOf(start, steps), Start = start };
    }
}
