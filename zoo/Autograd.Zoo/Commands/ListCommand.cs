using System.CommandLine;

namespace Autograd.Zoo.Commands;

/// <summary><c>list</c>: the models there are, and which of them have a cell.</summary>
internal static class ListCommand
{
    public static Command Create(CliContext context)
    {
        var command = new Command("list", "List the models.");
        command.SetAction(_ =>
        {
            foreach (IZooModel model in context.Models)
                context.Output.WriteLine($"{model.Name,-16}{model.Description}");
            context.Output.WriteLine();
            foreach (string cell in context.Models.SelectMany(model => model.Cells).Distinct().Order(StringComparer.Ordinal))
                context.Output.WriteLine($"{cell,-16}{string.Join(", ", context.Models.Where(model => model.Cells.Contains(cell)).Select(model => model.Name))}");
            return ExitCode.Ok;
        });
        return command;
    }
}
