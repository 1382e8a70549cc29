namespace Autograd.Tests.Layers;

/// <summary>Shapes of use as small models that learn to solve their task: one to many, many to many through an encoder, tagging.</summary>
public sealed class SequenceModelsTests
{
    private const int End = 0, Start = 1, Letters = 6;

    /// <summary>One to many, with outputs fed back: a number goes in, its word comes out letter by letter.</summary>
    [Fact]
    public void ANumberIsSpelledOut()
    {
        string[] words = ["naught", "one", "two", "three", "four", "five"];
        char[] letters = [.. words.SelectMany(static word => word).Distinct()];
        int time = words.Max(static word => word.Length) + 1, vocabulary = letters.Length + 2;
        Tensor<int> targets = Tensor.Full([time, words.Length], -100);
        for (int row = 0; row < words.Length; row++)
        {
            for (int t = 0; t < words[row].Length; t++) targets[t, row] = Array.IndexOf(letters, words[row][t]) + 2;
            targets[words[row].Length, row] = End;
        }

        Speller model = new(words.Length, vocabulary);
        model.Initialize(1);
        Adam<float> optimizer = new(model, 0.02);
        Tensor<int> numbers = Tensor.Arange<int>(words.Length), inputs = Decoder.Shift(targets, Start);
        using Tape<float> tape = new(seed: 1);
        for (int step = 0; step < 150; step++)
        {
            tape.Reset();
            optimizer.Step(tape.Backward(model.Decoder.Loss(model.Begin(tape, numbers), inputs, targets, sampling: step / 300.0)));
        }

        using Tape<float> reading = Tape<float>.Inference();
        int[][] spelled = Decode.Tokens(
            StepModel.Of(model.Decoder), reading, Tensor.Full([words.Length], Start), model.Begin(reading, numbers), maxLength: 20, endToken: End);
        Assert.Equal(words, spelled.Select(word => string.Concat(word.Select(token => letters[token - 2]))));
    }

    /// <summary>Many to many through an encoder: strings of 1 to 6 letters, padded to one batch, come out reversed.</summary>
    [Fact]
    public void AStringIsReversed()
    {
        Reverser model = new();
        model.Initialize(3);
        Adam<float> optimizer = new(model, 0.01);
        using Tape<float> tape = new(seed: 1);
        for (int step = 0; step < 500; step++)
        {
            if (step == 350) optimizer.LearningRate = 0.003;
            tape.Reset();
            (Tensor<int> source, Tensor<int> lengths, Tensor<int> targets) = Strings(32, (ulong)step);
            optimizer.Step(tape.Backward(model.Decoder.Loss(model.Encode(tape, source, lengths), Decoder.Shift(targets, Start), targets, sampling: 0.1)));
        }

        const int Count = 200;
        (Tensor<int> strings, Tensor<int> sizes, _) = Strings(Count, 1_000_000);
        using Tape<float> reading = Tape<float>.Inference();
        StepModel<float, DecoderState<float, Hidden<float>>> decoder = StepModel.Of(model.Decoder);
        Tensor<int> prompt = Tensor.Full([Count], Start);
        int[][] greedy = Decode.Tokens(decoder, reading, prompt, model.Encode(reading, strings, sizes), 10, endToken: End);
        Hypothesis[][] beam = Decode.Beam(decoder, reading, prompt, model.Encode(reading, strings, sizes), 10, new() { LengthPenalty = 0.6 }, End);
        int rightGreedy = 0, rightBeam = 0;
        for (int row = 0; row < Count; row++)
        {
            int[] wanted = [.. Enumerable.Range(0, sizes.Span[row]).Select(i => strings[sizes.Span[row] - 1 - i, row])];
            rightGreedy += greedy[row].AsSpan().SequenceEqual(wanted) ? 1 : 0;
            rightBeam += beam[row][0].Tokens.AsSpan().SequenceEqual(wanted) ? 1 : 0;
        }

        Assert.True(rightGreedy >= 0.95 * Count && rightBeam >= 0.95 * Count, $"{rightGreedy} and {rightBeam} of {Count} strings were reversed.");
    }

    /// <summary>Tagging: tags go round 0, 1, 2, 0, …; half of the words do not tell theirs. Chains find what single words cannot.</summary>
    [Fact]
    public void ATaggerFindsTagsThatTheirWordsDoNotTell()
    {
        Tagger model = new();
        model.Initialize(1);
        Adam<float> optimizer = new(model, 0.05);
        using Tape<float> tape = new();
        for (int step = 0; step < 120; step++)
        {
            tape.Reset();
            (Tensor<int> words, Tensor<int> tags, Tensor<int> lengths) = Sentences(16, (ulong)step);
            optimizer.Step(tape.Backward(model.Crf.Loss(model.Emissions(tape, words), tags, lengths)));
        }

        (Tensor<int> read, Tensor<int> wanted, Tensor<int> sizes) = Sentences(100, 1_000_000);
        using Tape<float> reading = Tape<float>.Inference();
        Variable<float> emissions = model.Emissions(reading, read);
        Tensor<int> chains = model.Crf.Viterbi(emissions, sizes).Tags;
        int right = 0, alone = 0, all = 0;
        for (int row = 0; row < 100; row++)
        {
            for (int t = 0; t < sizes.Span[row]; t++, all++)
            {
                float[] scores = emissions[t][row].ToArray();
                right += chains[t, row] == wanted[t, row] ? 1 : 0;
                alone += Array.IndexOf(scores, scores.Max()) == wanted[t, row] ? 1 : 0;
            }
        }

        Assert.InRange((double)right / all, 0.97, 1);
        Assert.InRange((double)alone / all, 0, 0.8);
    }

    private static (Tensor<int> Source, Tensor<int> Lengths, Tensor<int> Targets) Strings(int batch, ulong seed)
    {
        const int Longest = 6;
        RandomSource random = new(seed, 77);
        Tensor<int> source = new([Longest, batch]), lengths = new([batch]), targets = Tensor.Full([Longest + 1, batch], -100);
        for (int row = 0; row < batch; row++)
        {
            int length = 1 + random.NextInt(Longest);
            lengths.Write(values => values[row] = length);
            for (int t = 0; t < length; t++) source[t, row] = targets[length - 1 - t, row] = 2 + random.NextInt(Letters);
            targets[length, row] = End;
        }

        return (source, lengths, targets);
    }

    private static (Tensor<int> Words, Tensor<int> Tags, Tensor<int> Lengths) Sentences(int batch, ulong seed)
    {
        const int Longest = 12;
        RandomSource random = new(seed, 78);
        Tensor<int> words = new([Longest, batch]), tags = new([Longest, batch]), lengths = new([batch]);
        for (int row = 0; row < batch; row++)
        {
            int length = 6 + random.NextInt(Longest - 5), tag = random.NextInt(3);
            lengths.Write(values => values[row] = length);
            for (int t = 0; t < length; t++, tag = (tag + 1) % 3)
            {
                tags[t, row] = tag;
                words[t, row] = random.NextInt(2) == 0 ? 3 : tag;
            }
        }

        return (words, tags, lengths);
    }

    private sealed class Speller : Module<float>
    {
        private readonly Embedding<float> _numbers;

        public Speller(int numbers, int vocabulary)
        {
            _numbers = AddModule("numbers", new Embedding<float>(numbers, 32));
            Decoder = AddModule("decoder", new Decoder<float, Hidden<float>>(vocabulary, 8, new GruCell<float>(8, 32)));
        }

        public Decoder<float, Hidden<float>> Decoder { get; }

        public DecoderState<float, Hidden<float>> Begin(Tape<float> tape, Tensor<int> numbers) =>
            Decoder.Start(new Hidden<float>(_numbers.Forward(tape, numbers).Tanh()));
    }

    private sealed class Reverser : Module<float>
    {
        private const int Hidden = 32;

        private readonly Embedding<float> _letters;
        private readonly Gru<float> _encoder;

        public Reverser()
        {
            _letters = AddModule("letters", new Embedding<float>(Letters + 2, 12));
            _encoder = AddModule("encoder", new Gru<float>(12, Hidden));
            Decoder = AddModule("decoder", new Decoder<float, Hidden<float>>(
                Letters + 2, 12, new GruCell<float>(12 + Hidden, Hidden), new AdditiveAttention<float>(Hidden, Hidden, Hidden)));
        }

        public Decoder<float, Hidden<float>> Decoder { get; }

        public DecoderState<float, Hidden<float>> Encode(Tape<float> tape, Tensor<int> source, Tensor<int> lengths)
        {
            (Variable<float> outputs, Hidden<float> last) = _encoder.Forward(_letters.Forward(tape, source), lengths: lengths);
            return Decoder.Start(new Hidden<float>(last.H[0]), outputs, lengths);
        }
    }

    private sealed class Tagger : Module<float>
    {
        private readonly Embedding<float> _words;
        private readonly TimeDistributed<float> _head;

        public Tagger()
        {
            _words = AddModule("words", new Embedding<float>(4, 8));
            _head = AddModule("head", new TimeDistributed<float>(new Linear<float>(8, 3)));
            Crf = AddModule("crf", new LinearChainCrf<float>(3));
        }

        public LinearChainCrf<float> Crf { get; }

        public Variable<float> Emissions(Tape<float> tape, Tensor<int> words) => _head.Forward(_words.Forward(tape, words));
    }
}
