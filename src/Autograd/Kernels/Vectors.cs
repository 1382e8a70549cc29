namespace Autograd.Kernels;

/// <summary>
/// A SIMD vector of <typeparamref name="T"/> (float or double) of one fixed width. A kernel written once over this interface
/// runs at 128, 256 and 512 bits and one lane at a time (<see cref="Vec1{T}"/>), so that each width can be tested on any machine.
/// Every member but <see cref="Exchange"/> works lane by lane, and each gives the same bits at every width.
/// </summary>
/// <remarks>
/// Comparisons give masks: all bits of a lane set, or none. Members whose names end in "Bits" treat a lane as an integer of
/// the same size, wrapping around. This is the block that every kernel is made of: how many of them are in registers at once is up to the
/// kernel.
/// </remarks>
internal interface IVector<TSelf, T>
    where TSelf : unmanaged, IVector<TSelf, T>
    where T : unmanaged
{
    static abstract int Count { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(T value);

    /// <summary><paramref name="value"/> rounded to T in every lane; folds to a constant when the argument is one.</summary>
    static abstract TSelf Constant(double value);

    static abstract unsafe TSelf Load(T* source);

    /// <summary>Floats as T, exactly.</summary>
    static abstract unsafe TSelf LoadWidened(float* source);

    /// <summary>One lane for each byte: the mask is set where the byte is not 0.</summary>
    static abstract unsafe TSelf LoadMask(bool* source);

    static abstract unsafe void Store(TSelf value, T* destination);

    /// <summary>A mask of the first <paramref name="count"/> lanes; of all if there are no more.</summary>
    static abstract TSelf FirstLanes(int count);

    /// <summary>The elements where the mask is set, and zeros; nothing else is touched.</summary>
    static abstract unsafe TSelf LoadWhere(T* source, TSelf mask);

    /// <summary>Stores lanes where the mask is set; nothing else is touched.</summary>
    static abstract unsafe void StoreWhere(TSelf value, T* destination, TSelf mask);

    /// <summary>Lane 0.</summary>
    static abstract T ToScalar(TSelf value);

    /// <summary>Lane i is lane i ^ lanes: neighbouring groups of <paramref name="lanes"/> lanes, a power of two below the count, change places.</summary>
    static abstract TSelf Exchange(TSelf value, int lanes);

    /// <summary>a · b + c, fused where the machine has FMA and rounded twice where it has not.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>sum += a · b, as <see cref="MultiplyAdd"/>; in place, so that a sum stays in its register without a copy.</summary>
    static abstract void AddProduct(TSelf a, TSelf b, ref TSelf sum);

    static abstract TSelf Sqrt(TSelf value);

    static abstract TSelf Abs(TSelf value);

    /// <summary>IEEE 754 maximum: NaN if either is NaN, and +0 above −0.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>IEEE 754 minimum: NaN if either is NaN, and −0 below +0.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary><paramref name="limit"/> where value &lt; limit, else value: NaN stays NaN. The limit must not be NaN.</summary>
    static abstract TSelf AtLeast(TSelf value, TSelf limit);

    /// <summary><paramref name="limit"/> where value &gt; limit, else value: NaN stays NaN. The limit must not be NaN.</summary>
    static abstract TSelf AtMost(TSelf value, TSelf limit);

    static abstract TSelf Less(TSelf a, TSelf b);

    static abstract TSelf LessOrEqual(TSelf a, TSelf b);

    static abstract TSelf Equal(TSelf a, TSelf b);

    static abstract TSelf Select(TSelf mask, TSelf whereSet, TSelf whereClear);

    static abstract bool All(TSelf mask);

    static abstract TSelf AddBits(TSelf a, TSelf b);

    static abstract TSelf SubtractBits(TSelf a, TSelf b);

    static abstract TSelf ShiftLeftBits(TSelf value, int count);

    static abstract TSelf ShiftRightBits(TSelf value, int count);

    /// <summary>value &amp; ~mask.</summary>
    static abstract TSelf AndNot(TSelf value, TSelf mask);

    /// <summary>The same number in every lane, so that formulas read as they are written.</summary>
    static abstract implicit operator TSelf(T value);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a);

    static abstract TSelf operator &(TSelf a, TSelf b);

    static abstract TSelf operator |(TSelf a, TSelf b);

    static abstract TSelf operator ^(TSelf a, TSelf b);
}
