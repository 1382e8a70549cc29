using System.Numerics;
using MathNet.Numerics.Providers.LinearAlgebra;

namespace Autograd.Kernels;

/// <summary>The decomposition A = U S Vᵀ of one square matrix, in double. MathNet cuts the work.</summary>
/// <param name="Left">U, row-major.</param>
/// <param name="Values">The diagonal of S, falling.</param>
/// <param name="Right">V, row-major.</param>
/// <param name="Orientation">det(U) det(V): 1 or −1.</param>
internal sealed record SingularValues(double[] Left, double[] Values, double[] Right, int Orientation)
{
    public static SingularValues Of<T>(ReadOnlySpan<T> a, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] columns = new double[n * n], values = new double[n], u = new double[n * n], vt = new double[n * n], left = new double[n * n];
        LuFactors.Turn(a, n, columns);
        ManagedLinearAlgebraProvider.Instance.SingularValueDecomposition(true, columns, n, n, values, u, vt);
        LuFactors.Turn<double>(u, n, left); // Vᵀ by columns is V by rows
        double orientation = LuFactors.Of<double>(left, 1, n).Sign(0) * LuFactors.Of<double>(vt, 1, n).Sign(0);
        return new SingularValues(left, values, vt, orientation < 0 ? -1 : 1);
    }
}
