using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Autograd.Tests.Zoo.Forecast;

/// <summary>The commands on series that are made up.</summary>
public sealed class ForecastRunTests : IDisposable
{
    private static readonly string[] Small = ["--members", "2", "--lags", "4", "--batch", "8", "--time", "32"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Its_gradients_are_right()
    {
        (int code, string output, string error) = ZooRun.Invoke("check", "forecast");
        Assert.True(code == 0, output + error);
    }

    [Fact]
    public void It_beats_a_linear_AR_by_far_where_that_is_possible()
    {
        JsonElement result = ZooRun.Train("forecast", _folder["run"], ["--members", "1", "--lags", "4", "--steps", "200", "--learning-rate", "0.01"]);
        Assert.Equal("rmse_ratio", result.GetProperty("metric").GetString());
        Assert.InRange(result.GetProperty("value").GetDouble(), 0.3, 0.8); // the best that is possible is 0.30, without the network about 1

        (int code, string evaluated, string error) = ZooRun.Invoke("evaluate", _folder["run"], "--json");
        Assert.True(code == 0, error);
        using JsonDocument line = JsonDocument.Parse(evaluated);
        Assert.Equal(result.GetProperty("value").GetDouble(), line.RootElement.GetProperty("value").GetDouble());

        (code, string report, error) = ZooRun.Invoke("report", _folder["run"]);
        Assert.True(code == 0, error);
        string page = File.ReadAllText(report.Trim());
        foreach (string part in (string[])["One step ahead", "linear AR(", "the best that is possible", "position, one step ahead", "12 steps ahead", "speed, 12 steps ahead"]) Assert.Contains(part, page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gru")]
    [InlineData("lstm")]
    [InlineData("ar")]
    public void An_interrupted_run_ends_with_the_bytes_of_an_uninterrupted_one(string cell)
    {
        string[] options = [.. Small, "--cell", cell, "--hidden", "6", "--dropout", "0.2", "--schedule", "constant"];
        string data = Write("series.csv", 150, 0, ["x", "y"]);
        ZooRun.Train("forecast", _folder["whole"], ["--data", data, "--steps", "45", "--threads", "1", .. options]);
        ZooRun.Train("forecast", _folder["parts"], ["--data", data, "--steps", "13", "--threads", "2", .. options]);
        ZooRun.Train("forecast", _folder["parts"], ["--resume", "--steps", "20", "--threads", "1"]);
        ZooRun.Train("forecast", _folder["parts"], ["--resume", "--steps", "45", "--threads", "2"]);
        foreach (string file in (string[])["checkpoint.safetensors", "model.safetensors"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["whole"], file)), File.ReadAllBytes(Path.Combine(_folder["parts"], file)));
    }

    [Fact]
    public void Predictions_go_on_with_the_season_wherever_a_file_begins()
    {
        string data = Write("series.csv", 240, 0, ["x"]), later = Write("later.csv", 60, 130, ["x"]), other = Write("other.csv", 60, 0, ["y"]), few = Write("few.csv", 3, 0, ["x"]);
        ZooRun.Train("forecast", _folder["run"], ["--data", data, "--steps", "20", "--season", "12", "--scale", "linear", .. Small]);
        foreach ((string file, int end) in (IEnumerable<(string, int)>)[(data, 240), (later, 190)])
        {
            (int code, string output, string error) = ZooRun.Invoke("predict", _folder["run"], file);
            Assert.True(code == 0, error);
            string[] lines = output.TrimEnd().Split('\n');
            Assert.Equal(14, lines.Length);
            Assert.Contains(Date(end - 1), lines[0], StringComparison.Ordinal);
            for (int step = 0; step < 12; step++)
            {
                double[] numbers = [.. lines[2 + step].Split((string[])[" ", "to"], StringSplitOptions.RemoveEmptyEntries).Select(static word => double.Parse(word, CultureInfo.InvariantCulture))];
                Assert.Equal([step + 1.0, 5.0], [numbers[0], (double)numbers.Length - 1]);
                Assert.InRange(numbers[1], Truth(end + step) - 1, Truth(end + step) + 1);
                Assert.True(numbers[4] <= numbers[2] && numbers[2] <= numbers[1] && numbers[1] <= numbers[3] && numbers[3] <= numbers[5], lines[2 + step]);
            }
        }

        (int wrong, _, string message) = ZooRun.Invoke("predict", _folder["run"], other);
        Assert.Equal(3, wrong);
        Assert.Contains("expected the series that it learned: 'x', got 'y'", message, StringComparison.Ordinal);
        (wrong, _, message) = ZooRun.Invoke("predict", _folder["run"], few);
        Assert.Equal(3, wrong);
        Assert.Contains("more than 4 rows", message, StringComparison.Ordinal);
        (wrong, _, message) = ZooRun.Invoke("evaluate", _folder["run"], "--data", other);
        Assert.Equal(3, wrong);
        Assert.Contains("'y'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_fit_no_series_are_refused()
    {
        string data = Write("series.csv", 100, 0, ["x"]), exact = _folder["exact.csv"];
        File.WriteAllText(exact, "t,x\n" + string.Concat(Enumerable.Range(0, 100).Select(static t => $"{t},{t % 2}\n")));
        Refused(2, "--lags: expected at most half as many coefficients as the 64 rows to fit, got 41", "--data", data, "--lags", "40", "--season", "0");
        Refused(2, "--season: expected at least 3 rows", "--data", data, "--season", "2");
        Refused(3, "that a linear AR does not forecast to 0.01 % of their standard deviation", "--data", exact);
        string large = _folder["large.csv"], small = _folder["small.csv"];
        File.WriteAllText(large, "t,x\n" + string.Concat(Enumerable.Range(0, 100).Select(static t => $"{t},{t % 7}e160\n")));
        File.WriteAllText(small, "t,x\n" + string.Concat(Enumerable.Range(0, 100).Select(static t => $"{t},{t % 7}e-100\n")));
        Refused(3, "column 'x': expected a series with a standard deviation of 1e-9 to 1e+30, got a larger one", "--data", large);
        Refused(3, "column 'x': expected a series with a standard deviation of 1e-9 to 1e+30, got a smaller one", "--data", small);

        void Refused(int expected, string message, params string[] options)
        {
            (int code, _, string error) = ZooRun.Invoke(["train", "forecast", "--quiet", "--steps", "2", "--out", _folder["refused"], .. options]);
            Assert.Equal(expected, code);
            Assert.Contains(message, error, StringComparison.Ordinal);
        }
    }

    private static double Truth(int t) => 20 + (3 * Math.Sin(2 * Math.PI * t / 12));

    private static string Date(int t) => string.Create(CultureInfo.InvariantCulture, $"{1990 + (t / 12)}-{1 + (t % 12):00}");

    /// <summary>A year's season with a little noise.</summary>
    private string Write(string name, int rows, int first, string[] columns)
    {
        RandomSource random = new(3);
        StringBuilder text = new("month," + string.Join(',', columns) + "\n");
        for (int t = first; t < first + rows; t++)
            text.Append(CultureInfo.InvariantCulture, $"{Date(t)},{string.Join(',', columns.Select(_ => (Truth(t) + (0.2 * random.NextNormal())).ToString("F3", CultureInfo.InvariantCulture)))}\n");
        return _folder.Write(name, Encoding.UTF8.GetBytes(text.ToString()));
    }
}
