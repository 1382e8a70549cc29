using System.Numerics;

namespace Autograd.Zoo.Frames;

/// <summary>Short films of a shape that goes about over a noisy ground, made anew for each batch from its number alone.</summary>
internal static class FramesData
{
    /// <summary>Rows and columns of a frame.</summary>
    public const int Size = 16;

    /// <summary>What a shape may do from one frame to the next, in the order of the classes.</summary>
    public static readonly string[] Moves = ["rests", "up", "down", "left", "right"];

    private static readonly (int Down, int Right)[] Steps = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)];

    private const int Radius = 2;

    // How likely a shape is to change what it does.
    private const double Changes = 0.25;

    /// <summary>Films and what the shape did before each frame, which no single frame tells; before the first it rests.</summary>
    /// <returns>[time, batch, 1, 16, 16] and [time, batch].</returns>
    public static (Tensor<T> Films, Tensor<int> Moves) Films<T>(int time, int batch, RandomSource random)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] films = new T[time * batch * Size * Size];
        int[] moves = new int[time * batch];
        for (int b = 0; b < batch; b++)
        {
            int shape = random.NextInt(3), move = 0, row = Radius + random.NextInt(Size - (2 * Radius)), column = Radius + random.NextInt(Size - (2 * Radius));
            for (int t = 0; t < time; t++)
            {
                if (t > 0)
                {
                    if (random.NextDouble() < Changes || !Fits(move)) move = Pick();
                    (row, column) = (row + Steps[move].Down, column + Steps[move].Right);
                }

                moves[(t * batch) + b] = t == 0 ? 0 : move;
                Draw(films.AsSpan(((t * batch) + b) * Size * Size, Size * Size), shape, row, column, random);
            }

            bool Fits(int next) => row + Steps[next].Down is >= Radius and < Size - Radius && column + Steps[next].Right is >= Radius and < Size - Radius;

            int Pick()
            {
                int next = random.NextInt(Moves.Length);
                while (!Fits(next)) next = random.NextInt(Moves.Length);
                return next;
            }
        }

        return (new([time, batch, 1, Size, Size], films), new([time, batch], moves));
    }

    private static void Draw<T>(Span<T> frame, int shape, int row, int column, RandomSource random)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                int down = Math.Abs(y - row), right = Math.Abs(x - column);
                bool isInside = shape switch
                {
                    0 => down <= Radius && right <= Radius, // a square
                    1 => (down == 0 && right <= Radius) || (right == 0 && down <= Radius), // a cross
                    _ => down + right <= Radius, // a diamond
                };
                frame[(y * Size) + x] = T.CreateTruncating((isInside ? 1.0 : 0.0) + (0.25 * random.NextNormal()));
            }
        }
    }
}
