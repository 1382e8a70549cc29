using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Benchmarks;

/// <summary>What a streaming loop does with each element: s += a; b = a; c = a + 0.5 b. The value is the number of arrays.</summary>
internal enum Streaming
{
    Read = 1,
    Copy = 2,
    Triad = 3,
}

/// <summary>Arrays of floats that one thread streams through at the machine's best vector width; see <see cref="Streaming"/>.</summary>
internal sealed unsafe class StreamLoop : IDisposable
{
    private const int Unroll = 8, Block = Unroll * 16;
    private readonly float* _memory;

    /// <param name="kind">What to do.</param>
    /// <param name="bytes">The size of all arrays together; rounded down to whole blocks of each, of which there is at least one.</param>
    public StreamLoop(Streaming kind, long bytes)
    {
        Kind = kind;
        Elements = Math.Max(bytes / sizeof(float) / (int)kind / Block, 1) * Block;
        Bytes = Elements * sizeof(float) * (int)kind;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);
        new Span<byte>(_memory, checked((int)Bytes)).Clear(); // from the thread that will use it, so that the pages lie near
    }

    public Streaming Kind { get; }

    /// <summary>The bytes that one pass moves, as a program counts them.</summary>
    public long Bytes { get; }

    private long Elements { get; }

    /// <summary>Streams through the arrays so many times.</summary>
    public void Run(long passes) => VectorWidths.Run<float, Passes>(Simd.Best, new Passes(this, passes));

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private readonly struct Passes(StreamLoop loop, long count) : IWideWork<float>
    {
        [MethodImpl(Simd.HotLoop)]
        public void Run<V>()
            where V : unmanaged, IVector<V, float>
        {
            long elements = loop.Elements;
            float* a = loop._memory, b = a + elements, c = b + elements;
            for (long pass = 0; pass < count; pass++)
            {
                switch (loop.Kind)
                {
                    case Streaming.Read:
                        Read<V>(a, elements);
                        break;
                    case Streaming.Copy:
                        Copy<V>(a, b, elements);
                        break;
                    default:
                        Triad<V>(a, b, c, elements);
                        break;
                }
            }
        }
    }

    [MethodImpl(Simd.HotLoop)]
    private static void Read<V>(float* a, long elements)
        where V : unmanaged, IVector<V, float>
    {
        V s = V.Zero, t = s, u = s, v = s, w = s, x = s, y = s, z = s;
        for (long i = 0; i < elements; i += Unroll * V.Count)
        {
            s += V.Load(a + i);
            t += V.Load(a + i + V.Count);
            u += V.Load(a + i + (2 * V.Count));
            v += V.Load(a + i + (3 * V.Count));
            w += V.Load(a + i + (4 * V.Count));
            x += V.Load(a + i + (5 * V.Count));
            y += V.Load(a + i + (6 * V.Count));
            z += V.Load(a + i + (7 * V.Count));
        }

        V.Store(s + t + u + v + w + x + y + z, a); // so that the sum is needed; it stays zero
    }

    [MethodImpl(Simd.HotLoop)]
    private static void Copy<V>(float* a, float* b, long elements)
        where V : unmanaged, IVector<V, float>
    {
        for (long i = 0; i < elements; i += 4 * V.Count)
        {
            V.Store(V.Load(a + i), b + i);
            V.Store(V.Load(a + i + V.Count), b + i + V.Count);
            V.Store(V.Load(a + i + (2 * V.Count)), b + i + (2 * V.Count));
            V.Store(V.Load(a + i + (3 * V.Count)), b + i + (3 * V.Count));
        }
    }

    [MethodImpl(Simd.HotLoop)]
    private static void Triad<V>(float* a, float* b, float* c, long elements)
        where V : unmanaged, IVector<V, float>
    {
        V half = V.Constant(0.5);
        for (long i = 0; i < elements; i += 4 * V.Count)
        {
            V.Store(V.MultiplyAdd(V.Load(b + i), half, V.Load(a + i)), c + i);
            V.Store(V.MultiplyAdd(V.Load(b + i + V.Count), half, V.Load(a + i + V.Count)), c + i + V.Count);
            V.Store(V.MultiplyAdd(V.Load(b + i + (2 * V.Count)), half, V.Load(a + i + (2 * V.Count))), c + i + (2 * V.Count));
            V.Store(V.MultiplyAdd(V.Load(b + i + (3 * V.Count)), half, V.Load(a + i + (3 * V.Count))), c + i + (3 * V.Count));
        }
    }
}
