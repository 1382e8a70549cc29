using System.Globalization;
using System.Numerics;

namespace Autograd.Zoo.Forecast;

/// <summary>Forecasts by a network and the linear AR under it. Rows are [rows][series], standardized in the network's scale.</summary>
/// <param name="outline">What the network was built by.</param>
/// <param name="network">The network.</param>
internal sealed class Forecaster<T, TState>(Outline outline, ForecastNetwork<T, TState> network)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    /// <summary>The linear AR for rows that were not fitted while settings were chosen, or the one for all behind them.</summary>
    public LinearAr Linear(bool isRefitted) => new(outline.Lags, outline.Season, Rows(isRefitted ? network.Refitted : network.Fitted));

    private double[][] Errors => Rows(network.Errors);

    /// <summary>What an answer of 1 adds to the linear AR.</summary>
    private double[] Units => [.. Numbers(network.Unit).Select(unit => unit * double.CreateTruncating(network.Share.Span[0]))];

    /// <summary>From the file's numbers to standardized ones.</summary>
    public double[][] Standardized(double[][] raw)
    {
        double[] mean = Numbers(network.Mean), deviation = Numbers(network.Deviation);
        return [.. raw.Select(row => (double[])[.. row.Select((x, s) => (outline.Scale.To(x) - mean[s]) / deviation[s])])];
    }

    /// <summary>From a standardized number to the file's.</summary>
    public Func<double, double> Back(int series)
    {
        double mean = Numbers(network.Mean)[series], deviation = Numbers(network.Deviation)[series];
        return z => outline.Scale.From(mean + (deviation * z));
    }

    /// <summary>What the network reads: each row, and the season of the row behind it, [time, 1, features].</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="from">The first one to read.</param>
    /// <param name="to">The one behind the last.</param>
    /// <param name="start">The place of row 0 in the series that it learned from.</param>
    public T[] Inputs(double[][] rows, int from, int to, long start)
    {
        T[] inputs = new T[(to - from) * outline.Features];
        double[] season = new double[outline.Season.Features];
        int at = 0;
        for (int t = from; t < to; t++)
        {
            outline.Season.At(start + t + 1, season);
            foreach (double value in rows[t]) inputs[at++] = T.CreateTruncating(value);
            foreach (double value in season) inputs[at++] = T.CreateTruncating(value);
        }

        return inputs;
    }

    /// <summary>One-step forecasts of the rows from <paramref name="from"/> to before <paramref name="to"/>, each from all true rows before it.</summary>
    public double[][] Forecasts(double[][] rows, long start, int from, int to, bool isRefitted)
    {
        double[][] forecasts = Linear(isRefitted).Forecasts(rows, from, to, start), answers = Answers(rows, start, from, to);
        double[] units = Units;
        for (int i = 0; i < forecasts.Length; i++)
        {
            for (int s = 0; s < units.Length; s++) forecasts[i][s] += units[s] * answers[i][s];
        }

        return forecasts;
    }

    /// <summary>What the networks answer for these rows, their mean.</summary>
    public double[][] Answers(double[][] rows, long start, int from, int to)
    {
        double[][] means = [.. Enumerable.Range(from, to - from).Select(_ => new double[outline.Series])];
        using Tape<T> tape = Tape<T>.Inference();
        T[] inputs = Inputs(rows, 0, to - 1, start);
        for (int m = 0; m < network.Members; m++)
        {
            tape.Reset();
            ReadOnlySpan<T> answers = network.Forward(m, tape.Constant([to - 1, 1, outline.Features], inputs)).Answers.Span;
            for (int t = from; t < to; t++)
            {
                for (int s = 0; s < outline.Series; s++) means[t - from][s] += double.CreateTruncating(answers[((t - 1) * outline.Series) + s]) / network.Members;
            }
        }

        return means;
    }

    /// <summary>The mean forecast in the file's numbers: over the errors that were seen, as the root of a mean is not the mean of roots (Duan 1983).</summary>
    public double[][] Means(double[][] forecasts)
    {
        double[][] errors = Errors;
        double[][] means = [.. forecasts.Select(static forecast => new double[forecast.Length])];
        for (int s = 0; s < outline.Series; s++)
        {
            Func<double, double> back = Back(s);
            double[] seen = outline.Scale.Root ? [.. errors.Select(row => row[s])] : [0];
            for (int i = 0; i < means.Length; i++) means[i][s] = seen.Average(error => back(forecasts[i][s] + error));
        }

        return means;
    }

    /// <summary>The interval that a share of what comes lies in, one step ahead, by the errors that were seen.</summary>
    public (double[] Low, double[] High) Interval(double[][] forecasts, int series, double share)
    {
        double[] errors = [.. Errors.Select(row => row[series]).Order()];
        double low = SeriesData.Quantile(errors, (1 - share) / 2), high = SeriesData.Quantile(errors, (1 + share) / 2);
        Func<double, double> back = Back(series);
        return ([.. forecasts.Select(forecast => back(forecast[series] + low))], [.. forecasts.Select(forecast => back(forecast[series] + high))]);
    }

    /// <summary>Ways on from the last row, each step of which adds an error that was seen: [steps][series][ways], sorted, in the file's numbers.</summary>
    public double[][][] Ways(double[][] rows, long start, int steps, int ways, ulong seed)
    {
        LinearAr linear = Linear(isRefitted: true);
        double[][] errors = Errors;
        double[] units = Units, season = new double[outline.Season.Features];
        RandomSource random = new(seed, RandomSource.StreamOf(string.Create(CultureInfo.InvariantCulture, $"ways.{start + rows.Length}")));
        double[][][] paths = [.. Enumerable.Range(0, ways).Select(_ => (double[][])[.. rows[^outline.Lags..], .. new double[steps][]])];
        double[][][] found = [.. Enumerable.Range(0, steps).Select(_ => units.Select(_ => new double[ways]).ToArray())];
        using Tape<T> tape = Tape<T>.Inference();
        TState[] states = new TState[network.Members];
        if (rows.Length > 1)
        {
            Variable<T> past = tape.Constant([rows.Length - 1, 1, outline.Features], Inputs(rows, 0, rows.Length - 1, start));
            RepeatRows repeat = new(ways);
            for (int m = 0; m < states.Length; m++) states[m] = network.Forward(m, past).State.Map(ref repeat);
        }

        T[] inputs = new T[ways * outline.Features];
        for (int step = 0; step < steps; step++)
        {
            int now = outline.Lags + step;
            outline.Season.At(start + rows.Length + step, season);
            for (int way = 0, at = 0; way < ways; way++)
            {
                foreach (double value in paths[way][now - 1]) inputs[at++] = T.CreateTruncating(value);
                foreach (double value in season) inputs[at++] = T.CreateTruncating(value);
            }

            Variable<T> input = tape.Constant([1, ways, outline.Features], inputs);
            double[] answers = new double[ways * units.Length];
            for (int m = 0; m < states.Length; m++)
            {
                (Variable<T> answer, states[m]) = network.Forward(m, input, states[m]);
                for (int i = 0; i < answers.Length; i++) answers[i] += double.CreateTruncating(answer.Span[i]) / states.Length;
            }

            for (int way = 0; way < ways; way++)
            {
                double[] next = paths[way][now] = new double[units.Length], error = errors[random.NextInt(errors.Length)];
                linear.Forecast(paths[way], now, start + rows.Length + step, next);
                for (int s = 0; s < next.Length; s++) next[s] += (units[s] * answers[(way * units.Length) + s]) + error[s];
            }
        }

        for (int s = 0; s < units.Length; s++)
        {
            Func<double, double> back = Back(s);
            for (int step = 0; step < steps; step++)
            {
                for (int way = 0; way < ways; way++) found[step][s][way] = back(paths[way][outline.Lags + step][s]);
                Array.Sort(found[step][s]);
            }
        }

        return found;
    }

    private static double[] Numbers(Tensor<T> values) => [.. values.ToArray().Select(static value => double.CreateTruncating(value))];

    private static double[][] Rows(Tensor<T> values) => [.. Numbers(values).Chunk(values.Shape[1])];

    /// <summary>The same state for many sequences.</summary>
    private readonly struct RepeatRows(int times) : IVariableMap<T>
    {
        public Variable<T> Apply(Variable<T> variable) => variable.Repeat(1, times, 1);
    }
}
