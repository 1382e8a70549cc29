using System.Numerics.Tensors;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Norms and clipping of all gradients together.</summary>
public readonly partial struct Gradients<T>
{
    /// <summary>The norm of all gradients together, as one vector: (Σ |g|ᵖ)^(1/p), computed in double.</summary>
    /// <param name="p">1 or more; 2 is the Euclidean norm, <see cref="double.PositiveInfinity"/> the largest magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is below 1 or NaN.</exception>
    public double GlobalNorm(double p = 2)
    {
        if (!(p >= 1)) Errors.OutOfRange(nameof(p), p, $"A norm needs p of 1 or more, not {p}.");
        double total = 0;
        foreach (GradientEntry<T> entry in Store.Entries.Values)
        {
            ReadOnlySpan<T> values = entry.Storage is null ? entry.Recorded.Span : entry.Values;
            total = double.IsPositiveInfinity(p) ? Math.Max(total, LargestMagnitude(values)) : total + PowerSum(values, p);
        }

        return p switch
        {
            2 => Math.Sqrt(total),
            1 or double.PositiveInfinity => total,
            _ => Math.Pow(total, 1 / p),
        };
    }

    /// <summary>
    /// Scales all gradients by min(1, <paramref name="maximum"/> / (norm + 1e-6)), so that their norm together is at most
    /// the maximum. Pascanu, Mikolov and Bengio 2013.
    /// </summary>
    /// <param name="maximum">The largest norm allowed, 0 or more.</param>
    /// <param name="p">The norm; see <see cref="GlobalNorm"/>.</param>
    /// <returns>The norm before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The maximum is negative or NaN, or p below 1.</exception>
    /// <exception cref="NonFiniteException">A gradient is infinite or NaN; nothing was changed. The message names it.</exception>
    public double ClipByGlobalNorm(double maximum, double p = 2)
    {
        if (!(maximum >= 0)) Errors.OutOfRange(nameof(maximum), maximum, $"ClipByGlobalNorm: the maximum is 0 or more, not {maximum}.");
        double norm = GlobalNorm(p);
        if (!double.IsFinite(norm)) ThrowFirst(static value => !T.IsFinite(value), "ClipByGlobalNorm");
        double factor = maximum / (norm + 1e-6);
        if (factor >= 1) return norm;
        RequireChangeable("ClipByGlobalNorm");
        foreach (GradientEntry<T> entry in Store.Entries.Values)
        {
            Span<T> values = entry.Changing;

            // A factor too small for T would turn all gradients to zero; in two steps it does not.
            if (factor >= 1e-30)
            {
                Elementwise.Unary<MultiplyScalarFunction, T>(values, values, new(factor));
            }
            else
            {
                Elementwise.Unary<MultiplyScalarFunction, T>(values, values, new(Math.Sqrt(factor)));
                Elementwise.Unary<MultiplyScalarFunction, T>(values, values, new(Math.Sqrt(factor)));
            }
        }

        return norm;
    }

    /// <summary>Limits each gradient number to [−<paramref name="maximum"/>, <paramref name="maximum"/>].</summary>
    /// <param name="maximum">The largest magnitude allowed, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The maximum is negative or NaN.</exception>
    /// <exception cref="NonFiniteException">A gradient is NaN; nothing was changed. The message names it.</exception>
    public void ClipByValue(double maximum)
    {
        if (!(maximum >= 0)) Errors.OutOfRange(nameof(maximum), maximum, $"ClipByValue: the maximum is 0 or more, not {maximum}.");
        if (double.IsNaN(GlobalNorm(double.PositiveInfinity))) ThrowFirst(T.IsNaN, "ClipByValue");
        RequireChangeable("ClipByValue");
        foreach (GradientEntry<T> entry in Store.Entries.Values)
        {
            Span<T> values = entry.Changing;
            Elementwise.Unary<ClampFunction, T>(values, values, new(-maximum, maximum));
        }
    }

    private static double PowerSum(ReadOnlySpan<T> values, double p)
    {
        double sum = 0;
        if (p == 2) return Reductions.SumOfSquares(values);
        foreach (T value in values) sum += p == 1 ? Math.Abs(double.CreateTruncating(value)) : Math.Pow(Math.Abs(double.CreateTruncating(value)), p);
        return sum;
    }

    private static double LargestMagnitude(ReadOnlySpan<T> values) =>
        values.IsEmpty ? 0 : double.CreateTruncating(T.Abs(TensorPrimitives.MaxMagnitude(values)));

    private void RequireChangeable(string what)
    {
        if (Store.IsRecorded) Errors.Invalid($"{what}: gradients made with createGraph are part of the graph and are not changed in place. Scale them with operators.");
    }

    private void ThrowFirst(Func<T, bool> isRefused, string what)
    {
        foreach ((int key, GradientEntry<T> entry) in Store.Entries)
        {
            ReadOnlySpan<T> values = entry.Storage is null ? entry.Recorded.Span : entry.Values;
            for (int i = 0; i < values.Length; i++)
            {
                if (isRefused(values[i])) throw new NonFiniteException($"{what}: the gradient of {Store.NameOf(key)} is {values[i]} at position {i}. Lower the learning rate, or look for the step that made it.");
            }
        }

        throw new NonFiniteException($"{what}: the norm of the gradients is too large for a double. Lower the learning rate.");
    }
}
