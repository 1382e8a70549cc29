namespace Autograd.Tests;

/// <summary>Gradient hooks: called once with the whole gradient, in order; what they return takes its place.</summary>
public sealed class HookTests
{
    private static readonly Tensor<double> Data = new([2], [3, -1]);

    [Fact]
    public void AHookOnALeafSeesTheSumOfAllPathsOnce()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        List<double[]> seen = [];
        x.OnGradient(gradient =>
        {
            seen.Add(gradient.ToArray());
            return gradient;
        });
        double[] found = tape.Backward((x * x + x * 5 + x).Sum())[x].ToArray();
        Assert.Equal([12, 4], found);
        Assert.Equal(found, Assert.Single(seen));
    }

    [Fact]
    public void WhatAHookReturnsTakesTheGradientsPlace()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = x * 2;
        y.KeepGradient();
        y.OnGradient(static gradient => gradient * 10);
        Gradients<double> gradients = tape.Backward((y * 3).Sum());
        Assert.Equal([30, 30], gradients[y].ToArray());
        Assert.Equal([60, 60], gradients[x].ToArray());
    }

    [Fact]
    public void AHookMayReturnATensorsValuesWhichStayAsTheyAre()
    {
        using Tape<double> tape = new();
        Tensor<double> replacement = new([2], [7, 8]);
        Variable<double> x = tape.Variable(Data), y = x * 2;
        x.OnGradient(_ => tape.Constant(replacement));
        y.OnGradient(_ => tape.Constant(replacement));
        Gradients<double> gradients = tape.Backward(y.Sum(), retain: true);
        Assert.Equal([7, 8], gradients[x].ToArray());
        tape.Backward(y.Sum(), into: gradients);
        Assert.Equal([14, 16], gradients[x].ToArray());
        Assert.Equal([7, 8], replacement.ToArray());
    }

    [Fact]
    public void TwoHooksRunInOrder()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        x.OnGradient(static gradient => gradient + 1);
        x.OnGradient(static gradient => gradient * 10);
        Assert.Equal([20, 20], tape.Backward(x.Sum())[x].ToArray());
    }

    [Fact]
    public void AHookRunsInEverySweepThatReachesIt()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = x.Tanh(), aside = tape.Variable(Data);
        int calls = 0, asideCalls = 0;
        y.OnGradient(gradient =>
        {
            calls++;
            return gradient;
        });
        aside.OnGradient(gradient =>
        {
            asideCalls++;
            return gradient;
        });
        Variable<double> loss = y.Sum();
        tape.Backward(loss, retain: true);
        tape.Backward(loss, createGraph: true);
        tape.Backward(loss);
        Assert.Equal((3, 0), (calls, asideCalls));
    }

    [Fact]
    public void HooksAreDifferentiatedWithCreateGraph()
    {
        // g = 2x, replaced by g² = 4x², whose derivative is 8x.
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        x.OnGradient(static gradient => gradient.Square());
        Variable<double> replaced = tape.Backward((x * x).Sum(), createGraph: true)[x];
        Assert.Equal([36, 4], replaced.ToArray());

        // The hook runs again in the second sweep, on 8x.
        Assert.Equal([576, 64], tape.Backward(replaced.Sum())[x].ToArray());
    }

    [Fact]
    public void ResetForgetsHooksAndKeptGradients()
    {
        using Tape<double> tape = new();
        for (int generation = 0; generation < 2; generation++)
        {
            Variable<double> x = tape.Variable(Data), y = x * 1;
            if (generation == 0)
            {
                x.OnGradient(static gradient => gradient * 100);
                y.KeepGradient();
            }

            Gradients<double> gradients = tape.Backward(y.Sum());
            Assert.Equal(generation == 0 ? 100 : 1, gradients[x].ToArray()[0]);
            if (generation == 1) Assert.Throws<InvalidOperationException>(() => gradients[y]);
            tape.Reset();
        }
    }

    [Fact]
    public void AValueKeptByAHookStaysAsItWas()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), kept = default;
        x.OnGradient(gradient => kept = gradient);
        Gradients<double> gradients = tape.Backward((x * 2).Sum());
        gradients.ClipByGlobalNorm(0.1);
        Assert.Equal([2, 2], kept.ToArray());
        Assert.InRange(gradients.GlobalNorm(), 0, 0.1);
    }
}
