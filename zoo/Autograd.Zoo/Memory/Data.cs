using System.Numerics;

namespace Autograd.Zoo.Memory;

/// <summary>Sequences that are made anew for each batch, from its number alone.</summary>
internal static class MemoryData
{
    /// <summary>Letters of the copy task, how many have to be remembered, and the blank and the sign to begin that follow them in the alphabet.</summary>
    public const int Letters = 8, Remembered = 10, Blank = Letters, Begin = Letters + 1;

    /// <summary>
    /// The adding problem: numbers in [0, 1) with two of them marked, one in each half; the answer is their sum. To say 1 each time has a mean
    /// squared error of 1/6. Hochreiter and Schmidhuber 1997.
    /// </summary>
    /// <returns>[time, batch, 2] and [batch].</returns>
    public static (Tensor<T> Input, Tensor<T> Sums) Adding<T>(int time, int batch, RandomSource random)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] input = new T[time * batch * 2], sums = new T[batch];
        for (int b = 0; b < batch; b++)
        {
            for (int t = 0; t < time; t++) input[((t * batch) + b) * 2] = T.CreateTruncating(random.NextDouble());
            foreach (int marked in (int[])[random.NextInt(time / 2), (time / 2) + random.NextInt(time - (time / 2))])
            {
                int place = ((marked * batch) + b) * 2;
                input[place + 1] = T.One;
                sums[b] += input[place];
            }
        }

        return (new([time, batch, 2], input), new([batch], sums));
    }

    /// <summary>
    /// The copy task: letters, then blanks, then a sign after which they are to be said again. To say each letter with equal chance costs ln 8
    /// a letter. Hochreiter and Schmidhuber 1997, in the form of Arjovsky, Shah and Bengio 2016 (arXiv:1511.06464).
    /// </summary>
    /// <returns>[time + 2 · 10, batch] and the letters, [10, batch].</returns>
    public static (Tensor<int> Input, Tensor<int> Letters) Copying(int time, int batch, RandomSource random)
    {
        int steps = time + (2 * Remembered);
        int[] input = new int[steps * batch], letters = new int[Remembered * batch];
        Array.Fill(input, Blank);
        for (int b = 0; b < batch; b++)
        {
            for (int i = 0; i < Remembered; i++) input[(i * batch) + b] = letters[(i * batch) + b] = random.NextInt(Letters);
            input[((steps - Remembered) * batch) + b] = Begin;
        }

        return (new([steps, batch], input), new([Remembered, batch], letters));
    }
}
