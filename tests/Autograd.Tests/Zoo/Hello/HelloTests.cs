using System.Text.Json;

namespace Autograd.Tests.Zoo.Hello;

/// <summary>The textbook's four letters.</summary>
public sealed class HelloTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public void AllThreeCellsWriteTheWord(string seed)
    {
        using TempFolder folder = new();
        JsonElement result = ZooRun.Train("hello", folder["run"], "--seed", seed);
        Assert.Equal(1, result.GetProperty("value").GetDouble());
        Assert.Equal("accuracy", result.GetProperty("metric").GetString());
        (int code, string table, string error) = ZooRun.Invoke("sample", folder["run"]);
        Assert.True(code == 0, error);
        foreach (string cell in (string[])["rnn  ", "lstm ", "gru  "]) Assert.Contains($"{cell} h → ello", table, StringComparison.Ordinal);
        double[][] rows = [.. table.Split('\n').Where(static line => line.Contains('%')).Select(static line => line.Split('%', StringSplitOptions.RemoveEmptyEntries)
            .Select(static part => part.Trim().Split(' ')[^1]).Where(static part => part.Length > 0).Select(static part => double.Parse(part, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal(12, rows.Length);
        Assert.All(rows, static row => Assert.Equal(100, row.Sum(), 0.21));
        Assert.All(rows.Where(static (_, i) => i % 4 == 3), static row => Assert.True(row[3] > 50));
    }

    [Fact]
    public void AFewStepsAreNotEnough()
    {
        using TempFolder folder = new();
        Assert.True(ZooRun.Value("hello", folder["run"], "--steps", "2") < 1);
    }
}
