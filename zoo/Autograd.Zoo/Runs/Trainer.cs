using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Autograd.Zoo.Runs;

/// <summary>How often a run logs, and so on, in steps. All but the last step of a run falls on a multiple.</summary>
internal sealed record Rhythm(int Log = 10, int Checkpoint = 100, int Sample = 250, int Validation = 500);

/// <summary>What a run came to.</summary>
internal sealed record TrainingResult(long Steps, double TrainLoss, double ValidationLoss, double TokensPerSecond, double Seconds);

/// <summary>
/// The loop every model is trained in: steps, metrics, samples, validation, checkpoints, and the answer to Ctrl-C.
/// </summary>
/// <remarks>
/// What falls due after a step is written to metrics.jsonl and samples.txt before the step's checkpoint, and a resumed run first
/// does what is due and not there yet. So, however often a run is interrupted, its files end the same, but for the measured speed.
/// </remarks>
internal sealed class Trainer(string model, RunFolder folder, ITrainingRun run, long steps, Rhythm rhythm, IDisplay display)
{
    // Mean of about the last fifty steps; part of the checkpoint, so that it too is the same after an interruption.
    private const double Memory = 0.98;

    private readonly Stopwatch _watch = new();
    private long _firstStep;
    private double _loss = double.NaN;

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>Continues from a checkpoint.</summary>
    public void Load(Checkpoint checkpoint)
    {
        run.Load(checkpoint);
        Step = _firstStep = checkpoint.Step;
        _loss = checkpoint.Number("train_loss");
    }

    /// <summary>Trains to the last step.</summary>
    /// <exception cref="Failure">The loss or the gradient is not a number any more; the last checkpoint stays.</exception>
    /// <exception cref="OperationCanceledException">The run was asked to stop; it was saved.</exception>
    public TrainingResult Train(CancellationToken stop)
    {
        double validation = double.NaN;
        using StepLog metrics = StepLog.Metrics(folder.MetricsPath, Step), samples = StepLog.Samples(folder.SamplesPath, Step);
        display.During(() => validation = Train(metrics, samples, stop));
        return new TrainingResult(Step, _loss, validation, Speed(), _watch.Elapsed.TotalSeconds);
    }

    /// <summary>Whether nothing is left to do, not even the last validation, which may have been interrupted.</summary>
    public bool IsFinished => Step >= steps && File.Exists(folder.MetricsPath)
        && File.ReadLines(folder.MetricsPath).Any(
            line => StepLog.StepOfMetrics(line) == Step && line.Contains("\"validation\"", StringComparison.Ordinal));

    /// <summary>The result of a run that has all its steps; nothing is written.</summary>
    public TrainingResult Finished(CancellationToken stop) => new(Step, _loss, run.Validate(stop), 0, 0);

    private double Train(StepLog metrics, StepLog samples, CancellationToken stop)
    {
        long saved = Step;
        double validation = double.NaN;
        try
        {
            _watch.Start();
            AfterStep(null);
            while (Step < steps)
            {
                stop.ThrowIfCancellationRequested();
                StepResult result = run.Step(Step);
                if (!double.IsFinite(result.Loss) || !double.IsFinite(result.GradientNorm))
                    throw Diverged(result);
                Step++;
                _loss = double.IsNaN(_loss) ? result.Loss : (Memory * _loss) + ((1 - Memory) * result.Loss);
                display.Step(new Progress(Step, steps, _loss, Speed(), Left()));
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
        return validation;

        void AfterStep(StepResult? result)
        {
            if (Step == 0)
                return;
            if (IsDue(rhythm.Log) && result is StepResult now && !metrics.Has(Step, "\"train\""))
                metrics.Append(Metrics("train", now.Loss, now));
            if (IsDue(rhythm.Sample) && !samples.Has(Step, "step"))
            {
                string sample = run.Sample(Step);
                samples.Append(Entry(sample));
                display.Line(string.Create(CultureInfo.InvariantCulture, $"sample at step {Step}:"));
                display.Sample(sample);
            }
            if (Step == steps || (IsDue(rhythm.Validation) && !metrics.Has(Step, "\"validation\"")))
            {
                validation = run.Validate(stop);
                if (!double.IsFinite(validation))
                    throw Diverged(new StepResult(validation, 0, 0));
                if (!metrics.Has(Step, "\"validation\""))
                    metrics.Append(Metrics("validation", validation, null));
                display.Line(string.Create(CultureInfo.InvariantCulture, $"validation loss at step {Step}: {validation:0.0000}"));
            }
            if (Step % rhythm.Checkpoint == 0 && Step != saved && Step < steps)
            {
                Save();
                saved = Step;
            }
        }
    }

    private bool IsDue(int every) => Step % every == 0 || Step == steps;

    private void Save() => Checkpoint.Save(folder.CheckpointPath, folder.PreviousPath, writer =>
    {
        writer.AddMetadata("format", "pt");
        writer.AddMetadata("model", model);
        writer.AddMetadata("step", Step.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata("train_loss", _loss.ToString("R", CultureInfo.InvariantCulture));
        run.Save(writer, Step);
    });

    private Failure Diverged(StepResult result) => new(ExitCode.Numeric, $"step {Step + 1}",
        double.IsFinite(result.Loss) ? "a finite gradient norm" : "a finite loss",
        (double.IsFinite(result.Loss) ? result.GradientNorm : result.Loss).ToString(CultureInfo.InvariantCulture),
        folder.HasCheckpoint ? "the last checkpoint is kept; lower --learning-rate or --clip" : "lower --learning-rate or --clip");

    private double Speed() =>
        Step == _firstStep ? 0 : (Step - _firstStep) * (double)run.TokensPerStep / Math.Max(_watch.Elapsed.TotalSeconds, 1e-9);

    private TimeSpan Left()
    {
        double seconds = _watch.Elapsed.TotalSeconds / Math.Max(1, Step - _firstStep) * (steps - Step);
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
    }

    private string Metrics(string split, double loss, StepResult? result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("step", Step);
            json.WriteString("split", split);
            json.WriteNumber("loss", loss);
            Write("learning_rate", result?.LearningRate);
            Write("gradient_norm", result?.GradientNorm);
            Write("characters_per_second", result is null ? null : Math.Round(Speed(), 1));
            json.WriteEndObject();

            void Write(string key, double? value)
            {
                if (value is double number)
                    json.WriteNumber(key, number);
                else
                    json.WriteNull(key);
            }
        }
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>A sample as it stands in samples.txt: its lines are set in, so none of them can be taken for the next entry.</summary>
    private string Entry(string sample) => string.Create(CultureInfo.InvariantCulture, $"step {Step}\n")
        + string.Concat(sample.TrimEnd('\n').Split('\n').Select(line => $"  {line}\n"));
}
