using System.Numerics;
using Autograd.Zoo.Formats;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Translate;

/// <summary>Translation, as the commands see it.</summary>
internal sealed class TranslateModel : NetworkModel
{
    public override string Name => "translate";

    public override string Description => "Many to many through an encoder: translates sentences, looking at each word where it now should.";

    public override IReadOnlyList<string> Cells => ["gru", "bidirectional", "attention"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("folder with train.L, val.L and test*.L, line by line in both languages (Multi30k); made-up sentences when not given"),
        new TextSetting("from", "the language to translate from, as the files end", "de"),
        new TextSetting("to", "the language to translate to, as the files end", "en"),
        new IntegerSetting("embedding", "features of a word", 128, 1, 1 << 20),
        new IntegerSetting("encoder", "features of the state that reads, in each direction", 128, 1, 1 << 20),
        new IntegerSetting("decoder", "features of the state that writes", 256, 1, 1 << 20),
        new IntegerSetting("readout", "features from which the next word is told", 256, 1, 1 << 20),
        CommonSettings.Dropout(0.3),
        new NumberSetting("smoothing", "share of a target's probability that is spread over all words", 0.1, 0, 1) { BelowMost = true },
        new IntegerSetting("beam", "translations that are followed side by side at the end; 1 for greedy ones", 5, 1, 100) { MayChange = true },
        new NumberSetting("length-penalty", "above 0 favours long translations", 0.6, -10, 10) { MayChange = true },
        CommonSettings.Batch(64),
        CommonSettings.Epochs(8),
        .. CommonSettings.Optimization(2e-3, schedule: "one-cycle", clip: 1),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } = new Dictionary<string, object>
    {
        ["embedding"] = 2L,
        ["encoder"] = 2L,
        ["decoder"] = 2L,
        ["readout"] = 2L,
        ["batch"] = 2L,
        ["dropout"] = 0.0,
    };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? folder = settings.Text("data");
        Lazy<ParallelCorpus> corpus = new(() => folder is null ? ParallelCorpus.MadeUp() : ParallelCorpus.Read(folder, settings.Text("from")!, settings.Text("to")!));
        Vocabulary source = facts is null ? corpus.Value.Words(static pair => pair.Source) : Known("source"), target = facts is null ? corpus.Value.Words(static pair => pair.Target) : Known("target");
        TranslatorSizes sizes = new(settings.Integer("embedding"), settings.Integer("encoder"), settings.Integer("decoder"), settings.Integer("readout"), settings.Number("dropout"));
        long written = settings.Long("batch") * 32;
        MemoryGuard.Require("--embedding, --encoder, --decoder, --batch", [
            ("embeddings", [4, (long)source.Count + target.Count, sizes.Embedding], sizeof(float)),
            ("the head", [4, sizes.Readout, target.Count], sizeof(float)),
            ("words of a batch", [3, written, target.Count], sizeof(float)),
            ("attention", [3, written, 32, sizes.Decoder], sizeof(float))]);
        return new TranslateTask<T>(settings, corpus, source, target, new(source.Count, target.Count, sizes));

        // Tokens have no spaces in them, so they can be joined by some.
        Vocabulary Known(string name) => new(facts![name].Split(' '), ParallelCorpus.Unknown);
    }
}

/// <summary>Translating.</summary>
internal sealed class TranslateTask<T>(SettingValues settings, Lazy<ParallelCorpus> corpus, Vocabulary source, Vocabulary target, Translator<T> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MeasuredAtOnce = 100, Shown = 3, Ignored = -100;

    private readonly Lazy<Minibatches> _batches = new(() => new(
        corpus.Value.Train.Length, settings.Integer("batch"), (ulong)settings.Long("seed"), [.. corpus.Value.Train.Select(static pair => pair.Target.Length)]));

    // Words that are no words are never written.
    private readonly Tensor<T> _writable = Writable(target.Count);

    public override Module<T> Network => network;

    public override string Data => corpus.Value.Source;

    public override string Unit => "words";

    public override long Steps => settings.Long("epochs") * _batches.Value.PerEpoch;

    public override long StepsPerValidation => _batches.Value.PerEpoch;

    public override double? Expected => settings.AreDefaults() && corpus.Value.Train.Length == ParallelCorpus.PublicCount ? 29 : null;

    public override IReadOnlyDictionary<string, string> Facts =>
        new Dictionary<string, string> { ["source"] = string.Join(' ', source), ["target"] = string.Join(' ', target) };

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        SentencePair[] some = [.. _batches.Value[batch].ToArray().Select(i => corpus.Value.Train[i])];
        Tensor<int> wanted = PaddedSequences.Of([.. some.Select(pair => (int[])[.. target.Encode(pair.Target), ParallelCorpus.MarkId])], Ignored).Values;
        units = some.Sum(static pair => pair.Target.Length + 1L);
        Variable<T> logits = network.Decoder.Forward(Read(tape, some.Select(static pair => pair.Source)), Decoder.Shift(wanted, ParallelCorpus.MarkId, Ignored)).Logits;
        return logits.CrossEntropy(wanted, ignoreIndex: Ignored, labelSmoothing: settings.Number("smoothing"));
    }

    /// <summary>BLEU of greedy translations, which are quick.</summary>
    public override Score Validate(CancellationToken stop) => Measure(corpus.Value.Validation, 1, stop);

    /// <summary>BLEU of translations by beam search.</summary>
    public override Score Test(CancellationToken stop) => Measure(corpus.Value.Test, settings.Integer("beam"), stop);

    public override string Sample(long step)
    {
        SentencePair[] some = corpus.Value.Validation[..Math.Min(Shown, corpus.Value.Validation.Length)];
        return string.Join('\n', some.Zip(Translate([.. some.Select(static pair => pair.Source)], 1, default), static (pair, said) => $"{string.Join(' ', pair.Source)}\n→ {string.Join(' ', said)}"));
    }

    public override bool Predicts => true;

    public override void Predict(string input, TextWriter output, CancellationToken stop)
    {
        string[] sentence = input.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (sentence.Length == 0) throw new Failure(ExitCode.Usage, "INPUT", "a sentence, its words and marks apart", "nothing", "write one in quotes");
        string[] unknown = [.. sentence.Where(word => !source.Contains(word))];
        output.WriteLine(Failure.OneLine(string.Join(' ', Translate([sentence], settings.Integer("beam"), stop)[0])) + UnknownNote(unknown, ParallelCorpus.Unknown));
    }

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        SentencePair[] some = [.. corpus.Value.Test.Take(8)];
        string[][] said = Translate([.. some.Select(static pair => pair.Source)], settings.Integer("beam"), stop);
        yield return new TablePart("Translations", "The first sentences of the test part.", ["sentence", "translation", "reference"],
            [.. some.Zip(said, static (pair, words) => (string[])[string.Join(' ', pair.Source), string.Join(' ', words), string.Join(' ', pair.Target)])]);
        foreach (SentencePair pair in some.Take(Shown))
        {
            (string[] words, double[][] weights) = Attention(pair.Source);
            yield return new HeatPart("Attention", "Where it looks (columns) as it writes each word (rows), greedily.", words, pair.Source, weights, "writes", "looks at");
        }

        yield return TextPart.Padding(_batches.Value, "sentences");
    }

    private static Tensor<T> Writable(int words)
    {
        T[] bias = new T[words];
        bias[ParallelCorpus.PaddingId] = bias[ParallelCorpus.UnknownId] = T.NegativeInfinity;
        return new([words], bias);
    }

    private DecoderState<T, Hidden<T>> Read(Tape<T> tape, IEnumerable<string[]> sentences) => network.Read(tape, PaddedSequences.Of([.. sentences.Select(source.Encode)]));

    private StepModel<T, DecoderState<T, Hidden<T>>> Writer() => StepModel.From<T, DecoderState<T, Hidden<T>>>(target.Count, (tape, tokens, state) =>
    {
        (Variable<T> logits, state) = network.Decoder.Step(tokens, state);
        return (logits + tape.Constant(_writable), state);
    });

    /// <summary>The most words of a translation, with its end.</summary>
    private static int Longest(IEnumerable<string[]> sentences) => (2 * sentences.Max(static words => words.Length)) + 5;

    private string[][] Translate(IReadOnlyList<string[]> sentences, int beam, CancellationToken stop)
    {
        using Tape<T> tape = Tape<T>.Inference();
        DecoderState<T, Hidden<T>> state = Read(tape, sentences);
        Tensor<int> marks = Tensor.Full([sentences.Count], ParallelCorpus.MarkId);
        BeamSearch search = new() { Width = beam, LengthPenalty = settings.Number("length-penalty") };
        return [.. Decode.Beam(Writer(), tape, marks, state, Longest(sentences), search, ParallelCorpus.MarkId, stop).Select(best => target.Decode(best[0].Tokens))];
    }

    private (string[] Words, double[][] Weights) Attention(string[] sentence)
    {
        using Tape<T> tape = Tape<T>.Inference();
        StepModel<T, DecoderState<T, Hidden<T>>> writer = Writer();
        DecoderState<T, Hidden<T>> state = Read(tape, [sentence]);
        List<string> words = [];
        List<double[]> weights = [];
        int word = ParallelCorpus.MarkId;
        while (words.Count < Longest([sentence]))
        {
            Variable<T> looks = network.Decoder.Attention!.Attend(network.Decoder.Cell.Output(state.Cell), state.Memory).Weights;
            (Variable<T> logits, state) = writer.Step(tape, new([1], [word]), state);
            word = logits.ArgMax(-1).ToArray()[0];
            weights.Add([.. looks.ToArray().Select(double.CreateTruncating)]);
            words.Add(target[word]);
            if (word == ParallelCorpus.MarkId) break;
        }

        return ([.. words], [.. weights]);
    }

    private Score Measure(SentencePair[] pairs, int beam, CancellationToken stop)
    {
        List<string[]> said = [], wanted = [];
        foreach (SentencePair[] some in pairs.OrderBy(static pair => pair.Source.Length).Chunk(MeasuredAtOnce))
        {
            said.AddRange(Translate([.. some.Select(static pair => pair.Source)], beam, stop));
            wanted.AddRange(some.Select(static pair => pair.Target));
        }

        return new(Metric.Bleu, Bleu.Of(said, wanted).Score, pairs.Length);
    }
}
