using System.CommandLine;

namespace Autograd.Zoo.Commands;

/// <summary><c>check MODEL</c>: the model's gradients against differences, in double and at small sizes.</summary>
internal static class CheckCommand
{
    public static Command Create(CliContext context)
    {
        var check = new Command("check", "Compare a model's gradients with finite differences.");
        foreach (IZooModel model in context.Models)
        {
            var command = new Command(model.Name, model.Description);
            command.SetAction(_ =>
            {
                GradientCheckReport report = model.Check();
                context.Output.WriteLine(report);
                return report.Passed ? ExitCode.Ok : ExitCode.Numeric;
            });
            check.Subcommands.Add(command);
        }
        return check;
    }
}
