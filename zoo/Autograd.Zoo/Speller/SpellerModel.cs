using System.Globalization;
using System.Numerics;
using System.Text;
using Autograd.Zoo.Images;
using Autograd.Zoo.Reports;
using Autograd.Zoo.Runs;

namespace Autograd.Zoo.Speller;

/// <summary>Writing what a picture shows, as the commands see it.</summary>
internal sealed class SpellerModel : NetworkModel
{
    public override string Name => "speller";

    public override string Description => "One to many: looks at a picture of a digit by convolutions and writes its English name letter by letter.";

    public override IReadOnlyList<string> Cells => ["conv2d", "rnn", "lstm", "gru"];

    public override IReadOnlyList<Setting> Settings { get; } =
    [
        CommonSettings.Data("folder with an IDX file of images and one of labels, gzip or not (MNIST); drawn digits when not given"),
        new ChoiceSetting("cell", "recurrent cell of the decoder", "gru", "lstm", "rnn"),
        new IntegerSetting("channels", "channels of the first convolution; the second has twice as many", 16, 1, 4096),
        new IntegerSetting("embedding", "features of a letter", 16, 1, 1 << 20),
        CommonSettings.Hidden(128),
        CommonSettings.Dropout(0.2),
        CommonSettings.Batch(50),
        CommonSettings.Epochs(8),
        .. CommonSettings.Optimization(2e-3, schedule: "one-cycle"),
        CommonSettings.Seed,
    ];

    protected override IReadOnlyDictionary<string, object> Small { get; } = new Dictionary<string, object>
    {
        ["channels"] = 1L,
        ["embedding"] = 2L,
        ["hidden"] = 3L,
        ["batch"] = 2L,
        ["dropout"] = 0.0,
    };

    protected override ZooTask<T> Task<T>(SettingValues settings, IReadOnlyDictionary<string, string>? facts)
    {
        string? folder = settings.Text("data");
        (Lazy<DigitImages> images, int rows, int columns) = DigitImages.Find(folder, facts);
        DigitImages.RequirePoolable(folder, rows, columns);
        int channels = settings.Integer("channels"), embedding = settings.Integer("embedding"), hidden = settings.Integer("hidden");
        long batch = settings.Long("batch");
        MemoryGuard.Require("--channels, --embedding, --hidden, --batch", [
            ("channels of a batch", [batch, (long)rows * columns, 6, channels], sizeof(float)),
            ("states of a batch", [batch, DigitNames.MostSteps, 20, hidden], sizeof(float)),
            ("weights of convolutions", [4, 50L * channels, channels], sizeof(float)),
            ("weights of states", [4, hidden, (2L * channels * (rows / 4) * (columns / 4)) + (4L * (embedding + hidden))], sizeof(float))]);
        return settings.Text("cell") switch
        {
            "rnn" => Of<Hidden<T>>(new RnnCell<T>(embedding, hidden)),
            "lstm" => Of<LstmState<T>>(new LstmCell<T>(embedding, hidden)),
            _ => Of<Hidden<T>>(new GruCell<T>(embedding, hidden)),
        };

        ZooTask<T> Of<TState>(RecurrentCell<T, TState> cell)
            where TState : struct, IState<TState, T> => new SpellerTask<T, TState>(
                settings, images, rows, columns,
                new(rows, columns, channels, settings.Number("dropout"), DigitNames.Letters.Count, embedding, cell));
    }
}

/// <summary>Writing the name of the digit that a picture shows.</summary>
internal sealed class SpellerTask<T, TState>(
    SettingValues settings, Lazy<DigitImages> images, int rows, int columns, SpellerNetwork<T, TState> network) : ZooTask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private const int MarkId = 0, MeasuredAtOnce = 250, Shown = 6, ShownMistakes = 8;

    private readonly Lazy<Minibatches> _batches = new(() => new(images.Value.Train.Length, settings.Integer("batch"), (ulong)settings.Long("seed")));

    public override Module<T> Network => network;

    public override string Data => images.Value.Source;

    public override string Unit => "images";

    public override long Steps => settings.Long("epochs") * _batches.Value.PerEpoch;

    public override long StepsPerValidation => _batches.Value.PerEpoch;

    public override double? Expected => settings.AreDefaults() && images.Value.AreMnistTest ? 0.975 : null;

    public override IReadOnlyDictionary<string, string> Facts => DigitImages.SizeFacts(rows, columns);

    public override Variable<T> Loss(Tape<T> tape, long batch, out long units)
    {
        tape.Reset();
        int[] chosen = [.. _batches.Value[batch].ToArray().Select(i => images.Value.Train[i])];
        units = chosen.Length;
        Tensor<int> targets = DigitNames.Targets(images.Value.Digits(chosen).Span);
        DecoderState<T, TState> state = network.Begin(tape.Constant(images.Value.Batch<T>(chosen)));
        return network.Decoder.Loss(state, Decoder.Shift(targets, MarkId, DigitNames.Ignored), targets, ignoreIndex: DigitNames.Ignored);
    }

    public override Score Validate(CancellationToken stop) => Measure(images.Value.Validation, stop);

    public override Score Test(CancellationToken stop) => Measure(images.Value.Test, stop);

    public override string Sample(long step)
    {
        int[] shown = images.Value.Validation[..Math.Min(Shown, images.Value.Validation.Length)];
        return string.Join('\n', shown.Zip(Write(images.Value, shown), (image, word) => $"{images.Value.Digit(image)} was read as {word}"));
    }

    public override bool Predicts => true;

    /// <summary>Writes what the first pictures of a file of images show.</summary>
    public override void Predict(string input, TextWriter output, CancellationToken stop) => DigitImages.Answer(input, rows, columns, Write, output);

    public override IEnumerable<ReportPart> Report(CancellationToken stop)
    {
        int[] test = images.Value.Test;
        string[] written = Written(test, stop);
        long letters = 0, right = 0;
        (int All, int Exact)[] words = new (int, int)[10];
        for (int i = 0; i < test.Length; i++)
        {
            int digit = images.Value.Digit(test[i]);
            string name = DigitNames.All[digit];
            words[digit] = (words[digit].All + 1, words[digit].Exact + (written[i] == name ? 1 : 0));
            letters += Math.Max(name.Length, written[i].Length);
            right += name.Zip(written[i]).Count(static pair => pair.First == pair.Second);
        }

        yield return new TablePart(
            "Words", $"Words of the test part that are right to the last letter. Of their letters {Text(100.0 * right / letters, "0.00")} % stand where they should.",
            ["word", "exact", "of", "share"],
            [.. words.Select((count, digit) => (string[])[
                DigitNames.All[digit], Text(count.Exact, "0"), Text(count.All, "0"), count.All == 0 ? "" : $"{Text(100.0 * count.Exact / count.All, "0.0")} %"])]);
        int[] wrong = [.. Enumerable.Range(0, test.Length).Where(i => written[i] != Name(i))];
        yield return new SvgPart(
            "Pictures", $"The first pictures of the test part{(wrong.Length == 0 ? "; there are no mistakes" : ", then mistakes, with the right name in brackets")}.",
            Draw([.. Enumerable.Range(0, Math.Min(Shown + 2, test.Length)), .. wrong.Where(static i => i >= Shown + 2).Take(ShownMistakes)]));

        string Name(int i) => DigitNames.All[images.Value.Digit(test[i])];

        string Draw(int[] chosen) => Pictures.Draw([.. chosen.Select(i => (test[i], Judged(written[i], Name(i))))], images.Value);

        static string Judged(string word, string name) => word == name ? word : $"{(word.Length == 0 ? "nothing" : word)} ({name})";

        static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>What is written of each picture, letter by letter, each time the most likely one.</summary>
    private string[] Write(DigitImages from, int[] chosen)
    {
        using Tape<T> tape = Tape<T>.Inference();
        DecoderState<T, TState> state = network.Begin(tape.Constant(from.Batch<T>(chosen)));
        Tensor<int> marks = new([chosen.Length]);
        marks.Fill(MarkId);
        int[][] words = Decode.Tokens(StepModel.Of(network.Decoder), tape, marks, state, DigitNames.MostSteps, endToken: MarkId);
        return [.. words.Select(static word => string.Concat(DigitNames.Letters.Decode(word)))];
    }

    private string[] Written(int[] chosen, CancellationToken stop)
    {
        List<string> words = [];
        foreach (int[] some in chosen.Chunk(MeasuredAtOnce))
        {
            stop.ThrowIfCancellationRequested();
            words.AddRange(Write(images.Value, some));
        }

        return [.. words];
    }

    private Score Measure(int[] chosen, CancellationToken stop)
    {
        long right = chosen.Zip(Written(chosen, stop)).Count(pair => pair.Second == DigitNames.All[images.Value.Digit(pair.First)]);
        return new(Metric.ExactWords, (double)right / chosen.Length, chosen.Length);
    }
}

/// <summary>Pictures side by side, each over a line of text.</summary>
internal static class Pictures
{
    private const int Columns = 4, Cell = 110, Picture = 84, Levels = 8;

    /// <summary>SVG in the colour of the text around it, so that it fits light and dark.</summary>
    public static string Draw(IReadOnlyList<(int Image, string Words)> shown, DigitImages images)
    {
        int rows = (shown.Count + Columns - 1) / Columns;
        double scale = (double)Picture / Math.Max(images.Rows, images.Columns);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Columns * Cell} {rows * Cell}\" style=\"width:100%;max-width:{Columns * Cell * 3 / 2}px\"");
        svg.Append(" role=\"img\" aria-label=\"pictures and what was written of them\">");
        for (int i = 0; i < shown.Count; i++)
        {
            (int image, string words) = shown[i];
            svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({(i % Columns * Cell) + ((Cell - Picture) / 2)} {i / Columns * Cell})\">");
            svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"scale({scale:0.###})\" stroke=\"currentColor\" stroke-width=\"1.03\">");
            for (int level = 1; level <= Levels; level++)
            {
                string strokes = Strokes(images.Pixels(image), images.Columns, level);
                if (strokes.Length > 0) svg.Append(CultureInfo.InvariantCulture, $"<path stroke-opacity=\"{(double)level / Levels}\" d=\"{strokes}\"/>");
            }

            svg.Append(CultureInfo.InvariantCulture, $"</g><text x=\"{Picture / 2}\" y=\"{Picture + 14}\" text-anchor=\"middle\" font-size=\"12\"");
            svg.Append(CultureInfo.InvariantCulture, $" fill=\"currentColor\">{Html.Escape(words)}</text></g>");
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The runs of pixels of one level of ink, each a stroke along its row.</summary>
    private static string Strokes(ReadOnlySpan<byte> pixels, int columns, int level)
    {
        StringBuilder path = new();
        for (int at = 0; at < pixels.Length;)
        {
            int end = at;
            while (end < pixels.Length && end / columns == at / columns && LevelOf(pixels[end]) == level) end++;
            if (end > at) path.Append(CultureInfo.InvariantCulture, $"M{at % columns} {at / columns}.5h{end - at}");
            at = Math.Max(end, at + 1);
        }

        return path.ToString();

        static int LevelOf(byte ink) => ((ink * Levels) + 127) / 255;
    }
}
