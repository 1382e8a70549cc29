using Autograd.Zoo;
using Autograd.Zoo.Forecast;

namespace Autograd.Tests.Zoo.Forecast;

public sealed class SeriesDataTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_made_up_series_have_the_best_forecast_they_claim()
    {
        SeriesData data = SeriesData.Generated(), again = SeriesData.Generated();
        Assert.Equal(data.Rows, again.Rows);
        for (int s = 0; s < 2; s++)
        {
            double[] errors = [.. data.Rows.Zip(data.Best!, (row, best) => row[s] - best[s])];
            (double mean, double deviation) = SeriesData.Moments(errors);
            Assert.InRange(mean, -0.01, 0.01); // 0.1 / √2000 is 0.0022
            Assert.InRange(deviation, 0.094, 0.106);
            Assert.InRange(Correlation(errors[1..], errors[..^1]), -0.1, 0.1);
            Assert.InRange(Correlation(errors, [.. data.Best!.Select(best => best[s])]), -0.1, 0.1);
            Assert.All(data.Rows, row => Assert.InRange(row[s], -8, 8));
        }

        // The best forecast is a function of the row before and the season.
        for (int t = 1; t < 50; t++)
        {
            (double a, double v) = (data.Rows[t - 1][0], data.Rows[t - 1][1]);
            Assert.Equal(a + (0.2 * v), data.Best![t][0], 1e-12);
            Assert.Equal(v + (0.2 * (((1 - (a * a)) * v) - a + Math.Sin(2 * Math.PI * t / 24))), data.Best[t][1], 1e-12);
        }

        static double Correlation(double[] x, double[] y)
        {
            ((double mx, double dx), (double my, double dy)) = (SeriesData.Moments(x), SeriesData.Moments(y));
            return x.Zip(y, (a, b) => (a - mx) * (b - my)).Average() / (dx * dy);
        }
    }

    [Fact]
    public void The_last_fifth_tests_and_the_fifth_before_it_validates()
    {
        SeriesData data = SeriesData.Read(Write(100, static t => $"{t}", static t => $"{t % 7},{t % 5}"));
        Assert.Equal((100, 80, 64), (data.Rows.Length, data.Test, data.Validation));
        Assert.Equal(["a", "b"], data.Columns);
        Assert.Equal([3.0, 3.0], data.Rows[3]);
    }

    [Theory]
    [InlineData("short", "60 rows or more, got 59")]
    [InlineData("still", "column 'b': expected a series that changes")]
    [InlineData("back", "line 42: expected a date after 39, got '38'")]
    [InlineData("twice", "line 42: expected a date after 39, got '39'")]
    [InlineData("nan", "line 42: expected a finite number in column 'b'")]
    [InlineData("gap", "line 42: expected a number in column 'b', got a missing value")]
    public void What_cannot_be_forecast_is_refused(string what, string message)
    {
        string file = Write(
            what == "short" ? 59 : 80,
            t => $"{(t == 40 && what == "back" ? 38 : t == 40 && what == "twice" ? 39 : t)}",
            t => $"{t % 7},{(what == "still" ? "5" : t == 40 && what == "nan" ? "NaN" : t == 40 && what == "gap" ? "" : $"{t % 5}")}");
        Failure failure = Assert.Throws<Failure>(() => SeriesData.Read(file));
        Assert.Equal(ExitCode.InputFile, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("-3", -3)]
    [InlineData("0001-02", 14)]
    [InlineData("0001-01-03", 2)]
    [InlineData("1949-13", null)]
    [InlineData("Monday", null)]
    public void Dates_count(string date, int? expected) => Assert.Equal((long?)expected, SeriesData.Ordinal(date));

    [Fact]
    public void A_season_goes_on_where_a_file_begins()
    {
        Outline months = Known("1949-01", "1949-02"), halfHours = Known("0", "30"), named = Known("spring", "summer");
        Assert.Equal(0, Start(months, "1949-01"));
        Assert.Equal(26, Start(months, "1951-03"));
        Assert.Equal(-1, Start(months, "1948-12"));
        Assert.Equal(4, Start(halfHours, "120"));
        Assert.Equal(0, Start(named, "spring"));
        Assert.Contains("expected a date like 'spring'", Assert.Throws<Failure>(() => Start(named, "autumn")).Message, StringComparison.Ordinal);
        Assert.Equal(0, Start(named with { Season = default }, "autumn"));
        Assert.Contains("'x'", Assert.Throws<Failure>(() => Start(named with { Columns = ["x"] }, "spring")).Message, StringComparison.Ordinal);
        Outline back = Outline.Of(months.Facts());
        Assert.Equal(months.Columns, back.Columns);
        Assert.Equal(months, back with { Columns = months.Columns });

        static Outline Known(string first, string second) => new(["a", "b"], new(true), new(12.25), 3, 40, first, second);

        static long Start(Outline known, string date) => known.StartOf("file", new(["a", "b"], [date], [[0, 0]]));
    }

    private string Write(int rows, Func<int, string> date, Func<int, string> values) => _folder.Write(
        "series.csv", System.Text.Encoding.UTF8.GetBytes("date,a,b\n" + string.Concat(Enumerable.Range(0, rows).Select(t => $"{date(t)},{values(t)}\n"))));
}
