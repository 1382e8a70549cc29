using System.Globalization;
using Autograd.Zoo.Reports;

namespace Autograd.Zoo.Runs;

/// <summary>A network in training: gradients, their clipping and accumulation, the schedule and the optimizer, and what a checkpoint holds.</summary>
internal sealed class NetworkTraining : ITrainingRun
{
    private const string StepsName = "optimizer.steps";

    private readonly SettingValues _settings;
    private readonly ZooTask<float> _task;
    private readonly Optimizer<float> _optimizer;
    private readonly Schedule _schedule;
    private readonly Tape<float> _tape;
    private readonly double _clip;
    private readonly int _accumulate;

    public NetworkTraining(SettingValues settings, ZooTask<float> task)
    {
        (_settings, _task) = (settings, task);
        ulong seed = (ulong)settings.Long("seed");
        _tape = new Tape<float>(training: true, seed);
        task.Network.Initialize(seed, (path, _) => task.InitializerOf(path));
        _optimizer = CommonSettings.Optimizer(settings, task.Network);
        _schedule = CommonSettings.Schedule(settings, Steps);
        _clip = settings.Number("clip");
        _accumulate = settings.Has("accumulate") ? settings.Integer("accumulate") : 1;
    }

    public string Data => _task.Data;

    public long ParameterCount => _task.Network.ParameterCount;

    public long Steps => PerStep(_settings, _task.Steps);

    public long StepsPerValidation => PerStep(_settings, _task.StepsPerValidation);

    public string Unit => _task.Unit;

    public double? Expected => _task.Expected;

    public double? Bound => _task.Bound;

    public StepResult Step(long step)
    {
        double rate = _optimizer.LearningRate = _schedule.Rate(step), loss = 0;
        long units = 0;
        Gradients<float> gradients = default;
        for (int part = 0; part < _accumulate; part++)
        {
            Variable<float> value = _task.Loss(_tape, (step * _accumulate) + part, out long read);
            units += read;
            loss += value.Item() / (double)_accumulate;
            if (!double.IsFinite(loss)) return new(loss, double.NaN, rate, units);
            gradients = _accumulate == 1 ? _tape.Backward(value)
                : _tape.Backward(value / _accumulate, into: part == 0 ? Gradients<float>.For(_task.Network.Parameters) : gradients);
        }

        double norm = gradients.GlobalNorm();
        if (!double.IsFinite(norm)) return new(loss, norm, rate, units);
        bool clips = _clip > 0 && norm > _clip;
        if (clips) gradients.ClipByGlobalNorm(_clip);
        _optimizer.Step(gradients);
        return new(loss, norm, rate, units, clips);
    }

    public Score Validate(CancellationToken stop) => _task.Validate(stop);

    public Score Test(CancellationToken stop) => _task.Test(stop);

    public string Sample(long step) => _task.Sample(step);

    public IReadOnlyList<(string Name, long[] Shape)> Weights =>
        [.. _task.Network.NamedParameters().Select(static entry => (entry.Path, Sizes(entry.Parameter.Shape)))];

    public IEnumerable<ReportPart> Report(CancellationToken stop) => _task.Report(stop).Concat(GradientFlows());

    public void SaveModel(SafetensorsWriter writer)
    {
        foreach ((string name, string value) in _task.Facts) writer.AddMetadata(Checkpoint.FactPrefix + name, value);
        writer.Add(_task.Network);
    }

    public void Save(SafetensorsWriter writer, long step)
    {
        SaveModel(writer);
        writer.AddMetadata("seed", _settings.Long("seed").ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata("tape_step", _tape.Step.ToString(CultureInfo.InvariantCulture));
        foreach ((string name, Tensor<float> value) in _optimizer.NamedStates()) writer.Add<float>(StateName(name), Sizes(value.Shape), value.ToArray());
        writer.Add<long>(StepsName, [_optimizer.Steps.Count + 1], new[] { _optimizer.StepCount }.Concat(_optimizer.Steps).ToArray());
        _task.SaveState(writer);
    }

    public void LoadModel(Checkpoint checkpoint)
    {
        RequireFacts(checkpoint);
        LoadNetwork(_task.Network, checkpoint);
    }

    public void Load(Checkpoint checkpoint)
    {
        RequireFacts(checkpoint);
        checkpoint.Require(
            [
                .. Tensors(_task.Network).Select(static entry => (entry.Name, "F32", Sizes(entry.Value.Shape))),
                .. _optimizer.NamedStates().Select(static state => (StateName(state.Name), "F32", Sizes(state.Value.Shape))),
                (StepsName, "I64", [_optimizer.Steps.Count + 1L]),
                .. _task.BeginState(_tape),
            ]);
        LoadNetwork(_task.Network, checkpoint);
        foreach ((string name, Tensor<float> value) in _optimizer.NamedStates()) Read(checkpoint, StateName(name), value);
        long[] steps = new long[_optimizer.Steps.Count + 1];
        checkpoint.Read<long>(StepsName, steps);
        _optimizer.RestoreSteps(steps[0], steps.AsSpan(1));
        _task.LoadState(_tape, checkpoint);
        _tape.Step = checkpoint.Long("tape_step");
    }

    /// <summary>Steps for so many batches: an epoch sees all examples once also when the batches of a step are several.</summary>
    private static long PerStep(SettingValues settings, long batches)
    {
        long each = settings.Has("epochs") && settings.Has("accumulate") ? settings.Long("accumulate") : 1;
        return (batches + each - 1) / each;
    }

    /// <summary>Gives a network the tensors of a checkpoint.</summary>
    /// <exception cref="Failure">A tensor is missing, or of another type or size.</exception>
    public static void LoadNetwork(Module<float> network, Checkpoint checkpoint)
    {
        foreach ((string path, Parameter<float> parameter) in network.NamedParameters())
        {
            // In place if there is a value already, which an optimizer may share.
            Tensor<float> value = parameter.HasValue ? parameter.Value : new(parameter.Shape);
            Read(checkpoint, path, value);
            if (!parameter.HasValue) parameter.Set(value);
        }

        foreach ((string path, Tensor<float> value) in network.NamedBuffers()) Read(checkpoint, path, value);
    }

    public void Dispose()
    {
        _tape.Dispose();
        _task.Dispose();
    }

    /// <summary>How far back the gradient reaches in each recurrent layer, on one batch: from the last state, since losses at every step would add up.</summary>
    private IEnumerable<ReportPart> GradientFlows()
    {
        (SequenceLayer<float> Layer, GradientFlow<float> Flow)[] layers = [.. WithChildren(_task.Network).OfType<SequenceLayer<float>>().Select(static layer => (layer, new GradientFlow<float>()))];
        if (layers.Length == 0) yield break;
        foreach ((SequenceLayer<float> layer, GradientFlow<float> flow) in layers) layer.GradientFlow = flow;
        using Tape<float> tape = new(training: false);
        _task.Loss(tape, 0, out _);
        foreach ((SequenceLayer<float> layer, GradientFlow<float> flow) in layers)
        {
            layer.GradientFlow = null;
            if (flow.Steps.Count == 0) continue; // the loss of this batch did not need it
            flow.SweepFromEnd();
            yield return new SvgPart($"Gradient flow of {layer.Path}", $"How much of the last state's gradient is left at each step on its way back through time: {flow.Verdict}.", flow.ToSvg());
        }
    }

    private static IEnumerable<Module<float>> WithChildren(Module<float> module) => module.Children.SelectMany(WithChildren).Prepend(module);

    private static IEnumerable<(string Name, Tensor<float> Value)> Tensors(Module<float> network) =>
        network.NamedParameters().Select(static entry => (entry.Path, entry.Parameter.Value)).Concat(network.NamedBuffers());

    private static string StateName(string name) => "optimizer." + name;

    private static long[] Sizes(Shape shape) => [.. shape.ToArray().Select(static size => (long)size)];

    private static void Read(Checkpoint checkpoint, string name, Tensor<float> value)
    {
        float[] values = new float[value.Length];
        checkpoint.Read<float>(name, values);
        value.CopyFrom(values);
    }

    private void RequireFacts(Checkpoint checkpoint)
    {
        IReadOnlyDictionary<string, string> found = checkpoint.Facts();
        foreach ((string name, string value) in _task.Facts)
        {
            if (found.GetValueOrDefault(name) != value)
                throw checkpoint.Refuse($"metadata '{name}'", $"that of {_task.Data}", "another: it was trained on other data");
        }
    }
}

/// <summary>A trained network.</summary>
/// <param name="task">The task it was trained for; its data are read only when they are asked for.</param>
/// <param name="onOther">The same task with other data.</param>
internal sealed class TrainedNetwork(ZooTask<float> task, Func<string, ZooTask<float>> onOther) : ITrainedModel
{
    public long ParameterCount => task.Network.ParameterCount;

    public IReadOnlyList<string>? SampleOptions => task.SampleOptions;

    public bool Predicts => task.Predicts;

    public void Sample(SampleRequest request, TextWriter output, CancellationToken stop) => task.Sample(request, output, stop);

    public void Predict(string input, TextWriter output, CancellationToken stop) => task.Predict(input, output, stop);

    public Evaluation Evaluate(string? data, CancellationToken stop)
    {
        if (data is null) return new(task.Test(stop), task.Data, task.Expected, task.Bound);
        using ZooTask<float> other = onOther(data);
        foreach (((_, Parameter<float> to), (_, Parameter<float> from)) in other.Network.NamedParameters().Zip(task.Network.NamedParameters())) to.Set(from.Value);
        foreach (((_, Tensor<float> to), (_, Tensor<float> from)) in other.Network.NamedBuffers().Zip(task.Network.NamedBuffers())) to.CopyFrom(from.Span);
        return new(other.Test(stop), other.Data, other.Expected, other.Bound);
    }

    public void Dispose() => task.Dispose();
}
