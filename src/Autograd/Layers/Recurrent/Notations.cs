using System.Numerics;

namespace Autograd;

/// <summary>The weights of one gate as many textbooks write them: W x + V h + b.</summary>
/// <param name="Input">W, [hidden, inputs].</param>
/// <param name="Hidden">V, [hidden, hidden].</param>
/// <param name="Bias">b, [hidden], or null.</param>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public readonly record struct GateWeights<T>(Tensor<T> Input, Tensor<T> Hidden, Tensor<T>? Bias)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>What the update gate z of a GRU multiplies.</summary>
public enum UpdateGate
{
    /// <summary>The old state: h' = (1 − z) ⊙ n + z ⊙ h, as in Cho et al. 2014 and PyTorch.</summary>
    Keeps,

    /// <summary>The new one: h' = (1 − z) ⊙ h + z ⊙ n, as in Chung et al. 2014 and many textbooks.</summary>
    Replaces,
}

/// <summary>Vanilla layers from the notations of textbooks.</summary>
public static class Rnn
{
    /// <summary>h' = tanh(W [h; x] + b): one matrix on the state and the input on top of each other.</summary>
    /// <param name="weight">W, [hidden, hidden + inputs].</param>
    /// <param name="bias">b, [hidden], or null.</param>
    /// <param name="inputFirst">Whether it is [x; h].</param>
    /// <param name="nonlinearity">tanh or ReLU.</param>
    /// <exception cref="ShapeException">The weight is no matrix with more columns than rows, or the bias does not fit it.</exception>
    public static Rnn<T> FromConcatenated<T>(Tensor<T> weight, Tensor<T>? bias, bool inputFirst = false, Nonlinearity nonlinearity = Nonlinearity.Tanh)
        where T : unmanaged, IFloatingPointIeee754<T> => FromSeparate(Notation.Cut(weight, bias, 1, inputFirst)[0], nonlinearity);

    /// <summary>h' = tanh(U x + W h + b).</summary>
    /// <param name="u">U, [hidden, inputs].</param>
    /// <param name="w">W, [hidden, hidden].</param>
    /// <param name="bias">b, [hidden], or null.</param>
    /// <param name="nonlinearity">tanh or ReLU.</param>
    /// <exception cref="ShapeException">The matrices or the bias do not fit each other.</exception>
    public static Rnn<T> FromSeparate<T>(Tensor<T> u, Tensor<T> w, Tensor<T>? bias, Nonlinearity nonlinearity = Nonlinearity.Tanh)
        where T : unmanaged, IFloatingPointIeee754<T> => FromSeparate(new GateWeights<T>(u, w, bias), nonlinearity);

    private static Rnn<T> FromSeparate<T>(GateWeights<T> gate, Nonlinearity nonlinearity)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int inputSize, int hiddenSize, bool hasBias) = Notation.Check(gate);
        return Notation.Fill(new Rnn<T>(inputSize, hiddenSize, new RecurrentOptions { Bias = hasBias }, nonlinearity), [gate]);
    }
}

/// <summary>LSTM layers from the notations of textbooks.</summary>
public static class Lstm
{
    /// <summary>(i, f, o) = σ(W [h; x] + b), g = tanh(W_g [h; x] + b_g), the gates of one matrix on top of each other.</summary>
    /// <param name="weight">W, [4 · hidden, hidden + inputs].</param>
    /// <param name="bias">b, [4 · hidden], or null.</param>
    /// <param name="order">The order of the gates in the rows: "ifgo" as here, "figo", "ifog" and so on.</param>
    /// <param name="inputFirst">Whether it is [x; h].</param>
    /// <exception cref="ArgumentException">The weight or the bias does not fit, or the order is not one of these four letters.</exception>
    public static Lstm<T> FromConcatenated<T>(Tensor<T> weight, Tensor<T>? bias, string order = "ifgo", bool inputFirst = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        GateWeights<T>[] gates = Notation.Sorted(Notation.Cut(weight, bias, 4, inputFirst), order, "ifgo");
        return FromGates(gates[0], gates[1], gates[2], gates[3]);
    }

    /// <summary>i = σ(W_i x + V_i h + b_i) and so on, each gate with matrices of its own.</summary>
    /// <param name="i">The input gate.</param>
    /// <param name="f">The forget gate.</param>
    /// <param name="g">The candidate, also written c̃.</param>
    /// <param name="o">The output gate.</param>
    /// <exception cref="ShapeException">The matrices or biases do not fit each other.</exception>
    public static Lstm<T> FromGates<T>(GateWeights<T> i, GateWeights<T> f, GateWeights<T> g, GateWeights<T> o)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int inputSize, int hiddenSize, bool hasBias) = Notation.Check(i, f, g, o);
        return Notation.Fill(new Lstm<T>(inputSize, hiddenSize, bias: hasBias), [i, f, g, o]);
    }
}

/// <summary>GRU layers from the notations of textbooks.</summary>
public static class Gru
{
    /// <summary>
    /// r = σ(W_r [h; x] + b_r), z = σ(W_z [h; x] + b_z), n = tanh(W_n [r ⊙ h; x] + b_n), the gates of one matrix on top of each other.
    /// </summary>
    /// <param name="weight">W, [3 · hidden, hidden + inputs].</param>
    /// <param name="bias">b, [3 · hidden], or null.</param>
    /// <param name="order">The order of the gates in the rows: "rzn" as here, or "zrn".</param>
    /// <param name="inputFirst">Whether it is [x; h].</param>
    /// <param name="update">Whether z multiplies the new state, as in most textbooks, or the old one.</param>
    /// <param name="resetAfter">Whether r multiplies V_n h in place of h.</param>
    /// <exception cref="ArgumentException">The weight or the bias does not fit, or the order is not one of these three letters.</exception>
    public static Gru<T> FromConcatenated<T>(
        Tensor<T> weight, Tensor<T>? bias, string order = "rzn", bool inputFirst = false, UpdateGate update = UpdateGate.Replaces, bool resetAfter = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        GateWeights<T>[] gates = Notation.Sorted(Notation.Cut(weight, bias, 3, inputFirst), order, "rzn");
        return FromGates(gates[0], gates[1], gates[2], update, resetAfter);
    }

    /// <summary>r = σ(W_r x + V_r h + b_r) and so on, each gate with matrices of its own.</summary>
    /// <param name="r">The reset gate.</param>
    /// <param name="z">The update gate.</param>
    /// <param name="n">The candidate, also written h̃.</param>
    /// <param name="update">Whether z multiplies the new state, as in most textbooks, or the old one.</param>
    /// <param name="resetAfter">Whether r multiplies V_n h in place of h; the bias of n stays outside.</param>
    /// <exception cref="ShapeException">The matrices or biases do not fit each other.</exception>
    public static Gru<T> FromGates<T>(
        GateWeights<T> r, GateWeights<T> z, GateWeights<T> n, UpdateGate update = UpdateGate.Replaces, bool resetAfter = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int inputSize, int hiddenSize, bool hasBias) = Notation.Check(r, z, n);

        if (!Enum.IsDefined(update)) Errors.OutOfRange(nameof(update), update, $"Gru: there is no update gate {update}.");

        // σ(−a) = 1 − σ(a): the other meaning of z is the other sign of its sums.
        if (update == UpdateGate.Replaces) z = new(Notation.Negated(z.Input), Notation.Negated(z.Hidden), z.Bias is null ? null : Notation.Negated(z.Bias));
        return Notation.Fill(new Gru<T>(inputSize, hiddenSize, new RecurrentOptions { Bias = hasBias }, resetAfter), [r, z, n]);
    }
}

/// <summary>Cutting, checking and sorting of gates.</summary>
internal static class Notation
{
    /// <summary>The gates of one matrix on [h; x], each with its rows, cut into what meets x and what meets h.</summary>
    public static GateWeights<T>[] Cut<T>(Tensor<T> weight, Tensor<T>? bias, int gates, bool inputFirst)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(weight);
        Shape shape = weight.Shape;
        if (shape.Rank != 2 || shape[0] % gates != 0 || shape[0] == 0 || shape[1] <= shape[0] / gates)
        {
            Errors.Shape($"FromConcatenated: the weight has shape {shape}; it needs {(gates == 1 ? "[hidden, hidden + inputs]" : $"[{gates} · hidden, hidden + inputs]")}.");
        }

        int rows = shape[0], columns = shape[1], hidden = rows / gates, inputs = columns - hidden;
        if (bias is not null && bias.Shape != new Shape(rows)) Errors.Shape($"FromConcatenated: the bias has shape {bias.Shape}; for the weight of shape {shape} it must be [{rows}].");
        GateWeights<T>[] cut = new GateWeights<T>[gates];
        for (int gate = 0; gate < gates; gate++)
        {
            T[] input = new T[hidden * inputs], state = new T[hidden * hidden];
            for (int row = 0; row < hidden; row++)
            {
                ReadOnlySpan<T> from = weight.Span.Slice(((gate * hidden) + row) * columns, columns);
                from.Slice(inputFirst ? 0 : hidden, inputs).CopyTo(input.AsSpan(row * inputs));
                from.Slice(inputFirst ? inputs : 0, hidden).CopyTo(state.AsSpan(row * hidden));
            }

            cut[gate] = new(new([hidden, inputs], input), new([hidden, hidden], state), bias?[(gate * hidden)..((gate + 1) * hidden)]);
        }

        return cut;
    }

    /// <summary>The gates in our order.</summary>
    public static GateWeights<T>[] Sorted<T>(GateWeights<T>[] gates, string order, string ours)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(order);
        if (order.Length != ours.Length || ours.Any(gate => !order.Contains(gate, StringComparison.Ordinal)))
        {
            Errors.Argument($"FromConcatenated: the order of the gates is '{order}'; it must have each of the letters of '{ours}' once.");
        }

        return [.. ours.Select(gate => gates[order.IndexOf(gate, StringComparison.Ordinal)])];
    }

    public static (int InputSize, int HiddenSize, bool HasBias) Check<T>(params ReadOnlySpan<GateWeights<T>> gates)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (GateWeights<T> gate in gates)
        {
            if (gate.Input is null || gate.Hidden is null) Errors.Argument("A gate has no matrices (default). Make it by new GateWeights<T>(W, V, b).");
        }

        Shape input = gates[0].Input.Shape;
        if (input.Rank != 2) Errors.Shape($"A gate's matrix on the input has shape {input}; it needs [hidden, inputs].");
        bool hasBias = gates[0].Bias is not null;
        foreach (GateWeights<T> gate in gates)
        {
            if (gate.Input.Shape != input || gate.Hidden.Shape != new Shape(input[0], input[0]) || (gate.Bias is not null && gate.Bias.Shape != new Shape(input[0])))
            {
                Errors.Shape($"A gate has matrices of shapes {gate.Input.Shape} and {gate.Hidden.Shape}{(gate.Bias is null ? string.Empty : $" and a bias of shape {gate.Bias.Shape}")}; by the first they must be {input}, [{input[0]}, {input[0]}] and [{input[0]}].");
            }

            if (gate.Bias is null == hasBias) Errors.Argument("Some gates have a bias and some do not. Give zeros to those without.");
        }

        return (input[1], input[0], hasBias);
    }

    public static Tensor<T> Negated<T>(Tensor<T> tensor)
        where T : unmanaged, IFloatingPointIeee754<T> => new(tensor.Shape, Array.ConvertAll(tensor.Span.ToArray(), static value => -value));

    /// <summary>Sets the weights of a layer of one cell; the second bias is 0.</summary>
    public static TLayer Fill<TLayer, T>(TLayer layer, ReadOnlySpan<GateWeights<T>> gates)
        where TLayer : Module<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        List<T> input = [], hidden = [], bias = [];
        foreach (GateWeights<T> gate in gates)
        {
            input.AddRange(gate.Input.Span);
            hidden.AddRange(gate.Hidden.Span);
            if (gate.Bias is not null) bias.AddRange(gate.Bias.Span);
        }

        foreach (Parameter<T> parameter in layer.Parameters)
        {
            T[] values = parameter.Name.StartsWith("weight_ih", StringComparison.Ordinal) ? [.. input]
                : parameter.Name.StartsWith("weight_hh", StringComparison.Ordinal) ? [.. hidden]
                : parameter.Name.StartsWith("bias_ih", StringComparison.Ordinal) ? [.. bias]
                : new T[parameter.Shape.Length];
            parameter.Set(new Tensor<T>(parameter.Shape, values));
        }

        return layer;
    }
}
