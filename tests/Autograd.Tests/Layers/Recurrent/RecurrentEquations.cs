namespace Autograd.Tests.Layers;

/// <summary>What running a case gives: sequence and last state, the states of all steps, all in the layouts of the layers; and how near to its kink a ReLU came.</summary>
internal sealed record RecurrentRun<TNumber>(TNumber[] Outputs, TNumber[][] Last, TNumber[][] Steps, double NearestKink);

/// <summary>
/// The recurrent layers from their equations, over single numbers: Elman 1990; Hochreiter and Schmidhuber 1997 with Gers et al.
/// 2000 (forget gate, peepholes), Sak et al. 2014 (projection); Cho et al. 2014; Ba et al. 2016 (layer normalization); Krueger et
/// al. 2017 (zoneout in expectation). Every loop is one row, one step, one unit; nothing of the library is used.
/// </summary>
internal static class RecurrentEquations<TNumber>
    where TNumber : struct, IReferenceNumber<TNumber>
{
    private const double Epsilon = 1e-5;

    public static RecurrentRun<TNumber> Run(RecurrentCase c, IReadOnlyDictionary<string, TNumber[]> leaves)
    {
        int count = c.Layers * c.Directions;
        TNumber[][] last = [.. Enumerable.Range(0, c.Parts).Select(part => new TNumber[count * c.Batch * c.PartSize(part)])];
        TNumber[][] steps = [.. Enumerable.Range(0, c.Parts).Select(part => new TNumber[count * c.Time * c.Batch * c.PartSize(part)])];
        TNumber[] outputs = new TNumber[RecurrentCase.Product(c.OutputShape)];
        double nearestKink = double.PositiveInfinity;
        TNumber[,][] sequence = new TNumber[c.Time, c.Batch][];
        for (int t = 0; t < c.Time; t++)
        {
            for (int b = 0; b < c.Batch; b++) sequence[t, b] = [.. Enumerable.Range(0, c.Inputs).Select(i => leaves[RecurrentValues.Input][c.Place(t, b, i, c.Inputs)])];
        }

        for (int layer = 0; layer < c.Layers; layer++)
        {
            TNumber[,][][] made = new TNumber[c.Directions, c.Time][][];
            for (int direction = 0; direction < c.Directions; direction++)
            {
                int place = (layer * c.Directions) + direction;
                bool backward = direction == 1 || c.Options.Direction == RecurrentDirection.Reverse;
                RecurrentStep<TNumber> cell = new(c, leaves, layer, direction, Epsilon);
                for (int t = 0; t < c.Time; t++) made[direction, t] = new TNumber[c.Batch][];
                for (int b = 0; b < c.Batch; b++)
                {
                    TNumber[][] state = [.. Enumerable.Range(0, c.Parts).Select(part => First(c, leaves, place, part, b))];
                    for (int k = 0; k < c.Time; k++)
                    {
                        int t = backward ? c.Time - 1 - k : k;
                        if (c.IsReal(t, b))
                        {
                            state = Kept(c, state, cell.Next(sequence[t, b], state));
                            made[direction, t][b] = cell.Output(state);
                        }
                        else
                        {
                            made[direction, t][b] = new TNumber[c.CellOutputs];
                        }

                        for (int part = 0; part < c.Parts; part++) state[part].CopyTo(steps[part], ((((place * c.Time) + t) * c.Batch) + b) * c.PartSize(part));
                    }

                    for (int part = 0; part < c.Parts; part++) state[part].CopyTo(last[part], ((place * c.Batch) + b) * c.PartSize(part));
                }

                nearestKink = Math.Min(nearestKink, cell.NearestKink);
            }

            for (int t = 0; t < c.Time; t++)
            {
                for (int b = 0; b < c.Batch; b++) sequence[t, b] = c.Directions == 1 ? made[0, t][b] : Merged(c.Options.Merge, made[0, t][b], made[1, t][b]);
            }
        }

        for (int t = 0; t < c.Time; t++)
        {
            for (int b = 0; b < c.Batch; b++)
            {
                // Merge None: both directions stand in the sequence side by side until here, and apart in the outputs.
                for (int u = 0; u < sequence[t, b].Length; u++)
                {
                    (int apart, int unit) = Math.DivRem(u, c.LayerOutputs);
                    outputs[(apart * c.Time * c.Batch * c.LayerOutputs) + c.Place(t, b, unit, c.LayerOutputs)] = sequence[t, b][u];
                }
            }
        }

        return new(outputs, last, steps, nearestKink);
    }

    private static TNumber[] First(RecurrentCase c, IReadOnlyDictionary<string, TNumber[]> leaves, int place, int part, int row)
    {
        int size = c.PartSize(part);
        if (c.GivenState) return leaves[RecurrentValues.State(part)][(((place * c.Batch) + row) * size)..(((place * c.Batch) + row + 1) * size)];
        return c.Options.LearnInitialState ? leaves[$"initial_state_{part}"][(place * size)..((place + 1) * size)] : new TNumber[size];
    }

    /// <summary>Zoneout in expectation: the old value with its probability, the new one with the rest.</summary>
    private static TNumber[][] Kept(RecurrentCase c, TNumber[][] old, TNumber[][] next)
    {
        TNumber[][] kept = new TNumber[next.Length][];
        for (int part = 0; part < next.Length; part++)
        {
            double keep = part == 0 ? c.Options.Zoneout : c.Options.CellZoneout;
            kept[part] = new TNumber[next[part].Length];
            for (int u = 0; u < next[part].Length; u++) kept[part][u] = keep == 0 ? next[part][u] : (keep * old[part][u]) + ((1 - keep) * next[part][u]);
        }

        return kept;
    }

    private static TNumber[] Merged(MergeMode merge, TNumber[] forward, TNumber[] reverse) => merge switch
    {
        MergeMode.Sum => [.. forward.Zip(reverse, static (a, b) => a + b)],
        MergeMode.Mean => [.. forward.Zip(reverse, static (a, b) => (a + b) / 2)],
        MergeMode.Product => [.. forward.Zip(reverse, static (a, b) => a * b)],
        _ => [.. forward, .. reverse],
    };
}

/// <summary>One step of one row.</summary>
internal sealed class RecurrentStep<TNumber>(RecurrentCase c, IReadOnlyDictionary<string, TNumber[]> leaves, int layer, int direction, double epsilon)
    where TNumber : struct, IReferenceNumber<TNumber>
{
    private readonly string _suffix = c.Suffix(layer, direction);

    /// <summary>The least distance of a sum from the kink of a ReLU; a sum of zeros alone is none.</summary>
    public double NearestKink { get; private set; } = double.PositiveInfinity;

    public TNumber[][] Next(TNumber[] x, TNumber[][] state) => c.Cell switch
    {
        CellKind.Lstm => Lstm(x, state[0], state[1]),
        CellKind.GruAfter or CellKind.GruBefore => [Gru(x, state[0])],
        CellKind.Own => Own(x, state[0], state[1]),
        _ => [Rnn(x, state[0])],
    };

    public TNumber[] Output(TNumber[][] state) => c.Cell == CellKind.Own ? [.. state[0], .. state[1]] : state[0];

    private static TNumber Sigmoid(TNumber x) => (TNumber)1 / ((TNumber)1 + TNumber.Exp((TNumber)0 - x));

    /// <summary>Rows from … from + count of W x.</summary>
    private static TNumber[] Times(TNumber[] weight, TNumber[] x, int from, int count)
    {
        TNumber[] product = new TNumber[count];
        for (int row = 0; row < count; row++)
        {
            TNumber sum = 0;
            for (int i = 0; i < x.Length; i++) sum += weight[((from + row) * x.Length) + i] * x[i];
            product[row] = sum;
        }

        return product;
    }

    private TNumber[] Weight(string name) => leaves[name + _suffix];

    private TNumber[] Normalized(TNumber[] sums, TNumber[] scale, int from)
    {
        TNumber mean = 0, variance = 0;
        foreach (TNumber sum in sums) mean += sum / sums.Length;
        foreach (TNumber sum in sums) variance += (sum - mean) * (sum - mean) / sums.Length;
        TNumber[] result = new TNumber[sums.Length];
        for (int i = 0; i < sums.Length; i++) result[i] = scale[from + i] * (sums[i] - mean) / TNumber.Sqrt(variance + epsilon);
        return result;
    }

    /// <summary>Some rows of W x or V h with their bias, normalized together first where that is asked for.</summary>
    private TNumber[] Part(string side, TNumber[] x, int from, int count)
    {
        TNumber[] sums = Times(Weight("weight_" + side), x, from, count);
        if (c.Options.LayerNorm) sums = Normalized(sums, Weight("norm_" + side), from);
        if (!c.Options.Bias) return sums;
        TNumber[] bias = Weight("bias_" + side);
        for (int row = 0; row < count; row++) sums[row] += bias[from + row];
        return sums;
    }

    private TNumber[] Rnn(TNumber[] x, TNumber[] h)
    {
        TNumber[] sums = [.. Times(Weight("weight_ih"), x, 0, c.Hidden).Zip(Times(Weight("weight_hh"), h, 0, c.Hidden), static (a, b) => a + b)];
        if (c.Options.LayerNorm) sums = Normalized(sums, Weight("norm"), 0);
        TNumber[] bias = c.Options.Bias ? [.. Weight("bias_ih").Zip(Weight("bias_hh"), static (a, b) => a + b)] : new TNumber[c.Hidden];
        for (int u = 0; u < c.Hidden; u++)
        {
            sums[u] += bias[u];
            if (c.Cell == CellKind.RnnRelu && sums[u].Value != 0) NearestKink = Math.Min(NearestKink, Math.Abs(sums[u].Value));
            sums[u] = c.Cell == CellKind.RnnTanh ? TNumber.Tanh(sums[u]) : sums[u].Value > 0 ? sums[u] : 0;
        }

        return sums;
    }

    private TNumber[][] Lstm(TNumber[] x, TNumber[] h, TNumber[] cell)
    {
        int size = c.Hidden;
        TNumber[] fromX = Part("ih", x, 0, 4 * size), fromH = Part("hh", h, 0, 4 * size), next = new TNumber[size], output = new TNumber[size];
        TNumber[] peephole = c.Peephole ? Weight("weight_peephole") : new TNumber[3 * size];
        for (int u = 0; u < size; u++)
        {
            TNumber Gate(int gate) => fromX[(gate * size) + u] + fromH[(gate * size) + u];
            TNumber i = Sigmoid(Gate(0) + (peephole[u] * cell[u])), f = Sigmoid(Gate(1) + (peephole[size + u] * cell[u])), g = TNumber.Tanh(Gate(2));
            next[u] = (f * cell[u]) + (i * g);
            output[u] = Sigmoid(Gate(3) + (peephole[(2 * size) + u] * next[u]));
        }

        TNumber[] shown = c.Options.LayerNorm ? Normalized(next, Weight("norm_c"), 0) : [.. next];
        if (c.Options is { LayerNorm: true, Bias: true }) shown = [.. shown.Zip(Weight("bias_c"), static (a, b) => a + b)];
        for (int u = 0; u < size; u++)
        {
            shown[u] = output[u] * TNumber.Tanh(shown[u]);
        }

        return [c.Projection > 0 ? Times(Weight("weight_hr"), shown, 0, c.Projection) : shown, next];
    }

    private TNumber[] Gru(TNumber[] x, TNumber[] h)
    {
        int size = c.Hidden;
        TNumber[] gatesX = Part("ih", x, 0, 2 * size), gatesH = Part("hh", h, 0, 2 * size), newX = Part("ih", x, 2 * size, size);
        TNumber[] r = new TNumber[size], z = new TNumber[size], next = new TNumber[size];
        for (int u = 0; u < size; u++) (r[u], z[u]) = (Sigmoid(gatesX[u] + gatesH[u]), Sigmoid(gatesX[size + u] + gatesH[size + u]));
        TNumber[] newH = Part("hh", c.Cell == CellKind.GruAfter ? h : [.. h.Zip(r, static (a, b) => a * b)], 2 * size, size);
        for (int u = 0; u < size; u++)
        {
            TNumber n = TNumber.Tanh(newX[u] + (c.Cell == CellKind.GruAfter ? r[u] * newH[u] : newH[u]));
            next[u] = (((TNumber)1 - z[u]) * n) + (z[u] * h[u]);
        }

        return next;
    }

    private TNumber[][] Own(TNumber[] x, TNumber[] h, TNumber[] memory)
    {
        string cell = c.Layers * c.Directions == 1 ? "cell." : $"cell{_suffix}.";
        TNumber[] read = Times(leaves[cell + "read.weight"], x, 0, c.Hidden), recall = Times(leaves[cell + "recall.weight"], h, 0, c.Hidden), a = new TNumber[c.Hidden];
        for (int u = 0; u < c.Hidden; u++) a[u] = TNumber.Tanh(read[u] + leaves[cell + "read.bias"][u] + recall[u]);
        TNumber[] kept = Times(leaves[cell + "keep.weight"], a, 0, memory.Length);
        for (int m = 0; m < memory.Length; m++) kept[m] = (0.5 * memory[m]) + TNumber.Tanh(kept[m]);
        TNumber[] gate = Times(leaves[cell + "gate.weight"], kept, 0, c.Hidden);
        for (int u = 0; u < c.Hidden; u++) a[u] *= Sigmoid(gate[u] + leaves[cell + "gate.bias"][u]);
        return [a, kept];
    }
}
