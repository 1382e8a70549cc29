using System.Numerics;
using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>The operands and results of the kernel for one layer; every result buffer starts as NaN.</summary>
internal sealed class RecurrentRun<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    internal RecurrentShape Shape;
    internal int YRow;
    internal int[] Indices = [];
    internal T[] X = [], WeightIh = [], WeightHh = [], BiasIh = [], BiasHh = [], H0 = [], C0 = [];
    internal T[] Y = [], HN = [], CN = [], Reserve = [];
    internal T[] GradientY = [], GradientHN = [], GradientCN = [];
    internal T[] GradientX = [], GradientWeightIh = [], GradientWeightHh = [], GradientBiasIh = [], GradientBiasHh = [], GradientH0 = [],
        GradientC0 = [];

    internal static RecurrentRun<T> Random(RecurrentShape shape, int seed, bool bias = true, bool state = true, bool oneHot = false)
    {
        var random = new Random(seed);
        T[] Values(bool wanted, int count, double scale = 1)
        {
            var values = new T[wanted ? count : 0];
            foreach (ref T value in values.AsSpan())
            {
                value = T.CreateChecked((float)(((random.NextDouble() * 2) - 1) * scale));
            }
            return values;
        }
        int rows = shape.Gates * shape.Hidden, states = shape.Batch * shape.Hidden;
        double scale = 1.5 / Math.Sqrt(Math.Max(shape.Hidden, 1));
        var run = new RecurrentRun<T>
        {
            Shape = shape,
            YRow = shape.Hidden,
            X = Values(!oneHot, shape.Time * shape.Batch * shape.Input),
            WeightIh = Values(true, rows * shape.Input, scale),
            WeightHh = Values(true, rows * shape.Hidden, scale),
            BiasIh = Values(bias, rows, scale),
            BiasHh = Values(bias, rows, scale),
            H0 = Values(state, states),
            C0 = Values(state && shape.HasCell, states),
            GradientY = Values(true, shape.Time * states),
            GradientHN = Values(true, states),
            GradientCN = Values(shape.HasCell, states),
        };
        if (oneHot)
        {
            run.Indices = new int[shape.Time * shape.Batch];
            foreach (ref int index in run.Indices.AsSpan())
            {
                index = random.Next(shape.Input);
            }
        }
        return run;
    }

    private static T[] Poisoned(long count)
    {
        var values = new T[count];
        values.AsSpan().Fill(T.NaN);
        return values;
    }

    /// <summary>The dense input that the indices stand for.</summary>
    internal T[] OneHotX()
    {
        var x = new T[Indices.Length * Shape.Input];
        for (int i = 0; i < Indices.Length; i++)
        {
            x[(i * Shape.Input) + Indices[i]] = T.One;
        }
        return x;
    }

    internal RecurrentRun<T> Forward(int? vectorBits = null, bool inference = false)
    {
        int states = Shape.Batch * Shape.Hidden;
        Y = Poisoned(Shape.Time * Shape.Batch * (long)YRow);
        HN = Poisoned(states);
        CN = Poisoned(Shape.HasCell ? states : 0);
        Reserve = Poisoned(inference ? 0 : Shape.ReserveLength);
        RecurrentKernel.Forward(vectorBits ?? Simd.Best, new RecurrentForward<T>
        {
            Shape = Shape,
            X = X,
            Indices = Indices,
            WeightIh = WeightIh,
            WeightHh = WeightHh,
            BiasIh = BiasIh,
            BiasHh = BiasHh,
            H0 = H0,
            C0 = C0,
            Y = Y,
            YRow = YRow,
            HN = HN,
            CN = CN,
            Reserve = Reserve,
        });
        return this;
    }

    /// <summary>Backward from the given cotangents; <paramref name="subset"/> keeps y's, h_n's and c_n's by its bits 1, 2 and 4.</summary>
    internal RecurrentRun<T> Backward(int? vectorBits = null, int subset = 7, bool accumulate = false)
    {
        int states = Shape.Batch * Shape.Hidden, rows = Shape.Gates * Shape.Hidden;
        if (!accumulate)
        {
            GradientX = Poisoned(Indices.Length > 0 ? 0 : X.Length);
            GradientWeightIh = Poisoned(WeightIh.Length);
            GradientWeightHh = Poisoned(WeightHh.Length);
            GradientBiasIh = Poisoned(rows);
            GradientBiasHh = Poisoned(rows);
            GradientH0 = Poisoned(states);
            GradientC0 = Poisoned(Shape.HasCell ? states : 0);
        }
        RecurrentKernel.Backward(vectorBits ?? Simd.Best, new RecurrentBackward<T>
        {
            Shape = Shape,
            X = X,
            Indices = Indices,
            WeightIh = WeightIh,
            WeightHh = WeightHh,
            H0 = H0,
            C0 = C0,
            Y = Y,
            YRow = YRow,
            Reserve = Reserve,
            GradientY = (subset & 1) != 0 ? GradientY : [],
            GradientHN = (subset & 2) != 0 ? GradientHN : [],
            GradientCN = (subset & 4) != 0 ? GradientCN : [],
            GradientX = GradientX,
            GradientWeightIh = GradientWeightIh,
            GradientWeightHh = GradientWeightHh,
            GradientBiasIh = GradientBiasIh,
            GradientBiasHh = GradientBiasHh,
            GradientH0 = GradientH0,
            GradientC0 = GradientC0,
            AccumulateWeights = accumulate,
            AccumulateX = accumulate,
        });
        return this;
    }

    internal RecurrentReference Reference(int subset = 7)
    {
        static double[] Doubles(T[] values) => Array.ConvertAll(values, value => double.CreateChecked(value));
        var reference = new RecurrentReference(Shape)
        {
            X = Doubles(Indices.Length > 0 ? OneHotX() : X),
            WeightIh = Doubles(WeightIh),
            WeightHh = Doubles(WeightHh),
            BiasIh = Doubles(BiasIh),
            BiasHh = Doubles(BiasHh),
            H0 = Doubles(H0),
            C0 = Doubles(C0),
        };
        reference.Forward();
        reference.Backward(Doubles((subset & 1) != 0 ? GradientY : []), Doubles((subset & 2) != 0 ? GradientHN : []),
            Doubles((subset & 4) != 0 ? GradientCN : []));
        return reference;
    }

    internal int CompareForward(RecurrentReference expected, double tolerance)
    {
        int compared = Close("y", expected.Y, Y, tolerance) + Close("h_n", expected.HN, HN, tolerance);
        return Shape.HasCell ? compared + Close("c_n", expected.CN, CN, tolerance) : compared;
    }

    internal int CompareBackward(RecurrentReference expected, double tolerance)
    {
        int compared = Close("weight_ih", expected.GradientWeightIh, GradientWeightIh, tolerance)
            + Close("weight_hh", expected.GradientWeightHh, GradientWeightHh, tolerance)
            + Close("bias_ih", expected.GradientBiasIh, GradientBiasIh, tolerance)
            + Close("bias_hh", expected.GradientBiasHh, GradientBiasHh, tolerance)
            + Close("h_0", expected.GradientH0, GradientH0, tolerance);
        compared += Indices.Length > 0 ? 0 : Close("x", expected.GradientX, GradientX, tolerance);
        return Shape.HasCell ? compared + Close("c_0", expected.GradientC0, GradientC0, tolerance) : compared;
    }

    internal int Close(string name, double[] expected, T[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = 1;
        foreach (double value in expected)
        {
            scale = Math.Max(scale, Math.Abs(value));
        }
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(double.CreateChecked(actual[i]) - expected[i]);
            Assert.True(error <= tolerance * scale, $"{Shape}: {name}[{i}] is {actual[i]}, expected {expected[i]}");
        }
        return expected.Length;
    }

    internal T[][] Results =>
    [
        Y, HN, CN, Reserve, GradientX, GradientWeightIh, GradientWeightHh, GradientBiasIh, GradientBiasHh, GradientH0, GradientC0,
    ];

    internal static void AssertSame(RecurrentRun<T> expected, RecurrentRun<T> actual)
    {
        for (int i = 0; i < expected.Results.Length; i++)
        {
            Assert.Equal(expected.Results[i].Length, actual.Results[i].Length);
            GemmTests.AssertSameBits<T>(expected.Results[i], actual.Results[i]);
        }
    }
}
