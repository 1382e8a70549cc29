using System.CommandLine;
using System.Text;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Commands;

/// <summary><c>report RUN_FOLDER</c>: one page about a run.</summary>
internal static class ReportCommand
{
    public static Command Create(CliContext context)
    {
        var folder = new Argument<string>("RUN_FOLDER") { Description = "The folder of a run." };
        var command = new Command("report", "Write report.html into a run folder: a page with curves, the figure, and what the model shows.") { folder };
        command.SetAction(parse =>
        {
            RunFolder files = RunFolder.Existing(parse.GetValue(folder)!);
            (IZooModel model, SettingValues settings) = RunConfig.Read(files.ConfigPath, context.Models);
            using Checkpoint checkpoint = files.OpenModel(context.Warn);
            if (checkpoint.Text("model") != model.Name)
                throw checkpoint.Refuse("metadata 'model'", model.Name, checkpoint.Text("model"));
            using ITrainingRun run = model.Create(settings);
            run.LoadModel(checkpoint);
            RunLog log = RunLog.Read(files.MetricsPath, context.Warn);
            ReportPage report = new(model, settings, files.Path, log, RunResult.Read(files, context.Warn), run.Weights);
            string page = report.Write(checkpoint.Step, run.Sample(checkpoint.Step), run.Report(context.Stopping.Token));
            AtomicFile.Write(files.ReportPath, stream => stream.Write(Encoding.UTF8.GetBytes(page)));
            context.Output.WriteLine(files.ReportPath);
            return ExitCode.Ok;
        });
        return command;
    }
}
