using System.Numerics;
using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>Convolution kernels against nested loops, with guards on both sides of every buffer.</summary>
public sealed class ConvolutionTests
{
    private static readonly bool IsDeep = Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";

    [Fact]
    public void EveryLineMatchesPlainLoops()
    {
        int cases = 0;
        var random = new Random(1);
        foreach (WindowAxis columns in Axes())
        {
            foreach (int groups in new[] { 1, 2, 4 })
            {
                // Four channels: groups of all, of two and of one.
                var shape = new ConvolutionShape(2, groups, 4 / groups, 4 / groups, new(Windowing.One, columns));
                if ((cases++ % 3) == 0 || IsDeep) new Trial<double>(shape, random).Check();
                else new Trial<float>(shape, random).Check();
            }
        }

        Assert.True(cases > 5_000, $"{cases} cases");
    }

    [Fact]
    public void EveryPlaneMatchesPlainLoops()
    {
        int cases = 0, stride = IsDeep ? 1 : 11;
        WindowAxis[] axes = [.. Axes()];
        var random = new Random(2);
        for (int i = 0; i < axes.Length; i += stride)
        {
            // Rows and columns from far apart in the list, so that both differ in everything.
            WindowAxis rows = axes[(int)((i * 7919L) % axes.Length)], columns = axes[i];
            int groups = (cases % 3) switch { 0 => 1, 1 => 2, _ => 4 };
            var shape = new ConvolutionShape(1 + (cases % 2), groups, 4 / groups, (cases % 5 == 0 ? 8 : 4) / groups, new(rows, columns));
            if (cases++ % 2 == 0 || IsDeep) new Trial<double>(shape, random).Check();
            if (cases % 2 == 0 || IsDeep) new Trial<float>(shape, random).Check();
        }

        Assert.True(cases > 150, $"{cases} cases");
    }

    /// <summary>From eight channels on the gradient by the input of a convolution without strides is a convolution itself.</summary>
    [Fact]
    public void EveryPlaneOfManyChannelsMatchesPlainLoops()
    {
        int cases = 0, stride = IsDeep ? 3 : 23;
        WindowAxis[] axes = [.. Axes().Where(static axis => axis.Stride == 1)];
        var random = new Random(4);
        for (int i = 0; i < axes.Length; i += stride)
        {
            var shape = new ConvolutionShape(2, 1 + (cases % 2), 8 + (cases % 3), 1 + (cases % 9), new(axes[(int)((i * 7919L) % axes.Length)], axes[i]));
            if (cases++ % 2 == 0) new Trial<double>(shape, random).Check();
            else new Trial<float>(shape, random).Check();
        }

        Assert.True(cases > 20, $"{cases} cases");
    }

    /// <summary>From 48 taps side by side on the gradient by the weights reads pixels in place, whatever strides, padding and dilation are.</summary>
    [Fact]
    public void EveryPlaneOfWidePixelsMatchesPlainLoops()
    {
        int cases = 0, stride = IsDeep ? 7 : 41;
        WindowAxis[] axes = [.. Axes()];
        var random = new Random(6);
        for (int i = 0; i < axes.Length; i += stride)
        {
            var shape = new ConvolutionShape(1 + (cases % 3), 1 + (cases % 2), 16 + (cases * 5 % 37), 1 + (cases % 11), new(axes[(int)((i * 7919L) % axes.Length)], axes[i]));
            if (cases++ % 2 == 0) new Trial<double>(shape, random).Check();
            else new Trial<float>(shape, random).Check();
        }

        Assert.True(cases > 30, $"{cases} cases");
    }

    [Fact]
    public void WithoutWindowsTheGradientByTheWeightsIsZero()
    {
        var shape = new ConvolutionShape(2, 1, 20, 4, new(Windowing.One, new WindowAxis(2, 3, 1, 0, 1, 0)));
        float[] gradient = [.. Enumerable.Repeat(float.NaN, 20 * 4 * 3)];
        Convolution.WeightGradient<float>(shape, new float[2 * 20 * 2], [], gradient);
        Assert.All(gradient, static value => Assert.Equal(0f, value));
    }

    /// <summary>Sizes around the blocks of the kernels: many channels, filters, windows and images, and every vector width.</summary>
    [Fact]
    public void SizesAroundBlocksMatchPlainLoops()
    {
        var random = new Random(3);
        ConvolutionShape[] shapes =
        [
            new(2, 1, 65, 9, new(Axis(9, 3, 1, 1), Axis(11, 3, 1, 1))), // 585 rows: two blocks of depth
            new(1, 1, 257, 3, new(Windowing.One, Axis(5, 1, 1, 0))), // as it is, without a copy
            new(3, 1, 2, 5, new(Axis(40, 2, 1, 0), Axis(40, 2, 1, 0))), // 1521 windows: several blocks of them
            new(1, 1, 2, 49, new(Axis(33, 3, 2, 1), Axis(33, 3, 2, 1))), // rows shared by threads
            new(11, 2, 3, 17, new(Windowing.One, Axis(50, 7, 3, 2))), // more images than blocks of them
            new(2, 5, 1, 2, new(Axis(20, 3, 1, 1), Axis(70, 5, 1, 2))), // depthwise, wider than four vectors
            new(2, 1, 1, 1, new(Axis(18, 17, 1, 0), Axis(18, 17, 1, 0))), // 289 taps
            new(2, 1, 1, 6, new(Axis(18, 17, 1, 0), Axis(18, 17, 1, 0))),
            new(0, 1, 2, 3, new(Windowing.One, Axis(5, 2, 1, 0))),
            new(2, 1, 0, 3, new(Windowing.One, Axis(5, 2, 1, 0))),
            new(2, 1, 2, 0, new(Windowing.One, Axis(5, 2, 1, 0))),
            new(2, 3, 1, 4, new(Axis(4, 1, 2, 0), Axis(5, 1, 3, 0))),
        ];
        foreach (ConvolutionShape shape in shapes)
        {
            foreach (int bits in new[] { 128, 256, 512 })
            {
                new Trial<double>(shape, random).Check(bits);
                new Trial<float>(shape, random).Check(bits);
            }
        }
    }

    [Fact]
    public void AKernelOfOneElementIsAMatrixProduct()
    {
        var random = new Random(4);
        var shape = new ConvolutionShape(1, 1, 300, 20, new(Axis(6, 1, 1, 0), Axis(7, 1, 1, 0)));
        float[] x = GemmTests.Values<float>(random, 300 * 42), w = GemmTests.Values<float>(random, 20 * 300), expected = new float[20 * 42], y = new float[20 * 42];
        Gemm.Multiply<float>(false, false, 20, 42, 300, w, 300, x, 42, expected, 42);
        Convolution.Forward<float>(shape, x, w, [], y);
        GemmTests.AssertSameBits<float>(expected, y);
    }

    /// <summary>An image moved by one element gives a result moved by one, bit for bit, away from the border.</summary>
    [Fact]
    public void ConvolutionCommutesWithAShift()
    {
        var random = new Random(5);
        var shape = new ConvolutionShape(1, 1, 3, 5, new(Axis(12, 3, 1, 1), Axis(20, 3, 1, 1)));
        float[] x = GemmTests.Values<float>(random, 3 * 240), w = GemmTests.Values<float>(random, 5 * 27), moved = new float[x.Length], y = new float[5 * 240], movedY = new float[5 * 240];
        for (int i = 21; i < x.Length; i++) moved[i] = x[i - 21];
        Convolution.Forward<float>(shape, x, w, [], y);
        Convolution.Forward<float>(shape, moved, w, [], movedY);
        for (int f = 0; f < 5; f++)
        {
            for (int row = 2; row < 11; row++)
            {
                for (int column = 2; column < 19; column++) Assert.Equal(y[(f * 240) + ((row - 1) * 20) + column - 1], movedY[(f * 240) + (row * 20) + column]);
            }
        }
    }

    [Fact]
    public void WrongLengthsAreRefused()
    {
        var shape = new ConvolutionShape(1, 1, 1, 1, new(Windowing.One, Axis(5, 2, 1, 0)));
        Assert.Contains("input has 4", Assert.Throws<ArgumentException>(() => Convolution.Forward<float>(shape, new float[4], new float[2], [], new float[4])).Message);
        Assert.Contains("weight has 3", Assert.Throws<ArgumentException>(() => Convolution.InputGradient<float>(shape, new float[4], new float[3], new float[5], false)).Message);
        Assert.Contains("output has 5", Assert.Throws<ArgumentException>(() => Convolution.WeightGradient<float>(shape, new float[5], new float[5], new float[2])).Message);
        Assert.Contains("bias has 2", Assert.Throws<ArgumentException>(() => Convolution.Forward<float>(shape, new float[5], new float[2], new float[2], new float[4])).Message);
    }

    internal static WindowAxis Axis(int size, int kernel, int stride, int padding, int dilation = 1) =>
        new(size, kernel, stride, padding, dilation, ((size + (2 * padding) - (dilation * (kernel - 1)) - 1) / stride) + 1);

    /// <summary>Kernel 1 to 5, stride 1 to 3, padding 0 to 3, dilation 1 to 3, input 1 to 12: all that are legal.</summary>
    private static IEnumerable<WindowAxis> Axes() =>
        from size in Enumerable.Range(1, 12)
        from kernel in Enumerable.Range(1, 5)
        from stride in Enumerable.Range(1, 3)
        from padding in Enumerable.Range(0, 4)
        from dilation in Enumerable.Range(1, 3)
        where (dilation * (kernel - 1)) + 1 <= size + (2 * padding)
        select Axis(size, kernel, stride, padding, dilation);

    /// <summary>One convolution with random values: forward, both gradients, and the loops they are compared with.</summary>
    private sealed class Trial<T>(ConvolutionShape shape, Random random)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private const int Guard = 37;
        private static readonly T Canary = T.CreateTruncating(-987.5);

        private delegate void Kernel(Span<T> result);

        private readonly T[] _x = GemmTests.Values<T>(random, (int)shape.InputLength);
        private readonly T[] _w = GemmTests.Values<T>(random, (int)shape.WeightLength);
        private readonly T[] _y = GemmTests.Values<T>(random, (int)shape.OutputLength);
        private readonly T[] _bias = GemmTests.Values<T>(random, shape.Groups * shape.Filters);

        public void Check(int bits = 0)
        {
            if (bits == 0) bits = Simd.Best;
            Sums x = new(_x.Length), w = new(_w.Length), y = new(_y.Length);
            for (int i = 0; i < _y.Length; i++) y.Add(i, double.CreateTruncating(_bias[i / shape.Windows.Count % _bias.Length]));
            Walk((atX, atW, atY) =>
            {
                double xv = double.CreateTruncating(_x[atX]), wv = double.CreateTruncating(_w[atW]), yv = double.CreateTruncating(_y[atY]);
                y.Add(atY, xv * wv);
                x.Add(atX, yv * wv);
                w.Add(atW, xv * yv);
            });
            y.Compare(Guarded(_y.Length, result => Convolution.Forward<T>(bits, shape, _x, _w, _bias, result)), shape, $"y at {bits} bits");
            T[] gradient = Guarded(_x.Length, result => Convolution.InputGradient<T>(bits, shape, _y, _w, result, accumulate: false));
            x.Compare(gradient, shape, $"gx at {bits} bits");
            w.Compare(Guarded(_w.Length, result => Convolution.WeightGradient<T>(bits, shape, _x, _y, result)), shape, $"gw at {bits} bits");
            for (int i = 0; i < _x.Length; i++) x.Add(i, double.CreateTruncating(_x[i]));
            x.Compare(
                Guarded(_x.Length, result =>
                {
                    _x.CopyTo(result);
                    Convolution.InputGradient<T>(bits, shape, _y, _w, result, accumulate: true);
                }),
                shape,
                $"gx added at {bits} bits");
        }

        /// <summary>Runs a kernel on memory between guards that it must leave alone.</summary>
        private static T[] Guarded(int length, Kernel kernel)
        {
            T[] memory = new T[length + (2 * Guard)];
            Array.Fill(memory, Canary);
            memory.AsSpan(Guard, length).Fill(T.NaN);
            kernel(memory.AsSpan(Guard, length));
            Assert.True(memory.AsSpan(0, Guard).IndexOfAnyExcept(Canary) < 0, "memory before the result was written");
            Assert.True(memory.AsSpan(Guard + length).IndexOfAnyExcept(Canary) < 0, "memory behind the result was written");
            return memory.AsSpan(Guard, length).ToArray();
        }

        private void Walk(Action<int, int, int> visit)
        {
            for (int n = 0; n < shape.Batch; n++)
            {
                for (int g = 0; g < shape.Groups; g++)
                {
                    for (int f = 0; f < shape.Filters; f++)
                    {
                        for (int c = 0; c < shape.Channels; c++)
                        {
                            int planeX = ((n * shape.Groups) + g) * shape.Channels + c, planeY = (((n * shape.Groups) + g) * shape.Filters) + f, planeW = (((g * shape.Filters) + f) * shape.Channels) + c;
                            WalkPlane(planeX * shape.Windows.PlaneLength, planeW * shape.Windows.Taps, planeY * shape.Windows.Count, visit);
                        }
                    }
                }
            }
        }

        private void WalkPlane(int x, int w, int y, Action<int, int, int> visit)
        {
            (WindowAxis rows, WindowAxis columns) = (shape.Windows.Rows, shape.Windows.Columns);
            for (int i = 0; i < rows.Count; i++)
            {
                for (int j = 0; j < columns.Count; j++)
                {
                    for (int k = 0; k < shape.Windows.Taps; k++)
                    {
                        int row = (i * rows.Stride) - rows.Before + (k / columns.Kernel * rows.Dilation), column = (j * columns.Stride) - columns.Before + (k % columns.Kernel * columns.Dilation);
                        if (row < 0 || row >= rows.Size || column < 0 || column >= columns.Size) continue;
                        visit(x + (row * columns.Size) + column, w + k, y + (i * columns.Count) + j);
                    }
                }
            }
        }

        /// <summary>Sums in double, with the sums of the terms' magnitudes, which bound the error.</summary>
        private sealed class Sums(int length)
        {
            private readonly double[] _sums = new double[length];
            private readonly double[] _magnitudes = new double[length];
            private readonly int[] _terms = new int[length];

            public void Add(int at, double term)
            {
                _sums[at] += term;
                _magnitudes[at] += Math.Abs(term);
                _terms[at]++;
            }

            public void Compare(T[] found, ConvolutionShape shape, string what)
            {
                double unit = typeof(T) == typeof(float) ? Math.Pow(2, -24) : Math.Pow(2, -53);
                for (int i = 0; i < found.Length; i++)
                {
                    double allowed = 2 * (2 + _terms[i]) * unit * _magnitudes[i];
                    double error = Math.Abs(double.CreateTruncating(found[i]) - _sums[i]);
                    if (!(error <= allowed)) Assert.Fail($"{shape}: {what}, element {i}: expected {_sums[i]:R}, found {found[i]}, allowed {allowed:E2}");
                }
            }
        }
    }
}
