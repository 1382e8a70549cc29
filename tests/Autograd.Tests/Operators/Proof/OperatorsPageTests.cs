namespace Autograd.Tests;

/// <summary>The page of operators is what the proofs found, and the proofs are as many as they are meant to be.</summary>
public sealed class OperatorsPageTests
{
    private static readonly Lazy<OperatorsPage> Page = new(static () => new([.. CatalogueTests.Contracts().Select(static contract => contract.Prove())], LayeringTests.RepositoryRoot()));

    [Fact]
    public void ThePageIsWhatWasProved()
    {
        if (Laws.Deep) return; // other counts, same laws
        string path = Path.Combine(LayeringTests.RepositoryRoot(), "docs", "operators.md");
        if (Environment.GetEnvironmentVariable("AUTOGRAD_UPDATE_DOCS") == "1") File.WriteAllText(path, Page.Value.Text());
        string[] stale = [.. Page.Value.Stale(File.ReadAllText(path))];
        Assert.True(stale.Length == 0, $"docs/operators.md is stale; run the tests with AUTOGRAD_UPDATE_DOCS=1 and look at the difference.\n{string.Join('\n', stale.Take(5))}");
    }

    [Fact]
    public void EnoughWasCompared()
    {
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "proof.txt"), $"Proof: {Page.Value.Totals}\nProof: {Page.Value.Worst}\n");
        Assert.InRange(Page.Value.Proofs.Sum(static proof => proof.Elements), 1_000_000, long.MaxValue);
        Assert.InRange(Page.Value.Proofs.Sum(static proof => proof.RandomCases), 20_000, int.MaxValue);
        Assert.All(Page.Value.Operators, static row => Assert.True(row.Rule.RandomCases >= 200, $"{row.Name} ran in {row.Rule.RandomCases} random cases; 200 are due"));
    }

    /// <summary>Second order is compared wherever there is a gradient at all.</summary>
    [Fact]
    public void EveryGradientIsProvedToSecondOrder() =>
        Assert.All(Page.Value.Operators, static row => Assert.True(row.Rule.Orders.First == 0 || row.Rule.Orders.Second > 0, $"{row.Name} was compared to first order only"));
}
