using Xunit.Sdk;

namespace Autograd.Tests;

/// <summary>
/// Operators on random shapes and attributes, most of which do not fit: what is refused is refused with an error of the library that
/// says so, nothing crashes, and the tape goes on working.
/// </summary>
public sealed class RandomShapeTests
{
    private static readonly (string Name, Func<Choices, Variable<double>, Variable<double>, Variable<double>> Call)[] Calls =
    [
        ("+", static (_, a, b) => a + b), ("/", static (_, a, b) => a / b), ("Pow", static (_, a, b) => a.Pow(b)), ("Maximum", static (_, a, b) => Variable.Maximum(a, b)),
        ("Atan2", static (_, a, b) => Variable.Atan2(a, b)), ("MatMul", static (_, a, b) => a.MatMul(b)), ("BatchMatMul", static (_, a, b) => a.BatchMatMul(b)),
        ("Linear", static (_, a, b) => a.Linear(b)), ("Outer", static (_, a, b) => a.Outer(b)), ("Dot", static (_, a, b) => a.Dot(b)),
        ("Einsum", static (c, a, b) => Variable.Einsum<double>(c.Of("ij,jk->ik", "ii->i", "ij,ij->", "bij,bjk->bik", "ij->kj", "i,,", "ij,jk", "iij->j"), a, b)),
        ("Cholesky", static (_, a, _) => a.Cholesky()), ("Inverse", static (_, a, _) => a.Inverse()), ("Solve", static (_, a, b) => a.Solve(b)), ("Determinant", static (_, a, _) => a.Determinant()),
        ("Sum", static (c, a, _) => a.Sum(Axes(c))), ("Max", static (c, a, _) => a.Max(Axes(c))), ("Variance", static (c, a, _) => a.Variance(Axes(c))),
        ("Norm", static (c, a, _) => a.Norm(Axes(c), c.Of(2.0, 1, 0.5, double.NaN))), ("Product", static (c, a, _) => a.Product(Axis(c))), ("MaxWithIndex", static (c, a, _) => a.MaxWithIndex(Axis(c)).Values),
        ("CumulativeSum", static (c, a, _) => a.CumulativeSum(Axis(c))), ("Softmax", static (c, a, _) => a.Softmax(Axis(c))),
        ("Reshape", static (c, a, _) => a.Reshape(Sizes(c))), ("Permute", static (c, a, _) => a.Permute(Axes(c))), ("Transpose", static (c, a, _) => a.Transpose(Axis(c), Axis(c))),
        ("Expand", static (c, a, _) => a.Expand(Sizes(c))), ("Squeeze", static (c, a, _) => a.Squeeze(Axes(c))), ("Unsqueeze", static (c, a, _) => a.Unsqueeze(Axis(c))),
        ("Concat", static (c, a, b) => Variable.Concat<double>([a, b], Axis(c))), ("Stack", static (c, a, b) => Variable.Stack<double>([a, b], Axis(c))),
        ("Split", static (c, a, _) => a.Split(Sizes(c), Axis(c)) is [var part, ..] ? part : a), ("Chunk", static (c, a, _) => a.Chunk(c.Between(-1, 4), Axis(c))[0]), ("Narrow", static (c, a, _) => a.Narrow(Axis(c), Axis(c), Axis(c))),
        ("Slice", static (c, a, _) => a.Slice(Sizes(c), Array.ConvertAll(Sizes(c), static size => (int?)size), Sizes(c))), ("Flip", static (c, a, _) => a.Flip(Axes(c))),
        ("Pad", static (c, a, _) => a.Pad(Sizes(c), c.Of(PaddingMode.Constant, PaddingMode.Reflect, PaddingMode.Replicate, PaddingMode.Circular))), ("Repeat", static (c, a, _) => a.Repeat(Sizes(c))),
        ("Roll", static (c, a, _) => a.Roll(Sizes(c), Axes(c))), ("Diagonal", static (c, a, _) => a.Diagonal(Axis(c), Axis(c), Axis(c))), ("Tril", static (c, a, _) => a.Tril(Axis(c))),
        ("IndexSelect", static (c, a, _) => a.IndexSelect(Axis(c), Tensor.From(Sizes(c)))), ("Gather", static (c, a, _) => a.Gather(Axis(c), Index(c))),
        ("ScatterAdd", static (c, a, b) => a.ScatterAdd(Axis(c), Index(c), b)), ("Embedding", static (c, a, _) => Variable.Embedding(a, Index(c))),
        ("Conv1d", static (c, a, b) => a.Conv1d(b, stride: c.Between(0, 3), padding: c.Between(-1, 3), dilation: c.Between(0, 2), groups: c.Between(0, 3))),
        ("Conv2d", static (c, a, b) => a.Conv2d(b, stride: c.Between(0, 3), padding: c.Between(-1, 3), dilation: c.Between(0, 2), groups: c.Between(0, 3))),
        ("MaxPool1d", static (c, a, _) => a.MaxPool1d(c.Between(0, 3), c.Between(0, 2), c.Between(-1, 2), c.Between(0, 2))), ("AvgPool2d", static (c, a, _) => a.AvgPool2d(c.Between(0, 3), c.Between(0, 2), c.Between(-1, 2))),
        ("LayerNorm", static (c, a, _) => a.LayerNorm(new Shape([.. Sizes(c).Select(Math.Abs)]))), ("GroupNorm", static (c, a, _) => a.GroupNorm(c.Between(-1, 3))),
        ("CrossEntropy", static (c, a, _) => a.CrossEntropy(Index(c), Axis(c))), ("MeanSquaredError", static (_, a, b) => a.MeanSquaredError(b)), ("Huber", static (c, a, b) => a.Huber(b, c.Of(1.0, 0, -1))),
        ("KlDivergence", static (_, a, b) => a.KlDivergence(b)), ("CosineSimilarity", static (c, a, b) => a.CosineSimilarity(b, Axis(c))), ("BinaryCrossEntropy", static (_, a, b) => a.BinaryCrossEntropy(b)),
        ("CtcLoss", static (c, a, _) => a.CtcLoss(Index(c), Tensor.From(Sizes(c)), Tensor.From(Sizes(c)))),
    ];

    [Fact]
    public void WhatDoesNotFitIsRefusedInWords()
    {
        int passed = 0, refused = 0;
        Laws.HoldForChoices(48, Laws.Deep ? 200_000 : 6_000, (20_261_123, 1_234_567), choose =>
        {
            using Tape<double> tape = new();
            (string name, Func<Choices, Variable<double>, Variable<double>, Variable<double>> call) = Calls[choose.Below(Calls.Length)];
            Variable<double> a = tape.Variable(choose.N(choose.Sizes(0, 4, most: 4)).ToTensor<double>()), b = tape.Variable(choose.N(choose.Sizes(0, 4, most: 4)).ToTensor<double>());
            try
            {
                Variable<double> y = call(choose, a, b);
                if (y.RequiresGradient) tape.Backward(y, tape.Full(y.Shape, 1));
                passed++;
            }
            catch (Exception exception) when (exception is ArgumentException or ShapeException or InvalidOperationException)
            {
                if (exception.Message.Length < 20) throw new XunitException($"{name} of {a.Shape} and {b.Shape} was refused with no more than: {exception.Message}");
                refused++;
            }
            catch (Exception exception)
            {
                throw new XunitException($"{name} of {a.Shape} and {b.Shape}: {exception}");
            }

            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
        });
        Assert.InRange(passed, 500, int.MaxValue);
        Assert.InRange(refused, 500, int.MaxValue);
    }

    private static int Axis(Choices choose) => choose.Between(0, 7) - 3;

    private static int[] Axes(Choices choose) => [.. Enumerable.Range(0, choose.Below(4)).Select(_ => Axis(choose))];

    private static int[] Sizes(Choices choose) => [.. Enumerable.Range(0, choose.Below(5)).Select(_ => choose.Between(0, 6) - 1)];

    private static Tensor<int> Index(Choices choose)
    {
        int[] sizes = choose.Sizes(0, 3, most: 3);
        return new Tensor<int>(sizes, [.. Enumerable.Range(0, sizes.Aggregate(1, static (product, size) => product * size)).Select(_ => choose.Between(0, 5) - 1)]);
    }
}
