using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>What activations need besides the elementary functions: one vector in, one out, nothing to block.</summary>
internal static partial class VectorMath
{
    public const double SqrtTwoOverPi = 0.7978845608028654;

    /// <summary>2 √(2/π)(x + 0.044715 x³): GELU's approximation is x σ of this.</summary>
    [MethodImpl(Inline)]
    public static V GeluArgument<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x * V.MultiplyAdd(x * x, V.Constant(2 * SqrtTwoOverPi * 0.044715), V.Constant(2 * SqrtTwoOverPi));

    /// <summary>n = e (e + 2) for e = eˣ, of which tanh(ln(1 + eˣ)) = n/(n + 2). The quotient is 1 from the limit on.</summary>
    [MethodImpl(Inline)]
    public static V MishTerm<V, T>(V x, out V e)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        e = Exp<V, T>(V.AtMost(x, V.Constant(typeof(T) == typeof(float) ? 20 : 40)));
        return e * (e + V.Constant(2));
    }

    /// <summary>
    /// x limited to ±1000. A slope that has vanished at the limit, times x, is then 0 for infinite x too.
    /// </summary>
    [MethodImpl(Inline)]
    public static V Limit<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.AtLeast(V.AtMost(x, V.Constant(1000)), V.Constant(-1000));
}
