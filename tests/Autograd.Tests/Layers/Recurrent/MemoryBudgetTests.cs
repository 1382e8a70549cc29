namespace Autograd.Tests.Layers;

/// <summary>A sequence within a memory budget gives what it gives without.</summary>
public sealed class MemoryBudgetTests
{
    private const int Time = 40, Batch = 2, Inputs = 3, Hidden = 4;

    public static TheoryData<string> Layers => [.. Makers.Keys];

    private static readonly Dictionary<string, Func<RecurrentOptions, Module<double>>> Makers = new()
    {
        ["lstm"] = static o => new Lstm<double>(Inputs, Hidden, o),
        ["lstm in two layers and directions"] = static o => new Lstm<double>(Inputs, Hidden, o with { NumLayers = 2, Direction = RecurrentDirection.Bidirectional }),
        ["lstm with dropped weights"] = static o => new Lstm<double>(Inputs, Hidden, o with { WeightDrop = 0.3, InputDropout = 0.3 }),
        ["lstm with peepholes and projection"] = static o => new Lstm<double>(Inputs, Hidden, o, peephole: true, projectionSize: 2),
        ["gru in reverse"] = static o => new Gru<double>(Inputs, Hidden, o with { Direction = RecurrentDirection.Reverse }),
        ["gru with chance in each step"] = static o => new Gru<double>(Inputs, Hidden, o with { Zoneout = 0.3, RecurrentDropout = 0.3, NumLayers = 2, Dropout = 0.2 }),
        ["normalized rnn"] = static o => new Rnn<double>(Inputs, Hidden, o with { LayerNorm = true, LearnInitialState = true, BatchFirst = true }),
        ["own cell"] = static o => new Recurrent<double, Hidden<double>>(Inputs, static features => new GruCell<double>(features, Hidden, resetAfter: false), o with { NumLayers = 2 }),
    };

    [Theory]
    [MemberData(nameof(Layers))]
    public void OutputsAreTheSameAndGradientsEqual(string name)
    {
        foreach (bool ragged in new[] { false, true })
        {
            Outcome plain = Run(Makers[name](new()), ragged), cut = Run(Makers[name](new() { MemoryBudget = 30_000 }), ragged);
            Assert.Equal(plain.Values, cut.Values);
            Assert.NotEqual(plain.Nodes, cut.Nodes); // else nothing was cut
            Assert.True(cut.Peak < plain.Peak, $"{name}: peak {cut.Peak} with a budget, {plain.Peak} without");
            for (int i = 0; i < plain.Gradients.Length; i++) Assert.Equal(plain.Gradients[i], cut.Gradients[i], 1e-11);
        }
    }

    [Fact]
    public void AHundredThousandStepsTrainInATenthOfTheMemory()
    {
        const int steps = 100_000;
        Tensor<double> x = new([steps, 1, 1]);
        x.Write(static values => new RandomSource(1).FillNormal(values, 0, 1));
        (double[] gradients, long peak) = Train(null);
        (double[] cut, long cutPeak) = Train(peak / 10);
        Assert.True(cutPeak <= peak / 10, $"the peak is {cutPeak:N0} with a budget of {peak / 10:N0}; it was {peak:N0} without");
        double largest = gradients.Max(Math.Abs);
        Assert.True(largest > 1e-6);
        for (int i = 0; i < gradients.Length; i++) Assert.Equal(gradients[i], cut[i], 1e-10 * largest);

        (double[] Gradients, long Peak) Train(long? budget)
        {
            Lstm<double> layer = new(1, 16, new RecurrentOptions { MemoryBudget = budget });
            layer.Initialize(5);
            using Tape<double> tape = new();
            Gradients<double> found = tape.Backward(layer.FinalState(tape.Constant(x)).H.Square().Sum());
            return ([.. layer.Parameters.SelectMany(parameter => found[parameter].ToArray())], tape.PeakBytes);
        }
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(6, false)]
    [InlineData(3, true)]
    public void LayersKeepTheBudgetTogether(int layers, bool normalized)
    {
        const int steps = 1_000, hidden = 16;
        Tensor<double> x = new([steps, 1, 4]);
        x.Write(static values => new RandomSource(1).FillNormal(values, 0, 1));
        long plain = Peak(null), budget = plain / 6;

        // Outputs and their gradients are not counted: of each direction and of both, in blocks that may be a quarter larger.
        long outputs = (long)(2 * 1.25 * layers * steps * 4 * hidden * sizeof(double));
        long peak = Peak(budget);
        Assert.True(peak <= budget + outputs, $"{peak:N0} bytes with a budget of {budget:N0} and outputs of {outputs:N0}; {plain:N0} without");

        long Peak(long? bytes)
        {
            Lstm<double> layer = new(4, hidden, new RecurrentOptions { NumLayers = layers, Direction = RecurrentDirection.Bidirectional, LayerNorm = normalized, MemoryBudget = bytes });
            layer.Initialize(5);
            using Tape<double> tape = new();
            tape.Backward(layer.FinalState(tape.Constant(x)).H.Sum());
            return tape.PeakBytes;
        }
    }

    [Fact]
    public void WhatWasMeasuredOnceDoesNotServeForAnotherWayToRun()
    {
        Gru<double> layer = new(3, 16, new RecurrentOptions { MemoryBudget = 200_000, RecurrentDropout = 0.3 });
        layer.Initialize(5);
        Tensor<double> x = new([2_000, 1, 3]);
        long training = Peak(trains: true);
        Peak(trains: false); // runs as one node
        using (Tape<double> tape = new()) layer.FinalState(tape.Constant(x[..2]));
        Assert.Equal(training, Peak(trains: true));
        Assert.True(training <= 200_000);

        long Peak(bool trains)
        {
            using Tape<double> tape = new(training: trains);
            tape.Backward(layer.FinalState(tape.Constant(x)).H.Sum());
            return tape.PeakBytes;
        }
    }

    [Fact]
    public void StatesOfAllStepsAreNoMatterForABudget()
    {
        Lstm<double> layer = new(2, 3, new RecurrentOptions { MemoryBudget = 1_000_000 });
        layer.Initialize(5);
        using Tape<double> tape = new(), inference = Tape<double>.Inference();
        Assert.Contains("ForwardAll", Assert.Throws<InvalidOperationException>(() => layer.ForwardAll(tape.Zeros([5, 1, 2]))).Message, StringComparison.Ordinal);
        Assert.Equal(new Shape(1, 5, 1, 3), layer.ForwardAll(inference.Zeros([5, 1, 2])).Steps.C.Shape);
    }

    [Fact]
    public void TheSecondOrderIsThere()
    {
        Lstm<double> layer = new(2, 3, new RecurrentOptions { MemoryBudget = 12_000 });
        layer.Initialize(5);
        Tensor<double> x = new([12, 1, 2]);
        x.Write(static values => new RandomSource(1).FillNormal(values, 0, 1));
        int nodes = 0;
        GradientCheck.Run(
            layer.NamedParameters(),
            tape =>
            {
                Variable<double> loss = layer.Forward(tape.Constant(x)).Outputs.Square().Sum();
                nodes = tape.Count;
                return loss;
            },
            new GradientCheckOptions { Order = 2, Tolerance = 1e-6 }).ThrowIfFailed();
        Assert.True(nodes > 12, "nothing was cut");
    }

    [Fact]
    public void ABudgetThatNoCutFitsIsRefusedWithTheLeast()
    {
        Lstm<double> layer = new(2, 16, new RecurrentOptions { MemoryBudget = 1000 });
        layer.Initialize(5);
        using Tape<double> tape = new();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => layer.Forward(tape.Zeros([500, 1, 2])));
        Assert.Contains("Lstm: 500 steps of a batch of 1 need a MemoryBudget of ", error.Message, StringComparison.Ordinal);
        Assert.Contains("not 1,000", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Lstm<double>(2, 16, new RecurrentOptions { MemoryBudget = 0 }));
    }

    private static Outcome Run(Module<double> module, bool ragged)
    {
        module.Initialize(3);
        using Tape<double> tape = new(seed: 4);
        return module switch
        {
            RecurrentLayer<double, LstmState<double>> layer => Run(tape, layer, ragged),
            RecurrentLayer<double, Hidden<double>> layer => Run(tape, layer, ragged),
            _ => throw new InvalidOperationException(),
        };
    }

    private static Outcome Run<TState>(Tape<double> tape, RecurrentLayer<double, TState> layer, bool ragged)
        where TState : struct, IState<TState, double>
    {
        Tensor<double> values = new(layer.BatchFirst ? [Batch, Time, Inputs] : [Time, Batch, Inputs]);
        values.Write(static numbers => new RandomSource(1).FillNormal(numbers, 0, 1));
        Variable<double> x = tape.Variable(values);
        (Variable<double> y, TState last) = layer.Forward(x, lengths: ragged ? new Tensor<int>([Batch], [Time - 17, Time]) : null);
        Sum sum = new() { Total = y.Square().Sum() };
        last.Map(ref sum);
        int nodes = tape.Count;
        Gradients<double> gradients = tape.Backward(sum.Total);
        return new(
            [.. y.ToArray(), .. sum.Values],
            [.. layer.Parameters.SelectMany(parameter => gradients[parameter].ToArray()), .. gradients[x].ToArray()],
            nodes,
            tape.PeakBytes);
    }

    private sealed record Outcome(double[] Values, double[] Gradients, int Nodes, long Peak);

    private struct Sum : IVariableMap<double>
    {
        public Sum()
        {
        }

        public Variable<double> Total { get; set; }

        public List<double> Values { get; } = [];

        public Variable<double> Apply(Variable<double> variable)
        {
            Values.AddRange(variable.ToArray());
            Total += variable.Sin().Sum();
            return variable;
        }
    }
}
