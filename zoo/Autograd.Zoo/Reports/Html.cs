using System.Globalization;
using System.Net;
using System.Text;

namespace Autograd.Zoo.Reports;

/// <summary>Parts of a report as HTML that is XML too.</summary>
internal static class Html
{
    private const int LongestLyingLabel = 3, MostLyingLabels = 4;

    /// <summary>Text as it stands in HTML, with control characters visible.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(string.Concat(text.EnumerateRunes().Select(
        static rune => (Rune.IsControl(rune) && rune.Value is not ('\n' or '\t')) || (rune.Value & 0xFFFE) == 0xFFFE ? $"\\u{{{rune.Value:x}}}" : rune.ToString())));

    /// <summary>One part under its heading.</summary>
    public static string Section(ReportPart part) => $"<section><h2>{Escape(part.Title)}</h2><p>{Escape(part.Words)}</p>{Body(part)}</section>\n";

    private static string Body(ReportPart part) => part switch
    {
        TextPart text => $"<pre>{Escape(text.Text)}</pre>",
        TablePart table => Table(table.Head, table.Rows),
        HeatPart heat => Heat(heat),
        LinesPart lines => Lines(lines),
        SvgPart svg => $"<div class=\"scroll drawn\">{svg.Svg}</div>",
        _ => throw new InvalidOperationException($"No way to show {part.GetType()}."),
    };

    /// <summary>Rows under a head; a column of numbers alone is set to the right.</summary>
    public static string Table(string[] head, string[][] rows)
    {
        bool[] isNumeric = [.. head.Select((_, column) => rows.Length > 0 && rows.All(row => row[column].Length > 0 && row[column].All(static c => char.IsAsciiDigit(c) || ".,%+-− ".Contains(c))))];
        StringBuilder html = new("<div class=\"scroll\"><table><thead><tr>");
        for (int column = 0; column < head.Length; column++) html.Append(CultureInfo.InvariantCulture, $"<th{Class(column)}>{Escape(head[column])}</th>");
        html.Append("</tr></thead><tbody>");
        foreach (string[] row in rows)
        {
            html.Append("<tr>");
            for (int column = 0; column < row.Length; column++) html.Append(CultureInfo.InvariantCulture, $"<td{Class(column)}>{Escape(row[column])}</td>");
            html.Append("</tr>");
        }

        return html.Append("</tbody></table></div>").ToString();

        string Class(int column) => isNumeric[column] ? " class=\"number\"" : "";
    }

    private static string Lines(LinesPart part)
    {
        Chart chart = new(part.XAxis, part.YAxis);
        if (part.Band is { } band) chart.Add(band);
        foreach (Line line in part.Lines) chart.Add(line);
        return chart.Draw();
    }

    // How strong a cell's colour is, is the root of its share of the largest value, so that a few mistakes beside many right answers are seen.
    private static string Heat(HeatPart part)
    {
        double most = part.Values.SelectMany(static row => row).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        bool isSquare = part.Rows.SequenceEqual(part.Columns);
        bool stands = part.Columns.Length > MostLyingLabels && part.Columns.Any(static column => column.Length > LongestLyingLabel);
        StringBuilder html = new();
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\"><table class=\"heat{(part.Format is null ? " bare" : "")}\"><thead><tr><td></td><th class=\"axis\" colspan=\"{Math.Max(1, part.Columns.Length)}\">{Escape(part.ColumnAxis)} →</th></tr><tr><th class=\"axis\">{Escape(part.RowAxis)} ↓</th>");
        foreach (string column in part.Columns) html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"{(stands ? " class=\"stands\"" : "")}><span>{Escape(column)}</span></th>");
        html.Append("</tr></thead><tbody>");
        for (int row = 0; row < part.Rows.Length; row++)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Escape(part.Rows[row])}</th>");
            for (int column = 0; column < part.Columns.Length; column++) Cell(row, column);
            html.Append("</tr>");
        }

        html.Append("</tbody></table></div>");
        return most == 0 ? html.ToString() : html.Append(Key(most)).ToString();

        void Cell(int row, int column)
        {
            double value = part.Values[row][column], strength = Math.Sqrt(most > 0 && double.IsFinite(value) ? Math.Abs(value) / most : 0);
            string text = part.Format is null ? "" : !double.IsFinite(value) ? "–" : value.ToString(part.Format, CultureInfo.InvariantCulture);
            string[] classes = [strength > 0.72 ? "strong" : strength > 0.5 ? "middling" : "", isSquare && row == column ? "same" : "", part.Format is not null && text == 0.0.ToString(part.Format, CultureInfo.InvariantCulture) ? "zero" : ""];
            string names = string.Join(' ', classes.Where(static name => name.Length > 0));
            html.Append(CultureInfo.InvariantCulture,
                $"<td style=\"--v:{strength:0.###}\"{(names.Length > 0 ? $" class=\"{names}\"" : "")} title=\"{Escape(part.Rows[row])}, {Escape(part.Columns[column])}: {(double.IsFinite(value) ? value.ToString("0.####", CultureInfo.InvariantCulture) : "no number")}\">{text}</td>");
        }

        static string Key(double most)
        {
            StringBuilder key = new("<p class=\"key\">");
            foreach (double strength in (double[])[0, 0.25, 0.5, 0.75, 1])
                key.Append(CultureInfo.InvariantCulture, $"<span><i style=\"--v:{strength}\"></i>{(most * strength * strength).ToString(most >= 20 ? "#,0" : "0.###", CultureInfo.InvariantCulture)}</span> ");
            return key.Append("</p>").ToString();
        }
    }
}
