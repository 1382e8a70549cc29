using System.Globalization;
using System.Text;

namespace Autograd;

/// <summary>The heat map.</summary>
public sealed partial class GradientFlow<T>
{
    private const int MostColumns = 240, Left0 = 150, Top = 46, RowHeight = 26, Width = 720;

    /// <summary>
    /// A picture that stands by itself: time from left to right, a row for h (and one for the rest of the state) of each layer and
    /// direction, the colour log₁₀ of the gradient's norm. Long sequences show the largest norm of several steps in a column.
    /// </summary>
    /// <param name="title">The line on top; the name of the layer and the verdict by default.</param>
    public string ToSvg(string? title = null)
    {
        IReadOnlyList<GradientFlowStep> steps = Steps;
        List<(string Name, double[] Norms)> rows = [];
        foreach (IGrouping<(int, bool), GradientFlowStep> direction in steps.GroupBy(static step => (step.Layer, step.IsReverse)))
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"layer {direction.Key.Item1}{(direction.Key.Item2 ? " reverse" : string.Empty)}");
            rows.Add(($"{name} h", [.. direction.Select(static step => step.HiddenGradient)]));
            if (direction.First().CellGradient is not null) rows.Add(($"{name} c", [.. direction.Select(static step => step.CellGradient.GetValueOrDefault())]));
        }

        double[] logs = [.. rows.SelectMany(static row => row.Norms).Where(static norm => norm > 0 && double.IsFinite(norm)).Select(Math.Log10)];
        double high = logs.Length == 0 ? 0 : logs.Max(), low = logs.Length == 0 ? -1 : Math.Max(logs.Min(), high - 12);
        if (high - low < 0.5) low = high - 0.5;
        int bottom = Top + (RowHeight * rows.Count), time = rows.Count == 0 ? 0 : rows.Max(static row => row.Norms.Length);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Left0 + Width + 20} {bottom + 78}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">");
        svg.Append("<style>text { fill: #1f2328 } .frame { fill: none; stroke: #8b949e } @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }</style>");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Escaped(title ?? $"{_family}: {Verdict}")}</title><text x=\"10\" y=\"24\" font-size=\"15\">{Escaped(title ?? $"{_family}: {Verdict}")}</text>");
        for (int row = 0; row < rows.Count; row++) AppendRow(svg, rows[row].Name, rows[row].Norms, Top + (row * RowHeight), low, high);
        if (rows.Count > 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left0}\" y=\"{bottom + 18}\">step 0</text><text x=\"{Left0 + Width}\" y=\"{bottom + 18}\" text-anchor=\"end\">step {time - 1}</text>");
        }

        AppendScale(svg, bottom + 34, low, high);
        return svg.Append("</svg>").ToString();
    }

    private static void AppendRow(StringBuilder svg, string name, double[] norms, int y, double low, double high)
    {
        int columns = Math.Min(norms.Length, MostColumns);
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left0 - 8}\" y=\"{y + 17}\" text-anchor=\"end\">{Escaped(name)}</text>");
        for (int column = 0; column < columns; column++)
        {
            int from = (int)((long)column * norms.Length / columns), to = (int)((column + 1L) * norms.Length / columns);
            double norm = norms.AsSpan(from, to - from).ToArray().Max();
            double x = Left0 + ((double)Width * column / columns);
            string where = to - from == 1 ? $"step {from}" : $"steps {from} to {to - 1}";
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y}\" width=\"{((double)Width / columns) + 0.3:0.##}\" height=\"{RowHeight - 4}\" fill=\"{ColourOf(norm, low, high)}\"><title>{where}: {norm:0.00e+00}</title></rect>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"frame\" x=\"{Left0}\" y=\"{y}\" width=\"{Width}\" height=\"{RowHeight - 4}\"/>");
    }

    private static void AppendScale(StringBuilder svg, int y, double low, double high)
    {
        const int parts = 60, width = 240;
        for (int i = 0; i < parts; i++)
        {
            double log = low + ((high - low) * i / (parts - 1));
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left0 + ((double)width * i / parts):0.##}\" y=\"{y}\" width=\"{((double)width / parts) + 0.3:0.##}\" height=\"10\" fill=\"{ColourOf(Math.Pow(10, log), low, high)}\"/>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left0 - 8}\" y=\"{y + 10}\" text-anchor=\"end\">norm of gradient</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left0}\" y=\"{y + 26}\">1e{low:0.#}</text><text x=\"{Left0 + width}\" y=\"{y + 26}\" text-anchor=\"end\">1e{high:0.#}</text>");
    }

    /// <summary>From dark blue for the smallest to yellow for the largest; grey for zero, red for what is not finite.</summary>
    private static string ColourOf(double norm, double low, double high)
    {
        if (!double.IsFinite(norm)) return "#d1242f";
        if (norm == 0) return "#8c959f";
        ReadOnlySpan<(int R, int G, int B)> colours = [(13, 22, 74), (62, 38, 128), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)];
        double place = Math.Clamp((Math.Log10(norm) - low) / (high - low), 0, 1) * (colours.Length - 1);
        int at = Math.Min((int)place, colours.Length - 2);
        double share = place - at;
        (int r, int g, int b) = colours[at];
        (int r2, int g2, int b2) = colours[at + 1];
        return string.Create(CultureInfo.InvariantCulture, $"#{Mixed(r, r2):x2}{Mixed(g, g2):x2}{Mixed(b, b2):x2}");

        int Mixed(int one, int other) => (int)Math.Round(one + ((other - one) * share));
    }

    private static string Escaped(string text) => System.Security.SecurityElement.Escape(text);
}
