using System.Globalization;
using System.Text.Json;

namespace Autograd.Zoo.Reports;

/// <summary>metrics.jsonl as columns: what each logged step of training and each validation gave.</summary>
internal sealed record RunLog(double[] Steps, double[] Losses, double[] Rates, double[] Norms, double[] ValidationSteps, double[] Validations, string? Metric)
{
    /// <summary>The last step that it knows of.</summary>
    public double LastStep => Steps.Concat(ValidationSteps).DefaultIfEmpty(0).Max();

    /// <summary>The best validation, the first of several; null before the first.</summary>
    public (double Step, double Value)? Best => Validations.Length == 0 ? null
        : ValidationSteps.Zip(Validations).MinBy(entry => Runs.Metric.IsLargerBetter(Metric!) ? -entry.Second : entry.Second);

    /// <summary>Reads the file. A line that is damaged is left out, with a warning.</summary>
    public static RunLog Read(string path, Action<string> warn)
    {
        List<(double Step, double Loss, double Rate, double Norm)> steps = [];
        List<(double Step, double Value)> validations = [];
        string? metric = null;
        int number = 0, damaged = 0, firstDamaged = 0;
        if (!File.Exists(path)) warn($"{path}: expected the curves of the run, got no such file; the page is made without them");
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            number++;
            try
            {
                using JsonDocument json = JsonDocument.Parse(line);
                JsonElement entry = json.RootElement;
                double step = entry.GetProperty("step").GetInt64();
                switch (entry.GetProperty("split").GetString())
                {
                    case "train":
                        steps.Add((step, Number("loss"), Number("learning_rate"), Number("gradient_norm")));
                        break;
                    case "validation":
                        validations.Add((step, Number("value")));
                        metric = entry.GetProperty("metric").GetString();
                        break;
                }

                double Number(string key) => entry.GetProperty(key).GetDouble() is double value && double.IsFinite(value) ? value : throw new FormatException(key);
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                if (damaged++ == 0) firstDamaged = number;
            }
        }

        if (damaged > 0)
        {
            warn(string.Create(CultureInfo.InvariantCulture,
                $"{path}: line {firstDamaged}: expected a JSON object with a step's figures, got another text; {(damaged == 1 ? "it is" : $"it and {damaged - 1} more are")} left out"));
        }

        metric ??= validations.Count > 0 ? "validation" : null;
        return new([.. steps.Select(static entry => entry.Step)], [.. steps.Select(static entry => entry.Loss)], [.. steps.Select(static entry => entry.Rate)],
            [.. steps.Select(static entry => entry.Norm)], [.. validations.Select(static entry => entry.Step)], [.. validations.Select(static entry => entry.Value)], metric);
    }

    /// <summary>Means of each value with those before and behind it, together about a twentieth of all; fewer at the ends.</summary>
    public static double[] Smooth(double[] values)
    {
        double[] smooth = new double[values.Length];
        int reach = Math.Max(1, values.Length / 40);
        for (int i = 0; i < values.Length; i++) smooth[i] = values[Math.Max(0, i - reach)..Math.Min(values.Length, i + reach + 1)].Average();

        return smooth;
    }
}
