namespace Autograd.Tests.Layers;

/// <summary>Names of parameters, and the words of the first error a user meets.</summary>
public sealed class RecurrentLayerTests
{
    private const int Inputs = 4, Hidden = 5;

    /// <summary>h' = tanh(W x / |x| + h), which has no slope at x = 0.</summary>
    private sealed class Directions : RecurrentCell<double, Hidden<double>>
    {
        private readonly Linear<double> _linear;

        public Directions(int inputSize) => _linear = AddModule("linear", new Linear<double>(inputSize, Hidden));

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new((_linear.Forward(x / x.Square().Sum(-1, keepAxes: true).Sqrt()) + state.H).Tanh());
    }

    /// <summary>Names its recurrent weight, and goes on to use it.</summary>
    private sealed class HalfDone : RecurrentCell<double, Hidden<double>>
    {
        private readonly Linear<double> _linear;

        public HalfDone(int inputSize) => _linear = AddModule("linear", new Linear<double>(inputSize, inputSize));

        public override Parameter<double>? RecurrentWeight => _linear.Weight;

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new((x + _linear.Forward(state.H)).Tanh());
    }

    /// <summary>What a network sees that does not care for the kind of its layer is what the layer itself gives.</summary>
    [Fact]
    public void ASequenceLayerGivesTheOutputsOfAllSteps()
    {
        RecurrentOptions both = new() { Direction = RecurrentDirection.Bidirectional, NumLayers = 2 };
        Rnn<double> rnn = new(Inputs, Hidden);
        Lstm<double> lstm = new(Inputs, Hidden, both);
        Gru<double> gru = new(Inputs, Hidden, new RecurrentOptions { BatchFirst = true });
        Recurrent<double, Hidden<double>> own = new(new GruCell<double>(Inputs, Hidden));
        Tensor<double> x = Laws.Tensor([4, 3, Inputs], 1);
        Tensor<int> lengths = Tensor.From(2, 4, 3);
        Tensor<bool> mask = new([4, 3], [true, true, true, true, true, false, false, true, true, false, true, true]);
        Same(rnn, (input, steps, real) => rnn.Forward(input, lengths: steps, mask: real).Outputs);
        Same(lstm, (input, steps, real) => lstm.Forward(input, lengths: steps, mask: real).Outputs);
        Same(own, (input, steps, real) => own.Forward(input, lengths: steps, mask: real).Outputs);
        gru.Initialize(3);
        using Tape<double> tape = new();
        Variable<double> turned = tape.Constant(x).Permute(1, 0, 2);
        Assert.Equal(gru.Forward(turned, lengths: lengths).Outputs.ToArray(), ((SequenceLayer<double>)gru).Outputs(turned, lengths).ToArray());
        Assert.Equal((Inputs, 2 * Hidden), (((SequenceLayer<double>)lstm).InputSize, lstm.OutputSize));

        void Same(SequenceLayer<double> layer, Func<Variable<double>, Tensor<int>?, Tensor<bool>?, Variable<double>> forward)
        {
            layer.Initialize(3);
            using Tape<double> tape = new();
            Variable<double> input = tape.Constant(x);
            Assert.Equal(forward(input, null, null).ToArray(), layer.Outputs(input).ToArray());
            Assert.Equal(forward(input, lengths, null).ToArray(), layer.Outputs(input, lengths).ToArray());
            Assert.Equal(forward(input, null, mask).ToArray(), layer.Outputs(input, mask: mask).ToArray());
            Assert.Equal(0, layer.Outputs(input, lengths)[3][0].Square().Sum().Item());
            Assert.Throws<ArgumentException>(() => layer.Outputs(input, lengths, mask));
            GradientFlow<double> flow = new();
            layer.GradientFlow = flow;
            tape.Backward(layer.Outputs(input).Square().Sum());
            Assert.NotEmpty(flow.ToSvg());
        }
    }

    [Fact]
    public void EveryParameterHasANameOfItsOwn()
    {
        RecurrentOptions both = new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, LearnInitialState = true };
        string[] own = Names(new Recurrent<double, Hidden<double>>(Inputs, static features => new GruCell<double>(features, Hidden), both));
        Assert.Equal(17, own.Distinct().Count());
        Assert.Contains("cell_l1_reverse.weight_hh", own);
        Assert.Equal(["cell.weight_ih", "cell.weight_hh", "cell.bias_ih", "cell.bias_hh"], Names(new Recurrent<double, Hidden<double>>(new GruCell<double>(Inputs, Hidden))));
        string[] library = Names(new Gru<double>(Inputs, Hidden, both));
        Assert.Equal(17, library.Distinct().Count());
        Assert.Contains("weight_hh_l1_reverse", library);
        Assert.Contains("initial_state_0", library);

        static string[] Names(Module<double> module) => [.. module.NamedParameters().Select(static entry => entry.Path)];
    }

    [Fact]
    public void NoStepsGiveZeroGradientsHoweverTheLayerRuns()
    {
        foreach (RecurrentOptions options in new RecurrentOptions[] { new(), new() { LayerNorm = true }, new() { Zoneout = 0.1 }, new() { RecurrentDropout = 0.1 } })
        {
            Lstm<double> layer = new(Inputs, Hidden, options);
            layer.Initialize(1);
            using Tape<double> tape = new();
            Variable<double> x = tape.Variable(new Tensor<double>([0, 2, Inputs]));
            (Variable<double> outputs, LstmState<double> state) = layer.Forward(x);
            Gradients<double> gradients = tape.Backward(outputs.Sum());
            Assert.Equal(new Shape(0, 2, Hidden), outputs.Shape);
            Assert.All(layer.Parameters, parameter => Assert.All(gradients[parameter].ToArray(), static value => Assert.Equal(0, value)));
            Assert.All(state.H.ToArray(), static value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void PaddingIsHarmlessForACellThatIsNotDifferentiableAtZero()
    {
        foreach (RecurrentOptions options in new RecurrentOptions[] { new(), new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional }, new() { Direction = RecurrentDirection.Reverse, MemoryBudget = 20_000 } })
        {
            Recurrent<double, Hidden<double>> layer = new(Inputs, static features => new Directions(features), options);
            layer.Initialize(1);
            using Tape<double> tape = new();
            Tensor<double> values = Laws.Tensor([30, 2, Inputs], 1);
            values.Write(static all => all[(8 * 2 * Inputs)..].Fill(double.NaN));
            Variable<double> x = tape.Variable(values);
            Gradients<double> gradients = tape.Backward(layer.Forward(x, lengths: new Tensor<int>([2], [8, 3])).Outputs.Sum());
            Assert.All(layer.Parameters, parameter => Assert.All(gradients[parameter].ToArray(), static value => Assert.True(double.IsFinite(value))));
            Assert.All(gradients[x].ToArray(), static value => Assert.True(double.IsFinite(value)));
        }
    }

    [Fact]
    public void OptionsMayBeMadeByNew()
    {
        Gru<double> layer = new(Inputs, Hidden, new() { NumLayers = 2 });
        Assert.Equal(2, layer.NumLayers);
        Assert.Equal(3, new Gru<double>(Inputs, Hidden, 3).NumLayers);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        Lstm<double> layer = new(8, Hidden);
        layer.Initialize(3);
        using Tape<double> tape = new();
        ShapeException features = Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([7, 3, 5])));
        Assert.Equal("Lstm: input has 5 features but the layer was built with inputSize 8 (input is [7, 3, 5]). Pass inputSize: 5, or project the input first.", features.Message);
        Assert.Contains("4 and 5 features", Assert.Throws<ArgumentException>(static () =>
        {
            int hidden = 4;
            return new Recurrent<double, Hidden<double>>(3, features => new GruCell<double>(features, hidden++), new() { NumLayers = 2 });
        }).Message, StringComparison.Ordinal);
        Assert.Contains("nonlinearity 7", Assert.Throws<ArgumentOutOfRangeException>(static () => new Rnn<double>(2, 2, nonlinearity: (Nonlinearity)7)).Message, StringComparison.Ordinal);
        Assert.Contains("no matrices", Assert.Throws<ArgumentException>(static () => Lstm.FromGates<double>(default, default, default, default)).Message, StringComparison.Ordinal);
        Recurrent<double, Hidden<double>> dropping = new(new HalfDone(Inputs), new() { WeightDrop = 0.5 });
        dropping.Initialize(1);
        Assert.Contains("does not override Step(x, state, noise)", Assert.Throws<InvalidOperationException>(() => dropping.Forward(tape.Zeros([2, 1, Inputs]))).Message, StringComparison.Ordinal);
        Assert.Contains("Initialize", Assert.Throws<InvalidOperationException>(() => new Gru<double>(8, 3).Forward(tape.Zeros([1, 1, 8]))).Message, StringComparison.Ordinal);
    }
}
