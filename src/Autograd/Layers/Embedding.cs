using System.Numerics;

namespace Autograd;

/// <summary>A learned row for each index: indices of any shape [...] to [..., width].</summary>
/// <remarks>Parameter <c>weight</c> [rows, width], standard normal at first, as in PyTorch; the padding row is zero.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Embedding<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Declares the layer.</summary>
    /// <param name="rows">The number of indices.</param>
    /// <param name="width">Features of a row.</param>
    /// <param name="paddingIndex">A row that stays zero, since its gradient is 0; none by default.</param>
    /// <param name="standardDeviation">Of the rows at first. With few data 0.1 learns sooner than 1, since rows that come seldom stay near 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, a padding index that is no row, or a deviation that is negative or not finite.</exception>
    public Embedding(int rows, int width, int? paddingIndex = null, double standardDeviation = 1)
    {
        Sizes.RequirePositive(nameof(Embedding<>), nameof(rows), rows);
        Sizes.RequirePositive(nameof(Embedding<>), nameof(width), width);
        if (paddingIndex is { } padding && (uint)padding >= (uint)rows)
        {
            Errors.OutOfRange(nameof(paddingIndex), padding, $"Embedding: the padding index is one of the rows 0 … {rows - 1}, not {padding}.");
        }

        if (!(standardDeviation >= 0 && double.IsFinite(standardDeviation)))
        {
            Errors.OutOfRange(nameof(standardDeviation), standardDeviation, $"Embedding: the standard deviation is 0 or more and finite, not {standardDeviation}.");
        }

        Rows = rows;
        Width = width;
        PaddingIndex = paddingIndex;
        Weight = AddParameter("weight", [rows, width], new RowsInitializer(paddingIndex, standardDeviation), decays: false);
    }

    /// <summary>The number of indices.</summary>
    public int Rows { get; }

    /// <summary>Features of a row.</summary>
    public int Width { get; }

    /// <summary>The row that stays zero, or null.</summary>
    public int? PaddingIndex { get; }

    /// <inheritdoc/>
    public override int? OutputSize => Width;

    /// <summary>The rows, [rows, width].</summary>
    public Parameter<T> Weight { get; }

    /// <summary>The rows of the indices, on a tape.</summary>
    /// <param name="tape">The tape for the result.</param>
    /// <param name="indices">Indices of any shape, each in 0 … rows − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is no row; the message says where.</exception>
    public Variable<T> Forward(Tape<T> tape, Tensor<int> indices) => Variable.Embedding(Weight.On(tape), indices, PaddingIndex);

    private sealed class RowsInitializer(int? padding, double standardDeviation) : Initializer
    {
        public override void Fill<TElement>(Span<TElement> values, Shape shape, RandomSource random)
        {
            random.FillNormal(values, 0, standardDeviation);
            if (padding is { } row) values.Slice(row * shape[1], shape[1]).Clear();
        }
    }
}
