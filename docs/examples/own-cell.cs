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

// A cell may have a state of any parts, and may say which of its weights is recurrent, so that weight drop works on it.
Recurrent<double, Trace<double>> traced = new(new TracingCell<double>(inputs, hidden), new() { WeightDrop = 0.3, RecurrentDropout = 0.2, CellZoneout = 0.1 });
traced.Initialize(seed: 2);
GradientCheck.Run(traced.NamedParameters(), tape =>
{
    tape.Step = 1;
    return traced.Forward(tape.Constant(values), lengths: lengths).Outputs.Square().Sum();
}).ThrowIfFailed();
Console.WriteLine("a cell with two parts and dropped weights: gradients checked");

// h' = tanh(W x + V h + m), and m' = 0.9 m + 0.1 h' is a trace of the past.
sealed class TracingCell<T> : RecurrentCell<T, Trace<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Linear<T> _input, _recurrent;

    public TracingCell(int inputSize, int hiddenSize)
    {
        _input = AddModule("input", new Linear<T>(inputSize, hiddenSize));
        _recurrent = AddModule("recurrent", new Linear<T>(hiddenSize, hiddenSize, bias: false));
    }

    public override Parameter<T>? RecurrentWeight => _recurrent.Weight;

    public override Trace<T> Step(Variable<T> x, Trace<T> state) => Step(x, state, default);

    public override Trace<T> Step(Variable<T> x, Trace<T> state, SequenceNoise<T> noise)
    {
        Variable<T> seen = noise.HasHiddenMask ? state.H * noise.HiddenMask : state.H;
        Variable<T> weight = noise.HasRecurrentWeight ? noise.RecurrentWeight : _recurrent.Weight.On(x.Tape);
        Variable<T> h = (_input.Forward(x) + seen.Linear(weight) + state.Memory).Tanh();
        return new(h, (0.9 * state.Memory) + (0.1 * h));
    }
}

// A state is a record whose Map visits its variables.
readonly record struct Trace<T>(Variable<T> H, Variable<T> Memory) : IState<Trace<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public Trace<T> Map<TMap>(ref TMap map)
        where TMap : IVariableMap<T>, allows ref struct => new(map.Apply(H), map.Apply(Memory));
}

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
