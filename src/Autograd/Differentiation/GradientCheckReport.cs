using System.Globalization;
using System.Text;

namespace Autograd;

/// <summary>What <see cref="GradientCheck"/> compares.</summary>
public enum GradientLaw
{
    /// <summary>The gradient by an element is the difference quotient.</summary>
    FirstOrder,

    /// <summary>The same for the gradient of a gradient.</summary>
    SecondOrder,

    /// <summary>The gradient for the cotangent a·u + b·v is a times that for u plus b times that for v, to 1e-12.</summary>
    Linearity,

    /// <summary>The gradient for the cotangent 0 is exactly 0.</summary>
    ZeroCotangent,

    /// <summary>With createGraph the gradient is the same, to 1e-12.</summary>
    CreateGraph,

    /// <summary>The inputs keep every bit.</summary>
    InputsUnchanged,

    /// <summary>Two runs give the same bits.</summary>
    Repeatability,
}

/// <summary>One element for which a law does not hold.</summary>
/// <param name="Law">The law.</param>
/// <param name="Input">The name of the input or parameter.</param>
/// <param name="Index">The place in it, such as <c>[1, 2]</c>; <c>along direction 3</c> where a direction was checked.</param>
/// <param name="Analytic">What the gradient rule gave.</param>
/// <param name="Numeric">What it should be.</param>
/// <param name="Allowed">The largest difference allowed.</param>
public readonly record struct GradientFailure(GradientLaw Law, string Input, string Index, double Analytic, double Numeric, double Allowed)
{
    /// <summary>|numeric − analytic|.</summary>
    public double Error => Math.Abs(Numeric - Analytic);

    /// <summary>The failure in a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Law}: {Input} {Index}: analytic {Analytic:R}, numeric {Numeric:R}, difference {Error:E2}, allowed {Allowed:E2}");
}

/// <summary>What <see cref="GradientCheck"/> found.</summary>
public sealed class GradientCheckReport
{
    private const int MostLines = 12;
    private readonly List<GradientFailure> _failures = [];
    private readonly Dictionary<GradientLaw, double> _worst = [];

    internal GradientCheckReport()
    {
    }

    /// <summary>Whether at least one element was compared and no law failed.</summary>
    public bool Passed => ComparedElements > 0 && _failures.Count == 0;

    /// <summary>The number of comparisons of an analytic with a numeric derivative. 0 is a failure: nothing was checked.</summary>
    public long ComparedElements { get; private set; }

    /// <summary>The largest |numeric − analytic| / max(1, |analytic|) of the comparisons; NaN if one of them was NaN.</summary>
    public double WorstError => _worst.Values.Aggregate(0.0, Math.Max);

    /// <summary>The same of the gradients alone, or of the gradients of gradients.</summary>
    /// <param name="law"><see cref="GradientLaw.FirstOrder"/> or <see cref="GradientLaw.SecondOrder"/>.</param>
    public double WorstErrorOf(GradientLaw law) => _worst.GetValueOrDefault(law);

    /// <summary>Every element for which a law does not hold.</summary>
    public IReadOnlyList<GradientFailure> Failures => _failures;

    /// <summary>Throws if the check did not pass; the message is the report.</summary>
    /// <exception cref="GradientCheckException">The check did not pass.</exception>
    public void ThrowIfFailed()
    {
        if (!Passed) throw new GradientCheckException(ToString(), this);
    }

    /// <summary>The verdict, and the first failures, worst first.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Gradient check {(Passed ? "passed" : "failed")}: ");
        text.Append(CultureInfo.InvariantCulture, $"{ComparedElements} elements compared, worst error {WorstError:E2}");
        if (ComparedElements == 0)
        {
            text.Append(". Nothing was compared: give at least one input with at least one element, and an output that has elements");
        }

        if (_failures.Count > 0) text.Append(CultureInfo.InvariantCulture, $", {_failures.Count} failures");
        text.Append('.');
        IEnumerable<GradientFailure> worst = _failures.OrderByDescending(static f => double.IsNaN(f.Error) ? double.PositiveInfinity : f.Error);
        foreach (GradientFailure failure in worst.Take(MostLines)) text.Append(CultureInfo.InvariantCulture, $"\n  {failure}");

        if (_failures.Count > MostLines) text.Append(CultureInfo.InvariantCulture, $"\n  and {_failures.Count - MostLines} more");
        return text.ToString();
    }

    /// <summary>Compares a derivative; <paramref name="index"/> is only called for a failure.</summary>
    internal void Compare(GradientLaw law, string input, Func<string> index, double analytic, double numeric, double tolerance)
    {
        double scale = Math.Max(1, Math.Abs(analytic)), error = Math.Abs(numeric - analytic) / scale;
        ComparedElements++;
        _worst[law] = Math.Max(_worst.GetValueOrDefault(law), error); // NaN stays
        Require(error <= tolerance, law, input, index, analytic, numeric, tolerance * scale);
    }

    /// <summary>Notes a failure of a law that is not a derivative.</summary>
    internal void Require(
        bool holds, GradientLaw law, string input, Func<string> index, double analytic, double numeric, double allowed = 0)
    {
        if (!holds) _failures.Add(new GradientFailure(law, input, index(), analytic, numeric, allowed));
    }
}

/// <summary>A gradient check did not pass; the message says which elements differ.</summary>
public sealed class GradientCheckException : Exception
{
    internal GradientCheckException(string message, GradientCheckReport report)
        : base(message) => Report = report;

    /// <summary>The whole report.</summary>
    public GradientCheckReport Report { get; }
}
