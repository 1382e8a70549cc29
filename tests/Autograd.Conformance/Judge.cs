using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Reflection;

namespace Autograd.Conformance;

/// <summary>Runs one case and says what is wrong with it, if anything.</summary>
internal static class Judge
{
    private static readonly Assembly Library = typeof(Shape).Assembly;

    /// <summary>What differs, or null if the case passes.</summary>
    public static string? Problem(Case @case)
    {
        try
        {
            return @case.Type switch
            {
                "float64" => Problem<double>(@case),
                "float32" => Problem<float>(@case),
                _ => throw new CaseException($"unknown dtype '{@case.Type}'"),
            };
        }
        catch (Exception exception)
        {
            // Whatever a case throws is its failure; the run goes on.
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    private static string? Problem<T>(Case @case)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Action<Bench<T>> run = OpTable<T>.Find(@case);
        using Bench<T> bench = new(@case);
        if (@case.Error is not null) return MissingRefusal(@case.Error, () => run(bench));
        run(bench);
        return Differences(@case, bench);
    }

    private static string? MissingRefusal(string kind, Action run)
    {
        try
        {
            run();
            return $"was not refused ({kind})";
        }
        catch (RuledOutByTypesException) when (kind == "dtype")
        {
            return null;
        }
        catch (Exception exception) when (exception is not (CaseException or RuledOutByTypesException))
        {
            return IsDeliberate(exception) ? null : $"failed with {exception.GetType().Name} instead of being refused: {exception.Message}";
        }
    }

    /// <summary>Whether the library threw it, as one of the types that say what is wrong.</summary>
    private static bool IsDeliberate(Exception exception)
    {
        Assembly? thrower = new StackTrace(exception).GetFrames()
            .Select(static frame => frame.GetMethod()?.DeclaringType?.Assembly)
            .FirstOrDefault(static assembly => assembly == Library || assembly == typeof(Judge).Assembly);
        return thrower == Library
            && (exception.GetType().Assembly == Library || exception is ArgumentException or InvalidOperationException);
    }

    private static string? Differences<T>(Case @case, Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        List<string> differences = [];
        foreach ((string name, CaseTensor expected) in @case.Outputs)
        {
            if (!bench.Outputs.TryGetValue(name, out CaseTensor? actual)) differences.Add($"outputs.{name} is missing");
            else Compare($"outputs.{name}", expected, actual, @case, differences);
        }

        differences.AddRange(bench.Outputs.Keys.Where(name => !@case.Outputs.ContainsKey(name)).Select(static name => $"outputs.{name} was not expected"));
        if (@case.Gradients.Count > 0)
        {
            Func<string, CaseTensor> gradients = bench.Backward();
            foreach ((string name, CaseTensor expected) in @case.Gradients) Compare($"gradients.{name}", expected, gradients(name), @case, differences);
        }

        return differences.Count == 0 ? null : string.Join("; ", differences);
    }

    private static void Compare(string name, CaseTensor expected, CaseTensor actual, Case @case, List<string> differences)
    {
        if (!expected.Shape.SequenceEqual(actual.Shape))
        {
            differences.Add($"{name} has shape [{string.Join(", ", actual.Shape)}] instead of [{string.Join(", ", expected.Shape)}]");
            return;
        }

        if (expected.IsFloating ? actual.Type != @case.Type : actual.Type != expected.Type)
        {
            differences.Add($"{name} has type {actual.Type} instead of {expected.Type}");
            return;
        }

        double largestAbsolute = 0, largestRelative = 0;
        bool differs = false;
        for (int i = 0; i < expected.Values.Length; i++)
        {
            double want = expected.Values[i], got = actual.Values[i];
            if (want.Equals(got) || want == got) continue;
            double absolute = Math.Abs(got - want), relative = absolute / Math.Abs(want);
            if (!double.IsFinite(want) || !double.IsFinite(got)) absolute = relative = double.PositiveInfinity;
            double allowed = expected.IsFloating ? @case.AbsoluteTolerance + (@case.RelativeTolerance * Math.Abs(want)) : 0;
            differs |= !(absolute <= allowed);
            largestAbsolute = Math.Max(largestAbsolute, absolute);
            largestRelative = Math.Max(largestRelative, relative);
        }

        if (!differs) return;
        differences.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{name} differs: largest absolute error {largestAbsolute:g3}, largest relative error {largestRelative:g3}"));
    }
}
