using System.Globalization;
using System.Text;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Reports;

/// <summary>One page about one run, complete in itself: no script, no font, no picture from elsewhere.</summary>
/// <param name="model">The model.</param>
/// <param name="settings">The settings of the run.</param>
/// <param name="folder">The run's folder, to name it.</param>
/// <param name="log">Its curves.</param>
/// <param name="result">What it came to; null while it is not finished.</param>
/// <param name="weights">The tensors of the network, with their sizes.</param>
internal sealed class ReportPage(
    IZooModel model, SettingValues settings, string folder, RunLog log, RunResult? result, IReadOnlyList<(string Name, long[] Shape)> weights)
{
    /// <summary>Writes the page.</summary>
    /// <param name="step">The step of the network that is shown.</param>
    /// <param name="sample">What that network gives.</param>
    /// <param name="parts">What the model adds.</param>
    public string Write(long step, string sample, IEnumerable<ReportPart> parts)
    {
        StringBuilder html = new();
        html.Append(CultureInfo.InvariantCulture, $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><title>{Html.Escape(model.Name)}, a run</title><style>\n{PageStyle.Css}\n</style></head><body><main>\n");
        html.Append(CultureInfo.InvariantCulture, $"<header><p class=\"kicker\">Report of a run</p><h1>{Html.Escape(model.Name)}</h1><p class=\"lede\">{Html.Escape(model.Description)}</p></header>\n");
        html.Append(Figure(step)).Append(Curves());
        foreach (ReportPart part in parts) html.Append(Html.Section(part));
        html.Append(Html.Section(new TextPart("Sample", Text($"What the network of step {step:#,0} gives."), sample.TrimEnd('\n'))));
        html.Append(Html.Section(new TablePart("Network", Text($"{Total:#,0} trained numbers in {weights.Count:#,0} tensors."), ["tensor", "shape", "numbers"],
            [.. weights.Select(entry => (string[])[entry.Name, entry.Shape.Length == 0 ? "one" : string.Join(" × ", entry.Shape), Text($"{Count(entry.Shape):#,0}")])])));
        html.Append(Settings());
        return html.Append("</main></body></html>\n").ToString();
    }

    private long Total => weights.Sum(static entry => Count(entry.Shape));

    private string Figure(long step)
    {
        StringBuilder html = new("<section class=\"figure\">");
        if (result is not null)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"kicker\">{Html.Escape(Name(result.Metric))}, {(Metric.IsLargerBetter(result.Metric) ? "more" : "less")} is better</p><p class=\"value\">{Html.Escape(Show(result.Metric, result.Value))}</p><p>{Html.Escape(Sentence(result))}</p>");
            if (result.Expected is double expected) html.Append(Bar(result, expected));
        }
        else
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"value\">Not finished</p><p>{Html.Escape(Text($"The run stands at step {Math.Max(log.LastStep, step):#,0}, and goes on with train {model.Name} --resume --out {folder}."))}</p>");
        }

        html.Append("<dl class=\"facts\">");
        Fact("data", result?.Data, isWhole: true);
        Fact("steps", result is null ? null : Text($"{result.Steps:#,0}"));
        Fact("network shown", Text($"step {step:#,0}"));
        Fact("trained numbers", Text($"{Total:#,0}"));
        Fact("gradient clipped", result is null ? null : result.ClippedShare == 0 ? "never" : Text($"in {result.ClippedShare * 100:0.#} % of the steps"));
        Fact(result?.FirstStep > 0 ? Text($"time from step {result.FirstStep:#,0}") : "time", result is null ? null : Time(result.Seconds));
        Fact("peak memory", result is null ? null : Text($"{result.PeakMemory / 1e6:#,0} MB"));
        Fact("seed", settings.Has("seed") ? Setting.Format(settings["seed"]) : null);
        return html.Append("</dl></section>\n").ToString();

        void Fact(string name, string? text, bool isWhole = false)
        {
            if (text is not null) html.Append(CultureInfo.InvariantCulture, $"<div{(isWhole ? " class=\"whole\"" : "")}><dt>{name}</dt><dd>{Html.Escape(text)}</dd></div>");
        }
    }

    private static string Sentence(RunResult result)
    {
        string text = $"{result.Figure}, measured at the end of the run. ";
        if (result.Expected is double expected)
        {
            bool isLarger = Metric.IsLargerBetter(result.Metric), isReached = isLarger ? result.Value >= expected : result.Value <= expected;
            text += $"The model's page promises {Show(result.Metric, expected)}, which this run {(isReached ? "reaches" : "does not reach")}. ";
        }

        if (result.Bound is double bound) text += Text($"That is {(result.Value / bound - 1) * 100:0.0} % above {bound:0.0000}, below which no model can come. ");
        return text.TrimEnd();
    }

    /// <summary>The figure as a bar, with a line where it should be.</summary>
    private static string Bar(RunResult result, double expected)
    {
        double whole = result.Metric switch
        {
            "accuracy" or "exact_words" => 1,
            "bleu" => Math.Max(50, Math.Max(result.Value, expected)),
            _ => Math.Max(result.Value, expected) * 1.25,
        };
        if (!(whole > 0)) return "";
        double value = Math.Clamp(result.Value / whole, 0, 1), mark = Math.Clamp(expected / whole, 0, 1);
        return Text($"<div class=\"bar\"><i style=\"--v:{value:0.####}\"></i><b style=\"--v:{mark:0.####}\"></b><span{(mark < 0.35 ? " class=\"after\"" : "")} style=\"--v:{mark:0.####}\">expected {Html.Escape(Show(result.Metric, expected))}</span></div>");
    }

    private string Curves()
    {
        string metric = log.Metric ?? "validation";
        bool isLoss = metric is "validation_loss" or "test_loss" or "mse", isShare = metric is "accuracy" or "exact_words";
        Chart training = new("step", isLoss ? "loss" : "training loss", isFromZero: true);
        Chart validation = isLoss ? training : new Chart("step", $"{Name(metric)} on the validation part{(isShare ? ", %" : "")}", isFromZero: true);
        training.Add(new Line("training, smoothed", log.Steps, RunLog.Smooth(log.Losses)), raw: new("training", log.Steps, log.Losses));
        if (log.Best is (double at, double best))
        {
            double unit = isShare ? 100 : 1;
            validation.Add(new Line("validation", log.ValidationSteps, [.. log.Validations.Select(value => value * unit)]), dots: true)
                .Mark(Text($"best at step {at:#,0}: {Show(metric, best)}"), at, best * unit);
            if (result?.Expected is double expected && result.Metric == metric) validation.Level($"expected {Show(metric, expected)}", expected * unit);
            if (result?.Bound is double bound && isLoss) validation.Level(Text($"least possible {bound:0.0##}"), bound);
        }

        StringBuilder html = new("<section><h2>Training</h2><p>");
        html.Append(log.Best is null ? "The loss of the steps, and faintly what it is a mean of. No validation fell due yet."
            : "The loss of the steps, and faintly what it is a mean of, and how the network did on examples that it does not learn from; "
                + (settings.Has("keep") && settings.Text("keep") == "last" ? "the last network is the run’s model." : "the best network there is the run’s model."));
        html.Append("</p>").Append(training.Draw());
        if (!isLoss && log.Validations.Length > 0) html.Append(validation.Draw());
        Chart norm = new Chart("step", "gradient norm", isSmall: true, isFromZero: true).Add(new Line("mean", log.Steps, RunLog.Smooth(log.Norms)), raw: new("norm", log.Steps, log.Norms));
        if (settings.Has("clip") && settings.Number("clip") is > 0 and var clip && log.Norms.DefaultIfEmpty(0).Max() > clip / 4) norm.Level(Text($"clipped at {clip:0.####}"), clip);
        html.Append("<div class=\"pair\">").Append(norm.Draw()).Append(new Chart("step", "learning rate", isSmall: true, isFromZero: true, isLinear: true).Add(new Line("rate", log.Steps, log.Rates)).Draw());
        return html.Append("</div></section>\n").ToString();
    }

    private string Settings()
    {
        StringBuilder command = new($"train {model.Name}");
        foreach (Setting setting in settings.Settings.Where(IsGiven))
        {
            string value = Setting.Format(settings[setting.Name]);
            command.Append(CultureInfo.InvariantCulture, $" {setting.Option} {(value.Any(char.IsWhiteSpace) ? $"\"{value}\"" : value)}");
        }

        StringBuilder html = new("<section><h2>Settings</h2><p>The same settings and seed give the same network, bit for bit, with any number of threads. What differs from the model’s own settings is set in bold.</p>");
        html.Append(CultureInfo.InvariantCulture, $"<pre>{Html.Escape(command.ToString())}</pre><table class=\"settings\"><thead><tr><th>setting</th><th>value</th></tr></thead><tbody>");
        foreach (Setting setting in settings.Settings)
            html.Append(CultureInfo.InvariantCulture, $"<tr{(IsGiven(setting) ? " class=\"given\"" : "")}><td><code>{Html.Escape(setting.Option)}</code><small>{Html.Escape(setting.Description)}</small></td><td>{Html.Escape(Setting.Format(settings[setting.Name]))}</td></tr>");
        return html.Append("</tbody></table></section>\n").ToString();

        bool IsGiven(Setting setting) => !Equals(settings[setting.Name], setting.Default);
    }

    private static string Name(string metric) => metric switch { "bleu" => "BLEU", "mse" => "mean squared error", "rmse_ratio" => "RMSE ratio", _ => metric.Replace('_', ' ') };

    private static string Show(string metric, double value) => metric is "accuracy" or "exact_words"
        ? Text($"{value * 100:0.0#} %")
        : value.ToString(metric == "bleu" ? "0.0" : Math.Abs(value) is < 1e-3 and > 0 ? "0.##e+0" : Math.Abs(value) < 1 ? "0.0###" : "0.0##", CultureInfo.InvariantCulture);

    private static string Time(double seconds) => seconds < 60 ? Text($"{seconds:0.0} s") : Text($"{(long)(seconds / 60)} min {(long)(seconds % 60)} s");

    private static long Count(long[] shape) => shape.Aggregate(1L, static (product, size) => product * size);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
