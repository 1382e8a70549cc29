namespace Autograd.Tests;

/// <summary>The answers to "why is this gradient missing?".</summary>
public sealed class WhyNoGradientTests
{
    private readonly Parameter<double> _weight = new("weight", new Tensor<double>([2], [1, 2]));

    [Fact]
    public void AnUnusedParameter() => Says(static tape => tape.Variable(new Tensor<double>([1], [1])).Sum(), "was not used on this tape", "'weight' [2]");

    [Fact]
    public void AFrozenParameter()
    {
        _weight.Trainable = false;
        Says(tape => _weight.On(tape).Sum(), "frozen");
    }

    [Fact]
    public void ADetachedValue() => Says(tape => (_weight.On(tape).Tanh().Detach() * tape.Variable(new Tensor<double>([1], [1]))).Sum(), "No path", "Detach()", "Tanh");

    [Fact]
    public void AResultThatNothingReads() => Says(
        tape =>
        {
            _ = _weight.On(tape).Exp().Sigmoid();
            return tape.Variable(new Tensor<double>([1], [1])).Sum();
        },
        "No path",
        "ends at Sigmoid",
        "ToTensor()");

    [Fact]
    public void ALossOfConstants() => Says(tape => tape.Constant(_weight.On(tape).Tanh().ToTensor()).Sum(), "The loss requires no gradient", "ToTensor()");

    [Fact]
    public void APathThatIsThere() => Says(tape => _weight.On(tape).Sign().Exp().Sum(), "There is a path", "Sign → Exp → Sum");

    [Fact]
    public void ALongPathIsShortened() => Says(
        tape =>
        {
            Variable<double> x = _weight.On(tape);
            for (int i = 0; i < 50; i++) x = x.Tanh();
            return x.Sum();
        },
        "39 more");

    [Fact]
    public void AConstant()
    {
        using Tape<double> tape = new();
        Variable<double> constant = tape.Constant(new Tensor<double>([2], [1, 2]));
        Assert.Contains("requires no gradient", tape.WhyNoGradient(constant.Sum(), constant), StringComparison.Ordinal);
        using Tape<double> inference = Tape<double>.Inference();
        Assert.Contains("inference tape", inference.WhyNoGradient(_weight.On(inference).Sum(), _weight.On(inference)), StringComparison.Ordinal);
        using Tape<double> other = new();
        Assert.Throws<InvalidOperationException>(() => other.WhyNoGradient(constant, constant));
    }

    [Fact]
    public void SeveralOutputsAreFollowed()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([3, 1, 2], [1, 2, 3, 4, 5, 6]));
        Lstm<double> layer = new(2, 2);
        layer.Initialize(1);
        (Variable<double> outputs, LstmState<double> state) = layer.Forward(x);
        Assert.Contains("path from it to the loss: Lstm → ", tape.WhyNoGradient(state.C.Sum(), x), StringComparison.Ordinal);
        Assert.Contains("the loss itself", tape.WhyNoGradient(x, x), StringComparison.Ordinal);
        Assert.NotNull(outputs.ToTensor());
    }

    private void Says(Func<Tape<double>, Variable<double>> loss, params string[] words)
    {
        using Tape<double> tape = new();
        string answer = tape.WhyNoGradient(loss(tape), _weight);
        foreach (string word in words) Assert.Contains(word, answer, StringComparison.Ordinal);
    }
}
