using System.Globalization;
using System.Numerics;
using System.Text;
using Autograd.Zoo.Formats;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Forecast;

/// <summary>Forecasting one step ahead, judged against persistence and linear AR(τ).</summary>
internal sealed class ForecastTask<T, TState>(
    SettingValues settings, Outline outline, Lazy<SeriesData> data, Lazy<Baseline> baseline, ForecastNetwork<T, TState> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private const int Horizon = 12, Ways = 2_000;

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

    public override double? Expected => !settings.AreDefaults() ? null : Path.GetFileName(settings.Text("data")) switch
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

    public override bool Predicts => true;

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

    public override IEnumerable<ReportPart> Report(CancellationToken stop) => new ForecastReport<T, TState>(
        settings.Text("cell")!, IsOverLinear, outline, data.Value, Baselines, _forecaster, Bound, _seed).Parts(stop);

    private string Next(double[][] raw, long start, string last)
    {
        double[][][] ways = _forecaster.Ways(_forecaster.Standardized(raw), start, Horizon, Ways, _seed);
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

        static string Range(double[] sorted, double share) => string.Create(
            CultureInfo.InvariantCulture, $"{SeriesData.Quantile(sorted, (1 - share) / 2):F2} to {SeriesData.Quantile(sorted, (1 + share) / 2):F2}");
    }

    /// <summary>
    /// How much of the answers is surely of use, from nothing to all of them: the share that makes the error least (least squares, of what the
    /// linear AR leaves on the answers), less its standard error, as these rows choose among checkpoints, too.
    /// </summary>
    private double Worth(int from, int to)
    {
        double[][] linear = _forecaster.Linear(isRefitted: false).Forecasts(Rows, from, to), answers = _forecaster.Answers(Rows, 0, from, to);
        double product = 0, square = 1e-12, squaredError = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            for (int s = 0; s < Columns; s++)
            {
                double answer = double.CreateTruncating(network.Unit.Span[s]) * answers[i][s];
                double error = Rows[from + i][s] - linear[i][s];
                product += answer * error;
                square += answer * answer;
                squaredError += error * error;
            }
        }

        double share = product / square, variance = Math.Max(0, squaredError - (share * product)) / (answers.Length * Columns);
        return Math.Clamp(share - Math.Sqrt(variance / square), 0, 1);
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

    private double Error(int from, int to, double[][] forecasts) => Choice.Error(data.Value, Baselines.Units, from, to, forecasts);

    private Score Score(double ratio, int rows) => new(Metric.RmseRatio, ratio, (long)rows * outline.Series);
}
