using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo;

/// <summary>
/// A model of the zoo. The commands find every class of this assembly that implements it, so a model is a folder and touches nothing
/// else: its settings become options of <c>train NAME</c> and keys of config.json. Most are a <see cref="NetworkModel"/>.
/// </summary>
internal interface IZooModel
{
    /// <summary>What stands behind <c>train</c>.</summary>
    string Name { get; }

    /// <summary>One line for <c>list</c> and the help.</summary>
    string Description { get; }

    /// <summary>What it can be made of, for the index of <c>list</c>: rnn, lstm, gru, bidirectional, conv1d, conv2d, attention and the like.</summary>
    IReadOnlyList<string> Cells { get; }

    /// <summary>The settings of a run, in the order of config.json.</summary>
    IReadOnlyList<Setting> Settings { get; }

    /// <summary>Data and model at step 0.</summary>
    /// <exception cref="Failure">The data cannot be used, or the sizes do not fit into memory.</exception>
    ITrainingRun Create(SettingValues settings);

    /// <summary>The model of a checkpoint, without the data it was trained on.</summary>
    /// <exception cref="Failure">The checkpoint does not belong to these settings.</exception>
    ITrainedModel Open(SettingValues settings, Checkpoint checkpoint);

    /// <summary>Compares the model's gradients with differences, in double and at small sizes.</summary>
    GradientCheckReport Check();
}

/// <summary>A model in training. All that a step depends on is the settings and what <see cref="Save"/> writes.</summary>
internal interface ITrainingRun : IDisposable
{
    /// <summary>What it learns from: a file, a folder, or what was generated.</summary>
    string Data { get; }

    /// <summary>Number of trained numbers.</summary>
    long ParameterCount { get; }

    /// <summary>The steps of the whole run.</summary>
    long Steps { get; }

    /// <summary>The steps from one validation to the next.</summary>
    long StepsPerValidation { get; }

    /// <summary>What is counted for the speed, such as characters.</summary>
    string Unit { get; }

    /// <summary>The figure that the model's page promises for these settings and data; null if it promises none.</summary>
    double? Expected { get; }

    /// <summary>Least value of the figure that any model can reach, where it is known.</summary>
    double? Bound { get; }

    /// <summary>One step of training. When the loss or the gradient norm is not finite, the parameters stay as they are.</summary>
    /// <param name="step">The step's number, from 0 on; it also says which data are next.</param>
    StepResult Step(long step);

    /// <summary>The figure on the validation part of the data; changes nothing that a step depends on.</summary>
    Score Validate(CancellationToken stop);

    /// <summary>The figure that the run is judged by, looked at once, at its end.</summary>
    Score Test(CancellationToken stop);

    /// <summary>A sample of what the model has learned, a function of the settings, the parameters and the step.</summary>
    string Sample(long step);

    /// <summary>Writes what the model is, without what the next step depends on beside it.</summary>
    void SaveModel(SafetensorsWriter writer);

    /// <summary>Writes all that the next step depends on, and nothing that depends on time, path, threads or interruptions.</summary>
    /// <param name="writer">Has the model's name, the step and the mean loss already.</param>
    /// <param name="step">Steps done.</param>
    void Save(SafetensorsWriter writer, long step);

    /// <summary>Takes over the model of a file that <see cref="SaveModel"/> wrote.</summary>
    /// <exception cref="Failure">The file does not belong to these settings or data.</exception>
    void LoadModel(Checkpoint checkpoint);

    /// <summary>Continues from a checkpoint. Called once, before the first step.</summary>
    /// <exception cref="Failure">The checkpoint does not belong to these settings or data.</exception>
    void Load(Checkpoint checkpoint);

    /// <summary>The trained tensors and their sizes, by name.</summary>
    IReadOnlyList<(string Name, long[] Shape)> Weights { get; }

    /// <summary>What the model shows in the report of its run.</summary>
    IEnumerable<ReportPart> Report(CancellationToken stop);
}

/// <summary>A trained model, for <c>sample</c>, <c>predict</c> and <c>evaluate</c>.</summary>
internal interface ITrainedModel : IDisposable
{
    /// <summary>Number of trained numbers.</summary>
    long ParameterCount { get; }

    /// <summary>The options of <c>sample</c> that this model heeds, such as temperature; null if it makes nothing up.</summary>
    IReadOnlyList<string>? SampleOptions { get; }

    /// <summary>Whether it answers inputs.</summary>
    bool Predicts { get; }

    /// <summary>Writes a sample, as it grows.</summary>
    /// <exception cref="Failure">What is asked for cannot be made.</exception>
    void Sample(SampleRequest request, TextWriter output, CancellationToken stop);

    /// <summary>Answers one input: a sentence, a file.</summary>
    /// <exception cref="Failure">The input cannot be read.</exception>
    void Predict(string input, TextWriter output, CancellationToken stop);

    /// <summary>The figure on the part of the data that it is judged by.</summary>
    /// <param name="data">A file or folder in place of the data the model was trained on, or null.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    Evaluation Evaluate(string? data, CancellationToken stop);
}

/// <summary>What one step reports. The loss is that of its data before the step.</summary>
/// <param name="Loss">The mean loss of its targets.</param>
/// <param name="GradientNorm">The norm of all gradients together, before clipping.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Units">What it read, in the run's unit.</param>
/// <param name="Clipped">Whether the gradient was scaled down.</param>
internal readonly record struct StepResult(double Loss, double GradientNorm, double LearningRate, long Units, bool Clipped = false);

/// <summary>What <c>sample</c> asks for. Top-k 0 and top-p 1 keep every token; temperature 0 takes the most probable one.</summary>
internal sealed record SampleRequest(string Prompt, int Length, double Temperature, int TopK, double TopP, long Seed)
{
    /// <summary>How the next token is drawn.</summary>
    public Sampling Sampling => Temperature == 0 ? Sampling.Greedy : new() { Temperature = Temperature, TopK = TopK == 0 ? null : TopK, TopP = TopP, Seed = (ulong)Seed };
}

/// <summary>A figure of a trained model.</summary>
/// <param name="Score">The figure.</param>
/// <param name="Data">What it was measured on.</param>
/// <param name="Expected">The figure that the model's page promises, if it promises one.</param>
/// <param name="Bound">The least possible figure, where it is known.</param>
internal readonly record struct Evaluation(Score Score, string Data, double? Expected, double? Bound);

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
