using System.Globalization;

namespace Autograd;

/// <summary>Plain tables, the first column flush left, the others right.</summary>
internal static class TextTable
{
    public static string Text(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Text(double share) => share.ToString("0.0000", CultureInfo.InvariantCulture);

    public static string Format(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column])))));
    }
}
