#:project ../../src/Autograd/Autograd.csproj

// The shapes of use of a recurrent network, each as a small model that learns its task in seconds.
// dotnet run docs/examples/shapes-of-use.cs
using Autograd;

// One-to-one: no sequence at all. Exclusive or.
Sequential<float> xor = new(new Linear<float>(2, 8), new Activation(static x => x.Tanh()), new Linear<float>(8, 2));
Tensor<float> bits = new([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]);
Tensor<int> differ = new([4], [0, 1, 1, 0]);
Learn("one-to-one, exclusive or", xor, 200, (tape, _) => xor.Forward(tape.Constant(bits)).CrossEntropy(differ), below: 0.1);

// One-to-many with zero inputs after the first: a number is spelled.
string[] words = ["zero", "one", "two", "four", "eight"];
const int longest = 5, alphabet = 27;
Tensor<int> letters = new([longest, words.Length]);
letters.Write(all =>
{
    for (int t = 0; t < longest; t++)
    {
        for (int w = 0; w < words.Length; w++) all[(t * words.Length) + w] = t < words[w].Length ? 1 + words[w][t] - 'a' : 0;
    }
});
Reader speller = new(words.Length, 24, alphabet);
Learn("one-to-many, zeros after the first", speller, 150, (tape, _) =>
{
    Variable<float> number = tape.OneHot(new Tensor<int>([1, words.Length], [0, 1, 2, 3, 4]), words.Length);
    Variable<float> inputs = Variable.Concat([number, tape.Zeros([longest - 1, words.Length, words.Length])], axis: 0);
    return speller.Each(inputs).CrossEntropy(letters);
}, below: 0.1);

// One-to-many with the outputs fed back: the letter before is the input of the next step, the first letter is given.
Reader writer = new(alphabet, 24, alphabet);
Learn("one-to-many, outputs fed back", writer, 150, (tape, _) => writer.Each(tape.OneHot(letters[..^1], alphabet)).CrossEntropy(letters[1..]), below: 0.1);
using (Tape<float> tape = Tape<float>.Inference())
{
    StepModel<float, Hidden<float>> step = StepModel.From<float, Hidden<float>>(alphabet, writer.Step, batchAxis: 1);
    int[][] told = [.. Decode.Stream(step, tape, letters[0], writer.Gru.ZeroState(tape, words.Length), longest - 1, Sampling.Greedy)];
    string[] spelled = [.. Enumerable.Range(0, words.Length).Select(w => words[w][0] + string.Concat(told.Select(t => t[w]).TakeWhile(static t => t > 0).Select(static t => (char)('a' + t - 1))))];
    Console.WriteLine($"    {string.Join(' ', spelled)}");
    if (!spelled.SequenceEqual(words)) throw new InvalidOperationException("The letters were not learned.");
}

// Many-to-one: has a sequence of signs more pluses than minuses? Of several lengths, so the last real state is what counts.
Reader majority = new(1, 16, 2);
Learn("many-to-one, majority of signs", majority, 300, (tape, seed) =>
{
    (Tensor<float> signs, Tensor<int> lengths) = Signs(seed);
    int[] more = [.. Enumerable.Range(0, 32).Select(b => Enumerable.Range(0, lengths.Span[b]).Sum(t => signs[t, b, 0]) > 0 ? 1 : 0)];
    return majority.Last(tape.Constant(signs), lengths).CrossEntropy(new Tensor<int>([32], more));
}, below: 0.15);

// Many-to-many in step: the parity of the signs so far.
Reader parity = new(1, 16, 2);
Learn("many-to-many in step, parity so far", parity, 900, (tape, seed) =>
{
    (Tensor<float> signs, Tensor<int> lengths) = Signs(seed);
    int[] odd = new int[11 * 32];
    for (int i = 0; i < odd.Length; i++) odd[i] = (i < 32 ? 0 : odd[i - 32]) ^ (signs.Span[i] > 0 ? 1 : 0);
    return parity.Each(tape.Constant(signs), lengths).SequenceCrossEntropy(new Tensor<int>([11, 32], odd), lengths);
}, below: 0.1);

// Many-to-many through an encoder: docs/examples/attention.cs.

// A series forecast in two ways. AR(τ) sees the last τ values; latent AR keeps a state of all of them.
const int tau = 4, time = 60, series = 32;
Linear<float> autoregression = new(tau, 1);
Forecaster latent = new(16);
double linear = Learn("AR(4), a line through four values", autoregression, 300, (tape, seed) =>
{
    Variable<float> x = tape.Constant(Waves(seed));
    Variable<float> last = Variable.Concat([.. Enumerable.Range(0, tau).Select(k => x[k..(time - tau + k)])], axis: -1);
    return autoregression.Forward(last).MeanSquaredError(x[tau..]);
}, below: 0.1);
double kept = Learn("latent AR, a GRU", latent, 300, (tape, seed) =>
{
    Variable<float> x = tape.Constant(Waves(seed));
    return latent.Forward(x[..^1])[(tau - 1)..].MeanSquaredError(x[tau..]);
}, below: 0.1);
Console.WriteLine($"    squared error of the next value: AR(4) {linear:0.0000}, latent AR {kept:0.0000}; the noise alone is 0.0100");

static double Learn(string task, Module<float> model, int steps, Func<Tape<float>, ulong, Variable<float>> lossOf, double below)
{
    model.Initialize(seed: 1);
    Adam<float> optimizer = new(model, learningRate: 0.02);
    using Tape<float> tape = new();
    double average = double.NaN;
    for (int step = 0; step < steps; step++)
    {
        tape.Reset();
        Variable<float> loss = lossOf(tape, (ulong)step);
        Gradients<float> gradients = tape.Backward(loss);
        gradients.ClipByGlobalNorm(5);
        optimizer.Step(gradients);
        average = double.IsNaN(average) ? loss.Item() : average + (0.1 * (loss.Item() - average));
    }

    Console.WriteLine($"{task}: loss {average:0.0000} after {steps} steps");
    return average < below ? average : throw new InvalidOperationException($"{task}: the loss is {average}, not below {below}.");
}

// 32 sequences of +1 and −1, of 3 to 11 steps.
static (Tensor<float> Signs, Tensor<int> Lengths) Signs(ulong seed)
{
    RandomSource random = new(seed);
    float[] signs = [.. Enumerable.Range(0, 11 * 32).Select(_ => (2f * random.NextInt(2)) - 1)];
    int[] lengths = [.. Enumerable.Range(0, 32).Select(_ => 3 + (2 * random.NextInt(5)))];
    return (new([11, 32, 1], signs), new([32], lengths));
}

// Sines of a period of their own, with noise of deviation 0.1.
static Tensor<float> Waves(ulong seed)
{
    RandomSource random = new(seed);
    float[] values = new float[time * series];
    for (int s = 0; s < series; s++)
    {
        double step = 0.3 + (0.9 * random.NextDouble()), phase = 6.3 * random.NextDouble();
        for (int t = 0; t < time; t++) values[(t * series) + s] = (float)(Math.Sin(phase + (step * t)) + (0.1 * random.NextNormal()));
    }

    return new([time, series, 1], values);
}

// A GRU with a head, read at each step or at the end.
sealed class Reader : Module<float>
{
    private readonly Linear<float> _head;
    private readonly int _inputs;

    public Reader(int inputs, int hidden, int outputs)
    {
        _inputs = inputs;
        Gru = AddModule("gru", new Gru<float>(inputs, hidden));
        _head = AddModule("head", new Linear<float>(hidden, outputs));
    }

    public Gru<float> Gru { get; }

    public Variable<float> Each(Variable<float> x, Tensor<int>? lengths = null) => _head.Forward(Gru.Forward(x, lengths: lengths).Outputs);

    public Variable<float> Last(Variable<float> x, Tensor<int> lengths) => _head.Forward(Gru.FinalState(x, lengths: lengths).H[0]);

    public (Variable<float> Logits, Hidden<float> State) Step(Tape<float> tape, Tensor<int> tokens, Hidden<float> state)
    {
        (Variable<float> outputs, state) = Gru.Forward(tape.OneHot(tokens.Reshape(1, tokens.Length), _inputs), state);
        return (_head.Forward(outputs[0]), state);
    }
}

sealed class Forecaster : Module<float>
{
    private readonly Gru<float> _gru;
    private readonly Linear<float> _head;

    public Forecaster(int hidden)
    {
        _gru = AddModule("gru", new Gru<float>(1, hidden));
        _head = AddModule("head", new Linear<float>(hidden, 1));
    }

    public Variable<float> Forward(Variable<float> x) => _head.Forward(_gru.Forward(x).Outputs);
}

sealed class Activation(Func<Variable<float>, Variable<float>> function) : Layer<float>
{
    public override Variable<float> Forward(Variable<float> input) => function(input);
}
