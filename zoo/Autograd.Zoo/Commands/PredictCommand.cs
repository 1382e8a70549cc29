using System.CommandLine;

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
            using TrainedRun run = TrainedRun.Open(parse.GetValue(folder)!, context);
            string[] given = parse.GetValue(inputs) ?? [];
            foreach (string input in given.Length > 0 ? given : Lines(context.Input))
                run.Model.Predict(input, context.Output, context.Stopping.Token);
            return ExitCode.Ok;
        });
        return command;
    }

    private static IEnumerable<string> Lines(TextReader input)
    {
        while (input.ReadLine() is string line)
            yield return line;
    }
}
