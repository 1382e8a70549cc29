#:project ../../src/Autograd/Autograd.csproj

// Training over long and padded sequences: truncated backpropagation, losses, a memory budget.
// dotnet run docs/examples/sequence-training.cs
using Autograd;

const string letters = "abcdefgh";
const int hidden = 24;

// A text in which every eighth letter repeats the one eight before.
RandomSource random = new(seed: 1);
int[] text = new int[20_000];
for (int i = 0; i < text.Length; i++) text[i] = i % 8 == 7 && i > 8 ? text[i - 8] : random.NextInt(letters.Length);

// Truncated backpropagation: an update every k1 = 10 steps, gradients over k2 = 30.
Model model = new(letters.Length, hidden);
model.Initialize(seed: 1);
Adam<float> optimizer = new(model, learningRate: 0.01);
SequenceStream stream = new(text, batch: 8);
var truncation = new TruncatedBackpropagation<float, LstmState<float>>(k1: 10, k2: 30, model.Lstm.ZeroState);
using (Tape<float> tape = new())
{
    foreach (SequenceChunk chunk in stream.Chunks(time: 10))
    {
        Gradients<float> gradients = truncation.Backward(tape, chunk, model.Loss, model.Advance);
        gradients.ClipByGlobalNorm(5);
        optimizer.Step(gradients);
        if (chunk.Index % 60 == 0) Console.WriteLine($"chunk {chunk.Index}: {truncation.Loss:0.000} nats a letter over {truncation.Steps} steps; the window had {truncation.WindowSteps}");
    }
}

// An interrupted run goes on with the saved state, the number of steps before it, and the next chunk.
using (Tape<float> tape = new())
{
    var resumed = new TruncatedBackpropagation<float, LstmState<float>>(k1: 10, k2: 10);
    SequenceChunk next = stream.Chunk(index: 3, time: 10);
    resumed.Resume(model.Lstm.ZeroState(tape, batch: 8), stateStart: 30, next);
    resumed.Backward(tape, next, model.Loss);
}

// Real-valued streams work the same way: [time, batch, features] in, what follows each step out.
Tensor<float> series = new([1_000, 2, 1]);
series.Write(static values =>
{
    for (int t = 0; t < 1_000; t++) (values[2 * t], values[(2 * t) + 1]) = (MathF.Sin(0.2f * t), MathF.Cos(0.2f * t));
});
SeriesStream<float> signals = new(series[..^1], series[1..]);
Forecaster forecaster = new();
forecaster.Initialize(seed: 2);
Adam<float> tuner = new(forecaster, learningRate: 0.02);
var shorter = new TruncatedBackpropagation<float, Hidden<float>>(k1: 25, k2: 25, forecaster.Gru.ZeroState);
using (Tape<float> tape = new())
{
    for (int pass = 0; pass < 10; pass++)
    {
        foreach (SeriesChunk<float> chunk in signals.Chunks(time: 25)) tuner.Step(shorter.Backward(tape, chunk, forecaster.Loss));
    }

    Console.WriteLine($"squared error of the next value {shorter.Loss:0.00000}");
    if (shorter.Loss > 0.01) throw new InvalidOperationException("The forecaster has not learned its task.");
}

// Padded sequences: the mean over true tokens, or the textbook's sum over time.
using (Tape<float> tape = new())
{
    Tensor<int> targets = new([5, 2]), lengths = new([2], [5, 3]);
    Variable<float> logits = tape.Variable(new Tensor<float>([5, 2, 4]));
    Variable<float> error = logits.SequenceSquaredError(tape.Zeros([5, 2, 4]), lengths, reduction: SequenceReduction.SequenceMean);
    Console.WriteLine($"mean {logits.SequenceCrossEntropy(targets, lengths).Item():0.000}, summed over time {logits.SequenceCrossEntropy(targets, lengths, reduction: SequenceReduction.TimeSum).Item():0.000}");
}

Tensor<float> signal = new([20_000, 1, 1]);
signal.Write(static values => new RandomSource(3).FillNormal(values, 0, 1));

// What a step will take, from short runs of it.
using (Tape<float> tape = new())
{
    Lstm<float> lstm = new(1, 16);
    lstm.Initialize(seed: 1);
    TapeForecast forecast = tape.Forecast((tape, steps) => tape.Backward(lstm.FinalState(tape.Constant(signal[..steps])).H.Sum()), size: 20_000);
    Console.WriteLine(forecast.EnsureFits());
    if (forecast.PeakBytes != Train(budget: null).Peak) throw new InvalidOperationException("The forecast was wrong.");
}

// A budget of memory: the same gradients from a small part of it, for one more forward run.
(float plain, long needed) = Train(budget: null);
(float cut, long peak) = Train(budget: needed / 10);
Console.WriteLine($"20,000 steps: {needed:N0} bytes, or {peak:N0} with a budget of {needed / 10:N0}; gradients {plain:0.0000} and {cut:0.0000}");
if (peak > needed / 10 || Math.Abs(plain - cut) > 1e-3 * Math.Abs(plain)) throw new InvalidOperationException("The budget was not kept.");

// The same by hand, for anything: what the function makes is not kept but made again in the sweep.
using (Tape<float> tape = new())
{
    Lstm<float> lstm = new(1, 16);
    lstm.Initialize(seed: 1);
    LstmState<float> state = lstm.ZeroState(tape, batch: 1);
    Variable<float> sum = default;
    for (int start = 0; start < 20_000; start += 500)
    {
        (Variable<float> loss, state) = tape.Checkpoint((lstm, state, x: tape.Constant(signal[start..(start + 500)])), static piece =>
        {
            (Variable<float> outputs, LstmState<float> after) = piece.lstm.Forward(piece.x, piece.state);
            return (outputs.Square().Sum(), after);
        });
        sum = start == 0 ? loss : sum + loss;
    }

    tape.Backward(sum);
    Console.WriteLine($"20,000 steps with a loss at each: {tape.PeakBytes:N0} bytes");
}

(float Gradient, long Peak) Train(long? budget)
{
    Lstm<float> lstm = new(1, 16, new RecurrentOptions { MemoryBudget = budget });
    lstm.Initialize(seed: 1);
    using Tape<float> tape = new();
    Gradients<float> gradients = tape.Backward(lstm.FinalState(tape.Constant(signal)).H.Sum());
    return (gradients[lstm.Parameters.First()].ToArray().Sum(), tape.PeakBytes);
}

sealed class Model : Module<float>
{
    private readonly Linear<float> _head;
    private readonly int _letters;

    public Model(int letters, int hidden)
    {
        _letters = letters;
        Lstm = AddModule("lstm", new Lstm<float>(letters, hidden));
        _head = AddModule("head", new Linear<float>(hidden, letters));
        Loss = (window, state) =>
        {
            (Variable<float> outputs, state) = Lstm.Forward(state.H.Tape.OneHot(window.Inputs, _letters), state);
            return (_head.Forward(outputs).CrossEntropy(window.Targets), state);
        };
    }

    public Lstm<float> Lstm { get; }

    /// <summary>The state after a window whose loss does not count, without the head.</summary>
    public Func<SequenceChunk, LstmState<float>, LstmState<float>> Advance => _advance ??= (window, state) => Lstm.FinalState(state.H.Tape.OneHot(window.Inputs, _letters), state);

    private Func<SequenceChunk, LstmState<float>, LstmState<float>>? _advance;

    /// <summary>From a window and the state before it to its loss and the state after. Made once, so that a step allocates nothing.</summary>
    public Func<SequenceChunk, LstmState<float>, (Variable<float> Loss, LstmState<float> State)> Loss { get; }
}

sealed class Forecaster : Module<float>
{
    private readonly Linear<float> _head;

    public Forecaster()
    {
        Gru = AddModule("gru", new Gru<float>(1, 12));
        _head = AddModule("head", new Linear<float>(12, 1));
    }

    public Gru<float> Gru { get; }

    public (Variable<float> Loss, Hidden<float> State) Loss(SeriesChunk<float> window, Hidden<float> state)
    {
        Tape<float> tape = state.H.Tape;
        (Variable<float> outputs, state) = Gru.Forward(tape.Constant(window.Inputs), state);
        return (_head.Forward(outputs).MeanSquaredError(tape.Constant(window.Targets)), state);
    }
}
