using System.Numerics;

namespace Autograd;

/// <summary>Runs a <see cref="RecurrentCell{T, TState}"/> over sequences, with everything the layers of the library can do.</summary>
/// <remarks>Layouts and states are those of <see cref="RecurrentLayer{T, TState}"/>.</remarks>
/// <example><code>
/// var one = new Recurrent&lt;float, Hidden&lt;float&gt;&gt;(new MinimalGatedCell&lt;float&gt;(65, 128));
/// var four = new Recurrent&lt;float, Hidden&lt;float&gt;&gt;(
///     inputSize: 65,
///     features => new MinimalGatedCell&lt;float&gt;(features, 128),
///     new RecurrentOptions { NumLayers = 2, Direction = RecurrentDirection.Bidirectional });
/// </code></example>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <typeparam name="TState">The state of the cell.</typeparam>
public sealed class Recurrent<T, TState> : RecurrentLayer<T, TState>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    /// <summary>One layer in one direction; the cell becomes the child <c>cell</c>.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="options">Anything but several layers or directions, which need a cell each.</param>
    /// <exception cref="ArgumentException">The options ask for several cells, or for what is the cell's own affair.</exception>
    public Recurrent(RecurrentCell<T, TState> cell, RecurrentOptions? options = null)
        : base(nameof(Recurrent<,>), InputSizeOf(cell), OfOneCell(options ?? new()), _ => cell)
    {
    }

    /// <summary>Layers over a cell for each layer and direction, the children <c>cell_l0</c>, <c>cell_l0_reverse</c>, <c>cell_l1</c> and so on.</summary>
    /// <param name="inputSize">Features of the input.</param>
    /// <param name="cell">Makes a cell that reads so many features: inputSize in the first layer, the outputs of the layer below in the others.</param>
    /// <param name="options">Layers, directions and the rest.</param>
    /// <exception cref="ArgumentException">The options cannot be combined, or ask for what is the cell's own affair.</exception>
    public Recurrent(int inputSize, Func<int, RecurrentCell<T, TState>> cell, RecurrentOptions? options = null)
        : base(nameof(Recurrent<,>), inputSize, OfCells(options ?? new()), By(cell))
    {
    }

    /// <summary>The first cell.</summary>
    public RecurrentCell<T, TState> Cell => Cells[0];

    private static Func<CellPlace, RecurrentCell<T, TState>> By(Func<int, RecurrentCell<T, TState>> cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return place => cell(place.InputSize);
    }

    private static int? InputSizeOf(RecurrentCell<T, TState> cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell is GatedCell<T, TState> gated ? gated.InputSize : null;
    }

    private static RecurrentOptions OfOneCell(RecurrentOptions options)
    {
        if (options.NumLayers > 1 || options.Directions > 1)
        {
            Errors.Argument($"Recurrent: {options.NumLayers} {(options.NumLayers == 1 ? "layer" : "layers")} in {options.Directions} {(options.Directions == 1 ? "direction" : "directions")} need a cell each. Pass a function that makes a cell: new Recurrent<…>(inputSize, features => new …(features, …), options).");
        }

        return OfCells(options);
    }

    private static RecurrentOptions OfCells(RecurrentOptions options)
    {
        if (options.LayerNorm) Errors.Argument("Recurrent: LayerNorm is what Rnn, Lstm and Gru build into their cells. Build it into the cell, and leave the option out.");
        if (!options.Bias) Errors.Argument("Recurrent: Bias is what Rnn, Lstm and Gru build into their cells. Leave biases out of the cell, and the option at true.");
        return options;
    }
}
