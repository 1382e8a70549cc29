using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Autograd.Zoo.Runs;

/// <summary>How often a run logs, and so on, in steps. All but the last step of a run falls on a multiple.</summary>
internal sealed record Rhythm(int Log = 10, int Checkpoint = 100, int Sample = 250);

/// <summary>What training came to.</summary>
/// <param name="Steps">Steps done.</param>
/// <param name="TrainLoss">Mean loss of the last steps.</param>
/// <param name="Score">The figure of the chosen network, on the part of the data that it is judged by.</param>
/// <param name="BestStep">The step of that network.</param>
/// <param name="ClippedShare">The share of steps whose gradient was scaled down.</param>
/// <param name="FirstStep">The step that this process began at.</param>
/// <param name="UnitsPerSecond">Speed, with the validations between steps.</param>
/// <param name="Seconds">Time in this process.</param>
internal sealed record TrainingResult(
    long Steps, double TrainLoss, Score Score, long BestStep, double ClippedShare, long FirstStep, double UnitsPerSecond, double Seconds);

/// <summary>
/// The loop every model is trained in: steps, metrics, samples, validation, the best network, early stopping, checkpoints, and the answer to Ctrl-C.
/// </summary>
/// <remarks>
/// What falls due after a step is written to metrics.jsonl and samples.txt before the step's checkpoint, and a resumed run first
/// does what is due and not there yet. So, however often a run is interrupted, its files end the same, but for the measured speed.
/// The last step logs, samples and validates even where none of these falls due; a run that is then given more steps takes that back.
/// The figure that the run is judged by is no part of these files: it is measured once, at the end, and stands in result.json.
/// </remarks>
/// <param name="model">The model's name.</param>
/// <param name="folder">The run's files.</param>
/// <param name="run">What is trained.</param>
/// <param name="patience">Validations without a better figure after which training stops; 0 for never.</param>
/// <param name="keepsLast">Whether the last network is the run's model rather than the best.</param>
/// <param name="rhythm">How often what is done.</param>
/// <param name="display">Shows how it goes.</param>
/// <param name="warn">Tells what is wrong and was mended.</param>
internal sealed class Trainer(string model, RunFolder folder, ITrainingRun run, long patience, bool keepsLast, Rhythm rhythm, IDisplay display, Action<string> warn)
{
    // Mean of about the last fifty steps; part of the checkpoint, so that it too is the same after an interruption.
    private const double Memory = 0.98;

    private readonly Stopwatch _watch = new();
    private long _firstStep;
    private long _units;
    private State _state = State.Start;

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>Whether nothing is left to do: all steps are done, this is their result, and the network it was measured with is there.</summary>
    public bool IsFinished(RunResult? result) =>
        Step > 0 && IsTrained && result is not null && result.Steps == Step && result.Data == run.Data && Holds(folder.ModelPath, result.BestStep)
        && (result.BestStep == Step ? keepsLast || _state.Validated < Step || _state.BestStep == Step : !keepsLast);

    private bool IsTrained => Step >= run.Steps || StopsEarly;

    private bool StopsEarly => patience > 0 && _state.Worse >= patience;

    /// <summary>Continues from a checkpoint.</summary>
    public void Load(Checkpoint checkpoint)
    {
        run.Load(checkpoint);
        Step = _firstStep = checkpoint.Step;
        _state = State.Read(checkpoint);
    }

    /// <summary>Trains to the last step, leaves the best network, or the last, as the run's model, and measures it.</summary>
    /// <exception cref="Failure">The loss or the gradient is not a number any more; the last checkpoint stays.</exception>
    /// <exception cref="OperationCanceledException">The run was asked to stop; it was saved.</exception>
    public TrainingResult Train(CancellationToken stop)
    {
        File.Delete(folder.ResultPath);
        KeepBest();
        using StepLog metrics = StepLog.Metrics(folder.MetricsPath, Step, IsKept), samples = StepLog.Samples(folder.SamplesPath, Step, IsKept);
        TrainingResult? result = null;
        display.During(() =>
        {
            Train(metrics, samples, stop);
            Choose(metrics, stop);
            result = Measure(stop);
        });
        return result!;
    }

    private TrainingResult Measure(CancellationToken stop)
    {
        double speed = Speed();
        using Checkpoint chosen = Checkpoint.Open(folder.ModelPath, warn);
        run.LoadModel(chosen);
        Score score = run.Test(stop);
        if (!double.IsFinite(score.Value))
            throw Diverged("figure at the end", $"a finite {score.Metric.Name}", score.Value);
        return new(Step, _state.Loss, score, chosen.Step, (double)_state.Clipped / Math.Max(Step, 1), _firstStep, speed, _watch.Elapsed.TotalSeconds);
    }

    /// <summary>Whether an entry of a log stays when a run goes on: what the last step of a shorter run wrote besides does not.</summary>
    private bool IsKept(long step, string line)
    {
        long every = line.StartsWith("step", StringComparison.Ordinal) ? rhythm.Sample
            : line.Contains("\"train\"", StringComparison.Ordinal) ? rhythm.Log : run.StepsPerValidation;
        return step < Step || IsTrained || step % every == 0;
    }

    /// <summary>Clears the model of a shorter run away, unless it is the only copy of the best network.</summary>
    private void KeepBest()
    {
        if (_state.BestStep > 0 && !Holds(folder.BestPath, _state.BestStep) && Holds(folder.ModelPath, _state.BestStep))
            File.Move(folder.ModelPath, folder.BestPath, overwrite: true);
        else
            File.Delete(folder.ModelPath);
    }

    private static bool Holds(string path, long step)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path, static _ => { });
            return checkpoint.Step == step;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Failure)
        {
            return false;
        }
    }

    /// <summary>Makes the best network the run's model, or the last one if that is asked for. The last one takes part also if no validation
    /// fell due at its step; what the run would go on from does not know of that, so that a run that is given more steps ends as one that had
    /// them from the start.</summary>
    private void Choose(StepLog metrics, CancellationToken stop)
    {
        bool isBest = _state.Validated < Step && IsBest(Validation(metrics, stop));
        if (isBest || keepsLast)
        {
            SaveModel(folder.ModelPath);
        }
        else if (Holds(folder.BestPath, _state.BestStep))
        {
            byte[] best = File.ReadAllBytes(folder.BestPath);
            AtomicFile.Write(folder.ModelPath, stream => stream.Write(best));
        }
        else
        {
            warn(string.Create(CultureInfo.InvariantCulture,
                $"{folder.BestPath}: expected the network of step {_state.BestStep}, got {(File.Exists(folder.BestPath) ? "another or a damaged file" : "no such file")}; the last network is the run's model"));
            SaveModel(folder.ModelPath);
        }
    }

    private void Train(StepLog metrics, StepLog samples, CancellationToken stop)
    {
        long saved = Step;
        try
        {
            _watch.Start();
            AfterStep(null);
            while (!IsTrained)
            {
                stop.ThrowIfCancellationRequested();
                StepResult result = run.Step(Step);
                if (!double.IsFinite(result.Loss) || !double.IsFinite(result.GradientNorm))
                    throw double.IsFinite(result.Loss) ? Diverged(Place(Step + 1), "a finite gradient norm", result.GradientNorm) : Diverged(Place(Step + 1), "a finite loss", result.Loss);
                Step++;
                _units += result.Units;
                _state = _state with
                {
                    Loss = double.IsNaN(_state.Loss) ? result.Loss : (Memory * _state.Loss) + ((1 - Memory) * result.Loss),
                    Clipped = _state.Clipped + (result.Clipped ? 1 : 0),
                };
                display.Step(new Progress(Step, run.Steps, _state.Loss, Speed(), run.Unit, Left()));
                AfterStep(result);
            }
        }
        catch (OperationCanceledException)
        {
            if (saved != Step)
                Save();
            throw;
        }
        if (saved != Step)
            Save();

        void AfterStep(StepResult? result)
        {
            if (Step == 0)
                return;
            if (IsDue(rhythm.Log) && result is StepResult now && !metrics.Has(Step, "\"train\""))
                metrics.Append(Metrics(now));
            if (Step % run.StepsPerValidation == 0 && _state.Validated < Step)
                Validate(metrics, stop);
            if (IsDue(rhythm.Sample) && !samples.Has(Step, "step"))
            {
                string sample = run.Sample(Step);
                samples.Append(Entry(sample));
                display.Line(string.Create(CultureInfo.InvariantCulture, $"sample at step {Step}:"));
                display.Sample(sample);
            }
            if (Step % rhythm.Checkpoint == 0 && Step != saved && !IsTrained)
            {
                Save();
                saved = Step;
            }
        }
    }

    private void Validate(StepLog metrics, CancellationToken stop)
    {
        Score score = Validation(metrics, stop);
        if (IsBest(score))
        {
            SaveModel(folder.BestPath);
            _state = _state with { Validated = Step, Best = score.Value, BestStep = Step, Worse = 0 };
            return;
        }
        _state = _state with { Validated = Step, Worse = _state.Worse + 1 };
        if (StopsEarly)
            display.Line(string.Create(CultureInfo.InvariantCulture, $"stopping early: {patience} validations without a better figure than at step {_state.BestStep}"));
    }

    private Score Validation(StepLog metrics, CancellationToken stop)
    {
        Score score = run.Validate(stop);
        if (!double.IsFinite(score.Value))
            throw Diverged($"validation at {Place(Step)}", $"a finite {score.Metric.Name}", score.Value);
        if (!metrics.Has(Step, "\"validation\""))
            metrics.Append(Metrics("validation", score));
        display.Line(string.Create(CultureInfo.InvariantCulture, $"validation at step {Step}: {score}{(IsBest(score) ? ", the best so far" : "")}"));
        return score;
    }

    private bool IsBest(Score score) => double.IsNaN(_state.Best) || score.Metric.IsBetter(score.Value, _state.Best);

    private void SaveModel(string path) => Checkpoint.Save(path, null, writer =>
    {
        WriteHead(writer);
        run.SaveModel(writer);
    });

    private bool IsDue(long every) => Step % every == 0 || IsTrained;

    private void Save() => Checkpoint.Save(folder.CheckpointPath, folder.PreviousPath, writer =>
    {
        WriteHead(writer);
        _state.Write(writer);
        run.Save(writer, Step);
    });

    private void WriteHead(SafetensorsWriter writer)
    {
        writer.AddMetadata("format", "pt");
        writer.AddMetadata("model", model);
        writer.AddMetadata("step", Step.ToString(CultureInfo.InvariantCulture));
    }

    private Failure Diverged(string where, string expected, double got) => new(ExitCode.Numeric, where, expected, got.ToString(CultureInfo.InvariantCulture),
        folder.HasCheckpoint ? "the last checkpoint is kept; lower --learning-rate or --clip" : "lower --learning-rate or --clip");

    private static string Place(long step) => string.Create(CultureInfo.InvariantCulture, $"step {step}");

    private double Speed() => Step == _firstStep ? 0 : _units / Math.Max(_watch.Elapsed.TotalSeconds, 1e-9);

    private TimeSpan Left()
    {
        double seconds = _watch.Elapsed.TotalSeconds / Math.Max(1, Step - _firstStep) * (run.Steps - Step);
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
    }

    private string Metrics(StepResult result) => Line(json =>
    {
        json.WriteNumber("step", Step);
        json.WriteString("split", "train");
        json.WriteNumber("loss", result.Loss);
        json.WriteNumber("learning_rate", result.LearningRate);
        json.WriteNumber("gradient_norm", result.GradientNorm);
        json.WriteNumber("units_per_second", Math.Round(Speed(), 1));
    });

    private string Metrics(string split, Score score) => Line(json =>
    {
        json.WriteNumber("step", Step);
        json.WriteString("split", split);
        json.WriteString("metric", score.Metric.Name);
        json.WriteNumber("value", score.Value);
        json.WriteNumber("count", score.Count);
    });

    private static string Line(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>A sample as it stands in samples.txt: its lines are set in, so none of them can be taken for the next entry.</summary>
    private string Entry(string sample) => string.Create(CultureInfo.InvariantCulture, $"step {Step}\n")
        + string.Concat(sample.TrimEnd('\n').Split('\n').Select(line => $"  {line}\n"));

    /// <summary>What the loop itself remembers.</summary>
    /// <param name="Loss">Mean loss of the last steps.</param>
    /// <param name="Clipped">Steps whose gradient was scaled down.</param>
    /// <param name="Validated">The step of the last validation.</param>
    /// <param name="Best">The best figure of a validation.</param>
    /// <param name="BestStep">Its step.</param>
    /// <param name="Worse">Validations since then.</param>
    private readonly record struct State(double Loss, long Clipped, long Validated, double Best, long BestStep, long Worse)
    {
        public static State Start => new(double.NaN, 0, 0, double.NaN, 0, 0);

        public static State Read(Checkpoint checkpoint) => new(
            checkpoint.Number("train_loss"), checkpoint.Long("clipped_steps"), checkpoint.Long("validated_step"),
            checkpoint.Number("best"), checkpoint.Long("best_step"), checkpoint.Long("validations_since_best"));

        public void Write(SafetensorsWriter writer)
        {
            Add("train_loss", Loss);
            Add("clipped_steps", Clipped);
            Add("validated_step", Validated);
            Add("best", Best);
            Add("best_step", BestStep);
            Add("validations_since_best", Worse);

            void Add(string key, IFormattable value) => writer.AddMetadata(key, value.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture));
        }
    }
}
