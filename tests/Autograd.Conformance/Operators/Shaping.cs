using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>shape.json</summary>
internal static class Shaping
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("reshape", "shape", "input", static b => b["input"].Reshape(b.Ints("shape")));
        table.Add("transpose", "dim0 dim1", "input", static b => b["input"].Transpose(b.Int("dim0"), b.Int("dim1")));
        table.Add("permute", "dims", "input", static b => b["input"].Permute(b.Ints("dims")));
        table.Add("squeeze", "dim", "input", static b => b.IsNull("dim") ? b["input"].Squeeze() : b["input"].Squeeze(b.Int("dim")));
        table.Add("unsqueeze", "dim", "input", static b => b["input"].Unsqueeze(b.Int("dim")));
        table.Add("expand", "shape", "input", static b => b["input"].Expand(b.Ints("shape")));
        table.Add("cat", "dim", "input_*", static b => Variable.Concat<T>(Pieces(b), b.Int("dim")));
        table.Add("stack", "dim", "input_*", static b => Variable.Stack<T>(Pieces(b), b.Int("dim")));
        table.Add("split", "split_size dim", "input", static b =>
        {
            Variable<T> input = b["input"];
            int axis = b.Int("dim");
            Number(b, b.IsList("split_size") ? input.Split(b.Ints("split_size"), axis) : input.Split(b.Int("split_size"), axis));
        });
        table.Add("slice", "starts stops steps", "input", static b => b["input"].Slice(b.Ints("starts"), b.OptionalInts("stops"), b.Ints("steps")));
        table.Add("index_select", "dim", "input index", static b => b["input"].IndexSelect(b.Int("dim"), b.Index("index")));
        table.Add("gather", "dim", "input index", static b => b["input"].Gather(b.Int("dim"), b.Index("index")));
        table.Add("chunk", "chunks dim", "input", static b => Number(b, b["input"].Chunk(b.Int("chunks"), b.Int("dim"))));
        table.Add("scatter_add", "dim", "input index src", static b => b["input"].ScatterAdd(b.Int("dim"), b.Index("index"), b["src"]));
        table.Add("tril", "diagonal", "input", static b => b["input"].Tril(b.Int("diagonal")));
        table.Add("triu", "diagonal", "input", static b => b["input"].Triu(b.Int("diagonal")));
        table.Add("repeat", "repeats", "input", static b => b["input"].Repeat(b.Ints("repeats")));
        table.Add("diagonal", "offset dim1 dim2", "input", static b => b["input"].Diagonal(b.Int("offset"), b.Int("dim1"), b.Int("dim2")));
        table.Add("masked_fill", "value", "input mask", static b => b["input"].MaskedFill(b.Mask("mask"), b.Number("value")));
        table.Add("flip", "dims", "input", static b => b["input"].Flip(b.Ints("dims")));
        table.Add("pad", "pad mode value", "input", static b => b["input"].Pad(b.Ints("pad"), Mode(b), b.Number("value")));
        table.Add("roll", "shifts dims", "input", static b => b["input"].Roll(b.Ints("shifts"), b.Ints("dims")));
    }

    private static PaddingMode Mode<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench.Text("mode") switch
        {
            "constant" => PaddingMode.Constant,
            "reflect" => PaddingMode.Reflect,
            "replicate" => PaddingMode.Replicate,
            "circular" => PaddingMode.Circular,
            _ => throw bench.Bad("mode"),
        };

    private static Variable<T>[] Pieces<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => [.. bench.Numbered("input_").Select(name => bench[name])];

    private static void Number<T>(Bench<T> bench, Variable<T>[] pieces)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < pieces.Length; i++) bench.Output($"out{i}", pieces[i]);
    }
}
