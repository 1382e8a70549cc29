namespace Autograd.Tests;

/// <summary>Functions of straight pieces, each tried piece by piece, and at its kinks exactly.</summary>
public sealed class PiecewiseContract : FunctionFamilyContract
{
    public override Type[] Operations =>
    [
        typeof(AbsOperation<>), typeof(SignOperation<>), typeof(ReluOperation<>), typeof(LeakyReluOperation<>), typeof(HardTanhOperation<>),
        typeof(ClampOperation<>), typeof(GateOperation<,>),
    ];

    protected override (string, Func<Real, Real>, double, double)[] Functions =>
    [
        ("abs", Real.Abs, 0.1, 2), ("abs", Real.Abs, -2, -0.1),
        ("sign", static x => 1, 0.1, 2),
        ("relu", static x => Real.Max(x, 0), 0.1, 2),
        ("relu below", static x => 0, -2, -0.1),
        ("leaky 0.01", static x => x, 0.1, 2),
        ("leaky 0.2", static x => 0.2 * x, -2, -0.1),
        ("leaky 0", static x => 0, -2, -0.1),
        ("hardtanh", static x => x, -0.9, 0.9),
        ("hardtanh -0.7 1.2", static x => 1.2, 1.3, 3),
        ("clamp 0 1", static x => x, 0.1, 0.9),
        ("clamp -0.3", static x => -0.3, -2, -0.4),
        ("clamp 0.4", static x => x, -2, 0.3),
        ("clamp 2 1", static x => 1, -3, 3),
    ];

    protected override IEnumerable<Exact> ExactCases =>
    [
        Point("abs", 0, 0, 0), Point("abs", -0.0, 0, 0), Point("abs", -Infinity, Infinity, -1), Point("abs", double.NaN, double.NaN, 0),
        Point("sign", 0, 0, 0), Point("sign", 5, 1, 0), Point("sign", -Infinity, -1, 0), Point("sign", double.NaN, 0, 0),
        Point("relu", 0, 0, 0), Point("relu", -0.0, 0, 0), Point("relu", Infinity, Infinity, 1), Point("relu", -Infinity, 0, 0),
        Point("leaky 0.2", 0, 0, 0.2), Point("leaky 0", 0, 0, 0), Point("leaky 0.01", -Infinity, -Infinity, 0.01),
        Point("hardtanh", 1, 1, 0), Point("hardtanh", -1, -1, 0), Point("hardtanh", Infinity, 1, 0),
        Point("clamp 0 1", 0, 0, 1), Point("clamp 0 1", 1, 1, 1), Point("clamp 0 1", 2, 1, 0), Point("clamp 0 1", -1, 0, 0),
        Point("clamp 0.4", -Infinity, -Infinity, 1), Point("clamp -0.3", Infinity, Infinity, 1),
        .. from name in new[] { "relu", "hardtanh" }
           from length in new[] { 3, 8, 64 }
           select Exactly(name, [Nd.Filled(double.NaN, length)], [Nd.Filled(double.NaN, length)], [Nd.Filled(1, length)]),
        .. from length in new[] { 3, 8, 64 }
           select Exactly("clamp 0 1", [Nd.Filled(double.NaN, length)], [Nd.Filled(double.NaN, length)], [Nd.Filled(0, length)]),
    ];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ArgumentException>(static tape => tape.Zeros([2]).Clamp(), "neither min nor max"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2]).Clamp(double.NaN, 1), "NaN"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2]).HardTanh(1, -1), "1", "-1"),
        Refuse<ArgumentException>(static tape => tape.Zeros([2]).HardTanh(double.NaN), "NaN"),
    ];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, string name) =>
    [
        name switch
        {
            "abs" => x[0].Abs(),
            "sign" => x[0].Sign(),
            "relu" or "relu below" => x[0].Relu(),
            "leaky 0.01" => x[0].LeakyRelu(),
            "leaky 0.2" => x[0].LeakyRelu(0.2),
            "leaky 0" => x[0].LeakyRelu(0),
            "hardtanh" => x[0].HardTanh(),
            "hardtanh -0.7 1.2" => x[0].HardTanh(-0.7, 1.2),
            "clamp 0 1" => x[0].Clamp(0, 1),
            "clamp -0.3" => x[0].Clamp(min: -0.3),
            "clamp 0.4" => x[0].Clamp(max: 0.4),
            "clamp 2 1" => x[0].Clamp(2, 1),
            _ => throw new ArgumentException(name),
        },
    ];

    [Fact]
    public void WhatIsCutOffStaysZeroWhereTheCotangentIsInfinite()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([3], [-1, 0, 2]));
        Gradients<double> gradients = tape.Backward(x.Relu(), tape.Full([3], double.PositiveInfinity));
        Assert.Equal([0, 0, double.PositiveInfinity], gradients[x].ToArray());
    }
}

public sealed class HardSigmoidContract : FunctionFamilyContract
{
    public override Type[] Operations => [typeof(HardSigmoidOperation<>)];

    // The slope is the sixth of float, 3e-8 too large, as in PyTorch.
    protected override double GradientTolerance => 1e-6;

    protected override double DualTolerance => 1e-7;

    protected override (string, Func<Real, Real>, double, double)[] Functions =>
        [("within", static x => (x + 3) / 6, -2.8, 2.8), ("above", static x => 1, 3.2, 5), ("below", static x => 0, -5, -3.2)];

    protected override IEnumerable<Exact> ExactCases =>
        [Point("within", -3, 0, 0), Point("within", 3, 1, 0), Point("within", 0, 0.5, 1f / 6), Point("within", Infinity, 1, 0)];

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, string name) => [x[0].HardSigmoid()];
}
