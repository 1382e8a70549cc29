namespace Autograd.Tests.Architecture;

/// <summary>The code of the pages is that of the examples, which are programs that run.</summary>
public sealed class DocumentationTests
{
    [Theory]
    [InlineData("recurrent.md")]
    [InlineData("gradient-flow.md")]
    public void CodeOfAPageIsInAnExample(string page)
    {
        string docs = Path.Combine(LayeringTests.RepositoryRoot(), "docs");
        string[] examples = [.. Directory.EnumerateFiles(Path.Combine(docs, "examples"), "*.cs").Select(static file => Plain(File.ReadAllText(file)))];
        Assert.NotEmpty(examples);
        string[] blocks = [.. File.ReadAllText(Path.Combine(docs, page)).Split("```csharp\n").Skip(1).Select(static rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)])];
        Assert.NotEmpty(blocks);
        foreach (string block in blocks)
        {
            Assert.True(examples.Any(example => example.Contains(Plain(block), StringComparison.Ordinal)), $"docs/{page}: no file of docs/examples has these lines:\n{block}");
        }
    }

    [Fact]
    public void LinksOfAPageLead()
    {
        string root = LayeringTests.RepositoryRoot();
        List<string> broken = [];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md").Append(Path.Combine(root, "README.md")))
        {
            foreach (string link in File.ReadAllText(file).Split("](").Skip(1).Select(static rest => rest[..rest.IndexOf(')', StringComparison.Ordinal)]))
            {
                string path = link.Split('#')[0];
                if (path.Length > 0 && !link.StartsWith("http", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, path))) broken.Add($"{Path.GetFileName(file)}: {link}");
            }
        }

        Assert.Empty(broken);
    }

    /// <summary>Lines without indentation, so that a page may show the middle of a method.</summary>
    private static string Plain(string code) => string.Join('\n', code.Split('\n').Select(static line => line.Trim())).Trim();
}
