using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Reports;

namespace Autograd.Zoo.Forecast;

/// <summary>What a report tells of forecasts: errors one step and twelve steps ahead beside those of the baselines, and how often intervals hold.</summary>
internal sealed class ForecastReport<T, TState>(
    string cell, bool isOverLinear, Outline outline, SeriesData series, Baseline baselines, Forecaster<T, TState> forecaster, double? bound, ulong seed)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private const int Horizon = 12, Ways = 500, RowsShown = 120, SeriesShown = 4, OriginsShown = 10;

    private readonly double[][] _rows = forecaster.Standardized(series.Rows);

    /// <summary>The parts.</summary>
    public IEnumerable<ReportPart> Parts(CancellationToken stop)
    {
        (int from, int to) = (series.Test, series.Rows.Length);
        double[][] forecasts = forecaster.Forecasts(_rows, series.Start, from, to, isRefitted: true), means = forecaster.Means(forecasts);
        double[][] linear = forecaster.Means(forecaster.Linear(isRefitted: true).Forecasts(_rows, from, to, series.Start));
        string unit = outline.Series == 1 ? "" : ", each series in units of its standard deviation";
        double one = outline.Series == 1 ? baselines.Units[0] : 1;
        yield return new TablePart("One step ahead", $"Root of the mean squared error on the test rows{unit}; τ of the linear AR is chosen on the validation rows.", ["forecast", "RMSE", "of the better baseline's"], [
            Line("persistence", baselines.PersistenceErrors.Test),
            Line($"linear AR({baselines.Linear.Lags})", baselines.LinearErrors.Test),
            .. isOverLinear ? [Line($"{outline}, without the network", Choice.Error(series, baselines.Units, from, to, linear))] : Array.Empty<string[]>(),
            Line($"{cell} over {(isOverLinear ? outline : "nothing")}", Choice.Error(series, baselines.Units, from, to, means)),
            .. bound is double least ? [Line("the best that is possible", least * baselines.Test)] : Array.Empty<string[]>()]);
        string[][] coverage = [.. series.Columns.Select((name, s) => (string[])[name, .. new[] { 0.8, 0.95 }.Select(share => Percent(Covered(s, share)))])];
        yield return new TablePart("Intervals", "Share of the test rows within the interval, one step ahead, which the errors on the validation rows make.", ["series", "80 % interval", "95 % interval"], coverage);

        int shown = Math.Max(from, to - RowsShown);
        double[] x = [.. Enumerable.Range(shown, to - shown).Select(static t => (double)t)];
        for (int s = 0; s < Math.Min(outline.Series, SeriesShown); s++)
        {
            (double[] low, double[] high) = forecaster.Interval(forecasts[(shown - from)..], s, 0.95);
            yield return new LinesPart(
                $"{series.Columns[s]}, one step ahead", $"The last {x.Length} rows, to {series.Dates[^1]}, each forecast from those before it.", "row", series.Columns[s],
                [new("truth", x, [.. series.Rows[shown..].Select(row => row[s])]), new("forecast", x, [.. means[(shown - from)..].Select(row => row[s])])], new("95 % interval", x, low, high));
        }

        foreach (ReportPart part in ManySteps(one, unit, stop)) yield return part;

        string[] Line(string name, double error) => [name, Number(one * error), Number(error / baselines.Test, 4)];

        double Covered(int s, double share)
        {
            (double[] low, double[] high) = forecaster.Interval(forecasts, s, share);
            return ForecastErrors.Coverage<double>(series.Rows[from..].Select(row => row[s]).ToArray(), low, high);
        }
    }

    /// <summary>Forecasts of 12 steps, from every twelfth row of the test.</summary>
    private IEnumerable<ReportPart> ManySteps(double one, string unit, CancellationToken stop)
    {
        int[] origins = [.. Enumerable.Range(0, (series.Rows.Length - series.Test) / Horizon).Select(i => series.Test + (i * Horizon))];
        if (origins.Length == 0) yield break;
        double[][][][] ways = new double[origins.Length][][][];
        double[][][] linear = new double[origins.Length][][];
        for (int i = 0; i < origins.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            ways[i] = forecaster.Ways(_rows[..origins[i]], series.Start, Horizon, Ways, seed);
            linear[i] = baselines.Linear.Ahead(series.Rows[..origins[i]], Horizon);
        }

        double[][] training = [.. Enumerable.Range(0, outline.Series).Select(s => series.Rows[..series.Test].Select(row => row[s]).ToArray())];
        List<string[]> rows = [];
        for (int step = 0; step < Horizon; step++)
        {
            double[] square = new double[3];
            double scaled = 0, in80 = 0, in95 = 0;
            for (int s = 0; s < outline.Series; s++)
            {
                double[] truth = [.. origins.Select(origin => series.Rows[origin + step][s])], ours = [.. ways.Select(way => way[step][s].Average())];
                double[][] all = [ours, [.. linear.Select(forecast => forecast[step][s])], [.. origins.Select(origin => series.Rows[origin - 1][s])]];
                for (int k = 0; k < all.Length; k++) square[k] += Math.Pow(ForecastErrors.RootMeanSquared<double>(truth, all[k]) / baselines.Units[s], 2) / outline.Series;
                scaled += ForecastErrors.MeanAbsoluteScaled<double>(truth, ours, training[s]) / outline.Series;
                in80 += Covered(truth, s, step, 0.8) / outline.Series;
                in95 += Covered(truth, s, step, 0.95) / outline.Series;
            }

            rows.Add([Number(step + 1, 0), .. square.Select(mean => Number(one * Math.Sqrt(mean))), Number(scaled), Percent(in80), Percent(in95)]);
        }

        yield return new TablePart(
            $"{Horizon} steps ahead", $"From {origins.Length} rows of the test, {Horizon} apart{unit}; MASE is the mean error in units of that of persistence, one step ahead, on the rows that train.",
            ["steps", "RMSE", "linear AR", "persistence", "MASE", "in 80 %", "in 95 %"], [.. rows]);

        int first = Math.Max(0, origins.Length - OriginsShown);
        int[] places = [.. Enumerable.Range(origins[first], (origins.Length - first) * Horizon)];
        double[] x = [.. places.Select(static t => (double)t)];
        for (int s = 0; s < Math.Min(outline.Series, SeriesShown); s++)
        {
            double[][] sorted = [.. ways[first..].SelectMany(way => way.Select(step => step[s]))];
            yield return new LinesPart(
                $"{series.Columns[s]}, {Horizon} steps ahead", $"Every {Horizon} rows a forecast of the next {Horizon} begins, from the true rows before it alone.", "row", series.Columns[s],
                [new("truth", x, [.. places.Select(t => series.Rows[t][s])]), new("forecast", x, [.. sorted.Select(static way => way.Average())])],
                new("95 % interval", x, [.. sorted.Select(way => SeriesData.Quantile(way, 0.025))], [.. sorted.Select(way => SeriesData.Quantile(way, 0.975))]));
        }

        double Covered(double[] truth, int s, int step, double share) => ForecastErrors.Coverage<double>(
            truth, ways.Select(way => SeriesData.Quantile(way[step][s], (1 - share) / 2)).ToArray(), ways.Select(way => SeriesData.Quantile(way[step][s], (1 + share) / 2)).ToArray());
    }

    private static string Number(double value, int places = 2) => value.ToString("F" + places, CultureInfo.InvariantCulture);

    private static string Percent(double share) => Number(100 * share, 1) + " %";
}
