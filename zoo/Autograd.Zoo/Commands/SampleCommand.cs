using System.CommandLine;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Commands;

/// <summary><c>sample RUN_FOLDER</c>: writes what a trained model makes up.</summary>
internal static class SampleCommand
{
    private static readonly Setting[] Settings =
    [
        new TextSetting("prompt", "text to go on from"),
        new IntegerSetting("length", "characters to write", 500, 0, 100_000_000),
        new NumberSetting("temperature", "below 1 more probable, above 1 more surprising; 0 always the most probable", 1, 0, 100),
        new IntegerSetting("top-k", "only the k most probable characters; 0 for all", 0, 0, int.MaxValue),
        new NumberSetting("top-p", "only the most probable characters that together have this probability", 1, 0, 1) { AboveLeast = true },
        new IntegerSetting("seed", "seed of the draws", 1, 0, long.MaxValue),
    ];

    public static Command Create(CliContext context)
    {
        (Setting Setting, Option<string> Option)[] options = [.. Settings.Select(setting => (setting, Cli.ToOption(setting)))];
        var folder = new Argument<string>("RUN_FOLDER") { Description = "The folder of a run." };
        var command = new Command("sample", "Write a sample of a trained model. Options that it does not heed are refused, with those that it does.") { folder };
        foreach ((_, Option<string> option) in options)
            command.Options.Add(option);
        command.SetAction(parse =>
        {
            var values = new SettingValues(Settings, Cli.Given(parse, options));
            var request = new SampleRequest(values.Text("prompt") ?? "", values.Integer("length"), values.Number("temperature"),
                values.Integer("top-k"), values.Number("top-p"), values.Long("seed"));
            string path = parse.GetValue(folder)!;
            using TrainedRun run = TrainedRun.Open(path, context);
            if (run.Model.SampleOptions is not { } possible)
                throw new Failure(ExitCode.Usage, path, "a model that makes something up", $"{run.Kind.Name}, which answers", "use predict");
            if (values.Given.Keys.FirstOrDefault(name => !possible.Contains(name)) is string unheeded)
            {
                string[] heeded = [.. possible.Select(static name => "--" + name)];
                throw new Failure(
                    ExitCode.Usage, "--" + unheeded, heeded.Length == 0 ? $"no option, as {run.Kind.Name} heeds none" : $"{string.Join(", ", heeded)}, which {run.Kind.Name} heeds",
                    "--" + unheeded, "leave it out");
            }

            run.Model.Sample(request, context.Output, context.Stopping.Token);
            context.Output.WriteLine();
            return ExitCode.Ok;
        });
        return command;
    }
}

/// <summary>A run folder opened for use.</summary>
internal sealed record TrainedRun(IZooModel Kind, SettingValues Settings, ITrainedModel Model, long Steps) : IDisposable
{
    /// <summary>Opens the model of a run folder.</summary>
    /// <exception cref="Failure">The folder has no usable run.</exception>
    public static TrainedRun Open(string path, CliContext context)
    {
        RunFolder folder = RunFolder.Existing(path);
        (IZooModel kind, SettingValues settings) = RunConfig.Read(folder.ConfigPath, context.Models);
        using Checkpoint checkpoint = folder.OpenModel(context.Warn);
        if (checkpoint.Text("model") != kind.Name)
            throw checkpoint.Refuse("metadata 'model'", kind.Name, checkpoint.Text("model"));
        return new TrainedRun(kind, settings, kind.Open(settings, checkpoint), checkpoint.Step);
    }

    public void Dispose() => Model.Dispose();
}
