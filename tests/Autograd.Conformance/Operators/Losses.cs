using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>softmax_loss.json</summary>
internal static class Losses
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("mse_loss", "reduction", "input target", static b => b["input"].MeanSquaredError(b["target"], ReductionOf(b)));
    }

    private static Reduction ReductionOf<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench.Text("reduction") switch
        {
            "none" => Reduction.None,
            "sum" => Reduction.Sum,
            "mean" => Reduction.Mean,
            _ => throw bench.Bad("reduction"),
        };
}
