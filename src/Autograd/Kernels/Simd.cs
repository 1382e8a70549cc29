using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>The one place that chooses the vector width of the elementwise and reduction kernels.</summary>
/// <remarks>
/// These kernels give the same bits at every width, so the choice is one of speed alone and may change at any time.
/// </remarks>
internal static class Simd
{
    /// <summary>The width, in bits, that is fastest here: 512, 256, 128, or 0 for one lane at a time.</summary>
    internal static readonly int Best =
        Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported ? 512
        : Vector256.IsHardwareAccelerated ? 256
        : Vector128.IsHardwareAccelerated ? 128
        : 0;

    /// <summary>The width in use; tests and measurements set it.</summary>
    internal static int Width = Best;
}
