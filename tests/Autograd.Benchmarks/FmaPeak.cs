using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Autograd.Kernels;

namespace Autograd.Benchmarks;

/// <summary>How many floating-point operations a second multiply-adds reach when nothing else is in their way.</summary>
internal static class FmaPeak
{
    private const int Rounds = 2_000_000, MomentaryRounds = 500_000;
    private const int Chains = 10; // two units with a latency of four or five cycles want at least ten independent chains

    /// <summary>The floating-point operations of one round of <see cref="Loop"/>; a multiply-add counts two.</summary>
    public static int OperationsPerRound { get; } =
        2 * Chains * (Avx512F.IsSupported ? Vector512<float>.Count : Vector256.IsHardwareAccelerated ? Vector256<float>.Count : Vector128<float>.Count);

    /// <summary>The best of several runs on all threads at once, in 10⁹ operations a second.</summary>
    public static double Gigaflops(int threads)
    {
        double best = 0;
        for (int attempt = 0; attempt < 5; attempt++) best = Math.Max(best, Once(threads, Rounds));
        return best;
    }

    /// <summary>What all threads reach at once right now, in about a millisecond.</summary>
    public static double Momentary(int threads) => Once(threads, MomentaryRounds);

    private static double Once(int threads, int rounds) => (double)OperationsPerRound * rounds * threads / Team.Seconds(threads, _ => Loop(rounds)) / 1e9;

    /// <summary>So many rounds of multiply-adds on the calling thread. Not inlined anywhere, or else they would go away where the sum is not wanted.</summary>
    public static float Loop(int rounds) => Avx512F.IsSupported ? Loop512(rounds) : Vector256.IsHardwareAccelerated ? Loop256(rounds) : Loop128(rounds);

    [MethodImpl(Simd.HotLoop)]
    private static float Loop512(int rounds)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int round = 0; round < rounds; round++)
        {
            a = Vector512.MultiplyAddEstimate(a, x, y);
            b = Vector512.MultiplyAddEstimate(b, x, y);
            c = Vector512.MultiplyAddEstimate(c, x, y);
            d = Vector512.MultiplyAddEstimate(d, x, y);
            e = Vector512.MultiplyAddEstimate(e, x, y);
            f = Vector512.MultiplyAddEstimate(f, x, y);
            g = Vector512.MultiplyAddEstimate(g, x, y);
            h = Vector512.MultiplyAddEstimate(h, x, y);
            i = Vector512.MultiplyAddEstimate(i, x, y);
            j = Vector512.MultiplyAddEstimate(j, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    [MethodImpl(Simd.HotLoop)]
    private static float Loop256(int rounds)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.001f);
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int round = 0; round < rounds; round++)
        {
            a = Vector256.MultiplyAddEstimate(a, x, y);
            b = Vector256.MultiplyAddEstimate(b, x, y);
            c = Vector256.MultiplyAddEstimate(c, x, y);
            d = Vector256.MultiplyAddEstimate(d, x, y);
            e = Vector256.MultiplyAddEstimate(e, x, y);
            f = Vector256.MultiplyAddEstimate(f, x, y);
            g = Vector256.MultiplyAddEstimate(g, x, y);
            h = Vector256.MultiplyAddEstimate(h, x, y);
            i = Vector256.MultiplyAddEstimate(i, x, y);
            j = Vector256.MultiplyAddEstimate(j, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    [MethodImpl(Simd.HotLoop)]
    private static float Loop128(int rounds)
    {
        Vector128<float> x = Vector128.Create(0.999f), y = Vector128.Create(0.001f);
        Vector128<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int round = 0; round < rounds; round++)
        {
            a = Vector128.MultiplyAddEstimate(a, x, y);
            b = Vector128.MultiplyAddEstimate(b, x, y);
            c = Vector128.MultiplyAddEstimate(c, x, y);
            d = Vector128.MultiplyAddEstimate(d, x, y);
            e = Vector128.MultiplyAddEstimate(e, x, y);
            f = Vector128.MultiplyAddEstimate(f, x, y);
            g = Vector128.MultiplyAddEstimate(g, x, y);
            h = Vector128.MultiplyAddEstimate(h, x, y);
            i = Vector128.MultiplyAddEstimate(i, x, y);
            j = Vector128.MultiplyAddEstimate(j, x, y);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j);
    }
}
