using System.Numerics;

namespace Autograd.Tests;

/// <summary>Every misuse throws, says what is wrong and what to do, and leaves the tape usable.</summary>
public sealed class MisuseTests
{
    private const string Reset = "was reset since";
    private static readonly Tensor<double> Data = new([2], [1.5, -2]);

    public static TheoryData<string> Uses => [.. VariableUses.Keys];

    /// <summary>Everything that can be done with a variable.</summary>
    private static Dictionary<string, Action<Tape<double>, Variable<double>>> VariableUses { get; } = new()
    {
        ["Shape"] = static (tape, x) => _ = x.Shape,
        ["Rank"] = static (tape, x) => _ = x.Rank,
        ["Length"] = static (tape, x) => _ = x.Length,
        ["RequiresGradient"] = static (tape, x) => _ = x.RequiresGradient,
        ["Span"] = static (tape, x) => _ = x.Span,
        ["Item"] = static (_, x) => x.Item(),
        ["ToArray"] = static (_, x) => x.ToArray(),
        ["ToTensor"] = static (_, x) => x.ToTensor(),
        ["Detach"] = static (_, x) => x.Detach(),
        ["OnGradient"] = static (_, x) => x.OnGradient(static g => g),
        ["KeepGradient"] = static (_, x) => x.KeepGradient(),
        ["operator +"] = static (tape, x) => _ = tape.Zeros([2]) + x,
        ["operator *"] = static (tape, x) => _ = x * 2,
        ["Sum"] = static (_, x) => x.Sum(),
        ["Reshape"] = static (_, x) => x.Reshape(2, 1),
        ["index"] = static (tape, x) => _ = x[0],
        ["Concat"] = static (tape, x) => Variable.Concat(tape.Zeros([2]), x),
        ["Apply"] = static (tape, x) => tape.Apply(new Probe<double>(), x),
        ["Output"] = static (tape, x) => tape.Output(x, 0),
        ["Backward"] = static (tape, x) => tape.Backward(x, tape.Zeros([2])),
        ["cotangent"] = static (tape, x) => tape.Backward(tape.Variable(Data), x),
        ["gradients[x]"] = static (tape, x) => _ = tape.Backward(tape.Variable(Data).Sum())[x],
        ["Reset(carry)"] = static (tape, x) => tape.Reset(carry: x),
    };

    [Theory]
    [MemberData(nameof(Uses))]
    public void AStaleVariable(string use)
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        tape.Reset();
        Throws<InvalidOperationException>(tape, () => VariableUses[use](tape, x), "generation 0", "generation 1", Reset, "ToTensor()", "carry");
    }

    [Theory]
    [MemberData(nameof(Uses))]
    public void AVariableThatNeverWas(string use)
    {
        if (use == "Reset(carry)") return; // a part of a state that is not there stays so; see ResetTests
        using Tape<double> tape = new();
        Throws<InvalidOperationException>(tape, () => VariableUses[use](tape, default), "default(Variable<T>)", "tape.Constant(tensor)");
    }

    [Theory]
    [MemberData(nameof(Uses))]
    public void AVariableOfADisposedTape(string use)
    {
        Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        tape.Dispose();
        Exception thrown = Assert.ThrowsAny<ObjectDisposedException>(() => VariableUses[use](tape, x));
        Assert.Contains("disposed", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("operator +")]
    [InlineData("Concat")]
    [InlineData("Apply")]
    [InlineData("Output")]
    [InlineData("Backward")]
    [InlineData("cotangent")]
    [InlineData("gradients[x]")]
    [InlineData("Reset(carry)")]
    public void AVariableOfAnotherTape(string use)
    {
        using Tape<double> tape = new(), other = new();
        Variable<double> x = other.Variable(Data);
        Throws<InvalidOperationException>(tape, () => VariableUses[use](tape, x), "different tapes", "tape.Constant(variable.ToTensor())");
    }

    [Fact]
    public void ADisposedTape()
    {
        Tape<double> tape = new();
        tape.Dispose();
        tape.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tape.Constant(Data));
        Assert.Throws<ObjectDisposedException>(() => tape.Variable(Data));
        Assert.Throws<ObjectDisposedException>(() => tape.Zeros([2]));
        Assert.Throws<ObjectDisposedException>(() => tape.Constant([2], [1, 2]));
        Assert.Throws<ObjectDisposedException>(tape.Reset);
        Assert.Throws<ObjectDisposedException>(() => new Parameter<double>("p", Data).On(tape));
    }

    [Fact]
    public void AConsumedTape()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = x.Tanh().Sum();
        tape.Backward(y);
        Throws<InvalidOperationException>(null, () => tape.Backward(y), "already swept", "retain: true", "Sum");
        Throws<InvalidOperationException>(null, () => tape.Backward(y * 2), "already swept", "retain: true");
        Throws<InvalidOperationException>(tape, () => tape.Backward(y, createGraph: true), "already swept");
    }

    [Fact]
    public void RetainSweepsAgainAndTheLastTimeMayConsume()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = (x * x).Sum();
        double[] first = tape.Backward(y, retain: true)[x].ToArray(), second = tape.Backward(y, createGraph: true)[x].ToArray(), third = tape.Backward(y)[x].ToArray();
        Assert.Equal([3, -4], first);
        Assert.Equal(first, second);
        Assert.Equal(first, third);
        Throws<InvalidOperationException>(tape, () => tape.Backward(y), "already swept");
    }

    [Theory]
    [InlineData("Write")]
    [InlineData("element")]
    [InlineData("CopyFrom")]
    [InlineData("Fill")]
    [InlineData("view")]
    [InlineData("failed Write")]
    public void AChangedTensor(string how)
    {
        using Tape<double> tape = new();
        Tensor<double> tensor = new([2, 2], [1, 2, 3, 4]);
        Variable<double> x = tape.Variable(tensor), view = x[1], y = x.Square().Sum(), linear = (x * 2).Sum();
        switch (how)
        {
            case "Write": tensor.Write(static values => values[0] = 9); break;
            case "element": tensor[0, 0] = 9; break;
            case "CopyFrom": tensor.CopyFrom([9, 9, 9, 9]); break;
            case "Fill": tensor.Fill(9); break;
            case "view": tensor[1].Fill(9); break;
            case "failed Write":
                Assert.Throws<IndexOutOfRangeException>(() => tensor.Write(static values =>
                {
                    values[0] = 9;
                    values[10] = 9;
                }));
                break;
        }

        Throws<InvalidOperationException>(null, () => x.ToArray(), "Changed after the tape recorded it", "[2, 2]", "Reset the tape");
        Throws<InvalidOperationException>(null, () => view.ToArray(), "Changed after the tape recorded it");
        Throws<InvalidOperationException>(null, () => _ = x + 1, "Changed after the tape recorded it");
        Throws<InvalidOperationException>(null, () => x.Detach().ToArray(), "Changed after the tape recorded it");
        Throws<InvalidOperationException>(null, () => tape.Backward(y), "Changed after the tape recorded it");
        Assert.Equal([2, 2, 2, 2], tape.Backward(linear)[x].ToArray()); // needs no value
        tape.Reset();
        Assert.Equal(tensor.ToArray(), tape.Variable(tensor).ToArray());
    }

    [Fact]
    public void AChangedParameter()
    {
        Linear<double> layer = new(2, 1);
        layer.Initialize(1);
        Sgd<double> optimizer = new(layer, 0.1);
        using Tape<double> tape = new();
        for (int step = 0; step < 2; step++)
        {
            // The first step moves the parameters into memory of the optimizer; that is noticed like any other change.
            Variable<double> y = layer.Forward(tape.Constant(Data)).Square().Sum();
            optimizer.Step(tape.Backward(y, retain: true));
            Throws<InvalidOperationException>(null, () => layer.Weight.On(tape).ToArray(), "parameter 'weight' [1, 2]", "Reset the tape");
            Throws<InvalidOperationException>(null, () => layer.Forward(tape.Constant(Data)), "Changed after the tape recorded it");
            tape.Reset();
        }

        Variable<double> before = layer.Weight.On(tape);
        layer.Weight.Set(new Tensor<double>([1, 2], [5, 6]));
        Throws<InvalidOperationException>(tape, () => before.ToArray(), "parameter 'weight' [1, 2]");
        Assert.Equal([5, 6], layer.Weight.On(tape).ToArray());
    }

    [Fact]
    public void ChangedIndices()
    {
        using Tape<double> tape = new();
        Tensor<int> indices = new([1], [1]);
        Variable<double> rows = tape.OneHot(indices, 3);
        indices[..].Fill(0);
        for (int again = 0; again < 2; again++) Throws<InvalidOperationException>(null, () => rows.ToArray(), "Changed after the tape recorded it", "[1]");
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }

    [Fact]
    public void GradientsReadBeforeTheyWereChanged()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = (x * x).Sum();
        Gradients<double> gradients = tape.Backward(y, retain: true);
        Variable<double> read = gradients[x], used = (x * read).Sum();
        tape.Backward(y, into: gradients);
        Throws<InvalidOperationException>(null, () => read.ToArray(), "Changed after the tape recorded it");
        Throws<InvalidOperationException>(null, () => tape.Backward(used), "Changed after the tape recorded it");
        Assert.Equal([6, -8], gradients[x].ToArray());
        Variable<double> again = gradients[x];
        gradients.ClipByGlobalNorm(5);
        Throws<InvalidOperationException>(null, () => again.ToArray(), "Changed after the tape recorded it");
        Assert.Equal(3, gradients[x].ToArray()[0], 1e-5);
        again = gradients[x];
        gradients.ClipByValue(2);
        Throws<InvalidOperationException>(tape, () => again.ToArray(), "Changed after the tape recorded it");
    }

    [Fact]
    public void StaleGradients()
    {
        using Tape<double> tape = new();
        Parameter<double> parameter = new("p", Data);
        Variable<double> x = tape.Variable(Data);
        Gradients<double> gradients = tape.Backward((x * parameter.On(tape)).Sum());
        tape.Reset();
        Throws<InvalidOperationException>(null, () => _ = gradients[parameter], "set of gradients", Reset);
        Throws<InvalidOperationException>(null, () => gradients.GlobalNorm(), "set of gradients", Reset);
        Throws<InvalidOperationException>(null, () => gradients.Contains(parameter), "set of gradients", Reset);
        x = tape.Variable(Data);
        Throws<InvalidOperationException>(null, () => _ = gradients[x], "set of gradients", Reset);
        Throws<InvalidOperationException>(null, () => tape.Backward(x.Sum(), into: gradients), "set of gradients", Reset);
        tape.Backward(x.Sum());
        Throws<InvalidOperationException>(tape, () => _ = gradients[x], "set of gradients", Reset);
    }

    [Fact]
    public void GradientsThatNeverWere()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        Gradients<double> none = default;
        Throws<InvalidOperationException>(null, () => _ = none[x], "default(Gradients<T>)");
        Throws<InvalidOperationException>(tape, () => tape.Backward(x.Sum(), into: none), "default(Gradients<T>)");
        Throws<InvalidOperationException>(tape, () => _ = Gradients<double>.For(new Parameter<double>("p", Data))[new Parameter<double>("p", Data)], "'p' [2]", "Gradients.For");
    }

    [Fact]
    public void GradientsOfOtherThings()
    {
        using Tape<double> tape = new(), other = new();
        Parameter<double> gathered = new("gathered", Data), missing = new("missing", Data);
        Gradients<double> across = Gradients<double>.For(gathered);
        Variable<double> x = tape.Variable(Data), middle = x * gathered.On(tape), constant = tape.Constant(Data);
        Gradients<double> gradients = tape.Backward(middle.Sum(), retain: true);
        tape.Backward((middle * missing.On(tape)).Sum(), into: across);
        Throws<InvalidOperationException>(null, () => _ = gradients[middle], "KeepGradient()");
        Throws<InvalidOperationException>(null, () => _ = gradients[constant], "does not require a gradient");
        Throws<InvalidOperationException>(null, () => _ = across[x], "Gradients.For", "parameters only");
        Throws<InvalidOperationException>(null, () => _ = across[missing], "'missing' [2]", "Gradients.For");
        Throws<InvalidOperationException>(null, () => other.Backward(other.Variable(Data).Sum(), into: gradients), "different tapes");
        Throws<InvalidOperationException>(tape, () => tape.Backward(middle.Sum(), createGraph: true, into: across), "outlive a reset", "createGraph");
    }

    [Fact]
    public void WhatCannotBeSwept()
    {
        using Tape<double> tape = new();
        using Tape<double> inference = Tape<double>.Inference();
        Variable<double> x = tape.Variable(Data), y = x * 2, constant = tape.Zeros([]);
        Throws<ShapeException>(null, () => tape.Backward(y), "one element", "[2]", "Sum()");
        Throws<ShapeException>(null, () => tape.Backward(y, tape.Zeros([2, 1])), "[2]", "[2, 1]");
        Throws<ArgumentException>(null, () => tape.Backward([y], [], retain: true), "1 outputs", "0 cotangents");
        Throws<InvalidOperationException>(null, () => tape.Backward(constant), "does not require a gradient", "tape.Variable");
        Throws<InvalidOperationException>(null, () => tape.Backward(y.Detach().Sum()), "does not require a gradient");
        Throws<InvalidOperationException>(null, () => y.Detach().OnGradient(static g => g), "does not require a gradient");
        Throws<InvalidOperationException>(null, constant.KeepGradient, "does not require a gradient");
        Throws<InvalidOperationException>(inference, () => inference.Backward(inference.Variable(Data).Sum()), "inference tape", "new Tape<T>()");
        Assert.Equal([2, 2], tape.Backward(y.Sum())[x].ToArray());
    }

    [Theory]
    [InlineData("Backward")]
    [InlineData("Reset")]
    [InlineData("Reset(carry)")]
    [InlineData("Dispose")]
    public void InsideASweep(string what)
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = x.Tanh();
        Action inside = what switch
        {
            "Backward" => () => tape.Backward(x.Sum()),
            "Reset" => tape.Reset,
            "Dispose" => tape.Dispose,
            _ => () => tape.Reset(carry: x),
        };
        y.OnGradient(gradient =>
        {
            inside();
            return gradient;
        });
        Throws<InvalidOperationException>(tape, () => tape.Backward(y.Sum()), "inside a backward sweep", "Finish the sweep first");
        Variable<double> z = tape.Variable(Data);
        Custom rule = new(
            static context => context.Input(0).CopyTo(context.Output(context.Shape(0))),
            context =>
            {
                inside();
                context.Accumulate(0, context.Cotangent());
            });
        if (what == "Reset(carry)") inside = () => tape.Reset(carry: z);
        if (what == "Backward") inside = () => tape.Backward(z.Sum());
        Throws<InvalidOperationException>(tape, () => tape.Backward(tape.Apply(rule, z).Sum()), "inside a backward sweep");
    }

    [Fact]
    public void WrongRules()
    {
        using Tape<double> tape = new(), other = new();
        Custom silent = new(static _ => { }), late = new(static context => { context.Input(0).CopyTo(context.Output(context.Shape(0))); _ = context.Tape.Zeros([]); context.Output([]); });
        static void Copy(ForwardContext<double> context) => context.Input(0).CopyTo(context.Output(context.Shape(0)));
        Custom shape = new(Copy, static context => context.Accumulate(0, context.Cotangent().Sum()));
        Custom elsewhere = new(Copy, context => context.Accumulate(0, other.Constant(Data)));
        Custom nothing = new(Copy, static context => context.Accumulate(0, default));
        Custom input = new(Copy, static context => context.Accumulate(1, context.Cotangent()));
        Custom many = new(static context => { for (int i = 0; i < 300; i++) context.Output([]).Clear(); });
        Variable<double> X() => tape.Variable(Data);
        Throws<InvalidOperationException>(tape, () => tape.Apply(silent, X()), "Custom", "no output", "context.Output(shape)");
        Throws<InvalidOperationException>(tape, () => tape.Apply(late, X()), "declares its outputs before");
        Throws<InvalidOperationException>(tape, () => tape.Apply(many, X()), "Custom", "256 outputs");
        Throws<ShapeException>(tape, () => tape.Backward(tape.Apply(shape, X()).Sum()), "Custom", "input 0", "[]", "[2]");
        Throws<InvalidOperationException>(tape, () => tape.Backward(tape.Apply(elsewhere, X()).Sum()), "Custom", "different tapes");
        Throws<InvalidOperationException>(tape, () => tape.Backward(tape.Apply(nothing, X()).Sum()), "default(Variable<T>)");
        Throws<ArgumentOutOfRangeException>(tape, () => tape.Backward(tape.Apply(input, X()).Sum()), "1 inputs");
        Throws<ArgumentNullException>(tape, () => tape.Apply(null!, X()));
        Throws<ArgumentException>(tape, () => tape.Apply(shape, new Variable<double>[40_000]), "Custom", "40000 inputs");
    }

    [Fact]
    public void WrongHooks()
    {
        using Tape<double> tape = new(), other = new();
        void Swept(Func<Variable<double>, Variable<double>> hook)
        {
            Variable<double> x = tape.Variable(Data);
            x.OnGradient(hook);
            tape.Backward(x.Sum());
        }

        Throws<ShapeException>(tape, () => Swept(static gradient => gradient.Sum()), "hook", "[2]", "[]");
        Throws<InvalidOperationException>(tape, () => Swept(_ => other.Constant(Data)), "different tapes");
        Throws<InvalidOperationException>(tape, () => Swept(static _ => default), "default(Variable<T>)");
        Throws<ArgumentNullException>(tape, () => Swept(null!));
    }

    [Fact]
    public void WrongArguments()
    {
        Assert.Contains("float or double", Assert.Throws<ArgumentException>(static () => new Tape<Half>()).Message, StringComparison.Ordinal);
        Assert.Contains("float or double", Assert.Throws<ArgumentException>(static () => new Parameter<Half>("p", [2])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Tape<float>(memoryLimit: 0));
        using Tape<double> tape = new();
        Throws<InvalidOperationException>(tape, () => new Parameter<double>("weight", [2, 3]).On(tape), "'weight' [2, 3]", "Initialize(seed)");
        Throws<ShapeException>(tape, () => tape.Constant([3], [1, 2]), "[3]", "2");
        Throws<ArgumentNullException>(tape, () => tape.Constant(null!));
        Throws<ArgumentNullException>(tape, () => tape.Variable(null!));
        Throws<ShapeException>(tape, () => tape.Zeros([2]).Item(), "[2]", "only element");
        Throws<ShapeException>(tape, () => new Parameter<double>("p", Data).Set(new Tensor<double>([3])), "'p'", "[2]", "[3]");
        Throws<ArgumentOutOfRangeException>(tape, () => tape.Output(tape.Zeros([2]), 1), "no output 1");
        Throws<ArgumentOutOfRangeException>(tape, () => tape.Output(tape.Zeros([2]), -1), "no output -1");
    }

    /// <summary>Throws with these words, and then a reset tape (if one is given) has nothing outstanding and works.</summary>
    private static void Throws<TException>(Tape<double>? tape, Action act, params string[] says)
        where TException : Exception
    {
        Exception thrown = Assert.ThrowsAny<TException>(act);
        foreach (string words in says) Assert.Contains(words, thrown.Message, StringComparison.Ordinal);
        if (tape is null) return;
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
        Works(tape);
    }

    private static void Works<T>(Tape<T> tape)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Variable<T> x = tape.Variable(new Tensor<T>([2], [T.One, T.One + T.One]));
        Variable<T> y = x.Square().Sum();
        Assert.Equal(5, y.Item());
        if (tape.Records) Assert.Equal([T.CreateChecked(2), T.CreateChecked(4)], tape.Backward(y)[x].ToArray());
        tape.Reset();
    }
}
