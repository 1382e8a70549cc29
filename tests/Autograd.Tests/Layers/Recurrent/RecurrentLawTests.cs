namespace Autograd.Tests.Layers;

/// <summary>
/// What must hold of recurrent layers whatever their numbers, for each cell and everything it can be combined with, in float and in
/// double. Outputs and states are held to the bit; so are gradients, but where a cut of the sequence orders sums otherwise.
/// </summary>
public sealed class RecurrentLawTests
{
    public static TheoryData<CellKind> Cells => [.. RecurrentGrid.Cells, CellKind.Own];

    [Theory]
    [MemberData(nameof(Cells))]
    public void RowsAreAloneInAnyOrderAndAnySplit(CellKind cell) => Hold(1, new RowsLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void APaddedBatchIsEachSequenceWithItsStepsCutOut(CellKind cell) => Hold(2, new AloneLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void NaNInThePaddingIsAZeroThere(CellKind cell) => Hold(3, new PaddingLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void TwoDirectionsAreTwoRunsOneOnReversedInput(CellKind cell) => Hold(4, new DirectionsLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void ReversedTimeSwapsTheDirections(CellKind cell) => Hold(5, new SwapLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void ReversedTwiceIsForward(CellKind cell) => Hold(6, new ReverseLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void ChunksWithCarriedStateAreTheWholeSequence(CellKind cell) => Hold(7, new ChunksLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void GradientsAreLinearInTheCotangent(CellKind cell) => Hold(8, new LinearLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void APowerOfTwoScalesGradientsExactly(CellKind cell) => Hold(9, new PowerLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void ALearnedStateIsOneThatIsGivenToEachRow(CellKind cell) => Hold(10, new LearnedLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void WeightsThroughAFileUnderOtherNamesAreTheSameLayer(CellKind cell) => Hold(11, new FileLaw(cell));

    [Theory]
    [MemberData(nameof(Cells))]
    public void LengthsAreAMaskAndFullOnesAreNone(CellKind cell) => Hold(12, new MaskLaw(cell));

    [Theory]
    [InlineData(CellKind.Lstm)]
    [InlineData(CellKind.GruAfter)]
    [InlineData(CellKind.GruBefore)]
    public void ShutGatesKeepTheStateExactly(CellKind cell) => Hold(13, new GatesLaw(cell));

    private static void Hold(ulong number, RecurrentLaw law) => Laws.HoldForChoices(40, Laws.Deep ? 2_000 : 200, (number, 1_234_567), choices =>
    {
        if (choices.Flip()) law.Check<float>(choices);
        else law.Check<double>(choices);
    });

    private sealed class RowsLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, RecurrentValues values) = Draw(choices);
            RecurrentFindings<T> whole = RecurrentSubject<T>.Find(c, values);
            int[] order = choices.Order(c.Batch);
            int cut = choices.Below(c.Batch + 1);
            Dictionary<string, T[]> sums = [];
            foreach (int[] rows in new[] { order[..cut], order[cut..] })
            {
                RecurrentCase part = c.WithRows(rows);
                RecurrentFindings<T> found = RecurrentSubject<T>.Find(part, values.Pick(c, part, rows, static (time, _) => time));
                for (int i = 0; i < found.Outputs.Length; i++) Same($"output {i}", c.PickOutput(part, i, whole.Outputs[i], rows, static (time, _) => time), found.Outputs[i]);
                foreach (string leaf in RowLeaves(c)) Same($"gradient by {leaf}", c.PickLeaf(part, leaf, whole[leaf], rows, static (time, _) => time), found[leaf]);
                Add(sums, found.Gradients);
            }

            foreach ((string name, _) in c.Parameters()) Near(c, name, whole[name], sums[name]);
        }
    }

    private sealed class AloneLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, RecurrentValues values) = Draw(choices);
            RecurrentFindings<T> whole = RecurrentSubject<T>.Find(c, values);
            Dictionary<string, T[]> sums = [];
            for (int b = 0; b < c.Batch; b++)
            {
                int[] row = [b], real = [.. Enumerable.Range(0, c.Time).Where(t => c.IsReal(t, b))];
                RecurrentCase alone = c with { Batch = 1, Time = real.Length, Lengths = null, Mask = null };
                RecurrentFindings<T> found = RecurrentSubject<T>.Find(alone, values.Pick(c, alone, row, (time, _) => real[time]));
                for (int i = 0; i < found.Outputs.Length; i++) Same($"output {i}", c.PickOutput(alone, i, whole.Outputs[i], row, (time, _) => real[time]), found.Outputs[i]);
                foreach (string leaf in RowLeaves(c)) Near(c, $"gradient by {leaf}", c.PickLeaf(alone, leaf, whole[leaf], row, (time, _) => real[time]), found[leaf]);
                Add(sums, found.Gradients);
                foreach (int t in Enumerable.Range(0, c.Time).Except(real))
                {
                    for (int u = 0; u < c.LayerOutputs; u++) Assert.Equal(T.Zero, whole.Outputs[0][c.Place(t, b, u, c.LayerOutputs)]);
                    for (int i = 0; i < c.Inputs; i++) Assert.Equal(T.Zero, whole[RecurrentValues.Input][c.Place(t, b, i, c.Inputs)]);
                }
            }

            foreach ((string name, _) in c.Parameters()) Near(c, name, whole[name], sums[name]);
        }
    }

    private sealed class PaddingLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, RecurrentValues values) = Draw(choices);
            double[] zeros = [.. values[RecurrentValues.Input]], bad = [.. zeros];
            double filling = choices.Of(double.NaN, double.PositiveInfinity, 1e30);
            for (int t = 0; t < c.Time; t++)
            {
                for (int b = 0; b < c.Batch; b++)
                {
                    if (c.IsReal(t, b)) continue;
                    for (int i = 0; i < c.Inputs; i++) (zeros[c.Place(t, b, i, c.Inputs)], bad[c.Place(t, b, i, c.Inputs)]) = (0, filling);
                }
            }

            bool all = choices.Flip();
            Same(RecurrentSubject<T>.Find(c, values.With((RecurrentValues.Input, zeros)), all), RecurrentSubject<T>.Find(c, values.With((RecurrentValues.Input, bad)), all));
        }
    }

    private sealed class LinearLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, RecurrentValues values) = Draw(choices);
            RecurrentValues other = RecurrentValues.Draw(c, choices.Below(9_240));
            RecurrentValues sum = values with
            {
                Cotangents = [.. values.Cotangents.Zip(other.Cotangents, static (a, b) =>
                Array.ConvertAll(a!.Zip(b!).ToArray(), static pair => (2 * pair.First) - (3 * pair.Second)))]
            };
            Dictionary<string, T[]> one = RecurrentSubject<T>.Find(c, values).Gradients, two = RecurrentSubject<T>.Find(c, values with { Cotangents = other.Cotangents }).Gradients;
            foreach ((string leaf, T[] found) in RecurrentSubject<T>.Find(c, sum).Gradients)
            {
                Near(c, leaf, [.. one[leaf].Zip(two[leaf], static (a, b) => a + a - (b + b + b))], found, slack: 10);
            }
        }
    }

    private sealed class PowerLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, RecurrentValues values) = Draw(choices);
            int power = choices.Between(0, 24) - 12;
            RecurrentValues scaled = values with { Cotangents = [.. values.Cotangents.Select(weights => Array.ConvertAll(weights!, weight => Math.ScaleB(weight, power)))] };
            Dictionary<string, T[]> plain = RecurrentSubject<T>.Find(c, values).Gradients;
            foreach ((string leaf, T[] found) in RecurrentSubject<T>.Find(c, scaled).Gradients) Same(leaf, Array.ConvertAll(plain[leaf], value => T.ScaleB(value, power)), found);
        }
    }

    private sealed class LearnedLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, _) = Draw(choices);
            RecurrentCase learned = c with { GivenState = false, Options = c.Options with { LearnInitialState = true } }, given = c
                with
            { GivenState = true, Options = c.Options with { LearnInitialState = choices.Flip() } };
            RecurrentValues values = RecurrentValues.Draw(learned, choices.Below(9_240)), repeated = values;
            for (int part = 0; part < c.Parts; part++)
            {
                // A row of each layer and direction, once for each sequence; where it is given the learned one is not looked at.
                int size = c.PartSize(part);
                double[] state = values[$"initial_state_{part}"];
                repeated = repeated.With(
                    (RecurrentValues.State(part), [.. Enumerable.Range(0, c.Layers * c.Directions * c.Batch).SelectMany(place =>
                        state[(place / c.Batch * size)..((place / c.Batch * size) + size)])]),
                    ($"initial_state_{part}", Array.ConvertAll(state, static _ => 1e9)));
            }

            RecurrentFindings<T> one = RecurrentSubject<T>.Find(learned, values), two = RecurrentSubject<T>.Find(given, repeated);
            for (int i = 0; i < one.Outputs.Length; i++) Same($"output {i}", one.Outputs[i], two.Outputs[i]);
            foreach ((string leaf, T[] gradient) in two.Gradients)
            {
                if (leaf.StartsWith("initial_state", StringComparison.Ordinal)) Assert.All(gradient, static value => Assert.Equal(T.Zero, value));
                else if (!leaf.StartsWith("state", StringComparison.Ordinal)) Same(leaf, one[leaf], gradient);
            }

            for (int part = 0; part < c.Parts; part++)
            {
                int size = c.PartSize(part);
                T[] sums = new T[c.Layers * c.Directions * size], each = two[RecurrentValues.State(part)];
                for (int i = 0; i < each.Length; i++) sums[(i / size / c.Batch * size) + (i % size)] += each[i];
                Near(c, $"initial_state_{part}", sums, one[$"initial_state_{part}"]);
            }
        }
    }

    private sealed class FileLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, RecurrentValues values) = Draw(choices);
            RecurrentSubject<T> saved = new(c, values), loaded = new(c);
            SafetensorsWriter writer = new();
            writer.Add(new RecurrentSubject<T>(c, RecurrentValues.Draw(c, 1)).Layer, "other.");
            writer.Add(saved.Layer, "encoder.");
            using MemoryStream stream = new();
            writer.Write(stream);
            using SafetensorsFile file = SafetensorsFile.Parse(stream.ToArray());
            loaded.Layer.Load(file, "encoder.");
            using Tape<T> one = new(training: false), two = new(training: false);
            Same(saved.Find(one, values), loaded.Find(two, values));
        }
    }

    private sealed class MaskLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            (RecurrentCase c, RecurrentValues values) = Draw(choices);
            bool full = choices.Flip();
            RecurrentCase lengths = c with
            {
                Mask = null,
                Lengths = full ? [.. Enumerable.Repeat(c.Time,
                c.Batch)] : RecurrentGrid.Ragged(new Random(choices.Below(9_240)), c.Time, c.Batch)
            };
            RecurrentCase mask = c with { Lengths = null, Mask = [.. from t in Enumerable.Range(0, c.Time) from b in Enumerable.Range(0, c.Batch) select t < lengths.Lengths[b]] };
            RecurrentFindings<T> found = RecurrentSubject<T>.Find(lengths, values);
            Same(found, RecurrentSubject<T>.Find(mask, values));
            if (full) Same(found, RecurrentSubject<T>.Find(c with { Lengths = null, Mask = null }, values));
        }
    }

    private sealed class GatesLaw(CellKind cell) : RecurrentLaw(cell)
    {
        public override void Check<T>(Choices choices)
        {
            RecurrentCase c = RecurrentDraw.Case(choices, Cell, zoneout: false);
            c = c with { GivenState = true, Options = c.Options with { Bias = true } };
            RecurrentValues values = RecurrentValues.Draw(c, choices.Below(9_240));
            foreach (string name in values.Leaves.Keys.Where(static name => name.StartsWith("bias_ih", StringComparison.Ordinal)).ToArray())
            {
                double[] bias = values[name];
                for (int u = 0; u < c.Hidden; u++)
                {
                    if (Cell == CellKind.Lstm) (bias[u], bias[c.Hidden + u]) = (-2_000, 2_000); // i = 0, f = 1
                    else bias[c.Hidden + u] = 2_000; // z = 1
                }
            }

            RecurrentFindings<T> found = RecurrentSubject<T>.Find(c, values);
            int kept = c.Parts - 1; // c of an LSTM, h of a GRU
            Same("state", RecurrentSubject<T>.Cast(values[RecurrentValues.State(kept)]), found.Outputs[1 + kept]);
        }
    }
}
