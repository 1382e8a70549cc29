using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>
/// Libraries written here, behind native function pointers, after the contracts of the interfaces: CBLAS with integers of 32
/// and of 64 bits, MathNet's column-major exports, and some that are wrong. They count what is asked of them.
/// </summary>
internal static unsafe class BlasStandIn
{
    /// <summary>The calls so far, the last number of threads and threading model set, the most calls that ran at once.</summary>
    internal static int Calls, Threads, Threading, MostAtOnce;

    private static int _now;

    internal static Dictionary<string, nint> Cblas => new()
    {
        ["cblas_sgemm"] = (nint)(delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)&Cblas32Single,
        ["cblas_dgemm"] = (nint)(delegate* unmanaged[Cdecl]<int, int, int, int, int, int, double, double*, int, double*, int, double, double*, int, void>)&Cblas32Double,
        ["openblas_set_num_threads"] = SetThreadsAddress,
    };

    internal static Dictionary<string, nint> Cblas64 => new()
    {
        ["cblas_sgemm64_"] = (nint)(delegate* unmanaged[Cdecl]<int, int, int, long, long, long, float, float*, long, float*, long, float, float*, long, void>)&Cblas64Single,
        ["cblas_dgemm64_"] = (nint)(delegate* unmanaged[Cdecl]<int, int, int, long, long, long, double, double*, long, double*, long, double, double*, long, void>)&Cblas64Double,
        ["openblas_set_num_threads64_"] = SetThreadsAddress,
    };

    internal static Dictionary<string, nint> MathNet => new()
    {
        ["s_matrix_multiply"] = (nint)(delegate* unmanaged[Cdecl]<int, int, int, int, int, float, float*, float*, float, float*, void>)&MathNetSingle,
        ["d_matrix_multiply"] = (nint)(delegate* unmanaged[Cdecl]<int, int, int, int, int, double, double*, double*, double, double*, void>)&MathNetDouble,
        ["set_max_threads"] = SetThreadsAddress,
        ["query_capability"] = (nint)(delegate* unmanaged[Cdecl]<int, int>)&QueryCapability,
    };

    /// <summary>Apple's: a threading model in place of a number.</summary>
    internal static Dictionary<string, nint> Accelerate => With(Cblas, "openblas_set_num_threads", 0, "BLASSetThreading",
        (nint)(delegate* unmanaged[Cdecl]<uint, int>)&SetThreading);

    /// <summary>An OpenBLAS without threads, and so without locks.</summary>
    internal static Dictionary<string, nint> Serial => With(Cblas, "openblas_get_parallel", (nint)(delegate* unmanaged[Cdecl]<int>)&Zero);

    /// <summary>Leaves out products with a zero of the left factor.</summary>
    internal static Dictionary<string, nint> LosingNan => With(Cblas, "cblas_dgemm",
        (nint)(delegate* unmanaged[Cdecl]<int, int, int, int, int, int, double, double*, int, double*, int, double, double*, int, void>)&SkippingZeros);

    /// <summary>Forgets to accumulate.</summary>
    internal static Dictionary<string, nint> Wrong => With(Cblas, "cblas_sgemm",
        (nint)(delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)&ForgettingBeta);

    private static nint SetThreadsAddress => (nint)(delegate* unmanaged[Cdecl]<int, void>)&SetThreads;

    internal static BlasLibrary Bind(Dictionary<string, nint> exports)
    {
        Assert.True(TryBind(exports, out BlasLibrary? library, out string refusal), refusal);
        Calls = MostAtOnce = 0;
        return library!;
    }

    internal static bool TryBind(Dictionary<string, nint> exports, out BlasLibrary? library, out string refusal) =>
        BlasLibrary.TryBind("stand-in", name => exports.GetValueOrDefault(name), out library, out refusal);

    private static Dictionary<string, nint> With(Dictionary<string, nint> exports, string name, nint address, string? other = null, nint otherAddress = 0)
    {
        exports[name] = address;
        if (other is not null)
        {
            exports[other] = otherAddress;
        }
        return exports;
    }

    /// <summary>C = α · op(A) · op(B) + β · C by loops; C is not read if β is zero.</summary>
    private static void Product<T>(int order, int transposeA, int transposeB, long m, long n, long k, T alpha, T* a, long lda, T* b, long ldb, T beta, T* c, long ldc)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Interlocked.Increment(ref Calls);
        int now = Interlocked.Increment(ref _now);
        if (now > MostAtOnce)
        {
            MostAtOnce = now;
        }
        bool rows = order == 101;
        for (long i = 0; i < m; i++)
        {
            for (long j = 0; j < n; j++)
            {
                T sum = T.Zero;
                for (long l = 0; l < k; l++)
                {
                    sum += At(a, lda, transposeA == 112, rows, i, l) * At(b, ldb, transposeB == 112, rows, l, j);
                }
                ref T target = ref At(c, ldc, false, rows, i, j);
                target = beta == T.Zero ? alpha * sum : (alpha * sum) + (beta * target);
            }
        }
        Interlocked.Decrement(ref _now);
    }

    private static ref T At<T>(T* values, long leading, bool isTransposed, bool rows, long i, long j)
        where T : unmanaged => ref values[isTransposed == rows ? (j * leading) + i : (i * leading) + j];

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Cblas32Single(int o, int ta, int tb, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc) =>
        Product(o, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Cblas32Double(int o, int ta, int tb, int m, int n, int k, double alpha, double* a, int lda, double* b, int ldb, double beta, double* c, int ldc) =>
        Product(o, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Cblas64Single(int o, int ta, int tb, long m, long n, long k, float alpha, float* a, long lda, float* b, long ldb, float beta, float* c, long ldc) =>
        Product(o, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Cblas64Double(int o, int ta, int tb, long m, long n, long k, double alpha, double* a, long lda, double* b, long ldb, double beta, double* c, long ldc) =>
        Product(o, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void MathNetSingle(int ta, int tb, int m, int n, int k, float alpha, float* a, float* b, float beta, float* c) =>
        Product(102, ta, tb, m, n, k, alpha, a, ta == 111 ? m : k, b, tb == 111 ? k : n, beta, c, m);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void MathNetDouble(int ta, int tb, int m, int n, int k, double alpha, double* a, double* b, double beta, double* c) =>
        Product(102, ta, tb, m, n, k, alpha, a, ta == 111 ? m : k, b, tb == 111 ? k : n, beta, c, m);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void SkippingZeros(int o, int ta, int tb, int m, int n, int k, double alpha, double* a, int lda, double* b, int ldb, double beta, double* c, int ldc)
    {
        double* safe = stackalloc double[k * n];
        for (int i = 0; i < k * n; i++)
        {
            safe[i] = double.IsInfinity(b[i]) ? 0 : b[i];
        }
        Product(o, ta, tb, m, n, k, alpha, a, lda, safe, ldb, beta, c, ldc);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ForgettingBeta(int o, int ta, int tb, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc) =>
        Product(o, ta, tb, m, n, k, alpha, a, lda, b, ldb, 0, c, ldc);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void SetThreads(int threads) => Threads = threads;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SetThreading(uint model)
    {
        Threading = (int)model;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Zero() => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int QueryCapability(int capability) => capability == 64 ? 14 : 0;
}
