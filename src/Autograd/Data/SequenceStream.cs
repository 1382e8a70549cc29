namespace Autograd;

/// <summary>Consecutive steps of several streams side by side: what a recurrent layer reads, and what it should predict.</summary>
/// <param name="Inputs">Indices, [time, batch].</param>
/// <param name="Targets">The index that follows each input, [time, batch].</param>
/// <param name="Time">The number of steps.</param>
public readonly record struct SequenceChunk(Tensor<int> Inputs, Tensor<int> Targets, int Time);
