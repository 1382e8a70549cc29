namespace Autograd.Tests.Training;

public sealed class ForecastErrorsTests
{
    [Fact]
    public void WorkedByHand()
    {
        double[] truth = [10, 12], forecast = [9, 15], training = [1, 2, 4, 7];
        Assert.Equal(Math.Sqrt(5), ForecastErrors.RootMeanSquared(truth, forecast)); // errors 1 and −3
        Assert.Equal(2, ForecastErrors.MeanAbsolute(truth, forecast));
        Assert.Equal(1, ForecastErrors.MeanAbsoluteScaled(truth, forecast, training)); // steps 1, 2, 3
        Assert.Equal(0.5, ForecastErrors.MeanAbsoluteScaled(truth, forecast, training, season: 2)); // 3 and 5
        Assert.Equal(2.0 / 6, ForecastErrors.MeanAbsoluteScaled(truth, forecast, training, season: 3)); // 6
        Assert.Equal(0.5, ForecastErrors.Coverage(truth, [10, 13], [11, 14]));
        Assert.Equal(1, ForecastErrors.Coverage(truth, [10, double.NegativeInfinity], [double.PositiveInfinity, 12])); // bounds belong to it
        Assert.Equal(0, ForecastErrors.Coverage(truth, [10.5, 13], [11, 14]));
    }

    /// <summary>The forecast "as one season ago" has MASE 1 on its own training series.</summary>
    [Fact]
    public void TheNaiveForecastIsTheUnit() => Laws.Hold(Laws.Seeds, seed =>
    {
        int season = 1 + (seed % 5);
        double[] series = Laws.Numbers(season + 1 + (seed % 30), seed);
        Assert.Equal(1, ForecastErrors.MeanAbsoluteScaled<double>(series.AsSpan(season), series.AsSpan(0, series.Length - season), series, season), 1e-14);
    });

    /// <summary>Against loops in decimal, and float numbers as their doubles: nothing is rounded to float on the way.</summary>
    [Fact]
    public void AreThoseOfLoops() => Laws.Hold(Laws.Seeds, seed =>
    {
        int count = 1 + (seed % 40), season = 1 + (seed % 7);
        float[] truth = Floats(count, seed), forecast = Floats(count, seed + 1), width = Floats(count, seed + 2), training = Floats(season + 1 + (seed % 20), seed + 3);
        decimal squares = 0, absolute = 0, scale = 0;
        int inside = 0;
        float[] lower = new float[count], upper = new float[count];
        for (int i = 0; i < count; i++)
        {
            decimal error = Exact(truth[i]) - Exact(forecast[i]);
            squares += error * error;
            absolute += Math.Abs(error);
            (lower[i], upper[i]) = (forecast[i] - Math.Abs(width[i]), forecast[i] + Math.Abs(width[i]));
            if (!(truth[i] < lower[i] || truth[i] > upper[i])) inside++;
        }

        for (int t = season; t < training.Length; t++) scale += Math.Abs(Exact(training[t]) - Exact(training[t - season]));
        double rmse = Math.Sqrt((double)(squares / count)), mae = (double)(absolute / count), mase = (double)(absolute / count / (scale / (training.Length - season)));
        Assert.Equal(rmse, ForecastErrors.RootMeanSquared(truth, forecast), 1e-13);
        Assert.Equal(mae, ForecastErrors.MeanAbsolute(truth, forecast), 1e-13);
        Assert.Equal(mase, ForecastErrors.MeanAbsoluteScaled(truth, forecast, training, season), 1e-13 * Math.Max(1, mase));
        Assert.Equal((double)inside / count, ForecastErrors.Coverage(truth, lower, upper));
        double[] wideTruth = [.. truth.Select(static value => (double)value)], wideForecast = [.. forecast.Select(static value => (double)value)];
        Assert.Equal(ForecastErrors.RootMeanSquared(wideTruth, wideForecast), ForecastErrors.RootMeanSquared(Tensor.From(truth).Span, Tensor.From(forecast).Span));
    });

    [Fact]
    public void NaNIsRefusedByItsIndex()
    {
        double[] two = [1, 2], bad = [1, double.NaN], infinite = [double.NegativeInfinity, 2];
        Refused("RootMeanSquared: forecast is NaN at index 1", () => ForecastErrors.RootMeanSquared(two, bad));
        Refused("RootMeanSquared: truth is -Infinity at index 0", () => ForecastErrors.RootMeanSquared(infinite, two));
        Refused("MeanAbsolute: truth is NaN at index 1", () => ForecastErrors.MeanAbsolute(bad, bad));
        Refused("MeanAbsoluteScaled: training is NaN at index 1", () => ForecastErrors.MeanAbsoluteScaled(two, two, bad));
        Refused("MeanAbsoluteScaled: training is -Infinity at index 0", () => ForecastErrors.MeanAbsoluteScaled(two, two, infinite));
        Refused("MeanAbsoluteScaled: forecast is NaN at index 1", () => ForecastErrors.MeanAbsoluteScaled(two, bad, two));
        Refused("Coverage: truth is NaN at index 1", () => ForecastErrors.Coverage(bad, two, two));
        Refused("Coverage: lower is NaN at index 1", () => ForecastErrors.Coverage(two, bad, two));
        Refused("Coverage: upper is NaN at index 1", () => ForecastErrors.Coverage(two, two, bad));

        static void Refused(string words, Func<double> error) => Assert.Contains(words, Assert.Throws<NonFiniteException>(() => error()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        double[] none = [], one = [1], two = [1, 2], flat = [3, 3, 3];
        Refused("truth has 2 numbers, but forecast has 1", () => ForecastErrors.RootMeanSquared(two, one));
        Refused("truth is empty", () => ForecastErrors.MeanAbsolute(none, none));
        Refused("truth has 1 numbers, but upper has 2", () => ForecastErrors.Coverage(one, one, two));
        Refused("the interval at 1 goes from 2 to 1", () => ForecastErrors.Coverage(two, two, (double[])[1, 1]));
        Refused("longer than the season of 2 is needed, but it has 2", () => ForecastErrors.MeanAbsoluteScaled(two, two, two, 2));
        Refused("every number of the training series is the one 1 before", () => ForecastErrors.MeanAbsoluteScaled(two, two, flat));
        Refused("a season has 1 step or more, not 0", () => ForecastErrors.MeanAbsoluteScaled(two, two, two, 0));

        static void Refused(string words, Func<double> error) => Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(() => error()).Message, StringComparison.Ordinal);
    }

    /// <summary>A float of 1/4 or more without rounding; the conversion of the language keeps seven digits.</summary>
    private static decimal Exact(float value) => (decimal)(long)(value * (double)(1 << 25)) / (1 << 25);

    private static float[] Floats(int count, int seed) => [.. Laws.Numbers(count, seed).Select(static value => (float)value)];
}
