namespace Autograd.Tests;

public sealed class CotangentSumContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(CotangentSum<>)];

    protected override IEnumerable<Sample> Samples => [At(default, N(), N()), At(default, N(2, 3), N(2, 3)), At(default, N(0), N(0)), At(default, N(1), N(1))];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        return At(default, choose.N(sizes), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes) => [tape.Apply(CotangentSum<T>.Instance, x[0], x[1])];

    protected override Nd[] Reference(Nd[] x, None attributes) => [Nd.Zip(x[0], x[1], static (a, b) => a + b)];
}
