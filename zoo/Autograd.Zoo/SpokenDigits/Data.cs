using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Formats;

namespace Autograd.Zoo.SpokenDigits;

/// <summary>Someone says a digit.</summary>
/// <param name="Samples">Amplitudes at <see cref="SpokenData.Rate"/>, of mean 0 and mean square 1.</param>
/// <param name="Digit">Which one.</param>
internal sealed record SpokenDigit(float[] Samples, int Digit);

/// <summary>Recordings of spoken digits, and which of them train, choose and judge.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Train">What trains.</param>
/// <param name="Validation">What chooses among checkpoints: index 5 to 7 of each speaker and digit.</param>
/// <param name="Test">What judges: index 0 to 4 of each speaker and digit.</param>
internal sealed record SpokenData(string Source, SpokenDigit[] Train, SpokenDigit[] Validation, SpokenDigit[] Test)
{
    /// <summary>Samples a second.</summary>
    public const int Rate = 8_000;

    /// <summary>The recordings that train of the Free Spoken Digit Dataset, for which a figure is promised.</summary>
    public const int PublicCount = 2_520;

    private const int MostSeconds = 10, TestIndices = 5, FirstToTrain = 8, GeneratedIndices = 60;

    /// <summary>Reads the files {digit}_{speaker}_{index}.wav of a folder, or of the folder recordings in it.</summary>
    /// <exception cref="Failure">A file is damaged or of another format, its name does not fit, or a part of the data has none.</exception>
    public static SpokenData Read(string folder)
    {
        Files.RequireFolder(folder, "recordings");
        string inside = Path.Combine(folder, "recordings");
        string[] files = [.. Directory.GetFiles(Directory.Exists(inside) ? inside : folder, "*.wav").Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new Failure(ExitCode.InputFile, folder, "files {digit}_{speaker}_{index}.wav", "none", "name the folder with the recordings");
        (int Digit, int Index)[] names = [.. files.Select(NameOf)]; // all names before the first file is read
        return Of(folder, [.. files.Zip(names, static (file, name) => (ReadSound(file, name.Digit), name.Index))]);
    }

    /// <summary>Reads the samples of one file.</summary>
    /// <exception cref="Failure">It is damaged, of another format or rate, silent or longer than ten seconds.</exception>
    public static SpokenDigit ReadSound(string file, int digit = 0)
    {
        float[] samples = WavFile.Read(file, Rate).Samples;
        if (samples.Length > MostSeconds * Rate)
        {
            throw new Failure(
                ExitCode.InputFile, file, $"a sound of at most {MostSeconds} seconds",
                string.Create(CultureInfo.InvariantCulture, $"{(double)samples.Length / Rate:0.0}"), "cut the digit out of it");
        }

        return Normalized(samples, digit) ?? throw new Failure(ExitCode.InputFile, file, "a sound", "silence: all samples are equal", "leave the file out");
    }

    /// <summary>
    /// Made-up sounds: each digit has two to four tones of its own, of which the order matters, at any pitch, speed and loudness, over noise.
    /// </summary>
    public static SpokenData MadeUp()
    {
        string[] melodies = ["ab", "ba", "ac", "ca", "bc", "cb", "aba", "bab", "cac", "abcb"];
        RandomSource random = new(20260101, RandomSource.StreamOf("spoken-digits"));
        return Of("made-up sounds", [.. Enumerable.Range(0, 10 * GeneratedIndices).Select(i => (Sing(i % 10), i / 10))]);

        SpokenDigit Sing(int digit)
        {
            double pitch = Math.Exp(0.08 * random.NextNormal()), speed = Math.Exp(0.15 * random.NextNormal());
            double loud = 0.1 + (0.4 * random.NextDouble()), phase = 0;
            List<float> samples = [];
            Rest(random.NextInt(400));
            foreach (char tone in melodies[digit])
            {
                double frequency = pitch * tone switch { 'a' => 450, 'b' => 800, _ => 1_400 };
                int length = (int)((300 + random.NextInt(150)) / speed);
                for (int i = 0; i < length; i++)
                {
                    phase += 2 * Math.PI * frequency / Rate;
                    samples.Add((float)((loud * Math.Sin(Math.PI * (i + 0.5) / length) * Math.Sin(phase)) + Noise()));
                }
            }

            Rest(random.NextInt(400));
            return Normalized([.. samples], digit)!;

            void Rest(int length) => samples.AddRange(Enumerable.Range(0, length).Select(_ => (float)Noise()));

            double Noise() => 0.02 * random.NextNormal();
        }
    }

    /// <summary>Recordings side by side, silence behind the end of each: [batch, 1, samples] with the lengths, [batch].</summary>
    public static (Tensor<T> Sounds, int[] Lengths) Batch<T>(IReadOnlyList<float[]> sounds)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int longest = sounds.Max(static sound => sound.Length);
        Tensor<T> batch = new([sounds.Count, 1, longest]);
        batch.Write(values =>
        {
            for (int b = 0; b < sounds.Count; b++)
            {
                for (int i = 0; i < sounds[b].Length; i++) values[(b * longest) + i] = T.CreateTruncating(sounds[b][i]);
            }
        });
        return (batch, [.. sounds.Select(static sound => sound.Length)]);
    }

    /// <summary>A sound as if said faster or slower, and higher or lower with it, over some noise: by up to 15 % and 0.1 at strength 1.</summary>
    public static float[] Changed(float[] samples, double strength, RandomSource random)
    {
        double speed = 1 + (0.15 * strength * ((2 * random.NextDouble()) - 1)), noise = 0.1 * strength * random.NextDouble();
        float[] changed = new float[Math.Max(1, (int)(samples.Length / speed))];
        for (int i = 0; i < changed.Length; i++)
        {
            double at = Math.Min(i * speed, samples.Length - 1);
            int before = (int)at, after = Math.Min(before + 1, samples.Length - 1);
            changed[i] = (float)(samples[before] + ((at - before) * (samples[after] - samples[before])) + (noise * random.NextNormal()));
        }

        return changed;
    }

    /// <summary>Digit and index of a file's name.</summary>
    private static (int Digit, int Index) NameOf(string file)
    {
        string[] parts = Path.GetFileNameWithoutExtension(file).Split('_');
        return parts is [[>= '0' and <= '9' and char digit], .., string last] && parts.Length >= 3 && parts[1].Length > 0
            && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? (digit - '0', index)
            : throw new Failure(
                ExitCode.InputFile, file, "a name {digit}_{speaker}_{index}.wav, such as 7_jackson_12.wav", Path.GetFileName(file),
                "rename the file or take it out of the folder");
    }

    private static SpokenDigit? Normalized(float[] samples, int digit)
    {
        double mean = samples.Average(static sample => (double)sample), power = samples.Average(sample => (sample - mean) * (sample - mean));
        if (power == 0) return null;
        double scale = 1 / Math.Sqrt(power);
        return new([.. samples.Select(sample => (float)((sample - mean) * scale))], digit);
    }

    private static SpokenData Of(string source, (SpokenDigit Said, int Index)[] all)
    {
        SpokenDigit[] test = Pick(0, TestIndices, "judge"), validation = Pick(TestIndices, FirstToTrain, "choose"), train = Pick(FirstToTrain, int.MaxValue, "train");
        return new(source, train, validation, test);

        SpokenDigit[] Pick(int from, int to, string what)
        {
            SpokenDigit[] some = [.. all.Where(entry => entry.Index >= from && entry.Index < to).Select(static entry => entry.Said)];
            string indices = to == int.MaxValue ? $"from {from} on" : $"{from} to {to - 1}";
            return some.Length > 0 ? some
                : throw new Failure(ExitCode.InputFile, source, $"recordings with an index of those that {what}, {indices}", "none", "pass the whole data set");
        }
    }
}
