using System.Globalization;
using Autograd.Zoo.Formats;

namespace Autograd.Zoo.Forecast;

/// <summary>What a forecasting network is built by besides the settings: it goes into the checkpoint, with which the network is opened without its data.</summary>
/// <param name="Columns">The names of the series.</param>
/// <param name="Scale">The scale it works in.</param>
/// <param name="Season">The season.</param>
/// <param name="Lags">Rows that the linear AR reads.</param>
/// <param name="Errors">Rows of errors that are kept.</param>
/// <param name="First">The label of the first row, from which a season counts.</param>
/// <param name="Second">The label of the row behind it.</param>
internal sealed record Outline(string[] Columns, Scale Scale, Season Season, int Lags, int Errors, string First, string Second)
{
    private const int MostErrors = 500;

    public int Series => Columns.Length;

    /// <summary>What the network reads a step: the series, and the season of the row to forecast.</summary>
    public int Features => Series + Season.Features;

    /// <summary>Coefficients of the linear AR for each series.</summary>
    public int Coefficients => LinearAr.Count(Lags, Season, Series);

    public static Outline Of(Choice choice, SeriesData data) => new(
        data.Columns, choice.Scale, choice.Linear.Season, choice.Linear.Lags, Math.Min(MostErrors, data.Test - data.Validation), data.Dates[0], data.Dates[1]);

    /// <summary>What <see cref="Facts"/> gave.</summary>
    public static Outline Of(IReadOnlyDictionary<string, string> facts) => new(
        facts["columns"].Split('\n'), new(facts["scale"] == "root"), new(double.Parse(facts["season"], CultureInfo.InvariantCulture)),
        int.Parse(facts["lags"], CultureInfo.InvariantCulture), int.Parse(facts["errors"], CultureInfo.InvariantCulture), facts["first"], facts["second"]);

    public IReadOnlyDictionary<string, string> Facts() => new Dictionary<string, string>
    {
        ["columns"] = string.Join('\n', Columns),
        ["scale"] = Scale.Root ? "root" : "linear",
        ["season"] = Season.Period.ToString("R", CultureInfo.InvariantCulture),
        ["lags"] = Lags.ToString(CultureInfo.InvariantCulture),
        ["errors"] = Errors.ToString(CultureInfo.InvariantCulture),
        ["first"] = First,
        ["second"] = Second,
    };

    /// <summary>Where in the series that it learned from a file begins, in rows; 0 where no season asks for it.</summary>
    /// <exception cref="Failure">The file has other series; or there is a season, and the dates do not say where in it they begin.</exception>
    public long StartOf(string path, SeriesTable table)
    {
        if (!table.Columns.SequenceEqual(Columns))
        {
            throw new Failure(
                ExitCode.InputFile, $"{path}: line 1", $"the series that it learned: {string.Join(", ", Columns.Select(TextLines.Show))}",
                string.Join(", ", table.Columns.Select(TextLines.Show)), "pass a file with these columns in this order");
        }

        string date = table.Dates[0];
        if (Season.Period == 0 || date == First) return 0;
        if (SeriesData.Ordinal(First) is long first && SeriesData.Ordinal(Second) is long second && second > first && SeriesData.Ordinal(date) is long start)
            return (long)Math.Floor((double)(start - first) / (second - first));
        throw new Failure(
            ExitCode.InputFile, $"{path}: line 2", $"a date like {TextLines.Show(First)}, with which the data began that it learned a season from", TextLines.Show(date),
            "write dates as there, or pass a file that begins with the same row");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"linear AR({Lags}){(Scale.Root ? " of roots" : "")}{(Season.Period > 0 ? $" with a season of {Season.Period:0.#} rows" : "")}");
}
