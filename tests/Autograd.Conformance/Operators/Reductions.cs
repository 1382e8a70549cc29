using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>reductions.json</summary>
internal static class Reductions
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("sum", "dim keepdim", "input", static b => b["input"].Sum(Axes(b), b.Flag("keepdim")));
        table.Add("mean", "dim keepdim", "input", static b => b["input"].Mean(Axes(b), b.Flag("keepdim")));
    }

    /// <summary>The axes of a reduction; null stands for all of them.</summary>
    private static int[] Axes<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench.IsNull("dim") ? [.. Enumerable.Range(0, bench["input"].Rank)] : bench.Ints("dim");
}
