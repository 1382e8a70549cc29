using Xunit.Abstractions;

namespace Autograd.Tests.Layers;

/// <summary>What a step costs: no memory once warm, and few nodes.</summary>
public sealed class RecurrentCostTests(ITestOutputHelper output)
{
    private static readonly int[] Lengths = [7, 3, 5];

    /// <summary>Layers, and the most nodes that each step, layer and direction of a full sequence and of a ragged one may record.</summary>
    private static readonly (string Name, RecurrentCase Case, int Full, int Ragged)[] Layers =
    [
        ("rnn", new(CellKind.RnnTanh), 0, 0),
        ("lstm", new(CellKind.Lstm), 0, 0),
        ("gru", new(CellKind.GruAfter), 0, 0),
        ("gru, reset before", new(CellKind.GruBefore), 24, 26),
        ("rnn, layer norm", new(CellKind.RnnTanh) { Options = new() { LayerNorm = true } }, 10, 12),
        ("lstm, peephole", new(CellKind.Lstm) { Peephole = true }, 30, 34),
        ("lstm, projection", new(CellKind.Lstm) { Projection = 2 }, 20, 24),
        ("lstm, layer norm", new(CellKind.Lstm) { Options = new() { LayerNorm = true } }, 30, 34),
        ("lstm, everything", new(CellKind.Lstm) { Peephole = true, Projection = 2,
            Options = new() { LayerNorm = true, Zoneout = 0.2, CellZoneout = 0.1, RecurrentDropout = 0.2 } }, 50, 54),
        ("gru, layer norm", new(CellKind.GruAfter) { Options = new() { LayerNorm = true } }, 36, 38),
        ("own cell", new(CellKind.Own), 16, 20),
        ("own cell, zoneout", new(CellKind.Own) { Options = new() { Zoneout = 0.2, CellZoneout = 0.1 } }, 22, 26),
    ];

    [Fact]
    public void NodesOfAStepAreFew()
    {
        List<string> wrong = [];
        foreach ((string name, RecurrentCase one, int full, int ragged) in Layers)
        {
            foreach (bool two in new[] { false, true })
            {
                RecurrentCase c = two ? one with { Options = one.Options with { NumLayers = 2, Direction = RecurrentDirection.Bidirectional } } : one;
                int cells = c.Layers * c.Directions;
                double plain = PerStep(c, ragged: false) / (double)cells, cut = PerStep(c, ragged: true) / (double)cells;
                output.WriteLine($"{name}{(two ? ", 2 layers, 2 directions" : string.Empty)}: {plain} nodes a step, {cut} of a ragged sequence");
                if (plain > full || cut > ragged) wrong.Add($"{name}: {plain} of {full}, {cut} of {ragged}");
            }
        }

        Assert.Empty(wrong);

        static int PerStep(RecurrentCase c, bool ragged) => Count(c, 9, ragged) - Count(c, 8, ragged);

        // Each step of the ragged sequence lacks a row.
        static int Count(RecurrentCase c, int time, bool ragged)
        {
            c = c with { Time = time, Mask = ragged ? [.. Enumerable.Range(0, time * 2).Select(i => i % 2 == 0 ? i < 2 : i >= 2)] : null };
            RecurrentValues values = RecurrentValues.Draw(c, 1);
            RecurrentSubject<float> subject = new(c, values);
            using Tape<float> tape = new();
            subject.Forward(subject.Leaves(tape, values));
            return tape.Count;
        }
    }

    [Fact]
    public void NothingIsAllocatedOnceWarm()
    {
        foreach ((string name, RecurrentCase one, _, _) in Layers)
        {
            foreach (bool ragged in new[] { false, true })
            {
                RecurrentOptions options = one.Options with
                {
                    Direction = RecurrentDirection.Bidirectional,
                    NumLayers = 2,
                    BatchFirst = ragged,
                    Dropout = 0.1,
                    LearnInitialState = ragged,
                    WeightDrop = ragged ? 0.1 : 0
                };
                RecurrentCase c = one with { Options = options, Time = 7, Batch = 3, Lengths = ragged ? Lengths : null };
                (Module<float> layer, Func<Variable<float>, Variable<float>> run) = Warm(c);
                Tensor<float> input = new(c.InputShape);
                input.Write(static values => new RandomSource(2).FillNormal(values, 0, 1));
                using Tape<float> tape = new(seed: 4);
                Sgd<float> optimizer = new(layer, learningRate: 0.01);

                Allocations.AssertNone(
                    4,
                    () =>
                    {
                        tape.Reset();
                        optimizer.Step(tape.Backward(run(tape.Variable(input)).Square().Mean()));
                    },
                    name + (ragged ? ", ragged" : string.Empty));
            }
        }
    }

    /// <summary>The layer and its forward pass without anything of the tests around it.</summary>
    private static (Module<float> Layer, Func<Variable<float>, Variable<float>> Run) Warm(RecurrentCase c)
    {
        Tensor<int>? lengths = c.Lengths is { } given ? new([given.Length], given) : null;
        Module<float> module;
        Func<Variable<float>, Variable<float>> run;
        switch (c.Cell)
        {
            case CellKind.Lstm:
                Lstm<float> lstm = new(c.Inputs, c.Hidden, c.Options, c.Peephole, c.Projection);
                (module, run) = (lstm, x => lstm.Forward(x, default, lengths).Outputs);
                break;
            case CellKind.Own:
                Recurrent<float, MemoryState<float>> own = new(c.Inputs, features => new LeakyMemoryCell<float>(features, c.Hidden), c.Options);
                (module, run) = (own, x => own.Forward(x, default, lengths).Outputs);
                break;
            case CellKind.GruAfter or CellKind.GruBefore:
                Gru<float> gru = new(c.Inputs, c.Hidden, c.Options, c.Cell == CellKind.GruAfter);
                (module, run) = (gru, x => gru.Forward(x, default, lengths).Outputs);
                break;
            default:
                Rnn<float> rnn = new(c.Inputs, c.Hidden, c.Options);
                (module, run) = (rnn, x => rnn.Forward(x, default, lengths).Outputs);
                break;
        }

        module.Initialize(1);
        return (module, run);
    }
}
