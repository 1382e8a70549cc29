using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
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
        var quiet = new Option<bool>("--quiet") { Description = "Show no progress." };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON object, the last line of standard output." };
        var command = new Command(model.Name, model.Description) { resume, quiet, json };
        foreach ((_, Option<string> option) in settings.Concat(others))
            command.Options.Add(option);
        command.SetAction(parse =>
        {
            var given = new SettingValues(model.Settings, Cli.Given(parse, settings));
            var options = new SettingValues([Threads, Out], Cli.Given(parse, others));
            if (options.Given.ContainsKey("threads"))
                Parallelism.Threads = options.Integer("threads");
            string path = options.Text("out") ?? DefaultFolder(model.Name, parse.GetValue(resume));
            return Run(context, model, given, new RunFolder(path), parse.GetValue(resume), parse.GetValue(quiet), parse.GetValue(json));
        });
        return command;
    }

    private static int Run(CliContext context, IZooModel model, SettingValues given, RunFolder folder, bool resume, bool quiet, bool json)
    {
        if (File.Exists(folder.Path))
            throw new Failure(ExitCode.Usage, folder.Path, "a folder", "a file", "choose another --out");
        if (!resume && folder.HasCheckpoint)
        {
            throw new Failure(ExitCode.Usage, folder.Path, "a folder without a run", "a run",
                "go on with it by --resume, or choose another --out");
        }
        SettingValues settings = resume ? Resumed(context, model, given, folder) : given;
        long steps = settings.Long("steps");

        using ITrainingRun run = model.Create(settings);
        IDisplay display = quiet ? new QuietDisplay()
            : context.IsTerminal ? new BarDisplay(context.Error)
            : new PlainDisplay(context.Error);
        var trainer = new Trainer(model.Name, folder, run, steps, new Rhythm(), display);
        if (resume && folder.HasCheckpoint)
            Load(context, model, folder, trainer, steps);

        bool finished = trainer.IsFinished;
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
                $"{model.Name}: {run.ParameterCount:#,0} parameters, {steps} steps, ")
                + (finished ? "finished" : $"from step {trainer.Step}") + $", in {folder.Path}"));
        }

        TrainingResult result;
        try
        {
            result = finished ? trainer.Finished(context.Stopping.Token) : trainer.Train(context.Stopping.Token);
        }
        catch (OperationCanceledException) when (!quiet && !finished)
        {
            context.Error.WriteLine(Failure.OneLine($"stopped and saved at step {trainer.Step}; go on with --resume --out {folder.Path}"));
            throw;
        }
        if (!quiet)
            context.Error.WriteLine(Summary(result, run.EntropyRate));
        if (json)
            context.Output.WriteLine(Json(model, settings, run, result));
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

    private static void Load(CliContext context, IZooModel model, RunFolder folder, Trainer trainer, long steps)
    {
        using Checkpoint checkpoint = folder.OpenCheckpoint(context.Warn);
        if (checkpoint.Text("model") != model.Name)
            throw checkpoint.Refuse("metadata 'model'", model.Name, checkpoint.Text("model"));
        if (checkpoint.Step > steps)
        {
            throw new Failure(ExitCode.Usage, "--steps", $"at least the {checkpoint.Step} steps that are done", $"{steps}",
                "leave it out, or ask for more");
        }
        trainer.Load(checkpoint);
    }

    private static string DefaultFolder(string model, bool resume)
    {
        // Without --resume the first free name, with it the last one taken.
        string folder = Path.Combine("runs", model);
        for (int number = 2; new RunFolder(folder).HasCheckpoint; number++)
        {
            string next = Path.Combine("runs", $"{model}-{number}");
            if (resume && !new RunFolder(next).HasCheckpoint)
                break;
            folder = next;
        }
        return folder;
    }

    private static string Summary(TrainingResult result, double? entropyRate)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"validation loss {result.ValidationLoss:0.0000} nats a character");
        return entropyRate is double rate
            ? text + string.Create(CultureInfo.InvariantCulture,
                $", {(result.ValidationLoss / rate - 1) * 100:0.0} % above the entropy rate {rate:0.0000} that no model can beat")
            : text;
    }

    private static string Json(IZooModel model, SettingValues settings, ITrainingRun run, TrainingResult result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteString("cell", settings.Has("cell") ? settings.Text("cell") : null);
            json.WriteNumber("steps", result.Steps);
            json.WriteNumber("parameters", run.ParameterCount);
            json.WriteNumber("train_loss", result.TrainLoss);
            json.WriteNumber("validation_loss", result.ValidationLoss);
            if (run.EntropyRate is double rate)
                json.WriteNumber("entropy_rate", rate);
            else
                json.WriteNull("entropy_rate");
            json.WriteNumber("tokens_per_second", Math.Round(result.TokensPerSecond, 1));
            json.WriteNumber("seconds", Math.Round(result.Seconds, 3));
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
