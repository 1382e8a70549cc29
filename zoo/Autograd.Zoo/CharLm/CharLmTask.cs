using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.CharLm;

/// <summary>Truncated backpropagation through time over streams of a text: the state goes on from chunk to chunk.</summary>
/// <param name="settings">The settings.</param>
/// <param name="characters">The characters that the network knows.</param>
/// <param name="text">The text; read when it is needed.</param>
/// <param name="network">The network.</param>
internal sealed class CharLmTask<T, TState>(
    SettingValues settings, CharacterSet characters, Lazy<TextCorpus> text, CharacterModel<T, TState> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private const int SampleLength = 300, ValidationTime = 100;

    private readonly Lazy<SequenceStream> _stream = new(() => CharLmData.Training(text.Value, settings.Integer("batch"), settings.Integer("time")));
    private readonly int _time = settings.Integer("time");
    private TState _state;

    public override Module<T> Network => network;

    public override string Data => text.Value.Name;

    public override string Unit => "chars";

    public override long Steps => settings.Long("steps");

    public override long StepsPerValidation => 500;

    /// <summary>Tiny Shakespeare, by the sizes that its page names.</summary>
    public override double? Expected =>
        settings.Text("data") is not null && (settings.Text("cell"), settings.Long("layers"), settings.Long("hidden")) == ("lstm", 2, 128) && settings.Long("steps") >= 2_000 ? 1.68 : null;

    public override double? Bound => settings.Text("data") is null ? Grammar.English.EntropyRate : null;

    public override IReadOnlyDictionary<string, string> Facts => new Dictionary<string, string>
    {
        ["characters"] = characters.ToString(),
        ["data_sha256"] = text.Value.Hash,
    };

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        int chunk = (int)(batch % _stream.Value.CountChunks(_time));
        if (chunk == 0)
        {
            tape.Reset();
            _state = network.ZeroState(tape, _stream.Value.Batch);
        }
        else
        {
            _state = tape.Reset(carry: _state);
        }

        SequenceChunk data = _stream.Value.Chunk(chunk, _time);
        (Variable<T> logits, _state) = network.Forward(tape, data.Inputs, _state);
        units = (long)_time * _stream.Value.Batch;
        return logits.CrossEntropy(data.Targets);
    }

    /// <summary>The mean of −log p of each character of the last 10 %, in nats.</summary>
    public override Score Validate(CancellationToken stop)
    {
        ValidationStreams streams = new(text.Value);
        using Tape<T> tape = Tape<T>.Inference();
        TState state = network.ZeroState(tape, ValidationStreams.Count);
        double sum = 0;
        for (int step = 0; step < streams.Steps; step += ValidationTime)
        {
            stop.ThrowIfCancellationRequested();
            int time = Math.Min(ValidationTime, streams.Steps - step);
            int[] read = new int[time * ValidationStreams.Count], wanted = new int[read.Length];
            streams.Fill(step, read, wanted);
            Tensor<int> inputs = new([time, ValidationStreams.Count], read), targets = new([time, ValidationStreams.Count], wanted);
            state = tape.Reset(carry: state);
            (Variable<T> logits, state) = network.Forward(tape, inputs, state);
            sum += double.CreateTruncating(logits.CrossEntropy(targets, reduction: Reduction.Sum, ignoreIndex: ValidationStreams.Ignored).Item());
        }

        return new(Metric.ValidationLoss("character"), sum / streams.Characters, streams.Characters);
    }

    public override string Sample(long step)
    {
        // The draws are a function of seed and step, so that a sample does not depend on those before it.
        ulong seed = RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"sample.{settings.Long("seed")}.{step}"));
        StringWriter output = new();
        Sample(new SampleRequest(string.Empty, SampleLength, settings.Number("temperature"), 0, 1, (long)seed), output, CancellationToken.None);
        return output.ToString();
    }

    public override IReadOnlyList<string>? SampleOptions => ["prompt", "length", "temperature", "top-k", "top-p", "seed"];

    public override void Sample(SampleRequest request, TextWriter output, CancellationToken stop)
    {
        characters.Encode(request.Prompt); // refuses a prompt it cannot read before anything is written
        output.Write(request.Prompt);
        Write(request.Prompt, request.Length, request.Sampling, output, stop);
    }

    public override IEnumerable<(string Name, string DType, long[] Shape)> BeginState(Tape<T> tape)
    {
        _state = network.ZeroState(tape, _stream.Value.Batch);
        return Parts().Select(static (part, i) => (PartName(i), Checkpoint.DTypeOf<T>(), Sizes(part)));
    }

    public override void SaveState(SafetensorsWriter writer)
    {
        List<Variable<T>> parts = Parts();
        for (int i = 0; i < parts.Count; i++) writer.Add<T>(PartName(i), Sizes(parts[i]), parts[i].ToArray());
    }

    public override void LoadState(Tape<T> tape, Checkpoint checkpoint)
    {
        ReadParts read = new(tape, checkpoint);
        _state = _state.Map(ref read);
    }

    /// <summary>Reads a prompt and writes the characters that follow, one by one. An empty prompt is a new line, after which a text begins.</summary>
    private void Write(string prompt, int length, Sampling sampling, TextWriter output, CancellationToken stop)
    {
        if (length == 0) return;
        using Tape<T> tape = Tape<T>.Inference();
        int[] ids = prompt.Length > 0 ? characters.Encode(prompt) : [characters.TryGetId('\n', out int start) ? start : 0];
        StepModel<T, TState> model = StepModel.From<T, TState>(characters.Count, Step, batchAxis: 1);
        foreach (int[] next in Decode.Stream(model, tape, new Tensor<int>([ids.Length, 1], ids), network.ZeroState(tape, 1), length, sampling, cancellation: stop))
        {
            output.Write(characters[next[0]].ToString());
        }

        (Variable<T> Logits, TState State) Step(Tape<T> on, Tensor<int> tokens, TState state)
        {
            (Variable<T> logits, state) = network.Forward(on, tokens.Reshape(1, tokens.Length), state);
            return (logits[0], state);
        }
    }

    /// <summary>The parts of the carried state: <c>state.0</c> is h, <c>state.1</c> an LSTM's c.</summary>
    private List<Variable<T>> Parts()
    {
        CollectParts collect = new([]);
        _state.Map(ref collect);
        return collect.Found;
    }

    private static long[] Sizes(Variable<T> part) => [.. part.Shape.ToArray().Select(static size => (long)size)];

    private static string PartName(int part) => string.Create(CultureInfo.InvariantCulture, $"state.{part}");

    private readonly struct CollectParts(List<Variable<T>> found) : IVariableMap<T>
    {
        public List<Variable<T>> Found => found;

        public Variable<T> Apply(Variable<T> variable)
        {
            found.Add(variable);
            return variable;
        }
    }

    private struct ReadParts(Tape<T> tape, Checkpoint checkpoint) : IVariableMap<T>
    {
        private int _next;

        public Variable<T> Apply(Variable<T> variable)
        {
            T[] values = new T[variable.Length];
            checkpoint.Read<T>(PartName(_next++), values);
            return tape.Constant(variable.Shape, values);
        }
    }
}
