namespace Autograd.Tests;

/// <summary>Linear algebra by plain loops over batches of matrices, for references.</summary>
internal static class Matrices
{
    /// <summary>f of each matrix of a batch [..., n, m], side by side; all results have one shape.</summary>
    public static Nd Each(Nd batch, int[] resultSizes, Func<Nd, Nd> f)
    {
        int[] outer = batch.Sizes[..^2], inner = batch.Sizes[^2..];
        int area = inner[0] * inner[1], count = outer.Aggregate(1, static (product, size) => product * size);
        return Nd.Of([.. outer, .. resultSizes], [.. Enumerable.Range(0, count).SelectMany(i => f(Nd.Of(inner, batch.Data[(i * area)..((i + 1) * area)])).Data)]);
    }

    /// <summary>The solution of A X = B by Gauss elimination with row exchanges.</summary>
    public static Nd Solve(Nd a, Nd b)
    {
        int n = a.Sizes[0], columns = b.Sizes[1];
        Nd left = a.Map(static x => x), right = b.Map(static x => x);
        for (int pivot = 0; pivot < n; pivot++)
        {
            int best = Enumerable.Range(pivot, n - pivot).MaxBy(row => Math.Abs(left[row, pivot].Value));
            for (int k = 0; k < n; k++) (left[pivot, k], left[best, k]) = (left[best, k], left[pivot, k]);
            for (int k = 0; k < columns; k++) (right[pivot, k], right[best, k]) = (right[best, k], right[pivot, k]);
            for (int row = 0; row < n; row++)
            {
                if (row == pivot) continue;
                Real factor = left[row, pivot] / left[pivot, pivot];
                for (int k = 0; k < n; k++) left[row, k] -= factor * left[pivot, k];
                for (int k = 0; k < columns; k++) right[row, k] -= factor * right[pivot, k];
            }
        }

        return Nd.Build(b.Sizes, index => right[index] / left[index[0], index[0]]);
    }

    /// <summary>The determinant by expansion along the first row, which divides by nothing.</summary>
    public static Real Determinant(Nd a)
    {
        int n = a.Sizes[0];
        if (n == 0) return 1;
        Real sum = 0;
        for (int column = 0; column < n; column++)
        {
            int without = column;
            Nd minor = Nd.Build([n - 1, n - 1], index => a[index[0] + 1, index[1] < without ? index[1] : index[1] + 1]);
            Real term = a[0, column] * Determinant(minor);
            sum += column % 2 == 0 ? term : -term;
        }

        return sum;
    }

    public static Nd Identity(int n) => Nd.Build([n, n], static index => index[0] == index[1] ? 1 : 0);

    public static Nd Transpose(Nd a) => Nd.Build([a.Sizes[1], a.Sizes[0]], index => a[index[1], index[0]]);

    /// <summary>Random numbers turned into matrices far from singular whose largest elements stand one row below the diagonal, so that rows must be exchanged.</summary>
    public static Nd Regular(Nd random) => Nd.Build(random.Sizes, index =>
        random[index] + ((index[^1] + 1) % random.Sizes[^1] == index[^2] ? random.Sizes[^1] + 1 : 0));

    /// <summary>Random numbers turned into matrices with large positive diagonals: determinants are positive, and symmetric parts positive definite.</summary>
    public static Nd Dominant(Nd random) => Nd.Build(random.Sizes, index => random[index] + (index[^1] == index[^2] ? (2 * random.Sizes[^1]) + 1 : 0));

    /// <summary>Random numbers turned into singular matrices of whole numbers: the last row is the sum of the others.</summary>
    public static Nd Singular(Nd random)
    {
        Nd whole = random.Map(static x => Math.Round(2 * x.Value));
        return Nd.Build(whole.Sizes, index =>
        {
            if (index[^2] < whole.Sizes[^1] - 1) return whole[index];
            Real sum = 0;
            for (int row = 0; row < whole.Sizes[^1] - 1; row++) sum += whole[[.. index[..^2], row, index[^1]]];
            return sum;
        });
    }
}
