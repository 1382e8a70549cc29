using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>512 bits of T. Vectors.128.cs, Vectors.256.cs and Vectors.512.cs differ only in the width.</summary>
internal struct Vec512<T>(Vector512<T> value) : IVector<Vec512<T>, T>
    where T : unmanaged
{
    public Vector512<T> Value = value;

    public static int Count => Vector512<T>.Count;

    public static Vec512<T> Zero => new(Vector512<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Broadcast(T value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Constant(double value) => typeof(T) == typeof(float)
        ? new(Vector512.Create((float)value).As<float, T>())
        : new(Vector512.Create(value).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec512<T> Load(T* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec512<T> LoadWidened(float* source) => typeof(T) == typeof(float) ? Load((T*)source)
        : Avx512F.IsSupported ? new(Avx512F.ConvertToVector512Double(Vector256.Load(source)).As<double, T>())
        : new(Vector512.Create(Vec256<T>.LoadWidened(source).Value, Vec256<T>.LoadWidened(source + Vec256<T>.Count).Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec512<T> LoadMask(bool* source) =>
        new(Vector512.Create(Vec256<T>.LoadMask(source).Value, Vec256<T>.LoadMask(source + Vec256<T>.Count).Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Vec512<T> value, T* destination) => value.Value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> FirstLanes(int count) => typeof(T) == typeof(float)
        ? new(Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).As<int, T>())
        : new(Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)count)).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec512<T> LoadWhere(T* source, Vec512<T> mask) => !Avx512F.IsSupported ? Lanes<T, Vec512<T>>.LoadWhere(source, mask)
        : typeof(T) == typeof(float) ? new(Avx512F.MaskLoad((float*)source, mask.Value.AsSingle(), Vector512<float>.Zero).As<float, T>())
        : new(Avx512F.MaskLoad((double*)source, mask.Value.AsDouble(), Vector512<double>.Zero).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreWhere(Vec512<T> value, T* destination, Vec512<T> mask)
    {
        if (!Avx512F.IsSupported) Lanes<T, Vec512<T>>.StoreWhere(value, destination, mask);
        else if (typeof(T) == typeof(float)) Avx512F.MaskStore((float*)destination, mask.Value.AsSingle(), value.Value.AsSingle());
        else Avx512F.MaskStore((double*)destination, mask.Value.AsDouble(), value.Value.AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ToScalar(Vec512<T> value) => value.Value.ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec512<T> Exchange(Vec512<T> value, int lanes)
    {
        int words = lanes * sizeof(T) / sizeof(int);
        if (Avx512F.IsSupported) return new(Avx512F.PermuteVar16x32(value.Value.AsInt32(), Vector512<int>.Indices ^ Vector512.Create(words)).As<int, T>());
        Vec256<T> lower = new(value.Value.GetLower()), upper = new(value.Value.GetUpper());
        return words == 8 ? new(Vector512.Create(upper.Value, lower.Value))
            : new(Vector512.Create(Vec256<T>.Exchange(lower, lanes).Value, Vec256<T>.Exchange(upper, lanes).Value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> MultiplyAdd(Vec512<T> a, Vec512<T> b, Vec512<T> c) => typeof(T) == typeof(float)
        ? new(Vector512.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), c.Value.AsSingle()).As<float, T>())
        : new(Vector512.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), c.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(Vec512<T> a, Vec512<T> b, ref Vec512<T> sum)
    {
        if (typeof(T) == typeof(float))
        {
            sum.Value = Vector512.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), sum.Value.AsSingle()).As<float, T>();
        }
        else
        {
            sum.Value = Vector512.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), sum.Value.AsDouble()).As<double, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Sqrt(Vec512<T> value) => new(Vector512.Sqrt(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Abs(Vec512<T> value) => new(Vector512.Abs(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Max(Vec512<T> a, Vec512<T> b) => new(Vector512.Max(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Min(Vec512<T> a, Vec512<T> b) => new(Vector512.Min(a.Value, b.Value));

    // maxps and minps give their second operand when either is NaN, and when both are zeros; so with the value second they
    // are exactly the comparison and selection below, in one instruction instead of three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> AtLeast(Vec512<T> value, Vec512<T> limit) => Sse2.IsSupported
        ? new(Vector512.MaxNative(limit.Value, value.Value))
        : Select(Less(value, limit), limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> AtMost(Vec512<T> value, Vec512<T> limit) => Sse2.IsSupported
        ? new(Vector512.MinNative(limit.Value, value.Value))
        : Select(Less(limit, value), limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Less(Vec512<T> a, Vec512<T> b) => new(Vector512.LessThan(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> LessOrEqual(Vec512<T> a, Vec512<T> b) => new(Vector512.LessThanOrEqual(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Equal(Vec512<T> a, Vec512<T> b) => new(Vector512.Equals(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> Select(Vec512<T> mask, Vec512<T> whereSet, Vec512<T> whereClear) =>
        new(Vector512.ConditionalSelect(mask.Value, whereSet.Value, whereClear.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All(Vec512<T> mask) => typeof(T) == typeof(float)
        ? mask.Value.AsInt32() == Vector512<int>.AllBitsSet
        : mask.Value.AsInt64() == Vector512<long>.AllBitsSet;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> AddBits(Vec512<T> a, Vec512<T> b) => typeof(T) == typeof(float)
        ? new((a.Value.AsInt32() + b.Value.AsInt32()).As<int, T>())
        : new((a.Value.AsInt64() + b.Value.AsInt64()).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> SubtractBits(Vec512<T> a, Vec512<T> b) => typeof(T) == typeof(float)
        ? new((a.Value.AsInt32() - b.Value.AsInt32()).As<int, T>())
        : new((a.Value.AsInt64() - b.Value.AsInt64()).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> ShiftLeftBits(Vec512<T> value, int count) => typeof(T) == typeof(float)
        ? new((value.Value.AsInt32() << count).As<int, T>())
        : new((value.Value.AsInt64() << count).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> ShiftRightBits(Vec512<T> value, int count) => typeof(T) == typeof(float)
        ? new((value.Value.AsInt32() >>> count).As<int, T>())
        : new((value.Value.AsInt64() >>> count).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> AndNot(Vec512<T> value, Vec512<T> mask) => new(Vector512.AndNot(value.Value, mask.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vec512<T>(T value) => Broadcast(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator +(Vec512<T> a, Vec512<T> b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator -(Vec512<T> a, Vec512<T> b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator *(Vec512<T> a, Vec512<T> b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator /(Vec512<T> a, Vec512<T> b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator -(Vec512<T> a) => a ^ Constant(-0.0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator &(Vec512<T> a, Vec512<T> b) => new(a.Value & b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator |(Vec512<T> a, Vec512<T> b) => new(a.Value | b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec512<T> operator ^(Vec512<T> a, Vec512<T> b) => new(a.Value ^ b.Value);
}
