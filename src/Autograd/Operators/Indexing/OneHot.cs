using System.Numerics;

namespace Autograd;

/// <summary>Values made of indices.</summary>
public static partial class TapeOperators
{
    /// <summary>
    /// One row for each index, with 1 at the index and 0 elsewhere: indices of shape [...] give [..., classes]. Linear and
    /// recurrent layers look columns of their weight up instead of multiplying, and then the rows are never written out.
    /// </summary>
    /// <param name="tape">The tape for the result.</param>
    /// <param name="indices">Indices in 0 … classes − 1.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the classes.</exception>
    public static Variable<T> OneHot<T>(this Tape<T> tape, Tensor<int> indices, int classes)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(indices);
        OneHotOperation<T> operation = tape.Rent<OneHotOperation<T>>();
        operation.Set(indices, classes);
        return tape.Apply(operation, []);
    }
}

public static partial class Tensor
{
    /// <summary>One row for each index, with 1 at the index and 0 elsewhere: indices of shape [...] give [..., classes].</summary>
    /// <param name="indices">Indices in 0 … classes − 1.</param>
    /// <param name="classes">The number of classes, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the classes, or there are none.</exception>
    public static Tensor<int> OneHot(Tensor<int> indices, int classes)
    {
        ArgumentNullException.ThrowIfNull(indices);
        OneHotOperation<float>.Check(indices, classes);
        Tensor<int> rows = new(indices.Shape.Insert(indices.Rank, classes));
        ReadOnlySpan<int> index = indices.Span;
        for (int row = 0; row < index.Length; row++) rows.Writable[(row * classes) + index[row]] = 1;
        return rows;
    }
}

/// <summary>y[…, k] = 1 where k is the index, else 0. A constant; written out only if someone reads it.</summary>
/// <remarks>It has no inputs, and so no gradient.</remarks>
internal sealed class OneHotOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private SavedIndices _indices;
    private int _classes;

    public ReadOnlySpan<int> Indices => _indices.Values("OneHot");

    public static void Check(Tensor<int> indices, int classes)
    {
        if (classes < 1) Errors.OutOfRange(nameof(classes), classes, $"OneHot: the number of classes is 1 or more, not {classes}.");
        SavedIndices.Check("OneHot", indices, classes);
    }

    public void Set(Tensor<int> indices, int classes)
    {
        Check(indices, classes);
        _indices = new SavedIndices(indices);
        _classes = classes;
    }

    /// <summary>y = x Wᵀ: row r is column index(r) of W [outputs, classes].</summary>
    public void MultiplyTransposed(ReadOnlySpan<T> weight, int outputs, Span<T> y, bool accumulate)
    {
        ReadOnlySpan<int> indices = Indices;
        for (int row = 0; row < indices.Length; row++)
        {
            Span<T> to = y.Slice(row * outputs, outputs);
            int from = indices[row];
            if (accumulate) for (int i = 0; i < to.Length; i++, from += _classes) to[i] += weight[from];
            else for (int i = 0; i < to.Length; i++, from += _classes) to[i] = weight[from];
        }
    }

    /// <summary>gW = gyᵀ x: row r of gy is added to column index(r) of gW.</summary>
    public void ScatterColumns(ReadOnlySpan<T> gradient, int outputs, Span<T> sum, bool fresh)
    {
        if (fresh) sum.Clear();
        ReadOnlySpan<int> indices = Indices;
        for (int row = 0; row < indices.Length; row++)
        {
            ReadOnlySpan<T> from = gradient.Slice(row * outputs, outputs);
            int to = indices[row];
            for (int i = 0; i < from.Length; i++, to += _classes) sum[to] += from[i];
        }
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = _indices.Shape;
        context.DeferredOutput(shape.Insert(shape.Rank, _classes));
    }

    protected internal override void Materialize(Span<T> output)
    {
        output.Clear();
        ReadOnlySpan<int> indices = Indices;
        for (int row = 0; row < indices.Length; row++) output[(row * _classes) + indices[row]] = T.One;
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        // Without inputs there is no gradient to give.
    }

    protected internal override void Clear() => _indices = default;
}
