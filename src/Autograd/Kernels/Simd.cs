using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>The one place that chooses the vectors' width and counts the registers; a few loops of shuffles ask for an instruction of their own.</summary>
/// <remarks>
/// Kernels give the same bits at every width, but for depthwise weight gradients, so the choice is one of speed and may change at any time.
/// </remarks>
internal static class Simd
{
    /// <summary>How a loop over vectors is compiled: fully optimized at once, and never inlined.</summary>
    /// <remarks>
    /// Inlined into a large caller, such as the body of a parallel region, the loop's own vector functions exceed what the
    /// just-in-time compiler inlines into one method, and each becomes a call with its vectors in memory: five times slower.
    /// </remarks>
    internal const MethodImplOptions HotLoop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    /// <summary>Asks for a cache line that will be wanted soon, where the machine can be asked. Any address will do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>The same, into the second cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void PrefetchFar(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }

    /// <summary>Whether there are 32 vector registers rather than 16.</summary>
    internal static bool HasManyRegisters => Avx512F.VL.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>
    /// The width, in bits, that is fastest here: 512, 256, 128, or 0 for one lane at a time, in place of which kernels without such a
    /// path take 128.
    /// </summary>
    /// <remarks>
    /// Not Vector512.IsHardwareAccelerated: it is false on processors that lower their clock for 512-bit code, which for dense products
    /// still gain 1.7 times by it.
    /// </remarks>
    internal static readonly int Best =
        Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported ? 512
        : Vector256.IsHardwareAccelerated ? 256
        : Vector128.IsHardwareAccelerated ? 128
        : 0;

    /// <summary>The width that elementwise, reduction and optimizer kernels use; tests and measurements set it.</summary>
    internal static int Width = Best;
}
