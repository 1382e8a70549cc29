namespace Autograd.Tests;

/// <summary>
/// Inputs at which engines of automatic differentiation have broken, each with the value and the gradient that are right. What differs
/// from PyTorch on purpose says so.
/// </summary>
public sealed class EdgeCaseTests
{
    private const double Infinity = double.PositiveInfinity;
    private const double NaN = double.NaN;

    [Fact]
    public void TheNormOfTheZeroVector() => Holds(static x => x.Norm(), [0, 0], [0], [0, 0]);

    [Fact]
    public void TheRootOfZero() => Holds(static x => x.Sqrt(), [0], [0], [Infinity]);

    [Fact]
    public void TheRootOfASquareAtZero() => Holds(static x => x.Square().Sqrt(), [0], [0], [NaN]); // the composition's, as in PyTorch; Abs gives 0

    [Fact]
    public void TheMagnitudeOfZero()
    {
        Holds(static x => x.Abs(), [0, -0.0], [0, 0], [0, 0]);
        Holds(static x => x.Norm(1), [0, -0.0], [0], [0, 0]);
    }

    [Fact]
    public void RectifiersAtZero()
    {
        Holds(static x => x.Relu(), [0], [0], [0]);
        Holds(static x => x.LeakyRelu(0), [0], [0], [0]);
        Holds(static x => x.LeakyRelu(0.1), [0], [0], [0.1]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(64)]
    public void NaNIsKeptAtEveryLength(int length)
    {
        using Tape<float> tape = new();
        for (int at = 0; at < length; at++)
        {
            float[] values = new float[length];
            values[at] = float.NaN;
            Variable<float> x = tape.Constant(new Tensor<float>([length], values));
            foreach (Variable<float> y in new[] { x.Relu(), x.Clamp(-1, 1), Variable.Maximum(x, tape.Zeros([length])), Variable.Minimum(tape.Zeros([length]), x) })
            {
                Assert.True(float.IsNaN(y.ToArray()[at]));
                Assert.Equal(length - 1, y.ToArray().Count(static value => value == 0));
            }

            foreach (Variable<float> y in new[] { x.Max(), x.Min(), x.Sum(), x.Norm(), x.Norm(Infinity), x.Product(), x.Variance(), x.LogSumExp() }) Assert.True(float.IsNaN(y.ToArray()[0]));
        }
    }

    [Fact]
    public void ClampExactlyAtItsLimits() => Holds(static x => x.Clamp(0, 1), [0, 1], [0, 1], [1, 1]);

    [Fact]
    public void EqualExtremes()
    {
        Holds(static x => x.Max(), [1, 3, 3], [3], [0, 0.5, 0.5]);
        Holds(static x => x.MaxWithIndex(0).Values, [1, 3, 3], [3], [0, 1, 0]);
        Holds(static x => Variable.Maximum(x, x.Detach()), [1, 1], [1, 1], [0.5, 0.5]);
        Holds(static x => x.Reshape(1, 1, 4).MaxPool1d(4), [1, 3, 3, 2], [3], [0, 1, 0, 0]);
        Holds(static x => x.Norm(Infinity), [2, -2, 1], [2], [0.5, -0.5, 0]);
    }

    [Fact]
    public void TheExtremeOfNaN() => Holds(static x => x.Max(), [1, NaN, 3], [NaN], [0, 1, 0]);

    [Fact]
    public void ProductsWithZeros()
    {
        Holds(static x => x.Product(), [2, 0, 3], [0], [0, 6, 0]);
        Holds(static x => x.Product(), [0, 0, 3], [0], [0, 0, 0]);
        Holds(static x => x.CumulativeProduct(0), [2, 0, 3], [2, 0, 0], [1, 2 + 6, 0]);
    }

    [Fact]
    public void RunningSumsAlongEveryAxis()
    {
        Holds(static x => x.Reshape(2, 2).CumulativeSum(0), [1, 2, 3, 4], [1, 2, 4, 6], [2, 2, 1, 1]);
        Holds(static x => x.Reshape(2, 2).CumulativeSum(1), [1, 2, 3, 4], [1, 3, 3, 7], [2, 1, 2, 1]);
        Holds(static x => x.Reshape(2, 2).CumulativeSum(-1), [1, 2, 3, 4], [1, 3, 3, 7], [2, 1, 2, 1]);
        Holds(static x => x.Reshape(2, 2).CumulativeProduct(0), [1, 2, 0, 4], [1, 2, 0, 8], [1 + 0, 1 + 4, 1, 2]);
    }

    [Fact]
    public void PowersOfZero()
    {
        Holds(static x => x.Pow(0), [0], [1], [0]);
        Holds(static x => x.Tape.Zeros([1]).Pow(x), [0], [1], [0]);
        Holds(static x => x.Tape.Zeros([1]).Pow(x), [2], [0], [0]);
        Holds(static x => x.Tape.Full([1], -1).Pow(x), [2], [1], [NaN]);
    }

    [Fact]
    public void TheDeviationOfConstantsAndOfOneElement()
    {
        Holds(static x => x.StandardDeviation(), [2, 2, 2], [0], [0, 0, 0]);
        Holds(static x => x.StandardDeviation(), [2], [NaN], [NaN]);
        Holds(static x => x.StandardDeviation(unbiased: false), [2], [0], [0]);
    }

    /// <summary>Where the elements are large, the result has lost the digits of the softmax, which is the gradient; every path finds them again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheSlopeOfALogarithmOfASumIsTheSoftmaxInEveryDigit(bool createGraph)
    {
        float[] values = [1e4f, -1e4f, 9999.5f];
        double total = 1 + Math.Exp(-0.5);
        using Tape<float> tape = new();
        Variable<float>[] leaves = [tape.Variable(new Tensor<float>([3], values)), tape.Variable(new Tensor<float>([3], values)), tape.Variable(new Tensor<float>([3], values)), tape.Variable(new Tensor<float>([3, 1, 1], values))];
        Variable<float> y = leaves[0].LogSumExp() + leaves[1].Softmax()[0] + leaves[2].LogSoftmax()[0]
            + Variable.Concat([leaves[3], leaves[3]], 1).Expand(3, 2, 2).LogSumExp([0, 2]).Sum();
        Gradients<float> gradients = tape.Backward(y, createGraph: createGraph);
        double first = 1 / total, last = Math.Exp(-0.5) / total;
        Close([first, 0, last], gradients[leaves[0]]);
        Close([first * last, 0, -first * last], gradients[leaves[1]]);
        Close([last, 0, -last], gradients[leaves[2]]);
        Close([2 * first, 0, 2 * last], gradients[leaves[3]]);

        static void Close(double[] expected, Variable<float> actual)
        {
            float[] found = actual.ToArray();
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 4e-7);
        }
    }

    [Fact]
    public void SmoothedCrossEntropyOfLargeLogits()
    {
        using Tape<float> tape = new();
        Variable<float> x = tape.Constant(new Tensor<float>([1, 2], [1e4f, 9999.5f]));
        double log = Math.Log(1 + Math.Exp(-0.5));
        float loss = x.CrossEntropy(new Tensor<int>([1], [0]), labelSmoothing: 0.5).ToArray()[0];
        Assert.Equal((0.5 * log) + (0.25 * (log + log + 0.5)), loss, 2e-7);
    }

    [Fact]
    public void TheLogarithmOfASumWithInfinity() => Holds(static x => x.LogSumExp(), [Infinity, 1e4], [Infinity], [NaN, 0]);

    [Fact]
    public void TheLogarithmOfASumOfNothing() => Holds(static x => x.LogSumExp(), [-Infinity, -Infinity], [-Infinity], [NaN, NaN]);

    [Fact]
    public void SoftmaxOfLargeNumbers()
    {
        Holds(static x => x.Softmax(0)[..1], [1000, 0], [1], [0, 0]);
        Holds(static x => x.LogSoftmax(0)[1..], [1e4, 0], [-1e4], [-1, 1]);
    }

    [Fact]
    public void BinaryCrossEntropyOfLargeLogits()
    {
        Holds(static x => x.BinaryCrossEntropyWithLogits(x.Tape.Constant(new Tensor<double>([4], [1, 0, 1, 0])), reduction: Reduction.None), [1000, 1000, -1000, -1000], [0, 1000, 1000, 0], [0, 1, -1, 0]);
        Holds(static x => x.BinaryCrossEntropy(x.Tape.Full([1], 1), Reduction.None), [0], [100], [-1e12]); // the logarithm is cut at −100, its slope at 1e12
    }

    [Fact]
    public void SoftActivationsOfLargeNumbers()
    {
        Holds(static x => x.Softplus(), [1000, -1000], [1000, 0], [1, 0]);
        Holds(static x => x.Sigmoid(), [1000, -1000], [1, 0], [0, 0]);
        Holds(static x => x.LogSigmoid(), [-1000], [-1000], [1]);
    }

    [Fact]
    public void ExponentialsJustAboveUnderflow()
    {
        using Tape<double> tape = new();
        Assert.All(tape.Full([5], -709.5).Exp().ToArray(), static value => Assert.InRange(value, 0, 1e-307));
    }

    [Fact]
    public void AllTargetsIgnored() => Holds(static x => x.Reshape(1, 2).CrossEntropy(new Tensor<int>([1], [-100])), [1, 2], [0], [0, 0]); // PyTorch gives NaN

    [Fact]
    public void TargetsThatAreNoClass()
    {
        using Tape<double> tape = new();
        Variable<double> logits = tape.Zeros([2, 3]);
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => logits.CrossEntropy(new Tensor<int>([2], [0, -1]))).Message;
        Assert.Contains("-1", message, StringComparison.Ordinal);
        Assert.Contains("[1]", message, StringComparison.Ordinal);
        Assert.Contains("0 … 2", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => logits.CrossEntropy(new Tensor<int>([2], [0, 3])));
    }

    [Fact]
    public void SmoothingLeavesIgnoredTargetsOut() =>
        Holds(static x => x.Reshape(2, 2).CrossEntropy(new Tensor<int>([2], [-100, 0]), labelSmoothing: 1), [5, 9, 1e4, 0], [5e3], [0, 0, 0.5, -0.5]);

    [Fact]
    public void ALogitOfMinusInfinity()
    {
        Holds(static x => x.Reshape(1, 2).CrossEntropy(new Tensor<int>([1], [0])), [3, -Infinity], [0], [0, 0]);
        Holds(static x => x.Reshape(1, 2).CrossEntropy(new Tensor<int>([1], [1])), [3, -Infinity], [Infinity], [1, -1]);
    }

    [Fact]
    public void EmptyBatches()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([0, 3])), images = tape.Variable(new Tensor<double>([0, 2, 5, 5]));
        Variable<double> weight = tape.Variable(Tensor.Ones<double>([4, 3])), kernel = tape.Variable(Tensor.Ones<double>([3, 2, 2, 2]));
        Variable<double> linear = x.Linear(weight), convolved = images.Conv2d(kernel);
        Assert.Equal([0, 4], linear.Shape.ToArray());
        Assert.Equal([0, 3, 4, 4], convolved.Shape.ToArray());
        Assert.Equal(NaN, x.Mean().Item());
        Gradients<double> gradients = tape.Backward(linear.Sum() + convolved.Sum());
        Assert.All(gradients[weight].ToArray(), static value => Assert.Equal(0, value));
        Assert.All(gradients[kernel].ToArray(), static value => Assert.Equal(0, value));
        Assert.Equal([0, 2, 5, 5], gradients[images].Shape.ToArray());
    }

    [Fact]
    public void TheSameValueTwice()
    {
        Holds(static x => x * x, [3], [9], [6]);
        Holds(static x => x + x + x, [3], [9], [3]);
        Holds(static x => x.MatMul(x), [1, 2], [5], [2, 4]);
    }

    [Fact]
    public void DroppingEverythingOrNothing()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([3], [1, Infinity, -2]));
        Variable<double> all = new Dropout<double>(1).Forward(x), none = new Dropout<double>(0).Forward(x);
        Assert.Equal([0, 0, 0], all.ToArray()); // PyTorch gives NaN for infinity
        Assert.Equal([0, 0, 0], tape.Backward(all.Sum(), retain: true)[x].ToArray());
        Assert.Equal(x.ToArray(), none.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Dropout<double>(-0.1));
    }

    [Fact]
    public void ConvolutionsThatCannotBe()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Zeros([1, 2, 3]), weight = tape.Zeros([4, 2, 5]);
        Assert.Contains("5", Assert.Throws<ShapeException>(() => x.Conv1d(weight)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => x.Conv1d(tape.Zeros([4, 2, 2]), stride: 0));
        Assert.ThrowsAny<ArgumentException>(() => x.Conv1d(tape.Zeros([4, 2, 2]), padding: -1));
        Assert.ThrowsAny<ArgumentException>(() => x.Conv1d(tape.Zeros([4, 2, 2]), groups: 3));
    }

    [Fact]
    public void AStrideThatDoesNotDivide() =>
        Holds(static x => x.Reshape(1, 1, 6).Conv1d(x.Tape.Full([1, 1, 2], 1), stride: 3), [1, 2, 3, 4, 5, 6], [3, 9], [1, 1, 0, 1, 1, 0]);

    [Fact]
    public void PartsOfNoSize()
    {
        Holds(static x => x.Pad([0, 0]), [1, 2], [1, 2], [1, 1]);
        Holds(static x => x[1..1], [1, 2], [], [0, 0]);
        Holds(static x => Variable.Concat<double>([x, x.Tape.Zeros([0])], 0), [1, 2], [1, 2], [1, 1]);
        Holds(static x => Variable.Concat<double>([x[..0], x], 0), [1, 2], [1, 2], [1, 1]);
    }

    [Fact]
    public void RowsLookedUpOftenOrNotAtAll()
    {
        Holds(static x => Variable.Embedding(x.Reshape(3, 1), Tensor.From(1, 1, 2, 1)), [5, 6, 7], [6, 6, 7, 6], [0, 3, 1]);
        Holds(static x => Variable.Embedding(x.Reshape(3, 1), Tensor.From(1, 0, 2), paddingIndex: 0), [5, 6, 7], [6, 5, 7], [0, 1, 1]);
    }

    [Fact]
    public void TheBranchThatWasNotTaken() =>
        Holds(static x => Variable.Where(new Tensor<bool>([2], [false, false]), x.Log(), x.Tape.Zeros([])), [0, -1], [0, 0], [NaN, 0]); // 0 · ∞, as in PyTorch

    [Fact]
    public void AValueThatChangedAfterItWasRecorded()
    {
        using Tape<double> tape = new();
        Tensor<double> values = new([2], [1, 2]);
        Variable<double> x = tape.Variable(values), y = x.Exp() * x;
        values.Write(static span => span[0] = 5);
        Assert.Contains("Changed after the tape recorded it", Assert.Throws<InvalidOperationException>(() => tape.Backward(y.Sum())).Message, StringComparison.Ordinal);
    }

    /// <summary>The value and the gradient of the sum.</summary>
    private static void Holds(Func<Variable<double>, Variable<double>> function, double[] x, double[] value, double[] gradient)
    {
        using Tape<double> tape = new();
        Variable<double> input = tape.Variable(new Tensor<double>([x.Length], x)), output = function(input);
        Assert.Equal(value, output.ToArray());
        Assert.Equal(gradient, tape.Backward(output, tape.Full(output.Shape, 1))[input].ToArray());
    }
}
