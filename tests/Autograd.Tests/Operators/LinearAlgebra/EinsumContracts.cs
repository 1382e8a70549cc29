namespace Autograd.Tests;

/// <summary>Einstein's sum, against one loop over all letters.</summary>
public sealed class EinsumContract : OperatorContract<string>
{
    public override Type[] Operations => [typeof(MatMulOperation<>), typeof(PermuteOperation<>), typeof(SumOperation<>), typeof(SliceOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 4e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        At("ij,jk->ik", N(3, 4), N(4, 2)), At("ij,jk->ki", N(3, 4), N(4, 2)), At("bij,bkj->bik", N(2, 3, 4), N(2, 2, 4)), At("ibj,kjb->bik", N(3, 2, 4), N(2, 4, 2)), At("ij,kj->", N(2, 3), N(2, 3)),
        At("ii->i", N(3, 3)), At("ii->", N(3, 3)), At("iji->j", N(2, 3, 2)), At("iii->i", N(2, 2, 2)), At("ijij->ji", N(2, 3, 2, 3)), At("ij->", N(2, 3)), At("ij->ji", N(2, 3)), At("ijk->kj", N(2, 3, 2)), At("->", N()),
        At("i,i->i", N(3), N(3)), At("i,i->", N(3), N(3)), At("i,j->ij", N(2), N(3)), At("i,j->ji", N(2), N(3)), At("i,j->", N(2), N(3)), At(",i->i", N(), N(3)), At("ij,i->ij", N(2, 3), N(2)), At("ij,j->ji", N(2, 3), N(3)), At("ii,i->i", N(3, 3), N(3)),
        At("bi,bi->b", N(2, 3), N(2, 3)), At("bij,b->ij", N(2, 3, 2), N(2)), At("ab,b->ba", N(2, 3), N(3)), At("abc,abc->cab", N(2, 2, 3), N(2, 2, 3)),
        At("i,j,ij->", N(3), N(4), N(3, 4)), At("ij,jk,kl->il", N(2, 3), N(3, 2), N(2, 3)), At("ij,ik,il->jkl", N(2, 2), N(2, 3), N(2, 2)), At("i,i,i->i", N(3), N(3), N(3)), At("bi,bj,bij->b", N(2, 2), N(2, 3), N(2, 2, 3)), At("ii,jj,ij->", N(2, 2), N(3, 3), N(2, 3)),
        At("ij,jk,kl,lm->im", N(2, 2), N(2, 3), N(3, 2), N(2, 2)),
        At("ij,jk->ik", N(2, 0), N(0, 3)), At("ij,jk->ik", N(0, 2), N(2, 3)), At("ii->i", N(0, 0)), At("ij->", N(0, 3)), At("i,j->ij", N(0), N(1)), At("bij,bjk->bik", N(0, 2, 2), N(0, 2, 2)),
        At("ij,jk->ik", N(1, 1), N(1, 1)), At("ij,ij->ij", N(2, 1), N(1, 3)), At("ij,jk->ik", N(2, 1), N(3, 2)), At("ii,i->i", N(1, 1), N(3)), At("ij , jk -> ik", N(2, 2), N(2, 2)), At("Ab,bA->A", N(2, 3), N(3, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly("ij,jk->ik", [new Nd(1, 0), new Nd(0, 2)], [Nd.Filled(0, 1, 2)], [new Nd(1, 0), new Nd(0, 2)]),
        Exactly("ii->i", [Nd.Of([2, 2], 1, double.NaN, double.PositiveInfinity, 2)], [Nd.Vector(1, 2)], [Matrices.Identity(2)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => Variable.Einsum("ij,jk", tape.Zeros([2, 3]), tape.Zeros([3, 2])), "->"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("...ij->ij", tape.Zeros([2, 3])), ".", "ellipsis"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("i1->i", tape.Zeros([2, 3])), "'1'"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("ij->i->j", tape.Zeros([2, 3])), "ij->i->j"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("ij,jk->i,k", tape.Zeros([2, 3]), tape.Zeros([3, 2])), "','"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("ij->ij", tape.Zeros([2, 3]), tape.Zeros([3, 2])), "1 operands", "2"),
        Refuse<ArgumentException>(static _ => Variable.Einsum<double>("->"), "1 operands", "0"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("ij->ik", tape.Zeros([2, 3])), "'k'"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("ij->ii", tape.Zeros([2, 3])), "'i' twice"),
        Refuse<ArgumentException>(static tape => Variable.Einsum("ijk->i", tape.Zeros([2, 3])), "3 axes", "[2, 3]"),
        Refuse<ShapeException>(static tape => Variable.Einsum("ij,jk->ik", tape.Zeros([3, 5]), tape.Zeros([3, 2])), "'j'", "5", "3"),
        Refuse<ShapeException>(static tape => Variable.Einsum("ij,jk->ik", tape.Zeros([3, 0]), tape.Zeros([3, 2])), "'j'", "0", "3"),
        Refuse<ShapeException>(static tape => Variable.Einsum("ii->i", tape.Zeros([3, 1])), "'i'", "[3, 1]"),
        Refuse<ArgumentNullException>(static tape => Variable.Einsum(null!, tape.Zeros([3])), "equation"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int letters = choose.Between(1, 4), operands = choose.Between(1, 3);
        int[] sizes = [.. Enumerable.Range(0, letters).Select(_ => choose.Size(most: 3))];
        string[] terms = new string[operands];
        Nd[] inputs = new Nd[operands];
        for (int i = 0; i < operands; i++)
        {
            int[] axes = [.. Enumerable.Range(0, choose.Between(0, 3)).Select(_ => choose.Below(letters))];
            bool[] ones = [.. Enumerable.Range(0, letters).Select(_ => choose.Below(8) == 7)];
            terms[i] = string.Concat(axes.Select(static axis => (char)('a' + axis)));
            inputs[i] = choose.N([.. axes.Select(axis => ones[axis] ? 1 : sizes[axis])]);
        }

        char[] used = [.. string.Concat(terms).Distinct()];
        int[] order = choose.Order(used.Length);
        string result = string.Concat(order.Take(choose.Below(used.Length + 1)).Select(place => used[place]));
        return At($"{string.Join(',', terms)}->{result}", inputs);
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, string equation) => [Variable.Einsum<T>(equation, x)];

    protected override Nd[] Reference(Nd[] x, string equation)
    {
        string[] sides = equation.Replace(" ", string.Empty, StringComparison.Ordinal).Split("->"), terms = sides[0].Split(',');
        char[] letters = [.. string.Concat(terms).Distinct()];
        int[] SizesOf(char letter) => [.. terms.SelectMany((term, i) => term.Select((other, axis) => other == letter ? x[i].Sizes[axis] : 1))];
        int[] sizes = [.. letters.Select(letter => SizesOf(letter).FirstOrDefault(static size => size != 1, 1))];
        Nd result = new([.. sides[1].Select(letter => sizes[Array.IndexOf(letters, letter)])]);
        foreach (int[] index in Nd.IndicesOf(sizes))
        {
            int At(char letter) => index[Array.IndexOf(letters, letter)];
            Real product = 1;
            for (int i = 0; i < terms.Length; i++)
            {
                Nd operand = x[i];
                product *= operand[[.. terms[i].Select((letter, axis) => operand.Sizes[axis] == 1 ? 0 : At(letter))]];
            }

            result[[.. sides[1].Select(At)]] += product;
        }

        return [result];
    }
}
