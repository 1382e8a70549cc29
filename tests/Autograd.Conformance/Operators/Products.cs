using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>matmul.json</summary>
internal static class Products
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Binary("matmul", static (x, y) => x.MatMul(y));
        table.Add("linear", string.Empty, "input weight bias", static b => b["input"].Linear(b["weight"], b.Optional("bias")));
        table.Binary("bmm", static (x, y) => x.BatchMatMul(y));
        table.Binary("outer", static (x, y) => x.Outer(y));
        table.Binary("dot", static (x, y) => x.Dot(y));
        table.Add("einsum", "equation", "operand_*", static b => Variable.Einsum<T>(b.Text("equation"), [.. b.Numbered("operand_").Select(name => b[name])]));
        table.Unary("cholesky", static x => x.Cholesky());
        table.Unary("inverse", static x => x.Inverse());
        table.Binary("solve", static (x, y) => x.Solve(y));
        table.Unary("det", static x => x.Determinant());
        table.Unary("logdet", static x => x.LogDeterminant());
        table.Add("slogdet", string.Empty, "input", static b =>
        {
            (Variable<T> sign, Variable<T> logarithm) = b["input"].SignAndLogDeterminant();
            b.Output("sign", sign);
            b.Output("logabsdet", logarithm);
        });
    }
}
