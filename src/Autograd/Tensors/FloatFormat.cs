using System.Globalization;
using System.Numerics;

namespace Autograd;

/// <summary>The words for the floating numbers of a tensor, all of one width, by NumPy's rules.</summary>
internal sealed class FloatFormat
{
    private const int Precision = 8;

    private readonly List<double> _values;
    private readonly bool _scientific;
    private readonly (string Whole, string Fraction, string Exponent)[] _parts;
    private readonly int _left;
    private readonly int _fraction;
    private readonly int _exponent;
    private readonly int _right;

    /// <param name="values">The numbers.</param>
    /// <param name="single">Whether they are of type <c>float</c>, whose shortest digits are fewer.</param>
    public FloatFormat(List<double> values, bool single)
    {
        _values = values;
        double[] magnitudes = [.. values.Where(double.IsFinite).Select(Math.Abs).Where(static value => value != 0)];
        if (magnitudes.Length > 0)
        {
            double most = magnitudes.Max(), least = magnitudes.Min(), ratio = single ? (float)most / (float)least : most / least;
            _scientific = most >= 1e8 || least < 1e-4 || ratio > 1000;
        }

        _parts = [.. values.Select(value => !double.IsFinite(value) ? default : Parts(value, single, _scientific, Precision))];
        foreach ((string whole, string fraction, string exponent) in _parts.Where(static part => part.Whole is not null))
        {
            _left = Math.Max(_left, whole.Length);
            _fraction = Math.Max(_fraction, fraction.Length);
            _exponent = Math.Max(_exponent, exponent.Length - 1);
        }

        if (_scientific)
        {
            // All show as many digits, and these are digits of the number itself, not zeros behind its shortest form.
            for (int i = 0; i < values.Count; i++)
            {
                if (_parts[i].Whole is not null) _parts[i] = Parts(values[i], single, _scientific, _fraction, exact: true);
            }
        }

        _right = _fraction + (_scientific ? _exponent + 2 : 0);
        if (values.Exists(static value => !double.IsFinite(value)))
        {
            int longest = values.Contains(double.NegativeInfinity) ? "-inf".Length : "nan".Length;
            _left = Math.Max(_left, longest - _right - 1);
        }
    }

    /// <summary>One number alone: all its digits, with at least one behind the point; scientific below 1e-4 and from 1e16 on.</summary>
    public static string Scalar(double value, bool single)
    {
        if (!double.IsFinite(value)) return NonFinite(value);
        double magnitude = Math.Abs(value);
        bool scientific = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16);
        (string whole, string fraction, string exponent) = Parts(value, single, scientific, precision: int.MaxValue);
        if (!scientific) return $"{whole}.{(fraction.Length == 0 ? "0" : fraction)}";
        return fraction.Length == 0 ? $"{whole}e{exponent}" : $"{whole}.{fraction}e{exponent}";
    }

    public IEnumerable<string> Words()
    {
        for (int i = 0; i < _values.Count; i++)
        {
            (string whole, string fraction, string exponent) = _parts[i];
            if (whole is null) yield return NonFinite(_values[i]).PadLeft(_left + _right + 1);
            else if (!_scientific) yield return $"{whole.PadLeft(_left)}.{fraction.PadRight(_fraction)}";
            else yield return $"{whole.PadLeft(_left)}.{fraction.PadRight(_fraction, '0')}e{exponent[0]}{exponent[1..].PadLeft(_exponent, '0')}";
        }
    }

    private static string NonFinite(double value) => double.IsNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";

    /// <summary>
    /// The digits before and behind the point, and the exponent with its sign. They are the shortest that tell the number
    /// from its neighbours, or its exact value rounded to <paramref name="precision"/> digits behind the point if that is
    /// shorter or <paramref name="exact"/>.
    /// </summary>
    private static (string Whole, string Fraction, string Exponent) Parts(double value, bool single, bool scientific, int precision, bool exact = false)
    {
        (string digits, int exponent) = Shortest(Math.Abs(value), single);
        int places = digits.Length - 1 - (scientific ? 0 : exponent);
        if (places > precision || (exact && places < precision && value != 0))
        {
            int scale = scientific ? precision - exponent : precision;
            string rounded = Scaled(Math.Abs(value), scale).ToString(CultureInfo.InvariantCulture);

            // The shortest digits may be those of the next power of ten: in float, 1e-5 stands for 9.9999997e-6.
            string finer = scientific ? Scaled(Math.Abs(value), scale + 1).ToString(CultureInfo.InvariantCulture) : string.Empty;
            if (scientific && finer.Length <= precision + 1) (rounded, scale) = (finer, scale + 1);
            exponent = rounded.Length - 1 - scale;
            digits = rounded.TrimEnd('0') is { Length: > 0 } some ? some : "0";
        }

        string sign = double.IsNegative(value) ? "-" : string.Empty;
        if (scientific) return (sign + digits[0], digits[1..], FormattableString.Invariant($"{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}"));
        string padded = exponent < 0 ? new string('0', -exponent) + digits : digits.PadRight(exponent + 1, '0');
        int point = Math.Max(exponent, 0) + 1;
        return (sign + padded[..point], padded[point..], string.Empty);
    }

    /// <summary>The shortest digits, without zeros at either end, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Shortest(double magnitude, bool single)
    {
        if (magnitude == 0) return ("0", 0);
        string text = single ? ((float)magnitude).ToString("R", CultureInfo.InvariantCulture) : magnitude.ToString("R", CultureInfo.InvariantCulture);
        string[] halves = text.Split('E');
        int exponent = halves.Length > 1 ? int.Parse(halves[1], CultureInfo.InvariantCulture) : 0;
        int point = halves[0].IndexOf('.', StringComparison.Ordinal);
        exponent += (point < 0 ? halves[0].Length : point) - 1;
        string digits = halves[0].Replace(".", string.Empty, StringComparison.Ordinal);
        string significant = digits.TrimStart('0');
        return (significant.TrimEnd('0'), exponent - (digits.Length - significant.Length));
    }

    /// <summary>magnitude · 10^scale, rounded to a whole number; half goes to even.</summary>
    private static BigInteger Scaled(double magnitude, int scale)
    {
        long bits = BitConverter.DoubleToInt64Bits(magnitude);
        int power = (int)(bits >> 52);
        BigInteger above = power == 0 ? bits : (bits & ((1L << 52) - 1)) | (1L << 52), below = BigInteger.One;
        power = Math.Max(power, 1) - 1075;
        if (power > 0) above <<= power;
        else below <<= -power;
        if (scale > 0) above *= BigInteger.Pow(10, scale);
        else below *= BigInteger.Pow(10, -scale);
        BigInteger quotient = BigInteger.DivRem(above, below, out BigInteger rest);
        int half = (rest * 2).CompareTo(below);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
