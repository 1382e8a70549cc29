using Autograd.Zoo.Forecast;

namespace Autograd.Tests.Zoo.Forecast;

public sealed class ForecasterTests
{
    private const int Lags = 3;

    private static readonly Outline TwoSeries = new(["a", "b"], new(false), new(10), Lags, 4, "0", "1");

    [Theory]
    [InlineData("gru")]
    [InlineData("lstm")]
    [InlineData("rnn")]
    [InlineData("ar")]
    public void Ways_without_errors_are_one_step_forecasts_of_their_own_forecasts(string cell)
    {
        if (cell == "lstm") Check<LstmState<double>>(static features => new Lstm<double>(features, 5));
        else if (cell == "ar") Check<Hidden<double>>(static features => new Recurrent<double, Hidden<double>>(features, static size => new DelayLine<double>(size, Lags)));
        else Check<Hidden<double>>(features => cell == "rnn" ? new Rnn<double>(features, 5) : new Gru<double>(features, 5));

        static void Check<TState>(Func<int, RecurrentLayer<double, TState>> layer)
            where TState : struct, IState<TState, double>
        {
            Forecaster<double, TState> forecaster = new(TwoSeries, Network(layer));
            double[][] rows = Noise(20), grown = rows;
            for (int step = 0; step < 4; step++)
            {
                double[] next = forecaster.Forecasts([.. grown, [0, 0]], 7, grown.Length, grown.Length + 1, isRefitted: true)[0];
                grown = [.. grown, next];
            }

            double[][][] ways = forecaster.Ways(rows, 7, 4, 3, seed: 1);
            for (int step = 0; step < 4; step++)
            {
                for (int s = 0; s < 2; s++) Assert.All(ways[step][s], way => Assert.Equal(forecaster.Back(s)(grown[20 + step][s]), way, 1e-9));
            }
        }
    }

    [Fact]
    public void Ways_add_the_errors_that_were_seen_those_of_a_row_together()
    {
        ForecastNetwork<double, Hidden<double>> network = Network(static features => new Gru<double>(features, 5));
        network.Errors.CopyFrom([-1, 10, 0, 20, 1, 30, 2, 40]);
        Forecaster<double, Hidden<double>> forecaster = new(TwoSeries, network);
        double[][] rows = Noise(20);
        double[] mean = forecaster.Forecasts([.. rows, [0, 0]], 0, 20, 21, isRefitted: true)[0];
        double[][] first = forecaster.Ways(rows, 0, 1, 400, seed: 1)[0];
        Assert.Equal([-1.0, 0, 1, 2], first[0].Select(x => Math.Round(((x - 1) / 2) - mean[0], 6)).Distinct());
        Assert.Equal([10.0, 20, 30, 40], first[1].Select(x => Math.Round(((x - 1) / 2) - mean[1], 6)).Distinct());
        Assert.Equal(first[0].Length - Array.FindLastIndex(first[0], x => x < first[0][^1] - 1e-9), first[1].Length - Array.FindLastIndex(first[1], x => x < first[1][^1] - 1e-9));
        Assert.Equal(first[0], forecaster.Ways(rows, 0, 1, 400, seed: 1)[0][0]);

        (double[] low, double[] high) = forecaster.Interval([[0, 0]], 0, 0.6); // of 4 errors, the 1st and the last
        Assert.Equal((1 + (2 * -1.0), 1 + (2 * 2.0)), (low[0], high[0]));
    }

    [Theory]
    [InlineData(0.5, 5)]
    [InlineData(0.1, 1)]
    [InlineData(0.95, 9)]
    [InlineData(0.05, 1)]
    [InlineData(0.25, 2.5)]
    public void A_quantile_leaves_its_share_below_it(double probability, double expected) =>
        Assert.Equal(expected, SeriesData.Quantile([1, 2, 3, 4, 5, 6, 7, 8, 9], probability), 1e-12);

    [Fact]
    public void A_linear_head_on_a_delay_line_is_plain_autoregression()
    {
        ForecastNetwork<double, Hidden<double>> network = Network(static features => new Recurrent<double, Hidden<double>>(features, static size => new DelayLine<double>(size, Lags)));
        double[] weight = network.NamedParameters().Single(static p => p.Path == "head0.weight").Parameter.Value.ToArray();
        double[] bias = network.NamedParameters().Single(static p => p.Path == "head0.bias").Parameter.Value.ToArray();
        double[][] x = [.. Noise(18).Chunk(3).Select(static rows => (double[])[.. rows.SelectMany(static row => row)])]; // 6 steps of 6 features
        using Tape<double> tape = Tape<double>.Inference();
        double[] answers = network.Forward(0, tape.Constant([6, 1, 6], x.SelectMany(static row => row).ToArray())).Answers.Span.ToArray();
        for (int t = Lags - 1; t < 6; t++)
        {
            double[] lagged = [.. x[t], .. x[t - 1], .. x[t - 2]];
            for (int s = 0; s < 2; s++) Assert.Equal(bias[s] + lagged.Select((value, i) => value * weight[(s * 18) + i]).Sum(), answers[(t * 2) + s], 1e-12);
        }

        GradientCheckReport report = GradientCheck.Run(
            network.NamedParameters(), on =>
            {
                on.Reset();
                return network.Forward(0, on.Constant([6, 1, 6], x.SelectMany(static row => row).ToArray())).Answers.MeanSquaredError(on.Zeros([6, 1, 2]));
            });
        Assert.True(report.Passed, report.ToString());
    }

    /// <summary>With a linear AR of small coefficients under it, and series of mean 1 and deviation 2.</summary>
    private static ForecastNetwork<double, TState> Network<TState>(Func<int, RecurrentLayer<double, TState>> layer)
        where TState : struct, IState<TState, double>
    {
        ForecastNetwork<double, TState> network = new(TwoSeries, 1, 0, layer);
        network.Initialize(5);
        network.Mean.Fill(1);
        network.Deviation.Fill(2);
        network.Unit.Fill(0.5);
        RandomSource random = new(6);
        network.Refitted.CopyFrom([.. Enumerable.Range(0, network.Refitted.Length).Select(_ => 0.1 * random.NextNormal())]);
        return network;
    }

    private static double[][] Noise(int rows)
    {
        RandomSource random = new(9);
        return [.. Enumerable.Range(0, rows).Select(_ => new[] { random.NextNormal(), random.NextNormal() })];
    }
}
