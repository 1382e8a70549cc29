using System.Numerics;

namespace Autograd;

/// <summary>A stream of random numbers that depends on a seed and a stream number alone.</summary>
public sealed class RandomSource(ulong seed, ulong stream = 0)
{
    private ulong _state = seed * 0x9E3779B97F4A7C15 ^ stream;

    /// <summary>The stream number of a path.</summary>
    public static ulong StreamOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        ulong hash = 14695981039346656037;
        foreach (char c in path) hash = (hash ^ c) * 1099511628211;
        return hash;
    }

    /// <summary>A stream number made of three others.</summary>
    internal static ulong Mix(ulong first, ulong second, ulong third) => (((first * 31) + second) * 31) + third;

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1ul << 53));
    }

    /// <summary>Fills with uniform numbers.</summary>
    public void FillUniform<T>(Span<T> values, double low, double high)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ref T value in values) value = T.CreateTruncating(low + ((high - low) * NextDouble()));
    }

    /// <summary>Fills with normal numbers.</summary>
    public void FillNormal<T>(Span<T> values, double mean, double standardDeviation)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ref T value in values)
        {
            value = T.CreateTruncating(mean + (standardDeviation * Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble())));
        }
    }
}
