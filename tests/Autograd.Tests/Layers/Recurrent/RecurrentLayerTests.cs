namespace Autograd.Tests.Layers;

/// <summary>Names of parameters, and the words of the first error a user meets.</summary>
public sealed class RecurrentLayerTests
{
    private const int Inputs = 4, Hidden = 5;

    [Fact]
    public void EveryParameterHasANameOfItsOwn()
    {
        RecurrentOptions both = new() { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, LearnInitialState = true };
        string[] own = Names(new Recurrent<double, Hidden<double>>(Inputs, static features => new GruCell<double>(features, Hidden), both));
        Assert.Equal(17, own.Distinct().Count());
        Assert.Contains("cell_l1_reverse.weight_hh", own);
        Assert.Equal(["cell.weight_ih", "cell.weight_hh", "cell.bias_ih", "cell.bias_hh"], Names(new Recurrent<double, Hidden<double>>(new GruCell<double>(Inputs, Hidden))));
        string[] library = Names(new Gru<double>(Inputs, Hidden, both));
        Assert.Equal(17, library.Distinct().Count());
        Assert.Contains("weight_hh_l1_reverse", library);
        Assert.Contains("initial_state_0", library);

        static string[] Names(Module<double> module) => [.. module.NamedParameters().Select(static entry => entry.Path)];
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        Lstm<double> layer = new(8, Hidden);
        layer.Initialize(3);
        using Tape<double> tape = new();
        ShapeException features = Assert.Throws<ShapeException>(() => layer.Forward(tape.Zeros([7, 3, 5])));
        Assert.Equal("Lstm: input has 5 features but the layer was built with inputSize 8 (input is [7, 3, 5]). Pass inputSize: 5, or project the input first.", features.Message);
        Assert.Contains("Initialize", Assert.Throws<InvalidOperationException>(() => new Gru<double>(8, 3).Forward(tape.Zeros([1, 1, 8]))).Message, StringComparison.Ordinal);
    }
}
