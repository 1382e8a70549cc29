using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>softmax_loss.json</summary>
internal static class Losses
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("softmax", "dim", "input", static b => b["input"].Softmax(b.Int("dim")));
        table.Add("log_softmax", "dim", "input", static b => b["input"].LogSoftmax(b.Int("dim")));
        table.Add("cross_entropy", "reduction ignore_index label_smoothing", "input target weight", static b =>
            b["input"].CrossEntropy(b.Index("target"), 1, ReductionOf(b), b.Int("ignore_index"), b.Number("label_smoothing"), Weight(b)));
        table.Add("nll_loss", "reduction ignore_index", "input target weight", static b =>
            b["input"].NegativeLogLikelihood(b.Index("target"), 1, ReductionOf(b), b.Int("ignore_index"), Weight(b)));
        table.Add("binary_cross_entropy_with_logits", "reduction", "input target pos_weight", static b =>
            b["input"].BinaryCrossEntropyWithLogits(b["target"], b.Optional("pos_weight"), ReductionOf(b)));
        table.Add("binary_cross_entropy", "reduction", "input target", static b => b["input"].BinaryCrossEntropy(b["target"], ReductionOf(b)));
        table.Add("mse_loss", "reduction", "input target", static b => b["input"].MeanSquaredError(b["target"], ReductionOf(b)));
        table.Add("l1_loss", "reduction", "input target", static b => b["input"].MeanAbsoluteError(b["target"], ReductionOf(b)));
        table.Add("smooth_l1_loss", "reduction beta", "input target", static b => b["input"].SmoothL1(b["target"], b.Number("beta"), ReductionOf(b)));
        table.Add("huber_loss", "reduction delta", "input target", static b => b["input"].Huber(b["target"], b.Number("delta"), ReductionOf(b)));
        table.Add("kl_div", "reduction log_target", "input target", static b => b["input"].KlDivergence(b["target"], b.Flag("log_target"), ReductionOf(b)));
        table.Add("ctc_loss", "blank reduction zero_infinity", "logits targets input_lengths target_lengths", static b => b["logits"].CtcLoss(
            b.Index("targets"), b.Index("input_lengths"), b.Index("target_lengths"), b.Int("blank"), ReductionOf(b), b.Flag("zero_infinity")));
        table.Add("cosine_similarity", "dim eps", "x1 x2", static b => b["x1"].CosineSimilarity(b["x2"], b.Int("dim"), b.Number("eps")));
    }

    private static Tensor<T>? Weight<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench.Has("weight") ? bench.Values("weight") : null;

    private static Reduction ReductionOf<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench.Text("reduction") switch
        {
            "none" => Reduction.None,
            "sum" => Reduction.Sum,
            "mean" => Reduction.Mean,
            "batchmean" => Reduction.BatchMean,
            _ => throw bench.Bad("reduction"),
        };
}
