using System.Numerics;
using System.Text;
using Autograd.Kernels;

namespace Autograd;

/// <summary>
/// Random numbers that are a function of a seed, a stream and a position alone: the same on every machine and operating
/// system, and for any way of splitting a fill. Not for secrets.
/// </summary>
/// <remarks>
/// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (SC 2011). Every number
/// drawn or filled in takes one position, except that <see cref="NextInt(int)"/> may rarely take more. Saving
/// <see cref="Seed"/>, <see cref="Stream"/> and <see cref="Position"/> and setting them again goes on bit for bit.
/// An instance belongs to one thread at a time.
/// </remarks>
/// <param name="seed">Chooses one of 2⁶⁴ unrelated sequences.</param>
/// <param name="stream">Chooses one of 2⁶⁴ unrelated streams of that seed; see <see cref="StreamOf"/>.</param>
public sealed class RandomSource(ulong seed, ulong stream = 0)
{
    /// <summary>The seed.</summary>
    public ulong Seed => seed;

    /// <summary>The stream.</summary>
    public ulong Stream => stream;

    /// <summary>How many numbers have been drawn; the next is the one at this position. May be set to go back or on.</summary>
    public ulong Position { get; set; }

    /// <summary>The stream of a name, such as a parameter's path: FNV-1a, 64 bits, of its UTF-8 bytes.</summary>
    /// <exception cref="ArgumentNullException">The path is null.</exception>
    public static ulong StreamOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        ulong hash = 14695981039346656037;
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in path.EnumerateRunes())
        {
            foreach (byte value in bytes[..rune.EncodeToUtf8(bytes)]) hash = (hash ^ value) * 1099511628211;
        }

        return hash;
    }

    /// <summary>32 random bits.</summary>
    public uint NextUInt32() => (uint)(NextUInt64() >> 32);

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => RandomBits.Word(Position++, stream, seed);

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => RandomBits.Unit(NextUInt64());

    /// <summary>Normal with mean 0 and standard deviation 1.</summary>
    public double NextNormal()
    {
        (double even, double odd) = RandomBits.NormalPair(Position >> 1, stream, seed);
        return (Position++ & 1) == 0 ? even : odd;
    }

    /// <summary>A whole number from 0 to <paramref name="max"/> − 1, each equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException">max is below 1.</exception>
    public int NextInt(int max)
    {
        if (max < 1) Errors.OutOfRange(nameof(max), max, $"NextInt: there is no whole number from 0 to {max} - 1; pass a max of 1 or more.");

        // D. Lemire, Fast random integer generation in an interval (2019): the upper half of a product, drawn again in the
        // few cases that would make some numbers more likely than others.
        ulong bound = (ulong)max;
        ulong high = Math.BigMul(NextUInt64(), bound, out ulong low);
        if (low < bound)
        {
            ulong least = (0 - bound) % bound;
            while (low < least) high = Math.BigMul(NextUInt64(), bound, out low);
        }

        return (int)high;
    }

    /// <summary>
    /// Fills with numbers uniform in [low, high): multiples of 2⁻²⁴ of the range for float, of 2⁻⁵³ for double, rounded to T,
    /// which may reach high where low is not 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not finite, or high is below low.</exception>
    public void FillUniform<T>(Span<T> values, double low, double high)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!double.IsFinite(high - low) || high < low)
        {
            Errors.OutOfRange(nameof(high), high, $"FillUniform: [{low}, {high}) is no interval; both limits must be finite, the lower first.");
        }

        RandomBits.FillUniform(values, low, high, Position, stream, seed);
        Position += (ulong)values.Length;
    }

    /// <summary>Fills with normal numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The standard deviation is negative, or one of both is not finite.</exception>
    public void FillNormal<T>(Span<T> values, double mean, double standardDeviation)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!double.IsFinite(mean) || !double.IsFinite(standardDeviation) || standardDeviation < 0)
        {
            Errors.OutOfRange(nameof(standardDeviation), standardDeviation,
                $"FillNormal: mean {mean} and standard deviation {standardDeviation}; both must be finite, the deviation not negative.");
        }

        RandomBits.FillNormal(values, mean, standardDeviation, Position, stream, seed);
        Position += (ulong)values.Length;
    }

    /// <summary>Fills with 1, each with the probability given, and 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not from 0 to 1.</exception>
    public void FillBernoulli<T>(Span<T> values, double probability)
        where T : unmanaged, INumberBase<T>
    {
        if (!(probability >= 0 && probability <= 1))
        {
            Errors.OutOfRange(nameof(probability), probability, $"FillBernoulli: {probability} is no probability; it must be from 0 to 1.");
        }

        RandomBits.FillMask(values, probability, T.One, Position, stream, seed);
        Position += (ulong)values.Length;
    }

    /// <summary>Puts the values in random order, each order equally likely.</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int other = NextInt(i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }
    }

    /// <summary>The numbers from 0 to <paramref name="count"/> − 1 in random order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">count is negative.</exception>
    public int[] Permutation(int count)
    {
        if (count < 0) Errors.OutOfRange(nameof(count), count, $"Permutation: of {count} numbers; pass 0 or more.");
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) numbers[i] = i;
        Shuffle<int>(numbers);
        return numbers;
    }

    /// <summary>A stream number made of three others, that two different triples are unlikely to share.</summary>
    internal static ulong Mix(ulong first, ulong second, ulong third) =>
        RandomBits.Word(0, second, first) ^ RandomBits.Word(1, third, ~first);
}
