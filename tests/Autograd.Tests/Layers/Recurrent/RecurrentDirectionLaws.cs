namespace Autograd.Tests.Layers;

/// <summary>Time turned round, within the length of each row, or with its mask.</summary>
internal static class RecurrentTurning
{
    public static RecurrentCase Turned(this RecurrentCase c) =>
        c.Mask is null ? c : c with { Mask = [.. from t in Enumerable.Range(0, c.Time) from b in Enumerable.Range(0, c.Batch) select c.IsReal(c.Time - 1 - t, b)] };

    public static int TurnedStep(this RecurrentCase c, int time, int row) =>
        c.Lengths is not { } lengths ? c.Time - 1 - time : time < lengths[row] ? lengths[row] - 1 - time : time;

    public static T[] TurnedSequence<T>(this RecurrentCase c, T[] data, int features) => c.PickSequence(c, data, features, [.. Enumerable.Range(0, c.Batch)], c.TurnedStep);

    /// <summary>The piece of a state, or of a learned one, that belongs to a layer and direction.</summary>
    public static T[] PieceOf<T>(this RecurrentCase c, T[] state, int place)
    {
        int size = state.Length / (c.Layers * c.Directions);
        return state[(place * size)..((place + 1) * size)];
    }

    /// <summary>A sequence cut along its features.</summary>
    public static T[] Features<T>(T[] sequence, int features, Range range)
    {
        (int start, int length) = range.GetOffsetAndLength(features);
        return [.. Enumerable.Range(0, sequence.Length / features).SelectMany(row => sequence[((row * features) + start)..((row * features) + start + length)])];
    }
}

/// <summary>Layer by layer, two directions are two one-way layers, of which one reads the sequence turned by hand.</summary>
internal sealed class DirectionsLaw(CellKind cell) : RecurrentLaw(cell)
{
    public override void Check<T>(Choices choices)
    {
        RecurrentCase c = RecurrentDraw.Case(choices, Cell);
        MergeMode merge = choices.Of(MergeMode.Concat, MergeMode.Sum, MergeMode.Mean, MergeMode.Product, MergeMode.None);
        if (merge == MergeMode.None) c = c with { Options = c.Options with { NumLayers = 1 } };
        c = c with { Options = c.Options with { Direction = RecurrentDirection.Bidirectional, Merge = merge } };
        RecurrentValues values = RecurrentValues.Draw(c, choices.Below(9_240));
        RecurrentFindings<T> whole = RecurrentSubject<T>.Find(c, values);
        double[] sequence = values[RecurrentValues.Input];
        T[] merged = [];
        int features = c.Inputs;
        bool gradients = c.Layers == 1 && merge is MergeMode.Concat or MergeMode.Sum;
        T[]? sum = null;
        for (int layer = 0; layer < c.Layers; layer++)
        {
            T[][] made = new T[2][];
            for (int direction = 0; direction < 2; direction++)
            {
                int place = (layer * 2) + direction;
                RecurrentCase one = (direction == 0 ? c : c.Turned())
                    with
                { Inputs = features, Options = c.Options with { NumLayers = 1, Direction = RecurrentDirection.Forward, Merge = MergeMode.Concat } };
                RecurrentFindings<T> found = RecurrentSubject<T>.Find(one, OneWay(c, one, values, sequence, layer, direction, gradients));
                made[direction] = direction == 0 ? found.Outputs[0] : one.TurnedSequence(found.Outputs[0], c.CellOutputs);
                for (int part = 0; part < c.Parts; part++) Same($"state {part}", c.PieceOf(whole.Outputs[1 + part], place), found.Outputs[1 + part]);
                if (!gradients) continue;
                foreach ((string name, _) in one.Parameters())
                {
                    string own = NameInOneWay(c, name, layer, direction);
                    Near(c, own, name.StartsWith("initial", StringComparison.Ordinal) ? c.PieceOf(whole[name], place) : whole[own], found[name]);
                }

                for (int part = 0; c.GivenState && part < c.Parts; part++) Same($"gradient by state {part}",
                    c.PieceOf(whole[RecurrentValues.State(part)], place), found[RecurrentValues.State(part)]);
                T[] byInput = direction == 0 ? found[RecurrentValues.Input] : one.TurnedSequence(found[RecurrentValues.Input], features);
                sum = sum is null ? byInput : [.. sum.Zip(byInput, static (a, b) => a + b)];
            }

            merged = Merged(merge, made, c.CellOutputs);
            sequence = Array.ConvertAll(merged, static value => double.CreateTruncating(value));
            features = c.LayerOutputs;
        }

        Same("outputs", merged, whole.Outputs[0]);
        if (sum is not null) Near(c, "gradient by the input", sum, whole[RecurrentValues.Input]);
    }

    private static string NameInOneWay(RecurrentCase c, string name, int layer, int direction) =>
        name.StartsWith("cell.", StringComparison.Ordinal) ? $"cell{c.Suffix(layer, direction)}{name[4..]}" : name.Replace("_l0",
            c.Suffix(layer, direction), StringComparison.Ordinal);

    private static RecurrentValues OneWay(RecurrentCase c, RecurrentCase one, RecurrentValues values, double[] sequence, int layer, int direction, bool gradients)
    {
        int place = (layer * 2) + direction;
        Dictionary<string, double[]> leaves = new() { [RecurrentValues.Input] = direction == 0 ? sequence : c.TurnedSequence(sequence, one.Inputs) };
        for (int part = 0; c.GivenState && part < c.Parts; part++) leaves[RecurrentValues.State(part)] = c.PieceOf(values[RecurrentValues.State(part)], place);
        foreach ((string name, _) in one.Parameters())
        {
            leaves[name] = name.StartsWith("initial", StringComparison.Ordinal) ? c.PieceOf(values[name], place) : values[NameInOneWay(c, name, layer, direction)];
        }

        double[]?[] cotangents = new double[]?[1 + c.Parts];
        if (gradients)
        {
            double[] weights = values.Cotangents[0]!;
            if (c.Options.Merge == MergeMode.Concat) weights = RecurrentTurning.Features(weights, c.LayerOutputs, direction == 0 ? ..c.CellOutputs : c.CellOutputs..);
            cotangents[0] = direction == 0 ? weights : c.TurnedSequence(weights, c.CellOutputs);
            for (int part = 0; part < c.Parts; part++) cotangents[1 + part] = c.PieceOf(values.Cotangents[1 + part]!, place);
        }

        return new(leaves, cotangents);
    }

    private static T[] Merged<T>(MergeMode merge, T[][] made, int features)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> => merge switch
        {
            MergeMode.Sum => [.. made[0].Zip(made[1], static (a, b) => a + b)],
            MergeMode.Mean => [.. made[0].Zip(made[1], static (a, b) => (a + b) / (T.One + T.One))],
            MergeMode.Product => [.. made[0].Zip(made[1], static (a, b) => a * b)],
            MergeMode.None => [.. made[0], .. made[1]],
            _ => [.. Enumerable.Range(0, made[0].Length / features).SelectMany(row =>
                (T[])[.. made[0][(row * features)..((row + 1) * features)], .. made[1][(row * features)..((row + 1) * features)]])],
        };
}

/// <summary>Sequences turned round and the weights of the directions exchanged: outputs turned round, directions exchanged.</summary>
internal sealed class SwapLaw(CellKind cell) : RecurrentLaw(cell)
{
    public override void Check<T>(Choices choices)
    {
        RecurrentCase c = RecurrentDraw.Case(choices, Cell);
        MergeMode merge = c.Options.Direction == RecurrentDirection.Bidirectional ? c.Options.Merge : MergeMode.Sum;
        c = c with { Options = c.Options with { Direction = RecurrentDirection.Bidirectional, Merge = merge } };
        RecurrentValues values = RecurrentValues.Draw(c, choices.Below(9_240)),
            turned = values.With((RecurrentValues.Input, c.TurnedSequence(values[RecurrentValues.Input], c.Inputs)));
        bool concat = merge == MergeMode.Concat;
        foreach ((string name, double[] value) in values.Leaves)
        {
            if (name == RecurrentValues.Input) continue;
            if (name.Contains("state", StringComparison.Ordinal)) turned = turned.With((name, Exchanged(c, value)));
            else turned = turned.With((Other(name), concat && IsInputWeight(name) ? Columns(value, c.LayerOutputs) : value));
        }

        RecurrentFindings<T> found = RecurrentSubject<T>.Find(c, values with { Cotangents = new double[]?[1 + c.Parts] });
        RecurrentFindings<T> mirrored = RecurrentSubject<T>.Find(c.Turned(), turned with { Cotangents = new double[]?[1 + c.Parts] });
        T[] outputs = c.Turned().TurnedSequence(mirrored.Outputs[0], c.LayerOutputs);
        if (concat) outputs = Columns(outputs, c.LayerOutputs);
        if (merge == MergeMode.None) outputs = [.. outputs[(outputs.Length / 2)..], .. outputs[..(outputs.Length / 2)]];
        bool exact = !concat || c.Layers == 1; // else the columns of a product are summed in another order
        if (exact) Same("outputs", found.Outputs[0], outputs);
        else Near(c, "outputs", found.Outputs[0], outputs);
        for (int part = 0; part < c.Parts; part++)
        {
            T[] state = Exchanged(c, mirrored.Outputs[1 + part]);
            if (exact) Same($"state {part}", found.Outputs[1 + part], state);
            else Near(c, $"state {part}", found.Outputs[1 + part], state);
        }
    }

    private static string Other(string name) => name.Contains("_reverse", StringComparison.Ordinal)
        ? name.Replace("_reverse", string.Empty, StringComparison.Ordinal)
        : name.StartsWith("cell", StringComparison.Ordinal) ? name.Insert(name.IndexOf('.', StringComparison.Ordinal), "_reverse") : name + "_reverse";

    private static bool IsInputWeight(string name) =>
        !name.Contains("_l0", StringComparison.Ordinal) && (name.StartsWith("weight_ih", StringComparison.Ordinal) || name.EndsWith("read.weight", StringComparison.Ordinal));

    private static T[] Columns<T>(T[] rows, int width) =>
        [.. Enumerable.Range(0, rows.Length / width).SelectMany(row =>
            (T[])[.. rows[((row * width) + (width / 2))..((row + 1) * width)], .. rows[(row * width)..((row * width) + (width / 2))]])];

    private static T[] Exchanged<T>(RecurrentCase c, T[] state) => [.. Enumerable.Range(0, c.Layers * 2).SelectMany(place => c.PieceOf(state, place ^ 1))];
}

/// <summary>Reading backward what was turned round is reading forward.</summary>
internal sealed class ReverseLaw(CellKind cell) : RecurrentLaw(cell)
{
    public override void Check<T>(Choices choices)
    {
        RecurrentCase c = RecurrentDraw.Case(choices, Cell);
        c = c with { Options = c.Options with { Direction = RecurrentDirection.Forward, Merge = MergeMode.Concat } };
        RecurrentCase turned = c.Turned() with { Options = c.Options with { Direction = RecurrentDirection.Reverse } };
        RecurrentValues values = RecurrentValues.Draw(c, choices.Below(9_240));
        double[]?[] cotangents = [c.TurnedSequence(values.Cotangents[0]!, c.LayerOutputs), .. values.Cotangents[1..]];
        RecurrentFindings<T> forward = RecurrentSubject<T>.Find(c, values);
        RecurrentFindings<T> reverse = RecurrentSubject<T>.Find(turned,
            values.With((RecurrentValues.Input, c.TurnedSequence(values[RecurrentValues.Input], c.Inputs))) with { Cotangents = cotangents });
        Same("outputs", forward.Outputs[0], turned.TurnedSequence(reverse.Outputs[0], c.LayerOutputs));
        for (int part = 0; part < c.Parts; part++) Same($"state {part}", forward.Outputs[1 + part], reverse.Outputs[1 + part]);
        Same("gradient by the input", forward[RecurrentValues.Input], turned.TurnedSequence(reverse[RecurrentValues.Input], c.Inputs));
        for (int part = 0; c.GivenState && part < c.Parts; part++) Same($"gradient by state {part}", forward[RecurrentValues.State(part)], reverse[RecurrentValues.State(part)]);
        foreach ((string name, _) in c.Parameters()) Near(c, name, forward[name], reverse[name]);
    }
}

/// <summary>A sequence cut into pieces, perhaps empty ones, each from the state the one before left.</summary>
internal sealed class ChunksLaw(CellKind cell) : RecurrentLaw(cell)
{
    public override void Check<T>(Choices choices)
    {
        RecurrentCase c = RecurrentDraw.Case(choices, Cell) with { Lengths = null, Mask = null };
        c = c with { Options = c.Options with { Direction = RecurrentDirection.Forward, Merge = MergeMode.Concat } };
        RecurrentValues values = RecurrentValues.Draw(c, choices.Below(9_240));
        RecurrentFindings<T> whole = RecurrentSubject<T>.Find(c, values);
        int[] cuts = [0, .. new[] { choices.Below(c.Time + 1), choices.Below(c.Time + 1) }.Order(), c.Time], rows = [.. Enumerable.Range(0, c.Batch)];
        using Tape<T> tape = new(training: c.Options is { Zoneout: 0, CellZoneout: 0 });
        List<(RecurrentCase Case, int From, RecurrentSubject<T> Subject, Variable<T> Input, Variable<T> Outputs)> chunks = [];
        Variable<T>[] first = [], state = [];
        for (int chunk = 0; chunk < 3; chunk++)
        {
            int from = cuts[chunk];
            RecurrentCase part = c with { Time = cuts[chunk + 1] - from, GivenState = chunk > 0 || c.GivenState };
            RecurrentSubject<T> subject = new(part, values);
            Variable<T> x = tape.Variable(new Tensor<T>(part.InputShape,
                RecurrentSubject<T>.Cast(c.PickSequence(part, values[RecurrentValues.Input], c.Inputs, rows, (time, _) => from + time))));
            if (chunk == 0) first = state = subject.Leaves(tape, values.With((RecurrentValues.Input, new double[part.Time * c.Batch * c.Inputs])))[1..];
            Variable<T>[] outputs = subject.Forward([x, .. state]);
            state = outputs[1..];
            chunks.Add((part, from, subject, x, outputs[0]));
            Same("outputs", c.PickSequence(part, whole.Outputs[0], c.LayerOutputs, rows, (time, _) => from + time), outputs[0].ToArray());
        }

        for (int part = 0; part < c.Parts; part++) Same($"state {part}", whole.Outputs[1 + part], state[part].ToArray());
        List<Variable<T>> swept = [], cotangents = [];
        foreach ((RecurrentCase part, int from, _, _, Variable<T> outputs) in chunks)
        {
            if (part.Time == 0) continue;
            swept.Add(outputs);
            cotangents.Add(tape.Constant(new Tensor<T>(outputs.Shape,
                RecurrentSubject<T>.Cast(c.PickSequence(part, values.Cotangents[0]!, c.LayerOutputs, rows, (time, _) => from + time)))));
        }

        for (int part = 0; part < c.Parts; part++)
        {
            swept.Add(state[part]);
            cotangents.Add(tape.Constant(new Tensor<T>(state[part].Shape, RecurrentSubject<T>.Cast(values.Cotangents[1 + part]!))));
        }

        Gradients<T> gradients = tape.Backward(swept.ToArray(), cotangents.ToArray());
        Dictionary<string, T[]> sums = [];
        foreach ((RecurrentCase part, int from, RecurrentSubject<T> subject, Variable<T> x, _) in chunks)
        {
            Near(c, "gradient by the input", c.PickSequence(part, whole[RecurrentValues.Input], c.Inputs, rows, (time, _) => from + time), gradients[x].ToArray());
            Add(sums, subject.Layer.NamedParameters().ToDictionary(static entry => entry.Path, entry => gradients[entry.Parameter].ToArray()));
        }

        for (int part = 0; part < first.Length; part++) Near(c, $"gradient by state {part}", whole[RecurrentValues.State(part)], gradients[first[part]].ToArray());
        foreach ((string name, _) in c.Parameters()) Near(c, name, whole[name], sums[name]);
    }
}
