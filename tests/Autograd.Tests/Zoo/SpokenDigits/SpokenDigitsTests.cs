using System.Globalization;
using Autograd.Tests.Zoo.Formats;
using Autograd.Zoo.SpokenDigits;

namespace Autograd.Tests.Zoo.SpokenDigits;

/// <summary>The data, the network and the commands of the model that hears digits.</summary>
public sealed class SpokenDigitsTests : IDisposable
{
    private static readonly string[] Quick = ["--channels", "8", "--hidden", "32", "--batch", "16", "--epochs", "4", "--learning-rate", "0.008", "--dropout", "0", "--augment", "0"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Recordings_are_split_by_the_index_in_their_names()
    {
        foreach (int index in new[] { 0, 4, 5, 7, 8, 49 })
        {
            Wav($"7_ann_{index}.wav", [.. Enumerable.Range(0, 100 + index).Select(static i => (short)(1_000 + (i % 2 * 400)))]);
        }

        _folder.Write("readme.txt", []);
        SpokenData data = SpokenData.Read(_folder.Path);
        Assert.Equal([100, 104], data.Test.Select(static recording => recording.Samples.Length));
        Assert.Equal([105, 107], data.Validation.Select(static recording => recording.Samples.Length));
        Assert.Equal([149, 108], data.Train.Select(static recording => recording.Samples.Length)); // by name
        SpokenDigit first = data.Test[0];
        Assert.Equal(7, first.Digit);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => i % 2 == 0 ? -1f : 1f), first.Samples); // of mean 0 and mean square 1

        string inside = Path.Combine(_folder["all"], "recordings");
        Directory.CreateDirectory(inside);
        foreach (string file in Directory.GetFiles(_folder.Path, "*.wav")) File.Move(file, Path.Combine(inside, Path.GetFileName(file)));
        Assert.Equal(2, SpokenData.Read(_folder["all"]).Train.Length);
    }

    [Fact]
    public void Files_that_do_not_fit_are_refused_by_name()
    {
        Damage.Refused(() => SpokenData.Read(_folder["none"]), _folder["none"], "no such folder");
        Damage.Refused(() => SpokenData.Read(_folder.Path), "{digit}_{speaker}_{index}.wav", "got none");
        foreach (string name in new[] { "seven_ann_0.wav", "7_ann.wav", "7__0.wav", "77_ann_0.wav", "7_ann_-1.wav", "7_ann_x.wav", "7_ann_.wav", "_ann_0.wav" })
        {
            Wav(name, [1, 2]);
            Damage.Refused(() => SpokenData.Read(_folder.Path), _folder[name], "a name {digit}_{speaker}_{index}.wav", $"got {name}");
            File.Delete(_folder[name]);
        }

        Wav("7_ann_lee_0.wav", [1, 2]);
        Damage.Refused(() => SpokenData.Read(_folder.Path), _folder.Path, "that choose, 5 to 7", "got none");
        Wav("7_ann_5.wav", [1, 2]);
        Damage.Refused(() => SpokenData.Read(_folder.Path), "that train, from 8 on");
        Wav("7_ann_8.wav", [5, 5, 5]);
        Damage.Refused(() => SpokenData.Read(_folder.Path), _folder["7_ann_8.wav"], "silence");
        Wav("7_ann_8.wav", new short[80_001]);
        Damage.Refused(() => SpokenData.Read(_folder.Path), _folder["7_ann_8.wav"], "at most 10 seconds", "cut the digit out");
        Wav("7_ann_8.wav", [1, 2], rate: 16_000);
        Damage.Refused(() => SpokenData.Read(_folder.Path), _folder["7_ann_8.wav"], "8000 samples a second", "got 16000");
        File.WriteAllBytes(_folder["7_ann_8.wav"], [1, 2, 3]);
        Damage.Refused(() => SpokenData.Read(_folder.Path), _folder["7_ann_8.wav"], "a WAV file");
    }

    [Fact]
    public void Made_up_sounds_are_always_the_same_and_differ_in_the_order_of_their_tones()
    {
        SpokenData one = SpokenData.MadeUp(), same = SpokenData.MadeUp();
        Assert.Equal((520, 30, 50), (one.Train.Length, one.Validation.Length, one.Test.Length));
        Assert.Equal(one.Train.SelectMany(static recording => recording.Samples), same.Train.SelectMany(static recording => recording.Samples));
        Assert.All(one.Train.CountBy(static recording => recording.Digit), static pair => Assert.Equal(52, pair.Value));

        // 0 goes up and 1 goes down: how often the sign changes tells the pitch, of the parts that are loud enough to tell.
        foreach (SpokenDigit recording in one.Train.Where(static recording => recording.Digit < 2))
        {
            float[] loud = [.. recording.Samples.Where(static sample => Math.Abs(sample) > 0.5)];
            int Changes(float[] part) => part.Zip(part.Skip(1)).Count(static pair => pair.First < 0 != pair.Second < 0);
            Assert.Equal(recording.Digit == 0, Changes(loud[..(loud.Length / 2)]) < Changes(loud[(loud.Length / 2)..]));
        }
    }

    [Fact]
    public void A_changed_sound_is_the_same_at_another_speed()
    {
        float[] tone = [.. Enumerable.Range(0, 4_000).Select(static i => (float)Math.Sin(0.02 * i))];
        Assert.Equal(tone, SpokenData.Changed(tone, 0, new RandomSource(1)));
        Assert.Equal(SpokenData.Changed(tone, 1, new RandomSource(1)), SpokenData.Changed(tone, 1, new RandomSource(1)));
        List<int> lengths = [];
        for (ulong seed = 0; seed < 20; seed++)
        {
            float[] changed = SpokenData.Changed(tone, 1, new RandomSource(seed));
            double speed = (double)tone.Length / changed.Length;
            lengths.Add(changed.Length);
            Assert.InRange(speed, 0.85, 1.1501);
            double off = Math.Sqrt(Enumerable.Range(0, 1_000).Average(i => Math.Pow(changed[i] - Math.Sin(0.02 * speed * i), 2)));
            Assert.InRange(off, 0, 0.12); // noise of up to 0.1
        }

        Assert.True(lengths.Min() < 3_700 && lengths.Max() > 4_300);
        Assert.Single(SpokenData.Changed([1], 1, new RandomSource(1)));
    }

    [Fact]
    public void A_recording_is_heard_alike_alone_and_beside_a_longer_one()
    {
        SpokenNetwork<double> network = new(2, 3, 0);
        network.Initialize(7);
        RandomSource random = new(1);
        float[][] sounds = [.. new[] { 1, 39, 40, 41, 1_203, 2_600 }.Select(length => Enumerable.Range(0, length).Select(_ => (float)random.NextNormal()).ToArray())];
        using (Tape<double> training = new(seed: 1))
        {
            Hear(training, sounds); // so that the running statistics, and with them what is behind an end, are not zero
        }

        using Tape<double> tape = Tape<double>.Inference();
        double[] together = Hear(tape, sounds);
        double[] alone = [.. sounds.SelectMany(sound => Hear(tape, [sound]))];
        Assert.Equal(alone.Length, together.Length);
        for (int i = 0; i < alone.Length; i++) Assert.Equal(alone[i], together[i], 1e-12);
        Assert.NotEqual(alone[0], alone[10], 1e-6);

        double[] Hear(Tape<double> on, float[][] some)
        {
            (Tensor<double> batch, int[] lengths) = SpokenData.Batch<double>(some);
            return network.Forward(on.Constant(batch), lengths).ToArray();
        }
    }

    [Fact]
    public void It_learns_to_hear_and_answers_a_file()
    {
        double accuracy = ZooRun.Value("spoken-digits", _folder["run"], Quick);
        Assert.True(accuracy >= 0.5, $"{accuracy}");

        SpokenDigit[] test = [.. SpokenData.MadeUp().Test.Take(10)];
        int right = 0;
        foreach (SpokenDigit recording in test)
        {
            string loud = Answer("loud.wav", recording.Samples, 8_000), quiet = Answer("quiet.wav", recording.Samples, 800);
            Assert.Matches(@"^\d \d+\.\d %$", loud);
            Assert.Equal(loud[0], quiet[0]);
            if (loud[0] - '0' == recording.Digit) right++;
        }

        Assert.True(right >= 4, $"{right}");
        (int code, _, string error) = ZooRun.Invoke("predict", _folder["run"], Wav("wide.wav", [1, 2], rate: 44_100));
        Assert.Equal(3, code);
        Assert.Contains("8000 samples a second, got 44100", error, StringComparison.Ordinal);

        Assert.Equal(0, ZooRun.Invoke("report", _folder["run"]).Code);
        Assert.Contains("<h2>Confusion</h2>", File.ReadAllText(Path.Combine(_folder["run"], "report.html")), StringComparison.Ordinal);
        (code, string output, _) = ZooRun.Invoke("evaluate", _folder["run"], "--json");
        Assert.Equal(0, code);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"\"value\":{accuracy:R}"), output, StringComparison.Ordinal);

        string Answer(string name, float[] samples, float scale)
        {
            (int code, string output, string error) = ZooRun.Invoke("predict", _folder["run"], Wav(name, [.. samples.Select(sample => (short)(sample * scale))]));
            Assert.True(code == 0, error);
            return output.TrimEnd();
        }
    }

    [Fact]
    public void An_interrupted_run_ends_with_the_bytes_of_an_uninterrupted_one()
    {
        string[] tiny = ["--channels", "1", "--hidden", "4", "--batch", "100", "--schedule", "constant"];
        ZooRun.Train("spoken-digits", _folder["whole"], [.. tiny, "--epochs", "2"]);
        ZooRun.Train("spoken-digits", _folder["parts"], [.. tiny, "--epochs", "1"]);
        ZooRun.Train("spoken-digits", _folder["parts"], "--resume", "--epochs", "2");
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["whole"], "checkpoint.safetensors")), File.ReadAllBytes(Path.Combine(_folder["parts"], "checkpoint.safetensors")));
    }

    [Fact]
    public void Its_gradients_are_right()
    {
        (int code, string output, string error) = ZooRun.Invoke("check", "spoken-digits");
        Assert.True(code == 0, output + error);
    }

    private string Wav(string name, short[] samples, int rate = 8_000) => _folder.Write(name,
    [
        .. "RIFF"u8, .. BitConverter.GetBytes(36 + (2 * samples.Length)), .. "WAVEfmt "u8, .. BitConverter.GetBytes(16), 1, 0, 1, 0, .. BitConverter.GetBytes(rate), .. BitConverter.GetBytes(2 * rate),
        2, 0, 16, 0, .. "data"u8, .. BitConverter.GetBytes(2 * samples.Length), .. samples.SelectMany(BitConverter.GetBytes),
    ]);
}
