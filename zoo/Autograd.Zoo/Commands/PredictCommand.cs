using System.CommandLine;
using System.Globalization;

namespace Autograd.Zoo.Commands;

/// <summary><c>predict RUN_FOLDER INPUT…</c>: what a trained model answers.</summary>
internal static class PredictCommand
{
    public static Command Create(CliContext context)
    {
        var folder = new Argument<string>("RUN_FOLDER") { Description = "The folder of a run." };
        var inputs = new Argument<string[]>("INPUT")
        {
            Description = "What to answer: a sentence, or a file, as the model's page says; lines of standard input when not given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("predict", "Ask a trained model.") { folder, inputs };
        command.SetAction(parse =>
        {
            string path = parse.GetValue(folder)!;
            using TrainedRun run = TrainedRun.Open(path, context);
            if (!run.Model.Predicts)
                throw new Failure(ExitCode.Usage, path, "a model that answers", $"{run.Kind.Name}, which makes something up", "use sample");
            string[] given = parse.GetValue(inputs) ?? [];
            foreach (string input in given) run.Model.Predict(input, context.Output, context.Stopping.Token);
            if (given.Length > 0) return ExitCode.Ok;
            int code = ExitCode.Ok;
            for (long number = 1; ReadLine(context) is string line; number++)
            {
                try
                {
                    // Nothing is asked by a line without words; an empty line stands for its answer.
                    if (string.IsNullOrWhiteSpace(line)) context.Output.WriteLine();
                    else run.Model.Predict(line, context.Output, context.Stopping.Token);
                }
                catch (Failure failure)
                {
                    context.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"autograd: predict: line {number}: {failure.Message}"));
                    if (code == ExitCode.Ok) code = failure.Code;
                }
            }

            return code;
        });
        return command;
    }

    /// <summary>A line of standard input; waiting for it ends when the user wants to stop, though the reader itself goes on waiting.</summary>
    private static string? ReadLine(CliContext context) =>
        Task.Run(context.Input.ReadLine).WaitAsync(context.Stopping.Token).GetAwaiter().GetResult();
}
