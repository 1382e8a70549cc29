namespace Autograd.Zoo.Images;

/// <summary>
/// Digits drawn with strokes, each one turned, moved, scaled, slanted and thickened by chance: data for trying a model without a file.
/// </summary>
internal static class DrawnDigits
{
    /// <summary>Rows and columns of a picture.</summary>
    public const int Size = 28;

    // Strokes in a square whose corners are (0, 0) and (1, 1), y downwards.
    private static readonly (double X, double Y)[][][] Strokes =
    [
        [Arc(0.5, 0.5, 0.3, 0.44, 0, 360)],
        [[(0.36, 0.24), (0.54, 0.06), (0.54, 0.94)]],
        [[.. Arc(0.5, 0.3, 0.27, 0.24, 180, 380), (0.24, 0.94), (0.8, 0.94)]],
        [Arc(0.47, 0.28, 0.26, 0.22, 200, 450), Arc(0.47, 0.71, 0.29, 0.23, 270, 520)],
        [[(0.66, 0.94), (0.66, 0.06), (0.2, 0.66), (0.86, 0.66)]],
        [[(0.76, 0.07), (0.32, 0.07), (0.29, 0.46), .. Arc(0.49, 0.67, 0.28, 0.26, 230, 510)]],
        [[.. Arc(0.62, 0.5, 0.38, 0.44, 290, 180)], Arc(0.51, 0.69, 0.26, 0.25, 0, 360)],
        [[(0.2, 0.07), (0.8, 0.07), (0.42, 0.94)]],
        [Arc(0.5, 0.28, 0.23, 0.21, 0, 360), Arc(0.5, 0.72, 0.28, 0.23, 0, 360)],
        [Arc(0.49, 0.31, 0.26, 0.25, 0, 360), [(0.75, 0.31), (0.7, 0.94)]],
    ];

    /// <summary>Pictures and what they show; always the same ones, with all digits equally often.</summary>
    /// <returns>Pictures of 28 × 28 bytes one after the other, 0 for the background; and the digits.</returns>
    public static (byte[] Pixels, byte[] Digits) Draw(int count)
    {
        RandomSource random = new(20260101, RandomSource.StreamOf("digits"));
        byte[] pixels = new byte[count * Size * Size], digits = new byte[count];
        for (int i = 0; i < count; i++)
        {
            digits[i] = (byte)(i % 10);
            Draw(digits[i], pixels.AsSpan(i * Size * Size, Size * Size), random);
        }

        return (pixels, digits);
    }

    /// <summary>Draws one digit into a picture.</summary>
    public static void Draw(int digit, Span<byte> pixels, RandomSource random)
    {
        double turn = 0.16 * random.NextNormal(), slant = 0.15 * random.NextNormal(), wide = 14 + (3 * random.NextDouble()), high = 17 + (4 * random.NextDouble());
        double right = 1.3 * random.NextNormal(), down = 1.1 * random.NextNormal(), thick = 0.9 + (0.9 * random.NextDouble()), noise = 0.12 * random.NextDouble();
        double sine = Math.Sin(turn), cosine = Math.Cos(turn);
        (double X, double Y)[][] strokes = [.. Strokes[digit].Select(stroke => stroke.Select(Place).ToArray())];
        for (int row = 0; row < Size; row++)
        {
            for (int column = 0; column < Size; column++)
            {
                double distance = strokes.Min(stroke => Distance(stroke, column, row));
                double ink = Math.Clamp(1.2 - ((distance - thick) / 0.9), 0, 1) + (noise * (random.NextDouble() - 0.5));
                pixels[(row * Size) + column] = (byte)Math.Round(255 * Math.Clamp(ink, 0, 1));
            }
        }

        (double X, double Y) Place((double X, double Y) point)
        {
            double y = point.Y - 0.5, x = point.X - 0.5 - (slant * y);
            return (13.5 + right + (((cosine * x) - (sine * y)) * wide), 13.5 + down + (((sine * x) + (cosine * y)) * high));
        }
    }

    private static (double X, double Y)[] Arc(double x, double y, double wide, double high, double from, double to) =>
    [
        .. Enumerable.Range(0, 17).Select(i => (from + ((to - from) * i / 16)) * Math.PI / 180).Select(angle => (x + (wide * Math.Cos(angle)), y + (high * Math.Sin(angle)))),
    ];

    private static double Distance((double X, double Y)[] stroke, double x, double y)
    {
        double least = double.MaxValue;
        for (int i = 1; i < stroke.Length; i++)
        {
            (double ax, double ay) = stroke[i - 1];
            double dx = stroke[i].X - ax, dy = stroke[i].Y - ay, length = (dx * dx) + (dy * dy);
            double along = length == 0 ? 0 : Math.Clamp((((x - ax) * dx) + ((y - ay) * dy)) / length, 0, 1);
            least = Math.Min(least, Math.Sqrt(Square(x - ax - (along * dx)) + Square(y - ay - (along * dy))));
        }

        return least;

        static double Square(double value) => value * value;
    }
}
