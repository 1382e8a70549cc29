using System.Numerics;

namespace Autograd.Kernels;

internal static class SquareSum
{
    /// <summary>Σ x², each square and the sum in double; in eight interleaved sums, whatever the vector width.</summary>
    public static double Of<T>(ReadOnlySpan<T> x)
        where T : unmanaged, INumberBase<T>
    {
        double a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            a += Square(x[i]);
            b += Square(x[i + 1]);
            c += Square(x[i + 2]);
            d += Square(x[i + 3]);
            e += Square(x[i + 4]);
            f += Square(x[i + 5]);
            g += Square(x[i + 6]);
            h += Square(x[i + 7]);
        }

        for (; i < x.Length; i++) a += Square(x[i]);
        return a + b + (c + d) + (e + f + (g + h));
    }

    private static double Square<T>(T x)
        where T : unmanaged, INumberBase<T>
    {
        double value = double.CreateTruncating(x);
        return value * value;
    }
}
