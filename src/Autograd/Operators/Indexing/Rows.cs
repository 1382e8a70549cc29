using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>The parts at the given indices of one axis, side by side; an index may repeat: x[…, index[i], …].</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="index">Indices into the axis, of shape [count], which takes the place of the axis.</param>
    /// <exception cref="ShapeException">The index tensor has not one axis.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such axis, or an index outside it.</exception>
    public Variable<T> IndexSelect(int axis, Tensor<int> index)
    {
        ArgumentNullException.ThrowIfNull(index);
        if (index.Rank != 1) Errors.Shape($"IndexSelect: the index tensor has shape {index.Shape}; it needs one axis. Reshape it, and the result afterwards.");
        return SelectRowsOperation<T>.Apply("IndexSelect", this, Shape.Axis(axis), index, padding: -1);
    }
}

public static partial class Variable
{
    /// <summary>Rows of a table, one for each index: indices of shape [...] and a weight [rows, width] give [..., width].</summary>
    /// <param name="weight">The table, [rows, width].</param>
    /// <param name="indices">The rows wanted, each in 0 … rows − 1.</param>
    /// <param name="paddingIndex">A row that stands for padding: it is read like any other, but its gradient is 0.</param>
    /// <exception cref="ShapeException">The weight has not two axes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index, or the padding index, is no row.</exception>
    public static Variable<T> Embedding<T>(Variable<T> weight, Tensor<int> indices, int? paddingIndex = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(indices);
        Shape shape = weight.Shape;
        if (shape.Rank != 2) Errors.Shape($"Embedding: the weight has shape {shape}; it needs two axes, [rows, width].");
        if (paddingIndex is { } row && (uint)row >= (uint)shape[0])
        {
            Errors.OutOfRange(nameof(paddingIndex), row, $"Embedding: the padding index {row} is no row of the weight of shape {shape}, whose rows are 0 … {shape[0] - 1}.");
        }

        return SelectRowsOperation<T>.Apply("Embedding", weight, axis: 0, indices, paddingIndex ?? -1);
    }
}

/// <summary>Where the rows of an index are: the attributes that a selection and its gradient share.</summary>
internal readonly record struct RowSelection(string Name, SavedIndices Index, Shape Whole, int Axis, int Padding)
{
    /// <summary>The shape of what is selected: the index's axes in place of the axis.</summary>
    public Shape Selected
    {
        get
        {
            Shape index = Index.Shape, selected = Whole.Without(Axis);
            for (int i = 0; i < index.Rank; i++) selected = selected.Insert(Axis + i, index[i]);
            return selected;
        }
    }

    /// <summary>The elements of a row, and how many rows a block of the whole, and of the selection, has.</summary>
    public (int Width, int Rows, int SelectedRows) Sizes => (Whole.Product(Axis + 1, Whole.Rank), Whole[Axis], Index.Shape.Length);

    public ReadOnlySpan<int> Rows => Index.Values(Name);
}

/// <summary>y[…, i, …] = x[…, index[i], …] along one axis. As a gradient's gradient, rows of the padding index are 0.</summary>
/// <remarks>gx[…, index[i], …] += gy[…, i, …], except for the padding index. Keeps the index.</remarks>
internal sealed class SelectRowsOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private RowSelection _selection;
    private bool _dropPadding;

    public override string Name => _selection.Name ?? "SelectRows";

    public static Variable<T> Apply(string name, Variable<T> x, int axis, Tensor<int> index, int padding)
    {
        Shape whole = x.Shape;
        SavedIndices.Check(name, index, whole[axis]);
        return Apply(x, new RowSelection(name, new SavedIndices(index), whole, axis, padding), dropPadding: false);
    }

    public static Variable<T> Apply(Variable<T> x, RowSelection selection, bool dropPadding)
    {
        SelectRowsOperation<T> operation = x.Tape.Rent<SelectRowsOperation<T>>();
        operation._selection = selection;
        operation._dropPadding = dropPadding;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        (int width, int rows, int selectedRows) = _selection.Sizes;
        ReadOnlySpan<int> index = _selection.Rows;
        Span<T> y = context.Output(_selection.Selected);
        ReadOnlySpan<T> x = context.Input(0);
        int block = 0;
        for (int to = 0; to < y.Length; block += rows * width)
        {
            for (int i = 0; i < selectedRows; i++, to += width)
            {
                if (_dropPadding && index[i] == _selection.Padding) y.Slice(to, width).Clear();
                else x.Slice(block + (index[i] * width), width).CopyTo(y[to..]);
            }
        }
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (!context.InPlace(0, out Span<T> sum, out bool fresh))
        {
            context.Accumulate(0, ScatterRowsOperation<T>.Apply(gradient, _selection));
            return;
        }

        if (fresh) sum.Clear();
        ScatterRowsOperation<T>.Add(gradient.Span, _selection, sum);
    }

    protected internal override void Clear() => _selection = default;
}

/// <summary>y = zeros, to which every row of x is added at its index, except for the padding index: the gradient of a selection of rows.</summary>
/// <remarks>gx is that selection of gy, with zeros at the padding index. Keeps the index.</remarks>
internal sealed class ScatterRowsOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private RowSelection _selection;

    public static Variable<T> Apply(Variable<T> x, RowSelection selection)
    {
        ScatterRowsOperation<T> operation = x.Tape.Rent<ScatterRowsOperation<T>>();
        operation._selection = selection;
        return x.Tape.Apply(operation, x);
    }

    public static void Add(ReadOnlySpan<T> x, RowSelection selection, Span<T> sum)
    {
        (int width, int rows, int selectedRows) = selection.Sizes;
        ReadOnlySpan<int> index = selection.Rows;
        int block = 0;
        for (int from = 0; from < x.Length; block += rows * width)
        {
            for (int i = 0; i < selectedRows; i++, from += width)
            {
                if (index[i] == selection.Padding) continue;
                Span<T> row = sum.Slice(block + (index[i] * width), width);
                TensorPrimitives.Add(row, x.Slice(from, width), row);
            }
        }
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_selection.Whole);
        y.Clear();
        Add(context.Input(0), _selection, y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, SelectRowsOperation<T>.Apply(context.Cotangent(), _selection, dropPadding: true));

    protected internal override void Clear() => _selection = default;
}
