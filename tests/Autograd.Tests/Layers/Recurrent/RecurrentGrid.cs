namespace Autograd.Tests.Layers;

/// <summary>The 480 configurations, 96 for each of five cells, with sizes and cotangents spread over them so that each value meets each cell.</summary>
internal static class RecurrentGrid
{
    public static readonly CellKind[] Cells = [CellKind.RnnTanh, CellKind.RnnRelu, CellKind.Lstm, CellKind.GruBefore, CellKind.GruAfter];
    public static readonly int[] Times = [0, 1, 2, 3, 5, 17], Batches = [0, 1, 3], Hiddens = [1, 3, 7, 8, 9, 17];

    public static IEnumerable<(RecurrentCase Case, RecurrentValues Values)> Of(CellKind cell)
    {
        // All 108 combinations of sizes in an order of chance, so that no size goes with one value of an option.
        Random random = new(1000 + (int)cell);
        (int Time, int Batch, int Hidden)[] sizes = [.. from t in Times from b in Batches from h in Hiddens select (t, b, h)];
        random.Shuffle(sizes);
        for (int number = 0; number < 96; number++)
        {
            (int options, int layers) = Math.DivRem(number, 3);
            bool Option(int bit) => ((options >> bit) & 1) != 0;
            (int time, int batch, int hidden) = sizes[number];
            RecurrentCase c = new(cell)
            {
                Options = new()
                {
                    NumLayers = 1 + layers,
                    Direction = Option(0) ? RecurrentDirection.Bidirectional : RecurrentDirection.Forward,
                    Bias = Option(1),
                    BatchFirst = Option(2),
                },
                GivenState = Option(3),
                Time = time,
                Batch = Option(4) && time == 0 ? 0 : batch, // a length is at least 1
                Inputs = 1 + random.Next(6),
                Hidden = hidden,
            };
            if (Option(4)) c = c with { Lengths = Ragged(random, c.Time, c.Batch) };
            int subsets = (2 << c.Parts) - 1; // 7, or 3 where the state has one part
            yield return (c, RecurrentValues.Draw(c, (number * 7) + (int)cell, 1 + ((number + options) % subsets)));
        }
    }

    /// <summary>Lengths in any order, not all the same where there is room.</summary>
    public static int[] Ragged(Random random, int time, int batch)
    {
        int[] lengths = new int[batch];
        for (int b = 0; b < batch; b++) lengths[b] = 1 + random.Next(time);
        if (batch > 1 && time > 1) (lengths[0], lengths[^1]) = (Math.Max(1, time - 1), time);
        random.Shuffle(lengths);
        return lengths;
    }

    /// <summary>Which steps are real, at least one of each row.</summary>
    public static bool[] Masked(Random random, int time, int batch)
    {
        bool[] mask = new bool[time * batch];
        for (int i = 0; i < mask.Length; i++) mask[i] = random.Next(3) > 0;
        for (int b = 0; time > 0 && b < batch; b++) mask[(random.Next(time) * batch) + b] = true;
        return mask;
    }
}
