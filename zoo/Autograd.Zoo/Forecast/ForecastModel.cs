using System.Numerics;
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
        new IntegerSetting("members", "networks whose answers are averaged", 10, 1, 1000),
        CommonSettings.Hidden(16),
        CommonSettings.Dropout(0),
        new IntegerSetting("time", "rows of a training sequence; the first quarter only warms up", 96, 4, 100_000),
        CommonSettings.Batch(16),
        CommonSettings.Steps(300),
        .. CommonSettings.Optimization(2e-2, schedule: "cosine", clip: 1),
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
