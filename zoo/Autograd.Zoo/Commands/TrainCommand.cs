using System.CommandLine;
using System.Globalization;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Commands;

/// <summary><c>train MODEL</c>: trains a model into a run folder, or goes on with a run.</summary>
internal static class TrainCommand
{
    private static readonly IntegerSetting Threads = new(
        "threads", "threads of one step; the result is the same for any number", Environment.ProcessorCount, 1, 1024);

    private static readonly TextSetting Out = new("out", "folder of the run; runs/MODEL, with a number if that is taken, when not given");

    public static Command Create(CliContext context)
    {
        var train = new Command("train", "Train a model into a run folder.");
        foreach (IZooModel model in context.Models)
            train.Subcommands.Add(Create(context, model));
        return train;
    }

    private static Command Create(CliContext context, IZooModel model)
    {
        (Setting Setting, Option<string> Option)[] settings = [.. model.Settings.Select(setting => (setting, Cli.ToOption(setting)))];
        (Setting Setting, Option<string> Option)[] others = [(Threads, Cli.ToOption(Threads)), (Out, Cli.ToOption(Out))];
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in the folder." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check settings, files and memory, and train nothing." };
        var quiet = new Option<bool>("--quiet") { Description = "Show no progress." };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON object, the last line of standard output." };
        var command = new Command(model.Name, model.Description) { resume, dryRun, quiet, json };
        foreach ((_, Option<string> option) in settings.Concat(others))
            command.Options.Add(option);
        command.SetAction(parse =>
        {
            var given = new SettingValues(model.Settings, Cli.Given(parse, settings));
            var options = new SettingValues([Threads, Out], Cli.Given(parse, others));
            if (options.Given.ContainsKey("threads"))
                Parallelism.Threads = options.Integer("threads");
            string path = options.Text("out") ?? DefaultFolder(model.Name, parse.GetValue(resume));
            var request = new Request(parse.GetValue(resume), parse.GetValue(dryRun), parse.GetValue(quiet), parse.GetValue(json));
            return Run(context, model, given, new RunFolder(path), request);
        });
        return command;
    }

    private readonly record struct Request(bool Resume, bool DryRun, bool Quiet, bool Json);

    private static int Run(CliContext context, IZooModel model, SettingValues given, RunFolder folder, Request request)
    {
        (bool resume, bool dryRun, bool quiet, bool json) = request;
        if (File.Exists(folder.Path))
            throw new Failure(ExitCode.Usage, folder.Path, "a folder", "a file", "choose another --out");
        if (!resume && folder.HasRun)
        {
            throw new Failure(ExitCode.Usage, folder.Path, "a folder without a run", "a run",
                "go on with it by --resume, or choose another --out");
        }
        if (resume && !folder.HasCheckpoint && File.Exists(folder.ModelPath))
        {
            throw new Failure(ExitCode.InputFile, folder.Path, "a checkpoint to go on from", "a trained model without one",
                "use the model as it is, or choose another --out");
        }
        SettingValues settings = resume ? Resumed(context, model, given, folder) : given;

        using ITrainingRun run = model.Create(settings);
        long steps = run.Steps;
        IDisplay display = quiet ? new QuietDisplay()
            : context.IsTerminal ? new BarDisplay(context.Error)
            : new PlainDisplay(context.Error);
        long patience = settings.Has("patience") ? settings.Long("patience") : 0;
        var trainer = new Trainer(model.Name, folder, run, patience, settings.Has("keep") && settings.Text("keep") == "last", new Rhythm(), display, context.Warn);
        if (resume && folder.HasCheckpoint)
            Load(context, model, settings, folder, trainer, steps);

        if (dryRun)
        {
            context.Output.WriteLine(Failure.OneLine(string.Create(CultureInfo.InvariantCulture,
                $"{model.Name}: would train {run.ParameterCount:#,0} parameters on {run.Data}, from step {trainer.Step} to {steps}, in {folder.Path}")));
            return ExitCode.Ok;
        }
        RunResult? result = resume ? RunResult.Read(folder, context.Warn) : null;
        bool finished = trainer.IsFinished(result);
        using IDisposable? folderLock = finished ? null : folder.Lock();
        if (!finished)
        {
            byte[] config = RunConfig.Write(model.Name, settings);
            if (!File.Exists(folder.ConfigPath) || !File.ReadAllBytes(folder.ConfigPath).AsSpan().SequenceEqual(config))
                AtomicFile.Write(folder.ConfigPath, stream => stream.Write(config));
        }
        if (!quiet)
        {
            context.Error.WriteLine(Failure.OneLine(string.Create(CultureInfo.InvariantCulture,
                $"{model.Name}: {run.ParameterCount:#,0} parameters, {steps} steps on {run.Data}, ")
                + (finished ? "finished" : $"from step {trainer.Step}") + $", in {folder.Path}"));
        }

        try
        {
            if (!finished)
            {
                result = Result(model, settings, run, trainer.Train(context.Stopping.Token));
                result.Write(folder);
            }
        }
        catch (OperationCanceledException) when (!quiet)
        {
            context.Error.WriteLine(Failure.OneLine($"stopped and saved at step {trainer.Step}; go on with --resume --out {folder.Path}"));
            throw;
        }
        if (!quiet)
            context.Error.WriteLine(Failure.OneLine(Summary(result!)));
        if (json)
            context.Output.WriteLine(result!.ToJson());
        return ExitCode.Ok;
    }

    /// <summary>The settings of the run in the folder, with those that may change replaced by what was given.</summary>
    private static SettingValues Resumed(CliContext context, IZooModel model, SettingValues given, RunFolder folder)
    {
        if (!File.Exists(folder.ConfigPath) && !folder.HasCheckpoint)
        {
            context.Warn($"{folder.Path} has no run to resume; starting one");
            return given;
        }
        (IZooModel stored, SettingValues settings) = RunConfig.Read(folder.ConfigPath, context.Models);
        if (stored != model)
        {
            throw new Failure(ExitCode.Usage, folder.Path, $"a run of {model.Name}", $"one of {stored.Name}",
                $"use train {stored.Name}, or another --out");
        }
        foreach (Setting setting in model.Settings.Where(setting => given.Given.ContainsKey(setting.Name)))
        {
            if (folder.HasCheckpoint && !setting.MayChange && !Equals(settings[setting.Name], given[setting.Name]))
            {
                throw new Failure(ExitCode.Usage, setting.Option,
                    $"{Setting.Format(settings[setting.Name])}, as in the run that is resumed",
                    Setting.Format(given[setting.Name]), "leave it out, or start a new run with another --out");
            }
        }
        return settings.With(given.Given);
    }

    private static void Load(CliContext context, IZooModel model, SettingValues settings, RunFolder folder, Trainer trainer, long steps)
    {
        using Checkpoint checkpoint = folder.OpenCheckpoint(context.Warn);
        if (checkpoint.Text("model") != model.Name)
            throw checkpoint.Refuse("metadata 'model'", model.Name, checkpoint.Text("model"));
        if (checkpoint.Step > steps)
        {
            throw new Failure(ExitCode.Usage, settings.Has("epochs") ? "--epochs" : "--steps", $"at least the {checkpoint.Step} steps that are done", $"{steps}",
                "leave it out, or ask for more");
        }
        trainer.Load(checkpoint);
    }

    private static string DefaultFolder(string model, bool resume)
    {
        // Without --resume the first free name, with it the last one taken.
        string folder = Path.Combine("runs", model);
        for (int number = 2; new RunFolder(folder).HasRun; number++)
        {
            string next = Path.Combine("runs", $"{model}-{number}");
            if (resume && !new RunFolder(next).HasRun)
                break;
            folder = next;
        }
        return folder;
    }

    private static string Summary(RunResult result)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{result.Figure}, of the network of step {result.BestStep}");
        if (result.Expected is double expected)
            text += string.Create(CultureInfo.InvariantCulture, $"; its page promises {expected}");
        if (result.Bound is double bound)
        {
            text += string.Create(CultureInfo.InvariantCulture,
                $", {(result.Value / bound - 1) * 100:0.0} % above {bound:0.0000}, below which no model can come");
        }
        return result.ClippedShare == 0 ? text
            : text + string.Create(CultureInfo.InvariantCulture, $"; the gradient was clipped in {result.ClippedShare * 100:0.0} % of the steps");
    }

    private static RunResult Result(IZooModel model, SettingValues settings, ITrainingRun run, TrainingResult result) => new(
        model.Name, run.Data, settings.Has("cell") ? settings.Text("cell") : null, result.Score.Metric.Name, result.Score.Value, result.Score.ToString(),
        run.Expected, run.Bound, result.Steps, result.BestStep, run.ParameterCount, result.TrainLoss, result.ClippedShare, result.FirstStep,
        result.UnitsPerSecond, result.Seconds, PeakMemory.Bytes);
}
