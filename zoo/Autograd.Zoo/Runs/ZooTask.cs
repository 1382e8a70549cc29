using System.Numerics;
using Autograd.Zoo.Reports;

namespace Autograd.Zoo.Runs;

/// <summary>What a network learns: its data, the loss of a step, and how well it does. A model's folder has one of these, over any T, so that
/// the same code trains in float and is checked in double.</summary>
internal abstract class ZooTask<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The network.</summary>
    public abstract Module<T> Network { get; }

    /// <summary>How a parameter is drawn at first; null for the scheme of its layer.</summary>
    public virtual Initializer? InitializerOf(string path) => null;

    /// <summary>What it learns from: a file, a folder, or what was generated.</summary>
    public abstract string Data { get; }

    /// <summary>What is counted for the speed.</summary>
    public abstract string Unit { get; }

    /// <summary>The steps of the whole run; where the settings count epochs, its batches, of which a step has several when it accumulates.</summary>
    public abstract long Steps { get; }

    /// <summary>The steps (or batches, as above) from one validation to the next.</summary>
    public abstract long StepsPerValidation { get; }

    /// <summary>The figure that the model's page promises for these settings and data; null if it promises none.</summary>
    public virtual double? Expected => null;

    /// <summary>Least value of the figure that any model can reach, where it is known.</summary>
    public virtual double? Bound => null;

    /// <summary>
    /// What the network was built by besides the settings, such as its vocabulary, by name: it goes into the checkpoint, and a trained
    /// model is opened with it, without the data.
    /// </summary>
    public virtual IReadOnlyDictionary<string, string> Facts { get; } = new Dictionary<string, string>();

    /// <summary>Records the mean loss of a batch on a tape that it resets first.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="batch">The batch's number, from 0 on, which alone says which data it has.</param>
    /// <param name="units">What was read.</param>
    public abstract Variable<T> Loss(Tape<T> tape, long batch, out long units);

    /// <summary>The figure on the validation part, which chooses among checkpoints.</summary>
    public abstract Score Validate(CancellationToken stop);

    /// <summary>The figure that the run is judged by; the validation's where there is no other part.</summary>
    public virtual Score Test(CancellationToken stop) => Validate(stop);

    /// <summary>A sample of what was learned, for samples.txt; a function of the network and the step.</summary>
    public abstract string Sample(long step);

    /// <summary>The options of <c>sample</c> that it heeds, others are refused; null for a model that makes nothing up.</summary>
    public virtual IReadOnlyList<string>? SampleOptions => null;

    /// <summary>Whether it answers inputs.</summary>
    public virtual bool Predicts => false;

    /// <summary>Writes what a <c>sample</c> asks for, as it grows; for a model with <see cref="SampleOptions"/>.</summary>
    public virtual void Sample(SampleRequest request, TextWriter output, CancellationToken stop) => throw new NotSupportedException($"{GetType().Name} makes nothing up.");

    /// <summary>Answers one input; for a model that <see cref="Predicts"/>.</summary>
    public virtual void Predict(string input, TextWriter output, CancellationToken stop) => throw new NotSupportedException($"{GetType().Name} answers nothing.");

    /// <summary>Further parts of the report.</summary>
    public virtual IEnumerable<ReportPart> Report(CancellationToken stop) => [];

    /// <summary>Writes what goes on from batch to batch besides the network and the optimizer, such as a carried state.</summary>
    public virtual void SaveState(SafetensorsWriter writer)
    {
    }

    /// <summary>Begins a state on the tape, for <see cref="LoadState"/>, and tells what tensors <see cref="SaveState"/> writes of it.</summary>
    public virtual IEnumerable<(string Name, string DType, long[] Shape)> BeginState(Tape<T> tape) => [];

    /// <summary>Reads what <see cref="SaveState"/> wrote.</summary>
    public virtual void LoadState(Tape<T> tape, Checkpoint checkpoint)
    {
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>What an answer says of words that the network never saw; nothing where there are none.</summary>
    protected static string UnknownNote(IReadOnlyList<string> unknown, string readAs) =>
        unknown.Count == 0 ? "" : Failure.OneLine($" (unknown, and read as {readAs}: {string.Join(' ', unknown)})");
}

/// <summary>A model that is a network, trained by its gradients.</summary>
internal abstract class NetworkModel : IZooModel
{
    public abstract string Name { get; }

    public abstract string Description { get; }

    public abstract IReadOnlyList<string> Cells { get; }

    public abstract IReadOnlyList<Setting> Settings { get; }

    /// <summary>Settings under which <see cref="Check"/> is quick: small sizes, and built-in data.</summary>
    protected abstract IReadOnlyDictionary<string, object> Small { get; }

    public ITrainingRun Create(SettingValues settings) => new NetworkTraining(settings, Task<float>(settings, null));

    public ITrainedModel Open(SettingValues settings, Checkpoint checkpoint)
    {
        ZooTask<float> task = Task<float>(settings, checkpoint.Facts());
        NetworkTraining.LoadNetwork(task.Network, checkpoint);
        return new TrainedNetwork(task, (other) => Task<float>(settings.With(new Dictionary<string, object> { ["data"] = other }), checkpoint.Facts()));
    }

    public GradientCheckReport Check()
    {
        using ZooTask<double> task = Task<double>(new SettingValues(Settings, Small), null);
        task.Network.Initialize(1);
        // Small steps: ReLU and maximum pooling have kinks, and a difference across one is no derivative.
        return GradientCheck.Run(task.Network.NamedParameters(), tape => task.Loss(tape, 0, out _), new() { Step = 2e-6 });
    }

    /// <summary>The task.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="facts">What <see cref="ZooTask{T}.Facts"/> was when the model was trained; null to find it in the data.</param>
    /// <exception cref="Failure">The data cannot be used, or the sizes do not fit into memory.</exception>
    protected abstract ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
        where T : unmanaged, IFloatingPointIeee754<T>;
}
