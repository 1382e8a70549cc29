using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>
/// The sizes of a tensor's axes, outermost first: <c>[7, 3, 5]</c>. Rank 0, <c>[]</c>, is a scalar with one element.
/// A value of at most <see cref="MaxRank"/> axes that lives on the stack; write it as a collection expression.
/// </summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest number of axes.</summary>
    public const int MaxRank = 8;

    private readonly Axes _sizes;
    private readonly int _rank;
    private readonly int _lengthMinusOne; // so that default(Shape) is the scalar shape

    /// <summary>Makes a shape of the given sizes, outermost first.</summary>
    /// <exception cref="ShapeException">More than <see cref="MaxRank"/> axes, a negative size, or more elements than an array can hold.</exception>
    public Shape(params ReadOnlySpan<int> sizes)
    {
        if (sizes.Length > MaxRank) Errors.RankTooLarge(sizes);
        long length = 1;
        bool empty = false;
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            int size = sizes[axis];
            if (size < 0) Errors.NegativeSize(sizes, axis);
            _sizes[axis] = size;
            empty |= size == 0;
            length *= Math.Max(size, 1);
            if (length > Array.MaxLength) Errors.TooManyElements(sizes);
        }

        _rank = sizes.Length;
        _lengthMinusOne = empty ? -1 : (int)length - 1;
    }

    /// <summary>The number of axes; 0 for a scalar.</summary>
    public int Rank => _rank;

    /// <summary>The number of elements: the product of all sizes, 1 for a scalar.</summary>
    public int Length => _lengthMinusOne + 1;

    /// <summary>The sizes, outermost first.</summary>
    [UnscopedRef]
    public ReadOnlySpan<int> Sizes => ((ReadOnlySpan<int>)_sizes)[.._rank];

    /// <summary>The size of one axis. A negative axis counts from the end, so −1 is the last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such axis.</exception>
    public int this[int axis] => _sizes[Axis(axis)];

    /// <summary>The size of one axis, as a C# index: <c>shape[^1]</c> is the last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such axis.</exception>
    public int this[Index axis]
    {
        get
        {
            int at = axis.GetOffset(_rank);
            if ((uint)at >= (uint)_rank) Errors.NoSuchAxis(axis.IsFromEnd ? -axis.Value : axis.Value, this);
            return _sizes[at];
        }
    }

    /// <summary>Makes a shape; what collection expressions call.</summary>
    public static Shape Create(ReadOnlySpan<int> sizes) => new(sizes);

    /// <summary>An array of sizes is a shape.</summary>
    public static implicit operator Shape(int[] sizes) => new(sizes);

    /// <summary>Equal rank and equal sizes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different rank or a different size.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The sizes, one by one.</summary>
    [UnscopedRef]
    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Sizes.GetEnumerator();

    /// <summary>The sizes as a new array.</summary>
    public int[] ToArray() => Sizes.ToArray();

    /// <inheritdoc/>
    public bool Equals(Shape other) =>
        _lengthMinusOne == other._lengthMinusOne && _rank == other._rank && Sizes.SequenceEqual(other.Sizes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int size in this) hash.Add(size);
        return hash.ToHashCode();
    }

    /// <summary>The sizes in brackets: <c>[7, 3, 5]</c>.</summary>
    public override string ToString() => Errors.List(Sizes);

    /// <summary>Turns an axis that may count from the end into 0 … rank − 1.</summary>
    internal int Axis(int axis)
    {
        int fromStart = axis < 0 ? axis + _rank : axis;
        if ((uint)fromStart >= (uint)_rank) Errors.NoSuchAxis(axis, this);
        return fromStart;
    }

    /// <summary>The number of elements of the axes from <paramref name="from"/> up to but not including <paramref name="to"/>.</summary>
    internal int Product(int from, int to)
    {
        int product = 1;
        for (int axis = from; axis < to; axis++) product *= _sizes[axis];
        return product;
    }

    /// <summary>This shape with one axis of another size.</summary>
    internal Shape With(int axis, int size)
    {
        Axes sizes = _sizes;
        sizes[axis] = size;
        return new Shape(((ReadOnlySpan<int>)sizes)[.._rank]);
    }

    /// <summary>This shape without one axis.</summary>
    internal Shape Without(int axis)
    {
        Axes sizes = _sizes;
        for (int i = axis; i < _rank - 1; i++) sizes[i] = sizes[i + 1];
        return new Shape(((ReadOnlySpan<int>)sizes)[..(_rank - 1)]);
    }

    /// <summary>This shape with a new axis put before <paramref name="axis"/>.</summary>
    internal Shape Insert(int axis, int size)
    {
        if (_rank == MaxRank) Errors.RankTooLarge([.. Sizes, size]);
        Axes sizes = _sizes;
        for (int i = _rank; i > axis; i--) sizes[i] = sizes[i - 1];
        sizes[axis] = size;
        return new Shape(((ReadOnlySpan<int>)sizes)[..(_rank + 1)]);
    }

    /// <summary>The part of this shape from one axis to another.</summary>
    internal Shape Part(int from, int to) => new(Sizes[from..to]);

    [InlineArray(MaxRank)]
    private struct Axes
    {
        private int _first;
    }
}
