using System.Runtime.CompilerServices;

namespace Autograd.Tests;

/// <summary>Anomalies are named: the operation, the direction, the line that called it, the place, the time step.</summary>
public sealed class AnomalyTests
{
    private const double Infinity = double.PositiveInfinity;

    /// <summary>What goes wrong in the value, and the name it has.</summary>
    public static TheoryData<string, double> Values => new()
    {
        { "Log", 0 }, { "Log", -1 }, { "Log1p", -1 }, { "Log1p", -2 }, { "Sqrt", -1 }, { "Rsqrt", 0 }, { "Rsqrt", -1 }, { "Exp", 1000 }, { "Expm1", 1000 },
        { "Sinh", 1000 }, { "Cosh", -1000 }, { "Asin", 2 }, { "Reciprocal", 0 }, { "Square", 1e200 }, { "Pow", -1 }, { "DivideNumber", 0 }, { "Scale", 1e300 },
    };

    /// <summary>What goes wrong in the gradient alone.</summary>
    public static TheoryData<string> Gradients => new() { "Sqrt", "Asin", "Pow", "Sqrt of what Where leaves out", "Multiply", "Sum of a cotangent", "Hook", "Rule", "Seed" };

    [Theory]
    [MemberData(nameof(Values))]
    public void AValueThatIsNotFiniteIsNamed(string name, double at)
    {
        using Tape<double> tape = new() { DetectAnomalies = true };
        Variable<double> x = tape.Variable(new Tensor<double>([2, 3], [1, 0.5, 1, 1, at, 1]));
        AnomalyException thrown = Assert.Throws<AnomalyException>(() => Function(name, x));
        Assert.Equal(name, thrown.Operation);
        Assert.False(thrown.IsBackward);
        Assert.Equal([1, 1], thrown.Index);
        Assert.Null(thrown.TimeStep);
        Assert.EndsWith($"AnomalyTests.cs:{_functionLine}", thrown.Line, StringComparison.Ordinal);
        Assert.Contains($"{name} is ", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("1 of 6 elements", thrown.Message, StringComparison.Ordinal);
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }

    [Theory]
    [MemberData(nameof(Gradients))]
    public void AGradientThatIsNotFiniteIsNamed(string name)
    {
        using Tape<double> tape = new() { DetectAnomalies = true };
        Variable<double> x = tape.Variable(new Tensor<double>([3], [4, 0, 0.25])), ones = tape.Full([3], 1);
        (Variable<double> y, Variable<double> cotangent, string operation) = name switch
        {
            "Sqrt" => (x.Sqrt(), ones, "Sqrt"),
            "Asin" => ((x / 4).Asin(), ones, "Asin"),
            "Pow" => (x.Pow(0.5), ones, "Pow"),
            "Sqrt of what Where leaves out" => (Variable.Where(new Tensor<bool>([3], [true, false, true]), x.Sqrt(), tape.Zeros([])), ones, "Sqrt"),
            "Multiply" => (x * tape.Full([3], 1e200), tape.Full([3], 1e200), "Multiply"),
            "Sum of a cotangent" => (x.Expand(2, 3), tape.Full([2, 3], 1.7e308), "Expand"),
            "Hook" => (Hooked(x), ones, "Tanh"),
            "Rule" => (tape.Apply(new BrokenRule(), x), ones, "BrokenRule"),
            _ => (x.Tanh(), tape.Constant(new Tensor<double>([3], [0, Infinity, 0])), "Tanh"),
        };
        AnomalyException thrown = Assert.Throws<AnomalyException>(() => tape.Backward(y, cotangent));
        Assert.Equal(operation, thrown.Operation);
        Assert.True(thrown.IsBackward);
        Assert.Contains("AnomalyTests.cs:", thrown.Line, StringComparison.Ordinal);
        Assert.Contains("backward", thrown.Message, StringComparison.Ordinal);
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);

        static Variable<double> Hooked(Variable<double> x)
        {
            Variable<double> y = x.Tanh();
            y.OnGradient(static gradient => gradient.Tape.Full(gradient.Shape, Infinity));
            return y;
        }
    }

    [Fact]
    public void OverloadedOperatorsAreNamedByTheirLine()
    {
        using Tape<float> tape = new() { DetectAnomalies = true };
        Variable<float> x = tape.Variable(Tensor.From(1f, 0f)), y = x;
        AnomalyException thrown = Assert.Throws<AnomalyException>(() => y / x);
        Assert.EndsWith($"AnomalyTests.cs:{Line() - 1}", thrown.Line, StringComparison.Ordinal);
        Assert.Equal("Divide", thrown.Operation);
    }

    [Fact]
    public void ALayersLineIsTheOneThatCalledTheLayer()
    {
        Linear<float> layer = new(2, 1);
        layer.Initialize(1);
        layer.Weight.Set(new Tensor<float>([1, 2], [float.NaN, 1]));
        using Tape<float> tape = new() { DetectAnomalies = true };
        Variable<float> x = tape.Constant(new Tensor<float>([1, 2], [1, 1]));
        AnomalyException thrown = Assert.Throws<AnomalyException>(() => layer.Forward(x));
        Assert.EndsWith($"AnomalyTests.cs:{Line() - 1}", thrown.Line, StringComparison.Ordinal);
        Assert.Contains("parameter 'weight' [1, 2], from 1 to 1, 1 of 2 not finite", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTimeStepIsNamed()
    {
        // A layer's own recurrence, and a cell driven step by step: the input is NaN at step 3.
        Tensor<float> sequence = new([5, 1, 2]);
        sequence.Write(static values => values[7] = float.NaN);
        Lstm<float> layer = new(2, 3);
        layer.Initialize(1);
        using Tape<float> tape = new() { DetectAnomalies = true };
        AnomalyException thrown = Assert.Throws<AnomalyException>(() => layer.Forward(tape.Constant(sequence)));
        Assert.Equal(("Lstm", 3), (thrown.Operation, thrown.TimeStep));

        tape.Reset();
        Recurrent<float, Hidden<float>> driven = new(new TestCell());
        driven.Initialize(1);
        thrown = Assert.Throws<AnomalyException>(() => driven.Forward(tape.Constant(sequence)));
        Assert.Equal(3, thrown.TimeStep);
        Assert.Contains("time step 3", thrown.Message, StringComparison.Ordinal);

        // In the backward sweep: √h has an infinite slope where the state is 0, at step 0.
        tape.Reset();
        Recurrent<float, Hidden<float>> rooted = new(new RootCell());
        rooted.Initialize(1);
        Variable<float> outputs = rooted.Forward(tape.Variable(Tensor.Zeros<float>([5, 1, 2]))).Outputs;
        thrown = Assert.Throws<AnomalyException>(() => tape.Backward(outputs.Sum()));
        Assert.Equal(("Sqrt", 4, true), (thrown.Operation, thrown.TimeStep, thrown.IsBackward));
    }

    [Fact]
    public void SecondOrderIsWatchedToo()
    {
        using Tape<double> tape = new() { DetectAnomalies = true };
        Variable<double> x = tape.Variable(new Tensor<double>([1], [0])), y = x.Pow(1.5);
        Variable<double> slope = tape.Backward(y, createGraph: true)[x];
        Assert.Equal(0, slope.Item());
        Assert.Equal("Pow", Assert.Throws<AnomalyException>(() => tape.Backward(slope)).Operation);
    }

    [Fact]
    public void WhatIsFineOrAskedForPasses()
    {
        using Tape<double> tape = new() { DetectAnomalies = true };
        Variable<double> x = tape.Variable(new Tensor<double>([3], [1, 2, 3])), mask = tape.Constant(new Tensor<double>([3], [0, -Infinity, 0]));
        Variable<double> y = (x + mask).Softmax(0); // a mask of −∞ is an input like any other
        Assert.Equal(0, y.ToArray()[1]);
        Assert.All(tape.Backward(y, tape.Constant(new Tensor<double>([3], [1, 2, 3])))[x].ToArray(), static value => Assert.True(double.IsFinite(value)));
        Assert.Equal([1, -Infinity], x.Pad([0, 1], value: -Infinity).ToArray()[^2..].Select(static value => value == 3 ? 1 : value));
        Assert.Equal(-Infinity, x.MaskedFill(new Tensor<bool>([3], [false, true, false]), -Infinity).ToArray()[1]);
        tape.DetectAnomalies = false;
        Assert.Equal(-Infinity, (x * 0).Log().ToArray()[0]);
    }

    [Fact]
    public void TheFirstOfManyIsGivenWithItsRanges()
    {
        using Tape<double> tape = new() { DetectAnomalies = true };
        Variable<double> x = tape.Variable(new Tensor<double>([4], [2, -1, -3, 0.5]));
        string message = Assert.Throws<AnomalyException>(() => x.Log()).Message;
        Assert.Contains("at [1] of shape [4]; 2 of 4 elements", message, StringComparison.Ordinal);
        Assert.Contains("from -3 to 2", message, StringComparison.Ordinal);
    }

    private static int _functionLine;

    private static int Line([CallerLineNumber] int line = 0) => line;

    private static Variable<double> Function(string name, Variable<double> x)
    {
        _functionLine = name switch { "Log" => Line() + 3, "Log1p" => Line() + 4, "Sqrt" => Line() + 5, "Rsqrt" => Line() + 6, "Exp" => Line() + 7, "Expm1" => Line() + 8, "Sinh" => Line() + 9, "Cosh" => Line() + 10, "Asin" => Line() + 11, "Reciprocal" => Line() + 12, "Square" => Line() + 13, "Pow" => Line() + 14, "DivideNumber" => Line() + 15, _ => Line() + 16 };
        switch (name)
        {
            case "Log": return x.Log();
            case "Log1p": return x.Log1p();
            case "Sqrt": return x.Sqrt();
            case "Rsqrt": return x.Rsqrt();
            case "Exp": return x.Exp();
            case "Expm1": return x.Expm1();
            case "Sinh": return x.Sinh();
            case "Cosh": return x.Cosh();
            case "Asin": return x.Asin();
            case "Reciprocal": return x.Reciprocal();
            case "Square": return x.Square();
            case "Pow": return x.Pow(0.5);
            case "DivideNumber": return 1 / x;
            default: return x * 1e10;
        }
    }

    private sealed class BrokenRule : Operation<double>
    {
        protected internal override void Forward(ForwardContext<double> context) => context.Input(0).CopyTo(context.Output(context.Shape(0)));

        protected internal override void Backward(BackwardContext<double> context) => context.Accumulate(0, context.Cotangent() / 0);
    }

    private sealed class TestCell : RecurrentCell<float, Hidden<float>>
    {
        private readonly Linear<float> _step;

        public TestCell() => _step = AddModule("step", new Linear<float>(4, 2));

        public override Hidden<float> Step(Variable<float> x, Hidden<float> state) => new(_step.Forward(Variable.Concat(x, state.H)).Tanh());
    }

    private sealed class RootCell : RecurrentCell<float, Hidden<float>>
    {
        public override int HiddenSize => 2;

        public override Hidden<float> Step(Variable<float> x, Hidden<float> state) => new((x * x).Sqrt());
    }
}
