using System.Numerics;
using MathNet.Numerics.Providers.LinearAlgebra;

namespace Autograd.Kernels;

/// <summary>
/// The factors P A = L U of a batch of square matrices, with partial pivoting. In double for every element type, by the
/// managed code of MathNet.Numerics whatever provider the process has chosen, so that the bits are the same everywhere.
/// </summary>
/// <remarks>
/// A pivot is taken for zero when rounding alone explains it: when none of the candidates of its column is larger than
/// <see cref="Rounding"/> · n · ε · Σ |l| |u|, the bound on what cancellation leaves (Higham, Accuracy and Stability of Numerical
/// Algorithms, 2nd ed., theorem 9.3). The bound follows the scale of each row, so small matrices are not taken for singular.
/// </remarks>
internal sealed class LuFactors
{
    /// <summary>How often the first-order bound on rounding is allowed for, since an ill-conditioned leading block enlarges it.</summary>
    private const int Rounding = 4;

    private const double Epsilon = 2.220446049250313e-16; // 2⁻⁵²

    private readonly double[] _packed; // each matrix row-major: L below the diagonal, whose own diagonal is 1, and U above
    private readonly int[] _order; // row i of P A is row _order[i] of A
    private readonly bool[] _odd;
    private readonly bool[] _singular;

    private LuFactors(int count, int n)
    {
        Count = count;
        Size = n;
        _packed = new double[(long)count * n * n];
        _order = new int[count * n];
        _odd = new bool[count];
        _singular = new bool[count];
    }

    /// <summary>The number of matrices.</summary>
    public int Count { get; }

    /// <summary>The number of rows of each.</summary>
    public int Size { get; }

    /// <summary>The first singular matrix of the batch; −1 if there is none.</summary>
    public int FirstSingular => Array.IndexOf(_singular, true);

    /// <summary>Factors <paramref name="count"/> matrices [n, n] that lie row by row, one after the other.</summary>
    public static LuFactors Of<T>(ReadOnlySpan<T> a, int count, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        LuFactors factors = new(count, n);
        if (n == 0) return factors;
        double[] columns = new double[n * n];
        int[] swaps = new int[n];
        for (int matrix = 0; matrix < count; matrix++)
        {
            Turn(a.Slice(matrix * n * n, n * n), n, columns);
            ManagedLinearAlgebraProvider.Instance.LUFactor(columns, n, swaps);
            Turn<double>(columns, n, factors.Packed(matrix));
            Span<int> order = factors._order.AsSpan(matrix * n, n);
            for (int i = 0; i < n; i++) order[i] = i;
            for (int i = 0; i < n; i++)
            {
                if (swaps[i] == i) continue;
                (order[i], order[swaps[i]]) = (order[swaps[i]], order[i]);
                factors._odd[matrix] ^= true;
            }

            factors.FindZeroPivots(matrix);
        }

        return factors;
    }

    public bool IsSingular(int matrix) => _singular[matrix];

    /// <summary>The determinant; 0 if the matrix is singular, 1 if it has no rows.</summary>
    public double Determinant(int matrix)
    {
        if (_singular[matrix]) return 0;
        double product = _odd[matrix] ? -1 : 1;
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int i = 0; i < Size; i++) product *= lu[(i * Size) + i];
        return product;
    }

    /// <summary>The sign of the determinant: −1, 0 or 1, or NaN.</summary>
    public double Sign(int matrix)
    {
        if (_singular[matrix]) return 0;
        double sign = _odd[matrix] ? -1 : 1;
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int i = 0; i < Size; i++)
        {
            double pivot = lu[(i * Size) + i];
            sign *= double.IsNaN(pivot) ? pivot : Math.Sign(pivot);
        }

        return sign;
    }

    /// <summary>log |determinant|; −∞ if the matrix is singular. Neither overflows nor underflows.</summary>
    public double LogAbsoluteDeterminant(int matrix)
    {
        if (_singular[matrix]) return double.NegativeInfinity;
        double sum = 0;
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int i = 0; i < Size; i++) sum += Math.Log(Math.Abs(lu[(i * Size) + i]));
        return sum;
    }

    /// <summary>Y[n, columns] = A⁻¹ B, or A⁻ᵀ B. The matrix must not be singular.</summary>
    public void Solve<T>(int matrix, bool transposed, int columns, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] x = new double[Size * columns];
        ReadOnlySpan<double> lu = Packed(matrix);
        ReadOnlySpan<int> order = _order.AsSpan(matrix * Size, Size);
        for (int row = 0; row < Size; row++)
        {
            int source = transposed ? row : order[row];
            for (int column = 0; column < columns; column++) x[(row * columns) + column] = double.CreateTruncating(b[(source * columns) + column]);
        }

        // A = Pᵀ L U, so A⁻¹ = U⁻¹ L⁻¹ P and A⁻ᵀ = Pᵀ L⁻ᵀ U⁻ᵀ.
        TriangularSolve.Solve(upper: transposed, transposed, unit: !transposed, Size, columns, lu, x);
        TriangularSolve.Solve(upper: !transposed, transposed, unit: transposed, Size, columns, lu, x);
        for (int row = 0; row < Size; row++)
        {
            int target = transposed ? order[row] : row;
            for (int column = 0; column < columns; column++) y[(target * columns) + column] = T.CreateTruncating(x[(row * columns) + column]);
        }
    }

    /// <summary>
    /// Y[n, n] = A⁻¹. That of a singular matrix is its adjugate divided by 0: infinite, or NaN where the adjugate is 0.
    /// </summary>
    public void Inverse<T>(int matrix, ReadOnlySpan<T> a, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        y.Clear();
        if (!_singular[matrix])
        {
            for (int i = 0; i < Size; i++) y[(i * Size) + i] = T.One;
            Solve(matrix, transposed: false, Size, (ReadOnlySpan<T>)y, y);
            return;
        }

        Cofactors(matrix, a, y);
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < i; j++) (y[(i * Size) + j], y[(j * Size) + i]) = (y[(j * Size) + i], y[(i * Size) + j]);
        }

        foreach (ref T element in y) element /= T.Zero;
    }

    /// <summary>
    /// Y[n, n] = the matrix of cofactors, the gradient of the determinant: det(A) A⁻ᵀ. For a singular A = U S Vᵀ it is
    /// det(U) det(V) U S′ Vᵀ, where S′ has on its diagonal the products of all the other singular values, rank one or zero.
    /// </summary>
    public void Cofactors<T>(int matrix, ReadOnlySpan<T> a, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = Size;
        if (!_singular[matrix])
        {
            y.Clear();
            T determinant = T.CreateTruncating(Determinant(matrix));
            for (int i = 0; i < n; i++) y[(i * n) + i] = determinant;
            Solve(matrix, transposed: true, n, (ReadOnlySpan<T>)y, y);
            return;
        }

        SingularValues svd = SingularValues.Of(a, n);
        double[] scaled = new double[n * n], result = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            double others = svd.Orientation;
            for (int j = 0; j < n; j++) if (j != i) others *= svd.Values[j];
            for (int row = 0; row < n; row++) scaled[(row * n) + i] = svd.Left[(row * n) + i] * others;
        }

        Gemm.Multiply<double>(false, true, n, n, n, scaled, n, svd.Right, n, result, n);
        for (int i = 0; i < result.Length; i++) y[i] = T.CreateTruncating(result[i]);
    }

    /// <summary>Copies a matrix into its transpose, in double.</summary>
    internal static void Turn<T>(ReadOnlySpan<T> source, int n, Span<double> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column < n; column++) target[(column * n) + row] = double.CreateTruncating(source[(row * n) + column]);
        }
    }

    private Span<double> Packed(int matrix) => _packed.AsSpan(matrix * Size * Size, Size * Size);

    private void FindZeroPivots(int matrix)
    {
        int n = Size;
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int pivot = 0; pivot < n; pivot++)
        {
            // Of the rows that could have given the pivot, which stands first, one that is larger than its rounding is enough.
            bool zero = true;
            for (int row = pivot; zero && row < n; row++)
            {
                double cancelled = 0, candidate = Math.Abs(lu[(pivot * n) + pivot]);
                if (row > pivot) candidate *= Math.Abs(lu[(row * n) + pivot]);
                for (int k = 0; k < pivot; k++) cancelled += Math.Abs(lu[(row * n) + k] * lu[(k * n) + pivot]);
                zero = candidate <= Rounding * n * Epsilon * cancelled;
            }

            _singular[matrix] |= zero;
        }
    }
}
