namespace Autograd.Tests;

public sealed class SqueezeContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(ViewOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At([0], N(1, 3, 1)), At([-1], N(1, 3, 1)), At([1], N(1, 3, 1)), At([0, -1], N(1, 3, 1)), At([], N(1, 2)), At([1], N(0, 1)), At([0], N(1))];

    protected override IEnumerable<Exact> ExactCases => [Exactly([0], [Nd.Of([1, 1], 4)], [Nd.Vector(4)], [Nd.Of([1, 1], 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([1, 3]).Squeeze(2), "Axis 2", "[1, 3]"),
        Refuse<ArgumentException>(tape => tape.Zeros([1, 3]).Squeeze(0, -2), "twice", "[1, 3]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1, 4);
        int[] axes = [.. choose.Axes(sizes.Length).Select(axis => axis < 0 ? axis + sizes.Length : axis)];
        foreach (int axis in axes) sizes[axis] = 1;
        return At(axes, choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] axes) => [x[0].Squeeze(axes.AsSpan())];

    protected override Nd[] Reference(Nd[] x, int[] axes)
    {
        int[] dropped = [.. axes.Select(axis => axis < 0 ? axis + x[0].Rank : axis).Where(axis => x[0].Sizes[axis] == 1)];
        return [x[0].Reshape([.. x[0].Sizes.Where((_, axis) => !dropped.Contains(axis))])];
    }
}
