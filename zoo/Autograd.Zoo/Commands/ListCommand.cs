using System.CommandLine;

namespace Autograd.Zoo.Commands;

/// <summary><c>list</c>: the models there are.</summary>
internal static class ListCommand
{
    public static Command Create(CliContext context)
    {
        var command = new Command("list", "List the models.");
        command.SetAction(_ =>
        {
            foreach (IZooModel model in context.Models)
                context.Output.WriteLine($"{model.Name,-16}{model.Description}");
            return ExitCode.Ok;
        });
        return command;
    }
}
