using Autograd.Zoo.Runs;

namespace Autograd.Zoo;

/// <summary>
/// A model of the zoo. The commands find every class of this assembly that implements it, so a model is a folder and touches nothing
/// else: its settings become options of <c>train NAME</c> and keys of config.json.
/// </summary>
internal interface IZooModel
{
    /// <summary>What stands behind <c>train</c>.</summary>
    string Name { get; }

    /// <summary>One line for <c>list</c> and the help.</summary>
    string Description { get; }

    /// <summary>The settings of a run, in the order of config.json. There must be <c>steps</c>, a whole number.</summary>
    IReadOnlyList<Setting> Settings { get; }

    /// <summary>Data and model at step 0.</summary>
    /// <exception cref="Failure">The data cannot be used, or the sizes do not fit into memory.</exception>
    ITrainingRun Create(SettingValues settings);

    /// <summary>The model of a checkpoint, without the data it was trained on.</summary>
    /// <exception cref="Failure">The checkpoint does not belong to these settings.</exception>
    ITrainedModel Open(SettingValues settings, Checkpoint checkpoint);
}

/// <summary>A model in training. All that a step depends on is the settings and what <see cref="Save"/> writes.</summary>
internal interface ITrainingRun : IDisposable
{
    /// <summary>Number of trained numbers.</summary>
    long ParameterCount { get; }

    /// <summary>Targets of one step, for the speed.</summary>
    int TokensPerStep { get; }

    /// <summary>Least loss that any model can reach, where it is known, in the unit of the loss.</summary>
    double? EntropyRate { get; }

    /// <summary>One step of training. When the loss or the gradient norm is not finite, the parameters stay as they are.</summary>
    /// <param name="step">The step's number, from 0 on; it also says which data are next.</param>
    StepResult Step(long step);

    /// <summary>The loss on the validation set; changes nothing that a step depends on.</summary>
    double Validate(CancellationToken stop);

    /// <summary>A sample of what the model has learned, a function of the settings, the parameters and the step.</summary>
    string Sample(long step);

    /// <summary>Writes all that the next step depends on, and nothing that depends on time, path, threads or interruptions.</summary>
    /// <param name="writer">Has the model's name, the step and the mean loss already.</param>
    /// <param name="step">Steps done.</param>
    void Save(SafetensorsWriter writer, long step);

    /// <summary>Continues from a checkpoint. Called once, before the first step.</summary>
    /// <exception cref="Failure">The checkpoint does not belong to these settings or data.</exception>
    void Load(Checkpoint checkpoint);
}

/// <summary>A trained model, for <c>sample</c> and <c>evaluate</c>.</summary>
internal interface ITrainedModel : IDisposable
{
    /// <summary>Number of trained numbers.</summary>
    long ParameterCount { get; }

    /// <summary>Writes a sample, as it grows.</summary>
    void Sample(SampleRequest request, TextWriter output, CancellationToken stop);

    /// <summary>The loss on the validation part of the data.</summary>
    /// <param name="data">A file in place of the data the model was trained on, or null.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    Evaluation Evaluate(string? data, CancellationToken stop);
}

/// <summary>What one step reports. The loss is that of its data before the step.</summary>
internal readonly record struct StepResult(double Loss, double GradientNorm, double LearningRate);

/// <summary>What <c>sample</c> asks for. Top-k 0 and top-p 1 keep every token; temperature 0 takes the most probable one.</summary>
internal sealed record SampleRequest(string Prompt, int Length, double Temperature, int TopK, double TopP, long Seed);

/// <summary>A loss, over how many tokens it was taken, and the least possible one where it is known.</summary>
internal readonly record struct Evaluation(double Loss, long Tokens, double? EntropyRate);

/// <summary>The models of this program.</summary>
internal static class ZooModels
{
    /// <summary>All models, by name.</summary>
    public static IReadOnlyList<IZooModel> All { get; } =
    [
        .. typeof(IZooModel).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IZooModel)))
            .Select(type => (IZooModel)Activator.CreateInstance(type)!)
            .OrderBy(model => model.Name, StringComparer.Ordinal),
    ];
}
