namespace Autograd.Tests;

/// <summary>x times a mask, and 0 where the mask is 0 whatever x is. The mask is a constant.</summary>
public sealed class DropoutContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(DropoutOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        Differentiable(1, default, N(4), Nd.Vector(0, 2, 2, 0)), Differentiable(1, default, N(1), Nd.Vector(1.25)), Differentiable(1, default, N(0), new Nd(0)),
        Differentiable(1, default, N(2, 3), Nd.Of([2, 3], 0, 0, 0, 1.5, 1.5, 0)), Differentiable(1, default, N(4, 3), Nd.Vector(2, 0, 2)),
        Differentiable(1, default, N(2, 2, 2), Nd.Of([2, 2], 0, 1, 3, 0)),
    ];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static _ => new Dropout<double>(-0.1), "0 … 1", "-0.1"),
        Refuse<ArgumentOutOfRangeException>(static _ => new Dropout<double>(1.5), "0 … 1", "1.5"),
        Refuse<ArgumentOutOfRangeException>(static _ => new Dropout<double>(double.NaN), "0 … 1", "NaN"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        double scale = choose.Of(2, 1.25, 1);
        return Differentiable(1, default, choose.N(sizes), Nd.Build(sizes, _ => choose.Flip() ? scale : 0));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [tape.Apply(DropoutOperation<T>.Instance, x[0], x[1])];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Nd.Zip(x[0], x[1], static (value, mask) => mask == 0 ? 0 : value * mask)];
}

/// <summary>A mask of dropout: a constant, drawn from the tape's seed and a stream. With probability 1 it is 0 everywhere, which a reference can tell.</summary>
public sealed class DropoutMaskContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(DropoutMaskOperation<>)];

    protected override IEnumerable<Sample> Samples => [At([3, 2]), At([0]), At([1])];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose) => At(choose.Sizes());

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] attributes) => [DropoutMaskOperation<T>.Draw(tape, attributes, 1, 7)];

    protected override Nd[] Reference(Nd[] x, int[] attributes) => [new Nd(attributes)];
}
