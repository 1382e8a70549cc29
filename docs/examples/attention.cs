#:project ../../src/Autograd/Autograd.csproj

// Many-to-many through an encoder: strings are reversed by attention; then greedy, beam and sampled decoding.
// dotnet run docs/examples/attention.cs
using Autograd;

const int vocabulary = 10, start = 8, end = 9, hidden = 32, batch = 32, longest = 6;
Translator model = new(vocabulary, hidden);
model.Initialize(seed: 1);
Adam<float> optimizer = new(model, learningRate: 0.01);

using (Tape<float> tape = new(seed: 3))
{
    for (int step = 0; step < 400; step++)
    {
        tape.Reset();
        (Tensor<int> sources, Tensor<int> lengths, Tensor<int> targets) = Draw(batch, (ulong)step);
        DecoderState<float, Hidden<float>> state = model.Encode(tape, sources, lengths);
        Variable<float> loss = model.Decoder.Loss(state, Decoder.Shift(targets, start), targets, sampling: 0.1);
        Gradients<float> gradients = tape.Backward(loss);
        gradients.ClipByGlobalNorm(5);
        optimizer.Step(gradients);
        if (step % 100 == 0) Console.WriteLine($"step {step}: {loss.Item():0.000} nats a token");
    }
}

(Tensor<int> tests, Tensor<int> testLengths, Tensor<int> answers) = Draw(50, seed: 123_456);
using Tape<float> inference = Tape<float>.Inference();
Tensor<int> prompt = new([tests.Shape[1]]);
prompt.Fill(start);

// The best three of a beam of five.
Hypothesis[][] best = Decode.Beam(
    StepModel.Of(model.Decoder), inference, prompt, model.Encode(inference, tests, testLengths), maxLength: longest + 1,
    new BeamSearch { Width = 5, Best = 3, LengthPenalty = 0.6 }, end);
int right = Enumerable.Range(0, best.Length).Count(row => best[row][0].Tokens.SequenceEqual(Answer(row)));
Console.WriteLine($"{right} of {best.Length} right; first: {string.Join(' ', best[0][0].Tokens)} at {best[0][0].LogProbability:0.000}");
if (right < 45) throw new InvalidOperationException("The model has not learned its task.");

// Attention by itself: queries of all steps at once, over a memory with lengths.
Variable<float> queries = inference.Full([3, 2, 4], 0.5), memory = inference.Full([5, 2, 4], 0.1);
GeneralAttention<float> general = new(querySize: 4, memorySize: 4);
general.Initialize(seed: 1);
(Variable<float> context, Variable<float> weights) = general.Forward(queries, memory, lengths: new Tensor<int>([2], [5, 3]));
(_, Variable<float> scaled) = new DotAttention<float>(size: 4, scaled: true).Forward(queries, memory, mask: new Tensor<bool>([5, 2], [true, true, true, true, false, true, true, true, true, true]));
Console.WriteLine($"context {context.Shape}, weights {weights.Shape}, {scaled.Shape}");
if (weights[0].Span[8] != 0) throw new InvalidOperationException("A padded step has a weight.");

// Token by token, as they come: greedy, or drawn.
foreach (int[] next in Decode.Stream(StepModel.Of(model.Decoder), inference, prompt, model.Encode(inference, tests, testLengths), longest, Sampling.Greedy)) Console.Write($"{next[0]} ");
Console.WriteLine();
Sampling sampling = new() { Temperature = 0.8, TopK = 5, TopP = 0.9, RepeatPenalty = 1.1, Seed = 7 };
foreach (int[] next in Decode.Stream(StepModel.Of(model.Decoder), inference, prompt, model.Encode(inference, tests, testLengths), longest, sampling)) Console.Write($"{next[0]} ");
Console.WriteLine();

// Strings of 2 to 6 letters, padded; what is asked for is the string backwards and an end mark.
static (Tensor<int> Sources, Tensor<int> Lengths, Tensor<int> Targets) Draw(int count, ulong seed)
{
    RandomSource random = new(seed);
    Tensor<int> sources = new([longest, count]), lengths = new([count]), targets = new([longest + 1, count]);
    targets.Fill(-100);
    for (int row = 0; row < count; row++)
    {
        int length = 2 + random.NextInt(longest - 1), column = row;
        lengths.Write(all => all[column] = length);
        for (int i = 0; i < length; i++)
        {
            int letter = random.NextInt(start), at = i;
            sources.Write(all => all[(at * count) + column] = letter);
            targets.Write(all => all[((length - 1 - at) * count) + column] = letter);
        }

        targets.Write(all => all[(length * count) + column] = end);
    }

    return (sources, lengths, targets);
}

IEnumerable<int> Answer(int row) => Enumerable.Range(0, longest + 1).Select(t => answers[t, row]).TakeWhile(static token => token != end && token >= 0);

sealed class Translator : Module<float>
{
    private readonly Embedding<float> _embedding;
    private readonly Gru<float> _encoder;

    public Translator(int vocabulary, int hidden)
    {
        _embedding = AddModule("embedding", new Embedding<float>(vocabulary, 16));
        _encoder = AddModule("encoder", new Gru<float>(16, hidden / 2, bidirectional: true));
        Decoder = AddModule("decoder", new Decoder<float, Hidden<float>>(
            vocabulary, embeddingSize: 16, new GruCell<float>(16 + hidden, hidden), new AdditiveAttention<float>(querySize: hidden, memorySize: hidden, attentionSize: hidden)));
    }

    public Decoder<float, Hidden<float>> Decoder { get; }

    /// <summary>The decoder's state: both directions' last states side by side, and the encoder's outputs to attend to.</summary>
    public DecoderState<float, Hidden<float>> Encode(Tape<float> tape, Tensor<int> sources, Tensor<int> lengths)
    {
        (Variable<float> outputs, Hidden<float> last) = _encoder.Forward(_embedding.Forward(tape, sources), lengths: lengths);
        return Decoder.Start(new(Variable.Concat(last.H[0], last.H[1])), outputs, lengths);
    }
}
