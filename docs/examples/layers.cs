#:project ../../src/Autograd/Autograd.csproj

// What recurrent layers can do: layers, directions, lengths, states, noise. dotnet run docs/examples/layers.cs
using Autograd;

const int time = 7, batch = 3, inputs = 5, hidden = 8;
using Tape<float> tape = new(training: true, seed: 7);
Tensor<float> values = new([time, batch, inputs]);
values.Write(static numbers => new RandomSource(1).FillNormal(numbers, 0, 1));

// Two layers in both directions; states are [layers × directions, batch, hidden].
Lstm<float> lstm = new(inputs, hidden, numLayers: 2, bidirectional: true);
lstm.Initialize(seed: 1);
(Variable<float> outputs, LstmState<float> state) = lstm.Forward(tape.Constant(values));
Console.WriteLine($"outputs {outputs.Shape}, h {state.H.Shape}, c {state.C.Shape}");
Require(outputs.Shape == new Shape(7, 3, 16) && state.H.Shape == new Shape(4, 3, 8));

// Sequences of several lengths, in any order: what stands in the padding has no effect.
Tensor<int> lengths = new([batch], [4, 7, 2]);
(Variable<float> padded, LstmState<float> last) = lstm.Forward(tape.Constant(values), lengths: lengths);
Require(padded[5].Span[0] == 0);

// A mask in place of lengths may have holes; at those steps a sequence keeps its state.
Tensor<bool> mask = new([time, batch]);
mask.Write(static all => all.Fill(true));
mask.Write(static all => all[3 * batch] = false);
(Variable<float> masked, _) = lstm.Forward(tape.Constant(values), mask: mask);
Require(masked[3].Span[0] == 0 && masked[4].Span[0] != 0);

// Everything else is an option.
Gru<float> gru = new(inputs, hidden, new RecurrentOptions
{
    NumLayers = 3,
    Direction = RecurrentDirection.Bidirectional,
    Merge = MergeMode.Sum,
    BatchFirst = true,
    LayerNorm = true,
    LearnInitialState = true,
    Dropout = 0.1,
    InputDropout = 0.1,
    RecurrentDropout = 0.2,
    WeightDrop = 0.2,
    Zoneout = 0.05,
});
gru.Initialize(seed: 2);
(Variable<float> merged, _) = gru.Forward(tape.Constant(values).Transpose(0, 1), lengths: lengths);
Console.WriteLine($"merged {merged.Shape}");
Require(merged.Shape == new Shape(3, 7, 8));

// Both directions side by side without a merge; units of h and of c that keep their value by chance.
Lstm<float> apart = new(inputs, hidden, new() { Direction = RecurrentDirection.Bidirectional, Merge = MergeMode.None, Zoneout = 0.1, CellZoneout = 0.2 });
apart.Initialize(seed: 6);
Variable<float> both = apart.Forward(tape.Constant(values), lengths: lengths).Outputs;
Require(both.Shape == new Shape(2, 7, 3, 8));

// Peepholes and a projection; a GRU with the reset gate before the product; the other direction alone.
Lstm<float> projected = new(inputs, hidden, new RecurrentOptions(), peephole: true, projectionSize: 4);
Gru<float> original = new(inputs, hidden, new RecurrentOptions { Direction = RecurrentDirection.Reverse }, resetAfter: false);
projected.Initialize(seed: 3);
original.Initialize(seed: 4);
Require(projected.Forward(tape.Constant(values)).Outputs.Shape == new Shape(7, 3, 4));
Require(original.Forward(tape.Constant(values)).Outputs.Shape == new Shape(7, 3, 8));

// The states of all steps, h and c, of every layer and direction: [layers × directions, time, batch, hidden].
(_, _, LstmState<float> steps) = lstm.ForwardAll(tape.Constant(values), lengths: lengths);
Console.WriteLine($"c of all steps {steps.C.Shape}");
Require(steps.C.Shape == new Shape(4, 7, 3, 8));

// A state goes in and comes out; chunks with a carried state are the whole sequence, bit for bit.
Rnn<float> rnn = new(inputs, hidden, nonlinearity: Nonlinearity.Relu);
rnn.Initialize(seed: 5);
float[] whole = rnn.Forward(tape.Constant(values)).Outputs.ToArray();
(Variable<float> first, Hidden<float> carried) = rnn.Forward(tape.Constant(values[..4]));
(Variable<float> second, _) = rnn.Forward(tape.Constant(values[4..]), carried);
Require(whole.AsSpan().SequenceEqual([.. first.ToArray(), .. second.ToArray()]));

// What does not fit is refused before any work is done.
try
{
    lstm.Forward(tape.Zeros([7, 3, 6]));
}
catch (ShapeException error)
{
    Console.WriteLine(error.Message);
}

static void Require(bool holds)
{
    if (!holds) throw new InvalidOperationException("This example does not do what it says.");
}
