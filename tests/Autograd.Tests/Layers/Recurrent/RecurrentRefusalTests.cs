namespace Autograd.Tests.Layers;

/// <summary>What no layer can be made of or run over: the exception, and the words that say what was asked, what was found and what to do.</summary>
public sealed class RecurrentRefusalTests
{
    [Fact]
    public void SizesAndProbabilities()
    {
        foreach (int size in new[] { 0, -1 })
        {
            Refused<ArgumentOutOfRangeException>(() => new Rnn<double>(size, 3), "Rnn", "inputSize", $"{size}");
            Refused<ArgumentOutOfRangeException>(() => new Lstm<double>(3, size), "Lstm", "hiddenSize", $"{size}");
            Refused<ArgumentOutOfRangeException>(() => new Gru<double>(3, 3, numLayers: size), "Gru", "numLayers", $"{size}");
            Refused<ArgumentOutOfRangeException>(() => new Recurrent<double,
                MemoryState<double>>(size, static features => new LeakyMemoryCell<double>(features, 2)), "Recurrent", "inputSize", $"{size}");
        }

        Func<double, RecurrentOptions>[] probabilities =
        [
            static p => new() { Dropout = p }, static p => new() { InputDropout = p }, static p => new() { RecurrentDropout = p },
            static p => new() { WeightDrop = p }, static p => new() { Zoneout = p }, static p => new() { CellZoneout = p },
        ];
        string[] names = ["Dropout", "InputDropout", "RecurrentDropout", "WeightDrop", "Zoneout", "CellZoneout"];
        for (int i = 0; i < names.Length; i++)
        {
            foreach (double p in new[] { -0.1, 1.1, double.NaN, double.PositiveInfinity })
            {
                RecurrentOptions options = probabilities[i](p);
                Refused<ArgumentOutOfRangeException>(() => new Gru<double>(3, 3, options), "Gru", names[i], "probability", "0 … 1", $"{p}");
                Refused<ArgumentOutOfRangeException>(() => new Recurrent<double, MemoryState<double>>(new LeakyMemoryCell<double>(3, 2), options), "Recurrent", names[i], $"{p}");
            }
        }

        foreach (int projection in new[] { -1, 4, 5 }) Refused<ArgumentOutOfRangeException>(() =>
            new Lstm<double>(3, 4, new RecurrentOptions(), projectionSize: projection), "projectionSize", "hiddenSize 4", $"{projection}");
        Refused<ArgumentOutOfRangeException>(static () => new Rnn<double>(3, 3, new RecurrentOptions { Direction = (RecurrentDirection)7 }), "Rnn", "direction 7");
        Refused<ArgumentOutOfRangeException>(static () => new Rnn<double>(3, 3,
            new RecurrentOptions { Direction = RecurrentDirection.Bidirectional, Merge = (MergeMode)9 }), "Rnn", "merge 9");
        Refused<ArgumentOutOfRangeException>(static () => new Rnn<double>(3, 3, new RecurrentOptions { MemoryBudget = 0 }), "Rnn", "MemoryBudget", "0");
        Assert.Throws<ArgumentNullException>(static () => new Rnn<double>(3, 3, (RecurrentOptions)null!));
    }

    [Fact]
    public void OptionsThatCannotBeCombined()
    {
        foreach (MergeMode merge in new[] { MergeMode.Sum, MergeMode.Mean, MergeMode.Product, MergeMode.None })
        {
            Refused<ArgumentException>(() => new Lstm<double>(3, 3, new RecurrentOptions { Merge = merge }), "Lstm", $"Merge {merge}", "one direction", "Bidirectional");
            Refused<ArgumentException>(() => new Lstm<double>(3, 3,
                new RecurrentOptions { Merge = merge, Direction = RecurrentDirection.Reverse }), "Lstm", $"Merge {merge}", "one direction");
        }

        Refused<ArgumentException>(
            static () => new Gru<double>(3, 3, new RecurrentOptions
            {
                Merge = MergeMode.None,
                Direction = RecurrentDirection.Bidirectional,
                NumLayers = 2
            }), "Gru", "Merge None", "2 layers", "one layer");
        Refused<ArgumentException>(static () => new Gru<double>(3, 3, new RecurrentOptions { CellZoneout = 0.1 }), "Gru", "CellZoneout", "one part", "Zoneout");
        Refused<ArgumentException>(static () => new Recurrent<double, Hidden<double>>(new PlainCell(), new() { WeightDrop = 0.5 }), "WeightDrop", "PlainCell", "RecurrentWeight");
        Refused<ArgumentException>(static () => new Recurrent<double, Hidden<double>>(new PlainCell(), new() { NumLayers = 2 }),
            "Recurrent", "2 layers", "a cell each", "function");
        Refused<ArgumentException>(static () => new Recurrent<double,
            Hidden<double>>(new PlainCell(), new() { Direction = RecurrentDirection.Bidirectional }), "Recurrent", "2 directions", "a cell each");
        Refused<ArgumentException>(static () => new Recurrent<double, Hidden<double>>(new PlainCell(), new() { LayerNorm = true }), "Recurrent", "LayerNorm", "into the cell");
        Refused<ArgumentException>(static () => new Recurrent<double, Hidden<double>>(new PlainCell(), new() { Bias = false }), "Recurrent", "Bias", "cell");
        Assert.Throws<ArgumentNullException>(static () => new Recurrent<double, Hidden<double>>((RecurrentCell<double, Hidden<double>>)null!));
        Assert.Throws<ArgumentNullException>(static () => new Recurrent<double, Hidden<double>>(3, (Func<int, RecurrentCell<double, Hidden<double>>>)null!));

        // One cell cannot stand in two places.
        PlainCell shared = new();
        Refused<InvalidOperationException>(() => new Recurrent<double, Hidden<double>>(2, _ => shared, new() { NumLayers = 2 }), "already belongs");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InputsAndStatesThatDoNotFit(bool batchFirst)
    {
        Lstm<double> layer = new(4, 3, new RecurrentOptions { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, BatchFirst = batchFirst }, projectionSize: 2);
        layer.Initialize(1);
        using Tape<double> tape = new();
        (int[] sizes, string layout) = batchFirst ? (new[] { 5, 7, 4 }, "[batch, time, features]") : (new[] { 7, 5, 4 }, "[time, batch, features]");
        Variable<double> x = tape.Zeros(sizes);
        Refused<ShapeException>(() => layer.Forward(tape.Zeros([7, 4])), "Lstm", "[7, 4]", layout);
        Refused<ShapeException>(() => layer.Forward(tape.Zeros([7, 5, 3])), "Lstm", "3 features", "inputSize 4");
        Refused<ShapeException>(() => layer.ForwardAll(tape.Zeros([7, 5, 3])), "Lstm", "3 features", "inputSize 4");
        Refused<InvalidOperationException>(() => layer.Forward(default), "default");

        Variable<double> h = tape.Zeros([4, 5, 2]), c = tape.Zeros([4, 5, 3]);
        layer.Forward(x, new(h, c));
        foreach (int[] wrong in new[] { new[] { 4, 5, 3 }, [2, 5, 2], [4, 6, 2], [4, 5], [5, 2] })
        {
            Refused<ShapeException>(() => layer.Forward(x, new(tape.Zeros(wrong), c)), "Lstm", "the state", $"[{string.Join(", ", wrong)}]", "[4, 5, 2]");
        }

        Refused<ShapeException>(() => layer.Forward(x, new(h, h)), "the state", "[4, 5, 2]", "[4, 5, 3]");
        Refused<ShapeException>(() => layer.ForwardAll(x, new(h, h)), "the state", "[4, 5, 2]", "[4, 5, 3]");
    }

    [Fact]
    public void AStateOfAnotherTapeOrATakenBackOne()
    {
        Gru<double> layer = new(4, 3);
        layer.Initialize(1);
        using Tape<double> tape = new(), other = new();
        Refused<InvalidOperationException>(() => layer.Forward(tape.Zeros([2, 5, 4]), layer.ZeroState(other, 5)), "Gru", "different tapes", "tape.Constant");
        Hidden<double> stale = layer.ZeroState(tape, 5);
        tape.Reset();
        Refused<InvalidOperationException>(() => layer.Forward(tape.Zeros([2, 5, 4]), stale), "reset", "Reset(carry");
        Refused<InvalidOperationException>(() => new Gru<double>(4, 3).Forward(tape.Zeros([2, 5, 4])), "weight_ih_l0", "Initialize");
        Assert.Throws<ArgumentNullException>(() => layer.ZeroState(null!, 5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LengthsAndMasksThatDoNotFit(bool batchFirst)
    {
        Gru<double> layer = new(4, 3, batchFirst: batchFirst);
        layer.Initialize(1);
        Recurrent<double, MemoryState<double>> own = new(new LeakyMemoryCell<double>(4, 3), new() { BatchFirst = batchFirst });
        own.Initialize(1);
        using Tape<double> tape = new();
        Variable<double> x = tape.Zeros(batchFirst ? [3, 6, 4] : [6, 3, 4]);
        string mask = batchFirst ? "[3, 6]" : "[6, 3]";
        foreach ((string family, Action<Tensor<int>?, Tensor<bool>?> run) in new (string, Action<Tensor<int>?, Tensor<bool>?>)[]
        {
            ("Gru", (lengths, real) => layer.Forward(x, default, lengths, real)),
            ("Gru", (lengths, real) => layer.ForwardAll(x, default, lengths, real)),
            ("Recurrent", (lengths, real) => own.Forward(x, default, lengths, real)),
        })
        {
            run(new([3], [1, 6, 3]), null);
            Refused<ShapeException>(() => run(new([2], [1, 2]), null), family, "lengths", "[2]", "[3]");
            Refused<ShapeException>(() => run(new([3, 1], [1, 2, 3]), null), family, "lengths", "[3, 1]", "[3]");
            Refused<ArgumentOutOfRangeException>(() => run(new([3], [1, 0, 3]), null), family, "sequence 1", "0", "1 … 6");
            Refused<ArgumentOutOfRangeException>(() => run(new([3], [1, 2, -5]), null), family, "sequence 2", "-5", "1 … 6");
            Refused<ArgumentOutOfRangeException>(() => run(new([3], [7, 2, 3]), null), family, "sequence 0", "7", "1 … 6");
            Refused<ShapeException>(() => run(null, new(batchFirst ? [6, 3] : [3, 6])), family, "mask", batchFirst ? "[6, 3]" : "[3, 6]", mask);
            Refused<ShapeException>(() => run(null, new([18])), family, "mask", "[18]", mask);
            Tensor<bool> row = new(batchFirst ? [3, 6] : [6, 3]);
            row.Write(values =>
            {
                for (int t = 0; t < 6; t++)
                {
                    for (int b = 0; b < 3; b++) values[batchFirst ? (b * 6) + t : (t * 3) + b] = b != 1;
                }
            });
            Refused<ArgumentException>(() => run(null, row), family, "mask", "sequence 1", "at least one");
            Refused<ArgumentException>(() => run(new([3], [1, 2, 3]), row), family, "both", "lengths", "mask");
        }
    }

    [Fact]
    public void ACellThatGivesBackAnotherShape()
    {
        Recurrent<double, Hidden<double>> layer = new(new GrowingCell());
        using Tape<double> tape = new();
        Refused<ShapeException>(() => layer.Forward(tape.Zeros([2, 5, 4])), "GrowingCell", "[5, 3]", "[5, 4]", "HiddenSize");
    }

    [Fact]
    public void NothingIsLeftBehindByARefusal()
    {
        // A refused call changes nothing: the next one gives what a fresh layer gives.
        Lstm<double> layer = new(4, 3, 2);
        layer.Initialize(1);
        Tensor<double> input = Tensor.Normal<double>([6, 3, 4], seed: 2);
        using Tape<double> tape = new(), fresh = new();
        Variable<double> x = tape.Constant(input);
        int count = tape.Count;
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.Forward(x, lengths: new([3], [1, 0, 3])));
        Assert.Throws<ShapeException>(() => layer.Forward(x, new(x, x)));
        Assert.InRange(tape.Count - count, 0, 4); // a zero state to compare with at most
        Assert.Equal(layer.Forward(fresh.Constant(input)).Outputs.ToArray(), layer.Forward(x).Outputs.ToArray());
    }

    private static void Refused<TException>(Action action, params string[] words)
        where TException : Exception
    {
        TException exception = typeof(TException) == typeof(ArgumentException) ? Assert.ThrowsAny<TException>(action) : Assert.Throws<TException>(action);
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
        Assert.InRange(exception.Message.Length, 30, 600);
    }

    private static void Refused<TException>(Func<object> function, params string[] words)
        where TException : Exception => Refused<TException>((Action)(() => function()), words);

    private sealed class PlainCell : RecurrentCell<double, Hidden<double>>
    {
        public override int HiddenSize => 3;

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => state;
    }

    private sealed class GrowingCell : RecurrentCell<double, Hidden<double>>
    {
        public override int HiddenSize => 3;

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new(x);
    }
}
