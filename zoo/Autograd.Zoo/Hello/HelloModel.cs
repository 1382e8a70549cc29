using System.Globalization;
using System.Numerics;
using System.Text;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Hello;

/// <summary>The textbook's four letters, as the commands see them.</summary>
internal sealed class HelloModel : NetworkModel
{
    public override string Name => "hello";

    public override string Description => "The smallest example: three cells learn that h is followed by e, l, l and o, and show with what probability.";

    public override IReadOnlyList<string> Cells => ["rnn", "lstm", "gru"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Hidden(8),
        CommonSettings.Steps(200),
        .. CommonSettings.Optimization(0.02, keep: "last"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } = new Dictionary<string, object> { ["hidden"] = 3L };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts) => new HelloTask<T>(settings);
}

/// <summary>Predicting the next letter of one word, by three cells at once.</summary>
internal sealed class HelloTask<T>(SettingValues settings) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly HelloNetwork<T> _network = new(HelloData.Letters.Count, settings.Integer("hidden"));

    public override Module<T> Network => _network;

    public override string Data => $"the word {HelloData.Word}";

    public override string Unit => "letters";

    public override long Steps => settings.Long("steps");

    public override long StepsPerValidation => 50;

    public override double? Expected => settings.AreDefaults() ? 1 : null;

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        units = 3L * HelloData.Inputs.Length;
        return Loss(tape, _network.Rnn) + Loss(tape, _network.Lstm) + Loss(tape, _network.Gru);
    }

    /// <summary>The letters that the three cells write right when each reads only the h and then its own letters.</summary>
    public override Score Validate(CancellationToken stop)
    {
        string[] written = [Write(_network.Rnn), Write(_network.Lstm), Write(_network.Gru)];
        string wanted = HelloData.Word[1..];
        long right = written.Sum(word => word.Zip(wanted).Count(static pair => pair.First == pair.Second));
        return new(Metric.Accuracy("letters"), (double)right / (written.Length * wanted.Length), written.Length * wanted.Length);
    }

    public override string Sample(long step) => Table("rnn", _network.Rnn) + Table("lstm", _network.Lstm) + Table("gru", _network.Gru);

    public override IReadOnlyList<string>? SampleOptions => [];

    public override void Sample(SampleRequest request, TextWriter output, CancellationToken stop) => output.Write(Sample(0));

    private static Variable<T> Loss<TState>(Tape<T> tape, LetterNetwork<T, TState> network)
        where TState : struct, IState<TState, T> =>
        network.Forward(tape, HelloData.Inputs, network.Begin(tape)).Logits.CrossEntropy(HelloData.Targets);

    private static string Write<TState>(LetterNetwork<T, TState> network)
        where TState : struct, IState<TState, T>
    {
        using Tape<T> tape = Tape<T>.Inference();
        StepModel<T, TState> model = StepModel.From<T, TState>(HelloData.Letters.Count, Step, batchAxis: 1);
        int[][] tokens = Decode.Tokens(model, tape, HelloData.Inputs[..1], network.Begin(tape), HelloData.Targets.Length);
        return string.Concat(HelloData.Letters.Decode(tokens[0]));

        (Variable<T> Logits, TState State) Step(Tape<T> on, Tensor<int> letters, TState state)
        {
            (Variable<T> logits, state) = network.Forward(on, letters.Reshape(1, 1), state);
            return (logits[0], state);
        }
    }

    /// <summary>What follows each letter of the word, with what probability.</summary>
    private static string Table<TState>(string cell, LetterNetwork<T, TState> network)
        where TState : struct, IState<TState, T>
    {
        using Tape<T> tape = Tape<T>.Inference();
        Variable<T> chances = network.Forward(tape, HelloData.Inputs, network.Begin(tape)).Logits.Softmax();
        StringBuilder table = new();
        table.Append(CultureInfo.InvariantCulture, $"{cell,-5} h → {Write(network)}\n  after");
        foreach (string letter in HelloData.Letters) table.Append(CultureInfo.InvariantCulture, $"{letter,8}");
        for (int t = 0; t < HelloData.Inputs.Length; t++)
        {
            table.Append(CultureInfo.InvariantCulture, $"\n  {HelloData.Word[..(t + 1)],-5}");
            for (int letter = 0; letter < HelloData.Letters.Count; letter++) table.Append(CultureInfo.InvariantCulture, $"{double.CreateTruncating(chances.Span[(t * HelloData.Letters.Count) + letter]) * 100,6:0.0} %");
        }

        return table.Append('\n').ToString();
    }
}
