using System.Globalization;

namespace Autograd.Zoo.Formats;

/// <summary>One or more series over the same dates.</summary>
/// <param name="Columns">The names of the series.</param>
/// <param name="Dates">The first column, as it is written.</param>
/// <param name="Values">[rows][columns], all finite.</param>
internal sealed record SeriesTable(string[] Columns, string[] Dates, double[][] Values);

/// <summary>
/// Comma-separated values with a header: a date or label, then one or more numbers with a decimal point. Fields may stand in quotes, in
/// which a quote is doubled; they do not go over the end of a line.
/// </summary>
/// <remarks>
/// Many files have no line end behind their last row. Whether its last number was cut off then shows only where the ones above it
/// have more decimal places; a whole number cut off cannot be told from a shorter one.
/// </remarks>
internal static class SeriesCsv
{
    private const string Rows = "mend the line; notes and empty lines do not belong there";
    private const string Gap = "fill the gap, or remove the row";

    /// <summary>A file's columns, dates and values.</summary>
    /// <exception cref="Failure">The file is missing, empty, cut off, has no header, a ragged row or anything but finite numbers.</exception>
    public static SeriesTable Read(string path)
    {
        string[] lines = TextLines.Read(path, "a CSV file", out bool ended);
        string[] header = Split(lines[0], $"{path}: line 1");
        CheckHeader(header, path);
        if (lines.Length < 3) throw new Failure(ExitCode.InputFile, path, "two or more rows below the header", $"{lines.Length - 1}", "pass the whole file");

        string[] dates = new string[lines.Length - 1];
        double[][] values = new double[dates.Length][];
        int fewestPlaces = int.MaxValue; // in the last column, above the row
        for (int row = 0; row < dates.Length; row++)
        {
            string where = $"{path}: line {row + 2}";
            string[] fields = Split(lines[row + 1], where);
            if (fields.Length != header.Length)
            {
                throw new Failure(ExitCode.InputFile, where, $"{header.Length} fields, as in the header",
                    lines[row + 1].Length == 0 ? "an empty line" : $"{fields.Length}", Rows);
            }

            if (string.IsNullOrWhiteSpace(fields[0])) throw new Failure(ExitCode.InputFile, where, "a date or label first", "an empty field", Rows);
            dates[row] = fields[0];
            values[row] = new double[fields.Length - 1];
            for (int column = 1; column < fields.Length; column++)
            {
                values[row][column - 1] = Number(fields[column], header[column], where);
            }

            int places = DecimalPlaces(fields[^1]);
            if (row == dates.Length - 1 && !ended && places < fewestPlaces)
            {
                throw new Failure(ExitCode.InputFile, where, $"a last number of at least {fewestPlaces} decimal places, as those above it, or a line end",
                    $"{TextLines.Show(fields[^1])} and the end of the file", "fetch the file again, or end the line if nothing is missing");
            }

            fewestPlaces = Math.Min(fewestPlaces, places);
        }

        return new SeriesTable(header[1..], dates, values);
    }

    private static void CheckHeader(string[] header, string path)
    {
        string where = $"{path}: line 1";
        if (header.Length < 2)
        {
            throw new Failure(ExitCode.InputFile, where, "a header of a date and one or more columns, separated by commas",
                "one field", "pass a CSV file with commas");
        }

        for (int column = 1; column < header.Length; column++)
        {
            string name = header[column];
            if (string.IsNullOrWhiteSpace(name))
            {
                throw new Failure(ExitCode.InputFile, where, $"a name of column {column + 1}", "an empty field", "name the column");
            }

            if (TryNumber(name, out _))
            {
                throw new Failure(ExitCode.InputFile, where, $"a header with a name of column {column + 1}", $"the number {TextLines.Show(name)}",
                    "put a line with the names of the columns first");
            }

            if (Array.IndexOf(header, name, 1) < column)
            {
                throw new Failure(ExitCode.InputFile, where, "columns of different names", $"{TextLines.Show(name)} twice", "rename one");
            }
        }
    }

    private static double Number(string field, string column, string where)
    {
        string expected = $"number in column {TextLines.Show(column)}";
        if (string.IsNullOrWhiteSpace(field)) throw new Failure(ExitCode.InputFile, where, $"a {expected}", "a missing value", Gap);
        if (!TryNumber(field, out double value))
        {
            throw new Failure(ExitCode.InputFile, where, $"a {expected}", TextLines.Show(field),
                "write numbers with a decimal point and nothing between thousands");
        }

        return double.IsFinite(value) ? value : throw new Failure(ExitCode.InputFile, where, $"a finite {expected}", TextLines.Show(field), Gap);
    }

    /// <summary>NaN and infinities are numbers here, so that they are named as such.</summary>
    private static bool TryNumber(string field, out double value) => double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static int DecimalPlaces(string number)
    {
        int point = number.IndexOf('.');
        return point < 0 ? 0 : number.Length - point - 1;
    }

    private static string[] Split(string line, string where)
    {
        List<string> fields = [];
        for (int at = 0; ; at++)
        {
            int end;
            if (at < line.Length && line[at] == '"')
            {
                end = line.IndexOf('"', at + 1);
                while (end >= 0 && end + 1 < line.Length && line[end + 1] == '"') end = line.IndexOf('"', end + 2);
                if (end < 0) throw Quote(where, at, "no second quote on the line");
                fields.Add(line[(at + 1)..end].Replace("\"\"", "\"", StringComparison.Ordinal));
                end++;
                if (end < line.Length && line[end] != ',') throw Quote(where, end, "text behind the quotes");
            }
            else
            {
                end = line.IndexOf(',', at);
                if (end < 0) end = line.Length;
                string field = line[at..end];
                if (field.Contains('"')) throw Quote(where, at, "a quote within a field without quotes");
                fields.Add(field);
            }

            if (end == line.Length) return [.. fields];
            at = end; // the comma
        }
    }

    private static Failure Quote(string where, int at, string got) =>
        new(ExitCode.InputFile, $"{where}, character {at + 1}", "a field, or one in quotes", got, "mend the quotes; a quote within quotes is doubled");
}
