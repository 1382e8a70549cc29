namespace Autograd.Tests;

/// <summary>How elementwise operators and losses share a sweep: several uses of one value, and no allocation.</summary>
public sealed class ElementwiseSweepTests
{
    private static readonly Tensor<int> Targets = new([4], [2, 0, -100, 1]);

    private static readonly Tensor<bool> Condition = new([3], [true, false, true]);

    private static readonly Tensor<float> Input = new([4, 3], [0.5f, -1, 2, 0.25f, -0.75f, 1.5f, 3, -2, 0.1f, 1, -0.3f, 0.7f]);

    private static readonly Func<Variable<float>, Variable<float>>[] Operators =
    [
        static x => x.Tanh(), static x => x.Sigmoid(), static x => x.Relu(), static x => x.Exp(), static x => x.Square(), static x => x.Gelu(),
        static x => x * 3, static x => x / 3, static x => -x, static x => 2 - x, static x => 2 / x, static x => x.Pow(3), static x => x.Softplus(2, 3),
        static x => x.Softmax(), static x => x.LogSoftmax(0), static x => x.LogSumExp(0), static x => x.Max(1), static x => x.Mean([0, 1], keepAxes: true),
        static x => x.CrossEntropy(Targets), static x => x.CrossEntropy(Targets, reduction: Reduction.None, labelSmoothing: 0.1),
        static x => x.NegativeLogLikelihood(Targets), static x => x.BinaryCrossEntropyWithLogits(x.Sigmoid().Detach()), static x => x * x,
        static x => Variable.Maximum(x, -x), static x => Variable.Where(Condition, x, x * 2), static x => x / (x.Square() + 1), static x => x.Sum(0) * x,
    ];

    [Fact]
    public void SeveralUsesOfAValueAddUp()
    {
        foreach (Func<Variable<float>, Variable<float>> apply in Operators)
        {
            using Tape<float> once = new(), thrice = new();
            Variable<float> x = once.Variable(Input), z = thrice.Variable(Input);
            float[] single = once.Backward(apply(x).Sum())[x].ToArray();
            float[] triple = thrice.Backward((apply(z) + apply(z) + apply(z)).Sum())[z].ToArray();
            for (int i = 0; i < single.Length; i++) Assert.Equal(3 * single[i], triple[i], 1e-5f * Math.Max(1, Math.Abs(triple[i])));
        }
    }

    [Fact]
    public void NothingIsAllocatedOnceWarm()
    {
        using Tape<float> tape = new(), inference = Tape<float>.Inference();
        for (int i = 0; i < Operators.Length; i++)
        {
            Func<Variable<float>, Variable<float>> apply = Operators[i];
            Allocations.AssertNone(
                20,
                () =>
                {
                    tape.Reset();
                    inference.Reset();
                    tape.Backward(apply(tape.Variable(Input)).Sum());
                    apply(inference.Constant(Input));
                },
                $"operator {i}");
        }
    }
}
