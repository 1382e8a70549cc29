namespace Autograd.Zoo.Forecast;

/// <summary>
/// The linear AR that forecasts the validation rows best, fitted to the rows before them, among scales and numbers of lags; error is that of
/// the mean forecast in the scale of the file, each series in units of its standard deviation.
/// </summary>
/// <param name="Scale">The scale it works in.</param>
/// <param name="Linear">The AR, in that scale.</param>
/// <param name="Losses">The mean squared error of each validation row.</param>
internal sealed record Choice(Scale Scale, LinearAr Linear, double[] Losses)
{
    // How many standard errors of the difference a season has to be worth.
    private const double Sure = 2;

    // With more coefficients to each number that is fitted, least squares tells nothing.
    private const int MostLags = 48, NumbersACoefficient = 5;

    /// <summary>The root of the mean squared error on the validation rows.</summary>
    public double Rmse { get; } = Math.Sqrt(Losses.Average());

    /// <summary>The best of all scales that are given; lags null for the best of 1, 2, 3 and so on.</summary>
    public static Choice Of(SeriesData data, IEnumerable<Scale> scales, Season season, int? lags = null)
    {
        double[] units = data.Deviations();
        int most = Math.Clamp(data.Validation / (NumbersACoefficient * data.Columns.Length), 1, MostLags);
        IEnumerable<int> all = lags is int given ? [given] : Enumerable.Range(1, most);
        return scales.SelectMany(scale =>
        {
            double[][] rows = scale.To(data.Rows);
            return all.Select(tau =>
            {
                LinearAr linear = LinearAr.Fit(rows, 0, data.Validation, tau, season);
                return new Choice(scale, linear, Squares(data, units, data.Validation, data.Test, Means(scale, rows, linear, data.Validation, data.Test)));
            });
        }).MinBy(choice => choice.Rmse)!;
    }

    /// <summary>Whether it is better by more than chance: by two standard errors of the difference over the validation rows.</summary>
    public bool IsSurelyBetterThan(Choice other)
    {
        double[] gains = [.. other.Losses.Zip(Losses, (theirs, ours) => theirs - ours)];
        (double mean, double deviation) = SeriesData.Moments(gains);
        return mean > Sure * deviation / Math.Sqrt(gains.Length);
    }

    /// <summary>The same AR fitted to all rows before the test.</summary>
    public LinearAr Refitted(SeriesData data) => LinearAr.Fit(Scale.To(data.Rows), 0, data.Test, Linear.Lags, Linear.Season);

    /// <summary>The squared error of each row, the mean over the series, each in its unit.</summary>
    public static double[] Squares(SeriesData data, double[] units, int from, int to, double[][] forecasts) =>
        [.. Enumerable.Range(from, to - from).Select(t => units.Select((unit, s) => Math.Pow((data.Rows[t][s] - forecasts[t - from][s]) / unit, 2)).Average())];

    /// <summary>The root of their mean.</summary>
    public static double Error(SeriesData data, double[] units, int from, int to, double[][] forecasts) => Math.Sqrt(Squares(data, units, from, to, forecasts).Average());

    /// <summary>Mean forecasts in the scale of the file: what is forecast, averaged over the errors of the rows before.</summary>
    public static double[][] Means(Scale scale, double[][] rows, LinearAr linear, int from, int to)
    {
        double[][] forecasts = linear.Forecasts(rows, from, to);
        if (!scale.Root) return forecasts;
        double[][] before = linear.Forecasts(rows, linear.Lags, from);
        for (int s = 0; s < rows[0].Length; s++)
        {
            double[] errors = [.. before.Select((forecast, i) => rows[linear.Lags + i][s] - forecast[s])];
            foreach (double[] forecast in forecasts) forecast[s] = errors.Average(error => scale.From(forecast[s] + error));
        }

        return forecasts;
    }
}
