namespace Autograd.Tests;

/// <summary>Sizes of −1, which keep an axis; <see cref="ExpandContract"/> has the rest.</summary>
public sealed class ExpandKeepingContract : OperatorContract<int[]>
{
    public override Type[] Operations => [typeof(ExpandOperation<>)];

    protected override IEnumerable<Sample> Samples => [At([4, -1, 3], N(2, 1)), At([-1, 2], N(3, 1)), At([-1, -1], N(2, 3)), At([0, -1], N(1, 2))];

    protected override IEnumerable<Exact> ExactCases => [Exactly([2, -1], [Nd.Of([1, 1], 3)], [Nd.Of([2, 1], 3, 3)], [Nd.Of([1, 1], 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Expand(-1, 3), "-1"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Expand(-2), "-2"),
        Refuse<ShapeException>(static tape => tape.Zeros([3]).Expand(1, 1, 1, 1, 1, 1, 1, 1, 3), "8 axes"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] whole = choose.Sizes(0, 4), part = [.. whole.Select(size => choose.Flip() ? 1 : size)];
        int missing = choose.Below(part.Length + 1);
        return At([.. whole.Select((size, axis) => axis >= missing && part[axis] == size && choose.Flip() ? -1 : size)], choose.N(part[missing..]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, int[] sizes) => [x[0].Expand(sizes.AsSpan())];

    protected override Nd[] Reference(Nd[] x, int[] sizes) =>
        [Nd.Build([.. sizes.Select((size, axis) => size == -1 ? x[0].Sizes[axis - sizes.Length + x[0].Rank] : size)], index => x[0].Broadcast(index))];
}

public sealed class TransposeContract : OperatorContract<(int First, int Second)>
{
    public override Type[] Operations => [typeof(PermuteOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [At((-2, -1), N(2, 3)), At((0, -1), N(2, 3, 4)), At((1, 0), N(2, 3, 2)), At((1, 1), N(2, 3)), At((0, 0), N(3)), At((0, 1), N(0, 1)), At((1, 2), N(2, 11, 10))];

    protected override IEnumerable<Exact> ExactCases => [Exactly((0, 1), [Nd.Of([1, 2], 1, 2)], [Nd.Of([2, 1], 1, 2)], [Nd.Filled(1, 1, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3]).Transpose(), "Axis -2", "[3]"),
        Refuse<ArgumentOutOfRangeException>(tape => tape.Zeros([3, 2]).Transpose(0, 2), "Axis 2", "[3, 2]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes(1);
        return At((choose.Axis(sizes.Length), choose.Axis(sizes.Length)), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (int First, int Second) at) => [x[0].Transpose(at.First, at.Second)];

    protected override Nd[] Reference(Nd[] x, (int First, int Second) at)
    {
        int a = at.First < 0 ? at.First + x[0].Rank : at.First, b = at.Second < 0 ? at.Second + x[0].Rank : at.Second;
        int[] Swap(int[] index)
        {
            int[] swapped = (int[])index.Clone();
            (swapped[a], swapped[b]) = (swapped[b], swapped[a]);
            return swapped;
        }

        return [Nd.Build(Swap(x[0].Sizes), index => x[0][Swap(index)])];
    }
}

public sealed class ManyPartsTests
{
    [Fact]
    public void MorePartsThanOneRecordCountsAreJoined()
    {
        const int Parts = 40_000;
        using Tape<float> tape = new();
        Variable<float> x = tape.Variable(Tensor.Arange<float>(Parts));
        Variable<float>[] parts = [.. Enumerable.Range(0, Parts).Select(i => x[i])];
        Variable<float> joined = Variable.Stack<float>(parts);
        Assert.Equal(x.ToArray(), joined.ToArray());
        Assert.Equal(x.ToArray(), tape.Backward(joined, tape.Constant(Tensor.Arange<float>(Parts)))[x].ToArray());
    }
}

public sealed class LargePermutationTests
{
    /// <summary>Sizes around those of registers and tiles, in float and double.</summary>
    [Fact]
    public void TilesAndTheirEdgesMatchPlainLoops()
    {
        Random random = new(11);
        int[] some = [1, 2, 3, 7, 8, 9, 31, 63, 64, 65, 130];
        for (int trial = 0; trial < 60; trial++)
        {
            int[] sizes = new int[random.Next(2, 6)];
            do
            {
                for (int axis = 0; axis < sizes.Length; axis++) sizes[axis] = some[random.Next(some.Length)];
            }
            while (sizes.Aggregate(1L, static (product, size) => product * size) > 40_000);
            int[] order = [.. Enumerable.Range(0, sizes.Length)];
            random.Shuffle(order);
            Check<float>(sizes, order);
            Check<double>(sizes, order);
        }
    }

    private static void Check<T>(int[] sizes, int[] order)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        using Tape<T> tape = new();
        Nd x = new(sizes);
        for (int i = 0; i < x.Data.Length; i++) x.Data[i] = i;
        Nd expected = new([.. order.Select(axis => sizes[axis])]);
        int at = 0;
        int[] from = new int[order.Length];
        foreach (int[] index in expected.Indices)
        {
            for (int i = 0; i < order.Length; i++) from[order[i]] = index[i];
            expected.Data[at++] = x[from];
        }

        Variable<T> y = tape.Constant(x.ToTensor<T>()).Permute(order);
        Assert.Equal(expected.Sizes, y.Shape.ToArray());
        Assert.Equal(expected.ToTensor<T>().ToArray(), y.ToArray());
    }
}
