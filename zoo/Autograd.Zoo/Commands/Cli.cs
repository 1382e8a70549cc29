using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Commands;

/// <summary>What a command works with, so that tests can run one in their own process.</summary>
/// <param name="Output">Standard output: results only.</param>
/// <param name="Error">Standard error: errors and progress.</param>
/// <param name="IsTerminal">Whether standard error is a terminal.</param>
/// <param name="Stopping">The wish to stop.</param>
/// <param name="Models">The models there are.</param>
/// <param name="Input">Standard input.</param>
internal sealed record CliContext(
    TextWriter Output, TextWriter Error, bool IsTerminal, Stopping Stopping, IReadOnlyList<IZooModel> Models, TextReader Input)
{
    /// <summary>Writes a line that is not an error to standard error.</summary>
    public void Warn(string text) => Error.WriteLine("autograd: warning: " + Failure.OneLine(text));
}

/// <summary>The command line: reads it, runs the command, and turns every failure into one line and an exit code.</summary>
internal static class Cli
{
    /// <summary>Runs the program.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(string[] args, CliContext context)
    {
        if (context.Models.GroupBy(static model => model.Name).FirstOrDefault(static same => same.Count() > 1) is { Key: string name })
        {
            Failure twins = new(ExitCode.InternalError, "the zoo", "models with a name each", $"two named {name}", "give the copy a Name of its own");
            WriteError($"autograd: {twins.Message}", context.Error);
            return twins.Code;
        }

        var debug = new Option<bool>("--debug") { Description = "Show where an error comes from.", Recursive = true };
        var root = new RootCommand("Recurrent models that train on real data.")
        {
            debug,
            TrainCommand.Create(context),
            EvaluateCommand.Create(context),
            SampleCommand.Create(context),
            PredictCommand.Create(context),
            ReportCommand.Create(context),
            CheckCommand.Create(context),
            ListCommand.Create(context),
        };
        // No response files, no directives: an argument is what it says, also one that begins with @ or [.
        root.Directives.Clear();
        ParseResult parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        string command = Name(parse.CommandResult);
        try
        {
            bool overlooked = parse.Errors.Count == 0 && (UnknownOption(parse) ?? Directive(parse)) is not null;
            if (parse.Action is null or ParseErrorAction || overlooked)
                throw Describe(parse);
            // Signals, exceptions and exit codes are handled here, not by the library.
            return parse.Invoke(new InvocationConfiguration
            {
                Output = context.Output,
                Error = context.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (OperationCanceledException) when (context.Stopping.ExitCode != 0)
        {
            return context.Stopping.ExitCode;
        }
        catch (Exception error)
        {
            Failure failure = Translate(error);
            WriteError($"autograd: {(command.Length == 0 ? "" : command + ": ")}{failure.Message}"
                + (parse.GetValue(debug) ? $"{Environment.NewLine}{error}" : ""), context.Error);
            return failure.Code;
        }
    }

    /// <summary>A setting as an option that takes any text; its value is checked by the setting, for one form of message.</summary>
    public static Option<string> ToOption(Setting setting) => new(setting.Option)
    {
        Description = $"{setting.Description} ({setting.Expected}; default {Setting.Format(setting.Default)})",
        HelpName = setting switch { IntegerSetting => "N", NumberSetting => "X", ChoiceSetting => "NAME", _ => "TEXT" },
    };

    /// <summary>The values of the options that were given.</summary>
    /// <exception cref="Failure">A value is not valid.</exception>
    public static Dictionary<string, object> Given(ParseResult parse, IEnumerable<(Setting Setting, Option<string> Option)> options)
    {
        Dictionary<string, object> given = new(StringComparer.Ordinal);
        foreach ((Setting setting, Option<string> option) in options)
        {
            if (parse.GetResult(option) is { Implicit: false })
            {
                string text = parse.GetValue(option) ?? "";
                given[setting.Name] = setting.Parse(text) ?? throw setting.Refuse(option.Name, $"'{text}'", "see --help");
            }
        }
        return given;
    }

    private static void WriteError(string line, TextWriter error)
    {
        try
        {
            error.WriteLine(line);
        }
        catch (IOException)
        {
            // Nobody reads standard error any more; the exit code still tells.
        }
    }

    private static Failure Translate(Exception error) => error switch
    {
        Failure failure => failure,
        SafetensorsException damaged => new Failure(ExitCode.InputFile, $"{damaged.FileName}: byte {damaged.Offset}", "a safetensors file",
            damaged.Reason, "restore the file", error),
        NonFiniteException => new Failure(ExitCode.Numeric, "training", "finite numbers", error.Message, "lower --learning-rate", error),
        OutOfMemoryException or TapeMemoryException =>
            new Failure(ExitCode.Resources, "memory", "enough for these sizes", error.Message, "choose smaller sizes", error),
        IOException or UnauthorizedAccessException =>
            new Failure(ExitCode.Disk, "files", "to read and write them", error.Message, "check the disk's space and the permissions",
                error),
        _ => new Failure(ExitCode.InternalError, "internal error", "no exception", $"{error.GetType().Name}: {error.Message}",
            "run again with --debug and report it", error),
    };

    /// <summary>The first fault of a command line that cannot be understood.</summary>
    private static Failure Describe(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        string[] commands = [.. command.Subcommands.Select(child => child.Name)];
        if (UnknownOption(parse) is string unknown)
        {
            IEnumerable<string> options = Ancestors(parse.CommandResult)
                .SelectMany(result => result.Command.Options).Select(option => option.Name);
            return new Failure(ExitCode.Usage, unknown, "an option of this command", "an unknown option",
                Nearest.Hint(unknown, options, "see --help"));
        }
        if ((Directive(parse) ?? parse.UnmatchedTokens.FirstOrDefault()) is string token)
        {
            return new Failure(ExitCode.Usage, "command line", commands.Length > 0 ? "one of " + string.Join(", ", commands)
                : "no further argument",
                $"'{token}'", Nearest.Hint(token, commands, "see --help"));
        }
        ParseError? error = parse.Errors.FirstOrDefault();
        return error?.SymbolResult switch
        {
            OptionResult option => new Failure(ExitCode.Usage, option.Option.Name, "one value",
                option.Tokens.Count == 0 ? "none" : $"{option.Tokens.Count} values", "see --help"),
            ArgumentResult argument => new Failure(ExitCode.Usage, argument.Argument.Name, "one value",
                argument.Tokens.Count == 0 ? "none" : $"{argument.Tokens.Count} values", "see --help"),
            _ => new Failure(ExitCode.Usage, "command line", commands.Length > 0 ? "one of " + string.Join(", ", commands)
                : "valid arguments",
                commands.Length > 0 ? "none" : error?.Message ?? "none", "see --help"),
        };
    }

    /// <summary>A word with dashes that the library took for an argument, or for nothing.</summary>
    private static string? UnknownOption(ParseResult parse) => parse.CommandResult.Children.OfType<ArgumentResult>()
        .SelectMany(argument => argument.Tokens.Select(token => token.Value)).Concat(parse.UnmatchedTokens)
        .FirstOrDefault(token => token.StartsWith("--", StringComparison.Ordinal));

    /// <summary>A first word in brackets, which the library would skip.</summary>
    private static string? Directive(ParseResult parse) =>
        parse.Tokens.FirstOrDefault(token => token.Type == TokenType.Directive)?.Value;

    private static string Name(CommandResult result) =>
        string.Join(' ', Ancestors(result).Reverse().Skip(1).Select(ancestor => ancestor.Command.Name));

    private static IEnumerable<CommandResult> Ancestors(CommandResult result)
    {
        for (SymbolResult? ancestor = result; ancestor is not null; ancestor = ancestor.Parent)
        {
            if (ancestor is CommandResult command)
                yield return command;
        }
    }
}
