using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>norm.json</summary>
internal static class Normalization
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("layer_norm", "normalized_shape eps", "input weight bias", static b =>
            b["input"].LayerNorm(b.Ints("normalized_shape"), b.Optional("weight"), b.Optional("bias"), b.Number("eps")));
        table.Add("group_norm", "num_groups eps", "input weight bias", static b =>
            b["input"].GroupNorm(b.Int("num_groups"), b.Optional("weight"), b.Optional("bias"), b.Number("eps")));
        table.Add("batch_norm", "training momentum eps", "input running_mean running_var weight bias", static b =>
        {
            Tensor<T> mean = b.Values("running_mean"), variance = b.Values("running_var");
            b.Output(b["input"].BatchNorm(mean, variance, b.Optional("weight"), b.Optional("bias"), b.Number("momentum"), b.Number("eps")));
            b.Output("running_mean", mean);
            b.Output("running_var", variance);
        });
        table.Add("dropout", "p training", "input", static b => new Dropout<T>(b.Number("p")).Forward(b["input"]));
    }
}
