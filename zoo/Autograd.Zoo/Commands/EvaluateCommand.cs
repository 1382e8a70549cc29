using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Commands;

/// <summary><c>evaluate RUN_FOLDER</c>: the figure of a trained model, on its own data or on others.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CliContext context)
    {
        var folder = new Argument<string>("RUN_FOLDER") { Description = "The folder of a run." };
        var data = new Option<string>("--data")
        {
            Description = "A file in place of the one the run was trained on; the same parts of it are read.",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON object." };
        var command = new Command("evaluate", "Measure a trained model.") { folder, data, json };
        command.SetAction(parse =>
        {
            using TrainedRun run = TrainedRun.Open(parse.GetValue(folder)!, context);
            if (parse.GetValue(data) is not null && !run.Settings.Has("data"))
            {
                throw new Failure(ExitCode.Usage, data.Name, "no other data for a model that makes its own", $"'{parse.GetValue(data)}'",
                    $"leave it out for {run.Kind.Name}");
            }
            Stopwatch watch = Stopwatch.StartNew();
            Evaluation result = run.Model.Evaluate(parse.GetValue(data), context.Stopping.Token);
            context.Output.WriteLine(parse.GetValue(json) ? Json(run, result, watch.Elapsed.TotalSeconds) : Line(result));
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Line(Evaluation result) => result.Bound is double bound
        ? string.Create(CultureInfo.InvariantCulture,
            $"{result.Score}, {(result.Score.Value / bound - 1) * 100:0.0} % above {bound:0.0000}, below which no model can come")
        : result.Score.ToString();

    private static string Json(TrainedRun run, Evaluation result, double seconds)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("model", run.Kind.Name);
            json.WriteString("data", result.Data);
            if (run.Settings.Has("cell"))
                json.WriteString("cell", run.Settings.Text("cell"));
            json.WriteNumber("steps", run.Steps);
            json.WriteNumber("parameters", run.Model.ParameterCount);
            json.WriteString("metric", result.Score.Metric.Name);
            json.WriteNumber("value", result.Score.Value);
            if (result.Expected is double expected)
                json.WriteNumber("expected", expected);
            else
                json.WriteNull("expected");
            json.WriteNumber("tokens", result.Score.Count);
            if (result.Score.Metric.Name == "validation_loss")
            {
                json.WriteNumber("validation_loss", result.Score.Value);
                if (result.Bound is double bound)
                    json.WriteNumber("entropy_rate", bound);
                else
                    json.WriteNull("entropy_rate");
            }
            json.WriteNumber("seconds", Math.Round(seconds, 3));
            json.WriteNumber("peak_memory_bytes", PeakMemory.Bytes);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
