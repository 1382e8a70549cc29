namespace Autograd.Zoo.Forecast;

/// <summary>What a forecast is measured against: the last row, and the best linear AR(τ) of the numbers of the file.</summary>
/// <param name="Linear">The AR, τ chosen on the validation rows, fitted to all rows that train.</param>
/// <param name="Units">What each series is measured in: its standard deviation.</param>
/// <param name="PersistenceErrors">Error of persistence on the validation and on the test rows.</param>
/// <param name="LinearErrors">Error of the AR there; on the validation rows, fitted to those before them.</param>
internal sealed record Baseline(
    LinearAr Linear, double[] Units, (double Validation, double Test) PersistenceErrors, (double Validation, double Test) LinearErrors)
{
    private const double LeastError = 1e-4;

    /// <summary>The better of the two on the validation rows.</summary>
    public double Validation => Math.Min(PersistenceErrors.Validation, LinearErrors.Validation);

    /// <summary>The better of the two on the test rows.</summary>
    public double Test => Math.Min(PersistenceErrors.Test, LinearErrors.Test);

    /// <exception cref="Failure">The baseline makes no errors that another model could be measured by.</exception>
    public static Baseline Of(SeriesData data)
    {
        double[] units = data.Deviations();
        int from = data.Validation, test = data.Test, to = data.Rows.Length;
        Choice choice = Choice.Of(data, [new(false)], default);
        LinearAr refitted = choice.Refitted(data);
        Baseline baseline = new(
            refitted, units, (Rmse(from, test, data.Rows[(from - 1)..]), Rmse(test, to, data.Rows[(test - 1)..])), (choice.Rmse, Rmse(test, to, refitted.Forecasts(data.Rows, test, to))));
        if (baseline.Validation < LeastError || baseline.Test < LeastError)
            throw new Failure(ExitCode.InputFile, data.Source, "validation and test rows that a linear AR does not forecast to 0.01 % of their standard deviation", "ones that it does", "there is nothing to learn in them: they stand still, are exactly linear, or one outlier dwarfs them (take it out)");
        return baseline;

        double Rmse(int first, int last, double[][] forecasts) => Choice.Error(data, units, first, last, forecasts);
    }
}
