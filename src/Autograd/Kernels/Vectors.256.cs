using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>256 bits of T. Vectors.128.cs, Vectors.256.cs and Vectors.512.cs differ only in the width.</summary>
internal struct Vec256<T>(Vector256<T> value) : IVector<Vec256<T>, T>
    where T : unmanaged
{
    public Vector256<T> Value = value;

    public static int Count => Vector256<T>.Count;

    public static Vec256<T> Zero => new(Vector256<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Broadcast(T value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Constant(double value) => typeof(T) == typeof(float)
        ? new(Vector256.Create((float)value).As<float, T>())
        : new(Vector256.Create(value).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec256<T> Load(T* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec256<T> LoadWidened(float* source) => typeof(T) == typeof(float) ? Load((T*)source)
        : Avx.IsSupported ? new(Avx.ConvertToVector256Double(Vector128.Load(source)).As<double, T>())
        : new(Vector256.Create(Vec128<T>.LoadWidened(source).Value, Vec128<T>.LoadWidened(source + Vec128<T>.Count).Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec256<T> LoadMask(bool* source) =>
        new(Vector256.Create(Vec128<T>.LoadMask(source).Value, Vec128<T>.LoadMask(source + Vec128<T>.Count).Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Vec256<T> value, T* destination) => value.Value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> FirstLanes(int count) => typeof(T) == typeof(float)
        ? new(Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).As<int, T>())
        : new(Vector256.LessThan(Vector256<long>.Indices, Vector256.Create((long)count)).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec256<T> LoadWhere(T* source, Vec256<T> mask) => !Avx.IsSupported ? Lanes<T, Vec256<T>>.LoadWhere(source, mask)
        : typeof(T) == typeof(float) ? new(Avx.MaskLoad((float*)source, mask.Value.AsSingle()).As<float, T>())
        : new(Avx.MaskLoad((double*)source, mask.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreWhere(Vec256<T> value, T* destination, Vec256<T> mask)
    {
        if (!Avx.IsSupported) Lanes<T, Vec256<T>>.StoreWhere(value, destination, mask);
        else if (typeof(T) == typeof(float)) Avx.MaskStore((float*)destination, mask.Value.AsSingle(), value.Value.AsSingle());
        else Avx.MaskStore((double*)destination, mask.Value.AsDouble(), value.Value.AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ToScalar(Vec256<T> value) => value.Value.ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec256<T> Exchange(Vec256<T> value, int lanes)
    {
        int words = lanes * sizeof(T) / sizeof(int);
        if (Avx2.IsSupported) return new(Avx2.PermuteVar8x32(value.Value.AsInt32(), Vector256<int>.Indices ^ Vector256.Create(words)).As<int, T>());
        Vec128<T> lower = new(value.Value.GetLower()), upper = new(value.Value.GetUpper());
        return words == 4 ? new(Vector256.Create(upper.Value, lower.Value))
            : new(Vector256.Create(Vec128<T>.Exchange(lower, lanes).Value, Vec128<T>.Exchange(upper, lanes).Value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> MultiplyAdd(Vec256<T> a, Vec256<T> b, Vec256<T> c) => typeof(T) == typeof(float)
        ? new(Vector256.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), c.Value.AsSingle()).As<float, T>())
        : new(Vector256.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), c.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(Vec256<T> a, Vec256<T> b, ref Vec256<T> sum)
    {
        if (typeof(T) == typeof(float))
        {
            sum.Value = Vector256.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), sum.Value.AsSingle()).As<float, T>();
        }
        else
        {
            sum.Value = Vector256.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), sum.Value.AsDouble()).As<double, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Sqrt(Vec256<T> value) => new(Vector256.Sqrt(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Abs(Vec256<T> value) => new(Vector256.Abs(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Max(Vec256<T> a, Vec256<T> b) => new(Vector256.Max(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Min(Vec256<T> a, Vec256<T> b) => new(Vector256.Min(a.Value, b.Value));

    // maxps and minps give their second operand when either is NaN, and when both are zeros; so with the value second they
    // are exactly the comparison and selection below, in one instruction instead of three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> AtLeast(Vec256<T> value, Vec256<T> limit) => Sse2.IsSupported
        ? new(Vector256.MaxNative(limit.Value, value.Value))
        : Select(Less(value, limit), limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> AtMost(Vec256<T> value, Vec256<T> limit) => Sse2.IsSupported
        ? new(Vector256.MinNative(limit.Value, value.Value))
        : Select(Less(limit, value), limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Less(Vec256<T> a, Vec256<T> b) => new(Vector256.LessThan(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> LessOrEqual(Vec256<T> a, Vec256<T> b) => new(Vector256.LessThanOrEqual(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Equal(Vec256<T> a, Vec256<T> b) => new(Vector256.Equals(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> Select(Vec256<T> mask, Vec256<T> whereSet, Vec256<T> whereClear) =>
        new(Vector256.ConditionalSelect(mask.Value, whereSet.Value, whereClear.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All(Vec256<T> mask) => typeof(T) == typeof(float)
        ? mask.Value.AsInt32() == Vector256<int>.AllBitsSet
        : mask.Value.AsInt64() == Vector256<long>.AllBitsSet;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> AddBits(Vec256<T> a, Vec256<T> b) => typeof(T) == typeof(float)
        ? new((a.Value.AsInt32() + b.Value.AsInt32()).As<int, T>())
        : new((a.Value.AsInt64() + b.Value.AsInt64()).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> SubtractBits(Vec256<T> a, Vec256<T> b) => typeof(T) == typeof(float)
        ? new((a.Value.AsInt32() - b.Value.AsInt32()).As<int, T>())
        : new((a.Value.AsInt64() - b.Value.AsInt64()).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> ShiftLeftBits(Vec256<T> value, int count) => typeof(T) == typeof(float)
        ? new((value.Value.AsInt32() << count).As<int, T>())
        : new((value.Value.AsInt64() << count).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> ShiftRightBits(Vec256<T> value, int count) => typeof(T) == typeof(float)
        ? new((value.Value.AsInt32() >>> count).As<int, T>())
        : new((value.Value.AsInt64() >>> count).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> AndNot(Vec256<T> value, Vec256<T> mask) => new(Vector256.AndNot(value.Value, mask.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vec256<T>(T value) => Broadcast(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator +(Vec256<T> a, Vec256<T> b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator -(Vec256<T> a, Vec256<T> b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator *(Vec256<T> a, Vec256<T> b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator /(Vec256<T> a, Vec256<T> b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator -(Vec256<T> a) => a ^ Constant(-0.0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator &(Vec256<T> a, Vec256<T> b) => new(a.Value & b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator |(Vec256<T> a, Vec256<T> b) => new(a.Value | b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec256<T> operator ^(Vec256<T> a, Vec256<T> b) => new(a.Value ^ b.Value);
}
