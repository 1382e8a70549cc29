using System.Globalization;
using System.Text.RegularExpressions;
using Autograd.Zoo.Images;
using Autograd.Zoo.Speller;

namespace Autograd.Tests.Zoo.Speller;

/// <summary>The data, the network and the commands of the model that writes what a picture shows.</summary>
public sealed class SpellerTests : IDisposable
{
    private static readonly string[] Quick = ["--channels", "4", "--hidden", "48", "--batch", "20", "--epochs", "3", "--learning-rate", "0.006", "--dropout", "0"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_are_written_with_the_mark_behind_them()
    {
        Assert.Equal(". e f g h i n o r s t u v w x z", string.Join(' ', DigitNames.Letters));
        Tensor<int> targets = DigitNames.Targets([7, 1, 3]);
        Assert.Equal(new Shape(6, 3), targets.Shape);
        string[] columns = [.. Enumerable.Range(0, 3).Select(b => string.Concat(Enumerable.Range(0, 6).Select(t => targets[t, b] == DigitNames.Ignored ? "-" : DigitNames.Letters[targets[t, b]])))];
        Assert.Equal(["seven.", "one.--", "three."], columns);
    }

    [Fact]
    public void The_loss_is_that_of_writing_letter_by_letter()
    {
        SpellerNetwork<double, LstmState<double>> network = new(8, 8, 1, 0, DigitNames.Letters.Count, 3, new LstmCell<double>(3, 4));
        network.Initialize(5);
        Tensor<double> pictures = Tensor.Normal<double>([2, 1, 8, 8], new RandomSource(3));
        int[] digits = [6, 4];
        Tensor<int> targets = DigitNames.Targets(digits);
        using Tape<double> tape = Tape<double>.Inference();
        DecoderState<double, LstmState<double>> begin = network.Begin(tape.Constant(pictures));
        Assert.Equal(begin.Cell.H.ToArray(), begin.Cell.C.ToArray());
        double loss = network.Decoder.Loss(begin, Decoder.Shift(targets, 0, DigitNames.Ignored), targets, ignoreIndex: DigitNames.Ignored).Item();

        double sum = 0;
        int letters = 0;
        for (int b = 0; b < digits.Length; b++)
        {
            DecoderState<double, LstmState<double>> state = network.Begin(tape.Constant(pictures[b..(b + 1)].Clone()));
            int before = 0;
            foreach (char letter in DigitNames.All[digits[b]] + DigitNames.Mark)
            {
                (Variable<double> logits, state) = network.Decoder.Step(new Tensor<int>([1], [before]), state);
                double[] values = logits.ToArray();
                before = DigitNames.Letters.ToList().IndexOf(letter.ToString());
                sum += Math.Log(values.Sum(Math.Exp)) - values[before];
                letters++;
            }
        }

        Assert.Equal(sum / letters, loss, 1e-12);
    }

    [Fact]
    public void It_learns_to_write_and_reads_a_file_of_pictures()
    {
        double exact = ZooRun.Value("speller", _folder["run"], Quick);
        Assert.True(exact >= 0.6, $"{exact}");

        (byte[] pixels, _) = DrawnDigits.Draw(12);
        (int code, string output, string error) = ZooRun.Invoke("predict", _folder["run"], _folder.Write("pictures", Idx(12, 28, 28, pixels)));
        Assert.True(code == 0, error);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal("(the first 10 of 12)", lines[10].TrimEnd());
        Assert.True(Enumerable.Range(0, 10).Count(i => lines[i].TrimEnd() == $"picture {i}: {DigitNames.All[i]}") >= 5, output);

        (code, _, error) = ZooRun.Invoke("predict", _folder["run"], _folder.Write("small", Idx(1, 8, 9, new byte[72])));
        Assert.Equal(3, code);
        Assert.Contains("images of 28 × 28, as the network was trained on, got 8 × 9", error, StringComparison.Ordinal);
        (code, _, error) = ZooRun.Invoke("predict", _folder["run"], _folder["none"]);
        Assert.Equal(3, code);
        Assert.Contains("an IDX file of images", error, StringComparison.Ordinal);

        (code, output, _) = ZooRun.Invoke("evaluate", _folder["run"], "--json");
        Assert.Equal(0, code);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"\"value\":{exact:R}"), output, StringComparison.Ordinal);
        Assert.Equal(0, ZooRun.Invoke("report", _folder["run"]).Code);
        string page = File.ReadAllText(Path.Combine(_folder["run"], "report.html"));
        Assert.Contains("<h2>Words</h2>", page, StringComparison.Ordinal);
        Assert.InRange(Regex.Count(page, "<text x=\"42\""), 8, 16);
    }

    [Theory]
    [InlineData("gru")]
    [InlineData("lstm")]
    [InlineData("rnn")]
    public void An_interrupted_run_ends_with_the_bytes_of_an_uninterrupted_one(string cell)
    {
        string data = Pictures(60, 9, 8);
        string[] tiny = ["--data", data, "--cell", cell, "--dropout", "0.2", "--channels", "1", "--hidden", "5", "--embedding", "3", "--batch", "7", "--schedule", "constant"];
        ZooRun.Train("speller", _folder["whole"], [.. tiny, "--epochs", "3"]);
        ZooRun.Train("speller", _folder["parts"], [.. tiny, "--epochs", "1"]);
        ZooRun.Train("speller", _folder["parts"], "--resume", "--epochs", "3");
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["whole"], "checkpoint.safetensors")), File.ReadAllBytes(Path.Combine(_folder["parts"], "checkpoint.safetensors")));
    }

    [Fact]
    public void Pictures_of_another_size_or_too_small_ones_are_refused()
    {
        ZooRun.Train("speller", _folder["run"], "--data", Pictures(25, 9, 8), "--channels", "1", "--hidden", "3", "--epochs", "1");
        (int code, _, string error) = ZooRun.Invoke("evaluate", _folder["run"], "--data", Pictures(25, 20, 12));
        Assert.Equal(3, code);
        Assert.Contains("images of 9 × 8, as the network was trained on, got 20 × 12", error, StringComparison.Ordinal);
        (code, _, error) = ZooRun.Invoke("train", "speller", "--data", Pictures(25, 3, 12), "--out", _folder["new"]);
        Assert.Equal(3, code);
        Assert.Contains("images of at least 4 × 4, for pooling, got 3 × 12", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_gradients_are_right()
    {
        (int code, string output, string error) = ZooRun.Invoke("check", "speller");
        Assert.True(code == 0, output + error);
    }

    [Fact]
    public void A_picture_is_drawn_as_runs_of_ink()
    {
        byte[] pixels = [0, 255, 255, 255, 0, 128];
        string svg = Autograd.Zoo.Speller.Pictures.Draw([(0, "<one>")], DigitImages.Unlabelled(_folder.Write("one", Idx(1, 2, 3, pixels))));
        Assert.Contains("<path stroke-opacity=\"1\" d=\"M1 0.5h2M0 1.5h1\"/>", svg, StringComparison.Ordinal);
        Assert.Contains("<path stroke-opacity=\"0.5\" d=\"M2 1.5h1\"/>", svg, StringComparison.Ordinal);
        Assert.Contains("&lt;one&gt;", svg, StringComparison.Ordinal);
    }

    /// <summary>A folder with pictures of noise, of each digit in turn.</summary>
    private string Pictures(int count, int rows, int columns)
    {
        string folder = _folder[$"{count} {rows} {columns}"];
        Directory.CreateDirectory(folder);
        byte[] pixels = new byte[count * rows * columns];
        RandomSource random = new(1);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)random.NextInt(256);
        File.WriteAllBytes(Path.Combine(folder, "a-images-idx3-ubyte"), Idx(count, rows, columns, pixels));
        File.WriteAllBytes(Path.Combine(folder, "a-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, (byte)count, .. Enumerable.Range(0, count).Select(static i => (byte)(i % 10))]);
        return folder;
    }

    private static byte[] Idx(int count, int rows, int columns, byte[] pixels) =>
        [0, 0, 8, 3, 0, 0, 0, (byte)count, 0, 0, 0, (byte)rows, 0, 0, 0, (byte)columns, .. pixels];
}
