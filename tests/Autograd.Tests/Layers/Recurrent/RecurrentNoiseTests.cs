namespace Autograd.Tests.Layers;

/// <summary>What chance does to recurrent layers: rates, one mask for a sequence, the same numbers again, none where the tape evaluates.</summary>
public sealed class RecurrentNoiseTests
{
    private const double Rate = 0.3;

    /// <summary>Every option with chance in it.</summary>
    private static readonly (string Name, Func<RecurrentOptions, RecurrentOptions> Set)[] Options =
    [
        ("dropout", static options => options with { Dropout = Rate }),
        ("input dropout", static options => options with { InputDropout = Rate }),
        ("recurrent dropout", static options => options with { RecurrentDropout = Rate }),
        ("weight drop", static options => options with { WeightDrop = Rate }),
        ("zoneout", static options => options with { Zoneout = Rate }),
        ("cell zoneout", static options => options with { CellZoneout = Rate }),
    ];

    public static TheoryData<CellKind> Cells => [.. RecurrentGrid.Cells, CellKind.Own];

    [Theory]
    [MemberData(nameof(Cells))]
    public void EveryPairRunsRepeatsAndPassesTheGradientCheck(CellKind cell)
    {
        int number = 0, options = new RecurrentCase(cell).Parts > 1 ? Options.Length : Options.Length - 1; // the last is refused where there is no c
        for (int first = 0; first < options; first++)
        {
            for (int second = first; second < options; second++)
            {
                number++;
                RecurrentCase c = new(cell)
                {
                    Options = Options[first].Set(Options[second].Set(new()
                    {
                        NumLayers = 2,
                        Direction = number % 3 == 0 ? RecurrentDirection.Bidirectional : number % 3 == 1 ? RecurrentDirection.Forward : RecurrentDirection.Reverse,
                        Merge = number % 3 == 0 && number % 2 == 0 ? MergeMode.Sum : MergeMode.Concat,
                        BatchFirst = number % 2 == 0,
                        LearnInitialState = number % 4 == 0,
                    })),
                    Peephole = cell == CellKind.Lstm && number % 5 == 0,
                    Projection = cell == CellKind.Lstm && number % 15 == 1 ? 1 : 0,
                    Time = Laws.Deep ? 3 : 2,
                    Inputs = 1,
                    Hidden = number % 3 == 0 && !Laws.Deep ? 1 : 2,
                    GivenState = number % 4 == 1,
                    Lengths = number % 2 == 0 ? [1, 2] : null,
                };
                RecurrentValues values = RecurrentValues.Draw(c, number);
                RecurrentSubject<double> subject = new(c, values);
                RecurrentFindings<double> found = At(subject, values, seed: 3, step: 9);
                Assert.Equal(found.Outputs, At(subject, values, seed: 3, step: 9).Outputs);

                // In evaluation only the expectation of zoneout is left, and the equations know it.
                using Tape<double> evaluation = new(training: false);
                RecurrentOracle.Near(c, "evaluation", RecurrentOracle.Expected(c, values), subject.Find(evaluation, values), RecurrentOracle.Tolerance);

                // Another seed or step draws other masks, though small ones may be alike.
                if (cell == CellKind.RnnRelu) continue; // all units may be off, and masks move sums onto the kink
                Assert.Contains(Enumerable.Range(4, 20), seed => !found.Outputs[1].SequenceEqual(At(subject, values, (ulong)seed, step: 9).Outputs[1]));
                Assert.Contains(Enumerable.Range(10, 20), step => !found.Outputs[1].SequenceEqual(At(subject, values, seed: 3, step).Outputs[1]));
                Tensor<double>[] leaves = [.. Enumerable.Range(0, 1 + (c.GivenState ? c.Parts : 0)).Select(leaf => new Tensor<double>(
                    leaf == 0 ? c.InputShape : c.StateShape(leaf - 1), values[RecurrentSubject<double>.NameOf(leaf)]))];
                GradientCheckReport report = GradientCheck.Run(
                    subject.Layer.NamedParameters(),
                    tape =>
                    {
                        tape.Step = 9; // the same masks in each evaluation
                        Variable<double>[] outputs = subject.Forward([.. leaves.Select(tape.Constant)]);
                        return (outputs[0] * tape.Constant(new Tensor<double>(outputs[0].Shape, values.Cotangents[0]!))).Sum() + outputs[1].Square().Sum();
                    });
                Assert.True(report.Passed, $"{Options[first].Name} and {Options[second].Name}, {c}: {report}");
            }
        }
    }

    [Fact]
    public void OneMaskActsAtEveryStepAndItsRateIsRight()
    {
        ProbeCell cell = new(40);
        Recurrent<double, Hidden<double>> layer = new(cell, new() { RecurrentDropout = Rate, InputDropout = 0.4, WeightDrop = 0.2 });
        layer.Initialize(1);
        using Tape<double> tape = new(seed: 5);
        const int Batch = 50, Time = 6;
        double[]? before = null;
        int droppedUnits = 0, droppedInputs = 0, droppedWeights = 0;
        for (int step = 0; step < 20; step++)
        {
            tape.Step = step;
            tape.Reset();
            cell.Clear();
            layer.Forward(tape.Full([Time, Batch, 40], 1));
            Assert.Equal(Time, cell.Inputs.Count);
            for (int t = 1; t < Time; t++)
            {
                Assert.Equal(cell.Masks[0], cell.Masks[t]);
                Assert.Equal(cell.Inputs[0], cell.Inputs[t]);
                Assert.Equal(cell.Weights[0], cell.Weights[t]);
            }

            double[] weight = cell.RecurrentWeight!.Value.ToArray();
            Assert.All(cell.Masks[0], static value => Assert.True(value == 0 || Math.Abs(value - (1 / (1 - Rate))) < 1e-15));
            Assert.All(cell.Inputs[0], static value => Assert.True(value == 0 || Math.Abs(value - (1 / 0.6)) < 1e-15));
            Assert.All(cell.Weights[0].Zip(weight), static pair => Assert.True(pair.First == 0 || Math.Abs(pair.First - (pair.Second / 0.8)) < 1e-15));
            Assert.NotEqual(before, cell.Masks[0]);
            before = cell.Masks[0];
            droppedUnits += cell.Masks[0].Count(static value => value == 0);
            droppedInputs += cell.Inputs[0].Count(static value => value == 0);
            droppedWeights += cell.Weights[0].Count(static value => value == 0);
        }

        Near(Rate, droppedUnits, 20 * Batch * 40);
        Near(0.4, droppedInputs, 20 * Batch * 40);
        Near(0.2, droppedWeights, 20 * 40 * 40);
    }

    [Fact]
    public void DropoutBetweenLayersIsDrawnForEachStep()
    {
        // Both layers copy their input, so the output shows what was dropped on the way.
        Recurrent<double, Hidden<double>> layer = new(40, static _ => new CopyCell(40), new() { NumLayers = 2, Dropout = Rate });
        using Tape<double> tape = new(seed: 5);
        const int Batch = 50, Time = 20;
        double[] outputs = layer.Forward(tape.Full([Time, Batch, 40], 1)).Outputs.ToArray();
        Assert.All(outputs, static value => Assert.True(value == 0 || Math.Abs(value - (1 / (1 - Rate))) < 1e-15));
        Near(Rate, outputs.Count(static value => value == 0), outputs.Length);
        int alike = 0;
        for (int i = Batch * 40; i < outputs.Length; i++) alike += outputs[i] == outputs[i - (Batch * 40)] ? 1 : 0;
        Near((Rate * Rate) + ((1 - Rate) * (1 - Rate)), alike, outputs.Length - (Batch * 40));
        using Tape<double> evaluation = new(training: false);
        Assert.All(layer.Forward(evaluation.Full([Time, Batch, 40], 1)).Outputs.ToArray(), static value => Assert.Equal(1, value));
    }

    [Theory]
    [InlineData(CellKind.RnnTanh)]
    [InlineData(CellKind.Lstm)]
    [InlineData(CellKind.GruAfter)]
    [InlineData(CellKind.GruBefore)]
    [InlineData(CellKind.Own)]
    public void UnitsThatAreZonedOutKeepTheirValueExactly(CellKind cell)
    {
        RecurrentCase c = new(cell)
        {
            Options = new() { Zoneout = 0.4, CellZoneout = cell is CellKind.Lstm or CellKind.Own ? 0.15 : 0 },
            Time = 40,
            Batch = 16,
            Hidden = 12,
            GivenState = true,
        };
        RecurrentValues values = RecurrentValues.Draw(c, 3);
        RecurrentSubject<double> subject = new(c, values);
        using Tape<double> tape = new(seed: 8);
        Variable<double>[] leaves = subject.Leaves(tape, values), outputs = subject.Forward(leaves, all: true);
        for (int part = 0; part < c.Parts; part++)
        {
            double[] states = [.. leaves[1 + part].ToArray(), .. outputs[1 + c.Parts + part].ToArray()];
            int row = c.Batch * c.PartSize(part), kept = 0;
            for (int i = row; i < states.Length; i++) kept += states[i] == states[i - row] ? 1 : 0;
            Near(part == 0 ? 0.4 : 0.15, kept, states.Length - row);
        }
    }

    [Fact]
    public void AProbabilityOfOneDropsOrKeepsEverything()
    {
        RecurrentCase c = new(CellKind.Lstm) { Options = new() { Zoneout = 1, CellZoneout = 1 }, GivenState = true };
        RecurrentValues values = RecurrentValues.Draw(c, 3);
        using (Tape<double> tape = new())
        {
            Variable<double>[] outputs = new RecurrentSubject<double>(c, values).Forward(new RecurrentSubject<double>(c, values).Leaves(tape, values));
            for (int part = 0; part < 2; part++) Assert.Equal(values[RecurrentValues.State(part)], outputs[1 + part].ToArray());
        }

        // Without h and without input a GRU is its biases alone, the same in every row; without a recurrent weight as well.
        foreach (RecurrentOptions options in new RecurrentOptions[] { new() { InputDropout = 1, RecurrentDropout = 1 }, new() { InputDropout = 1, WeightDrop = 1 } })
        {
            RecurrentCase dropped = new(CellKind.GruAfter) { Options = options, Time = 1, Batch = 3 };
            RecurrentValues numbers = RecurrentValues.Draw(dropped, 4);
            using Tape<double> tape = new();
            RecurrentSubject<double> subject = new(dropped, numbers);
            double[] h = subject.Find(tape, numbers).Outputs[1];
            Assert.All(h, static value => Assert.True(double.IsFinite(value)));
            Assert.Equal(h[..4], h[4..8]);
            Assert.Equal(h[..4], h[8..]);
        }
    }

    /// <summary>A cell of one's own draws what the layers of the library draw, so the two agree under any chance.</summary>
    [Fact]
    public void ACellOfOnesOwnMeetsTheSameChanceAsTheLibrarys()
    {
        for (int options = 0; options < 1 << Options.Length; options++)
        {
            RecurrentOptions chosen = new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional };
            for (int i = 0; i < Options.Length; i++)
            {
                if (((options >> i) & 1) != 0) chosen = Options[i].Set(chosen);
            }

            Lstm<double> theirs = new(3, 4, chosen);
            Recurrent<double, LstmState<double>> own = new(3, static features => new WrittenLstmCell(features, 4), chosen);
            theirs.Initialize((ulong)options + 1);
            foreach ((string path, Parameter<double> parameter) in own.NamedParameters())
            {
                // cell_l0_reverse.weight_ih
                string[] names = path.Split('.');
                parameter.Set(theirs.NamedParameters().Single(entry => entry.Path == names[1] + names[0][4..]).Parameter.Value);
            }

            using Tape<double> tape = new(seed: 21), other = new(seed: 21);
            (tape.Step, other.Step) = (2, 2);
            Tensor<double> x = Tensor.Normal<double>([5, 3, 3], seed: 6), weights = Tensor.Normal<double>([5, 3, 8], seed: 7);
            Tensor<int> lengths = new([3], [5, 2, 4]);
            Variable<double> input = tape.Variable(x), otherInput = other.Variable(x);
            (Variable<double> y, LstmState<double> last) = theirs.Forward(input, lengths: lengths);
            (Variable<double> z, LstmState<double> otherLast) = own.Forward(otherInput, lengths: lengths);
            AssertNear(y, z);
            AssertNear(last.H, otherLast.H);
            AssertNear(last.C, otherLast.C);
            AssertNear(tape.Backward(y, tape.Constant(weights))[input], other.Backward(z, other.Constant(weights))[otherInput]);
        }

        static void AssertNear(Variable<double> expected, Variable<double> found)
        {
            double[] a = expected.ToArray(), b = found.ToArray();
            for (int i = 0; i < a.Length; i++) Assert.Equal(a[i], b[i], 1e-12);
        }
    }

    private static RecurrentFindings<double> At(RecurrentSubject<double> subject, RecurrentValues values, ulong seed, long step)
    {
        using Tape<double> tape = new(seed: seed) { Step = step };
        return subject.Find(tape, values);
    }

    /// <summary>A share of trials within five standard deviations of its probability.</summary>
    private static void Near(double probability, int hits, int trials)
    {
        double deviation = Math.Sqrt(probability * (1 - probability) / trials);
        Assert.InRange((double)hits / trials, probability - (5 * deviation), probability + (5 * deviation));
    }

    /// <summary>Writes down what it is given.</summary>
    private sealed class ProbeCell : RecurrentCell<double, Hidden<double>>
    {
        private readonly Linear<double> _recall;

        public ProbeCell(int size) => _recall = AddModule("recall", new Linear<double>(size, size, bias: false));

        public List<double[]> Masks { get; } = [];

        public List<double[]> Inputs { get; } = [];

        public List<double[]> Weights { get; } = [];

        public override Parameter<double>? RecurrentWeight => _recall.Weight;

        public void Clear()
        {
            Masks.Clear();
            Inputs.Clear();
            Weights.Clear();
        }

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => throw new InvalidOperationException("The layer gives noise.");

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state, SequenceNoise<double> noise)
        {
            Masks.Add(noise.HiddenMask.ToArray());
            Inputs.Add(x.ToArray());
            Weights.Add(noise.RecurrentWeight.ToArray());
            return new(x + (state.H * noise.HiddenMask));
        }
    }

    private sealed class CopyCell(int size) : RecurrentCell<double, Hidden<double>>
    {
        public override int HiddenSize => size;

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new(x);
    }

    /// <summary>An LSTM as a user writes it, gate by gate.</summary>
    private sealed class WrittenLstmCell : RecurrentCell<double, LstmState<double>>
    {
        private readonly int _size;
        private readonly Parameter<double> _weightInput, _weightHidden, _biasInput, _biasHidden;

        public WrittenLstmCell(int inputs, int size)
        {
            _size = size;
            _weightInput = AddParameter("weight_ih", [4 * size, inputs], Initializer.Zeros);
            _weightHidden = AddParameter("weight_hh", [4 * size, size], Initializer.Zeros);
            _biasInput = AddParameter("bias_ih", [4 * size], Initializer.Zeros);
            _biasHidden = AddParameter("bias_hh", [4 * size], Initializer.Zeros);
        }

        public override int HiddenSize => _size;

        public override Parameter<double>? RecurrentWeight => _weightHidden;

        public override LstmState<double> Step(Variable<double> x, LstmState<double> state) => Step(x, state, default);

        public override LstmState<double> Step(Variable<double> x, LstmState<double> state, SequenceNoise<double> noise)
        {
            Tape<double> tape = x.Tape;
            Variable<double> h = noise.HiddenMask.IsNone ? state.H : state.H * noise.HiddenMask;
            Variable<double> weight = noise.RecurrentWeight.IsNone ? _weightHidden.On(tape) : noise.RecurrentWeight;
            Variable<double> gates = x.MatMul(_weightInput.On(tape).Transpose(0, 1)) + _biasInput.On(tape) + h.MatMul(weight.Transpose(0, 1)) + _biasHidden.On(tape);
            Variable<double> Gate(int gate) => gates[.., (gate * _size)..((gate + 1) * _size)];
            Variable<double> c = (Gate(1).Sigmoid() * state.C) + (Gate(0).Sigmoid() * Gate(2).Tanh());
            return new(Gate(3).Sigmoid() * c.Tanh(), c);
        }
    }
}
