using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Autograd.Zoo.Commands;

/// <summary><c>evaluate RUN_FOLDER</c>: the loss of a trained model on its validation set, or on that of another file.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CliContext context)
    {
        var folder = new Argument<string>("RUN_FOLDER") { Description = "The folder of a run." };
        var data = new Option<string>("--data")
        {
            Description = "A file in place of the one the run was trained on; its last 10 % are read, as in training.",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON object." };
        var command = new Command("evaluate", "Measure a trained model.") { folder, data, json };
        command.SetAction(parse =>
        {
            using TrainedRun run = TrainedRun.Open(parse.GetValue(folder)!, context);
            Evaluation result = run.Model.Evaluate(parse.GetValue(data), context.Stopping.Token);
            context.Output.WriteLine(parse.GetValue(json) ? Json(run, result) : Line(result));
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Line(Evaluation result)
    {
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{result.Loss:0.0000} nats a character over {result.Tokens:#,0} characters");
        return result.EntropyRate is double rate
            ? line + string.Create(CultureInfo.InvariantCulture,
                $", {(result.Loss / rate - 1) * 100:0.0} % above the entropy rate {rate:0.0000}")
            : line;
    }

    private static string Json(TrainedRun run, Evaluation result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("model", run.Kind.Name);
            json.WriteString("cell", run.Settings.Has("cell") ? run.Settings.Text("cell") : null);
            json.WriteNumber("steps", run.Steps);
            json.WriteNumber("parameters", run.Model.ParameterCount);
            json.WriteNumber("validation_loss", result.Loss);
            if (result.EntropyRate is double rate)
                json.WriteNumber("entropy_rate", rate);
            else
                json.WriteNull("entropy_rate");
            json.WriteNumber("tokens", result.Tokens);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
