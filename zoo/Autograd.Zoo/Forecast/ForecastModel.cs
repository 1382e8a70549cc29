using System.Globalization;
using System.Numerics;
using System.Text;
using Autograd.Zoo.Formats;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Forecast;

/// <summary>Forecasts of series, as the commands see them.</summary>
internal sealed class ForecastModel : NetworkModel
{
    public override string Name => "forecast";

    public override string Description => "Autoregression, linear and latent: the next values of one or more series together, with prediction intervals, up to 12 steps ahead.";

    public override IReadOnlyList<string> Cells => ["rnn", "lstm", "gru", "ar"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("CSV of a date and one or more series; a made-up oscillator when not given"),
        new ChoiceSetting("cell", "recurrent cell; ar, the last inputs themselves", "gru", "lstm", "rnn", "ar"),
        new ChoiceSetting("over", "what the network's answer is added to: linear, a linear AR by least squares; nothing; ar stands alone", "linear", "nothing"),
        new IntegerSetting("lags", "rows that the linear AR reads; 0 to choose by validation", 0, 0, 1000),
        new IntegerSetting("season", "rows of a season; 0 for none; -1 to look for one, and choose by validation", -1, -1, 1_000_000),
        new ChoiceSetting("scale", "series as they are or their roots; auto chooses by validation", "auto", "linear", "root"),
        new IntegerSetting("members", "networks whose answers are averaged", 5, 1, 1000),
        CommonSettings.Hidden(16),
        CommonSettings.Dropout(0),
        new IntegerSetting("time", "rows of a training sequence; the first quarter only warms up", 96, 4, 100_000),
        CommonSettings.Batch(16),
        CommonSettings.Steps(300),
        .. CommonSettings.Optimization(5e-3, schedule: "cosine", clip: 1),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } = new Dictionary<string, object>
    {
        ["lags"] = 2L,
        ["season"] = 24L,
        ["members"] = 2L,
        ["hidden"] = 3L,
        ["time"] = 6L,
        ["batch"] = 2L,
    };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? file = settings.Text("data");
        Outline? known = facts is null ? null : Outline.Of(facts);
        Lazy<SeriesData> data = new(() => file is null ? SeriesData.Generated() : SeriesData.Read(file, known));
        Choice? choice = known is null ? Choose(settings, data.Value) : null;
        Outline outline = known ?? Outline.Of(choice!, data.Value);
        Lazy<Baseline> baseline = new(() => Baseline.Of(data.Value));
        if (choice is not null) _ = baseline.Value; // refuses now what nothing could be measured by
        int hidden = settings.Integer("hidden"), members = settings.Integer("members"), lags = outline.Lags;
        MemoryGuard.Require("--hidden, --members, --batch, --time", [
            ("weights", [4, members, 4, hidden, hidden + outline.Features], sizeof(float)),
            ("states of a batch", [settings.Long("batch"), settings.Long("time"), members, 12, hidden], sizeof(float))]);
        return settings.Text("cell") switch
        {
            "rnn" => Of<Hidden<T>>(features => new Rnn<T>(features, hidden)),
            "lstm" => Of<LstmState<T>>(features => new Lstm<T>(features, hidden)),
            "ar" => Of<Hidden<T>>(features => new Recurrent<T, Hidden<T>>(features, size => new DelayLine<T>(size, lags))),
            _ => Of<Hidden<T>>(features => new Gru<T>(features, hidden)),
        };

        ZooTask<T> Of<TState>(Func<int, RecurrentLayer<T, TState>> layer)
            where TState : struct, IState<TState, T>
        {
            ForecastNetwork<T, TState> network = new(outline, members, settings.Number("dropout"), layer);
            if (choice is not null) Fill(network, choice, data.Value, settings.Text("over") == "linear" && settings.Text("cell") != "ar");
            return new ForecastTask<T, TState>(settings, outline, data, baseline, network);
        }
    }

    /// <summary>Scale, season and number of lags, by the linear AR that forecasts the validation rows best.</summary>
    private static Choice Choose(SettingValues settings, SeriesData data)
    {
        Scale[] scales = settings.Text("scale") switch { "linear" => [new(false)], "root" => [new(true)], _ => [new(false), new(true)] };
        int season = settings.Integer("season"), lags = settings.Integer("lags");
        Season looked = season == -1 ? Season.Strongest(data.Rows, data.Validation) : new(season);
        if (season is > 0 and < 3)
            throw new Failure(ExitCode.Usage, "--season", "at least 3 rows, as waves have", $"{season}", "choose a longer season, or 0 for none");
        int coefficients = LinearAr.Count(Math.Max(1, lags), looked, data.Columns.Length);
        if (data.Validation < 2 * coefficients)
        {
            throw new Failure(
                ExitCode.Usage, "--lags", $"at most half as many coefficients as the {data.Validation} rows to fit", $"{coefficients}", "choose fewer lags, or pass fewer series or more rows");
        }

        Choice with = Choice.Of(data, scales, looked, lags == 0 ? null : lags);
        if (season != -1 || looked.Period == 0) return with;
        Choice without = Choice.Of(data, scales, default, lags == 0 ? null : lags);
        return with.IsSurelyBetterThan(without) ? with : without;
    }

    /// <summary>What the network stands on: how series are standardized, and the linear AR in these units.</summary>
    private static void Fill<T, TState>(ForecastNetwork<T, TState> network, Choice choice, SeriesData data, bool hasLinear)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        double[][] scaled = choice.Scale.To(data.Rows);
        (double Mean, double Deviation)[] moments = [.. data.Columns.Select((_, s) => SeriesData.Moments(scaled.Take(data.Validation).Select(row => row[s])))];
        double[][] rows = [.. scaled.Select(row => (double[])[.. row.Select((y, s) => (y - moments[s].Mean) / moments[s].Deviation)])];
        (int lags, Season season) = (choice.Linear.Lags, choice.Linear.Season);
        LinearAr fitted = LinearAr.Fit(rows, 0, data.Validation, lags, season), refitted = LinearAr.Fit(rows, 0, data.Test, lags, season);
        double[][] errors = [.. fitted.Forecasts(rows, lags, data.Validation).Select((forecast, i) => (double[])[.. forecast.Select((f, s) => rows[lags + i][s] - f)])];
        Put(network.Mean, moments.Select(moment => moment.Mean));
        Put(network.Deviation, moments.Select(moment => moment.Deviation));
        Put(network.Unit, data.Columns.Select((_, s) => hasLinear ? SeriesData.Moments(errors.Select(row => row[s])).Deviation : 1));
        if (!hasLinear) return;
        Put(network.Fitted, fitted.Coefficients.SelectMany(row => row));
        Put(network.Refitted, refitted.Coefficients.SelectMany(row => row));

        static void Put(Tensor<T> to, IEnumerable<double> values) => to.CopyFrom([.. values.Select(T.CreateTruncating)]);
    }
}

/// <summary>Forecasting one step ahead, judged against persistence and linear AR(τ).</summary>
internal sealed class ForecastTask<T, TState>(
    SettingValues settings, Outline outline, Lazy<SeriesData> data, Lazy<Baseline> baseline, ForecastNetwork<T, TState> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private const int Horizon = 12, WaysShown = 2_000, WaysMeasured = 500, RowsShown = 120, SeriesShown = 4, OriginsShown = 10;

    private readonly Forecaster<T, TState> _forecaster = new(outline, network);
    private readonly ulong _seed = (ulong)settings.Long("seed");
    private double[][]? _rows, _targets;

    public override Module<T> Network => network;

    public override string Data => data.Value.Source;

    public override string Unit => "rows";

    /// <summary>Over a linear AR the answers are 0 at first, so that training begins with its forecasts.</summary>
    public override Initializer? InitializerOf(string path) =>
        settings.Text("over") == "linear" && path.StartsWith("head", StringComparison.Ordinal) ? Initializer.Zeros : null;

    public override long Steps => settings.Long("steps");

    public override long StepsPerValidation => 20;

    public override double? Expected => Path.GetFileName(settings.Text("data")) switch
    {
        null => 0.55,
        string file when file.Contains("sunspots", StringComparison.OrdinalIgnoreCase) => 1.005,
        string file when file.Contains("temperatures", StringComparison.OrdinalIgnoreCase) => 0.99,
        _ => null,
    };

    public override double? Bound => data.Value.Best is { } best ? Error(data.Value.Test, data.Value.Rows.Length, best[data.Value.Test..]) / Baselines.Test : null;

    public override IReadOnlyDictionary<string, string> Facts => outline.Facts();

    private int Columns => outline.Series;

    private bool IsOverLinear => settings.Text("over") == "linear" && settings.Text("cell") != "ar";

    private double[][] Rows => _rows ??= _forecaster.Standardized(data.Value.Rows);

    private Baseline Baselines => baseline.Value;

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        _targets ??= Targets();
        int series = outline.Series, last = data.Value.Validation - 1, first = Math.Max(0, outline.Lags - 1);
        int time = Math.Min(settings.Integer("time"), Math.Max(2, last / 2)), warm = time / 4, size = settings.Integer("batch"), counted = time - warm;
        int starts = last - time - Math.Max(0, first - warm) + 1; // what is counted has all lags before it
        RandomSource random = new(_seed, RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"train.{batch}")));
        T[] inputs = new T[time * size * outline.Features], targets = new T[counted * size * series];
        Variable<T> loss = default;
        for (int m = 0; m < network.Members; m++)
        {
            for (int b = 0; b < size; b++)
            {
                int start = Math.Max(0, first - warm) + random.NextInt(starts);
                T[] row = _forecaster.Inputs(Rows, start, start + time, 0);
                for (int t = 0; t < time; t++) row.AsSpan(t * outline.Features, outline.Features).CopyTo(inputs.AsSpan(((t * size) + b) * outline.Features));
                for (int t = warm; t < time; t++)
                {
                    for (int s = 0; s < series; s++) targets[((((t - warm) * size) + b) * series) + s] = T.CreateTruncating(_targets[start + t + 1][s]);
                }
            }

            Variable<T> answers = network.Forward(m, tape.Constant([time, size, outline.Features], inputs)).Answers;
            Variable<T> own = answers[warm..].MeanSquaredError(tape.Constant([counted, size, series], targets));
            loss = m == 0 ? own : loss + own;
        }

        units = (long)time * size * network.Members;
        return loss / network.Members;
    }

    public override Score Validate(CancellationToken stop)
    {
        (int from, int to) = (data.Value.Validation, data.Value.Test);
        network.Share.Fill(T.CreateTruncating(IsOverLinear ? Worth(from, to) : 1));
        double[][] forecasts = _forecaster.Forecasts(Rows, 0, from, to, isRefitted: false);
        int rows = outline.Errors;
        double[] mean = [.. Enumerable.Range(0, outline.Series).Select(s => Enumerable.Range(from, to - from).Average(t => Rows[t][s] - forecasts[t - from][s]))];
        network.Errors.CopyFrom([.. Enumerable.Range(0, rows).SelectMany(i =>
        {
            int t = from + (int)((long)i * (to - from) / rows);
            return mean.Select((m, s) => T.CreateTruncating(Rows[t][s] - forecasts[t - from][s] - m));
        })]);
        return Score(Error(from, to, _forecaster.Means(forecasts)) / Baselines.Validation, to - from);
    }

    public override Score Test(CancellationToken stop)
    {
        (int from, int to) = (data.Value.Test, data.Value.Rows.Length);
        return Score(Error(from, to, _forecaster.Means(_forecaster.Forecasts(Rows, data.Value.Start, from, to, isRefitted: true))) / Baselines.Test, to - from);
    }

    public override string Sample(long step) => Next(data.Value.Rows, 0, data.Value.Dates[^1]);

    /// <summary>The next 12 rows behind those of a file.</summary>
    public override void Predict(string input, TextWriter output, CancellationToken stop)
    {
        SeriesTable table = SeriesCsv.Read(input);
        long start = outline.StartOf(input, table);
        SeriesData.RequireOrder(input, table.Dates);
        if (table.Values.Length <= outline.Lags)
            throw new Failure(ExitCode.InputFile, input, $"more than {outline.Lags} rows, which it reads for a forecast", $"{table.Values.Length}", "pass a longer part of the series");
        output.WriteLine(Next(table.Values, start, table.Dates[^1]));
    }

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        SeriesData series = data.Value;
        (int from, int to) = (series.Test, series.Rows.Length);
        double[][] forecasts = _forecaster.Forecasts(Rows, series.Start, from, to, isRefitted: true), means = _forecaster.Means(forecasts);
        double[][] linear = _forecaster.Means(_forecaster.Linear(isRefitted: true).Forecasts(Rows, from, to, series.Start));
        string unit = Columns == 1 ? "" : ", each series in units of its standard deviation";
        double one = Columns == 1 ? Baselines.Units[0] : 1;
        yield return new TablePart("One step ahead", $"Root of the mean squared error on the test rows{unit}; τ of the linear AR is chosen on the validation rows.", ["forecast", "RMSE", "of the better baseline's"], [
            Line("persistence", Baselines.PersistenceErrors.Test),
            Line($"linear AR({Baselines.Linear.Lags})", Baselines.LinearErrors.Test),
            .. IsOverLinear ? [Line($"{outline}, without the network", Error(from, to, linear))] : Array.Empty<string[]>(),
            Line($"{settings.Text("cell")} over {(IsOverLinear ? outline : "nothing")}", Error(from, to, means)),
            .. Bound is double bound ? [Line("the best that is possible", bound * Baselines.Test)] : Array.Empty<string[]>()]);
        string[][] coverage = [.. series.Columns.Select((name, s) => (string[])[name, .. new[] { 0.8, 0.95 }.Select(share => Percent(Covered(s, share)))])];
        yield return new TablePart("Intervals", "Share of the test rows within the interval, one step ahead, which the errors on the validation rows make.", ["series", "80 % interval", "95 % interval"], coverage);

        int shown = Math.Max(from, to - RowsShown);
        double[] x = [.. Enumerable.Range(shown, to - shown).Select(static t => (double)t)];
        for (int s = 0; s < Math.Min(Columns, SeriesShown); s++)
        {
            (double[] low, double[] high) = _forecaster.Interval(forecasts[(shown - from)..], s, 0.95);
            yield return new LinesPart(
                $"{series.Columns[s]}, one step ahead", $"The last {x.Length} rows, to {series.Dates[^1]}, each forecast from those before it.", "row", series.Columns[s],
                [new("truth", x, [.. series.Rows[shown..].Select(row => row[s])]), new("forecast", x, [.. means[(shown - from)..].Select(row => row[s])])], new("95 % interval", x, low, high));
        }

        foreach (ReportPart part in ManySteps(one, unit, stop)) yield return part;

        string[] Line(string name, double error) => [name, Number(one * error), Number(error / Baselines.Test, 4)];

        double Covered(int s, double share)
        {
            (double[] low, double[] high) = _forecaster.Interval(forecasts, s, share);
            return ForecastErrors.Coverage<double>(series.Rows[from..].Select(row => row[s]).ToArray(), low, high);
        }
    }

    /// <summary>Forecasts of 12 steps, from every twelfth row of the test.</summary>
    private IEnumerable<ReportPart> ManySteps(double one, string unit, CancellationToken stop)
    {
        SeriesData series = data.Value;
        int[] origins = [.. Enumerable.Range(0, (series.Rows.Length - series.Test) / Horizon).Select(i => series.Test + (i * Horizon))];
        if (origins.Length == 0) yield break;
        double[][][][] ways = new double[origins.Length][][][];
        double[][][] linear = new double[origins.Length][][];
        for (int i = 0; i < origins.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            ways[i] = _forecaster.Ways(Rows[..origins[i]], series.Start, Horizon, WaysMeasured, _seed);
            linear[i] = Baselines.Linear.Ahead(series.Rows[..origins[i]], Horizon);
        }

        double[][] training = [.. Enumerable.Range(0, Columns).Select(s => series.Rows[..series.Test].Select(row => row[s]).ToArray())];
        List<string[]> rows = [];
        for (int step = 0; step < Horizon; step++)
        {
            double[] square = new double[3];
            double scaled = 0, in80 = 0, in95 = 0;
            for (int s = 0; s < Columns; s++)
            {
                double[] truth = [.. origins.Select(origin => series.Rows[origin + step][s])], ours = [.. ways.Select(way => way[step][s].Average())];
                double[][] all = [ours, [.. linear.Select(forecast => forecast[step][s])], [.. origins.Select(origin => series.Rows[origin - 1][s])]];
                for (int k = 0; k < all.Length; k++) square[k] += Math.Pow(ForecastErrors.RootMeanSquared<double>(truth, all[k]) / Baselines.Units[s], 2) / Columns;
                scaled += ForecastErrors.MeanAbsoluteScaled<double>(truth, ours, training[s]) / Columns;
                in80 += Covered(truth, s, step, 0.8) / Columns;
                in95 += Covered(truth, s, step, 0.95) / Columns;
            }

            rows.Add([Number(step + 1, 0), .. square.Select(mean => Number(one * Math.Sqrt(mean))), Number(scaled), Percent(in80), Percent(in95)]);
        }

        yield return new TablePart(
            $"{Horizon} steps ahead", $"From {origins.Length} rows of the test, {Horizon} apart{unit}; MASE is the mean error in units of that of persistence, one step ahead, on the rows that train.",
            ["steps", "RMSE", "linear AR", "persistence", "MASE", "in 80 %", "in 95 %"], [.. rows]);

        int first = Math.Max(0, origins.Length - OriginsShown);
        int[] places = [.. Enumerable.Range(origins[first], (origins.Length - first) * Horizon)];
        double[] x = [.. places.Select(static t => (double)t)];
        for (int s = 0; s < Math.Min(Columns, SeriesShown); s++)
        {
            double[][] sorted = [.. ways[first..].SelectMany(way => way.Select(step => step[s]))];
            yield return new LinesPart(
                $"{series.Columns[s]}, {Horizon} steps ahead", $"Every {Horizon} rows a forecast of the next {Horizon} begins, from the true rows before it alone.", "row", series.Columns[s],
                [new("truth", x, [.. places.Select(t => series.Rows[t][s])]), new("forecast", x, [.. sorted.Select(static way => way.Average())])],
                new("95 % interval", x, [.. sorted.Select(way => Quantile(way, 0.025))], [.. sorted.Select(way => Quantile(way, 0.975))]));
        }

        double Covered(double[] truth, int s, int step, double share) => ForecastErrors.Coverage<double>(
            truth, ways.Select(way => Quantile(way[step][s], (1 - share) / 2)).ToArray(), ways.Select(way => Quantile(way[step][s], (1 + share) / 2)).ToArray());
    }

    private string Next(double[][] raw, long start, string last)
    {
        double[][][] ways = _forecaster.Ways(_forecaster.Standardized(raw), start, Horizon, WaysShown, _seed);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"the {Horizon} rows behind {Failure.OneLine(last)}, with intervals of 80 and 95 %");
        for (int s = 0; s < outline.Series; s++)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{Failure.OneLine(outline.Columns[s])}");
            for (int step = 0; step < Horizon; step++)
            {
                double[] sorted = ways[step][s];
                text.Append(CultureInfo.InvariantCulture, $"\n{"+" + (step + 1),5} {sorted.Average(),12:0.00}   {Range(sorted, 0.8),24}   {Range(sorted, 0.95),24}");
            }
        }

        return text.ToString();

        static string Range(double[] sorted, double share) => $"{Number(Quantile(sorted, (1 - share) / 2))} to {Number(Quantile(sorted, (1 + share) / 2))}";
    }

    private static double Quantile(double[] sorted, double probability) => Forecaster<T, TState>.Quantile(sorted, probability);

    private static string Number(double value, int places = 2) => value.ToString("F" + places, CultureInfo.InvariantCulture);

    private static string Percent(double share) => Number(100 * share, 1) + " %";

    /// <summary>How much of the answers makes the error least, from nothing to all of them: by least squares, of what the linear AR leaves on the answers.</summary>
    private double Worth(int from, int to)
    {
        double[][] linear = _forecaster.Linear(isRefitted: false).Forecasts(Rows, from, to), answers = _forecaster.Answers(Rows, 0, from, to);
        double product = 0, square = 1e-12;
        for (int i = 0; i < answers.Length; i++)
        {
            for (int s = 0; s < Columns; s++)
            {
                double answer = double.CreateTruncating(network.Unit.Span[s]) * answers[i][s];
                product += answer * (Rows[from + i][s] - linear[i][s]);
                square += answer * answer;
            }
        }

        return Math.Clamp(product / square, 0, 1);
    }

    /// <summary>What the network has to say: what the linear AR leaves, in units of it.</summary>
    private double[][] Targets()
    {
        LinearAr linear = _forecaster.Linear(isRefitted: false);
        ReadOnlySpan<T> units = network.Unit.Span;
        double[][] targets = new double[data.Value.Validation][];
        double[] forecast = new double[outline.Series];
        for (int t = outline.Lags; t < targets.Length; t++)
        {
            linear.Forecast(Rows, t, t, forecast);
            targets[t] = new double[forecast.Length];
            for (int s = 0; s < forecast.Length; s++) targets[t][s] = (Rows[t][s] - forecast[s]) / double.CreateTruncating(units[s]);
        }

        return targets;
    }

    private double Error(int from, int to, double[][] forecasts) => Math.Sqrt(Choice.Squares(data.Value, Baselines.Units, from, to, forecasts).Average());

    private Score Score(double ratio, int rows) => new(Metric.RmseRatio, ratio, (long)rows * outline.Series);
}
