using System.Globalization;
using Autograd.Zoo.Formats;

namespace Autograd.Tests.Zoo.Formats;

public sealed class SeriesCsvTests : IDisposable
{
    /// <summary>As public copies have it: quotes, \r\n, and no end of the last line.</summary>
    private const string Temperatures = "\"Date\",\"Temp\"\r\n\"1981-01-01\",20.7\r\n\"1981-01-02\",-17.9\r\n\"1981-01-03\",0.0\r\n\"1981-01-04\",13.5";

    private const string Several = "day,high,\"low, \"\"at night\"\"\"\n1,1.5,-2e3\n\"2, a Tuesday\",+.5,\" 7 \"\n3,\"1000000\",0.25\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_dates_and_values_come_back()
    {
        SeriesTable table = Read(Temperatures);
        Assert.Equal(["Temp"], table.Columns);
        Assert.Equal(["1981-01-01", "1981-01-02", "1981-01-03", "1981-01-04"], table.Dates);
        Assert.Equal([[20.7], [-17.9], [0.0], [13.5]], table.Values);
        Assert.Equal(table.Values, Read("\uFEFF" + Temperatures + "\n").Values);
        Assert.Equal(table.Values, SeriesCsv.Read(_folder.Write("gz", Damage.Gzip(Damage.Utf8(Temperatures)))).Values);

        table = Read(Several);
        Assert.Equal(["high", "low, \"at night\""], table.Columns);
        Assert.Equal(["1", "2, a Tuesday", "3"], table.Dates);
        Assert.Equal([[1.5, -2000], [0.5, 7], [1_000_000, 0.25]], table.Values);
    }

    [Theory]
    [InlineData("", 0, "a CSV file", "an empty file")]
    [InlineData("date,x\n", 0, "two or more rows", "got 0")]
    [InlineData("date,x\na,1\n", 0, "two or more rows", "got 1")]
    [InlineData("date;x\na;1\nb;2\n", 1, "separated by commas", "one field")]
    [InlineData("\na,1\nb,2\n", 1, "separated by commas", "one field")]
    [InlineData("date,\na,1\nb,2\n", 1, "a name of column 2", "an empty field")]
    [InlineData("date,x,x\na,1,2\nb,2,3\n", 1, "different names", "'x' twice")]
    [InlineData("1949-01,112\n1949-02,118\n1949-03,132\n", 1, "a header", "the number '112'")]
    [InlineData("date,x\na,1\nb\nc,3\n", 3, "2 fields", "got 1")]
    [InlineData("date,x\na,1\nb,2,3\nc,3\n", 3, "2 fields", "got 3")]
    [InlineData("date,x\na,1\nb,2,\n", 3, "2 fields", "got 3")]
    [InlineData("date,x\na,1\n\nc,3\n", 3, "2 fields", "an empty line")]
    [InlineData("date,x\na,1\nb,2\n\nSome note on the series\n", 4, "2 fields", "an empty line")]
    [InlineData("date,x\na,1\nb,2\nSome note, with a comma\n", 4, "a number in column 'x'", "' with a comma'")]
    [InlineData("date,x\na,1\n,2\n", 3, "a date or label", "an empty field")]
    [InlineData("date,x\na,1\nb,\nc,3\n", 3, "a number in column 'x'", "a missing value")]
    [InlineData("date,x\na,1\nb,\"\"\nc,3\n", 3, "a number in column 'x'", "a missing value")]
    [InlineData("date,x\na,1\nb,?0.2\n", 3, "a number in column 'x'", "'?0.2'")]
    [InlineData("date,x\na,1\nb,NaN\n", 3, "a finite number in column 'x'", "'NaN'")]
    [InlineData("date,x\na,1\nb,-Infinity\n", 3, "a finite number in column 'x'", "'-Infinity'")]
    [InlineData("date,x\na,1\nb,1e999\n", 3, "a finite number in column 'x'", "'1e999'")]
    [InlineData("date,x\na,1\nb,\"1,234\"\n", 3, "a number in column 'x'", "'1,234'")]
    [InlineData("date,x\na,1\nb,\"1,5\"\n", 3, "a number in column 'x'", "decimal point")]
    [InlineData("date,x\na,1\nb,0x10\n", 3, "a number in column 'x'", "'0x10'")]
    [InlineData("date,x\na,1\n\"b,2\n", 3, "in quotes", "no second quote")]
    [InlineData("date,x\na,1\n\"b\"c,2\n", 3, "in quotes", "text behind the quotes")]
    [InlineData("date,x\na,1\nb\"c,2\n", 3, "in quotes", "a quote within a field")]
    [InlineData("date,x\na,1\nb,\"2\"\"\n", 3, "character 3", "no second quote")]
    public void What_is_no_series_is_refused_with_its_line(string text, int line, string expected, string got)
    {
        Damage.Refused(() => Read(text), line == 0 ? _folder["csv"] : $"csv: line {line}", expected, got);
    }

    [Fact]
    public void Numbers_have_a_point_in_every_culture()
    {
        CultureInfo culture = CultureInfo.CurrentCulture;
        try
        {
            var commas = (CultureInfo)culture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            commas.NumberFormat.NumberGroupSeparator = ".";
            CultureInfo.CurrentCulture = commas;
            Assert.Equal(20.7, Read(Temperatures).Values[0][0]);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused_or_ends_with_a_whole_row()
    {
        foreach (string text in new[] { Temperatures, Temperatures + "\r\n", "d,x\na,\"1\"\nb,\"23\"\nc,\"456\"\n" })
        {
            SeriesTable good = Read(text);
            int accepted = 0;
            foreach ((int _, SeriesTable? read) in Damage.Cuts(_folder, Damage.Utf8(text), SeriesCsv.Read))
            {
                if (read is null) continue;
                accepted++;
                Assert.Equal(good.Columns, read.Columns);
                Assert.Equal(good.Dates[..read.Dates.Length], read.Dates);
                Assert.Equal(good.Values[..read.Values.Length], read.Values);
            }

            Assert.True(accepted > 1);
        }
    }

    /// <summary>The one thing that a cut can do unseen: shorten the last number where nothing says how long it was.</summary>
    [Fact]
    public void Only_the_last_whole_number_can_be_cut_unseen()
    {
        const string Text = "d,x\na,112\nb,118\nc,132\n";
        SeriesTable good = Read(Text);
        foreach ((int length, SeriesTable? read) in Damage.Cuts(_folder, Damage.Utf8(Text), SeriesCsv.Read))
        {
            if (read is null) continue;
            int whole = read.Values.Length - (Text[length - 1] == '\n' ? 0 : 1);
            Assert.Equal(good.Dates[..read.Dates.Length], read.Dates);
            Assert.Equal(good.Values[..whole], read.Values[..whole]);
        }

        Assert.Equal(13, Read(Text[..^2]).Values[2][0]);
        Damage.Refused(() => Read("d,x\na,1.12\nb,1.18\nc,1.3"), "csv: line 4:", "at least 2 decimal places", "'1.3'", "end the line");
        Assert.Equal(1.3, Read("d,x\na,1.12\nb,1.18\nc,1.3\n").Values[2][0]);
        Assert.Equal(1.3, Read("d,x\na,1.12\nb,1.1\nc,1.3").Values[2][0]);
    }

    [Fact]
    public void Changed_bytes_end_in_a_failure_or_in_finite_numbers()
    {
        foreach (string text in new[] { Temperatures, Several })
        {
            SeriesTable?[] read = Damage.Mutations(_folder, Damage.Utf8(text), SeriesCsv.Read);
            Assert.Contains(read, table => table is not null);
            foreach (SeriesTable table in read.OfType<SeriesTable>())
            {
                Assert.NotEmpty(table.Columns);
                Assert.Equal(table.Dates.Length, table.Values.Length);
                Assert.All(table.Values, row => Assert.Equal(table.Columns.Length, row.Length));
                Assert.All(table.Values.SelectMany(row => row), value => Assert.True(double.IsFinite(value)));
            }
        }
    }

    private SeriesTable Read(string text) => SeriesCsv.Read(_folder.Write("csv", Damage.Utf8(text)));
}
