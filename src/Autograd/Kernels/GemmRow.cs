using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>
/// One row times a transposed matrix of floats: each element of the result belongs to a row of the matrix, and these are turned
/// in registers, four of their elements at a time, so that a vector of sums still goes through k in order.
/// </summary>
/// <remarks>
/// 32 columns at a time with AVX-512, else 16: two vectors of sums, so that two chains run beside each other, and eight of the matrix,
/// which hold four steps of k, fit 16 registers. A line of the matrix serves four such rounds and must stay in the first cache that long.
/// </remarks>
internal static unsafe class GemmRow
{
    // Rows of the matrix that lie a multiple of so many elements apart share too few sets of the first cache for 32 of them to stay.
    private const int CrowdedPitch = 512;

    /// <summary>
    /// c[j] = (or +=) Σ over k of a[k · aStep] · b[j · ldb + k] for as many columns as fill vectors of so many lanes; gives back their
    /// number, none where this would not be faster than copying the matrix turned.
    /// </summary>
    internal static int Transposed(int lanes, float* a, nint aStep, float* b, nint ldb, float* c, int columns, int count, bool accumulate)
    {
        int done = 0;
        if (ldb % CrowdedPitch == 0) return done;
        if (lanes == Vector512<float>.Count && Avx512F.IsSupported)
        {
            for (; done + 32 <= columns; done += 32) Columns32(a, aStep, b + (done * ldb), ldb, c + done, count, accumulate);
        }

        if (lanes >= Vector256<float>.Count && Avx.IsSupported)
        {
            for (; done + 16 <= columns; done += 16) Columns16(a, aStep, b + (done * ldb), ldb, c + done, count, accumulate);
        }

        return done;
    }

    [MethodImpl(Simd.HotLoop)]
    private static void Columns32(float* a, nint aStep, float* b, nint ldb, float* c, int count, bool accumulate)
    {
        Vector512<float> low = accumulate ? Vector512.Load(c) : Vector512<float>.Zero, high = accumulate ? Vector512.Load(c + 16) : Vector512<float>.Zero;
        float* b0 = b, b4 = b0 + (4 * ldb), b8 = b4 + (4 * ldb), b12 = b8 + (4 * ldb);
        float* b16 = b12 + (4 * ldb), b20 = b16 + (4 * ldb), b24 = b20 + (4 * ldb), b28 = b24 + (4 * ldb);
        nint ldb3 = 3 * ldb, k = 0;
        for (; k + 4 <= count; k += 4)
        {
            Vector512<float> r0 = Quarters(b0 + k, b4 + k, b8 + k, b12 + k);
            Vector512<float> r1 = Quarters(b0 + ldb + k, b4 + ldb + k, b8 + ldb + k, b12 + ldb + k);
            Vector512<float> r2 = Quarters(b0 + (2 * ldb) + k, b4 + (2 * ldb) + k, b8 + (2 * ldb) + k, b12 + (2 * ldb) + k);
            Vector512<float> r3 = Quarters(b0 + ldb3 + k, b4 + ldb3 + k, b8 + ldb3 + k, b12 + ldb3 + k);
            Turn(ref r0, ref r1, ref r2, ref r3);
            Vector512<float> s0 = Quarters(b16 + k, b20 + k, b24 + k, b28 + k);
            Vector512<float> s1 = Quarters(b16 + ldb + k, b20 + ldb + k, b24 + ldb + k, b28 + ldb + k);
            Vector512<float> s2 = Quarters(b16 + (2 * ldb) + k, b20 + (2 * ldb) + k, b24 + (2 * ldb) + k, b28 + (2 * ldb) + k);
            Vector512<float> s3 = Quarters(b16 + ldb3 + k, b20 + ldb3 + k, b24 + ldb3 + k, b28 + ldb3 + k);
            Turn(ref s0, ref s1, ref s2, ref s3);
            float* at = a + (k * aStep);
            Vector512<float> a0 = Vector512.Create(*at), a1 = Vector512.Create(at[aStep]);
            Vector512<float> a2 = Vector512.Create(at[2 * aStep]), a3 = Vector512.Create(at[3 * aStep]);
            low = Vector512.MultiplyAddEstimate(a0, r0, low);
            high = Vector512.MultiplyAddEstimate(a0, s0, high);
            low = Vector512.MultiplyAddEstimate(a1, r1, low);
            high = Vector512.MultiplyAddEstimate(a1, s1, high);
            low = Vector512.MultiplyAddEstimate(a2, r2, low);
            high = Vector512.MultiplyAddEstimate(a2, s2, high);
            low = Vector512.MultiplyAddEstimate(a3, r3, low);
            high = Vector512.MultiplyAddEstimate(a3, s3, high);
        }

        low.Store(c);
        high.Store(c + 16);
        if (k < count) Rest(a, aStep, b, ldb, c, 32, k, count);
    }

    [MethodImpl(Simd.HotLoop)]
    private static void Columns16(float* a, nint aStep, float* b, nint ldb, float* c, int count, bool accumulate)
    {
        Vector256<float> low = accumulate ? Vector256.Load(c) : Vector256<float>.Zero, high = accumulate ? Vector256.Load(c + 8) : Vector256<float>.Zero;
        float* b0 = b, b4 = b0 + (4 * ldb), b8 = b4 + (4 * ldb), b12 = b8 + (4 * ldb);
        nint ldb3 = 3 * ldb, k = 0;
        for (; k + 4 <= count; k += 4)
        {
            Vector256<float> r0 = Halves(b0 + k, b4 + k), r1 = Halves(b0 + ldb + k, b4 + ldb + k);
            Vector256<float> r2 = Halves(b0 + (2 * ldb) + k, b4 + (2 * ldb) + k), r3 = Halves(b0 + ldb3 + k, b4 + ldb3 + k);
            Turn(ref r0, ref r1, ref r2, ref r3);
            Vector256<float> s0 = Halves(b8 + k, b12 + k), s1 = Halves(b8 + ldb + k, b12 + ldb + k);
            Vector256<float> s2 = Halves(b8 + (2 * ldb) + k, b12 + (2 * ldb) + k), s3 = Halves(b8 + ldb3 + k, b12 + ldb3 + k);
            Turn(ref s0, ref s1, ref s2, ref s3);
            float* at = a + (k * aStep);
            Vector256<float> a0 = Vector256.Create(*at), a1 = Vector256.Create(at[aStep]);
            Vector256<float> a2 = Vector256.Create(at[2 * aStep]), a3 = Vector256.Create(at[3 * aStep]);
            low = Vector256.MultiplyAddEstimate(a0, r0, low);
            high = Vector256.MultiplyAddEstimate(a0, s0, high);
            low = Vector256.MultiplyAddEstimate(a1, r1, low);
            high = Vector256.MultiplyAddEstimate(a1, s1, high);
            low = Vector256.MultiplyAddEstimate(a2, r2, low);
            high = Vector256.MultiplyAddEstimate(a2, s2, high);
            low = Vector256.MultiplyAddEstimate(a3, r3, low);
            high = Vector256.MultiplyAddEstimate(a3, s3, high);
        }

        low.Store(c);
        high.Store(c + 8);
        if (k < count) Rest(a, aStep, b, ldb, c, 16, k, count);
    }

    /// <summary>The last steps of some columns, fewer than four.</summary>
    private static void Rest(float* a, nint aStep, float* b, nint ldb, float* c, int columns, nint k, int count)
    {
        for (; k < count; k++)
        {
            for (int j = 0; j < columns; j++) c[j] = float.MultiplyAddEstimate(a[k * aStep], b[(j * ldb) + k], c[j]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(float* first, float* second, float* third, float* fourth) => Avx512F.InsertVector128(
        Avx512F.InsertVector128(
            Avx512F.InsertVector128(Vector128.Load(first).ToVector256Unsafe().ToVector512Unsafe(), Vector128.Load(second), 1), Vector128.Load(third), 2),
        Vector128.Load(fourth), 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(float* first, float* second) =>
        Avx.InsertVector128(Vector128.Load(first).ToVector256Unsafe(), Vector128.Load(second), 1);

    /// <summary>Turns the 4 × 4 elements of each 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Vector512<float> r0, ref Vector512<float> r1, ref Vector512<float> r2, ref Vector512<float> r3)
    {
        Vector512<double> a = Avx512F.UnpackLow(r0, r1).AsDouble(), b = Avx512F.UnpackLow(r2, r3).AsDouble();
        Vector512<double> c = Avx512F.UnpackHigh(r0, r1).AsDouble(), d = Avx512F.UnpackHigh(r2, r3).AsDouble();
        r0 = Avx512F.UnpackLow(a, b).AsSingle();
        r1 = Avx512F.UnpackHigh(a, b).AsSingle();
        r2 = Avx512F.UnpackLow(c, d).AsSingle();
        r3 = Avx512F.UnpackHigh(c, d).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Vector256<float> r0, ref Vector256<float> r1, ref Vector256<float> r2, ref Vector256<float> r3)
    {
        Vector256<double> a = Avx.UnpackLow(r0, r1).AsDouble(), b = Avx.UnpackLow(r2, r3).AsDouble();
        Vector256<double> c = Avx.UnpackHigh(r0, r1).AsDouble(), d = Avx.UnpackHigh(r2, r3).AsDouble();
        r0 = Avx.UnpackLow(a, b).AsSingle();
        r1 = Avx.UnpackHigh(a, b).AsSingle();
        r2 = Avx.UnpackLow(c, d).AsSingle();
        r3 = Avx.UnpackHigh(c, d).AsSingle();
    }
}
