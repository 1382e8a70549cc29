#:project ../../src/Autograd/Autograd.csproj

// Many-to-many in step, with a conditional random field on top: each of a sequence's symbols gets a tag.
// dotnet run docs/examples/tagging.cs
using Autograd;

const int symbols = 6, tags = 3, batch = 24, longest = 8;
Tagger model = new(symbols, tags);
model.Initialize(seed: 1);
Adam<float> optimizer = new(model, learningRate: 0.02);
using Tape<float> tape = new();
for (int step = 0; step < 150; step++)
{
    tape.Reset();
    (Tensor<int> words, Tensor<int> lengths, Tensor<int> truth) = Draw((ulong)step);
    Variable<float> loss = model.Crf.Loss(model.Emissions(tape, words, lengths), truth, lengths);
    optimizer.Step(tape.Backward(loss));
    if (step % 50 == 0) Console.WriteLine($"step {step}: {loss.Item():0.000} nats a sequence");
}

(Tensor<int> tests, Tensor<int> testLengths, Tensor<int> answers) = Draw(seed: 999_999);
using Tape<float> inference = Tape<float>.Inference();
(Tensor<int> best, Tensor<double> scores) = model.Crf.Viterbi(model.Emissions(inference, tests, testLengths), testLengths);
int right = 0, all = 0;
for (int row = 0; row < batch; row++)
{
    for (int t = 0; t < testLengths.Span[row]; t++, all++) right += best[t, row] == answers[t, row] ? 1 : 0;
}

Console.WriteLine($"{right} of {all} tags right; the first chain scores {scores.Span[0]:0.00}");
if (right < 0.95 * all) throw new InvalidOperationException("The model has not learned its task.");

// The tag of a symbol says whether it is smaller than, equal to or larger than the one after it; that of the last is 1.
static (Tensor<int> Words, Tensor<int> Lengths, Tensor<int> Tags) Draw(ulong seed)
{
    RandomSource random = new(seed);
    int[] words = new int[longest * batch], lengths = new int[batch], tags = new int[longest * batch];
    for (int row = 0; row < batch; row++)
    {
        lengths[row] = 2 + random.NextInt(longest - 1);
        for (int t = 0; t < lengths[row]; t++) words[(t * batch) + row] = random.NextInt(symbols);
        for (int t = 0; t < lengths[row]; t++)
        {
            tags[(t * batch) + row] = t == lengths[row] - 1 ? 1 : 1 + Math.Sign(words[(t * batch) + row] - words[((t + 1) * batch) + row]);
        }
    }

    return (new([longest, batch], words), new([batch], lengths), new([longest, batch], tags));
}

sealed class Tagger : Module<float>
{
    private readonly Embedding<float> _embedding;
    private readonly Lstm<float> _lstm;
    private readonly TimeDistributed<float> _head;

    public Tagger(int symbols, int tags)
    {
        _embedding = AddModule("embedding", new Embedding<float>(symbols, 8));
        _lstm = AddModule("lstm", new Lstm<float>(8, 16, bidirectional: true));
        _head = AddModule("head", new TimeDistributed<float>(new Linear<float>(32, tags)));
        Crf = AddModule("crf", new LinearChainCrf<float>(tags));
    }

    public LinearChainCrf<float> Crf { get; }

    /// <summary>The score of each tag at each step, [time, batch, tags].</summary>
    public Variable<float> Emissions(Tape<float> tape, Tensor<int> words, Tensor<int> lengths) =>
        _head.Forward(_lstm.Forward(_embedding.Forward(tape, words), lengths: lengths).Outputs);
}
