using System.Globalization;
using System.Text.Json.Nodes;

namespace Autograd.Benchmarks;

/// <summary>How the cost of a recurrent layer with its head grows along one axis at a time, around one base.</summary>
internal static class Growth
{
    private static readonly string[] Cells = ["rnn", "lstm", "gru"];

    private static readonly (string Axis, int[] Values, Func<TrainingStep, int, TrainingStep> At)[] Axes =
    [
        ("time T", [10, 25, 50, 100, 200, 400], static (step, value) => step with { Time = value }),
        ("batch B", [1, 4, 16, 32, 64, 128], static (step, value) => step with { Batch = value }),
        ("hidden H", [32, 64, 128, 256, 512], static (step, value) => step with { Hidden = value }),
        ("layers", [1, 2, 3, 4], static (step, value) => step with { Layers = value }),
    ];

    /// <summary>Prints a Markdown table and, if asked, draws it. Axes other than threads use the most threads given.</summary>
    public static int Run(int[] threads, string filter, FileInfo? svg)
    {
        LogLogPlot plot = new("Cost of a training step (solid) and of its forward pass (dashed): T = 50, B = 32, H = 128, one layer unless on the axis", "ms");
        Console.WriteLine("| axis | value | cell | forward ms | train ms | train GFLOP/s | share of the FMA peak |\n|---|---|---|---|---|---|---|");
        foreach ((string axis, int[] values, Func<TrainingStep, int, TrainingStep> at) in Axes.Append(("threads", threads, static (step, _) => step)))
        {
            if (!axis.Contains(filter, StringComparison.Ordinal)) continue;
            foreach (string cell in Cells)
            {
                List<(double, double)> forward = [], train = [];
                foreach (int value in values)
                {
                    Parallelism.Threads = axis == "threads" ? value : threads.Max();
                    TrainingStep step = at(new(cell, cell, Time: 50, Batch: 32, Input: 65, Hidden: 128, Layers: 1, Bidirectional: false), value);
                    JsonObject line = [];
                    RecurrentSteps.Measure(step, 7, line, warmSeconds: 0.8);
                    double forwardTime = line["forward_ms"]!.GetValue<double>(), trainTime = line["train_ms"]!.GetValue<double>(), share = line["train_peak_share"]!.GetValue<double>();
                    double rate = step.TrainOperations / trainTime / 1e6;
                    forward.Add((value, forwardTime));
                    train.Add((value, trainTime));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {axis} | {value} | {cell} | {forwardTime:0.00} | {trainTime:0.00} | {rate:0} | {share:0.00} |"));
                }

                plot.Add(axis, cell, dashed: false, train);
                plot.Add(axis, cell, dashed: true, forward);
            }
        }

        if (svg is not null) File.WriteAllText(svg.FullName, plot.ToSvg());
        return 0;
    }
}
