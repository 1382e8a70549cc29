using System.Numerics;

namespace Autograd.Kernels;

/// <summary>
/// Adds up block sums pairwise: two of one block, two of two blocks, two of four. What is left open is added from the
/// smallest part to the largest. 2ᵏ blocks in line are a subtree, so that they may as well be added elsewhere,
/// by another thread.
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
