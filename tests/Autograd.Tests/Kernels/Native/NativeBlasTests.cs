using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>The choice, and which products follow it.</summary>
[Collection(nameof(BlasLibraryTests))]
public sealed class NativeBlasTests : IDisposable
{
    private const string Name = "AUTOGRAD_BLAS";

    private readonly string? _variable = Environment.GetEnvironmentVariable(Name);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Name, _variable);
        NativeBlas.Set(null);
    }

    private static void UseStandIn(Dictionary<string, nint> exports) => NativeBlas.Set(new("stand-in", BlasStandIn.Bind(exports)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("managed")]
    [InlineData(" Managed ")]
    public void TheDefaultIsTheManagedKernel(string? value)
    {
        Environment.SetEnvironmentVariable(Name, value);
        NativeBlas.Set(null);
        Assert.Equal("managed", NativeBlas.Current);
        Assert.StartsWith("managed kernel", NativeBlas.Description, StringComparison.Ordinal);
        Assert.Null(NativeBlas.FromEnvironment(value).Library);
    }

    [Fact]
    public void AutoTakesTheFirstThatIsThere()
    {
        IReadOnlyList<string> available = NativeBlas.Available();
        Assert.Equal("managed", available[0]);
        string expected = available.Count > 1 ? available[1] : "managed";
        Environment.SetEnvironmentVariable(Name, "AUTO");
        NativeBlas.Set(null);
        Assert.Equal(expected, NativeBlas.Current);
        NativeBlas.Use("managed");
        Assert.Equal("managed", NativeBlas.Current);
        NativeBlas.Use("auto");
        Assert.Equal(expected, NativeBlas.Current);
    }

    [Fact]
    public void EachNameServesOrSaysWhatWasLookedFor()
    {
        IReadOnlyList<string> available = NativeBlas.Available();
        Assert.Subset(new HashSet<string>(BlasFiles.Names) { "managed" }, available.ToHashSet());
        foreach (string name in BlasFiles.Names)
        {
            NativeBlas.Use("managed");
            if (available.Contains(name))
            {
                NativeBlas.Use(name.ToUpperInvariant());
                Assert.Equal(name, NativeBlas.Current);
                Assert.Contains(BlasFiles.Of(name), file => NativeBlas.Description.EndsWith($"({file})", StringComparison.Ordinal));
            }
            else
            {
                string message = Assert.Throws<DllNotFoundException>(() => NativeBlas.Use(name)).Message;
                Assert.StartsWith($"NativeBlas.Use: asked for the BLAS '{name}'", message, StringComparison.Ordinal);
                Assert.All(BlasFiles.Of(name), file => Assert.Contains(file, message, StringComparison.Ordinal));
                Assert.Contains("'managed'", message, StringComparison.Ordinal);
                Assert.Equal("managed", NativeBlas.Current);
            }
        }
    }

    [Fact]
    public void UnknownNamesAreRefused()
    {
        foreach (string name in new[] { "opnblas", "", "mkl_rt", "openblas mkl" })
        {
            string message = Assert.Throws<ArgumentException>(() => NativeBlas.Use(name)).Message;
            Assert.StartsWith($"NativeBlas.Use: asked for the BLAS '{name}', but it takes managed, auto, accelerate, mkl, openblas, mathnet", message, StringComparison.Ordinal);
        }
        Assert.Throws<ArgumentNullException>(() => NativeBlas.Use(null!));
    }

    [Fact]
    public void AWrongVariableIsAnErrorOfTheFirstProductAndCodeOverrulesIt()
    {
        float[] a = [1, 2, 3, 4], c = new float[4];
        Environment.SetEnvironmentVariable(Name, "opnblas");
        NativeBlas.Set(null);
        for (int i = 0; i < 2; i++)
        {
            string message = Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(false, false, 2, 2, 2, a, 2, a, 2, c, 2)).Message;
            Assert.StartsWith("AUTOGRAD_BLAS: asked for the BLAS 'opnblas'", message, StringComparison.Ordinal);
        }
        Environment.SetEnvironmentVariable(Name, "./no-such-blas.so");
        Assert.StartsWith("AUTOGRAD_BLAS: asked for the BLAS './no-such-blas.so'", Assert.Throws<DllNotFoundException>(() => NativeBlas.Current).Message, StringComparison.Ordinal);
        NativeBlas.Use("managed");
        Gemm.Multiply<float>(false, false, 2, 2, 2, a, 2, a, 2, c, 2);
        Assert.Equal([7, 10, 15, 22], c);
    }

    [Fact]
    public void FilesThatAreNoLibraryOrNotABlasAreRefused()
    {
        string text = Path.Combine(Path.GetTempPath(), $"autograd-{Guid.NewGuid():N}.so");
        File.WriteAllText(text, "not a library");
        try
        {
            Assert.Contains($"{text} (the file is there but does not load", Assert.Throws<DllNotFoundException>(() => NativeBlas.Use(text)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(text);
        }
        Assert.Contains($"{text} (not found)", Assert.Throws<DllNotFoundException>(() => NativeBlas.Use(text)).Message, StringComparison.Ordinal);
        string runtime = OperatingSystem.IsWindows() ? "clrjit.dll" : OperatingSystem.IsMacOS() ? "libclrjit.dylib" : "libclrjit.so";
        string other = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), runtime);
        Assert.Contains($"{other} (it exports neither", Assert.Throws<DllNotFoundException>(() => NativeBlas.Use(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EverySystemHasItsFiles()
    {
        foreach ((bool isWindows, bool isMac, string extension) in new[] { (true, false, ".dll"), (false, true, ".dylib"), (false, false, ".so") })
        {
            foreach (string name in BlasFiles.Names.Skip(1))
            {
                string[] files = BlasFiles.Of(name, isWindows, isMac);
                Assert.NotEmpty(files);
                Assert.All(files, file => Assert.Contains(extension, file, StringComparison.Ordinal));
                Assert.All(files, file => Assert.True(BlasFiles.IsPath(file)));
                Assert.Equal(files.Length, files.Distinct().Count());
            }
            Assert.Equal(isMac ? 1 : 0, BlasFiles.Of("accelerate", isWindows, isMac).Length);
        }
        Assert.All(BlasFiles.Names, name => Assert.False(BlasFiles.IsPath(name)));
        Assert.Equal(Path.GetFullPath("lib/blas"), BlasFiles.AtPath("lib/blas"));
        Assert.Equal("libblis.so.4", BlasFiles.AtPath("libblis.so.4"));
    }

    [Fact]
    public void LargePlainProductsAreNativeAndOthersManaged()
    {
        UseStandIn(BlasStandIn.Cblas);
        const int Side = NativeBlas.MinSide, Depth = NativeBlas.MinWork / (Side * Side);
        foreach ((int m, int n, int k, int calls) in new[]
        {
            (Side, Side, Depth, 1), (64, 64, 64, 1), (Side, Side, Depth - 1, 0), (Side - 1, 4096, 64, 0), (4096, Side - 1, 64, 0),
            (1000, 1000, 0, 0), (0, 1000, 1000, 0), (1000, 0, 1000, 0),
        })
        {
            float[] a = GemmTests.Values<float>(new Random(m), m * k), b = GemmTests.Values<float>(new Random(n), k * n);
            float[] c = new float[m * n], expected = new float[m * n];
            c.AsSpan().Fill(float.NaN);
            BlasStandIn.Calls = 0;
            Gemm.Multiply<float>(false, false, m, n, k, a, k, b, n, c, n);
            Assert.Equal(calls, BlasStandIn.Calls);
            Gemm.Multiply<float>(Simd.Best, false, false, m, n, k, a, k, b, n, expected, n, accumulate: false);
            Assert.Equal(calls, BlasStandIn.Calls);
            if (calls == 0) GemmTests.AssertSameBits<float>(expected, c);
            else AssertClose(expected, c);
        }
    }

    [Fact]
    public void ProductsThatTheLibraryCannotTakeAreManagedBitForBit()
    {
        UseStandIn(BlasStandIn.MathNet);
        double[] a = GemmTests.Values<double>(new Random(1), 90 * 90), b = GemmTests.Values<double>(new Random(2), 90 * 90);
        foreach ((int lda, int ldb, int ldc) in new[] { (90, 80, 80), (80, 90, 80), (80, 80, 90), (80, 80, 80) })
        {
            double[] c = GemmTests.Values<double>(new Random(3), 90 * 90), expected = [.. c];
            BlasStandIn.Calls = 0;
            Gemm.Multiply<double>(true, true, 80, 80, 80, a, lda, b, ldb, c, ldc, accumulate: true);
            bool isContiguous = lda + ldb + ldc == 240;
            Assert.Equal(isContiguous ? 1 : 0, BlasStandIn.Calls);
            Gemm.Multiply<double>(Simd.Best, true, true, 80, 80, 80, a, lda, b, ldb, expected, ldc, accumulate: true);
            if (isContiguous) Assert.All(Enumerable.Range(0, c.Length), i => Assert.Equal(expected[i], c[i], 1e-12));
            else GemmTests.AssertSameBits<double>(expected, c);
        }
    }

    [Fact]
    public unsafe void ProductsInsideAParallelRegionAreManaged()
    {
        UseStandIn(BlasStandIn.Cblas);
        float[] a = GemmTests.Values<float>(new Random(1), 64 * 64), c = new float[2 * 64 * 64], expected = new float[64 * 64];
        using var scope = new ThreadsScope(2);
        fixed (float* aPointer = a, cPointer = c)
        {
            WorkerPool.Run(new Inner { A = aPointer, C = cPointer }, 2);
        }
        Assert.Equal(0, BlasStandIn.Calls);
        Gemm.Multiply<float>(Simd.Best, false, false, 64, 64, 64, a, 64, a, 64, expected, 64, accumulate: false);
        GemmTests.AssertSameBits<float>(expected, c.AsSpan(0, 64 * 64));
        GemmTests.AssertSameBits<float>(expected, c.AsSpan(64 * 64));
    }

    private unsafe struct Inner : IParallelWork
    {
        internal float* A, C;

        public readonly void Run(int part, int parts) => Gemm.Multiply(false, false, 64, 64, 64, new ReadOnlySpan<float>(A, 64 * 64), 64,
            new ReadOnlySpan<float>(A, 64 * 64), 64, new Span<float>(C + (part * 64 * 64), 64 * 64), 64);
    }

    [Fact]
    public void LayersAndProductsOnATapeGoThroughTheLibraryForwardAndBackward()
    {
        foreach (Dictionary<string, nint> exports in new[] { BlasStandIn.Cblas, BlasStandIn.MathNet })
        {
            (float[] Values, int Calls) managed = Train("managed"), native = Train(null);
            Assert.Equal(0, managed.Calls);
            // The layer and its two gradients; the product and its two gradients, each for two batches.
            Assert.Equal(9, native.Calls);
            AssertClose(managed.Values, native.Values);

            (float[] Values, int Calls) Train(string? name)
            {
                UseStandIn(exports);
                if (name is not null) NativeBlas.Use(name);
                var layer = new Linear<float>(96, 72);
                layer.Initialize(3);
                using var tape = new Tape<float>();
                Variable<float> x = tape.Variable(new Tensor<float>([80, 96], GemmTests.Values<float>(new Random(5), 80 * 96)));
                Variable<float> other = tape.Variable(new Tensor<float>([2, 72, 64], GemmTests.Values<float>(new Random(6), 2 * 72 * 64)));
                Variable<float> y = layer.Forward(x).Reshape(1, 80, 72);
                Variable<float> both = Variable.Concat([y, y.Tanh()], 0).BatchMatMul(other);
                Gradients<float> gradients = tape.Backward(both.Square().Mean());
                float[] values = [.. both.Span, .. gradients[x].Span, .. gradients[other].Span, .. gradients[layer.Weight].Span];
                return (values, BlasStandIn.Calls);
            }
        }
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-5 * (1 + Math.Abs(expected[i])), $"element {i} is {found[i]}, not {expected[i]}");
        }
    }
}
