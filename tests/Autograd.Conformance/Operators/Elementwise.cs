using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>elementwise.json</summary>
internal static class Elementwise
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Unary("neg", static x => -x);
        table.Unary("square", static x => x.Square());
        table.Unary("reciprocal", static x => x.Reciprocal());
        table.Unary("tanh", static x => x.Tanh());
        table.Unary("sigmoid", static x => x.Sigmoid());

        table.Binary("add", static (x, y) => x + y);
        table.Binary("sub", static (x, y) => x - y);
        table.Binary("mul", static (x, y) => x * y);
        table.Binary("div", static (x, y) => x / y);
    }
}
