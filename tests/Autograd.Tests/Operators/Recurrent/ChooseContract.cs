namespace Autograd.Tests;

/// <summary>One side or the other for each block of the last axes; which of the sides are given is the attribute.</summary>
public sealed class ChooseContract : OperatorContract<(bool A, bool B)>
{
    public override Type[] Operations => [typeof(ChooseOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        Case(true, true, Nd.Vector(1, 0, 0, 1), 4), Case(true, true, Nd.Of([2, 2], 0, 1, 1, 0), 2, 2, 3), Case(true, false, Nd.Vector(0, 1, 1), 3, 2),
        Case(false, true, Nd.Vector(0, 1, 1), 3, 2), Case(true, true, Nd.Vector(2), 1, 1), Case(true, true, new Nd(0), 0, 2), Case(true, true, Nd.Vector(1, 0), 2, 0),
        Case(true, true, Nd.Scalar(1), 2), Case(true, false, Nd.Scalar(0), 2, 1, 1, 2), Case(true, true, Nd.Vector(0, 1), 2, 1, 2, 1, 2),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        new(Differentiable(6, (true, true), Nd.Vector(1, 0), Nd.Vector(1, double.NaN), Nd.Vector(double.NaN, 2)), [Nd.Vector(1, 2)], [Nd.Vector(1, 0), Nd.Vector(0, 1)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => ChooseOperation<double>.Apply(tape.Zeros([2]), tape.Zeros([2, 3]), tape.Zeros([3, 2])), "[2, 3]", "[3, 2]"),
        Refuse<ShapeException>(static tape => ChooseOperation<double>.Apply(tape.Zeros([3]), tape.Zeros([2, 3]), default), "[3]", "[2, 3]"),
        Refuse<ShapeException>(static tape => ChooseOperation<double>.Apply(tape.Zeros([2, 1]), tape.Zeros([2]), default), "[2, 1]", "[2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(), covered = sizes[..choose.Between(0, sizes.Length)];
        bool a = choose.Flip();
        return Case(a, !a || choose.Flip(), Nd.Build(covered, _ => choose.Flip() ? 1 : 0), sizes);
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (bool A, bool B) a) =>
        [ChooseOperation<T>.Apply(x[0], a.A ? x[1] : default, a.B ? x[^1] : default)];

    protected override Nd[] Reference(Nd[] x, (bool A, bool B) a)
    {
        int covered = x[0].Sizes.Length;
        return [Nd.Build(x[1].Sizes, at =>
        {
            bool takes = x[0][at[..covered]].Value != 0;
            return takes ? (a.A ? x[1][at] : 0) : a.B ? x[^1][at] : 0;
        })];
    }

    private Sample Case(bool a, bool b, Nd mask, params int[] sizes)
    {
        Nd[] sides = a && b ? [N(sizes), N(sizes)] : [N(sizes)];
        return Differentiable(a && b ? 6 : 2, (a, b), [mask, .. sides]);
    }
}
