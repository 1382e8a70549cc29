namespace Autograd.Tests;

/// <summary>Losses over padded sequences against each sequence's own steps.</summary>
public sealed class SequenceLossTests
{
    private static readonly SequenceReduction[] All = Enum.GetValues<SequenceReduction>();

    [Fact]
    public void RaggedLossesAreThoseOfEachSequenceAlone() =>
        Laws.HoldForChoices(20, Laws.Deep ? 5_000 : 200, (20_260_403, 1_111_111), static choose =>
        {
            int time = choose.Between(1, 6), batch = choose.Between(1, 4), classes = choose.Between(1, 4), seed = choose.Between(0, 10_000);
            int[] lengths = [.. Enumerable.Range(0, batch).Select(_ => choose.Between(1, time))];
            SequenceReduction reduction = choose.Of<SequenceReduction>(All);
            bool byMask = choose.Flip(), ignores = choose.Flip(), squared = choose.Flip();
            double[] x = Laws.Numbers(time * batch * classes, seed), y = Laws.Numbers(x.Length, seed + 1);
            int[] targets = [.. Enumerable.Range(0, time * batch).Select(i => ignores && i % 3 == 1 ? -100 : i * 7 % classes)];
            Tensor<bool> mask = new([time, batch]);
            double expected = 0;
            int total = 0;
            double[] slopes = new double[x.Length];
            double[] counts = new double[batch];
            for (int b = 0; b < batch; b++)
            {
                for (int t = 0; t < lengths[b]; t++)
                {
                    mask[t, b] = true;
                    if (squared || targets[(t * batch) + b] >= 0) counts[b]++;
                }

                total += (int)counts[b];
            }

            for (int t = 0; t < time; t++)
            {
                for (int b = 0; b < batch; b++)
                {
                    int row = ((t * batch) + b) * classes, target = targets[(t * batch) + b];
                    if (t >= lengths[b])
                    {
                        Array.Fill(x, double.NaN, row, classes);
                        Array.Fill(y, double.NaN, row, classes);
                        continue;
                    }

                    if (!squared && target < 0) continue;
                    double weight = reduction switch
                    {
                        SequenceReduction.StepMean => 1.0 / total,
                        SequenceReduction.TimeSum => 1.0 / batch,
                        SequenceReduction.SequenceMean => 1.0 / batch / counts[b],
                        _ => 1,
                    };
                    double partition = 0;
                    for (int c = 0; c < classes; c++) partition += Math.Exp(x[row + c]);
                    for (int c = 0; c < classes; c++)
                    {
                        double difference = x[row + c] - y[row + c];
                        expected += weight * (squared ? difference * difference / classes : c == target ? Math.Log(partition) - x[row + c] : 0);
                        slopes[row + c] = weight * (squared ? 2 * difference / classes : (Math.Exp(x[row + c]) / partition) - (c == target ? 1 : 0));
                    }
                }
            }

            using Tape<double> tape = new();
            foreach (bool graph in (bool[])[false, true])
            {
                Variable<double> logits = tape.Variable(new Tensor<double>([time, batch, classes], x)), wanted = tape.Variable(new Tensor<double>([time, batch, classes], y));
                Tensor<int> classesOf = new([time, batch], targets);
                Variable<double> loss = (squared, byMask) switch
                {
                    (true, true) => logits.SequenceSquaredError(wanted, mask: mask, reduction: reduction),
                    (true, false) => logits.SequenceSquaredError(wanted, new Tensor<int>([batch], lengths), reduction: reduction),
                    (false, true) => logits.SequenceCrossEntropy(classesOf, mask: mask, reduction: reduction),
                    (false, false) => logits.SequenceCrossEntropy(classesOf, new Tensor<int>([batch], lengths), reduction: reduction),
                };
                Assert.Equal(expected, loss.Item(), 1e-12 * Math.Max(1, Math.Abs(expected)));
                Gradients<double> gradients = tape.Backward(loss, createGraph: graph);
                double[] found = gradients[logits].ToArray(), second = graph ? tape.Backward(gradients[logits].Square().Sum())[logits].ToArray() : new double[x.Length];
                for (int e = 0; e < x.Length; e++)
                {
                    Assert.Equal(slopes[e], found[e], 1e-12 * Math.Max(1, Math.Abs(slopes[e])));
                    if (!double.IsNaN(x[e])) continue;
                    Assert.Equal(0, found[e]);
                    Assert.Equal(0, second[e]);
                }
            }
        });

    [Fact]
    public void WithoutPaddingItIsThePlainLoss()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Laws.Tensor([4, 3, 2], 1)), y = tape.Constant(Laws.Tensor([4, 3, 2], 2));
        Tensor<int> targets = new([4, 3], [0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1]);
        Assert.Equal(x.CrossEntropy(targets).Item(), x.SequenceCrossEntropy(targets).Item(), 1e-14);
        Assert.Equal(x.CrossEntropy(targets, reduction: Reduction.Sum).Item() / 3, x.SequenceCrossEntropy(targets, reduction: SequenceReduction.TimeSum).Item(), 1e-14);
        Assert.Equal(x.MeanSquaredError(y).Item(), x.SequenceSquaredError(y).Item(), 1e-14);
        targets.Fill(-100);
        Assert.Equal(0, x.SequenceCrossEntropy(targets).Item());
    }

    [Fact]
    public void SharedWeightsGatherTheGradientsOfTheStepsLosses()
    {
        // The textbook: L = Σ l_t, so that ∂L/∂w = Σ ∂l_t/∂w, each through all steps before t.
        const int Time = 6, Batch = 2;
        Lstm<double> layer = new(3, 4);
        Linear<double> head = new(4, 3);
        layer.Initialize(1);
        head.Initialize(2);
        Tensor<double> x = Laws.Tensor([Time, Batch, 3], 3);
        Tensor<int> targets = new([Time, Batch], [.. Enumerable.Range(0, Time * Batch).Select(static i => i * 5 % 3)]);
        Parameter<double>[] parameters = [.. layer.Parameters, .. head.Parameters];
        using Tape<double> tape = new();
        Variable<double> Logits() => head.Forward(layer.Forward(tape.Constant(x)).Outputs);
        Gradients<double> whole = tape.Backward(Logits().SequenceCrossEntropy(targets, reduction: SequenceReduction.TimeSum));
        double[][] sums = [.. parameters.Select(static parameter => new double[parameter.Shape.Length])];
        for (int t = 0; t < Time; t++)
        {
            Gradients<double> one = tape.Backward(Logits()[t].CrossEntropy(targets[t]));
            for (int p = 0; p < parameters.Length; p++)
            {
                double[] gradient = one[parameters[p]].ToArray();
                for (int e = 0; e < gradient.Length; e++) sums[p][e] += gradient[e];
            }
        }

        for (int p = 0; p < parameters.Length; p++)
        {
            double[] found = whole[parameters[p]].ToArray();
            for (int e = 0; e < found.Length; e++) Assert.Equal(sums[p][e], found[e], 1e-12);
        }
    }

    [Fact]
    public void EmptySequencesAndBatchesWork()
    {
        using Tape<double> tape = new();
        foreach (SequenceReduction reduction in All)
        {
            foreach (int[] sizes in (int[][])[[0, 3, 2], [3, 0, 2], [0, 0, 2]])
            {
                Variable<double> x = tape.Variable(new Tensor<double>(sizes));
                Variable<double> loss = x.SequenceCrossEntropy(new Tensor<int>(sizes[..2]), reduction: reduction) + x.SequenceSquaredError(x * 2, reduction: reduction);
                Assert.Equal(0, loss.Item());
                Assert.Equal(0, tape.Backward(loss)[x].Length);
            }
        }
    }

    [Fact]
    public void NothingIsAllocatedOnceWarm()
    {
        Tensor<double> data = Laws.Tensor([4, 3, 2], 1);
        Tensor<int> targets = new([4, 3]);
        Tensor<int> lengths = new([3], [4, 2, 1]);
        using Tape<double> tape = new();
        Allocations.AssertNone(20, () =>
        {
            tape.Reset();
            Variable<double> x = tape.Variable(data);
            tape.Backward(x.SequenceCrossEntropy(targets, lengths) + x.SequenceSquaredError(x * 2, lengths, reduction: SequenceReduction.SequenceMean));
        });
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([4, 3, 2]));
        Tensor<int> targets = new([4, 3]);
        Refused<ShapeException>(() => tape.Zeros([4, 2]).SequenceCrossEntropy(targets), "[4, 2]", "[time, batch, classes]");
        Refused<ShapeException>(() => x.SequenceCrossEntropy(new Tensor<int>([3, 4])), "[4, 3]", "[3, 4]");
        Refused<ShapeException>(() => x.SequenceCrossEntropy(targets, new Tensor<int>([2], [1, 2])), "shape [2]", "batch of 3");
        Refused<ArgumentOutOfRangeException>(() => x.SequenceCrossEntropy(targets, new Tensor<int>([3], [1, 0, 2])), "length of sequence 1 is 0", "1 … 4");
        Refused<ArgumentOutOfRangeException>(() => x.SequenceCrossEntropy(targets, new Tensor<int>([3], [1, 2, 5])), "length of sequence 2 is 5", "1 … 4");
        Refused<ShapeException>(() => x.SequenceCrossEntropy(targets, mask: new Tensor<bool>([3, 4])), "[3, 4]", "[4, 3]");
        Refused<ArgumentException>(() => x.SequenceCrossEntropy(targets, mask: new Tensor<bool>([4, 3], [true, true, false, true, false, false, false, false, false, false, false, false])), "every step of sequence 2", "at least one");
        Refused<ArgumentOutOfRangeException>(() => x.SequenceCrossEntropy(targets, reduction: (SequenceReduction)9), "StepMean");
        Refused<ShapeException>(() => x.SequenceSquaredError(tape.Zeros([4, 3, 1])), "[4, 3, 2]", "[4, 3, 1]");
        Refused<ShapeException>(() => x.SequenceSquaredError(x, new Tensor<int>([1], [4])), "shape [1]", "batch of 3");

        static void Refused<TException>(Func<Variable<double>> act, params string[] says)
            where TException : Exception
        {
            string message = Assert.Throws<TException>(() => act()).Message;
            foreach (string word in says) Assert.Contains(word, message, StringComparison.Ordinal);
        }
    }
}
