using System.Globalization;
using System.Numerics;
using Autograd.Zoo.Formats;

namespace Autograd.Zoo.Images;

/// <summary>Pictures of digits, and which of them train, choose and judge.</summary>
internal sealed class DigitImages
{
    private const string ImagesPart = "images-idx3-ubyte", LabelsPart = "labels-idx1-ubyte";
    private const int GeneratedTrain = 2_000, GeneratedTest = 500, Answered = 10;

    private readonly byte[] _pixels;
    private readonly byte[] _digits;

    private DigitImages(string source, byte[] pixels, byte[] digits, int rows, int columns, int test)
    {
        (Source, _pixels, _digits, Rows, Columns) = (source, pixels, digits, rows, columns);
        int rest = digits.Length - test;
        // By digit, so that each has its share also where digits come in turn.
        Validation = [.. Enumerable.Range(0, rest).OrderBy(i => digits[i]).Where(static (_, place) => place % 20 == 19).Order()];
        Train = [.. Enumerable.Range(0, rest).Except(Validation)];
        Test = [.. Enumerable.Range(rest, test)];
    }

    /// <summary>Where they come from.</summary>
    public string Source { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>What trains: 95 % of what does not judge.</summary>
    public int[] Train { get; }

    /// <summary>What chooses among checkpoints: every twentieth, digit by digit, of what does not judge.</summary>
    public int[] Validation { get; }

    /// <summary>What judges: the set of test images where there is one, otherwise the last fifth.</summary>
    public int[] Test { get; }

    /// <summary>Whether they look like MNIST's 10,000 test images, for which figures are promised.</summary>
    public bool AreMnistTest => (Rows, Columns, _digits.Length) == (28, 28, 10_000);

    /// <summary>The images of a folder, or drawn ones without one, of the size that a network is or was built for.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="facts">The <see cref="SizeFacts"/> of a trained network, which is opened without reading images; null to take the images' own size.</param>
    /// <exception cref="Failure">As of <see cref="Read"/> and <see cref="OfSize"/>.</exception>
    public static (Lazy<DigitImages> Images, int Rows, int Columns) Find(string? folder, IReadOnlyDictionary<string, string>? facts)
    {
        Lazy<DigitImages> found = new(() => folder is null ? Drawn() : Read(folder));
        int rows = facts is null ? found.Value.Rows : int.Parse(facts["rows"], CultureInfo.InvariantCulture);
        int columns = facts is null ? found.Value.Columns : int.Parse(facts["columns"], CultureInfo.InvariantCulture);
        return (new(() => found.Value.OfSize(rows, columns)), rows, columns);
    }

    /// <summary>What a checkpoint says of the size that its network was built for.</summary>
    public static IReadOnlyDictionary<string, string> SizeFacts(int rows, int columns) => new Dictionary<string, string>
    {
        ["rows"] = rows.ToString(CultureInfo.InvariantCulture),
        ["columns"] = columns.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Writes the answers to the first pictures of a file of images.</summary>
    /// <exception cref="Failure">As of <see cref="Unlabelled"/> and <see cref="OfSize"/>.</exception>
    public static void Answer<TAnswer>(string file, int rows, int columns, Func<DigitImages, int[], TAnswer[]> answers, TextWriter output)
    {
        DigitImages asked = Unlabelled(file).OfSize(rows, columns);
        TAnswer[] said = answers(asked, asked.Test[..Math.Min(Answered, asked.Test.Length)]);
        for (int i = 0; i < said.Length; i++) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"picture {i}: {said[i]}"));
        if (said.Length < asked.Test.Length) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"(the first {said.Length} of {asked.Test.Length:#,0})"));
    }

    /// <summary>
    /// Reads a folder with the four files of MNIST or of a set like it, where those named t10k or test judge; or with two of them, images
    /// and labels, of which the last fifth judges.
    /// </summary>
    /// <exception cref="Failure">The files are not there, or not what they should be.</exception>
    public static DigitImages Read(string folder)
    {
        Files.RequireFolder(folder, "IDX files");
        string[] files = [.. Directory.GetFiles(folder).Where(IsOfASet).Order(StringComparer.Ordinal)];
        string[] test = [.. files.Where(static file => NameOf(file) is string name
            && (name.Contains("t10k", StringComparison.Ordinal) || name.StartsWith("test", StringComparison.Ordinal) || name.Contains("-test", StringComparison.Ordinal)))];
        if (test.Length == 0 || test.Length == files.Length)
        {
            LabelledImages all = Set(folder, files, "");
            if (all.Count < 25) throw new Failure(ExitCode.InputFile, folder, "at least 25 images, of which the last fifth judges", $"{all.Count}", "pass more");
            return new(folder, all.Pixels, all.Labels, all.Rows, all.Columns, all.Count / 5);
        }

        LabelledImages learned = Set(folder, [.. files.Except(test)], " of the training set"), judging = Set(folder, test, " of the test set");
        if ((learned.Rows, learned.Columns) != (judging.Rows, judging.Columns))
            throw new Failure(ExitCode.InputFile, folder, $"test images of {learned.Rows} × {learned.Columns}, as those that train", $"{judging.Rows} × {judging.Columns}", "pass the files of one set");
        if (learned.Count < 20 || judging.Count < 1)
            throw new Failure(ExitCode.InputFile, folder, "at least 20 images that train and 1 that judges", $"{learned.Count} and {judging.Count}", "pass more");
        return new(folder, [.. learned.Pixels, .. judging.Pixels], [.. learned.Labels, .. judging.Labels], learned.Rows, learned.Columns, judging.Count);
    }

    /// <summary>Reads a file of images whose digits are not known; all of them are in <see cref="Test"/>.</summary>
    /// <exception cref="Failure">The file is not there, or not what it should be.</exception>
    public static DigitImages Unlabelled(string file)
    {
        LabelledImages images = IdxFile.ReadImages(file);
        return new(file, images.Pixels, images.Labels, images.Rows, images.Columns, images.Count);
    }

    private static bool IsOfASet(string file) => NameOf(file) is string name
        && (name.Contains(ImagesPart, StringComparison.Ordinal) || name.Contains(LabelsPart, StringComparison.Ordinal));

    /// <summary>A file's name as sets are spelled: some are t10k-images.idx3-ubyte, some have capitals.</summary>
    private static string NameOf(string file) => Path.GetFileName(file).ToLowerInvariant().Replace('.', '-');

    /// <summary>The images and labels among some files.</summary>
    private static LabelledImages Set(string folder, string[] files, string ofWhich)
    {
        return IdxFile.Read(Single(ImagesPart), Single(LabelsPart), classes: 10);

        string Single(string part)
        {
            string[] fitting = [.. files.Where(file => NameOf(file).Contains(part, StringComparison.Ordinal))];
            return fitting.Length == 1 ? fitting[0] : throw new Failure(
                ExitCode.InputFile, folder, $"one file{ofWhich} with {part} in its name", fitting.Length == 0 ? "none" : $"{fitting.Length}",
                "put the images and labels of one set, or the four files of MNIST, each once into a folder of their own");
        }
    }

    /// <summary>Digits that are drawn.</summary>
    public static DigitImages Drawn()
    {
        (byte[] pixels, byte[] digits) = DrawnDigits.Draw(GeneratedTrain + GeneratedTest);
        return new("drawn digits", pixels, digits, DrawnDigits.Size, DrawnDigits.Size, GeneratedTest);
    }

    /// <summary>These images, if they have the size that a network was built for.</summary>
    /// <exception cref="Failure">They have another.</exception>
    public DigitImages OfSize(int rows, int columns) => (Rows, Columns) == (rows, columns) ? this
        : throw new Failure(ExitCode.InputFile, Source, $"images of {rows} × {columns}, as the network was trained on", $"{Rows} × {Columns}", "scale them to that size");

    /// <summary>Refuses images of which pooling by two, twice, leaves nothing.</summary>
    /// <exception cref="Failure">They are smaller than 4 × 4.</exception>
    public static void RequirePoolable(string? source, int rows, int columns)
    {
        if (rows >= 4 && columns >= 4) return;
        throw new Failure(ExitCode.InputFile, source ?? "--data", "images of at least 4 × 4, for pooling", $"{rows} × {columns}", "pass larger ones");
    }

    /// <summary>What an image shows.</summary>
    public int Digit(int image) => _digits[image];

    /// <summary>The pixels of an image, row by row, 0 for the background.</summary>
    public ReadOnlySpan<byte> Pixels(int image) => _pixels.AsSpan(image * Rows * Columns, Rows * Columns);

    /// <summary>Images as [batch, 1, rows, columns], white ink at 1 over a background of 0.</summary>
    public Tensor<T> Batch<T>(ReadOnlySpan<int> images)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int size = Rows * Columns;
        Tensor<T> batch = new([images.Length, 1, Rows, Columns]);
        int[] numbers = images.ToArray();
        batch.Write(values =>
        {
            T scale = T.One / T.CreateChecked(255);
            for (int i = 0; i < numbers.Length; i++)
            {
                ReadOnlySpan<byte> from = _pixels.AsSpan(numbers[i] * size, size);
                for (int p = 0; p < size; p++) values[(i * size) + p] = T.CreateTruncating(from[p]) * scale;
            }
        });
        return batch;
    }

    /// <summary>What images show, [batch].</summary>
    public Tensor<int> Digits(ReadOnlySpan<int> images)
    {
        int[] digits = new int[images.Length];
        for (int i = 0; i < digits.Length; i++) digits[i] = _digits[images[i]];
        return new([digits.Length], digits);
    }
}
