using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Autograd.Kernels;

/// <summary>128 bits of T. Vectors.128.cs, Vectors.256.cs and Vectors.512.cs differ only in the width.</summary>
internal struct Vec128<T>(Vector128<T> value) : IVector<Vec128<T>, T>
    where T : unmanaged
{
    public Vector128<T> Value = value;

    public static int Count => Vector128<T>.Count;

    public static Vec128<T> Zero => new(Vector128<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Broadcast(T value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Constant(double value) => typeof(T) == typeof(float)
        ? new(Vector128.Create((float)value).As<float, T>())
        : new(Vector128.Create(value).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec128<T> Load(T* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec128<T> LoadWidened(float* source) => typeof(T) == typeof(float) ? Load((T*)source)
        : new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(double*)source).AsSingle()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec128<T> LoadMask(bool* source)
    {
        uint bytes = typeof(T) == typeof(float) ? Unsafe.ReadUnaligned<uint>(source) : Unsafe.ReadUnaligned<ushort>(source);
        Vector128<uint> lanes = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte()));
        return typeof(T) == typeof(float)
            ? new((~Vector128.Equals(lanes, Vector128<uint>.Zero)).As<uint, T>())
            : new((~Vector128.Equals(Vector128.WidenLower(lanes), Vector128<ulong>.Zero)).As<ulong, T>());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Vec128<T> value, T* destination) => value.Value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> FirstLanes(int count) => typeof(T) == typeof(float)
        ? new(Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).As<int, T>())
        : new(Vector128.LessThan(Vector128<long>.Indices, Vector128.Create((long)count)).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec128<T> LoadWhere(T* source, Vec128<T> mask) => !Avx.IsSupported ? Lanes<T, Vec128<T>>.LoadWhere(source, mask)
        : typeof(T) == typeof(float) ? new(Avx.MaskLoad((float*)source, mask.Value.AsSingle()).As<float, T>())
        : new(Avx.MaskLoad((double*)source, mask.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreWhere(Vec128<T> value, T* destination, Vec128<T> mask)
    {
        if (!Avx.IsSupported) Lanes<T, Vec128<T>>.StoreWhere(value, destination, mask);
        else if (typeof(T) == typeof(float)) Avx.MaskStore((float*)destination, mask.Value.AsSingle(), value.Value.AsSingle());
        else Avx.MaskStore((double*)destination, mask.Value.AsDouble(), value.Value.AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ToScalar(Vec128<T> value) => value.Value.ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec128<T> Exchange(Vec128<T> value, int lanes) => lanes * sizeof(T) == 8
        ? new(Vector128.Shuffle(value.Value.AsInt32(), Vector128.Create(2, 3, 0, 1)).As<int, T>())
        : new(Vector128.Shuffle(value.Value.AsInt32(), Vector128.Create(1, 0, 3, 2)).As<int, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> MultiplyAdd(Vec128<T> a, Vec128<T> b, Vec128<T> c) => typeof(T) == typeof(float)
        ? new(Vector128.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), c.Value.AsSingle()).As<float, T>())
        : new(Vector128.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), c.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(Vec128<T> a, Vec128<T> b, ref Vec128<T> sum)
    {
        if (typeof(T) == typeof(float))
        {
            sum.Value = Vector128.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), sum.Value.AsSingle()).As<float, T>();
        }
        else
        {
            sum.Value = Vector128.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), sum.Value.AsDouble()).As<double, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Sqrt(Vec128<T> value) => new(Vector128.Sqrt(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Abs(Vec128<T> value) => new(Vector128.Abs(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Max(Vec128<T> a, Vec128<T> b) => new(Vector128.Max(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Min(Vec128<T> a, Vec128<T> b) => new(Vector128.Min(a.Value, b.Value));

    // maxps and minps give their second operand when either is NaN, and when both are zeros; so with the value second they
    // are exactly the comparison and selection below, in one instruction instead of three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> AtLeast(Vec128<T> value, Vec128<T> limit) => Sse2.IsSupported
        ? new(Vector128.MaxNative(limit.Value, value.Value))
        : Select(Less(value, limit), limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> AtMost(Vec128<T> value, Vec128<T> limit) => Sse2.IsSupported
        ? new(Vector128.MinNative(limit.Value, value.Value))
        : Select(Less(limit, value), limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Less(Vec128<T> a, Vec128<T> b) => new(Vector128.LessThan(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> LessOrEqual(Vec128<T> a, Vec128<T> b) => new(Vector128.LessThanOrEqual(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Equal(Vec128<T> a, Vec128<T> b) => new(Vector128.Equals(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> Select(Vec128<T> mask, Vec128<T> whereSet, Vec128<T> whereClear) =>
        new(Vector128.ConditionalSelect(mask.Value, whereSet.Value, whereClear.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All(Vec128<T> mask) => typeof(T) == typeof(float)
        ? mask.Value.AsInt32() == Vector128<int>.AllBitsSet
        : mask.Value.AsInt64() == Vector128<long>.AllBitsSet;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> AddBits(Vec128<T> a, Vec128<T> b) => typeof(T) == typeof(float)
        ? new((a.Value.AsInt32() + b.Value.AsInt32()).As<int, T>())
        : new((a.Value.AsInt64() + b.Value.AsInt64()).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> SubtractBits(Vec128<T> a, Vec128<T> b) => typeof(T) == typeof(float)
        ? new((a.Value.AsInt32() - b.Value.AsInt32()).As<int, T>())
        : new((a.Value.AsInt64() - b.Value.AsInt64()).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> ShiftLeftBits(Vec128<T> value, int count) => typeof(T) == typeof(float)
        ? new((value.Value.AsInt32() << count).As<int, T>())
        : new((value.Value.AsInt64() << count).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> ShiftRightBits(Vec128<T> value, int count) => typeof(T) == typeof(float)
        ? new((value.Value.AsInt32() >>> count).As<int, T>())
        : new((value.Value.AsInt64() >>> count).As<long, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> AndNot(Vec128<T> value, Vec128<T> mask) => new(Vector128.AndNot(value.Value, mask.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vec128<T>(T value) => Broadcast(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator +(Vec128<T> a, Vec128<T> b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator -(Vec128<T> a, Vec128<T> b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator *(Vec128<T> a, Vec128<T> b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator /(Vec128<T> a, Vec128<T> b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator -(Vec128<T> a) => a ^ Constant(-0.0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator &(Vec128<T> a, Vec128<T> b) => new(a.Value & b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator |(Vec128<T> a, Vec128<T> b) => new(a.Value | b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec128<T> operator ^(Vec128<T> a, Vec128<T> b) => new(a.Value ^ b.Value);
}
