using System.Numerics;

namespace Autograd;

/// <summary>score(q, k) = vᵀ tanh(W q + U k). Bahdanau, Cho and Bengio 2015.</summary>
/// <remarks>
/// Parameters <c>query.weight</c> W [attentionSize, querySize], <c>memory.weight</c> U [attentionSize, memorySize] and
/// <c>score.weight</c> v [1, attentionSize], each uniform in ±1/√(its inputs) at first. The keys U k are computed once a sequence.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class AdditiveAttention<T> : Attention<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Linear<T> _query, _memory, _score;

    /// <summary>Declares the attention.</summary>
    /// <param name="querySize">Features of a query.</param>
    /// <param name="memorySize">Features of a step of the memory.</param>
    /// <param name="attentionSize">Features in which both are compared.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public AdditiveAttention(int querySize, int memorySize, int attentionSize)
        : base(querySize, memorySize)
    {
        Sizes.RequirePositive(nameof(AdditiveAttention<>), nameof(attentionSize), attentionSize);
        _query = AddModule("query", new Linear<T>(querySize, attentionSize, bias: false));
        _memory = AddModule("memory", new Linear<T>(memorySize, attentionSize, bias: false));
        _score = AddModule("score", new Linear<T>(attentionSize, 1, bias: false));
    }

    /// <inheritdoc/>
    protected override Variable<T> Keys(Variable<T> memory) => _memory.Forward(memory);

    /// <inheritdoc/>
    protected override Variable<T> Score(Variable<T> query, Variable<T> keys) =>
        _score.Forward((_query.Forward(query).Unsqueeze(2) + keys.Unsqueeze(1)).Tanh()).Squeeze(-1);
}

/// <summary>score(q, k) = qᵀ k, or qᵀ k / √size. Luong, Pham and Manning 2015; scaled: Vaswani et al. 2017.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <param name="size">Features of a query and of a step of the memory.</param>
/// <param name="scaled">Whether scores are divided by √size.</param>
/// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
public sealed class DotAttention<T>(int size, bool scaled = false) : Attention<T>(size, size)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Whether scores are divided by √size.</summary>
    public bool Scaled => scaled;

    /// <inheritdoc/>
    protected override Variable<T> Keys(Variable<T> memory) => memory;

    /// <inheritdoc/>
    protected override Variable<T> Score(Variable<T> query, Variable<T> keys) =>
        MatMulOperation<T>.Apply(scaled ? query / Math.Sqrt(QuerySize) : query, keys, transposeA: false, transposeB: true);
}

/// <summary>score(q, k) = qᵀ W k. Luong, Pham and Manning 2015.</summary>
/// <remarks>
/// Parameter <c>memory.weight</c> W [querySize, memorySize], uniform in ±1/√memorySize at first. W k is computed once a sequence.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class GeneralAttention<T> : Attention<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Linear<T> _memory;

    /// <summary>Declares the attention.</summary>
    /// <param name="querySize">Features of a query.</param>
    /// <param name="memorySize">Features of a step of the memory.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public GeneralAttention(int querySize, int memorySize)
        : base(querySize, memorySize) => _memory = AddModule("memory", new Linear<T>(memorySize, querySize, bias: false));

    /// <inheritdoc/>
    protected override Variable<T> Keys(Variable<T> memory) => _memory.Forward(memory);

    /// <inheritdoc/>
    protected override Variable<T> Score(Variable<T> query, Variable<T> keys) => MatMulOperation<T>.Apply(query, keys, transposeA: false, transposeB: true);
}
