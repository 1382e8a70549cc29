using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Autograd.Kernels;

/// <summary>A loaded library that can multiply matrices, and how to tell it the number of threads.</summary>
/// <remarks>
/// Every size is passed as <see cref="nint"/>, whether the library's integers have 32 bits (LP64) or 64 (ILP64): in each
/// calling convention of a 64-bit system an integer argument has a register or an aligned slot of eight bytes to itself
/// (on Apple's Arm, whose slots may be smaller, the pointers between the integers align them), and a callee of 32 bits
/// looks at the lower half alone.
/// </remarks>
internal abstract unsafe class BlasLibrary
{
    /// <summary>CBLAS's order of rows.</summary>
    private protected const int RowMajor = 101;

    private readonly bool _isContiguousOnly;

    /// <summary>Held during a product if the library may be called from one thread at a time only.</summary>
    private readonly Lock? _alone;

    private readonly delegate* unmanaged[Cdecl]<nint, void> _setThreads;
    private readonly delegate* unmanaged[Cdecl]<uint, int> _setThreading;

    private protected BlasLibrary(Func<string, nint> export, bool isContiguousOnly)
    {
        _isContiguousOnly = isContiguousOnly;
        _setThreads = (delegate* unmanaged[Cdecl]<nint, void>)FirstOf(
            export, "openblas_set_num_threads", "MKL_Set_Num_Threads", "bli_thread_set_num_threads", "set_max_threads");
        _setThreading = (delegate* unmanaged[Cdecl]<uint, int>)export("BLASSetThreading");
        var parallel = (delegate* unmanaged[Cdecl]<int>)FirstOf(export, "openblas_get_parallel");
        // An OpenBLAS built without threads has no locks around its buffers either, unless it was asked to.
        _alone = parallel != null && parallel() == 0 ? new() : null;
    }

    /// <summary>What the library says of itself, and its file.</summary>
    internal string Description { get; private set; } = string.Empty;

    /// <summary>Loads a file and binds it; else says why it cannot serve. What was loaded once stays in the process.</summary>
    internal static bool TryLoad(string file, [NotNullWhen(true)] out BlasLibrary? library, out string refusal)
    {
        library = null;
        // A null search path is the runtime's own: beside the application and its packages, then the system's.
        if (!NativeLibrary.TryLoad(file, typeof(BlasLibrary).Assembly, null, out nint handle))
        {
            refusal = Path.IsPathFullyQualified(file) && File.Exists(file)
                ? "the file is there but does not load: a library it needs may be missing, or it is made for another system or processor"
                : "not found";
            return false;
        }
        return TryBind(file, name => NativeLibrary.TryGetExport(handle, name, out nint address) ? address : 0, out library, out refusal);
    }

    /// <summary>Binds a library by the addresses of its exports, 0 where there is none.</summary>
    internal static bool TryBind(string file, Func<string, nint> export, [NotNullWhen(true)] out BlasLibrary? library, out string refusal)
    {
        library = null;
        BlasLibrary? bound = (BlasLibrary?)CblasLibrary.Bind(export) ?? MathNetLibrary.Bind(export);
        if (bound is null)
        {
            refusal = "it exports neither cblas_sgemm and cblas_dgemm nor, as MathNet's, s_matrix_multiply and d_matrix_multiply";
            return false;
        }
        refusal = bound.Defect<float>() ?? bound.Defect<double>() ?? string.Empty;
        if (refusal.Length > 0)
        {
            return false;
        }
        bound.Description = $"{Version(export)} ({file})";
        library = bound;
        return true;
    }

    /// <summary>The product by the library; false, and nothing is done, if it cannot take matrices that lie like this.</summary>
    internal bool TryMultiply<T>(in GemmProblem<T> p)
        where T : unmanaged
    {
        if (_isContiguousOnly && !IsContiguous(p))
        {
            return false;
        }
        if (_alone is { } gate)
        {
            lock (gate)
            {
                Call(p);
            }
        }
        else
        {
            Call(p);
        }
        return true;
    }

    private protected abstract void Multiply(in GemmProblem<float> p);

    private protected abstract void Multiply(in GemmProblem<double> p);

    /// <summary>CBLAS's names of what is done with a factor, which MathNet's exports take, too.</summary>
    private protected static int Operation(bool isTransposed) => isTransposed ? 112 : 111;

    /// <summary>
    /// The address of an export, or of its twin with the suffix of libraries whose integers have 64 bits; 0 if there is neither.
    /// </summary>
    private protected static nint FirstOf(Func<string, nint> export, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            nint address = export(name);
            address = address != 0 ? address : export(name + "64_");
            if (address != 0)
            {
                return address;
            }
        }
        return 0;
    }

    private static bool IsContiguous<T>(in GemmProblem<T> p)
        where T : unmanaged =>
        p.Lda == (p.TransposeA ? p.M : p.K) && p.Ldb == (p.Right == GemmRight.Transposed ? p.K : p.N) && p.Ldc == p.N;

    private void Call<T>(in GemmProblem<T> p)
        where T : unmanaged
    {
        int threads = Parallelism.Threads;
        if (_setThreads != null)
        {
            _setThreads(threads);
        }
        else if (_setThreading != null)
        {
            // Accelerate: 1 is one thread, 0 as many as it likes, for calls from this thread.
            _setThreading(threads == 1 ? 1u : 0u);
        }
        if (typeof(T) == typeof(float))
        {
            Multiply(Unsafe.As<GemmProblem<T>, GemmProblem<float>>(ref Unsafe.AsRef(in p)));
        }
        else
        {
            Multiply(Unsafe.As<GemmProblem<T>, GemmProblem<double>>(ref Unsafe.AsRef(in p)));
        }
    }

    /// <summary>
    /// What is wrong with the library's products, or null: their values in all transpositions, from zero over a C of NaN
    /// and accumulated, and 0 · ∞ in either factor. Small whole numbers, so that every order of the sums is exact.
    /// </summary>
    private string? Defect<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        const int M = 35, N = 50, K = 41;
        T[] a = new T[M * K], b = new T[K * N], expected = new T[M * N], found = new T[M * N];
        for (int special = 0; special <= 2; special++)
        {
            Fill(a, 7);
            Fill(b, 5);
            if (special > 0)
            {
                (special == 1 ? a : b).AsSpan().Fill(T.Zero);
                (special == 1 ? b : a).AsSpan().Fill(T.PositiveInfinity);
            }
            for (int form = 0; form < 8; form++)
            {
                bool transposeA = (form & 1) != 0, transposeB = (form & 2) != 0, accumulate = (form & 4) != 0;
                expected.AsSpan().Fill(accumulate ? T.One : T.NaN);
                found.AsSpan().Fill(accumulate ? T.One : T.NaN);
                int lda = transposeA ? M : K, ldb = transposeB ? K : N;
                Gemm.Multiply<T>(Simd.Best, transposeA, transposeB, M, N, K, a, lda, b, ldb, expected, N, accumulate);
                fixed (T* aPointer = a, bPointer = b, cPointer = found)
                {
                    Call(GemmProblem<T>.Of(transposeA, transposeB, M, N, K, aPointer, lda, bPointer, ldb, cPointer, N, accumulate));
                }
                if (!found.AsSpan().SequenceEqual(expected))
                {
                    return special == 0
                        ? $"it computes a wrong product of {typeof(T).Name}"
                        : $"its products of {typeof(T).Name} lose NaN: 0 · ∞ is not NaN";
                }
            }
        }
        return null;
    }

    private static void Fill<T>(T[] values, int modulus)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = T.CreateChecked(((i * i) + i) % modulus - (modulus / 2));
        }
    }

    private static string Version(Func<string, nint> export)
    {
        var openBlas = (delegate* unmanaged[Cdecl]<byte*>)FirstOf(export, "openblas_get_config");
        if (openBlas != null)
        {
            return Marshal.PtrToStringUTF8((nint)openBlas())!.Trim();
        }
        var mkl = (delegate* unmanaged[Cdecl]<byte*, int, void>)export("MKL_Get_Version_String");
        if (mkl != null)
        {
            const int Length = 200;
            byte* text = stackalloc byte[Length];
            mkl(text, Length - 1);
            return Marshal.PtrToStringUTF8((nint)text)!.Trim();
        }
        var blis = (delegate* unmanaged[Cdecl]<byte*>)export("bli_info_get_version_str");
        if (blis != null)
        {
            return $"BLIS {Marshal.PtrToStringUTF8((nint)blis())}";
        }
        var mathNet = (delegate* unmanaged[Cdecl]<int, int>)export("query_capability");
        return mathNet != null ? $"MathNet.Numerics MKL, revision {mathNet(64)}" : "BLAS";
    }
}
