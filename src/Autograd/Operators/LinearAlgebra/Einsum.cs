using System.Numerics;

namespace Autograd;

public static partial class Variable
{
    /// <summary>
    /// Einstein's sum: names each axis of each operand by a letter, multiplies elements that agree in their letters, and sums
    /// over the letters that the result does not name. <c>Einsum("bij,bjk->bik", x, y)</c> is a batch of matrix products.
    /// </summary>
    /// <param name="equation">
    /// The letters of each operand, separated by commas, then <c>-&gt;</c> and those of the result. A letter twice in one operand
    /// takes the diagonal. Blanks are ignored; there is no ellipsis.
    /// </param>
    /// <param name="operands">One operand or more. An axis of size 1 stretches to the size its letter has elsewhere.</param>
    /// <returns>The sums, with the axes in the order of the result's letters.</returns>
    /// <remarks>
    /// Two operands at a time, the cheapest pair first, are brought together by one batch of matrix products; a letter that only one
    /// of them has is summed before. Axes are copied only where no order of a product's axes fits.
    /// </remarks>
    /// <exception cref="ArgumentException">The equation cannot be read, or does not match the number or the ranks of the operands.</exception>
    /// <exception cref="ShapeException">One letter stands for different sizes.</exception>
    public static Variable<T> Einsum<T>(string equation, params ReadOnlySpan<Variable<T>> operands)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(equation);
        (string[] terms, string result) = EinsumEquation.Read(equation, operands.Length);
        Dictionary<char, int> sizes = [];
        for (int i = 0; i < terms.Length; i++) EinsumEquation.Measure(equation, terms[i], operands[i].Shape, sizes);
        List<EinsumTerm<T>> open = [];
        for (int i = 0; i < terms.Length; i++) open.Add(new EinsumTerm<T>(operands[i], terms[i]).WithoutStretched(sizes).WithDiagonals());
        while (open.Count > 1)
        {
            (int first, int second) = EinsumEquation.CheapestPair(open.ConvertAll(static term => term.Letters), sizes);
            EinsumTerm<T> left = open[first], right = open[second];
            open.RemoveAt(second);
            open.RemoveAt(first);
            string needed = result + string.Concat(open.Select(static term => term.Letters));
            open.Insert(first, EinsumTerm<T>.Product(left.Keep(needed + right.Letters), right.Keep(needed + left.Letters), needed, result));
        }

        return open[0].Keep(result).InOrder(result).Value;
    }
}

/// <summary>The text of an equation, and what can be told from it.</summary>
internal static class EinsumEquation
{
    /// <summary>The letters of each operand, and of the result.</summary>
    public static (string[] Terms, string Result) Read(string equation, int operands)
    {
        string text = equation.Replace(" ", string.Empty, StringComparison.Ordinal);
        int arrow = text.IndexOf("->", StringComparison.Ordinal);
        if (arrow < 0) Errors.Argument($"Einsum: the equation '{equation}' has no '->'. Write the letters of the result behind one, as in \"ij,jk->ik\".");
        string[] terms = text[..arrow].Split(',');
        string result = text[(arrow + 2)..];
        foreach (char letter in text.Remove(arrow, 2))
        {
            if (!char.IsAsciiLetter(letter) && letter != ',') Errors.Argument($"Einsum: the equation '{equation}' has '{letter}' where a letter is wanted. Axes are named by letters; there is no ellipsis.");
        }

        if (terms.Length != operands) Errors.Argument($"Einsum: the equation '{equation}' names {terms.Length} operands, but {operands} were given.");
        for (int i = 0; i < result.Length; i++)
        {
            char letter = result[i];
            if (!Array.Exists(terms, term => term.Contains(letter, StringComparison.Ordinal))) Errors.Argument($"Einsum: the result of '{equation}' has the letter '{letter}', which no operand has.");
            if (result.IndexOf(letter, i + 1) >= 0) Errors.Argument($"Einsum: the result of '{equation}' has the letter '{letter}' twice; each axis of a result needs its own.");
        }

        return (terms, result);
    }

    /// <summary>Notes the size of each letter of an operand.</summary>
    public static void Measure(string equation, string letters, Shape shape, Dictionary<char, int> sizes)
    {
        if (letters.Length != shape.Rank) Errors.Argument($"Einsum: '{letters}' of the equation '{equation}' names {letters.Length} axes, but its operand has shape {shape}.");
        for (int axis = 0; axis < letters.Length; axis++)
        {
            char letter = letters[axis];
            int known = sizes.GetValueOrDefault(letter, 1), first = letters.IndexOf(letter, StringComparison.Ordinal);
            if ((known != shape[axis] && known != 1 && shape[axis] != 1) || shape[first] != shape[axis])
            {
                int other = shape[first] != shape[axis] ? shape[first] : known;
                Errors.Shape($"Einsum: the letter '{letter}' of the equation '{equation}' stands for size {other} and, in the operand of shape {shape}, for size {shape[axis]}.");
            }

            if (known == 1) sizes[letter] = shape[axis];
        }
    }

    /// <summary>The two terms with the least multiplications; the first of equals.</summary>
    public static (int First, int Second) CheapestPair(List<string> terms, Dictionary<char, int> sizes)
    {
        (int First, int Second) best = (0, 1);
        double least = double.PositiveInfinity;
        for (int first = 0; first < terms.Count; first++)
        {
            for (int second = first + 1; second < terms.Count; second++)
            {
                double cost = terms[first].Union(terms[second]).Aggregate(1.0, (product, letter) => product * sizes[letter]);
                if (cost < least) (least, best) = (cost, (first, second));
            }
        }

        return best;
    }
}

/// <summary>A value on its way through an equation, with the letters of its axes.</summary>
internal readonly record struct EinsumTerm<T>(Variable<T> Value, string Letters)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The product of two terms, summed over the letters both have and nobody needs.</summary>
    /// <param name="left">The first term; all its letters are needed or in the second.</param>
    /// <param name="right">The second term, likewise.</param>
    /// <param name="needed">The letters that are still needed.</param>
    /// <param name="result">The letters of the whole equation's result, for the order of axes.</param>
    public static EinsumTerm<T> Product(EinsumTerm<T> left, EinsumTerm<T> right, string needed, string result)
    {
        // The side whose letter comes last in the result is on the right, so that the product has its axes in order.
        string alone = string.Concat(left.Letters.Except(right.Letters));
        if (result.Length > 0 && alone.Contains(result[^1], StringComparison.Ordinal)) (left, right) = (right, left);
        string both = string.Concat(left.Letters.Intersect(right.Letters));
        string batch = string.Concat(both.Where(letter => needed.Contains(letter, StringComparison.Ordinal))), inner = string.Concat(both.Except(batch));
        string rows = string.Concat(left.Letters.Except(both)), columns = string.Concat(right.Letters.Except(both));
        if (inner.Length == 0 && (rows.Length == 0 || columns.Length == 0))
        {
            EinsumTerm<T> narrow = rows.Length == 0 ? left : right, wide = rows.Length == 0 ? right : left;
            return wide with { Value = wide.Value * narrow.Spread(wide.Letters) };
        }

        (Variable<T> a, bool transposeA) = left.Matrices(batch, rows, inner);
        (Variable<T> b, bool transposeB) = right.Matrices(batch, inner, columns);
        Variable<T> product = MatMulOperation<T>.Apply(a, b, transposeA, transposeB);
        Shape shape = new([.. left.Sizes(batch), .. left.Sizes(rows), .. right.Sizes(columns)]);
        return new EinsumTerm<T>(product.Reshape(shape), batch + rows + columns);
    }

    /// <summary>Without the axes of size 1 whose letter has another size elsewhere: the value does not depend on them.</summary>
    public EinsumTerm<T> WithoutStretched(Dictionary<char, int> sizes)
    {
        Shape shape = Value.Shape;
        string letters = Letters;
        int[] stretched = [.. Enumerable.Range(0, letters.Length).Where(axis => shape[axis] != sizes[letters[axis]])];
        if (stretched.Length == 0) return this;
        return new EinsumTerm<T>(Value.Squeeze(stretched), string.Concat(letters.Where((_, axis) => !stretched.Contains(axis))));
    }

    /// <summary>With each letter once: where two axes have one letter, the diagonal of both, as the last axis.</summary>
    public EinsumTerm<T> WithDiagonals()
    {
        EinsumTerm<T> term = this;
        while (term.Letters.Distinct().Count() < term.Letters.Length)
        {
            string letters = term.Letters;
            int second = Enumerable.Range(0, letters.Length).First(axis => letters.IndexOf(letters[axis], StringComparison.Ordinal) < axis);
            int first = letters.IndexOf(letters[second], StringComparison.Ordinal), size = term.Value.Shape[first];
            int[] others = [.. Enumerable.Range(0, letters.Length).Where(axis => axis != first && axis != second)];
            Variable<T> value = term.Value.Permute([.. others, first, second]);
            Shape flat = new([.. value.Shape.Sizes[..^2], size * size]);
            int[] starts = new int[flat.Rank], steps = [.. Enumerable.Repeat(1, flat.Rank - 1), size + 1];
            value = value.Reshape(flat).Slice(starts, new int?[flat.Rank], steps);
            term = new EinsumTerm<T>(value, string.Concat(others.Select(axis => letters[axis])) + letters[second]);
        }

        return term;
    }

    /// <summary>Summed over the letters that are not among <paramref name="needed"/>.</summary>
    public EinsumTerm<T> Keep(string needed)
    {
        string letters = Letters;
        int[] axes = [.. Enumerable.Range(0, letters.Length).Where(axis => !needed.Contains(letters[axis], StringComparison.Ordinal))];
        if (axes.Length == 0) return this;
        return new EinsumTerm<T>(Value.Sum(axes), string.Concat(letters.Where((_, axis) => !axes.Contains(axis))));
    }

    /// <summary>With the axes in another order of the same letters.</summary>
    public EinsumTerm<T> InOrder(string letters)
    {
        string own = Letters;
        return letters == own ? this : new EinsumTerm<T>(Value.Permute([.. letters.Select(letter => own.IndexOf(letter, StringComparison.Ordinal))]), letters);
    }

    /// <summary>The value with an axis of size 1 for each of the letters that it lacks, to multiply it with a value that has them all.</summary>
    private Variable<T> Spread(string letters)
    {
        string own = Letters;
        EinsumTerm<T> ordered = InOrder(string.Concat(letters.Where(letter => own.Contains(letter, StringComparison.Ordinal))));
        Shape shape = ordered.Value.Shape;
        int axis = 0;
        return ordered.Value.Reshape(new Shape([.. letters.Select(letter => own.Contains(letter, StringComparison.Ordinal) ? shape[axis++] : 1)]));
    }

    /// <summary>As a batch of matrices, [batch, rows, columns] or, if that needs no copy, [batch, columns, rows] with the flag that says so.</summary>
    private (Variable<T> Matrices, bool Transposed) Matrices(string batch, string rows, string columns)
    {
        bool transposed = Letters != batch + rows + columns && Letters == batch + columns + rows;
        EinsumTerm<T> ordered = InOrder(transposed ? Letters : batch + rows + columns);
        int count = Count(batch), height = Count(rows), width = Count(columns);
        return (ordered.Value.Reshape(transposed ? [count, width, height] : [count, height, width]), transposed);
    }

    private int[] Sizes(string letters)
    {
        (string own, Shape shape) = (Letters, Value.Shape);
        return [.. letters.Select(letter => shape[own.IndexOf(letter, StringComparison.Ordinal)])];
    }

    private int Count(string letters) => Sizes(letters).Aggregate(1, static (product, size) => product * size);
}
