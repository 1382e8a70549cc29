namespace Autograd.Tests.Layers;

/// <summary>The edges of what layers take: nothing at all, part of a state, rows by number, numbers out of all proportion, cells of the library as one's own.</summary>
public sealed class RecurrentEdgeTests
{
    public static TheoryData<CellKind> Cells => [.. RecurrentGrid.Cells, CellKind.Own];

    [Theory]
    [MemberData(nameof(Cells))]
    public void AnEmptyBatchTrainsWithGradientsOfZero(CellKind cell)
    {
        foreach (bool variant in new[] { false, true })
        {
            RecurrentCase c = new(cell)
            {
                Options = new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, LayerNorm = variant && cell != CellKind.Own, LearnInitialState = variant },
                Batch = 0,
                Lengths = variant ? [] : null,
            };
            RecurrentValues values = RecurrentValues.Draw(c, 1);
            RecurrentSubject<double> subject = new(c, values);
            using Tape<double> tape = new();
            Variable<double>[] outputs = subject.Forward(subject.Leaves(tape, values));
            Gradients<double> gradients = tape.Backward(outputs[0].Sum() + outputs[1].Sum());
            Assert.All(subject.Layer.Parameters, parameter => Assert.All(gradients[parameter].ToArray(), static value => Assert.Equal(0, value)));
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void WithoutStepsTheStateAndItsGradientPassThrough(CellKind cell)
    {
        foreach (bool all in new[] { false, true })
        {
            RecurrentCase c = new(cell) { Options = new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, BatchFirst = all }, Time = 0, GivenState = true };
            RecurrentValues values = RecurrentValues.Draw(c, 1);
            RecurrentFindings<double> found = RecurrentSubject<double>.Find(c, values, all);
            for (int part = 0; part < c.Parts; part++)
            {
                Assert.Equal(values[RecurrentValues.State(part)], found.Outputs[1 + part]);
                Assert.Equal(values.Cotangents[1 + part], found[RecurrentValues.State(part)]);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ThePartsOfAStateThatAreNotGivenAreZeroOrLearned(bool peephole)
    {
        foreach (bool learned in new[] { false, true })
        {
            Lstm<double> layer = new(3, 4, new RecurrentOptions { NumLayers = 2, LearnInitialState = learned }, peephole);
            layer.Initialize(1);
            Tensor<double> h = Tensor.Normal<double>([2, 3, 4], seed: 2), c = new([2, 3, 4]);
            if (learned)
            {
                foreach ((string path, Parameter<double> parameter) in layer.NamedParameters())
                {
                    if (path.StartsWith("initial", StringComparison.Ordinal)) parameter.Set(Tensor.Normal<double>(parameter.Shape, seed: 3));
                }

                double[] row = layer.NamedParameters().Single(static entry => entry.Path == "initial_state_1").Parameter.Value.ToArray();
                c.Write(values =>
                {
                    for (int i = 0; i < values.Length; i++) values[i] = row[(i / 12 * 4) + (i % 4)];
                });
            }

            using Tape<double> tape = new();
            Variable<double> x = tape.Constant(Tensor.Normal<double>([5, 3, 3], seed: 4));
            (Variable<double> part, LstmState<double> partLast) = layer.Forward(x, new(tape.Constant(h), default));
            (Variable<double> whole, LstmState<double> wholeLast) = layer.Forward(x, new(tape.Constant(h), tape.Constant(c)));
            Assert.Equal(whole.ToArray(), part.ToArray());
            Assert.Equal(wholeLast.C.ToArray(), partLast.C.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void RowsByNumberAreTheRowsThemselves(CellKind cell) => Laws.HoldForChoices(40, Laws.Deep ? 2_000 : 100, (14, 1_234_567), choices =>
    {
        RecurrentCase c = RecurrentDraw.Case(choices, cell);
        c = c with { Options = c.Options with { BatchFirst = false } };
        Random random = new(choices.Below(9_240));
        Tensor<int> numbers = new([c.Time, c.Batch], [.. Enumerable.Range(0, c.Time * c.Batch).Select(_ => random.Next(c.Inputs))]);
        RecurrentValues values = RecurrentValues.Draw(c, choices.Below(9_240));
        RecurrentSubject<double> subject = new(c, values);
        using Tape<double> tape = new(training: false), other = new(training: false);
        Dictionary<string, double[]> looked = Gradients(tape, tape.OneHot(numbers, c.Inputs), out double[][] found);
        Dictionary<string, double[]> multiplied = Gradients(other, other.Constant(tape.OneHot(numbers, c.Inputs).ToTensor()), out double[][] expected);
        for (int i = 0; i < expected.Length; i++) RecurrentOracle.Near(c, $"output {i}", expected[i], found[i], 1e-12);
        foreach ((string name, double[] gradient) in multiplied) RecurrentOracle.Near(c, name, gradient, looked[name], c.Options.LayerNorm ? 2e-10 : 1e-12);

        Dictionary<string, double[]> Gradients(Tape<double> on, Variable<double> x, out double[][] results)
        {
            Variable<double>[] outputs = subject.Forward([x, .. subject.Leaves(on, values)[1..]]);
            results = [.. outputs.Select(static output => output.ToArray())];
            (Variable<double>[] swept, Variable<double>[] cotangents) = RecurrentSubject<double>.Seeds(on, outputs, values);
            Gradients<double> gradients = on.Backward(swept, cotangents);
            return subject.Layer.NamedParameters().ToDictionary(static entry => entry.Path, entry => gradients[entry.Parameter].ToArray());
        }
    });

    [Theory]
    [InlineData(CellKind.RnnTanh)]
    [InlineData(CellKind.Lstm)]
    [InlineData(CellKind.GruAfter)]
    [InlineData(CellKind.GruBefore)]
    public void HugeInputsSaturate(CellKind cell)
    {
        RecurrentCase c = new(cell) { Options = new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional }, Time = 5 };
        foreach (double size in new[] { 1e4, 1e20, 1e35 })
        {
            RecurrentValues values = RecurrentValues.Draw(c, 3);
            values = values.With((RecurrentValues.Input, Array.ConvertAll(values[RecurrentValues.Input], value => value * size)));
            RecurrentFindings<float> found = RecurrentSubject<float>.Find(c, values);
            Assert.All(found.Outputs, static output => Assert.All(output, static value => Assert.True(float.IsFinite(value))));
            Assert.All(found.Gradients.Values, static gradient => Assert.All(gradient, static value => Assert.True(float.IsFinite(value))));
        }
    }

    [Fact]
    public void ACellOfTheLibraryIsItsLayer()
    {
        for (int number = 0; number < 16; number++)
        {
            bool norm = (number & 1) != 0, peephole = (number & 2) != 0, bias = (number & 4) == 0;
            int projection = (number & 8) != 0 ? 2 : 0;
            RecurrentOptions options = new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, Zoneout = 0.2, BatchFirst = true };
            Lstm<float> layer = new(3, 4, options with { Bias = bias, LayerNorm = norm }, peephole, projection);
            Recurrent<float, LstmState<float>> own = new(3, features => new LstmCell<float>(features, 4, bias, peephole, projection, norm), options);
            layer.Initialize(2);
            foreach ((Parameter<float> from, Parameter<float> to) in layer.Parameters.Zip(own.Parameters)) to.Set(from.Value);
            using Tape<float> tape = new(training: false);
            Variable<float> x = tape.Constant(Tensor.Normal<float>([2, 6, 3], seed: 4));
            Tensor<int> lengths = new([2], [6, 2]);
            (Variable<float> y, LstmState<float> last) = layer.Forward(x, lengths: lengths);
            (Variable<float> z, LstmState<float> otherLast) = own.Forward(x, lengths: lengths);
            Assert.Equal(y.ToArray(), z.ToArray());
            Assert.Equal(last.C.ToArray(), otherLast.C.ToArray());
        }
    }
}
