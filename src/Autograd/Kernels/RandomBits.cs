using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>
/// Philox4x32-10, a generator without state: J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, Parallel random numbers:
/// as easy as 1, 2, 3 (SC 2011). A number is a function of seed, stream and position alone, so fills may be split in any way.
/// </summary>
/// <remarks>
/// The seed is the key; the counter's upper half is the stream, its lower half the position of a pair of 64-bit words.
/// Everything here rounds operation by operation, without fused multiply-add or a C library: the same bits on every
/// machine and operating system. On the calling thread; uniform numbers and masks take 256 words at
/// a time, from the stack, which AVX2 makes eight at once.
/// </remarks>
internal static class RandomBits
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57, Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;
    private const int Chunk = 256;
    private const double Ulp24 = 1.0 / (1 << 24), Ulp53 = 1.0 / (1L << 53);

    /// <summary>The two words at positions 2 · counter and 2 · counter + 1.</summary>
    public static (ulong First, ulong Second) Pair(ulong counter, ulong stream, ulong seed)
    {
        uint c0 = (uint)counter, c1 = (uint)(counter >> 32), c2 = (uint)stream, c3 = (uint)(stream >> 32);
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0, p1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (c0 | ((ulong)c1 << 32), c2 | ((ulong)c3 << 32));
    }

    /// <summary>The word at a position.</summary>
    public static ulong Word(ulong position, ulong stream, ulong seed)
    {
        (ulong first, ulong second) = Pair(position >> 1, stream, seed);
        return (position & 1) == 0 ? first : second;
    }

    /// <summary>The words from a position on.</summary>
    public static void Fill(Span<ulong> words, ulong position, ulong stream, ulong seed)
    {
        int done = 0;
        if ((position & 1) != 0 && words.Length > 0) words[done++] = Word(position, stream, seed);
        ulong counter = (position + (ulong)done) >> 1;
        if (Avx2.IsSupported)
        {
            for (; done + 8 <= words.Length; done += 8, counter += 4) EightWords(words[done..], counter, stream, seed);
        }

        for (; done + 2 <= words.Length; done += 2, counter++) (words[done], words[done + 1]) = Pair(counter, stream, seed);
        if (done < words.Length) words[done] = Pair(counter, stream, seed).First;
    }

    /// <summary>Uniform in [0, 1): the upper 53 bits of a word.</summary>
    public static double Unit(ulong word) => (word >> 11) * Ulp53;

    /// <summary>value[i] = low + (high − low) u, u uniform in [0, 1) with 24 bits for float and 53 for double.</summary>
    public static void FillUniform<T>(Span<T> values, double low, double high, ulong position, ulong stream, ulong seed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double range = high - low;
        Span<ulong> words = stackalloc ulong[Chunk];
        for (int start = 0; start < values.Length; start += Chunk)
        {
            Span<T> part = values[start..Math.Min(start + Chunk, values.Length)];
            Fill(words[..part.Length], position + (ulong)start, stream, seed);
            for (int i = 0; i < part.Length; i++)
            {
                double unit = typeof(T) == typeof(float) ? (words[i] >> 40) * Ulp24 : Unit(words[i]);
                part[i] = T.CreateTruncating(low + range * unit);
            }
        }
    }

    /// <summary>value[i] is <paramref name="scale"/> with the probability given, else 0.</summary>
    public static void FillMask<T>(Span<T> values, double probability, T scale, ulong position, ulong stream, ulong seed)
        where T : unmanaged, INumberBase<T>
    {
        Span<ulong> words = stackalloc ulong[Chunk];
        for (int start = 0; start < values.Length; start += Chunk)
        {
            Span<T> part = values[start..Math.Min(start + Chunk, values.Length)];
            Fill(words[..part.Length], position + (ulong)start, stream, seed);
            for (int i = 0; i < part.Length; i++) part[i] = Unit(words[i]) < probability ? scale : T.Zero;
        }
    }

    /// <summary>
    /// value[i] = mean + deviation · z, z standard normal: of each pair of words, z is r cos φ at the even position and
    /// r sin φ at the odd one, with r = √(−2 ln u₁) and φ = 2π u₂ (G. E. P. Box and M. E. Muller, 1958).
    /// </summary>
    public static void FillNormal<T>(Span<T> values, double mean, double deviation, ulong position, ulong stream, ulong seed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < values.Length;)
        {
            ulong at = position + (ulong)i;
            (double even, double odd) = NormalPair(at >> 1, stream, seed);
            if ((at & 1) == 0) values[i++] = T.CreateTruncating(mean + deviation * even);
            if (i < values.Length) values[i++] = T.CreateTruncating(mean + deviation * odd);
        }
    }

    /// <summary>The standard normal numbers of positions 2 · counter and 2 · counter + 1.</summary>
    public static (double Even, double Odd) NormalPair(ulong counter, ulong stream, ulong seed)
    {
        (ulong first, ulong second) = Pair(counter, stream, seed);
        double radius = Math.Sqrt(-2 * Log(((first >> 11) + 1) * Ulp53));
        (double sine, double cosine) = SinCosOfTurn(Unit(second));
        return (radius * cosine, radius * sine);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightWords(Span<ulong> words, ulong counter, ulong stream, ulong seed)
    {
        // Each lane of 64 bits holds a word of 32; what is in its upper half is never looked at, and cut off at the end.
        Vector256<ulong> counters = Vector256.Create(counter) + Vector256.Create(0ul, 1, 2, 3);
        Vector256<ulong> c0 = counters, c1 = counters >>> 32;
        Vector256<ulong> c2 = Vector256.Create((ulong)(uint)stream), c3 = Vector256.Create(stream >> 32);
        Vector256<uint> multiplier0 = Vector256.Create((ulong)Multiplier0).AsUInt32(), multiplier1 = Vector256.Create((ulong)Multiplier1).AsUInt32();
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> p0 = Avx2.Multiply(multiplier0, c0.AsUInt32()), p1 = Avx2.Multiply(multiplier1, c2.AsUInt32());
            c0 = (p1 >>> 32) ^ c1 ^ Vector256.Create((ulong)k0);
            c1 = p1;
            c2 = (p0 >>> 32) ^ c3 ^ Vector256.Create((ulong)k1);
            c3 = p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        Vector256<ulong> low = Vector256.Create(0xFFFFFFFFul);
        Vector256<ulong> first = (c0 & low) | (c1 << 32), second = (c2 & low) | (c3 << 32);
        Vector256<ulong> even = Avx2.UnpackLow(first, second), odd = Avx2.UnpackHigh(first, second);
        Avx2.Permute2x128(even, odd, 0x20).CopyTo(words);
        Avx2.Permute2x128(even, odd, 0x31).CopyTo(words[4..]);
    }

    /// <summary>ln u for a positive normal u, as <see cref="VectorMath"/> has it but with no operation fused.</summary>
    private static double Log(double u)
    {
        long shifted = BitConverter.DoubleToInt64Bits(u) - BitConverter.DoubleToInt64Bits(0.7071067811865476) + (1023L << 52);
        double k = (int)(shifted >> 52) - 1023;
        double f = BitConverter.Int64BitsToDouble((shifted & 0xFFFFFFFFFFFFF) + BitConverter.DoubleToInt64Bits(0.7071067811865476)) - 1;
        double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
        double p = 0.1479607937521786 * z + 0.15314038413275083;
        p = ((p * z + 0.1818356476685585) * z + 0.22222198565388687) * z + 0.28571428742456473;
        p = (p * z + 0.39999999999414404) * z + 0.6666666666666734;
        return k * 0.6931471803691238 + (f - (half - (s * (p * z + half) + k * 1.9082149292705877e-10)));
    }

    /// <summary>sin and cos of 2π u for u in [0, 1).</summary>
    private static (double Sine, double Cosine) SinCosOfTurn(double u)
    {
        double quarter = Math.Floor(4 * u + 0.5);
        double r = (4 * u - quarter) * (Math.PI / 2), z = r * r;
        double s = (1.5893583043626737e-10 * z - 2.5050704025690396e-08) * z + 2.755731335593755e-06;
        s = ((s * z - 0.00019841269828869973) * z + 0.008333333333321286) * z - 0.16666666666666627;
        double c = (-1.135744788532356e-11 * z + 2.0875681864901776e-09) * z - 2.7557314056471515e-07;
        c = ((c * z + 2.4801587288491735e-05) * z - 0.0013888888888872598) * z + 0.04166666666666659;
        double sine = r + r * z * s, cosine = 1 - 0.5 * z + z * z * c;
        return ((int)quarter & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
    }
}
