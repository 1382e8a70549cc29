using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>embedding.json</summary>
internal static class Embeddings
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("embedding", "padding_idx", "input weight", static b => Variable.Embedding(b["weight"], b.Index("input"), b.OptionalInt("padding_idx")));
        table.Add("one_hot", "num_classes", "input", static b => b.Output("output", Tensor.OneHot(b.Index("input"), b.Int("num_classes"))));
    }
}
