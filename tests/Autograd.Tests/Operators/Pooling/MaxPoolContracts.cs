using Autograd.Kernels;

namespace Autograd.Tests;

/// <summary>Attributes of a pool; one spatial axis uses the widths.</summary>
public readonly record struct PoolCase((int Height, int Width) Kernel, (int Height, int Width)? Stride = null, (int Height, int Width) Padding = default)
{
    public (int Height, int Width) Dilation { get; init; } = (1, 1);

    public bool CountPadding { get; init; } = true;

    public (int Height, int Width) Step => Stride ?? Kernel;

    /// <summary>A random pool along both axes, or along the last alone, and the sizes of an input.</summary>
    public static (PoolCase Case, int[] Input) Draw(Choices choose, bool line, bool dilates)
    {
        (int Size, int Kernel, int Stride, int Padding, int Dilation) Axis()
        {
            int kernel = choose.Between(1, 4), dilation = dilates ? choose.Between(1, 2) : 1, stride = choose.Between(1, 3), padding = choose.Between(0, kernel / 2), size = choose.Between(1, 6);
            return (Math.Max(size, (dilation * (kernel - 1)) + 1 - (2 * padding)), kernel, stride, padding, dilation);
        }

        int batch = choose.Size(0, 2), channels = choose.Size(0, 2);
        var columns = Axis();
        var rows = line ? (Size: 1, Kernel: 1, Stride: 1, Padding: 0, Dilation: 1) : Axis();
        PoolCase a = new((rows.Kernel, columns.Kernel), choose.Flip() ? null : (rows.Stride, columns.Stride), (rows.Padding, columns.Padding))
        {
            Dilation = (rows.Dilation, columns.Dilation),
            CountPadding = choose.Flip(),
        };
        return (a, line ? [batch, channels, columns.Size] : [batch, channels, rows.Size, columns.Size]);
    }

    /// <summary>The windows' real elements, by plain loops, given to a function that makes one number of them.</summary>
    public Nd Reduce(Nd x, Func<IReadOnlyList<Real>, Real> f)
    {
        if (x.Rank == 3)
        {
            Nd image = Reduce(x.Reshape(x.Sizes[0], x.Sizes[1], 1, x.Sizes[2]), f);
            return image.Reshape(image.Sizes[0], image.Sizes[1], image.Sizes[3]);
        }

        PoolCase a = this;
        int height = ConvolutionReference.Count(x.Sizes[2], a.Kernel.Height, a.Step.Height, 2 * a.Padding.Height, a.Dilation.Height);
        int width = ConvolutionReference.Count(x.Sizes[3], a.Kernel.Width, a.Step.Width, 2 * a.Padding.Width, a.Dilation.Width);
        return Nd.Build([x.Sizes[0], x.Sizes[1], height, width], at =>
        {
            List<Real> window = [];
            for (int s = 0; s < a.Kernel.Height; s++)
            {
                for (int t = 0; t < a.Kernel.Width; t++)
                {
                    int row = (at[2] * a.Step.Height) + (s * a.Dilation.Height) - a.Padding.Height, column = (at[3] * a.Step.Width) + (t * a.Dilation.Width) - a.Padding.Width;
                    if (row >= 0 && row < x.Sizes[2] && column >= 0 && column < x.Sizes[3]) window.Add(x[at[0], at[1], row, column]);
                }
            }

            return f(window);
        });
    }
}

public sealed class MaxPool1dContract : OperatorContract<PoolCase>
{
    public override Type[] Operations => [typeof(MaxPoolOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(new((1, 2)), Apart(2, 2, 7)), At(new((1, 3), (1, 2), (0, 1)) { Dilation = (1, 2) }, Apart(1, 3, 9)), At(new((1, 1)), Apart(1, 1, 1)), At(new((1, 3), (1, 1), (0, 1)), Apart(2, 1, 5)),
        At(new((1, 2)), Apart(0, 2, 4)), At(new((1, 4), (1, 3)), Apart(1, 2, 12)), At(new((1, 2), (1, 5)), Apart(1, 1, 18)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        // Ties give the whole gradient to the first, whether windows overlap or not.
        Exactly(new((1, 3), (1, 1)), [Nd.Of([1, 1, 4], 1, 3, 3, 3)], [Nd.Of([1, 1, 2], 3, 3)], [Nd.Of([1, 1, 4], 0, 2, 0, 0)]),
        Exactly(new((1, 2)), [Nd.Of([1, 1, 5], 0, -0.0, 5, 5, 9)], [Nd.Of([1, 1, 2], 0, 5)], [Nd.Of([1, 1, 5], 1, 0, 1, 0, 0)]),
        Exactly(new((1, 3)), [Nd.Of([1, 1, 6], 1, double.NaN, 3, double.NaN, double.PositiveInfinity, double.NaN)], [Nd.Of([1, 1, 2], double.NaN, double.NaN)], [Nd.Of([1, 1, 6], 0, 1, 0, 1, 0, 0)]),
        // Padding is not an element, even where the elements are as small.
        Exactly(
            new((1, 3), (1, 2), (0, 1)), [Nd.Of([1, 1, 3], double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity)],
            [Nd.Of([1, 1, 2], double.NegativeInfinity, double.NegativeInfinity)], [Nd.Of([1, 1, 3], 1, 1, 0)]),
        // A window in the padding alone.
        Exactly(new((1, 2), (1, 1), (0, 1)) { Dilation = (1, 2) }, [Nd.Of([1, 1, 1], 5)], [Nd.Of([1, 1, 1], double.NegativeInfinity)], [Nd.Of([1, 1, 1], 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 5]).MaxPool1d(2), "MaxPool1d", "[2, 5]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).MaxPool1d(6), "6", "length", "5"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 0]).MaxPool1d(2, padding: 1), "[1, 2, 0]", "nothing to pool"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).MaxPool1d(0), "kernelSize", "0"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).MaxPool1d(2, stride: 0), "stride"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).MaxPool1d(2, dilation: 0), "dilation"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).MaxPool1d(3, padding: 2), "half the kernel", "1 for 3", "2"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).MaxPool1d(3, padding: -1), "padding", "-1"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (PoolCase a, int[] input) = PoolCase.Draw(choose, line: true, dilates: true);
        return At(a, choose.Apart(0.05, input));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, PoolCase a) => [x[0].MaxPool1d(a.Kernel.Width, a.Stride?.Width, a.Padding.Width, a.Dilation.Width)];

    protected override Nd[] Reference(Nd[] x, PoolCase a) => [a.Reduce(x[0], Largest)];

    internal static Real Largest(IReadOnlyList<Real> window)
    {
        Real best = double.NegativeInfinity;
        foreach (Real value in window) if (value > best || double.IsNaN(value.Value)) best = value;
        return best;
    }

    /// <summary>Distinct values at least 0.05 apart, in an order that jumps.</summary>
    internal static Nd Apart(params int[] sizes)
    {
        Nd x = new(sizes);
        for (int i = 0; i < x.Data.Length; i++) x.Data[i] = (i * 37 % 101 * 0.05) + (i / 101) - 1;
        return x;
    }
}

/// <summary>Max pooling over two axes; its gradient and the gradient of that are reached by sweeps of first and second order.</summary>
public sealed class MaxPool2dContract : OperatorContract<PoolCase>
{
    public override Type[] Operations => [typeof(MaxPoolOperation<>), typeof(MaxPoolSpreadOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At(new((3, 3), (1, 1), (1, 1)), MaxPool1dContract.Apart(1, 2, 4, 5)), At(new((3, 2), (2, 1), (1, 0)) { Dilation = (1, 2) }, MaxPool1dContract.Apart(2, 2, 5, 6)), At(new((2, 2)), MaxPool1dContract.Apart(1, 2, 5, 4)),
        At(new((1, 1)), MaxPool1dContract.Apart(1, 1, 1, 1)), At(new((2, 1), (1, 3)), MaxPool1dContract.Apart(0, 1, 3, 3)), At(new((2, 3), (3, 2), (1, 1)), MaxPool1dContract.Apart(1, 1, 6, 7)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(new((2, 2), (1, 1)), [Nd.Of([1, 1, 2, 3], 1, 7, 7, 7, 2, 7)], [Nd.Of([1, 1, 1, 2], 7, 7)], [Nd.Of([1, 1, 2, 3], 0, 2, 0, 0, 0, 0)]),
        Exactly(new((2, 2)), [Nd.Of([1, 1, 2, 2], 1, double.PositiveInfinity, double.NaN, 2)], [Nd.Of([1, 1, 1, 1], double.NaN)], [Nd.Of([1, 1, 2, 2], 0, 0, 1, 0)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([1, 1, 5, 7]).MaxPool2d(6), "MaxPool2d", "6", "height", "5"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 5, 7]).MaxPool2d(2), "[1, 5, 7]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 1, 5, 7]).MaxPool2d((2, 4), padding: (0, 3)), "half the kernel", "(1, 2) for (2, 4)"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 1, 5, 7]).MaxPool2d(2, stride: (0, 1)), "stride", "(0, 1)"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 1, 5, 7]).MaxPool2d((1 << 13, 1 << 12), padding: (1 << 12, 1 << 11)), "16,777,216"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (PoolCase a, int[] input) = PoolCase.Draw(choose, line: false, dilates: true);
        return At(a, choose.Apart(0.05, input));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, PoolCase a) => [x[0].MaxPool2d(a.Kernel, a.Stride, a.Padding, a.Dilation)];

    protected override Nd[] Reference(Nd[] x, PoolCase a) => [a.Reduce(x[0], MaxPool1dContract.Largest)];
}

/// <summary>Elements at the places of the largest elements of other images: what a gradient of max pooling has as its gradient.</summary>
public sealed class MaxPoolPickContract : OperatorContract<PoolCase>
{
    public override Type[] Operations => [typeof(MaxPoolPickOperation<>), typeof(MaxPoolSpreadOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        Pick(new((3, 3), (1, 1), (1, 1)), N(1, 2, 4, 5)), Pick(new((3, 2), (2, 1), (1, 0)) { Dilation = (1, 2) }, N(2, 2, 5, 6)), Pick(new((2, 2)), N(1, 2, 5, 4)), Pick(new((1, 1)), N(1, 1, 1, 1)),
        Pick(new((2, 1), (1, 3)), N(0, 1, 3, 3)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [new(Differentiable(1, new((1, 2)), Nd.Of([1, 1, 1, 4], 5, double.NaN, double.NaN, 6), Nd.Of([1, 1, 1, 4], 2, 1, 1, 2)), [Nd.Of([1, 1, 1, 2], 5, 6)], [Nd.Of([1, 1, 1, 4], 1, 0, 0, 1)])];

    protected override IEnumerable<Refusal> Refusals => [];

    protected override Sample Draw(Choices choose)
    {
        (PoolCase a, int[] input) = PoolCase.Draw(choose, line: false, dilates: true);
        return Pick(a with { Padding = (0, 0) }, choose.N([.. input[..2], Math.Max(input[2], ((a.Kernel.Height - 1) * a.Dilation.Height) + 1), Math.Max(input[3], ((a.Kernel.Width - 1) * a.Dilation.Width) + 1)]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, PoolCase a)
    {
        Windows windows = Pools.Windows("MaxPoolPick", 2, x[0].Shape, a.Kernel, a.Step, a.Padding, a.Dilation);
        Shape images = x[0].Shape, results = Pools.Result(images, windows.Rows.Count, windows.Columns.Count);
        T[] largest = new T[results.Length], places = new T[results.Length];
        Pooling.Max<T>(windows, images[0] * images[1], x[1].Span, largest, places);
        return [MaxPoolPickOperation<T>.Apply(x[0], tape.Constant(results, places), windows, results)];
    }

    protected override Nd[] Reference(Nd[] x, PoolCase a)
    {
        // Positions of the other images' largest elements, then what stands there.
        Nd numbered = Nd.Build(x[1].Sizes, index => new Real(x[1][index].Value, (index[2] * x[1].Sizes[3]) + index[3]));
        Nd largest = a.Reduce(numbered, MaxPool1dContract.Largest);
        return [Nd.Build(largest.Sizes, at =>
        {
            int place = (int)largest[at].First;
            return x[0][at[0], at[1], place / x[1].Sizes[3], place % x[1].Sizes[3]];
        })];
    }

    private static Sample Pick(PoolCase a, Nd values) => Differentiable(1, a, values, MaxPool1dContract.Apart(values.Sizes));
}

/// <summary>The largest element, or the average, of each channel.</summary>
public sealed class GlobalPoolContract : OperatorContract<bool>
{
    public override Type[] Operations => [typeof(MaxPoolOperation<>)];

    protected override IEnumerable<Sample> Samples =>
        [.. from max in new[] { true, false } from sizes in new int[][] { [2, 3, 5], [2, 2, 3, 4], [1, 1, 1], [0, 2, 3], [1, 2, 7, 9] } select At(max, MaxPool1dContract.Apart(sizes))];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(true, [Nd.Of([1, 2, 3], 1, 5, 5, double.NaN, 2, double.NaN)], [Nd.Of([1, 2], 5, double.NaN)], [Nd.Of([1, 2, 3], 0, 1, 0, 1, 0, 0)]),
        Exactly(false, [Nd.Of([1, 1, 2, 2], 1, 2, 3, 6)], [Nd.Of([1, 1], 3)], [Nd.Of([1, 1, 2, 2], 0.25, 0.25, 0.25, 0.25)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).GlobalMaxPool(), "GlobalMaxPool", "[2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3]).GlobalAvgPool(), "GlobalAvgPool", "[2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3, 0]).GlobalMaxPool(), "nothing to pool"),
        Refuse<ShapeException>(static tape => tape.Zeros([2, 3, 2, 0]).GlobalAvgPool(), "nothing to pool"),
    ];

    protected override Sample Draw(Choices choose) => At(choose.Flip(), choose.Apart(0.05, [.. choose.Sizes(2, 2, most: 3), .. choose.Sizes(1, 2, least: 1, most: 4)]));

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, bool max) => [max ? x[0].GlobalMaxPool() : x[0].GlobalAvgPool()];

    protected override Nd[] Reference(Nd[] x, bool max)
    {
        int plane = x[0].Sizes[2..].Aggregate(1, static (product, size) => product * size);
        Nd flat = x[0].Reshape(x[0].Sizes[0], x[0].Sizes[1], plane);
        return [Nd.Build(x[0].Sizes[..2], at =>
        {
            Real[] values = [.. Enumerable.Range(0, plane).Select(i => flat[at[0], at[1], i])];
            return max ? MaxPool1dContract.Largest(values) : values.Aggregate((Real)0, static (a, b) => a + b) / plane;
        })];
    }
}
