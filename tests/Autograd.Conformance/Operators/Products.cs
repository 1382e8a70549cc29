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
    }
}
