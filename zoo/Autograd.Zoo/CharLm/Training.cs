using System.Globalization;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.CharLm;

/// <summary>Truncated backpropagation through time over the streams of a text; the state goes on from chunk to chunk.</summary>
internal sealed class CharLmTraining<TState> : ITrainingRun
    where TState : struct, IState<TState, float>
{
    private const int SampleLength = 300;
    private const string StepsName = "optimizer.steps";

    private readonly SettingValues _settings;
    private readonly TextCorpus _text;
    private readonly CharacterModel<TState> _model;
    private readonly Optimizer<float> _optimizer;
    private readonly SequenceStream _stream;
    private readonly Tape<float> _tape = new();
    private readonly int _time;
    private readonly double _clip;
    private TState _state;

    public CharLmTraining(SettingValues settings, TextCorpus text, double? entropyRate, CharacterModel<TState> model)
    {
        _settings = settings;
        _text = text;
        _model = model;
        _time = settings.Integer("time");
        _clip = settings.Number("clip");
        EntropyRate = entropyRate;
        _stream = CharLmData.Training(text, settings.Integer("batch"), _time);
        model.Initialize((ulong)settings.Long("seed"));
        double rate = settings.Number("learning-rate");
        _optimizer = settings.Text("optimizer") switch
        {
            "adam" => new Adam<float>(model, rate),
            "sgd" => new Sgd<float>(model, rate),
            _ => new RmsProp<float>(model, rate, settings.Number("decay")),
        };
    }

    public long ParameterCount => _model.ParameterCount;

    public int TokensPerStep => _time * _stream.Batch;

    public double? EntropyRate { get; }

    public StepResult Step(long step)
    {
        int chunk = (int)(step % _stream.CountChunks(_time));
        if (chunk == 0)
        {
            _tape.Reset();
            _state = _model.ZeroState(_tape, _stream.Batch);
        }
        else
        {
            _state = _tape.Reset(carry: _state);
        }

        SequenceChunk data = _stream.Chunk(chunk, _time);
        (Variable<float> logits, _state) = _model.Forward(_tape, data.Inputs, _state);
        Variable<float> loss = logits.CrossEntropy(data.Targets);
        double value = loss.Item(), norm = double.NaN;
        if (!double.IsFinite(value)) return new StepResult(value, norm, _optimizer.LearningRate);
        Gradients<float> gradients = _tape.Backward(loss);
        norm = gradients.GlobalNorm();
        if (!double.IsFinite(norm)) return new StepResult(value, norm, _optimizer.LearningRate);
        if (_clip > 0) gradients.ClipByGlobalNorm(_clip);
        _optimizer.Step(gradients);
        return new StepResult(value, norm, _optimizer.LearningRate);
    }

    public double Validate(CancellationToken stop) => CharLmInference.Loss(_model, _text, stop).Loss;

    public string Sample(long step)
    {
        // The generator is a function of seed and step, so that a sample does not depend on those before it.
        RandomSource random = new((ulong)_settings.Long("seed"), RandomSource.StreamOf($"sample.{step.ToString(CultureInfo.InvariantCulture)}"));
        StringWriter output = new();
        Sampler sampler = new(_settings.Number("temperature"), topK: 0, topP: 1);
        CharLmInference.Write(_model, _text.Characters, string.Empty, SampleLength, sampler, random, output, CancellationToken.None);
        return output.ToString();
    }

    public void Save(SafetensorsWriter writer, long step)
    {
        writer.AddMetadata("characters", _text.Characters.ToString());
        writer.AddMetadata("data_sha256", _text.Hash);
        writer.AddMetadata("seed", _settings.Long("seed").ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata("position", (step % _stream.CountChunks(_time)).ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata("learning_rate", _optimizer.LearningRate.ToString("R", CultureInfo.InvariantCulture));
        foreach ((string name, Tensor<float> value) in Tensors()) writer.Add<float>(name, Sizes(value.Shape), value.ToArray());
        foreach ((string name, Variable<float> value) in Parts()) writer.Add<float>(name, Sizes(value.Shape), value.ToArray());
        writer.Add<long>(StepsName, [_optimizer.Steps.Count + 1], new[] { _optimizer.StepCount }.Concat(_optimizer.Steps).ToArray());
    }

    public void Load(Checkpoint checkpoint)
    {
        if (checkpoint.Text("data_sha256") != _text.Hash)
        {
            throw checkpoint.Refuse("metadata 'data_sha256'", $"{_text.Hash}, that of {_text.Name}", checkpoint.Text("data_sha256"));
        }

        // The parts of a state that is all zeros have the names and shapes of those in the file.
        _state = _model.ZeroState(_tape, _stream.Batch);
        checkpoint.Require(
            [
                .. Tensors().Select(static entry => (entry.Name, "F32", Sizes(entry.Value.Shape))),
                .. Parts().Select(static part => (part.Name, "F32", Sizes(part.Value.Shape))),
                (StepsName, "I64", [_optimizer.Steps.Count + 1L]),
            ]);
        foreach ((string name, Tensor<float> value) in Tensors())
        {
            float[] values = new float[value.Length];
            checkpoint.Read<float>(name, values);
            value.CopyFrom(values);
        }

        long[] steps = new long[_optimizer.Steps.Count + 1];
        checkpoint.Read<long>(StepsName, steps);
        _optimizer.RestoreSteps(steps[0], steps.AsSpan(1));
        ReadParts read = new(_tape, checkpoint);
        _state = _state.Map(ref read);
    }

    public void Dispose() => _tape.Dispose();

    private static long[] Sizes(Shape shape) => [.. shape.ToArray().Select(static size => (long)size)];

    /// <summary>The weights and buffers under PyTorch's names, and the optimizer's tensors.</summary>
    private IEnumerable<(string Name, Tensor<float> Value)> Tensors() =>
        _model.NamedParameters().Select(static entry => (entry.Path, entry.Parameter.Value))
            .Concat(_model.NamedBuffers())
            .Concat(_optimizer.NamedStates().Select(static state => ("optimizer." + state.Name, state.Value)));

    /// <summary>The parts of the carried state: <c>state.0</c> is h, <c>state.1</c> an LSTM's c.</summary>
    private List<(string Name, Variable<float> Value)> Parts()
    {
        CollectParts collect = new([]);
        _state.Map(ref collect);
        return collect.Found;
    }

    private static string PartName(int part) => string.Create(CultureInfo.InvariantCulture, $"state.{part}");

    private readonly struct CollectParts(List<(string, Variable<float>)> found) : IVariableMap<float>
    {
        public List<(string Name, Variable<float> Value)> Found => found;

        public Variable<float> Apply(Variable<float> variable)
        {
            found.Add((PartName(found.Count), variable));
            return variable;
        }
    }

    private struct ReadParts(Tape<float> tape, Checkpoint checkpoint) : IVariableMap<float>
    {
        private int _next;

        public Variable<float> Apply(Variable<float> variable)
        {
            float[] values = new float[variable.Length];
            checkpoint.Read<float>(PartName(_next++), values);
            return tape.Constant(variable.Shape, values);
        }
    }
}
