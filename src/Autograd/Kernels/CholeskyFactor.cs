using System.Numerics;
using MathNet.Numerics.Providers.LinearAlgebra;

namespace Autograd.Kernels;

/// <summary>The Cholesky factor of a symmetric positive definite matrix, in double for every element type. MathNet cuts the work.</summary>
internal static class CholeskyFactor
{
    /// <summary>Y = L, lower triangular, with L Lᵀ = (A + Aᵀ)/2; false if that is not positive definite or has NaN.</summary>
    internal static bool TryFactor<T>(ReadOnlySpan<T> a, int n, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0) return true;
        double[] factor = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) factor[(i * n) + j] = (double.CreateTruncating(a[(i * n) + j]) * 0.5) + (double.CreateTruncating(a[(j * n) + i]) * 0.5);
        }

        try
        {
            // The managed code whatever provider the process has chosen, so that the bits are the same everywhere.
            ManagedLinearAlgebraProvider.Instance.CholeskyFactor(factor, n);
        }
        catch (ArgumentException)
        {
            return false; // what it throws for a pivot that is not above zero
        }

        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double element = j <= i ? factor[(j * n) + i] : 0;
                if (double.IsNaN(element)) return false;
                y[(i * n) + j] = T.CreateTruncating(element);
            }
        }

        return true;
    }
}
