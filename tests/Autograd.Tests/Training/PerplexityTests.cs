namespace Autograd.Tests.Training;

public sealed class PerplexityTests
{
    /// <summary>A model that holds n tokens for equally likely is undecided among n; −ln of a half and an eighth are undecided among four.</summary>
    [Fact]
    public void IsTheNumberOfEquallyLikelyTokens()
    {
        for (int n = 1; n <= 65_536; n *= 2) Assert.Equal(n, Perplexity.Of(Math.Log(n)), 1e-10 * n);
        Assert.Equal(4, Perplexity.Of((Math.Log(2) + Math.Log(8)) / 2), 1e-14);
    }

    [Fact]
    public void LimitsAndErrors()
    {
        Assert.Equal(1, Perplexity.Of(0));
        Assert.Equal(1, Perplexity.Of(-1e-7));
        Assert.Equal(double.PositiveInfinity, Perplexity.Of(double.PositiveInfinity));
        Assert.Equal(double.PositiveInfinity, Perplexity.Of(710));
        Assert.Contains("is 0 or more, not -1.5", Assert.Throws<ArgumentOutOfRangeException>(static () => Perplexity.Of(-1.5)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => Perplexity.Of(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(static () => Perplexity.Of(double.NegativeInfinity));
    }
}
