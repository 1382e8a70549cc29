namespace Autograd.Tests.Layers;

/// <summary>Cases by chance, and sets of them in which each pair of choices is met.</summary>
internal static class RecurrentDraw
{
    /// <summary>A case of everything a cell can be combined with that chance has no part in; half of them plain.</summary>
    /// <param name="choices">What decides.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="largest">The largest sizes of state, input and batch; time goes to twice that.</param>
    /// <param name="zoneout">Whether units may keep their value; only on a tape that evaluates this needs no chance.</param>
    public static RecurrentCase Case(Choices choices, CellKind cell, int largest = 5, bool zoneout = true)
    {
        int hidden = choices.Between(1, largest), time = choices.Between(1, 2 * largest), batch = choices.Between(1, largest);
        RecurrentDirection direction = choices.Of(RecurrentDirection.Forward, RecurrentDirection.Reverse, RecurrentDirection.Bidirectional);
        MergeMode merge = choices.Of(MergeMode.Concat, MergeMode.Sum, MergeMode.Mean, MergeMode.Product, MergeMode.None);
        if (direction != RecurrentDirection.Bidirectional) merge = MergeMode.Concat;
        int layers = choices.Between(1, 3);
        if (merge == MergeMode.None) layers = 1;
        bool variant = choices.Flip();
        RecurrentCase c = new(cell)
        {
            Options = new()
            {
                NumLayers = layers,
                Direction = direction,
                Merge = merge,
                BatchFirst = choices.Flip(),
                Bias = cell == CellKind.Own || !choices.Flip(),
                LayerNorm = variant && cell != CellKind.Own && choices.Flip(),
                LearnInitialState = choices.Flip(),
                Zoneout = variant && zoneout && choices.Flip() ? 0.25 : 0,
                CellZoneout = variant && zoneout && (cell is CellKind.Lstm or CellKind.Own) && choices.Flip() ? 0.125 : 0,
            },
            Peephole = variant && cell == CellKind.Lstm && choices.Flip(),
            Projection = variant && cell == CellKind.Lstm && hidden > 1 && choices.Flip() ? choices.Between(1, hidden - 1) : 0,
            GivenState = choices.Flip(),
            Hidden = hidden,
            Time = time,
            Batch = batch,
            Inputs = choices.Between(1, largest),
        };

        // Of one number a normalization makes 0, of two it makes signs: nothing that differences could follow.
        if (c.Options.LayerNorm) c = c with { Hidden = c.Hidden + 2, Inputs = c.Inputs + 2 };
        Random random = new(choices.Below(9_240));
        return choices.Below(3) switch
        {
            1 => c with { Lengths = RecurrentGrid.Ragged(random, time, batch) },
            2 => c with { Mask = RecurrentGrid.Masked(random, time, batch) },
            _ => c,
        };
    }

    /// <summary>Few cases in which each pair of choices is met that some case can have.</summary>
    public static List<RecurrentCase> Covering(CellKind cell, int pool, int largest, bool zoneout = true, int mostParameters = int.MaxValue)
    {
        Random random = new(17 + (int)cell);
        List<(RecurrentCase Case, string[] Pairs)> left = [];
        for (int i = 0; i < pool; i++)
        {
            int[] numbers = new int[40];
            for (int k = 0; k < numbers.Length; k++) numbers[k] = random.Next(9_240);
            RecurrentCase c = Case(new Choices(numbers), cell, largest, zoneout);
            if (c.Parameters().Sum(static entry => RecurrentCase.Product(entry.Shape)) <= mostParameters) left.Add((c, Pairs(c)));
        }

        HashSet<string> missing = [.. left.SelectMany(static entry => entry.Pairs)];
        List<RecurrentCase> covering = [];
        while (missing.Count > 0)
        {
            (RecurrentCase best, string[] pairs) = left.MaxBy(entry => entry.Pairs.Count(missing.Contains));
            covering.Add(best);
            missing.ExceptWith(pairs);
        }

        return covering;
    }

    private static string[] Pairs(RecurrentCase c)
    {
        RecurrentOptions options = c.Options;
        string[] values =
        [
            $"layers {c.Layers}", $"{options.Direction} {options.Merge}", $"batch first {options.BatchFirst}", $"bias {options.Bias}", $"norm {options.LayerNorm}",
            $"learn {options.LearnInitialState}", $"zoneout {options.Zoneout} {options.CellZoneout}", $"peephole {c.Peephole}", $"projection {c.Projection > 0}",
            $"given {c.GivenState}", c.Lengths is not null ? "lengths" : c.Mask is not null ? "mask" : "full",
        ];
        return [.. from i in Enumerable.Range(0, values.Length) from k in Enumerable.Range(i + 1, values.Length - i - 1) select $"{values[i]}, {values[k]}"];
    }
}
