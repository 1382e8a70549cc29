using System.Runtime.CompilerServices;

namespace Autograd.PublicTests;

/// <summary>The public surface changes only on purpose: a change shows in PublicApi.txt, where a reviewer sees it.</summary>
public sealed class PublicApiTests
{
    private const string Update = "AUTOGRAD_UPDATE_API";

    [Fact]
    public void ThePublicSurfaceIsTheSnapshot()
    {
        string found = PublicApi.Describe(typeof(Tape<>).Assembly), file = SnapshotPath();
        if (Environment.GetEnvironmentVariable(Update) == "1") File.WriteAllText(file, found);
        Assert.True(File.Exists(file), $"{file} is missing. Write it with: {Update}=1 dotnet test tests/Autograd.PublicTests --filter PublicApiTests");
        string difference = Difference(File.ReadAllText(file).ReplaceLineEndings("\n"), found);
        Assert.True(
            difference.Length == 0,
            $"The public API is not that of PublicApi.txt:\n{difference}\nIf this is meant, update the snapshot and commit it: {Update}=1 dotnet test tests/Autograd.PublicTests --filter PublicApiTests");
    }

    [Fact]
    public void TheDescriptionIsTheSameEachTimeAndKnowsTheBasics()
    {
        string text = PublicApi.Describe(typeof(Tape<>).Assembly);
        Assert.Equal(text, PublicApi.Describe(typeof(Tape<>).Assembly));
        Assert.Contains("sealed class Autograd.Tape<T> : IDisposable where T : struct", text, StringComparison.Ordinal);
        Assert.Contains("    Variable<T> Tanh()\n", text, StringComparison.Ordinal);
        Assert.Contains("    static Variable<T> op_Addition(Variable<T> left, Variable<T> right)\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Storage<", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Kernels", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ADifferenceNamesTheTypeAndTheLine()
    {
        Assert.Empty(Difference("class A\n    int X\n", "class A\n    int X\n"));
        string difference = Difference("class A\n    int X\n\nclass B\n    int X\n", "class A\n    int X\n\nclass B\n    long X\n");
        Assert.Equal("class B\n  +     long X\n  -     int X", difference);
        Assert.Equal("class B\n  +     int Y\n  + class B", Difference("class A\n", "class A\n\nclass B\n    int Y\n"));
    }

    private static string SnapshotPath([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "PublicApi.txt");

    /// <summary>The lines of each type that only one of both has.</summary>
    private static string Difference(string expected, string found)
    {
        HashSet<(string Type, string Line)> before = [.. Lines(expected)], after = [.. Lines(found)];
        IEnumerable<(string Type, string Text)> changes = before.Except(after).Select(static entry => (entry.Type, $"  - {entry.Line}"))
            .Concat(after.Except(before).Select(static entry => (entry.Type, $"  + {entry.Line}")));
        return string.Join('\n', changes.GroupBy(static change => change.Type).OrderBy(static group => group.Key, StringComparer.Ordinal)
            .Select(static group => $"{group.Key}\n{string.Join('\n', group.Select(static change => change.Text).Order(StringComparer.Ordinal))}"));

        static IEnumerable<(string Type, string Line)> Lines(string text)
        {
            string type = string.Empty;
            foreach (string line in text.Split('\n').Where(static line => line.Length > 0))
            {
                if (!line.StartsWith(' ')) type = line.Split(" : ")[0].Split(" where ")[0];
                yield return (type, line);
            }
        }
    }
}
