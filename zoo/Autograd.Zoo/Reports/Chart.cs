using System.Globalization;
using System.Text;

namespace Autograd.Zoo.Reports;

/// <summary>
/// Lines over a common axis as SVG. Its colours are the page's, so that it is readable in light and dark, and it is drawn twice, for a wide
/// page and for a narrow one, so that its letters have the size of the text around it on both.
/// </summary>
/// <param name="xAxis">What goes to the right.</param>
/// <param name="yAxis">What goes up.</param>
/// <param name="isSmall">Whether two stand side by side on a wide page.</param>
/// <param name="isFromZero">Whether the x axis begins at 0 wherever the lines do.</param>
/// <param name="isLinear">Whether the y axis is linear even where the values span many powers of ten.</param>
internal sealed class Chart(string xAxis, string yAxis, bool isSmall = false, bool isFromZero = false, bool isLinear = false)
{
    private const double Top = 14, Right = 16, Bottom = 38, LetterWidth = 6.9, LetterHeight = 14;
    private const double RatioForLogarithms = 50;

    private readonly List<(Line Line, bool Dots, Line? Raw)> _lines = [];
    private readonly List<Band> _bands = [];
    private readonly List<(string Name, double Y)> _levels = [];
    private (string Name, double X, double Y)? _mark;

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="dots">Whether its points are shown, each with its value.</param>
    /// <param name="raw">What it is the mean of, drawn faintly behind it.</param>
    public Chart Add(Line line, bool dots = false, Line? raw = null)
    {
        _lines.Add((line, dots, raw));
        return this;
    }

    /// <summary>Adds what lies between two curves.</summary>
    public Chart Add(Band band)
    {
        _bands.Add(band);
        return this;
    }

    /// <summary>Adds a level across the chart, such as the figure to reach.</summary>
    public Chart Level(string name, double y)
    {
        _levels.Add((name, y));
        return this;
    }

    /// <summary>Marks one point, such as the best.</summary>
    public Chart Mark(string name, double x, double y)
    {
        _mark = (name, x, y);
        return this;
    }

    /// <summary>The drawing under its title and legend.</summary>
    public string Draw()
    {
        double[] xs = [.. _lines.SelectMany(entry => entry.Line.X), .. _bands.SelectMany(band => band.X)];
        double[] ys =
        [
            .. _lines.SelectMany(entry => entry.Line.Y.Concat(entry.Raw?.Y ?? [])), .. _bands.SelectMany(band => band.Low.Concat(band.High)),
            .. _levels.Select(level => level.Y),
        ];
        xs = [.. xs.Where(double.IsFinite), .. isFromZero ? [0.0] : Array.Empty<double>()];
        ys = [.. ys.Where(double.IsFinite)];
        if (xs.Length == 0 || ys.Length == 0) return $"<p class=\"none\">{Html.Escape(yAxis)}: nothing to draw yet.</p>";
        bool isLogarithmic = !isLinear && ys.Min() > 0 && ys.Max() / ys.Min() > RatioForLogarithms;
        string legend = Legend(isLogarithmic);
        return isSmall
            ? $"<figure>{legend}{Draw(xs, ys, isLogarithmic, 344, 190, "chart")}</figure>"
            : $"<figure>{legend}{Draw(xs, ys, isLogarithmic, 720, 300, "chart for-wide")}{Draw(xs, ys, isLogarithmic, 344, 230, "chart for-narrow")}</figure>";
    }

    private string Draw(double[] xs, double[] ys, bool isLogarithmic, double width, double height, string kind)
    {
        Scale y = isLogarithmic ? Scale.Logarithmic(ys.Min(), ys.Max()) : Scale.Rounded(ys.Min(), ys.Max(), isSmall ? 3 : 5);
        double left = 10 + (LetterWidth * y.Ticks.Max(tick => y.Label(tick).Length)), right = width - Right, bottom = height - Bottom;
        Scale x = Scale.Exact(xs.Min(), xs.Max(), (int)((right - left) / 90));
        double X(double value) => left + (x.Place(value) * (right - left));
        double Y(double value) => bottom - (y.Place(value) * (bottom - Top));

        StringBuilder svg = new();
        svg.Append(Text($"<svg class=\"{kind}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Html.Escape($"{yAxis} by {xAxis}")}\">"));
        foreach (double tick in y.Ticks)
        {
            svg.Append(Text($"<line class=\"grid\" x1=\"{left:0.#}\" x2=\"{right:0.#}\" y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\"/>"));
            svg.Append(Text($"<text x=\"{left - 7:0.#}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\">{y.Label(tick)}</text>"));
        }

        double lastLabel = double.NegativeInfinity;
        foreach (double tick in x.Ticks)
        {
            double half = LetterWidth * x.Label(tick).Length / 2, at = Math.Min(X(tick), width - half);
            if (at - half < lastLabel + LetterWidth) continue;
            lastLabel = at + half;
            svg.Append(Text($"<line class=\"tick\" x1=\"{X(tick):0.#}\" x2=\"{X(tick):0.#}\" y1=\"{bottom:0.#}\" y2=\"{bottom + 4:0.#}\"/>"));
            svg.Append(Text($"<text x=\"{at:0.#}\" y=\"{bottom + 18:0.#}\" text-anchor=\"middle\">{x.Label(tick)}</text>"));
        }

        svg.Append(Text($"<text x=\"{(left + right) / 2:0.#}\" y=\"{height - 4:0.#}\" text-anchor=\"middle\">{Html.Escape(xAxis)}</text>"));
        foreach (Band band in _bands)
        {
            (double X, double Low, double High)[] points = [.. Enumerable.Range(0, band.X.Length).Select(i => (band.X[i], band.Low[i], band.High[i]))
                .Where(static point => double.IsFinite(point.Item2) && double.IsFinite(point.Item3))];
            IEnumerable<string> low = points.Select(point => Point(X(point.X), Y(point.Low))), high = points.Select(point => Point(X(point.X), Y(point.High)));
            svg.Append($"<polygon class=\"band\" points=\"{string.Join(' ', high.Concat(low.Reverse()))}\"/>");
        }

        if (_mark is (_, double markX, _)) svg.Append(Text($"<line class=\"mark\" x1=\"{X(markX):0.#}\" x2=\"{X(markX):0.#}\" y1=\"{Top}\" y2=\"{bottom:0.#}\"/>"));
        for (int i = 0; i < _lines.Count; i++)
        {
            if (_lines[i].Raw is Line raw) Polyline(raw, $"raw s{i}");
        }

        foreach ((_, double level) in _levels) svg.Append(Text($"<line class=\"level\" x1=\"{left:0.#}\" x2=\"{right:0.#}\" y1=\"{Y(level):0.#}\" y2=\"{Y(level):0.#}\"/>"));
        for (int i = 0; i < _lines.Count; i++)
        {
            (Line line, bool dots, _) = _lines[i];
            (double X, double Y)[] points = Polyline(line, $"s{i}");
            if (!dots && points.Length > 1) continue;
            foreach ((double px, double py) in points.Length <= 60 ? points : [])
            {
                svg.Append(Text($"<circle class=\"s{i}\" cx=\"{X(px):0.#}\" cy=\"{Y(py):0.#}\" r=\"2.6\"><title>{Html.Escape(line.Name)}: {py:0.####} at {Html.Escape(xAxis)} {px:#,0.##}</title></circle>"));
            }
        }

        double above = double.NaN;
        List<(double From, double To, double At)> names = [];
        (double X, double Y)[] drawn = [.. _lines.SelectMany(entry => entry.Line.X.Zip(entry.Line.Y)).Where(static point => double.IsFinite(point.First) && double.IsFinite(point.Second))];
        foreach ((string name, double level) in _levels.OrderByDescending(static level => level.Y))
        {
            // Above its line; below it where another name already stands, or at the upper edge.
            double at = Y(level) - 5 < Top + 8 || Y(level) - above < 16 ? Y(level) + 14 : Y(level) - 5;
            above = at;
            // At the end where the lines keep further away.
            bool isAtEnd = Room(right - (LetterWidth * name.Length), right, at) > Room(left, left + (LetterWidth * name.Length), at);
            names.Add(isAtEnd ? (right - (LetterWidth * name.Length), right, at) : (left, left + (LetterWidth * name.Length), at));
            svg.Append(Text($"<text class=\"note\" x=\"{(isAtEnd ? right : left + 4):0.#}\" y=\"{at:0.#}\" text-anchor=\"{(isAtEnd ? "end" : "start")}\">{Html.Escape(name)}</text>"));
        }

        if (_mark is (string what, double bestX, double best))
        {
            bool isLeft = X(bestX) < (left + right) / 2;
            double from = isLeft ? X(bestX) : X(bestX) - (LetterWidth * what.Length), to = from + (LetterWidth * what.Length), lowest = bottom - 8, highest = Top + 10;
            double[] levels = [.. _levels.Select(level => Y(level.Y))];
            // At an edge; between them where lines or names leave no room there.
            double at = Free(highest) >= Free(lowest) ? highest : lowest;
            if (Free(at) < LetterHeight) at = Enumerable.Range(0, 9).Select(i => highest + (i * (lowest - highest) / 8)).MaxBy(Free);
            svg.Append(Text($"<circle class=\"ring\" cx=\"{X(bestX):0.#}\" cy=\"{Y(best):0.#}\" r=\"5.5\"/>"));
            svg.Append(Text($"<text class=\"note\" x=\"{X(bestX) + (isLeft ? 6 : -6):0.#}\" y=\"{at:0.#}\" text-anchor=\"{(isLeft ? "start" : "end")}\">{Html.Escape(what)}</text>"));

            double Free(double at) => Math.Min(Room(from, to, at), Distance(at));

            double Distance(double at) => levels.Select(level => Math.Abs(level - (at - 4)))
                .Concat(names.Where(name => name.From < to && name.To > from).Select(name => Math.Abs(name.At - at))).DefaultIfEmpty(height).Min();
        }

        return svg.Append("</svg>").ToString();

        // How far a text at this height is from the lines above and below it.
        double Room(double from, double to, double at) => drawn.Where(point => X(point.X) >= from && X(point.X) <= to)
            .Select(point => Math.Abs(Y(point.Y) - (at - 4))).DefaultIfEmpty(height).Min();

        (double X, double Y)[] Polyline(Line line, string series)
        {
            (double X, double Y)[] points = Thin([.. line.X.Zip(line.Y).Where(static point => double.IsFinite(point.First) && double.IsFinite(point.Second))], (int)width);
            if (points.Length > 1) svg.Append($"<polyline class=\"{series}\" points=\"{string.Join(' ', points.Select(point => Point(X(point.X), Y(point.Y))))}\"/>");
            return points;
        }
    }

    /// <summary>Means of neighbours, where there are more points than places for them.</summary>
    private static (double X, double Y)[] Thin((double X, double Y)[] points, int most) => points.Length <= most ? points
        : [.. points.Chunk((points.Length + most - 1) / most).Select(static some => (some.Average(static point => point.X), some.Average(static point => point.Y)))];

    private static string Point(double x, double y) => Text($"{x:0.#},{y:0.#}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private string Legend(bool isLogarithmic)
    {
        StringBuilder legend = new($"<figcaption><b>{Html.Escape(yAxis)}</b>");
        if (isLogarithmic) legend.Append(" <span>logarithmic scale</span>");
        if (_lines.Count > 1 || _bands.Count > 0)
        {
            for (int i = 0; i < _lines.Count; i++) legend.Append(CultureInfo.InvariantCulture, $" <span><i class=\"s{i}\"></i>{Html.Escape(_lines[i].Line.Name)}</span>");
        }

        foreach (Band band in _bands) legend.Append(CultureInfo.InvariantCulture, $" <span><i class=\"band\"></i>{Html.Escape(band.Name)}</span>");
        return legend.Append("</figcaption>").ToString();
    }

    /// <summary>From values to shares of an axis, with round numbers as ticks.</summary>
    private sealed record Scale(double Low, double High, double[] Ticks, string Format, bool IsLogarithmic = false)
    {
        /// <summary>Begins and ends at round numbers.</summary>
        public static Scale Rounded(double low, double high, int ticks)
        {
            (low, high) = Widened(low, high);
            double step = RoundStep(low, high, ticks);
            low = Math.Floor((low / step) + 1e-9) * step;
            high = Math.Ceiling((high / step) - 1e-9) * step;
            return new(low, high, Multiples(low, high, step), FormatOf(step));
        }

        /// <summary>Begins and ends at the values themselves.</summary>
        public static Scale Exact(double low, double high, int ticks)
        {
            (low, high) = Widened(low, high);
            double step = RoundStep(low, high, ticks);
            return new(low, high, Multiples(Math.Ceiling((low / step) - 1e-9) * step, Math.Floor((high / step) + 1e-9) * step, step), FormatOf(step));
        }

        /// <summary>Powers of ten as ticks, and 2 and 5 times them where these are few.</summary>
        public static Scale Logarithmic(double low, double high)
        {
            double from = Math.Log10(low), to = Math.Log10(high), room = 0.03 * (to - from);
            (from, to) = (from - room, to + room);
            int every = Math.Max(1, (int)Math.Ceiling((to - from) / 7));
            double[] ticks =
            [
                .. Enumerable.Range((int)Math.Floor(from), (int)(Math.Ceiling(to) - Math.Floor(from)) + 1).Where(power => power % every == 0)
                    .SelectMany(power => (to - from < 3 ? [1.0, 2, 5] : new[] { 1.0 }).Select(times => times * Math.Pow(10, power)))
                    .Where(tick => Math.Log10(tick) >= from && Math.Log10(tick) <= to),
            ];
            return new(from, to, ticks, "", IsLogarithmic: true);
        }

        public double Place(double value) => ((IsLogarithmic ? Math.Log10(value) : value) - Low) / (High - Low);

        public string Label(double value)
        {
            if (!IsLogarithmic) return (Math.Abs(value) < 1e-12 ? 0 : value).ToString(Format, CultureInfo.InvariantCulture);
            return value.ToString(value is >= 1e-4 and < 1e6 ? "#,0.####" : "0e+0", CultureInfo.InvariantCulture);
        }

        // One value alone stands in the middle, with 0 at an edge; more than a half below 1, as shares do.
        private static (double Low, double High) Widened(double low, double high) => high - low > 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high)) ? (low, high)
            : high == 0 ? (-0.5, 0.5) : high is > 0.5 and <= 1 ? (0, 1) : (Math.Min(0, 2 * high), Math.Max(0, 2 * high));

        private static double RoundStep(double low, double high, int ticks)
        {
            double raw = (high - low) / Math.Max(ticks, 2), power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
            return power * ((raw / power) switch { < 1.5 => 1, < 3 => 2, < 7 => 5, _ => 10 });
        }

        private static double[] Multiples(double from, double to, double step) => [.. Enumerable.Range(0, Math.Max(0, (int)Math.Round((to - from) / step)) + 1).Select(i => from + (i * step))];

        private static string FormatOf(double step)
        {
            int decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
            return decimals == 0 ? "#,0" : decimals > 6 ? "0.##e+0" : "F" + decimals.ToString(CultureInfo.InvariantCulture);
        }
    }
}
