using Xunit.Abstractions;

namespace Autograd.Tests.Layers;

/// <summary>Every option with every other, pair by pair, against the equations and against differences.</summary>
public sealed class RecurrentVariantTests(ITestOutputHelper output)
{
    public static TheoryData<CellKind> Cells => [.. RecurrentGrid.Cells, CellKind.Own];

    [Theory]
    [MemberData(nameof(Cells))]
    public void EveryPairOfOptionsIsTheEquations(CellKind cell)
    {
        List<RecurrentCase> cases = RecurrentDraw.Covering(cell, Laws.Deep ? 3_000 : 500, 6);
        int compared = 0;
        for (int i = 0; i < cases.Count; i++)
        {
            RecurrentCase c = cases[i];
            RecurrentValues values = RecurrentValues.Draw(c, 500 + i), u = RecurrentValues.Draw(c, 1_500 + i), w = RecurrentValues.Draw(c, 2_500 + i);
            compared += RecurrentOracle.Check(c, values);
            (double first, double mixed) = RecurrentOracle.Along(c, values, u, w);
            (double foundFirst, double foundMixed) = RecurrentOracle.FoundAlong(c, values, u, w);
            Assert.True(Math.Abs(first - foundFirst) <= 1e-11 * (1 + Math.Abs(first)), $"first order: {first:R}, found {foundFirst:R} ({c})");
            Assert.True(Math.Abs(mixed - foundMixed) <= 1e-10 * (1 + Math.Abs(first) + Math.Abs(mixed)), $"second order: {mixed:R}, found {foundMixed:R} ({c})");
        }

        output.WriteLine($"{cell}: {cases.Count} cases, {compared} numbers");
        Assert.InRange(cases.Count, 12, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void EveryPairOfOptionsPassesTheGradientCheck(CellKind cell)
    {
        List<RecurrentCase> cases = RecurrentDraw.Covering(cell, 150, 2, zoneout: false, mostParameters: Laws.Deep ? 1_000 : 60);
        long compared = 0;
        for (int i = 0; i < cases.Count; i++)
        {
            RecurrentCase c = cases[i];
            int seed = 700 + i;
            RecurrentValues values = RecurrentValues.Draw(c, seed);
            while (RecurrentOracle.NearestKink(c, values) < 0.01) values = RecurrentValues.Draw(c, seed += 1_000);
            RecurrentSubject<double> subject = new(c, values);
            Tensor<double>[] leaves = [.. Enumerable.Range(0, 1 + (c.GivenState ? c.Parts : 0)).Select(leaf => new Tensor<double>(
                leaf == 0 ? c.InputShape : c.StateShape(leaf - 1), values[RecurrentSubject<double>.NameOf(leaf)]))];

            double tolerance = c.Options.LayerNorm ? 1e-5 : 1e-7; // differences know the bend of a normalization less well

            // Parameters to second order where that is quick: small layers; all of them exactly, along directions, above.
            GradientCheckReport byLeaves = GradientCheck.Run(x =>
                subject.Forward(x), leaves, new() { Order = 2, Tolerance = tolerance, SecondOrderTolerance = (c.Options.LayerNorm ? 1e-4 : 1e-6) });
            GradientCheckReport byParameters = GradientCheck.Run(
                subject.Layer.NamedParameters(),
                tape =>
                {
                    (Variable<double>[] outputs, Variable<double>[] weights) = RecurrentSubject<double>.Seeds(tape, subject.Forward([.. leaves.Select(tape.Constant)]), values);
                    Variable<double> sum = tape.Zeros([]);
                    for (int k = 0; k < outputs.Length; k++) sum += (outputs[k] * weights[k]).Sum();
                    return sum;
                },
                new() { Order = Laws.Deep || subject.Layer.ParameterCount < 30 ? 2 : 1, Tolerance = tolerance, SecondOrderTolerance = (c.Options.LayerNorm ? 1e-4 : 1e-6) });
            Assert.True(byLeaves.Passed, $"{c}: {byLeaves}");
            Assert.True(byParameters.Passed, $"{c}: {byParameters}");
            compared += byLeaves.ComparedElements + byParameters.ComparedElements;
        }

        output.WriteLine($"{cell}: {cases.Count} cases, {compared} derivatives");
        Assert.InRange(cases.Count, 10, int.MaxValue);
    }
}
