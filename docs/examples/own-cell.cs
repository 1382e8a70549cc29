#:project ../../src/Autograd/Autograd.csproj

// A recurrent cell of one's own, with everything the layers of the library can do. dotnet run docs/examples/own-cell.cs
using System.Numerics;
using Autograd;

const int time = 6, batch = 2, inputs = 3, hidden = 4;

// Layers, directions, lengths, masks, zoneout, a learned state: the driver does them for any cell.
Recurrent<double, Hidden<double>> layer = new(
    inputSize: inputs,
    features => new MinimalGatedCell<double>(features, hidden),
    new RecurrentOptions { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, Zoneout = 0.1, LearnInitialState = true });
layer.Initialize(seed: 1);

Tensor<double> values = new([time, batch, inputs]);
values.Write(static numbers => new RandomSource(1).FillNormal(numbers, 0, 1));
Tensor<int> lengths = new([batch], [6, 3]);

// A cell is right when its gradient is: checked against differences, in double.
GradientCheckReport report = GradientCheck.Run(layer.NamedParameters(), tape =>
{
    tape.Step = 1; // the same random masks in each evaluation
    return layer.Forward(tape.Constant(values), lengths: lengths).Outputs.Square().Sum();
});
report.ThrowIfFailed();
Console.WriteLine($"{layer.ParameterCount} parameters of two layers in two directions: gradients checked");

// The gradient on its way back through time; see docs/gradient-flow.md.
using Tape<double> flowTape = new();
layer.GradientFlow = new GradientFlow<double>(jacobianNorms: true);
flowTape.Backward(layer.FinalState(flowTape.Constant(values)).H.Square().Sum());
Console.WriteLine(layer.GradientFlow.Verdict);
Console.WriteLine(layer.GradientFlow);
layer.GradientFlow = null;

// Minimal gated unit: f = σ(W [x; h] + b), n = tanh(W' [x; f ⊙ h] + b'), h' = (1 − f) ⊙ h + f ⊙ n. Zhou et al. 2016.
sealed class MinimalGatedCell<T> : RecurrentCell<T, Hidden<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Linear<T> _gate, _candidate;

    public MinimalGatedCell(int inputSize, int hiddenSize)
    {
        _gate = AddModule("gate", new Linear<T>(inputSize + hiddenSize, hiddenSize));
        _candidate = AddModule("candidate", new Linear<T>(inputSize + hiddenSize, hiddenSize));
    }

    public override Hidden<T> Step(Variable<T> x, Hidden<T> state)
    {
        Variable<T> h = state.H;
        Variable<T> f = _gate.Forward(Variable.Concat(x, h)).Sigmoid();
        Variable<T> n = _candidate.Forward(Variable.Concat(x, f * h)).Tanh();
        ShowGate("f", f);
        return new(((1 - f) * h) + (f * n));
    }
}
