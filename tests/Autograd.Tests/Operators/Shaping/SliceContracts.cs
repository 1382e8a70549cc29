namespace Autograd.Tests;

/// <summary>A slice put among zeros: the gradient of a slice, reached as one with createGraph.</summary>
public sealed class ScatterSliceContract : OperatorContract<(int Start, int Step, int[] Whole)>
{
    public override Type[] Operations => [typeof(ScatterSliceOperation<>)];

    protected override IEnumerable<Sample> Samples => [At((0, 2, [2, 5]), N(2, 3)), At((1, 1, [3, 4]), N(3, 3)), At((1, 3, [1, 5]), N(1, 2)), At((0, 2, [0, 5]), N(0, 3)), At((4, 1, [2, 1, 6]), N(2, 1, 2))];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Start, int Step, int[] Whole) a)
    {
        SliceOperation<T> slice = new();
        int last = a.Whole.Length - 1;
        slice.Set([.. new int[last], a.Start], [.. Enumerable.Repeat(1, last), a.Step], x[0].Shape);
        return [ScatterSliceOperation<T>.Apply(x[0], slice, a.Whole)];
    }

    protected override Nd[] Reference(Nd[] x, (int Start, int Step, int[] Whole) a)
    {
        Nd whole = new(a.Whole);
        foreach (int[] index in x[0].Indices) whole[[.. index[..^1], a.Start + (index[^1] * a.Step)]] = x[0][index];
        return [whole];
    }
}
