namespace Autograd.Tests;

public sealed class UnfoldContract : OperatorContract<(ConvolutionCase Case, (int Height, int Width) Kernel)>
{
    public override Type[] Operations => [typeof(UnfoldOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At((new(), (2, 2)), N(1, 2, 4, 3)), At((new() { Stride = (2, 1), Padding = (1, 1, 0, 0), Dilation = (1, 2) }, (3, 2)), N(2, 2, 5, 5)), At((new(), (1, 1)), N(1, 1, 1, 1)),
        At((new(), (2, 1)), N(0, 2, 3, 3)), At((new(), (2, 1)), N(2, 0, 3, 3)), At((new() { Padding = (1, 0, 2, 1), Stride = (3, 2) }, (2, 3)), N(1, 2, 4, 5)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly((new() { Padding = (0, 0, 1, 0) }, (1, 2)), [Nd.Of([1, 1, 1, 3], 1, double.NaN, 3)], [Nd.Of([1, 2, 3], 0, 1, double.NaN, 1, double.NaN, 3)], [Nd.Of([1, 1, 1, 3], 2, 2, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 4, 4]).Unfold(2), "Unfold", "[2, 4, 4]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 4, 4]).Unfold((2, 5)), "spans 5", "width"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4, 4]).Unfold(0), "kernelSize"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4, 4]).Unfold(2, stride: 0), "stride"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4, 4]).Unfold(2, dilation: -1), "dilation"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4, 4]).Unfold(2, padding: -1), "padding"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (ConvolutionCase a, int[] input, int[] weight) = ConvolutionReference.Draw(choose, line: false);
        return At((a, (weight[2], weight[3])), choose.N(input));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (ConvolutionCase Case, (int Height, int Width) Kernel) a) =>
        [x[0].Unfold(a.Kernel, a.Case.Stride, a.Case.Padding, a.Case.Dilation)];

    protected override Nd[] Reference(Nd[] x, (ConvolutionCase Case, (int Height, int Width) Kernel) a)
    {
        (ConvolutionCase c, (int height, int width)) = a;
        int rows = ConvolutionReference.Count(x[0].Sizes[2], height, c.Stride.Height, c.Padding.Top + c.Padding.Bottom, c.Dilation.Height);
        int columns = ConvolutionReference.Count(x[0].Sizes[3], width, c.Stride.Width, c.Padding.Left + c.Padding.Right, c.Dilation.Width);
        return
        [
            Nd.Build([x[0].Sizes[0], x[0].Sizes[1] * height * width, rows * columns], at =>
            {
                int row = (at[2] / columns * c.Stride.Height) + (at[1] / width % height * c.Dilation.Height) - c.Padding.Top;
                int column = (at[2] % columns * c.Stride.Width) + (at[1] % width * c.Dilation.Width) - c.Padding.Left;
                bool outside = row < 0 || row >= x[0].Sizes[2] || column < 0 || column >= x[0].Sizes[3];
                return outside ? 0 : x[0][at[0], at[1] / height / width, row, column];
            }),
        ];
    }
}

public sealed class FoldContract : OperatorContract<(ConvolutionCase Case, (int Height, int Width) Kernel, (int Height, int Width) Size)>
{
    public override Type[] Operations => [typeof(FoldOperation<>)];

    protected override IEnumerable<Sample> Samples =>
    [
        At((new(), (2, 2), (4, 3)), N(1, 8, 6)), At((new() { Stride = (2, 1), Padding = (1, 1, 0, 0), Dilation = (1, 2) }, (3, 2), (5, 5)), N(2, 12, 9)), At((new(), (1, 1), (1, 1)), N(1, 1, 1)),
        At((new(), (2, 1), (3, 3)), N(0, 2, 6)), At((new() { Stride = (3, 3) }, (2, 2), (6, 5)), N(1, 4, 4)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly((new() { Padding = (0, 0, 1, 0) }, (1, 2), (1, 3)), [Nd.Of([1, 2, 3], double.NaN, 1, 2, 3, 4, 5)], [Nd.Of([1, 1, 1, 3], 4, 6, 5)], [Nd.Of([1, 2, 3], 0, 1, 1, 1, 1, 1)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([4, 4]).Fold(2, 2), "Fold", "[4, 4]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 6, 4]).Fold(3, 2), "6 rows", "4 elements"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 4, 5]).Fold(3, 2), "2 × 2 windows", "5 columns"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 4, 5]).Fold(1, 2), "spans 2"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 4, 4]).Fold(-3, 2), "outputSize"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 4, 4]).Fold(3, (2, 0)), "kernelSize"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (ConvolutionCase a, int[] input, int[] weight) = ConvolutionReference.Draw(choose, line: false);
        int[] output = ConvolutionReference.Convolution(new(input), new(weight), null, a).Sizes;
        return At((a, (weight[2], weight[3]), (input[2], input[3])), choose.N(input[0], input[1] * weight[2] * weight[3], output[2] * output[3]));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (ConvolutionCase Case, (int Height, int Width) Kernel, (int Height, int Width) Size) a) =>
        [x[0].Fold(a.Size, a.Kernel, a.Case.Stride, a.Case.Padding, a.Case.Dilation)];

    protected override Nd[] Reference(Nd[] x, (ConvolutionCase Case, (int Height, int Width) Kernel, (int Height, int Width) Size) a)
    {
        (ConvolutionCase c, (int height, int width), (int, int) size) = a;
        int columns = ConvolutionReference.Count(size.Item2, width, c.Stride.Width, c.Padding.Left + c.Padding.Right, c.Dilation.Width);
        Nd y = new(x[0].Sizes[0], x[0].Sizes[1] / height / width, size.Item1, size.Item2);
        foreach (int[] at in x[0].Indices)
        {
            int row = (at[2] / columns * c.Stride.Height) + (at[1] / width % height * c.Dilation.Height) - c.Padding.Top;
            int column = (at[2] % columns * c.Stride.Width) + (at[1] % width * c.Dilation.Width) - c.Padding.Left;
            if (row >= 0 && row < size.Item1 && column >= 0 && column < size.Item2) y[at[0], at[1] / height / width, row, column] += x[0][at];
        }

        return [y];
    }
}
