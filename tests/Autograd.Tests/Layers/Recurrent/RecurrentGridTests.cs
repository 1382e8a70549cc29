using Xunit.Abstractions;

namespace Autograd.Tests.Layers;

/// <summary>Every configuration of the plain layers against the equations: 480, forward and all gradients, in one node and step by step, double and float.</summary>
public sealed class RecurrentGridTests(ITestOutputHelper output)
{
    public static TheoryData<CellKind> Cells => [.. RecurrentGrid.Cells];

    [Theory]
    [MemberData(nameof(Cells))]
    public void EveryConfigurationIsTheEquations(CellKind cell)
    {
        (int configurations, int compared) = (0, 0);
        HashSet<string> met = [];
        foreach ((RecurrentCase c, RecurrentValues values) in RecurrentGrid.Of(cell))
        {
            configurations++;
            compared += RecurrentOracle.Check(c, values);
            int subset = values.Cotangents.Select(static (cotangent, i) => cotangent is null ? 0 : 1 << i).Sum();
            met.UnionWith([$"T {c.Time}", $"B {c.Batch}", $"H {c.Hidden}", $"subset {subset}"]);
        }

        output.WriteLine($"{cell}: {configurations} configurations, {compared} numbers");
        Assert.Equal(96, configurations);
        Assert.Equal(6 + 3 + 6 + (cell == CellKind.Lstm ? 7 : 3), met.Count);
        Assert.InRange(compared, 150_000, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void SecondDerivativesAreExact(CellKind cell)
    {
        int number = 0, compared = 0;
        foreach ((RecurrentCase c, RecurrentValues values) in RecurrentGrid.Of(cell))
        {
            RecurrentValues u = RecurrentValues.Draw(c, 10_000 + number), w = RecurrentValues.Draw(c, 20_000 + number);
            number++;
            if (c.Time == 0 || c.Batch == 0) continue; // nothing to differentiate
            (double first, double mixed) = RecurrentOracle.Along(c, values, u, w);
            (double foundFirst, double foundMixed) = RecurrentOracle.FoundAlong(c, values, u, w);
            Assert.True(Math.Abs(first - foundFirst) <= 1e-11 * (1 + Math.Abs(first)), $"first order: {first:R}, found {foundFirst:R} ({c})");
            Assert.True(Math.Abs(mixed - foundMixed) <= 1e-10 * (1 + Math.Abs(first) + Math.Abs(mixed)), $"second order: {mixed:R}, found {foundMixed:R} ({c})");
            compared++;
        }

        output.WriteLine($"{cell}: {compared} configurations to second order");
        Assert.InRange(compared, 50, 96);
    }
}
