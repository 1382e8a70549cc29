using Autograd.Zoo.Forecast;
using MathNet.Numerics.LinearRegression;

namespace Autograd.Tests.Zoo.Forecast;

public sealed class LinearArTests
{
    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(7, 1, 12)]
    [InlineData(3, 2, 0)]
    [InlineData(2, 3, 7.5)]
    public void It_is_least_squares_on_lags_and_seasons(int lags, int series, double period)
    {
        double[][] rows = Noise(90, series, 1);
        LinearAr linear = LinearAr.Fit(rows, 10, 80, lags, new Season(period));
        double[][] inputs = [.. Enumerable.Range(10, 70).Select(t => Inputs(t))];
        for (int s = 0; s < series; s++)
        {
            double[] expected = MultipleRegression.QR(inputs, [.. Enumerable.Range(10, 70).Select(t => rows[t][s])]);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], linear.Coefficients[i][s], 1e-6);
            Assert.Equal(Inputs(85).Zip(expected, static (x, c) => x * c).Sum(), linear.Forecasts(rows, 85, 86)[0][s], 1e-6);
        }

        double[] Inputs(int t)
        {
            double[] season = new double[period == 0 ? 0 : 4];
            for (int i = 0; i < season.Length; i++)
            {
                double angle = 2 * Math.PI * (1 + (i / 2)) * t / period;
                season[i] = i % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle);
            }

            return [1, .. season, .. Enumerable.Range(1, lags).SelectMany(lag => rows[t - lag])];
        }
    }

    [Fact]
    public void Series_that_are_copies_of_each_other_are_forecast_alike()
    {
        double[][] rows = [.. Noise(200, 1, 2).Select(static row => new[] { row[0], 2 * row[0] })];
        LinearAr linear = LinearAr.Fit(rows, 0, 200, 3, default);
        Assert.All(linear.Forecasts(rows, 100, 200), static forecast => Assert.Equal(2 * forecast[0], forecast[1], 1e-4));
    }

    [Fact]
    public void Steps_ahead_read_the_steps_before_them()
    {
        double[][] rows = Noise(60, 2, 3);
        LinearAr linear = LinearAr.Fit(rows, 0, 60, 4, new Season(9));
        double[][] grown = rows;
        for (int step = 0; step < 5; step++) grown = [.. grown, linear.Forecasts([.. grown, [0, 0]], grown.Length, grown.Length + 1)[0]];
        double[][] ahead = linear.Ahead(rows, 5);
        for (int step = 0; step < 5; step++) Assert.Equal(grown[60 + step], ahead[step]);
    }

    [Theory]
    [InlineData(400, 12, 0.05)]
    [InlineData(2300, 365.25, 3)]
    [InlineData(300, 7, 0.03)]
    public void The_strongest_season_is_found_beside_a_trend(int count, double period, double tolerance)
    {
        double[][] noise = Noise(count, 2, 4);
        double[][] rows = [.. noise.Select((row, t) => new[] { row[0] + (0.05 * t), row[1] + (2 * Math.Sin(2 * Math.PI * t / period)) })];
        Assert.InRange(Season.Strongest(rows, count).Period, period - tolerance, period + tolerance);
        Assert.Equal(0, Season.Strongest(rows, 15).Period);
    }

    [Fact]
    public void A_season_is_kept_where_it_helps_and_a_scale_where_it_fits()
    {
        double[][] noise = Noise(500, 1, 5);
        SeriesData plain = Series(noise), seasonal = Series([.. noise.Select(static (row, t) => new[] { row[0] + (3 * Math.Sin(2 * Math.PI * t / 37)) })]);
        Assert.True(Best(seasonal, new(37)).IsSurelyBetterThan(Best(seasonal, default)));
        Assert.False(Best(plain, new(37)).IsSurelyBetterThan(Best(plain, default)));

        // Three lags are enough for a wave, but not for its square.
        SeriesData wave = Series([.. noise.Select(static (row, t) => new[] { Wave(row[0], t) })]), square = Series([.. noise.Select(static (row, t) => new[] { Math.Pow(Wave(row[0], t), 2) })]);
        Assert.False(Choice.Of(wave, [new(false), new(true)], default, 3).Scale.Root);
        Assert.True(Choice.Of(square, [new(false), new(true)], default, 3).Scale.Root);
        Choice chosen = Choice.Of(plain, [new(false), new(true)], default);
        Assert.Equal(Enumerable.Range(1, 48).Min(lags => Choice.Of(plain, [new(false), new(true)], default, lags).Rmse), chosen.Rmse);

        static Choice Best(SeriesData data, Season season) => Choice.Of(data, [new(false), new(true)], season, 2);

        static double Wave(double noise, int t) => 5 + (4 * Math.Sin(2 * Math.PI * t / 12)) + (0.05 * noise);
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(100)]
    public void Roots_go_there_and_back(double x)
    {
        Assert.Equal(x, new Scale(true).From(new Scale(true).To(x)), 1e-12);
        Assert.Equal(x, new Scale(false).From(new Scale(false).To(x)));
        Assert.Equal(Math.Sign(x) * Math.Sqrt(Math.Abs(x)), new Scale(true).To(x));
    }

    private static SeriesData Series(double[][] rows) => new("a test", ["x"], [.. rows.Select(static (_, t) => $"{t}")], rows);

    private static double[][] Noise(int count, int series, ulong seed)
    {
        RandomSource random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, series).Select(_ => random.NextNormal()).ToArray())];
    }
}
