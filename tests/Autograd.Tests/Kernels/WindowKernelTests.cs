using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>Pooling and unfolding kernels: guards around results, special values at every place, and the adjoints.</summary>
public sealed class WindowKernelTests
{
    private const int Guard = 37;

    private static readonly Windows[] Shapes =
    [
        .. from width in new[] { 1, 2, 5, 15, 16, 17, 31, 33, 40 }
           from window in new (int Kernel, int Stride, int Padding, int Dilation)[] { (1, 1, 0, 1), (2, 2, 0, 1), (3, 1, 1, 1), (3, 2, 1, 1), (2, 3, 1, 2), (5, 4, 2, 1) }
           where width + (2 * window.Padding) > window.Dilation * (window.Kernel - 1)
           select new Windows(ConvolutionTests.Axis(4, 2, 1, 1), ConvolutionTests.Axis(width, window.Kernel, window.Stride, window.Padding, window.Dilation)),
    ];

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void MaxFindsTheFirstLargestWithSpecialValuesEverywhere(int bits)
    {
        var random = new Random(bits);
        double[] specials = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, double.Epsilon, double.MaxValue];
        foreach (Windows windows in Shapes)
        {
            for (int special = 0; special < windows.PlaneLength; special++)
            {
                double[] x = new double[windows.PlaneLength];
                for (int i = 0; i < x.Length; i++) x[i] = random.Next(-2, 3); // with ties
                x[special] = specials[special % specials.Length];
                double[] memory = Guarded(windows.Count), more = Guarded(windows.Count);
                Pooling.Max<double>(bits, windows, 1, x, memory.AsSpan(Guard, windows.Count), more.AsSpan(Guard, windows.Count));
                double[] y = Unguard(memory, windows.Count), places = Unguard(more, windows.Count);
                (int At, int Tap)[] expected = [.. Enumerable.Range(0, windows.Count).Select(window => Largest(windows, x, window))];
                Assert.True(y.AsSpan().SequenceEqual([.. expected.Select(place => place.At < 0 ? double.NegativeInfinity : x[place.At])]), $"{windows}: values");
                Assert.True(places.AsSpan().SequenceEqual([.. expected.Select(static place => (double)place.Tap)]), $"{windows}: places");
            }
        }
    }

    [Fact]
    public void SpreadAndPickAreAdjoint()
    {
        var random = new Random(7);
        foreach (Windows windows in Shapes)
        {
            double[] x = GemmTests.Values<double>(random, 2 * windows.PlaneLength), y = new double[2 * windows.Count], places = new double[y.Length];
            Pooling.Max<double>(windows, 2, x, y, places);
            double[] v = GemmTests.Values<double>(random, y.Length), u = GemmTests.Values<double>(random, x.Length), spread = new double[x.Length], picked = new double[y.Length];
            Pooling.Spread<double>(windows, 2, v, places, spread);
            Pooling.Pick<double>(windows, 2, u, places, picked);
            Assert.Equal(Dot(spread, u), Dot(v, picked), 1e-12);
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void FoldAndUnfoldAreAdjointAndStayInTheirMemory(int bits)
    {
        var random = new Random(bits);
        foreach (Windows windows in Shapes)
        {
            int length = 2 * windows.Taps * windows.Count;
            double[] x = GemmTests.Values<double>(random, 2 * windows.PlaneLength), v = GemmTests.Values<double>(random, length);
            double[] columns = Guarded(length), folded = Guarded(x.Length);
            Unfolding.Unfold<double>(bits, windows, 2, x, columns.AsSpan(Guard, length));
            Unfolding.Fold<double>(bits, windows, 2, v, folded.AsSpan(Guard, x.Length));
            double[] u = Unguard(columns, length);
            for (int window = 0; window < windows.Count; window++)
            {
                for (int tap = 0; tap < windows.Taps; tap++)
                {
                    int at = Place(windows, window, tap);
                    Assert.Equal(at < 0 ? 0 : x[windows.PlaneLength + at], u[((windows.Taps + tap) * windows.Count) + window]);
                }
            }

            Assert.Equal(Dot(u, v), Dot(x, Unguard(folded, x.Length)), 1e-11);
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void AveragesAndTheirAdjointStayInTheirMemory(int bits)
    {
        var random = new Random(bits);
        foreach (Windows windows in Shapes.Where(static windows => windows.Columns.Dilation == 1))
        {
            static AverageAxis Of(WindowAxis axis) => new(axis.Size, axis.Count, axis.Kernel, axis.Stride, axis.Before);
            CheckAverages(bits, new(Of(windows.Rows), Of(windows.Columns), CountPadding: true), random);
            CheckAverages(bits, new(Of(windows.Rows), Of(windows.Columns), CountPadding: false), random);
            var shape = new AverageShape(Of(windows.Rows), Of(windows.Columns), CountPadding: true);
            double[] x = GemmTests.Values<double>(random, 2 * shape.PlaneLength), v = GemmTests.Values<double>(random, 2 * shape.Count);
            double[] averages = Guarded(v.Length), spread = Guarded(x.Length);
            Pooling.Average<double>(bits, shape, 2, x, averages.AsSpan(Guard, v.Length));
            Pooling.SpreadAverage<double>(bits, shape, 2, v, spread.AsSpan(Guard, x.Length));
            double[] y = Unguard(averages, v.Length);
            for (int window = 0; window < windows.Count; window++)
            {
                double sum = Enumerable.Range(0, windows.Taps).Select(tap => Place(windows, window, tap)).Where(static at => at >= 0).Sum(at => x[shape.PlaneLength + at]);
                Assert.Equal(sum / windows.Taps, y[windows.Count + window], 1e-13);
            }

            Assert.Equal(Dot(y, v), Dot(x, Unguard(spread, x.Length)), 1e-12);
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void AdaptiveAveragesCoverTheAxis(int bits)
    {
        var random = new Random(bits);
        for (int size = 1; size <= 40; size += 3)
        {
            for (int count = 1; count <= size + 2; count += 4) CheckAverages(bits, new(AverageAxis.Adaptive(7, 3), AverageAxis.Adaptive(size, count), false), random);
        }
    }

    /// <summary>Averages by loops over the ranges of rows and columns, in float and double.</summary>
    private static void CheckAverages(int bits, AverageShape shape, Random random)
    {
        double[] x = GemmTests.Values<double>(random, 2 * shape.PlaneLength), y = Guarded(2 * shape.Count);
        float[] single = [.. x.Select(static value => (float)value)], averages = new float[2 * shape.Count];
        Pooling.Average<double>(bits, shape, 2, x, y.AsSpan(Guard, 2 * shape.Count));
        Pooling.Average<float>(bits, shape, 2, single, averages);
        y = Unguard(y, 2 * shape.Count);
        for (int i = 0; i < y.Length; i++)
        {
            (int plane, int window) = Math.DivRem(i, shape.Count);
            (int row, int column) = Math.DivRem(window, shape.Columns.Count);
            double sum = 0;
            int taken = 0;
            for (int r = shape.Rows.Start(row); r < shape.Rows.End(row); r++)
            {
                for (int c = shape.Columns.Start(column); c < shape.Columns.End(column); c++, taken++) sum += x[(plane * shape.PlaneLength) + (r * shape.Columns.Size) + c];
            }

            if (shape.CountPadding) taken = shape.Rows.Kernel * shape.Columns.Kernel;
            if (taken == 0) continue; // a window that lies in the padding alone
            Assert.Equal(sum / taken, y[i], 1e-13);
            Assert.Equal(sum / taken, averages[i], 1e-5);
        }
    }

    [Fact]
    public void WrongLengthsAreRefused()
    {
        Windows windows = Shapes[0];
        Assert.Throws<ArgumentException>(() => Pooling.Max<float>(windows, 1, new float[1], new float[windows.Count], []));
        Assert.Throws<ArgumentException>(() => Pooling.Spread<float>(windows, 1, new float[windows.Count], new float[1], new float[windows.PlaneLength]));
        Assert.Throws<ArgumentException>(() => Unfolding.Unfold<float>(windows, 2, new float[windows.PlaneLength], new float[1]));
        Assert.Throws<ArgumentException>(() => Pooling.Average<float>(new(AverageAxis.Adaptive(2, 1), AverageAxis.Adaptive(3, 1), false), 1, new float[6], new float[2]));
    }

    /// <summary>The first largest element of a window and its tap, a NaN being largest; −1 where there is none.</summary>
    private static (int At, int Tap) Largest(in Windows windows, double[] x, int window)
    {
        (int At, int Tap) best = (-1, -1);
        for (int tap = 0; tap < windows.Taps; tap++)
        {
            int at = Place(windows, window, tap);
            if (at < 0 || (best.At >= 0 && (double.IsNaN(x[best.At]) || x[at] <= x[best.At]))) continue;
            best = (at, tap);
        }

        return best;
    }

    private static int Place(in Windows windows, int window, int tap)
    {
        (WindowAxis rows, WindowAxis columns) = (windows.Rows, windows.Columns);
        int row = (window / columns.Count * rows.Stride) - rows.Before + (tap / columns.Kernel * rows.Dilation);
        int column = (window % columns.Count * columns.Stride) - columns.Before + (tap % columns.Kernel * columns.Dilation);
        return row < 0 || row >= rows.Size || column < 0 || column >= columns.Size ? -1 : (row * columns.Size) + column;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, static (x, y) => x * y).Sum();

    private static double[] Guarded(int length)
    {
        double[] memory = new double[length + (2 * Guard)];
        Array.Fill(memory, -987.5);
        memory.AsSpan(Guard, length).Fill(double.NaN);
        return memory;
    }

    private static double[] Unguard(double[] memory, int length)
    {
        Assert.True(memory.AsSpan(0, Guard).IndexOfAnyExcept(-987.5) < 0, "memory before the result was written");
        Assert.True(memory.AsSpan(Guard + length).IndexOfAnyExcept(-987.5) < 0, "memory behind the result was written");
        return memory.AsSpan(Guard, length).ToArray();
    }
}
