using System.Numerics;
using System.Numerics.Tensors;
using MathNet.Numerics.Providers.LinearAlgebra;

namespace Autograd.Kernels;

/// <summary>
/// The factors P A = L U of a batch of square matrices, with partial pivoting. In double for every element type, by the
/// managed code of MathNet.Numerics whatever provider the process has chosen, so that the bits are the same everywhere;
/// it cuts the work of one matrix, and matrices follow each other.
/// </summary>
/// <remarks>
/// The determinant is the product of the pivots as they are. Solutions and inverses are refused, and cofactors found by singular
/// values, where the matrix is singular to working precision: a pivot is 0, or rounding alone can explain one. The factors are those
/// of A + E with |E| ≤ n ε |L| |U| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 9.3), which to first order
/// moves pivot i by a share of at most n ε (|L⁻¹| |L| |U| |U⁻¹|)ᵢᵢ: if that reaches 1, no digit of it is left. Scaling rows or
/// columns changes nothing of this, so small or unbalanced matrices are not taken for singular.
/// </remarks>
internal sealed class LuFactors
{
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
        PivotCheck check = new(n * n);
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

            factors._singular[matrix] = factors.LosesAPivot(matrix, check);
        }

        return factors;
    }

    public bool IsSingular(int matrix) => _singular[matrix];

    /// <summary>The determinant: the product of the pivots, 0 if one is 0, 1 if there are no rows.</summary>
    public double Determinant(int matrix)
    {
        if (HasZeroPivot(matrix)) return 0;
        double product = _odd[matrix] ? -1 : 1;
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int i = 0; i < Size; i++) product *= lu[(i * Size) + i];
        return product;
    }

    /// <summary>The sign of the determinant: −1, 0 or 1, or NaN.</summary>
    public double Sign(int matrix)
    {
        if (HasZeroPivot(matrix)) return 0;
        double sign = _odd[matrix] ? -1 : 1;
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int i = 0; i < Size; i++)
        {
            double pivot = lu[(i * Size) + i];
            sign *= double.IsNaN(pivot) ? pivot : Math.Sign(pivot);
        }

        return sign;
    }

    /// <summary>log |determinant|: the sum of the logarithms of the pivots, −∞ if one is 0. Neither overflows nor underflows.</summary>
    public double LogAbsoluteDeterminant(int matrix)
    {
        if (HasZeroPivot(matrix)) return double.NegativeInfinity;
        double sum = 0;
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int i = 0; i < Size; i++) sum += Math.Log(Math.Abs(lu[(i * Size) + i]));
        return sum;
    }

    /// <summary>Y[n, columns] = A⁻¹ B, or A⁻ᵀ B. No pivot may be 0.</summary>
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
    /// Y[n, n] = A⁻¹. That of a matrix with a pivot of 0 is its adjugate divided by 0: infinite, or NaN where the adjugate is 0.
    /// </summary>
    public void Inverse<T>(int matrix, ReadOnlySpan<T> a, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        y.Clear();
        if (!HasZeroPivot(matrix))
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
    /// Y[n, n] = the matrix of cofactors, the gradient of the determinant: det(A) A⁻ᵀ. For A = U S Vᵀ singular to working precision it is
    /// det(U) det(V) U S′ Vᵀ, where S′ has on its diagonal the products of all the other singular values.
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

    private bool HasZeroPivot(int matrix)
    {
        ReadOnlySpan<double> lu = Packed(matrix);
        for (int i = 0; i < Size; i++) if (lu[(i * Size) + i] == 0) return true;
        return false;
    }

    private bool LosesAPivot(int matrix, PivotCheck check)
    {
        int n = Size;
        ReadOnlySpan<double> lu = Packed(matrix);
        if (HasZeroPivot(matrix)) return true;
        check.Lower.AsSpan().Clear();
        check.Upper.AsSpan().Clear();
        for (int i = 0; i < n; i++) check.Lower[(i * n) + i] = check.Upper[(i * n) + i] = 1;
        TriangularSolve.Solve(upper: false, transposed: false, unit: true, n, n, lu, check.Lower);
        TriangularSolve.Solve(upper: true, transposed: false, unit: false, n, n, lu, check.Upper);
        TensorPrimitives.Abs(check.Lower, check.Lower);
        TensorPrimitives.Abs(check.Upper, check.Upper);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double element = Math.Abs(lu[(i * n) + j]);
                check.LowerFactor[(i * n) + j] = j < i ? element : j == i ? 1 : 0;
                check.UpperFactor[(i * n) + j] = j < i ? 0 : element;
            }
        }

        Gemm.Multiply<double>(false, false, n, n, n, check.Lower, n, check.LowerFactor, n, check.Rows, n);
        Gemm.Multiply<double>(false, false, n, n, n, check.UpperFactor, n, check.Upper, n, check.Columns, n);
        for (int i = 0; i < n; i++)
        {
            double share = 0;
            for (int k = 0; k <= i; k++) share += check.Rows[(i * n) + k] * check.Columns[(k * n) + i];
            if (n * Epsilon * share >= 1) return true;
        }

        return false;
    }

    /// <summary>Memory for the check of pivots: |L⁻¹|, |U⁻¹|, |L|, |U|, |L⁻¹| |L| and |U| |U⁻¹|.</summary>
    private sealed class PivotCheck(int area)
    {
        public double[] Lower { get; } = new double[area];

        public double[] Upper { get; } = new double[area];

        public double[] LowerFactor { get; } = new double[area];

        public double[] UpperFactor { get; } = new double[area];

        public double[] Rows { get; } = new double[area];

        public double[] Columns { get; } = new double[area];
    }
}
