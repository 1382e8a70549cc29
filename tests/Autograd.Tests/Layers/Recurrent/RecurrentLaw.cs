using System.Numerics;

namespace Autograd.Tests.Layers;

/// <summary>A law of recurrent layers over random cases, and what laws are written with.</summary>
internal abstract class RecurrentLaw(CellKind cell)
{
    public CellKind Cell { get; } = cell;

    public abstract void Check<T>(Choices choices)
        where T : unmanaged, IFloatingPointIeee754<T>;

    protected (RecurrentCase Case, RecurrentValues Values) Draw(Choices choices)
    {
        RecurrentCase c = RecurrentDraw.Case(choices, Cell);
        return (c, RecurrentValues.Draw(c, choices.Below(9_240)));
    }

    /// <summary>The leaves that have a row for each sequence.</summary>
    protected static IEnumerable<string> RowLeaves(RecurrentCase c) => [RecurrentValues.Input, .. Enumerable.Range(0, c.GivenState ? c.Parts : 0).Select(RecurrentValues.State)];

    protected static void Add<T>(Dictionary<string, T[]> sums, Dictionary<string, T[]> gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach ((string leaf, T[] gradient) in gradients) sums[leaf] = sums.TryGetValue(leaf, out T[]? sum)
            && sum.Length == gradient.Length ? [.. sum.Zip(gradient, static (a, b) => a + b)] : gradient;
    }

    protected static void Same<T>(RecurrentFindings<T> expected, RecurrentFindings<T> found)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < expected.Outputs.Length; i++) Same($"output {i}", expected.Outputs[i], found.Outputs[i]);
        foreach ((string leaf, T[] gradient) in expected.Gradients) Same($"gradient by {leaf}", gradient, found[leaf]);
    }

    /// <summary>Equal to the bit, but for the sign of zero; a NaN is equal to nothing.</summary>
    protected static void Same<T>(string what, T[] expected, T[] found)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++) if (!(expected[i] == found[i])) Assert.Fail($"{what}, element {i}: expected {expected[i]:R}, found {found[i]:R}");
    }

    /// <summary>Sums in another order: to 1e-12, in float to 1e-5, relative to the largest; a normalization multiplies what rounding leaves.</summary>
    protected static void Near<T>(RecurrentCase c, string what, T[] expected, T[] found, double slack = 1)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Assert.Equal(expected.Length, found.Length);
        double tolerance = slack * (c.Options.LayerNorm ? 200 : 1) * (typeof(T) == typeof(double) ? 1e-12 : 1e-5), scale = 1;
        foreach (T value in expected) scale = Math.Max(scale, Math.Abs(double.CreateTruncating(value)));
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(double.CreateTruncating(expected[i] - found[i]));
            if (!(error <= tolerance * scale)) Assert.Fail($"{what}, element {i}: expected {expected[i]:R}, found {found[i]:R}");
        }
    }
}

/// <summary>Rows and steps picked out of the arrays of a case.</summary>
internal static class RecurrentPicking
{
    public static RecurrentCase WithRows(this RecurrentCase c, int[] rows) => c with
    {
        Batch = rows.Length,
        Lengths = c.Lengths is { } lengths ? [.. rows.Select(row => lengths[row])] : null,
        Mask = c.Mask is null ? null : [.. from t in Enumerable.Range(0, c.Time) from row in rows select c.IsReal(t, row)],
    };

    /// <summary>The values of a case that has other steps and rows: its row b is row rows[b], its step t step(t, b) of the original.</summary>
    public static RecurrentValues Pick(this RecurrentValues values, RecurrentCase from, RecurrentCase to, int[] rows, Func<int, int, int> step) => new(
        values.Leaves.ToDictionary(static entry => entry.Key, entry => from.PickLeaf(to, entry.Key, entry.Value, rows, step)),
        [.. values.Cotangents.Select((weights, i) => weights is null ? null : from.PickOutput(to, i, weights, rows, step))]);

    public static T[] PickLeaf<T>(this RecurrentCase from, RecurrentCase to, string leaf, T[] data, int[] rows, Func<int, int, int> step) => leaf switch
    {
        RecurrentValues.Input => from.PickSequence(to, data, from.Inputs, rows, step),
        _ when leaf.StartsWith("state_", StringComparison.Ordinal) => from.PickState(data, leaf[^1] - '0', rows),
        _ => data,
    };

    public static T[] PickOutput<T>(this RecurrentCase from, RecurrentCase to, int output, T[] data, int[] rows, Func<int, int, int> step) =>
        output == 0 ? from.PickSequence(to, data, from.LayerOutputs, rows, step) : from.PickState(data, output - 1, rows);

    /// <summary>A sequence, or two one after the other.</summary>
    public static T[] PickSequence<T>(this RecurrentCase from, RecurrentCase to, T[] data, int features, int[] rows, Func<int, int, int> step)
    {
        int one = from.Time * from.Batch * features, picked = to.Time * to.Batch * features, sequences = one == 0 ? 1 : data.Length / one;
        T[] result = new T[sequences * picked];
        for (int s = 0; s < sequences; s++)
        {
            for (int t = 0; t < to.Time; t++)
            {
                for (int b = 0; b < to.Batch; b++)
                {
                    data.AsSpan((s * one) + from.Place(step(t, b), rows[b], 0, features), features).CopyTo(result.AsSpan((s * picked) + to.Place(t, b, 0, features)));
                }
            }
        }

        return result;
    }

    private static T[] PickState<T>(this RecurrentCase c, T[] data, int part, int[] rows)
    {
        int size = c.PartSize(part);
        return [.. Enumerable.Range(0, c.Layers * c.Directions).SelectMany(place =>
            rows.SelectMany(row => data[(((place * c.Batch) + row) * size)..(((place * c.Batch) + row + 1) * size)]))];
    }
}
