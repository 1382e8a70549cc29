using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd.Kernels;

/// <summary>Solves systems with triangular row-major matrices by substitution.</summary>
/// <remarks>
/// On one thread and without blocking: rows of A are read in order, and vectors run along the rows of X, or of A for one column.
/// </remarks>
internal static class TriangularSolve
{
    /// <summary>
    /// Puts op(A)⁻¹ X in place of X[n, columns], for an A[n, n] of which only the upper or the lower triangle is read. A unit
    /// triangle has ones on its diagonal, which is then not read. Each element of the result depends on its own column alone.
    /// </summary>
    internal static void Solve<T>(bool upper, bool transposed, bool unit, int n, int columns, ReadOnlySpan<T> a, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (columns == 0) return;
        bool down = upper == transposed; // a lower triangle, or an upper one turned, is solved from the first row on
        for (int step = 0; step < n; step++)
        {
            int i = down ? step : n - 1 - step, from = down ? 0 : i + 1, until = down ? i : n;
            if (!transposed) Gather(a.Slice(i * n, n), from, until, columns, x, i);
            if (!unit) TensorPrimitives.Divide(x.Slice(i * columns, columns), a[(i * n) + i], x.Slice(i * columns, columns));
            if (transposed) Scatter(a.Slice(i * n, n), down ? i + 1 : 0, down ? n : i, columns, x, i);
        }
    }

    /// <summary>Takes from row i of X what the rows solved before it contribute.</summary>
    private static void Gather<T>(ReadOnlySpan<T> row, int from, int until, int columns, Span<T> x, int i)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (columns == 1)
        {
            x[i] -= TensorPrimitives.Dot(row[from..until], x[from..until]);
            return;
        }

        Span<T> target = x.Slice(i * columns, columns);
        for (int j = from; j < until; j++) TensorPrimitives.MultiplyAdd(x.Slice(j * columns, columns), -row[j], target, target);
    }

    /// <summary>Takes what row i of X, which is solved, contributes from the rows still to be solved.</summary>
    private static void Scatter<T>(ReadOnlySpan<T> row, int from, int until, int columns, Span<T> x, int i)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (columns == 1)
        {
            TensorPrimitives.MultiplyAdd(row[from..until], -x[i], x[from..until], x[from..until]);
            return;
        }

        ReadOnlySpan<T> solved = x.Slice(i * columns, columns);
        for (int j = from; j < until; j++)
        {
            Span<T> target = x.Slice(j * columns, columns);
            TensorPrimitives.MultiplyAdd(solved, -row[j], target, target);
        }
    }
}
