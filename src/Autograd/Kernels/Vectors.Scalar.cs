using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>One lane: the kernels of this folder on a machine, or in a test, without vector instructions.</summary>
internal struct Vec1<T>(T value) : IVector<Vec1<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public T Value = value;

    public static int Count => 1;

    public static Vec1<T> Zero => new(T.Zero);

    private readonly long Bits => typeof(T) == typeof(float) ? Unsafe.BitCast<T, int>(Value) : Unsafe.BitCast<T, long>(Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Broadcast(T value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Constant(double value) => new(T.CreateTruncating(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec1<T> Load(T* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec1<T> LoadWidened(float* source) => new(T.CreateTruncating(*source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec1<T> LoadMask(bool* source) => Mask(*(byte*)source != 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Vec1<T> value, T* destination) => *destination = value.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> FirstLanes(int count) => Mask(count > 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vec1<T> LoadWhere(T* source, Vec1<T> mask) => mask.Bits != 0 ? new(*source) : Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreWhere(Vec1<T> value, T* destination, Vec1<T> mask)
    {
        if (mask.Bits != 0) *destination = value.Value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ToScalar(Vec1<T> value) => value.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Exchange(Vec1<T> value, int lanes) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> MultiplyAdd(Vec1<T> a, Vec1<T> b, Vec1<T> c) => new(T.MultiplyAddEstimate(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddProduct(Vec1<T> a, Vec1<T> b, ref Vec1<T> sum) => sum = MultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Sqrt(Vec1<T> value) => new(T.Sqrt(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Abs(Vec1<T> value) => new(T.Abs(value.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Max(Vec1<T> a, Vec1<T> b) => new(T.Max(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Min(Vec1<T> a, Vec1<T> b) => new(T.Min(a.Value, b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> AtLeast(Vec1<T> value, Vec1<T> limit) => value.Value < limit.Value ? limit : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> AtMost(Vec1<T> value, Vec1<T> limit) => value.Value > limit.Value ? limit : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Less(Vec1<T> a, Vec1<T> b) => Mask(a.Value < b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> LessOrEqual(Vec1<T> a, Vec1<T> b) => Mask(a.Value <= b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Equal(Vec1<T> a, Vec1<T> b) => Mask(a.Value == b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> Select(Vec1<T> mask, Vec1<T> whereSet, Vec1<T> whereClear) => mask.Bits != 0 ? whereSet : whereClear;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All(Vec1<T> mask) => mask.Bits != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> AddBits(Vec1<T> a, Vec1<T> b) => FromBits(a.Bits + b.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> SubtractBits(Vec1<T> a, Vec1<T> b) => FromBits(a.Bits - b.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> ShiftLeftBits(Vec1<T> value, int count) => FromBits(value.Bits << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> ShiftRightBits(Vec1<T> value, int count) =>
        FromBits(typeof(T) == typeof(float) ? (uint)value.Bits >> count : value.Bits >>> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> AndNot(Vec1<T> value, Vec1<T> mask) => FromBits(value.Bits & ~mask.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vec1<T>(T value) => Broadcast(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator +(Vec1<T> a, Vec1<T> b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator -(Vec1<T> a, Vec1<T> b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator *(Vec1<T> a, Vec1<T> b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator /(Vec1<T> a, Vec1<T> b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator -(Vec1<T> a) => new(-a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator &(Vec1<T> a, Vec1<T> b) => FromBits(a.Bits & b.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator |(Vec1<T> a, Vec1<T> b) => FromBits(a.Bits | b.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec1<T> operator ^(Vec1<T> a, Vec1<T> b) => FromBits(a.Bits ^ b.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vec1<T> Mask(bool set) => FromBits(set ? -1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vec1<T> FromBits(long bits) =>
        new(typeof(T) == typeof(float) ? Unsafe.BitCast<int, T>((int)bits) : Unsafe.BitCast<long, T>(bits));
}
