namespace Autograd.Tests.Layers;

public sealed class DropoutTests
{
    [Fact]
    public void KeptElementsAreScaledAndTheShareDroppedIsTheProbability()
    {
        using Tape<double> tape = new(seed: 3);
        double[] y = new Dropout<double>(0.3).Forward(tape.Full([100_000], 2)).ToArray();
        Assert.All(y, static value => Assert.True(value is 0 or 2 / 0.7));
        Assert.InRange(y.Count(static value => value == 0) / 100_000.0, 0.29, 0.31);
    }

    [Fact]
    public void AMaskIsAFunctionOfSeedPathStepAndCall()
    {
        Stack model = new();
        double[] first = Draw(model, seed: 7, step: 5, static (model, x) => model.First.Forward(x));
        Assert.Equal(first, Draw(model, seed: 7, step: 5, static (model, x) => model.First.Forward(x)));
        Assert.NotEqual(first, Draw(model, seed: 8, step: 5, static (model, x) => model.First.Forward(x)));
        Assert.NotEqual(first, Draw(model, seed: 7, step: 6, static (model, x) => model.First.Forward(x)));
        Assert.NotEqual(first, Draw(model, seed: 7, step: 5, static (model, x) => model.Second.Forward(x)));
        Assert.NotEqual(first, Draw(model, seed: 7, step: 5, static (model, x) =>
        {
            model.First.Forward(x);
            return model.First.Forward(x);
        }));
    }

    [Fact]
    public void EvaluationAndProbabilityZeroAreTheIdentity()
    {
        using Tape<double> training = new(), evaluation = new(training: false), inference = Tape<double>.Inference();
        Assert.Equal([2.0, 2.0], new Dropout<double>(0).Forward(training.Full([2], 2)).ToArray());
        Assert.Equal([2.0, 2.0], new Dropout<double>(0.9).Forward(evaluation.Full([2], 2)).ToArray());
        Assert.Equal([2.0, 2.0], new Dropout<double>(0.9).Forward(inference.Full([2], 2)).ToArray());
    }

    [Fact]
    public void ProbabilityOneGivesZerosAndZeroGradientsEvenForInfinity()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([2], [double.PositiveInfinity, double.NaN])), y = new Dropout<double>(1).Forward(x);
        Assert.Equal([0.0, 0.0], y.ToArray());
        Assert.Equal([0.0, 0.0], tape.Backward(y.Sum())[x].ToArray());
    }

    private static double[] Draw(Stack model, ulong seed, long step, Func<Stack, Variable<double>, Variable<double>> run)
    {
        using Tape<double> tape = new(seed: seed) { Step = step };
        return run(model, tape.Full([200], 1)).ToArray();
    }

    private sealed class Stack : Module<double>
    {
        public Stack()
        {
            First = AddModule("first", new Dropout<double>(0.5));
            Second = AddModule("second", new Dropout<double>(0.5));
        }

        public Dropout<double> First { get; }

        public Dropout<double> Second { get; }
    }
}
