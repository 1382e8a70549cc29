namespace Autograd.Tests;

public sealed class Conv1dContract : OperatorContract<ConvolutionCase>
{
    public override Type[] Operations => [typeof(ConvolutionOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 4e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        At(new(), N(2, 3, 7), N(4, 3, 3), N(4)), At(new(), N(1, 1, 1), N(1, 1, 1)), At(new() { Groups = 2, Stride = (1, 2), Padding = (0, 0, 2, 1), Dilation = (1, 2) }, N(1, 4, 9), N(6, 2, 3)),
        At(new() { Stride = (1, 3) }, N(1, 2, 9), N(2, 2, 2), N(2)), At(new() { Padding = (0, 0, 4, 0), Dilation = (1, 2) }, N(2, 1, 5), N(1, 1, 3), N(1)), At(new() { Groups = 3 }, N(2, 3, 6), N(6, 1, 2), N(6)),
        At(new(), N(0, 2, 4), N(3, 2, 2), N(3)), At(new(), N(2, 0, 4), N(3, 0, 2), N(3)), At(new(), N(2, 2, 4), N(0, 2, 2)), At(new() { Padding = (0, 0, 2, 2) }, N(1, 2, 0), N(2, 2, 3), N(2)), At(new(), N(2, 2, 2), N(2, 2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        // The stride leaves the last element out, so its gradient is zero.
        Exactly(new() { Stride = (1, 2) }, [Nd.Of([1, 1, 5], 1, 2, 3, 4, 5), Nd.Of([1, 1, 2], 10, 1)], [Nd.Of([1, 1, 2], 12, 34)], [Nd.Of([1, 1, 5], 10, 1, 10, 1, 0), Nd.Of([1, 1, 2], 4, 6)]),
        Exactly(new(), [Nd.Of([1, 1, 4], 1, double.NaN, 3, 4), Nd.Of([1, 1, 2], 1, 2)], [Nd.Of([1, 1, 3], double.NaN, double.NaN, 11)], [Nd.Of([1, 1, 4], 1, 3, 3, 2), Nd.Of([1, 1, 2], double.NaN, double.NaN)]),
        Exactly(new(), [Nd.Of([1, 1, 2], double.PositiveInfinity, 1), Nd.Of([1, 1, 1], 2), Nd.Vector(1)], [Nd.Of([1, 1, 2], double.PositiveInfinity, 3)], [Nd.Of([1, 1, 2], 2, 2), Nd.Of([1, 1, 1], double.PositiveInfinity), Nd.Vector(2)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 5]).Conv1d(tape.Zeros([3, 2, 2])), "Conv1d", "[2, 5]", "[batch, channels, length]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2])), "[3, 2]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 4, 2])), "2 channels", "[3, 4, 2]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 3, 5]).Conv1d(tape.Zeros([4, 1, 2]), groups: 2), "groups: 2", "3 channels"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 1, 2]), groups: 2), "groups: 2", "3 filters"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 2]), tape.Zeros([2])), "bias", "[2]", "[3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 0])), "kernel of size 0"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 4]), dilation: 2), "spans 7", "length", "5"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 2]), stride: 0), "stride", "0"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 2]), dilation: 0), "dilation", "0"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 2]), padding: -1), "padding", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 2]), groups: 0), "groups", "0"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5]).Conv1d(tape.Zeros([3, 2, 2]), stride: 2, padding: Padding1d.Same), "Same", "stride of 2"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (ConvolutionCase a, int[] input, int[] weight) = ConvolutionReference.Draw(choose, line: true);
        return choose.Flip() ? At(a, choose.N(input), choose.N(weight), choose.N(weight[0])) : At(a, choose.N(input), choose.N(weight));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ConvolutionCase a) =>
        [x[0].Conv1d(x[1], x.Length > 2 ? x[2] : null, a.Stride.Width, (a.Padding.Left, a.Padding.Right), a.Dilation.Width, a.Groups)];

    protected override Nd[] Reference(Nd[] x, ConvolutionCase a) => [ConvolutionReference.Convolution(x[0], x[1], x.Length > 2 ? x[2] : null, a)];
}

public sealed class Conv2dContract : OperatorContract<ConvolutionCase>
{
    public override Type[] Operations => [typeof(ConvolutionOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 4e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        At(new() { Padding = (1, 1, 1, 1) }, N(2, 2, 4, 5), N(3, 2, 3, 3), N(3)), At(new() { Stride = (2, 1), Padding = (1, 1, 0, 0), Dilation = (1, 2) }, N(1, 2, 6, 7), N(2, 2, 3, 2)),
        At(new() { Groups = 2, Padding = (1, 0, 2, 1) }, N(1, 4, 3, 4), N(4, 2, 2, 3), N(4)), At(new() { Groups = 3, Stride = (2, 2), Padding = (1, 1, 1, 1) }, N(2, 3, 4, 4), N(6, 1, 3, 3), N(6)),
        At(new(), N(1, 1, 1, 1), N(1, 1, 1, 1), N(1)), At(new(), N(2, 3, 2, 3), N(4, 3, 1, 1), N(4)), At(new() { Stride = (2, 3) }, N(1, 2, 4, 5), N(3, 2, 1, 1)), At(new() { Stride = (3, 2) }, N(1, 1, 7, 6), N(1, 1, 2, 3)),
        At(new(), N(0, 2, 3, 3), N(2, 2, 2, 2), N(2)), At(new(), N(1, 2, 3, 3), N(0, 2, 2, 2)), At(new(), N(2, 0, 3, 3), N(1, 0, 2, 2), N(1)), At(new() { Groups = 2 }, N(2, 2, 2, 2), N(2, 1, 2, 2), N(2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(
            new() { Stride = (2, 2) },
            [Nd.Of([1, 1, 3, 4], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), Nd.Of([1, 1, 2, 2], 1, 2, 3, 4)],
            [Nd.Of([1, 1, 1, 2], 44, 64)],
            [Nd.Of([1, 1, 3, 4], 1, 2, 1, 2, 3, 4, 3, 4, 0, 0, 0, 0), Nd.Of([1, 1, 2, 2], 4, 6, 12, 14)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5]).Conv2d(tape.Zeros([3, 2, 2, 2])), "Conv2d", "[1, 2, 5]", "[batch, channels, height, width]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 3, 2, 2])), "[2, 3, 2, 2]", "2 channels"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 2, 8, 2]), padding: 1), "spans 8", "height", "to 7"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 2, 2, 2]), tape.Zeros([2, 1])), "bias", "[2, 1]"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 2, 2, 2]), stride: -1), "stride", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 2, 2, 2]), stride: (1, 0)), "stride", "(1, 0)"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 2, 2, 2]), dilation: 0), "dilation"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 2, 2, 2]), padding: (0, 0, -1, 0)), "padding", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 5, 5]).Conv2d(tape.Zeros([2, 2, 3, 3]), stride: 2, padding: Padding2d.Same), "Same", "stride of 2"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 3, 5, 5]).Conv2d(tape.Zeros([4, 2, 2, 2]), groups: 2), "groups: 2", "[1, 3, 5, 5]"),
    ];

    protected override Sample Draw(Choices choose)
    {
        (ConvolutionCase a, int[] input, int[] weight) = ConvolutionReference.Draw(choose, line: false);
        return choose.Flip() ? At(a, choose.N(input), choose.N(weight), choose.N(weight[0])) : At(a, choose.N(input), choose.N(weight));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ConvolutionCase a) =>
        [x[0].Conv2d(x[1], x.Length > 2 ? x[2] : null, a.Stride, a.Padding, a.Dilation, a.Groups)];

    protected override Nd[] Reference(Nd[] x, ConvolutionCase a) => [ConvolutionReference.Convolution(x[0], x[1], x.Length > 2 ? x[2] : null, a)];
}

/// <summary>The gradient of a convolution by its weight, as an operator of the input and the cotangent.</summary>
public sealed class ConvolutionWeightGradientContract : OperatorContract<(ConvolutionCase Case, (int Height, int Width) Kernel)>
{
    public override Type[] Operations => [typeof(ConvolutionWeightGradientOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 4e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        Of(new() { Padding = (1, 1, 1, 1) }, [2, 2, 3, 4], [3, 2, 3, 3]), Of(new() { Stride = (2, 1), Dilation = (1, 2) }, [1, 2, 5, 5], [2, 2, 2, 2]), Of(new() { Groups = 2, Stride = (3, 2) }, [1, 2, 5, 6], [2, 1, 2, 3]),
        Of(new(), [1, 1, 1, 1], [1, 1, 1, 1]), Of(new(), [0, 2, 3, 3], [2, 2, 2, 2]), Of(new(), [2, 2, 2, 2], [2, 2, 1, 1]), Of(new() { Groups = 2 }, [3, 4, 2, 3], [8, 2, 1, 2]),
    ];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly((new() { Stride = (1, 2) }, (1, 2)), [Nd.Of([1, 1, 1, 5], 1, 2, 3, 4, double.NaN), Nd.Of([1, 1, 1, 2], 1, 10)], [Nd.Of([1, 1, 1, 2], 31, 42)], [Nd.Of([1, 1, 1, 5], 1, 1, 10, 10, 0), Nd.Of([1, 1, 1, 2], 3, 7)])];

    protected override IEnumerable<Refusal> Refusals => []; // it is reached through a convolution that was checked

    protected override Sample Draw(Choices choose)
    {
        (ConvolutionCase a, int[] input, int[] weight) = ConvolutionReference.Draw(choose, line: false);
        return At((a, (weight[2], weight[3])), choose.N(input), choose.N(Output(a, input, weight)));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (ConvolutionCase Case, (int Height, int Width) Kernel) a)
    {
        Shape weight = Weight(x[0].Shape[1], x[1].Shape[1], a.Case, a.Kernel);
        ConvolutionPlan plan = ConvolutionPlan.Of2d(x[0].Shape, weight, null, a.Case.Stride, a.Case.Padding, a.Case.Dilation, a.Case.Groups);
        return [ConvolutionWeightGradientOperation<T>.Apply(x[0], x[1], plan)];
    }

    protected override Nd[] Reference(Nd[] x, (ConvolutionCase Case, (int Height, int Width) Kernel) a) =>
        [ConvolutionReference.WeightGradient(x[0], x[1], Weight(x[0].Sizes[1], x[1].Sizes[1], a.Case, a.Kernel), a.Case)];

    private static int[] Weight(int channels, int filters, ConvolutionCase a, (int Height, int Width) kernel) => [filters, channels / a.Groups, kernel.Height, kernel.Width];

    private static int[] Output(ConvolutionCase a, int[] input, int[] weight) => ConvolutionReference.Convolution(new(input), new(weight), null, a).Sizes;

    private Sample Of(ConvolutionCase a, int[] input, int[] weight) => At((a, (weight[2], weight[3])), N(input), N(Output(a, input, weight)));
}
