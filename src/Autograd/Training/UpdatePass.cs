using System.Numerics;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>The rule of an optimizer for a vector of numbers: the parameter, its gradient and up to three states.</summary>
internal interface IUpdateRule<T>
    where T : unmanaged
{
    void Apply(ref Vector<T> value, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third);
}

/// <summary>
/// Runs an optimizer's rule in one pass over memory. The last numbers go through the same vector code, padded, so that the
/// result of a number does not depend on where it stands.
/// </summary>
internal static class UpdatePass
{
    public static void Run<T, TRule>(TRule rule, Span<T> values, ReadOnlySpan<T> gradient, Span<T> first, Span<T> second, Span<T> third)
        where T : unmanaged
        where TRule : struct, IUpdateRule<T>
    {
        int whole = values.Length - (values.Length % Vector<T>.Count);
        Span<Vector<T>> v = MemoryMarshal.Cast<T, Vector<T>>(values), a = MemoryMarshal.Cast<T, Vector<T>>(first);
        Span<Vector<T>> b = MemoryMarshal.Cast<T, Vector<T>>(second), c = MemoryMarshal.Cast<T, Vector<T>>(third);
        ReadOnlySpan<Vector<T>> g = MemoryMarshal.Cast<T, Vector<T>>(gradient);
        for (int i = 0; i < v.Length; i++)
        {
            // A state that is not kept starts at zero for every vector, so that an infinity here is not a NaN there.
            Vector<T> none = default;
            rule.Apply(ref v[i], g[i], ref a.IsEmpty ? ref none : ref a[i], ref b.IsEmpty ? ref none : ref b[i], ref c.IsEmpty ? ref none : ref c[i]);
        }

        if (whole == values.Length) return;
        Vector<T> value = Padded<T>(values[whole..]), firstTail = Padded<T>(first, whole), secondTail = Padded<T>(second, whole), thirdTail = Padded<T>(third, whole);
        rule.Apply(ref value, Padded(gradient[whole..]), ref firstTail, ref secondTail, ref thirdTail);
        Store(value, values, whole);
        Store(firstTail, first, whole);
        Store(secondTail, second, whole);
        Store(thirdTail, third, whole);
    }

    private static Vector<T> Padded<T>(ReadOnlySpan<T> from, int start)
        where T : unmanaged => from.IsEmpty ? default : Padded(from[start..]);

    private static Vector<T> Padded<T>(ReadOnlySpan<T> rest)
        where T : unmanaged
    {
        Span<T> padded = stackalloc T[Vector<T>.Count];
        padded.Clear();
        rest.CopyTo(padded);
        return new Vector<T>(padded);
    }

    private static void Store<T>(Vector<T> value, Span<T> to, int start)
        where T : unmanaged
    {
        if (to.IsEmpty) return;
        for (int i = start; i < to.Length; i++) to[i] = value[i - start];
    }
}
