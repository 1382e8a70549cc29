using Autograd.Kernels;

namespace Autograd.Tests;

/// <summary>Broadcast kernels against a loop over all indices.</summary>
public sealed class BroadcastTests
{
    [Fact]
    public void RandomShapesAgreeWithPlainLoops()
    {
        System.Random random = new(21);
        for (int trial = 0; trial < 600; trial++)
        {
            using WidthScope scope = new(WidthScope.All[trial % 4]);
            int rank = random.Next(0, trial % 10 == 0 ? 9 : 5);
            int[] sizes = new int[rank];
            for (int axis = 0; axis < rank; axis++) sizes[axis] = random.Next(trial % 25 == 0 ? 0 : 1, rank > 5 ? 3 : axis == rank - 1 ? 40 : 6);
            int count = sizes.Aggregate(1, (a, b) => a * b);
            (double[] x, int[] sx) = Operand(random, sizes);
            (double[] y, int[] sy) = Operand(random, sizes);
            (double[] z, int[] sz) = Operand(random, sizes);
            bool[] condition = [.. x.Select(v => v > 0)];
            double[] sums = new double[count], products = new double[count], chosen = new double[count];
            Elementwise.Binary<SubtractFunction, double>(x, sx, y, sy, sums, sizes);
            Elementwise.Ternary<MaximumGradientFunction, double>(x, sx, y, sy, z, sz, products, sizes);
            Elementwise.Where<double>(condition, sx, y, sy, z, sz, chosen, sizes);
            for (int i = 0; i < count; i++)
            {
                double a = x[At(i, sizes, sx)], b = y[At(i, sizes, sy)], c = z[At(i, sizes, sz)];
                Assert.Equal(a - b, sums[i]);
                Assert.Equal(b < c ? 0 : b == c ? a / 2 : a, products[i]);
                Assert.Equal(a > 0 ? b : c, chosen[i]);
            }
        }
    }

    [Fact]
    public void MisfitsAreRefused()
    {
        float[] six = new float[6];
        Assert.Throws<ArgumentException>(() => Elementwise.Binary<AddFunction, float>(six, [3, 1], six, [1, 2], six, [2, 3]));
        Assert.Throws<ArgumentException>(() => Elementwise.Binary<AddFunction, float>(six, [3, 1], six.AsSpan(1), [3, 1], six, [2, 3]));
        Assert.Throws<ArgumentException>(() => Elementwise.Binary<AddFunction, float>(six, [3, 1], six, [3], six, [2, 3]));
        Assert.Throws<ArgumentException>(() => Elementwise.Binary<AddFunction, float>(six, [3, 1], six, [3, 1], six.AsSpan(0, 5), [2, 3]));
        int[] nine = new int[9];
        Assert.Throws<ArgumentException>(() => Elementwise.Binary<AddFunction, float>(six, nine, six, nine, six, nine));
    }

    private static (double[] Values, int[] Strides) Operand(System.Random random, int[] sizes)
    {
        int[] strides = new int[sizes.Length];
        int stride = 1;
        for (int axis = sizes.Length - 1; axis >= 0; axis--)
        {
            bool broadcast = random.Next(3) == 0;
            strides[axis] = broadcast ? 0 : stride;
            if (!broadcast) stride *= sizes[axis];
        }

        return ([.. Enumerable.Range(0, stride).Select(_ => (double)random.Next(-4, 5))], strides);
    }

    private static int At(int index, int[] sizes, int[] strides)
    {
        int offset = 0;
        for (int axis = sizes.Length - 1; axis >= 0; axis--)
        {
            offset += index % sizes[axis] * strides[axis];
            index /= sizes[axis];
        }

        return offset;
    }
}
