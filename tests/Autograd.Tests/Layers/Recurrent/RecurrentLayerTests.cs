namespace Autograd.Tests.Layers.Recurrent;

/// <summary>Layers against their cells, step after step, and the laws of sequences.</summary>
public sealed class RecurrentLayerTests
{
    private const int Time = 7, Batch = 3, Inputs = 4, Hidden = 5;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void LstmIsItsCellOverTime(int layers)
    {
        Lstm<double> layer = new(Inputs, Hidden, layers);
        layer.Initialize(3);
        LstmCell<double>[] cells = [.. Enumerable.Range(0, layers).Select(i => new LstmCell<double>(i == 0 ? Inputs : Hidden, Hidden))];
        for (int i = 0; i < layers; i++) Copy(layer, i, cells[i]);
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Random([Time, Batch, Inputs], 1)), h = tape.Variable(Random([layers, Batch, Hidden], 2)), c = tape.Variable(Random([layers, Batch, Hidden], 4));
        (Variable<double> y, LstmState<double> last) = layer.Forward(x, new(h, c));
        Variable<double>[] sequence = [.. Enumerable.Range(0, Time).Select(t => x[t])];
        for (int i = 0; i < layers; i++)
        {
            LstmState<double> state = new(h[i], c[i]);
            for (int t = 0; t < Time; t++)
            {
                state = cells[i].Step(sequence[t], state);
                sequence[t] = state.H;
            }

            Near(state.H, last.H[i]);
            Near(state.C, last.C[i]);
        }

        Near(Variable.Stack<double>(sequence), y);
    }

    [Fact]
    public void GruAndRnnAreTheirCellsOverTime()
    {
        Gru<double> gru = new(Inputs, Hidden);
        Rnn<double> rnn = new(Inputs, Hidden, nonlinearity: Nonlinearity.Relu);
        gru.Initialize(3);
        rnn.Initialize(4);
        GruCell<double> gruCell = new(Inputs, Hidden);
        RnnCell<double> rnnCell = new(Inputs, Hidden, nonlinearity: Nonlinearity.Relu);
        Copy(gru, 0, gruCell);
        Copy(rnn, 0, rnnCell);
        using Tape<double> tape = new();
        Variable<double> x = tape.Constant(Random([Time, Batch, Inputs], 1));
        Near(new Recurrent<double, Hidden<double>>(gruCell).Forward(x).Outputs, gru.Forward(x).Outputs);
        Near(new Recurrent<double, Hidden<double>>(rnnCell).Forward(x).Outputs, rnn.Forward(x).Outputs);
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
    public void BatchFirstIsTheTransposedSequence()
    {
        Gru<double> timeFirst = new(Inputs, Hidden, 2), batchFirst = new(Inputs, Hidden, 2, batchFirst: true);
        timeFirst.Initialize(3);
        batchFirst.Initialize(3);
        using Tape<double> tape = new();
        Variable<double> x = tape.Constant(Random([Time, Batch, Inputs], 1));
        (Variable<double> y, Hidden<double> last) = timeFirst.Forward(x);
        (Variable<double> turned, Hidden<double> turnedLast) = batchFirst.Forward(x.Transpose(0, 1));
        Assert.Equal(y.ToArray(), turned.Transpose(0, 1).ToArray());
        Assert.Equal(last.H.ToArray(), turnedLast.H.ToArray());
        Assert.Equal(new Shape(2, Batch, Hidden), turnedLast.H.Shape);
    }

    [Fact]
    public void ChunksWithCarriedStateAreTheWholeSequenceBitForBit()
    {
        Lstm<float> layer = new(Inputs, 33, 2);
        layer.Initialize(3);
        Tensor<float> x = new([Time, Batch, Inputs]);
        x.Write(static values => new RandomSource(1).FillNormal(values, 0, 1));
        using Tape<float> tape = new();
        float[] whole = layer.Forward(tape.Constant(x)).Outputs.ToArray();
        tape.Reset();
        List<float> parts = [];
        LstmState<float> state = layer.ZeroState(tape, Batch);
        foreach (Range part in new[] { 0..1, 1..4, 4..Time })
        {
            state = tape.Reset(carry: state);
            (Variable<float> y, state) = layer.Forward(tape.Constant(x[part]), state);
            parts.AddRange(y.ToArray());
        }

        Assert.Equal(whole, parts);
    }

    [Fact]
    public void OneHotInputEqualsItsRows()
    {
        Lstm<double> layer = new(6, Hidden);
        layer.Initialize(3);
        Tensor<int> indices = new([3, 2], [0, 5, 1, 1, 4, 0]);
        using Tape<double> tape = new();
        Tensor<double> rows = tape.OneHot(indices, 6).ToTensor();
        Gradients<double> looked = tape.Backward(layer.Forward(tape.OneHot(indices, 6)).Outputs.Square().Sum());
        double[] gradient = looked[layer.Parameters.First()].ToArray();
        tape.Reset();
        Gradients<double> multiplied = tape.Backward(layer.Forward(tape.Constant(rows)).Outputs.Square().Sum());
        double[] expected = multiplied[layer.Parameters.First()].ToArray();
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], gradient[i], 1e-12);
    }

    [Fact]
    public void NoStepsKeepTheStateAndItsGradient()
    {
        Gru<double> layer = new(Inputs, Hidden);
        layer.Initialize(3);
        using Tape<double> tape = new();
        Variable<double> h = tape.Variable(Random([1, Batch, Hidden], 2));
        (Variable<double> y, Hidden<double> last) = layer.Forward(tape.Constant(new Tensor<double>([0, Batch, Inputs])), new(h));
        Assert.Equal(new Shape(0, Batch, Hidden), y.Shape);
        Assert.Equal(h.ToArray(), last.H.ToArray());
        Assert.All(tape.Backward(last.H.Sum())[h].ToArray(), static value => Assert.Equal(1, value));
    }

    [Fact]
    public void AStackedLayerWithDropoutPassesTheGradientCheck()
    {
        Lstm<double> layer = new(3, 4, 2, dropout: 0.4);
        layer.Initialize(5);
        Tensor<double> x = Random([5, 2, 3], 1);
        GradientCheck.Run(layer.NamedParameters(), tape =>
        {
            tape.Step = 9; // the same masks in each evaluation
            return layer.Forward(tape.Constant(x)).Outputs.Square().Sum();
        }).ThrowIfFailed();
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        Lstm<double> layer = new(8, Hidden);
        layer.Initialize(3);
        using Tape<double> tape = new();
        ShapeException features = Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([7, 3, 5])));
        Assert.Equal("Lstm: input has 5 features but the layer was built with inputSize 8 (input is [7, 3, 5]). Pass inputSize: 5, or project the input first.", features.Message);
        Assert.Contains("[2, 3]", Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([2, 3]))).Message, StringComparison.Ordinal);
        LstmState<double> state = new(tape.Zeros([1, 2, Hidden]), tape.Zeros([1, 3, Hidden]));
        Assert.Contains("[1, 3, 5]", Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([7, 3, 8]), state)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Gru<double>(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Gru<double>(3, 3, numLayers: 0));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Gru<double>(3, 3, dropout: 1.5));
        Assert.Contains("Initialize", Assert.Throws<InvalidOperationException>(() => new Gru<double>(8, 3).Forward(tape.Zeros([1, 1, 8]))).Message, StringComparison.Ordinal);
    }

    private static void Copy(Module<double> layer, int number, Module<double> cell)
    {
        Dictionary<string, Parameter<double>> from = layer.NamedParameters().ToDictionary(static entry => entry.Path, static entry => entry.Parameter);
        foreach ((string path, Parameter<double> parameter) in cell.NamedParameters()) parameter.Set(from[$"{path}_l{number}"].Value);
    }

    private static Tensor<double> Random(Shape shape, ulong seed)
    {
        Tensor<double> tensor = new(shape);
        tensor.Write(values => new RandomSource(seed).FillNormal(values, 0, 1));
        return tensor;
    }

    private static void Near(Variable<double> expected, Variable<double> found)
    {
        Assert.Equal(expected.Shape, found.Shape);
        double[] a = expected.ToArray(), b = found.ToArray();
        for (int i = 0; i < a.Length; i++) Assert.Equal(a[i], b[i], 1e-12);
    }
}
