using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

[Collection(nameof(WorkerPoolTests))] // it sets the number of threads of the process
public sealed class RecurrentKernelTests
{
    private static readonly RecurrentKind[] Kinds = [RecurrentKind.Tanh, RecurrentKind.Relu, RecurrentKind.Lstm, RecurrentKind.Gru];

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void EveryShapeMatchesPlainLoops(int vectorBits)
    {
        int compared = 0, cases = 0;
        foreach (RecurrentKind kind in Kinds)
        {
            foreach (int time in new[] { 0, 1, 2, 5, 17 })
            {
                foreach (int batch in new[] { 0, 1, 3 })
                {
                    foreach (int hidden in new[] { 1, 3, 7, 8, 9, 17 })
                    {
                        // The remaining choices go through all their combinations in turn.
                        bool reverse = (cases & 1) != 0, bias = (cases & 2) != 0, state = (cases & 4) != 0;
                        int input = cases % 7, subset = 1 + (cases % 7);
                        cases++;
                        var shape = new RecurrentShape(kind, time, batch, input, hidden, reverse);
                        RecurrentRun<double> run = RecurrentRun<double>.Random(shape, cases, bias, state);
                        run.Forward(vectorBits).Backward(vectorBits, subset);
                        RecurrentReference reference = run.Reference(subset);
                        compared += run.CompareForward(reference, 1e-12) + run.CompareBackward(reference, 1e-12);
                        RecurrentRun<float> single = RecurrentRun<float>.Random(shape, cases, bias, state);
                        single.Forward(vectorBits).Backward(vectorBits, subset);
                        compared += single.CompareForward(reference, 1e-5) + single.CompareBackward(reference, 1e-5);
                    }
                }
            }
        }
        Assert.True(compared > 200_000, $"{compared} numbers compared");
    }

    [Fact]
    public void EverySubsetOfCotangents()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            for (int subset = 1; subset < 8; subset++)
            {
                RecurrentRun<double> run = RecurrentRun<double>.Random(new(kind, 5, 3, 4, 9), 7).Forward().Backward(subset: subset);
                Assert.True(run.CompareBackward(run.Reference(subset), 1e-12) > 0);
            }
        }
    }

    [Fact]
    public void GradientsMatchCentralDifferences()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            RecurrentRun<double> run = RecurrentRun<double>.Random(new(kind, 3, 2, 3, 5), 19).Forward().Backward();
            double Loss()
            {
                run.Forward();
                return Dot(run.Y, run.GradientY) + Dot(run.HN, run.GradientHN) + Dot(run.CN, run.GradientCN);
            }
            (string, double[], double[])[] pairs =
            [
                ("x", run.X, run.GradientX), ("weight_ih", run.WeightIh, run.GradientWeightIh),
                ("weight_hh", run.WeightHh, run.GradientWeightHh),
                ("bias_ih", run.BiasIh, run.GradientBiasIh), ("bias_hh", run.BiasHh, run.GradientBiasHh), ("h_0", run.H0, run.GradientH0),
                ("c_0", run.C0, run.GradientC0),
            ];
            foreach ((string name, double[] operand, double[] gradient) in pairs)
            {
                for (int i = 0; i < operand.Length; i++)
                {
                    const double Step = 1e-5;
                    double value = operand[i];
                    operand[i] = value + Step;
                    double above = Loss();
                    operand[i] = value - Step;
                    double below = Loss();
                    operand[i] = value;
                    double difference = (above - below) / (2 * Step);
                    Assert.True(Math.Abs(difference - gradient[i]) <= 1e-7 * Math.Max(1, Math.Abs(difference)),
                        $"{kind} {name}[{i}]: {gradient[i]}, by differences {difference}");
                }
            }
        }
    }

    [Fact]
    public void FloatFollowsDoubleOverFiftySteps()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            var shape = new RecurrentShape(kind, 50, 4, 20, 40);
            RecurrentRun<float> run = RecurrentRun<float>.Random(shape, 23);
            run.WeightHh = Array.ConvertAll(run.WeightHh, weight => weight * 0.4f);
            run.Forward().Backward();
            RecurrentReference reference = run.Reference();
            run.CompareForward(reference, 1e-5);
            run.CompareBackward(reference, 1e-5);
        }
    }

    [Fact]
    public void OneHotEqualsDense()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            // More rows than classes, so that the weight is turned, and fewer.
            foreach (int input in new[] { 5, 50 })
            {
                foreach (bool inference in new[] { false, true })
                {
                    var shape = new RecurrentShape(kind, 6, 3, input, 17, Reverse: input == 5);
                    RecurrentRun<double> oneHot = RecurrentRun<double>.Random(shape, 29, oneHot: true).Forward(inference: inference);
                    RecurrentReference reference = oneHot.Reference();
                    oneHot.CompareForward(reference, 1e-12);
                    if (!inference)
                    {
                        oneHot.Backward();
                        oneHot.CompareBackward(reference, 1e-12);
                    }
                }
            }
        }
    }

    [Fact]
    public void WithoutReserveTheOutputsHaveTheSameBits()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            foreach (bool reverse in new[] { false, true })
            {
                var shape = new RecurrentShape(kind, 90, 3, 5, 17, reverse);
                RecurrentRun<float> training = RecurrentRun<float>.Random(shape, 31).Forward();
                RecurrentRun<float> inference = RecurrentRun<float>.Random(shape, 31);
                inference.Forward(inference: true);
                GemmTests.AssertSameBits<float>(training.Y, inference.Y);
                GemmTests.AssertSameBits<float>(training.HN, inference.HN);
                GemmTests.AssertSameBits<float>(training.CN, inference.CN);
            }
        }
    }

    [Fact]
    public void AccumulatingAddsToWhatIsThere()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            foreach (bool oneHot in new[] { false, true })
            {
                RecurrentRun<double> run = RecurrentRun<double>.Random(new(kind, 4, 3, 6, 9), 37, oneHot: oneHot).Forward().Backward();
                double[][] once = [.. new[]
                    {
                        run.GradientX, run.GradientWeightIh, run.GradientWeightHh, run.GradientBiasIh, run.GradientBiasHh,
                    }.Select(gradient => Array.ConvertAll(gradient, value => 2 * value))];
                run.Backward(accumulate: true);
                run.Close("x", once[0], run.GradientX, 1e-12);
                run.Close("weight_ih", once[1], run.GradientWeightIh, 1e-12);
                run.Close("weight_hh", once[2], run.GradientWeightHh, 1e-12);
                run.Close("bias_ih", once[3], run.GradientBiasIh, 1e-12);
                run.Close("bias_hh", once[4], run.GradientBiasHh, 1e-12);
            }
        }
    }

    [Fact]
    public void RowsOfYMayLieApart()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            const int Hidden = 9, Rows = 4 * 3;
            var shape = new RecurrentShape(kind, 4, 3, 6, Hidden);
            RecurrentRun<double> dense = RecurrentRun<double>.Random(shape, 41).Forward().Backward();
            RecurrentRun<double> apart = RecurrentRun<double>.Random(shape, 41);
            apart.YRow = 2 * Hidden;
            apart.GradientY = Spread(dense.GradientY);
            apart.Forward().Backward();
            for (int row = 0; row < Rows; row++)
            {
                GemmTests.AssertSameBits<double>(dense.Y.AsSpan(row * Hidden, Hidden), apart.Y.AsSpan(row * 2 * Hidden, Hidden));
                Assert.All(apart.Y[((row * 2 * Hidden) + Hidden)..((row + 1) * 2 * Hidden)], value => Assert.True(double.IsNaN(value)));
            }
            GemmTests.AssertSameBits<double>(dense.GradientWeightHh, apart.GradientWeightHh);
            GemmTests.AssertSameBits<double>(dense.GradientX, apart.GradientX);

            static double[] Spread(double[] rows)
            {
                var spread = new double[2 * rows.Length];
                spread.AsSpan().Fill(double.NaN);
                for (int row = 0; row < Rows; row++)
                {
                    rows.AsSpan(row * Hidden, Hidden).CopyTo(spread.AsSpan(row * 2 * Hidden));
                }
                return spread;
            }
        }
    }

    [Fact]
    public void ChunksThatHandOnTheirStateEqualTheWholeBitForBit()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            var shape = new RecurrentShape(kind, 12, 3, 5, 19);
            RecurrentRun<float> whole = RecurrentRun<float>.Random(shape, 47).Forward();
            float[] h = whole.H0, c = whole.C0;
            int start = 0;
            foreach (int length in new[] { 1, 4, 7 })
            {
                RecurrentRun<float> chunk = RecurrentRun<float>.Random(shape, 47);
                chunk.Shape = shape with { Time = length };
                chunk.X = whole.X[(start * 3 * 5)..((start + length) * 3 * 5)];
                (chunk.H0, chunk.C0) = (h, c);
                chunk.Forward(inference: length == 4);
                GemmTests.AssertSameBits<float>(whole.Y.AsSpan(start * 3 * 19), chunk.Y);
                (h, c) = (chunk.HN, chunk.CN);
                start += length;
            }
            GemmTests.AssertSameBits<float>(whole.HN, h);
            GemmTests.AssertSameBits<float>(whole.CN, c);
        }
    }

    [Fact]
    public void ARowDoesNotDependOnTheRestOfTheBatch()
    {
        foreach (RecurrentKind kind in Kinds)
        {
            const int Batch = 19, Time = 4, Input = 6, Hidden = 33;
            RecurrentRun<float> whole = RecurrentRun<float>.Random(new(kind, Time, Batch, Input, Hidden), 53).Forward();
            RecurrentRun<float> alone = RecurrentRun<float>.Random(new(kind, Time, Batch, Input, Hidden), 53);
            alone.Shape = alone.Shape with { Batch = 1 };
            alone.X = [.. Enumerable.Range(0, Time).SelectMany(t => whole.X[(((t * Batch) + 7) * Input)..(((t * Batch) + 8) * Input)])];
            alone.H0 = whole.H0[(7 * Hidden)..(8 * Hidden)];
            alone.C0 = kind == RecurrentKind.Lstm ? whole.C0[(7 * Hidden)..(8 * Hidden)] : [];
            alone.Forward();
            for (int t = 0; t < Time; t++)
            {
                GemmTests.AssertSameBits<float>(whole.Y.AsSpan(((t * Batch) + 7) * Hidden, Hidden), alone.Y.AsSpan(t * Hidden, Hidden));
            }
        }
    }

    [Fact]
    public void GatesThatAreFullyOpenOrShutCopyExactly()
    {
        RecurrentRun<double> gru = RecurrentRun<double>.Random(new(RecurrentKind.Gru, 3, 2, 4, 5), 59);
        gru.BiasIh.AsSpan(5, 5).Fill(1000);
        gru.Forward();
        Assert.Equal(gru.H0, gru.HN);
        RecurrentRun<double> lstm = RecurrentRun<double>.Random(new(RecurrentKind.Lstm, 3, 2, 4, 5), 59);
        lstm.BiasIh.AsSpan(0, 5).Fill(-1000);
        lstm.BiasIh.AsSpan(5, 5).Fill(1000);
        lstm.Forward();
        Assert.Equal(lstm.C0, lstm.CN);
    }

    [Fact]
    public void AWarmSweepAllocatesNothing()
    {
        using var scope = new ThreadsScope(2);
        RecurrentRun<float> run = RecurrentRun<float>.Random(new(RecurrentKind.Lstm, 10, 32, 20, 64), 61).Forward().Backward();
        void Sweep()
        {
            RecurrentKernel.Forward(new RecurrentForward<float>
            {
                Shape = run.Shape,
                X = run.X,
                WeightIh = run.WeightIh,
                WeightHh = run.WeightHh,
                BiasIh = run.BiasIh,
                H0 = run.H0,
                Y = run.Y,
                Reserve = run.Reserve,
            });
            RecurrentKernel.Backward(new RecurrentBackward<float>
            {
                Shape = run.Shape,
                X = run.X,
                WeightIh = run.WeightIh,
                WeightHh = run.WeightHh,
                H0 = run.H0,
                Y = run.Y,
                Reserve = run.Reserve,
                GradientY = run.GradientY,
                GradientX = run.GradientX,
                GradientWeightIh = run.GradientWeightIh,
                GradientWeightHh = run.GradientWeightHh,
                GradientBiasIh = run.GradientBiasIh,
            });
        }
        Allocations.AssertNone(10, Sweep);
    }

    [Fact]
    public void OperandsThatDoNotFitAreRefused()
    {
        RecurrentRun<float> run = RecurrentRun<float>.Random(new(RecurrentKind.Lstm, 2, 3, 4, 5), 67);
        float[] weight = run.WeightHh;
        run.WeightHh = new float[99];
        string message = Assert.Throws<ArgumentException>(() => run.Forward()).Message;
        Assert.Contains("weight_hh has 99 elements, but this layer takes 100", message, StringComparison.Ordinal);
        run.WeightHh = weight;
        run.X = [];
        run.Indices = [0, 1, 2, 3, 4, 0];
        message = Assert.Throws<ArgumentOutOfRangeException>(() => run.Forward()).Message;
        Assert.Contains("index 4 at step 1, row 1 is no class of 4", message, StringComparison.Ordinal);
        RecurrentRun<float> gru = RecurrentRun<float>.Random(new(RecurrentKind.Gru, 2, 3, 4, 5), 67);
        gru.C0 = new float[15];
        Assert.Throws<ArgumentException>(() => gru.Forward());
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
