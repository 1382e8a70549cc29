namespace Autograd.Tests;

/// <summary>Average pooling over one axis or two, by the rank of the input.</summary>
public sealed class AveragePoolContract : OperatorContract<PoolCase>
{
    public override Type[] Operations => [typeof(AveragePoolOperation<>), typeof(AveragePoolGradientOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(new((1, 3)), N(2, 2, 7)), At(new((1, 3), (1, 2), (0, 1)) { CountPadding = false }, N(1, 2, 8)), At(new((3, 2), (2, 1), (1, 1)), N(1, 2, 5, 4)), At(new((3, 3), (2, 2), (1, 1)) { CountPadding = false }, N(1, 2, 5, 6)),
        At(new((2, 2)), N(1, 2, 5, 4)), At(new((1, 1)), N(1, 1, 1)), At(new((2, 2)), N(0, 1, 2, 2)), At(new((1, 2)), N(2, 0, 3)), At(new((2, 4), (3, 1), (1, 2)) { CountPadding = false }, N(1, 1, 5, 19)), At(new((1, 2), (1, 5)), N(1, 1, 8)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(new((1, 2)), [Nd.Of([1, 1, 5], 1, 3, double.NaN, 2, 7)], [Nd.Of([1, 1, 2], 2, double.NaN)], [Nd.Of([1, 1, 5], 0.5, 0.5, 0.5, 0.5, 0)]),
        Exactly(new((1, 2), (1, 1), (0, 1)), [Nd.Of([1, 1, 2], 4, 8)], [Nd.Of([1, 1, 3], 2, 6, 4)], [Nd.Of([1, 1, 2], 1, 1)]),
        Exactly(new((1, 2), (1, 1), (0, 1)) { CountPadding = false }, [Nd.Of([1, 1, 2], 4, 8)], [Nd.Of([1, 1, 3], 4, 6, 8)], [Nd.Of([1, 1, 2], 1.5, 1.5)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 5]).AvgPool1d(2), "AvgPool1d", "[2, 5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).AvgPool2d(2), "AvgPool2d", "[1, 2, 5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).AvgPool1d(6), "6", "5"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).AvgPool1d(-2), "kernelSize"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).AvgPool1d(2, 0), "stride"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).AvgPool1d(3, padding: 2), "half the kernel"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5, 5]).AvgPool2d(2, padding: (-1, 0)), "padding", "(-1, 0)"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (PoolCase a, int[] input) = PoolCase.Draw(choose, line: choose.Flip(), dilates: false);
        return At(a, choose.N(input));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, PoolCase a) => x[0].Rank == 3
        ? [x[0].AvgPool1d(a.Kernel.Width, a.Stride?.Width, a.Padding.Width, a.CountPadding)]
        : [x[0].AvgPool2d(a.Kernel, a.Stride, a.Padding, a.CountPadding)];

    protected override Nd[] Reference(Nd[] x, PoolCase a) =>
        [a.Reduce(x[0], window => window.Aggregate((Real)0, static (sum, value) => sum + value) / (a.CountPadding ? a.Kernel.Height * a.Kernel.Width : window.Count))];
}

/// <summary>Averages to a given size, over one axis or two.</summary>
public sealed class AdaptiveAveragePoolContract : OperatorContract<(int Height, int Width)>
{
    public override Type[] Operations => [typeof(AveragePoolOperation<>), typeof(AveragePoolGradientOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At((1, 3), N(2, 2, 7)), At((1, 1), N(2, 2, 3, 4)), At((3, 2), N(1, 2, 5, 7)), At((1, 9), N(1, 1, 4)), At((4, 5), N(1, 1, 3, 5)), At((1, 1), N(1, 1, 1)), At((2, 2), N(0, 2, 3, 3)), At((1, 0), N(1, 2, 3)), At((2, 0), N(1, 2, 3, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly((1, 2), [Nd.Of([1, 1, 3], 1, 3, 7)], [Nd.Of([1, 1, 2], 2, 5)], [Nd.Of([1, 1, 3], 0.5, 1, 0.5)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).AdaptiveAvgPool1d(-1), "AdaptiveAvgPool1d", "outputSize", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5, 5]).AdaptiveAvgPool2d((2, -1)), "outputSize", "(2, -1)"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 5]).AdaptiveAvgPool1d(2), "[1, 5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 0, 4]).AdaptiveAvgPool2d(2), "nothing to pool"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] planes = choose.Sizes(2, 2, most: 2), sizes = choose.Sizes(1, 2, least: 1, most: 7);
        return At((choose.Size(0, 7), choose.Size(0, 7)), choose.N([.. planes, .. sizes]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int Height, int Width) size) =>
        [x[0].Rank == 3 ? x[0].AdaptiveAvgPool1d(size.Width) : x[0].AdaptiveAvgPool2d(size)];

    protected override Nd[] Reference(Nd[] x, (int Height, int Width) size)
    {
        int[] results = x[0].Rank == 3 ? [size.Width] : [size.Height, size.Width];
        return [Nd.Build([x[0].Sizes[0], x[0].Sizes[1], .. results], at =>
        {
            Real sum = 0;
            int count = 0;
            foreach (int[] place in Nd.IndicesOf(x[0].Sizes[2..]))
            {
                bool inside = true;
                for (int axis = 0; axis < place.Length; axis++)
                {
                    int length = x[0].Sizes[axis + 2], i = at[axis + 2];
                    inside &= place[axis] >= Math.Floor(i * (double)length / results[axis]) && place[axis] < Math.Ceiling((i + 1) * (double)length / results[axis]);
                }

                if (!inside) continue;
                sum += x[0][[at[0], at[1], .. place]];
                count++;
            }

            return sum / count;
        })];
    }
}
