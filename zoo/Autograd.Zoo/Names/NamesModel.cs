using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Names;

/// <summary>Names, as the commands see them.</summary>
internal sealed class NamesModel : NetworkModel
{
    public override string Name => "names";

    public override string Description => "One to many: learns what names look like, letter by letter, and makes up new ones from a start mark.";

    public override IReadOnlyList<string> Cells => ["rnn", "lstm", "gru"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("text with a name a line; made-up names when not given"),
        new ChoiceSetting("cell", "recurrent cell", "gru", "lstm", "rnn"),
        new IntegerSetting("embedding", "features of a letter", 32, 1, 1 << 20),
        CommonSettings.Hidden(128),
        CommonSettings.Batch(64),
        CommonSettings.Steps(4000),
        .. CommonSettings.Optimization(2e-3, schedule: "last-quarter"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } =
        new Dictionary<string, object> { ["embedding"] = 3L, ["hidden"] = 4L, ["batch"] = 3L };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? file = settings.Text("data");
        Vocabulary? known = facts is null ? null : new(NamesData.Split(facts["letters"]));
        Lazy<NamesData> data = new(() => file is null ? NamesData.Generated(known) : NamesData.Read(file, known));
        Vocabulary letters = known ?? data.Value.Letters;
        int embedding = settings.Integer("embedding"), hidden = settings.Integer("hidden");
        MemoryGuard.Require("--hidden, --embedding, --batch", [
            ("weights", [4, hidden, 4, embedding + hidden + letters.Count], sizeof(float)),
            ("states of a batch", [settings.Long("batch"), 32, 20, hidden], sizeof(float))]);
        return settings.Text("cell") switch
        {
            "rnn" => Of<Hidden<T>>(new Rnn<T>(embedding, hidden)),
            "lstm" => Of<LstmState<T>>(new Lstm<T>(embedding, hidden)),
            _ => Of<Hidden<T>>(new Gru<T>(embedding, hidden)),
        };

        ZooTask<T> Of<TState>(RecurrentLayer<T, TState> layer)
            where TState : struct, IState<TState, T> => new NamesTask<T, TState>(settings, letters, data, new(letters.Count, embedding, layer));
    }
}

/// <summary>Predicting the next letter of names, the mark at their end included.</summary>
internal sealed class NamesTask<T, TState>(SettingValues settings, Vocabulary letters, Lazy<NamesData> data, NamesNetwork<T, TState> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private const int Ignored = -100, ShownNames = 20, LongestName = 40, MeasuredAtOnce = 500;

    private readonly Lazy<Minibatches> _batches = new(() => new(data.Value.Train.Length, settings.Integer("batch"), (ulong)settings.Long("seed")));

    public override Module<T> Network => network;

    public override string Data => data.Value.Source;

    public override string Unit => "letters";

    public override long Steps => settings.Long("steps");

    public override long StepsPerValidation => 250;

    public override double? Expected => settings.AreDefaults() && data.Value.Count == NamesData.PublicCount ? 2.00 : null;

    public override IReadOnlyDictionary<string, string> Facts => new Dictionary<string, string> { ["letters"] = string.Concat(letters) };

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        ReadOnlySpan<int> chosen = _batches.Value[batch];
        string[] names = new string[chosen.Length];
        for (int i = 0; i < names.Length; i++) names[i] = data.Value.Train[chosen[i]];
        return Loss(tape, names, Reduction.Mean, out units);
    }

    public override Score Validate(CancellationToken stop) => Measure(data.Value.Validation, stop);

    public override Score Test(CancellationToken stop) => Measure(data.Value.Test, stop);

    public override string Sample(long step) => string.Join(
        '\n', New("", new() { Seed = RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"sample.{settings.Long("seed")}.{step}")) }));

    public override IReadOnlyList<string>? SampleOptions => ["prompt", "temperature", "top-k", "top-p", "seed"];

    public override void Sample(SampleRequest request, TextWriter output, CancellationToken stop)
    {
        if (NamesData.Split(request.Prompt).FirstOrDefault(letter => letter == NamesData.Mark || !letters.Contains(letter)) is string unknown)
            throw new Failure(ExitCode.Usage, "--prompt", "letters that the model learned", $"'{unknown}'", "begin with other letters");
        List<string> names = New(request.Prompt, request.Sampling);
        foreach (string name in names) output.WriteLine(name);
        if (names.Count == 0) output.WriteLine("(only names that it learned from; raise --temperature)");
    }

    /// <summary>Names with the same beginning that are not among those it was trained on.</summary>
    private List<string> New(string beginning, Sampling sampling)
    {
        using Tape<T> tape = Tape<T>.Inference();
        StepModel<T, TState> model = StepModel.From<T, TState>(letters.Count, Step, batchAxis: 1);
        HashSet<string> seen = settings.Text("data") is { } file && !File.Exists(file) ? [] : [.. data.Value.Train]; // names can be made without the list, too
        List<string> names = [];
        const int Rows = 2 * ShownNames;
        int[] marked = [.. new[] { 0 }.Concat(letters.Encode(NamesData.Split(beginning))).SelectMany(static letter => Enumerable.Repeat(letter, Rows))];
        Tensor<int> prompt = new([marked.Length / Rows, Rows], marked);
        for (ulong turn = 0; names.Count < ShownNames && turn < 10; turn++)
        {
            foreach (int[] name in Decode.Tokens(model, tape, prompt, network.Begin(tape, Rows), LongestName, sampling with { Seed = sampling.Seed + turn }, endToken: 0))
            {
                string text = beginning + string.Concat(letters.Decode(name));
                if (text.Length > 0 && names.Count < ShownNames && seen.Add(text)) names.Add(text);
            }
        }

        return names;

        (Variable<T> Logits, TState State) Step(Tape<T> on, Tensor<int> tokens, TState state)
        {
            (Variable<T> logits, state) = network.Forward(on, tokens.Reshape(1, tokens.Length), state);
            return (logits[0], state);
        }
    }

    private Variable<T> Loss(Tape<T> tape, IReadOnlyList<string> names, Reduction reduction, out long targets)
    {
        int[][] marked = [.. names.Select(name => (int[])[0, .. letters.Encode(NamesData.Split(name)), 0])];
        Tensor<int> inputs = PaddedSequences.Of([.. marked.Select(static name => name[..^1])]).Values;
        Tensor<int> wanted = PaddedSequences.Of([.. marked.Select(static name => name[1..])], Ignored).Values;
        targets = marked.Sum(static name => name.Length - 1L);
        (Variable<T> logits, _) = network.Forward(tape, inputs, network.Begin(tape, names.Count));
        return logits.CrossEntropy(wanted, reduction: reduction, ignoreIndex: Ignored);
    }

    private Score Measure(string[] names, CancellationToken stop)
    {
        using Tape<T> tape = Tape<T>.Inference();
        double sum = 0;
        long count = 0;
        foreach (string[] some in names.Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            tape.Reset();
            sum += double.CreateTruncating(Loss(tape, some, Reduction.Sum, out long targets).Item());
            count += targets;
        }

        return new(Metric.TestLoss("letter"), sum / count, count);
    }
}
