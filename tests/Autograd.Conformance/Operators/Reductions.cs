using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>reductions.json</summary>
internal static class Reductions
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Add(table, "sum", static (x, keep) => x.Sum(keep), static (x, axes, keep) => x.Sum(axes, keep));
        Add(table, "mean", static (x, keep) => x.Mean(keep), static (x, axes, keep) => x.Mean(axes, keep));
        Add(table, "amax", static (x, keep) => x.Max(keep), static (x, axes, keep) => x.Max(axes, keep));
        Add(table, "amin", static (x, keep) => x.Min(keep), static (x, axes, keep) => x.Min(axes, keep));
        Add(table, "logsumexp", static (x, keep) => x.LogSumExp(keep), static (x, axes, keep) => x.LogSumExp(axes, keep));
        Add(table, "var", static (x, unbiased, keep) => x.Variance(unbiased, keep), static (x, axes, unbiased, keep) => x.Variance(axes, unbiased, keep));
        Add(table, "std", static (x, unbiased, keep) => x.StandardDeviation(unbiased, keep), static (x, axes, unbiased, keep) => x.StandardDeviation(axes, unbiased, keep));
        table.Add("prod", "dim keepdim", "input", static b =>
            b.IsNull("dim") ? b["input"].Product(b.Flag("keepdim")) : b["input"].Product(b.Int("dim"), b.Flag("keepdim")));
        table.Add("norm", "p dim keepdim", "input", static b => b.IsNull("dim")
            ? b["input"].Norm(b.Number("p"), b.Flag("keepdim"))
            : b["input"].Norm(b.Ints("dim"), b.Number("p"), b.Flag("keepdim")));
        table.Add("cumsum", "dim", "input", static b => b["input"].CumulativeSum(b.Int("dim")));
        table.Add("cumprod", "dim", "input", static b => b["input"].CumulativeProduct(b.Int("dim")));
        AddWithIndex(table, "max", static (x, axis, keep) => x.MaxWithIndex(axis, keep));
        AddWithIndex(table, "min", static (x, axis, keep) => x.MinWithIndex(axis, keep));
        AddIndices(table, "argmax", static x => x.ArgMax(), static (x, axis, keep) => x.ArgMax(axis, keep));
        AddIndices(table, "argmin", static x => x.ArgMin(), static (x, axis, keep) => x.ArgMin(axis, keep));
    }

    private static void Add<T>(OpTable<T> table, string op, Func<Variable<T>, bool, Variable<T>> overAll, Func<Variable<T>, int[], bool, Variable<T>> over)
        where T : unmanaged, IFloatingPointIeee754<T> => table.Add(
            op, "dim keepdim", "input", b => b.IsNull("dim") ? overAll(b["input"], b.Flag("keepdim")) : over(b["input"], b.Ints("dim"), b.Flag("keepdim")));

    private static void Add<T>(
        OpTable<T> table, string op, Func<Variable<T>, bool, bool, Variable<T>> overAll, Func<Variable<T>, int[], bool, bool, Variable<T>> over)
        where T : unmanaged, IFloatingPointIeee754<T> => table.Add(op, "dim unbiased keepdim", "input", b => b.IsNull("dim")
            ? overAll(b["input"], b.Flag("unbiased"), b.Flag("keepdim"))
            : over(b["input"], b.Ints("dim"), b.Flag("unbiased"), b.Flag("keepdim")));

    private static void AddWithIndex<T>(OpTable<T> table, string op, Func<Variable<T>, int, bool, (Variable<T> Values, Tensor<int> Indices)> over)
        where T : unmanaged, IFloatingPointIeee754<T> => table.Add(op, "dim keepdim", "input", b =>
        {
            (Variable<T> values, Tensor<int> indices) = over(b["input"], b.Int("dim"), b.Flag("keepdim"));
            b.Output("values", values);
            b.Output("indices", indices);
        });

    private static void AddIndices<T>(OpTable<T> table, string op, Func<Variable<T>, Tensor<int>> overAll, Func<Variable<T>, int, bool, Tensor<int>> over)
        where T : unmanaged, IFloatingPointIeee754<T> => table.Add(op, "dim keepdim", "input", b =>
        {
            Variable<T> input = b["input"];
            bool keep = b.Flag("keepdim");
            if (!b.IsNull("dim")) b.Output("output", over(input, b.Int("dim"), keep));
            else b.Output("output", overAll(input).Reshape([.. Enumerable.Repeat(1, keep ? input.Rank : 0)]));
        });
}
