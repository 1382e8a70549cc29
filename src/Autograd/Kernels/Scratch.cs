using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>What a thread's scratch buffers are for. A kernel that calls another must use a slot of its own.</summary>
internal enum ScratchSlot
{
    GemmA,
    GemmB,
    GemmC,
    GemmTurned,
    Recurrent,
    RecurrentGradients,
    WindowImage,
    WindowColumns,
    WindowPartials,
    WindowWeights,
    WindowPlaces,
    Normalization,
    Ctc,
}

/// <summary>
/// Working memory of kernels: per thread and slot one pinned buffer on a 64-byte boundary that grows to the largest
/// request and is used again, so that warm kernels allocate nothing. Its content is undefined.
/// </summary>
internal static unsafe class Scratch
{
    private const int Alignment = 64;

    [ThreadStatic]
    private static byte[]?[]? _buffers;

    internal static T* Get<T>(ScratchSlot slot, long count)
        where T : unmanaged
    {
        byte[]?[] buffers = _buffers ??= new byte[Enum.GetValues<ScratchSlot>().Length][];
        long bytes = checked((count * sizeof(T)) + Alignment);
        byte[]? buffer = buffers[(int)slot];
        if (buffer is null || buffer.Length < bytes)
        {
            if (bytes > Array.MaxLength)
            {
                throw new InvalidOperationException(
                    $"A kernel needs {bytes:N0} bytes of working memory at once ({slot}), but one buffer holds at most {Array.MaxLength:N0}. Use smaller sizes or batches.");
            }
            buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(bytes + (bytes / 4), Array.MaxLength), pinned: true);
            buffers[(int)slot] = buffer;
        }
        nint address = (nint)Unsafe.AsPointer(ref buffer[0]);
        return (T*)((address + Alignment - 1) & ~(nint)(Alignment - 1));
    }
}
