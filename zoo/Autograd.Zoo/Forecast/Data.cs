using System.Globalization;
using Autograd.Zoo.Formats;

namespace Autograd.Zoo.Forecast;

/// <summary>Series over the same rows: the first 80 % train, their last fifth validates, the last 20 % of all test.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Columns">The names of the series.</param>
/// <param name="Dates">The label of each row.</param>
/// <param name="Rows">[rows][series].</param>
internal sealed record SeriesData(string Source, string[] Columns, string[] Dates, double[][] Rows)
{
    // Within them sums of squares neither overflow nor vanish, and single precision suffices for what is standardized.
    private const double LeastDeviation = 1e-9, MostDeviation = 1e30;

    private const int FewestRows = 60, GeneratedRows = 2_000;

    // The rows of a season, the length of a step and the noise of the generated series.
    private const int GeneratedSeason = 24;
    private const double Step = 0.2, Noise = 0.1;

    /// <summary>The rows that train come before this one, the test rows begin with it.</summary>
    public int Test => Rows.Length * 4 / 5;

    /// <summary>The rows that are fitted while settings are chosen come before this one, the validation rows begin with it.</summary>
    public int Validation => Test * 4 / 5;

    /// <summary>The place of the first row in the series that a season was learned from.</summary>
    public long Start { get; init; }

    /// <summary>The mean of each row given the ones before it, where it is known: no forecast has a lower expected error.</summary>
    public double[][]? Best { get; private init; }

    /// <summary>The quantile of sorted numbers, of which there are to be as many that one more falls below it with the probability asked for.</summary>
    public static double Quantile(double[] sorted, double probability)
    {
        double place = Math.Clamp((probability * (sorted.Length + 1)) - 1, 0, sorted.Length - 1);
        int below = (int)place;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below]));
    }

    /// <summary>The standard deviation of each series over the rows that train.</summary>
    public double[] Deviations() => [.. Columns.Select((_, s) => Moments(Rows.Take(Test).Select(row => row[s])).Deviation)];

    /// <summary>Reads a CSV file: a date, then one or more series.</summary>
    /// <param name="path">The file.</param>
    /// <param name="known">What a network knows that is asked about the file; null for one that is to learn it.</param>
    /// <exception cref="Failure">The file is damaged, too short, has dates that go back, a series that stands still, or others than the network knows.</exception>
    public static SeriesData Read(string path, Outline? known = null)
    {
        SeriesTable table = SeriesCsv.Read(path);
        RequireOrder(path, table.Dates);
        SeriesData data = new(path, table.Columns, table.Dates, table.Values) { Start = known?.StartOf(path, table) ?? 0 };
        int fewest = Math.Max(FewestRows, known is null ? 0 : 2 * known.Lags);
        if (data.Rows.Length < fewest) throw new Failure(ExitCode.InputFile, path, $"{fewest} rows or more", $"{data.Rows.Length}", "pass a longer series");
        for (int s = 0; s < data.Columns.Length; s++)
        {
            if (data.Rows.Take(data.Validation).All(row => row[s] == data.Rows[0][s]))
            {
                throw new Failure(
                    ExitCode.InputFile, $"{path}: column {TextLines.Show(data.Columns[s])}", "a series that changes in the rows that train", "the same number in each", "leave the column out");
            }

            double deviation = Moments(data.Rows.Select(row => row[s])).Deviation;
            if (deviation is >= LeastDeviation and <= MostDeviation) continue;
            throw new Failure(
                ExitCode.InputFile, $"{path}: column {TextLines.Show(data.Columns[s])}", $"a series with a standard deviation of {LeastDeviation:0e+0} to {MostDeviation:0e+0}",
                deviation < LeastDeviation ? "a smaller one" : "a larger one", "write it in another unit, and take out what is no measurement");
        }

        return data;
    }

    /// <summary>Refuses dates that do not go on from row to row, if they can be read as such.</summary>
    public static void RequireOrder(string path, string[] dates)
    {
        for (int row = 1; row < dates.Length; row++)
        {
            if (Ordinal(dates[row - 1]) is not long before || Ordinal(dates[row]) is not long now) return;
            if (now <= before)
                throw new Failure(ExitCode.InputFile, $"{path}: line {row + 2}", $"a date after {dates[row - 1]}", TextLines.Show(dates[row]), "sort the rows by date, and leave out what is there twice");
        }
    }

    /// <summary>
    /// Two series, always the same ones: the position and speed of a van der Pol oscillator that a season pushes and noise disturbs at each step,
    /// a' = a + hv, v' = v + h((1 − a²) v − a + sin(2πt/24)). A row depends on the one before and the season alone, so the best forecast is known.
    /// </summary>
    public static SeriesData Generated()
    {
        RandomSource random = new(20260101, RandomSource.StreamOf("forecast"));
        double[][] rows = new double[GeneratedRows][], best = new double[GeneratedRows][];
        for (int t = 0; t < GeneratedRows; t++)
        {
            (double a, double v) = t == 0 ? (1, 0) : (rows[t - 1][0], rows[t - 1][1]);
            double push = Math.Sin(2 * Math.PI * t / GeneratedSeason);
            best[t] = [a + (Step * v), v + (Step * (((1 - (a * a)) * v) - a + push))];
            rows[t] = [best[t][0] + (Noise * random.NextNormal()), best[t][1] + (Noise * random.NextNormal())];
        }

        return new("a made-up oscillator", ["position", "speed"], [.. Enumerable.Range(0, GeneratedRows).Select(t => t.ToString(CultureInfo.InvariantCulture))], rows) { Best = best };
    }

    /// <summary>A date or number as a whole number that grows by 1 each year, month, day or row; null for other labels.</summary>
    public static long? Ordinal(string label)
    {
        if (long.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)) return number;
        if (DateOnly.TryParseExact(label, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly month)) return (month.Year * 12L) + month.Month;
        return DateOnly.TryParseExact(label, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day.DayNumber : null;
    }

    /// <summary>Mean and standard deviation, the latter at least a little above 0.</summary>
    public static (double Mean, double Deviation) Moments(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        return (mean, Math.Max(1e-12, Math.Sqrt(all.Average(value => (value - mean) * (value - mean)))));
    }
}

/// <summary>A series as it is, or its root, which makes alike the noise of counts, that grows with their level; of negative numbers the root of what they are without the sign.</summary>
/// <param name="Root">Whether roots are taken.</param>
internal readonly record struct Scale(bool Root)
{
    public double To(double x) => Root ? Math.Sign(x) * Math.Sqrt(Math.Abs(x)) : x;

    public double From(double y) => Root ? y * Math.Abs(y) : y;

    public double[][] To(double[][] rows)
    {
        Scale scale = this;
        return [.. rows.Select(row => Array.ConvertAll(row, scale.To))];
    }
}
