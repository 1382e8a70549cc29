using System.Numerics;
using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>Alone: what the stand-ins count, the threads and the choice are the process's.</summary>
[CollectionDefinition(nameof(BlasLibraryTests), DisableParallelization = true)]
[Collection(nameof(BlasLibraryTests))]
public sealed unsafe class BlasLibraryTests
{
    /// <summary>The stand-ins, and every library of this machine.</summary>
    private static IEnumerable<(string Name, BlasLibrary Library, bool TakesLeading)> Libraries()
    {
        yield return ("LP64", BlasStandIn.Bind(BlasStandIn.Cblas), true);
        yield return ("ILP64", BlasStandIn.Bind(BlasStandIn.Cblas64), true);
        yield return ("MathNet", BlasStandIn.Bind(BlasStandIn.MathNet), false);
        foreach (string name in NativeBlas.Available().Skip(1))
        {
            BlasLibrary library = NativeBlas.FromEnvironment(name).Library!;
            yield return (name, library, library is CblasLibrary);
        }
    }

    [Fact]
    public void EveryProductMatchesPlainLoops()
    {
        var random = new Random(21);
        int cases = 0;
        foreach ((string name, BlasLibrary library, bool takesLeading) in Libraries())
        {
            foreach ((int m, int n, int k) in new[] { (1, 1, 1), (5, 3, 7), (33, 65, 40), (70, 32, 129), (1, 90, 33), (64, 1, 50) })
            {
                for (int form = 0; form < 16; form++)
                {
                    bool fits = Check<float>(random, name, library, m, n, k, form, 1e-5) & Check<double>(random, name, library, m, n, k, form, 1e-13);
                    Assert.Equal(takesLeading || (form & 8) == 0, fits);
                    cases++;
                }
            }
        }
        Assert.True(cases >= 3 * 6 * 16);
    }

    /// <summary>One product among guards, by the library and by loops in double; whether the library took it.</summary>
    private static bool Check<T>(Random random, string name, BlasLibrary library, int m, int n, int k, int form, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool transposeA = (form & 1) != 0, transposeB = (form & 2) != 0, accumulate = (form & 4) != 0;
        int padding = (form & 8) != 0 ? 3 : 0;
        int lda = (transposeA ? m : k) + padding, ldb = (transposeB ? k : n) + padding, ldc = n + padding;
        T[] a = GemmTests.Values<T>(random, (transposeA ? k : m) * lda), b = GemmTests.Values<T>(random, (transposeB ? n : k) * ldb);
        T[] before = GemmTests.Values<T>(random, m * ldc);
        for (int i = 0; i < before.Length && !accumulate; i++)
        {
            before[i] = i % ldc < n ? T.NaN : before[i];
        }
        var found = (T[])before.Clone();
        bool taken = Multiply(library, transposeA, transposeB, m, n, k, a, lda, b, ldb, found, ldc, accumulate);
        for (int i = 0; i < found.Length; i++)
        {
            int row = i / ldc, column = i % ldc;
            if (!taken || column >= n)
            {
                Assert.True(before[i].Equals(found[i]), $"{name}: element {i} was touched");
                continue;
            }
            double sum = accumulate ? double.CreateChecked(before[i]) : 0;
            for (int l = 0; l < k; l++)
            {
                sum += double.CreateChecked(a[transposeA ? (l * lda) + row : (row * lda) + l]) * double.CreateChecked(b[transposeB ? (column * ldb) + l : (l * ldb) + column]);
            }
            Assert.True(Math.Abs(double.CreateChecked(found[i]) - sum) <= tolerance * (1 + k), $"{name}: {m} x {n} x {k}, form {form}, element {i} is {found[i]}, not {sum}");
        }
        return taken;
    }

    private static bool Multiply<T>(BlasLibrary library, bool transposeA, bool transposeB, int m, int n, int k, T[] a, int lda, T[] b, int ldb, T[] c, int ldc, bool accumulate)
        where T : unmanaged
    {
        fixed (T* aPointer = a, bPointer = b, cPointer = c)
        {
            return library.TryMultiply(GemmProblem<T>.Of(transposeA, transposeB, m, n, k, aPointer, lda, bPointer, ldb, cPointer, ldc, accumulate));
        }
    }

    [Fact]
    public void OneNanOrInfinityReachesItsRowOrColumnAndNothingElse()
    {
        const int Size = 200;
        foreach ((string name, BlasLibrary library, _) in Libraries())
        {
            foreach (bool inLeft in new[] { true, false })
            {
                float[] a = new float[Size * Size], b = new float[Size * Size], c = new float[Size * Size];
                // All zeros but one infinity: its products with zeros are NaN, wherever the library blocks and packs.
                (inLeft ? a : b)[(77 * Size) + 131] = float.PositiveInfinity;
                c.AsSpan().Fill(float.NaN);
                Assert.True(Multiply(library, false, false, Size, Size, Size, a, Size, b, Size, c, Size, accumulate: false));
                for (int i = 0; i < c.Length; i++)
                {
                    bool reached = inLeft ? i / Size == 77 : i % Size == 131;
                    Assert.True(reached ? float.IsNaN(c[i]) : c[i] == 0, $"{name}: row {i / Size}, column {i % Size} is {c[i]}");
                }
            }
        }
    }

    [Fact]
    public void LibrariesThatCannotServeAreRefusedWithTheReason()
    {
        Assert.Equal("its products of Double lose NaN: 0 · ∞ is not NaN", Refusal(BlasStandIn.LosingNan));
        Assert.Equal("it computes a wrong product of Single", Refusal(BlasStandIn.Wrong));
        Dictionary<string, nint> half = BlasStandIn.Cblas;
        half.Remove("cblas_dgemm");
        Assert.Contains("exports neither", Refusal(half), StringComparison.Ordinal);

        static string Refusal(Dictionary<string, nint> exports)
        {
            Assert.False(BlasStandIn.TryBind(exports, out _, out string refusal));
            return refusal;
        }
    }

    [Fact]
    public void EveryCallSetsTheNumberOfThreads()
    {
        var values = new float[9];
        foreach (Dictionary<string, nint> exports in new[] { BlasStandIn.Cblas, BlasStandIn.Cblas64, BlasStandIn.MathNet, BlasStandIn.Accelerate })
        {
            BlasLibrary library = BlasStandIn.Bind(exports);
            foreach (int threads in new[] { 1, 3, 1, 2 })
            {
                using var scope = new ThreadsScope(threads);
                // Another user of the same library may have set its own number.
                BlasStandIn.Threads = BlasStandIn.Threading = -1;
                Multiply(library, false, false, 3, 3, 3, values, 3, values, 3, new float[9], 3, accumulate: false);
                bool hasModel = exports.ContainsKey("BLASSetThreading");
                Assert.Equal(hasModel ? -1 : threads, BlasStandIn.Threads);
                Assert.Equal(!hasModel ? -1 : threads == 1 ? 1 : 0, BlasStandIn.Threading);
            }
        }
    }

    [Fact]
    public void OpenBlasUsesTheNumberOfThreadsOrIsRefused()
    {
        string[] files = BlasFiles.Of("openblas");
        if (!NativeBlas.Available().Contains("openblas"))
        {
            string message = Assert.Throws<DllNotFoundException>(() => NativeBlas.FromEnvironment("openblas")).Message;
            Assert.All(files, file => Assert.Contains(file, message, StringComparison.Ordinal));
            return;
        }
        BlasLibrary library = NativeBlas.FromEnvironment("openblas").Library!;
        Assert.Contains("OpenBLAS", library.Description, StringComparison.Ordinal);
        nint handle = files.Select(file => NativeLibrary.TryLoad(file, typeof(BlasLibrary).Assembly, null, out nint found) ? found : 0).First(found => found != 0);
        var current = (delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(handle, "openblas_get_num_threads");
        var isParallel = (delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(handle, "openblas_get_parallel");
        float[] a = GemmTests.Values<float>(new Random(1), 256 * 256), c = new float[a.Length];
        foreach (int threads in new[] { 1, 2, 1 })
        {
            using var scope = new ThreadsScope(threads);
            Multiply(library, false, false, 256, 256, 256, a, 256, a, 256, c, 256, accumulate: false);
            Assert.Equal(isParallel() == 0 ? 1 : threads, current());
        }
    }

    [Fact]
    public void ALibraryWithoutLocksRunsOneProductAtATime()
    {
        BlasLibrary library = BlasStandIn.Bind(BlasStandIn.Serial);
        float[] a = GemmTests.Values<float>(new Random(1), 64 * 64);
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
            Multiply(library, false, false, 64, 64, 64, a, 64, a, 64, new float[64 * 64], 64, accumulate: false));
        Assert.Equal(64, BlasStandIn.Calls);
        Assert.Equal(1, BlasStandIn.MostAtOnce);
    }

    [Fact]
    public void AWarmCallAllocatesNothing()
    {
        float[] a = GemmTests.Values<float>(new Random(1), 64 * 64), c = new float[64 * 64];
        foreach ((string name, BlasLibrary library, _) in Libraries())
        {
            Allocations.AssertNone(20, () => Multiply(library, false, false, 64, 64, 64, a, 64, a, 64, c, 64, accumulate: true), name);
        }
    }
}
