using System.Globalization;
using System.Text;

namespace Autograd.Benchmarks;

/// <summary>Small pictures side by side, one for each axis, both scales logarithmic and the upright one shared; readable on light and dark paper.</summary>
internal sealed class LogLogPlot(string title, string unit)
{
    private const int Panel = 210, Height = 230, Gap = 22, Left = 74, Top = 74;
    private static readonly string[] Colours = ["#cf6a00", "#2f81f7", "#2da44e", "#bf4b8a"];
    private readonly List<(string Axis, string Series, bool Dashed, IReadOnlyList<(double X, double Y)> Points)> _lines = [];

    /// <summary>Adds a line to the picture of an axis; one series has one colour everywhere.</summary>
    public void Add(string axis, string series, bool dashed, IReadOnlyList<(double X, double Y)> points) => _lines.Add((axis, series, dashed, points));

    public string ToSvg()
    {
        string[] axes = [.. _lines.Select(static line => line.Axis).Distinct()], series = [.. _lines.Select(static line => line.Series).Distinct()];
        double[] all = [.. _lines.SelectMany(static line => line.Points).Select(static point => Math.Log10(point.Y))];
        double low = Math.Floor(all.Min()), high = Math.Max(Math.Ceiling(all.Max()), low + 1);
        StringBuilder svg = new();
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Left + (axes.Length * (Panel + Gap))} {Top + Height + 50}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n");
        Append(svg, $"<style>text {{ fill: #1f2328 }} .frame {{ fill: none; stroke: #8b949e }} .grid {{ stroke: #8b949e; stroke-opacity: 0.35 }} .line {{ fill: none; stroke-width: 2 }} @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} }}</style>\n");
        Append(svg, $"<title>{title}</title><text x=\"10\" y=\"24\" font-size=\"15\">{title}</text>\n");
        for (int i = 0; i < series.Length; i++)
        {
            Append(svg, $"<rect x=\"{Left + (i * 80)}\" y=\"40\" width=\"18\" height=\"4\" fill=\"{Colours[i % Colours.Length]}\"/><text x=\"{Left + 24 + (i * 80)}\" y=\"47\">{series[i]}</text>\n");
        }

        for (double decade = low; decade <= high; decade++)
        {
            Append(svg, $"<text x=\"{Left - 8}\" y=\"{Vertical(decade) + 4:0.#}\" text-anchor=\"end\">{Math.Pow(10, decade):0.###} {unit}</text>\n");
        }

        for (int i = 0; i < axes.Length; i++) AppendPanel(svg, axes[i], Left + (i * (Panel + Gap)), series, low, high, Vertical);
        return svg.Append("</svg>\n").ToString();

        double Vertical(double log) => Top + Height - (Height * (log - low) / (high - low));
    }

    private void AppendPanel(StringBuilder svg, string axis, int left, string[] series, double low, double high, Func<double, double> vertical)
    {
        var lines = _lines.Where(line => line.Axis == axis).ToArray();
        double[] values = [.. lines.SelectMany(static line => line.Points).Select(static point => point.X).Distinct().Order()];
        double from = Math.Log2(values[0]) - 0.3, to = Math.Log2(values[^1]) + 0.3;
        for (double decade = low; decade <= high; decade++)
        {
            Append(svg, $"<line class=\"grid\" x1=\"{left}\" x2=\"{left + Panel}\" y1=\"{vertical(decade):0.#}\" y2=\"{vertical(decade):0.#}\"/>\n");
        }

        foreach (double value in values) Append(svg, $"<text x=\"{Horizontal(value):0.#}\" y=\"{Top + Height + 17}\" text-anchor=\"middle\" font-size=\"11\">{value:0}</text>\n");
        Append(svg, $"<rect class=\"frame\" x=\"{left}\" y=\"{Top}\" width=\"{Panel}\" height=\"{Height}\"/><text x=\"{left + (Panel / 2)}\" y=\"{Top + Height + 38}\" text-anchor=\"middle\">{axis}</text>\n");
        foreach ((_, string name, bool dashed, IReadOnlyList<(double X, double Y)> points) in lines)
        {
            string colour = Colours[Array.IndexOf(series, name) % Colours.Length];
            string path = string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{Horizontal(point.X):0.#},{vertical(Math.Log10(point.Y)):0.#}")));
            Append(svg, $"<polyline class=\"line\" stroke=\"{colour}\"{(dashed ? " stroke-dasharray=\"5 4\"" : string.Empty)} points=\"{path}\"/>\n");
            foreach ((double x, double y) in points)
            {
                Append(svg, $"<circle cx=\"{Horizontal(x):0.#}\" cy=\"{vertical(Math.Log10(y)):0.#}\" r=\"3\" fill=\"{colour}\"><title>{name}, {axis} {x:0}: {y:0.###} {unit}</title></circle>\n");
            }
        }

        double Horizontal(double value) => left + (Panel * (Math.Log2(value) - from) / (to - from));
    }

    private static void Append(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
