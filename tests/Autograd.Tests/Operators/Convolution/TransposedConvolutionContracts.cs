namespace Autograd.Tests;

public sealed class ConvTranspose1dContract : OperatorContract<ConvolutionCase>
{
    public override Type[] Operations => [typeof(ConvolutionInputGradientOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 4e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        At(new(), N(2, 3, 5), N(3, 2, 3), N(2)), At(new() { Stride = (1, 3), Padding = (0, 0, 1, 1), OutputPadding = (0, 1), Dilation = (1, 2), Groups = 2 }, N(1, 4, 3), N(4, 2, 3)),
        At(new(), N(1, 1, 1), N(1, 1, 1), N(1)), At(new() { Stride = (1, 2), Padding = (0, 0, 0, 2) }, N(1, 2, 4), N(2, 1, 3), N(1)), At(new() { OutputPadding = (0, 1), Dilation = (1, 2) }, N(1, 1, 3), N(1, 2, 2)),
        At(new(), N(0, 2, 3), N(2, 3, 2), N(3)), At(new(), N(2, 0, 3), N(0, 2, 2), N(2)), At(new() { Groups = 2, Stride = (1, 2) }, N(2, 2, 3), N(2, 1, 2), N(2)), At(new(), N(2, 2, 2), N(2, 2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(new() { Stride = (1, 3) }, [Nd.Of([1, 1, 2], 1, 2), Nd.Of([1, 1, 2], 10, 1), Nd.Vector(0.5)], [Nd.Of([1, 1, 5], 10.5, 1.5, 0.5, 20.5, 2.5)], [Nd.Of([1, 1, 2], 11, 11), Nd.Of([1, 1, 2], 3, 3), Nd.Vector(5)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(static tape => tape.Zeros([2, 4]).ConvTranspose1d(tape.Zeros([2, 3, 3])), "ConvTranspose1d", "[2, 4]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 4]).ConvTranspose1d(tape.Zeros([3, 2, 3])), "2 channels", "[3, 2, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 4]).ConvTranspose1d(tape.Zeros([2, 3, 3]), tape.Zeros([2])), "bias", "[3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 1]).ConvTranspose1d(tape.Zeros([2, 3, 3]), padding: 2), "length", "-1"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 3, 4]).ConvTranspose1d(tape.Zeros([3, 3, 3]), groups: 2), "groups: 2"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4]).ConvTranspose1d(tape.Zeros([2, 3, 3]), stride: 2, outputPadding: 2), "outputPadding", "stride 2"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4]).ConvTranspose1d(tape.Zeros([2, 3, 3]), outputPadding: -1), "outputPadding", "-1"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4]).ConvTranspose1d(tape.Zeros([2, 3, 3]), stride: 0), "stride"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4]).ConvTranspose1d(tape.Zeros([2, 3, 3]), padding: -1), "padding"),
        Refuse<ArgumentException>(static tape => tape.Zeros([1, 2, 4]).ConvTranspose1d(tape.Zeros([2, 3, 3]), padding: Padding1d.Causal), "Causal"),
    ];

    protected override Sample Draw(Choices choose) => TransposedDraw(choose, line: true) is var (a, input, weight) && choose.Flip()
        ? At(a, choose.N(input), choose.N(weight), choose.N(weight[1] * a.Groups))
        : At(a, choose.N(input), choose.N(weight));

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ConvolutionCase a) =>
        [x[0].ConvTranspose1d(x[1], x.Length > 2 ? x[2] : null, a.Stride.Width, (a.Padding.Left, a.Padding.Right), a.OutputPadding.Width, a.Dilation.Width, a.Groups)];

    protected override Nd[] Reference(Nd[] x, ConvolutionCase a) => [ConvolutionReference.Transposed(x[0], x[1], x.Length > 2 ? x[2] : null, a)];

    /// <summary>The transpose of a random convolution: what that gives is the input.</summary>
    internal static (ConvolutionCase Case, int[] Input, int[] Weight) TransposedDraw(Choices choose, bool line)
    {
        (ConvolutionCase a, int[] input, int[] weight) = ConvolutionReference.Draw(choose, line);
        int[] output = ConvolutionReference.Convolution(new(input), new(weight), null, a).Sizes;
        int heightPadding = line ? 0 : choose.Between(0, Math.Max(a.Stride.Height, a.Dilation.Height) - 1), widthPadding = choose.Between(0, Math.Max(a.Stride.Width, a.Dilation.Width) - 1);

        // What the stride left out of the input is not in the result, unless outputPadding adds it.
        int Rest(int size, int kernel, int stride, int padding, int dilation) => (size + padding - (dilation * (kernel - 1)) - 1) % stride;
        bool width = input[^1] - Rest(input[^1], weight[^1], a.Stride.Width, a.Padding.Left + a.Padding.Right, a.Dilation.Width) + widthPadding < 1;
        bool height = !line && input[2] - Rest(input[2], weight[2], a.Stride.Height, a.Padding.Top + a.Padding.Bottom, a.Dilation.Height) + heightPadding < 1;
        return (a with { OutputPadding = (height ? a.Stride.Height - 1 : heightPadding, width ? a.Stride.Width - 1 : widthPadding) }, output, weight);
    }
}

public sealed class ConvTranspose2dContract : OperatorContract<ConvolutionCase>
{
    public override Type[] Operations => [typeof(ConvolutionInputGradientOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 4e-6;

    protected override IEnumerable<Sample> Samples =>
    [
        At(new() { Stride = (2, 2) }, N(1, 2, 3, 4), N(2, 3, 3, 2), N(3)), At(new() { Stride = (2, 3), Padding = (1, 1, 0, 0), OutputPadding = (1, 2), Dilation = (2, 1), Groups = 2 }, N(1, 2, 2, 3), N(2, 2, 3, 3)),
        At(new() { Padding = (1, 1, 1, 1) }, N(2, 2, 3, 3), N(2, 2, 3, 3), N(2)), At(new(), N(1, 1, 1, 1), N(1, 1, 1, 1)), At(new(), N(2, 3, 2, 2), N(3, 2, 1, 1), N(2)), At(new() { Groups = 3, Stride = (1, 2) }, N(2, 3, 3, 2), N(3, 1, 2, 3), N(3)),
        At(new(), N(0, 1, 2, 2), N(1, 2, 2, 2), N(2)), At(new() { Padding = (0, 1, 2, 0) }, N(2, 2, 2, 3), N(2, 2, 2, 2)),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Exactly(
            new() { Stride = (2, 1) }, [Nd.Of([1, 1, 2, 2], 1, 2, 3, double.NaN), Nd.Of([1, 1, 1, 2], 1, 10)],
            [Nd.Of([1, 1, 3, 3], 1, 12, 20, 0, 0, 0, 3, double.NaN, double.NaN)], [Nd.Of([1, 1, 2, 2], 11, 11, 11, 11), Nd.Of([1, 1, 1, 2], double.NaN, double.NaN)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4, 4]).ConvTranspose2d(tape.Zeros([2, 2, 3, 3]), stride: 2, outputPadding: 2), "outputPadding", "height"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4, 4]).ConvTranspose2d(tape.Zeros([2, 2, 3, 3]), stride: (2, 3), outputPadding: (1, 3)), "outputPadding", "width"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 4, 4]).ConvTranspose2d(tape.Zeros([4, 2, 3, 3])), "[4, 2, 3, 3]"),
        Refuse<ShapeException>(static tape => tape.Zeros([1, 2, 1, 4]).ConvTranspose2d(tape.Zeros([2, 2, 2, 2]), padding: 1), "height", "0"),
        Refuse<ArgumentOutOfRangeException>(static tape => tape.Zeros([1, 2, 4, 4]).ConvTranspose2d(tape.Zeros([2, 2, 3, 3]), dilation: (0, 1)), "dilation", "(0, 1)"),
    ];

    protected override Sample Draw(Choices choose) => ConvTranspose1dContract.TransposedDraw(choose, line: false) is var (a, input, weight) && choose.Flip()
        ? At(a, choose.N(input), choose.N(weight), choose.N(weight[1] * a.Groups))
        : At(a, choose.N(input), choose.N(weight));

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, ConvolutionCase a) =>
        [x[0].ConvTranspose2d(x[1], x.Length > 2 ? x[2] : null, a.Stride, a.Padding, a.OutputPadding, a.Dilation, a.Groups)];

    protected override Nd[] Reference(Nd[] x, ConvolutionCase a) => [ConvolutionReference.Transposed(x[0], x[1], x.Length > 2 ? x[2] : null, a)];
}
