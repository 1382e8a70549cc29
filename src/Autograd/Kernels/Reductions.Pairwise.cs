using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Adds up block sums pairwise: two of one block, two of two blocks, two of four. What is left open is added from the
/// smallest part to the largest. 2ᵏ blocks in line are a subtree, so that they may as well be added elsewhere.
/// </summary>
internal ref struct PairwiseSum<T>(Span<T> partials)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Partial sums there can be: one for each bit of the number of blocks.</summary>
    public const int Capacity = 64;

    private readonly Span<T> _partials = partials;
    private int _open;
    private long _blocks;

    public readonly T Result
    {
        get
        {
            if (_open == 0) return T.Zero;
            T sum = _partials[_open - 1];
            for (int i = _open - 2; i >= 0; i--) sum = _partials[i] + sum;
            return sum;
        }
    }

    public void Add(T blockSum)
    {
        for (long blocks = _blocks++; (blocks & 1) != 0; blocks >>= 1) blockSum = _partials[--_open] + blockSum;
        _partials[_open++] = blockSum;
    }
}

/// <summary>The same for rows: each block is the sum, in order, of 16 pairs of rows, and blocks are added pairwise.</summary>
internal ref struct PairwiseRows<T>(Span<T> partials, Span<T> result)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int BlockRows = 32;

    private readonly Span<T> _partials = partials;
    private readonly Span<T> _result = result;
    private int _open;
    private int _blocks;
    private int _rows;

    /// <summary>Rows that <c>partials</c> has to have room for.</summary>
    public static int Depth(int rows) => BitOperations.Log2((uint)(rows / BlockRows) + 1) + 2;

    public void Add(ReadOnlySpan<T> row)
    {
        Span<T> sum = Partial(_open);
        if (_rows == 0) row.CopyTo(sum);
        else Elementwise.Binary<AddFunction, T>(sum, row, sum);
        Advance(1);
    }

    public void Add(ReadOnlySpan<T> first, ReadOnlySpan<T> second)
    {
        Span<T> sum = Partial(_open);
        if (_rows == 0) Elementwise.Binary<AddFunction, T>(first, second, sum);
        else Elementwise.Ternary<AddPairFunction, T>(sum, first, second, sum);
        Advance(2);
    }

    /// <summary>Closes the last block and writes the sum, zeros if there were no rows.</summary>
    public void Finish()
    {
        if (_rows > 0) Close();
        if (_open == 0)
        {
            _result.Clear();
            return;
        }

        for (int i = _open - 2; i >= 0; i--) Elementwise.Binary<AddFunction, T>(Partial(i), Partial(i + 1), Partial(i));
        Partial(0).CopyTo(_result);
    }

    private readonly Span<T> Partial(int index) => _partials.Slice(index * _result.Length, _result.Length);

    private void Advance(int rows)
    {
        _rows += rows;
        if (_rows == BlockRows) Close();
    }

    private void Close()
    {
        for (int blocks = _blocks++; (blocks & 1) != 0; blocks >>= 1)
        {
            _open--;
            Elementwise.Binary<AddFunction, T>(Partial(_open), Partial(_open + 1), Partial(_open));
        }

        _open++;
        _rows = 0;
    }
}

/// <summary>x + (y + z).</summary>
internal readonly struct AddPairFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => x + (y + z);
}
