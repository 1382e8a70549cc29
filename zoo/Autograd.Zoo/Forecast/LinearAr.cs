using MathNet.Numerics.LinearAlgebra;

namespace Autograd.Zoo.Forecast;

/// <summary>
/// Linear autoregression of several series together, by least squares: x̂_t = c + S s_t + A_1 x_{t−1} + … + A_τ x_{t−τ}, with s_t the sines and cosines
/// of a season, if there is one.
/// </summary>
/// <param name="Lags">τ.</param>
/// <param name="Season">The season.</param>
/// <param name="Coefficients">[1 + season's features + τ · series][series].</param>
internal sealed record LinearAr(int Lags, Season Season, double[][] Coefficients)
{
    // A trace of ridge regression, against series that are copies of each other: this share of the diagonal.
    private const double Ridge = 1e-9;

    /// <summary>How many coefficients each series has.</summary>
    public static int Count(int lags, Season season, int series) => 1 + season.Features + (lags * series);

    /// <summary>The AR of least squared error on rows from <paramref name="from"/> to before <paramref name="to"/>, where all lags are there.</summary>
    public static LinearAr Fit(double[][] rows, int from, int to, int lags, Season season)
    {
        int series = rows[0].Length, count = Count(lags, season, series);
        double[,] products = new double[count, count], right = new double[count, series];
        double[] input = new double[count];
        for (int t = Math.Max(from, lags); t < to; t++)
        {
            Inputs(rows, t, t, lags, season, input);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j <= i; j++) products[i, j] += input[i] * input[j];
                for (int s = 0; s < series; s++) right[i, s] += input[i] * rows[t][s];
            }
        }

        for (int i = 0; i < count; i++)
        {
            products[i, i] += products[i, i] > 0 ? Ridge * products[i, i] : 1; // of itself, so that the unit of the series does not matter
            for (int j = 0; j < i; j++) products[j, i] = products[i, j];
        }

        Matrix<double> solved = Matrix<double>.Build.DenseOfArray(products).Cholesky().Solve(Matrix<double>.Build.DenseOfArray(right));
        return new(lags, season, solved.ToRowArrays());
    }

    /// <summary>The forecast of row <paramref name="t"/> from the rows before it.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="t">The row to forecast.</param>
    /// <param name="place">Its place in the series that was fitted, for the season.</param>
    /// <param name="forecast">The forecast.</param>
    public void Forecast(double[][] rows, int t, long place, Span<double> forecast)
    {
        double[] input = new double[Coefficients.Length];
        Inputs(rows, t, place, Lags, Season, input);
        forecast.Clear();
        for (int i = 0; i < input.Length; i++)
        {
            for (int s = 0; s < forecast.Length; s++) forecast[s] += Coefficients[i][s] * input[i];
        }
    }

    /// <summary>The forecasts of the rows from <paramref name="from"/> to before <paramref name="to"/>, each from the true rows before it.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="from">The first row to forecast.</param>
    /// <param name="to">The row behind the last.</param>
    /// <param name="start">The place of row 0 in the series that was fitted.</param>
    public double[][] Forecasts(double[][] rows, int from, int to, long start = 0)
    {
        double[][] forecasts = new double[to - from][];
        for (int t = from; t < to; t++) Forecast(rows, t, start + t, forecasts[t - from] = new double[rows[0].Length]);
        return forecasts;
    }

    /// <summary>The forecasts of the steps behind the last row, each from those before it.</summary>
    public double[][] Ahead(double[][] rows, int steps)
    {
        double[][] all = [.. rows[^Lags..], .. new double[steps][]];
        for (int step = 0; step < steps; step++) Forecast(all, Lags + step, rows.Length + step, all[Lags + step] = new double[rows[0].Length]);
        return all[Lags..];
    }

    private static void Inputs(double[][] rows, int t, long place, int lags, Season season, double[] input)
    {
        input[0] = 1;
        season.At(place, input.AsSpan(1, season.Features));
        int at = 1 + season.Features;
        for (int lag = 1; lag <= lags; lag++)
        {
            foreach (double value in rows[t - lag]) input[at++] = value;
        }
    }
}

/// <summary>A season as sine and cosine of its period and of half of it; none where the period is 0.</summary>
/// <param name="Period">Rows of a season.</param>
internal readonly record struct Season(double Period)
{
    /// <summary>How many numbers a row has.</summary>
    public int Features => Period == 0 ? 0 : 4;

    /// <summary>The numbers of a row.</summary>
    public void At(double row, Span<double> features)
    {
        for (int i = 0; i < features.Length; i += 2) (features[i], features[i + 1]) = Math.SinCos((i + 2) * Math.PI * row / Period);
    }

    /// <summary>
    /// The period from 4 rows to a fifth of them whose sine and cosine explain most of the series, the straight line of each taken away; 0 if there
    /// are too few rows.
    /// </summary>
    public static Season Strongest(double[][] rows, int count)
    {
        const int LeastPeriod = 4, LeastCycles = 5, Coarse = 4, Fine = 64;
        double[][] series = [.. Enumerable.Range(0, rows[0].Length).Select(s => Straightened([.. rows.Take(count).Select(row => row[s])]))];
        if (count < LeastPeriod * LeastCycles) return default;
        double near = Best(LeastCycles * Coarse, count * Coarse / LeastPeriod, Coarse) / Coarse;
        return new(count * Fine / Best((int)((near - (1.0 / Coarse)) * Fine), (int)((near + (1.0 / Coarse)) * Fine), Fine));

        // How often the strongest period fits into the rows, in parts of which a whole has so many.
        double Best(int from, int to, int parts) => Enumerable.Range(from, to - from + 1).MaxBy(cycles =>
        {
            double angle = 2 * Math.PI * cycles / ((double)parts * count), power = 0;
            foreach (double[] x in series)
            {
                double sine = 0, cosine = 0;
                for (int t = 0; t < x.Length; t++)
                {
                    (double sin, double cos) = Math.SinCos(angle * t);
                    sine += sin * x[t];
                    cosine += cos * x[t];
                }

                power += (sine * sine) + (cosine * cosine);
            }

            return power;
        });
    }

    private static double[] Straightened(double[] x)
    {
        double middle = (x.Length - 1) / 2.0, mean = x.Average(), slope = 0, square = 0;
        for (int t = 0; t < x.Length; t++)
        {
            slope += (t - middle) * (x[t] - mean);
            square += (t - middle) * (t - middle);
        }

        return [.. x.Select((value, t) => value - mean - (slope / square * (t - middle)))];
    }
}
