using System.Globalization;
using Spectre.Console;

namespace Autograd.Zoo.Runs;

/// <summary>What a training run shows while it goes on.</summary>
internal interface IDisplay
{
    /// <summary>One step is done. Called after every step.</summary>
    void Step(in Progress progress);

    /// <summary>A line of its own: a validation loss, a notice.</summary>
    void Line(string text);

    /// <summary>A sample of the model, of several lines.</summary>
    void Sample(string text);

    /// <summary>Shows what <paramref name="body"/> reports, and takes the display down afterwards.</summary>
    void During(Action body);
}

/// <summary>Where a run stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Mean loss of the last steps.</param>
/// <param name="UnitsPerSecond">Speed.</param>
/// <param name="Unit">What is counted for the speed.</param>
/// <param name="Left">Time to the last step.</param>
internal readonly record struct Progress(long Step, long Steps, double Loss, double UnitsPerSecond, string Unit, TimeSpan Left)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"step {Step}/{Steps}  loss {Loss:0.0000}  {UnitsPerSecond:#,0} {Unit}/s  {Time(Left)} left");

    private static string Time(TimeSpan time) =>
        time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
}

/// <summary>Shows nothing.</summary>
internal sealed class QuietDisplay : IDisplay
{
    public void Step(in Progress progress)
    {
    }

    public void Line(string text)
    {
    }

    public void Sample(string text)
    {
    }

    public void During(Action body) => body();
}

/// <summary>Plain lines, for a file or a pipe.</summary>
internal sealed class PlainDisplay(TextWriter output) : IDisplay
{
    private const int StepsPerLine = 50;

    public void Step(in Progress progress)
    {
        if (progress.Step % StepsPerLine == 0 || progress.Step == progress.Steps)
            output.WriteLine(progress.ToString());
    }

    public void Line(string text) => output.WriteLine(Failure.OneLine(text));

    public void Sample(string text)
    {
        foreach (string line in text.Split('\n'))
            output.WriteLine("  " + Failure.OneLine(line));
    }

    public void During(Action body) => body();
}

/// <summary>A progress bar, for a terminal.</summary>
internal sealed class BarDisplay(TextWriter output) : IDisplay
{
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
    private ProgressTask? _task;

    public void Step(in Progress progress)
    {
        if (_task is null)
            return;
        _task.MaxValue = progress.Steps;
        _task.Value = progress.Step;
        _task.Description = Markup.Escape(progress.ToString());
    }

    // Text, not markup: a sample may hold anything.
    public void Line(string text) => _console.Write(new Text(Failure.OneLine(text) + "\n"));

    public void Sample(string text)
    {
        foreach (string line in text.Split('\n'))
            _console.Write(new Text("  " + Failure.OneLine(line) + "\n", new Style(Color.Grey)));
    }

    public void During(Action body) => _console.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .Start(context =>
        {
            _task = context.AddTask("starting");
            try
            {
                body();
            }
            finally
            {
                _task.StopTask();
                _task = null;
            }
        });
}
