using System.Buffers.Binary;
using Autograd.Zoo;
using Autograd.Zoo.Images;

namespace Autograd.Tests.Zoo.Digits;

/// <summary>Digits, drawn or read.</summary>
public sealed class DigitsTests
{
    [Theory]
    [InlineData("conv2d", 0.85, "--epochs", "1", "--channels", "4", "--batch", "20", "--learning-rate", "0.01")]
    [InlineData("mlp", 0.8, "--epochs", "1", "--hidden", "48", "--batch", "20", "--learning-rate", "0.01")]
    public void AShortRunLearns(string network, double least, params string[] options)
    {
        using TempFolder folder = new();
        Assert.InRange(ZooRun.Value("digits", folder["run"], ["--network", network, .. options]), least, 1);
        (byte[] pixels, byte[] digits) = DrawnDigits.Draw(12);
        string file = folder.Write("asked", [.. Head(0x803, 12, DrawnDigits.Size, DrawnDigits.Size), .. pixels]);
        (int code, string output, string error) = ZooRun.Invoke("predict", folder["run"], file);
        Assert.True(code == 0, error);
        string[] lines = output.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.True(digits.Take(10).Where((digit, i) => lines[i] == $"picture {i}: {digit}").Count() >= 7, output);
        Assert.Equal("(the first 10 of 12)", lines[10]);
        file = folder.Write("small", [.. Head(0x803, 1, 2, 3), 1, 2, 3, 4, 5, 6]);
        (code, _, error) = ZooRun.Invoke("predict", folder["run"], file);
        Assert.Equal(ExitCode.InputFile, code);
        Assert.Contains("images of 28 × 28, as the network was trained on, got 2 × 3", error, StringComparison.Ordinal);
    }

    /// <summary>A digit is drawn alike but never the same, always from the same numbers, and with white ink on black.</summary>
    [Fact]
    public void DrawnDigitsAreDrawnAnew()
    {
        (byte[] pixels, byte[] digits) = DrawnDigits.Draw(40);
        Assert.Equal(pixels, DrawnDigits.Draw(40).Pixels);
        Assert.Equal([.. Enumerable.Range(0, 40).Select(static i => (byte)(i % 10))], digits);
        byte[][] pictures = [.. pixels.Chunk(DrawnDigits.Size * DrawnDigits.Size)];
        for (int i = 0; i < 40; i++)
        {
            double ink = pictures[i].Average(static pixel => pixel / 255.0);
            Assert.InRange(ink, 0.03, 0.35);
            Assert.True(pictures[i].Max() > 200);
            for (int j = 0; j < i; j++) Assert.NotEqual(pictures[i], pictures[j]);
        }
    }

    [Fact]
    public void TheLastFifthJudgesAndEveryTwentiethOfTheRestChooses()
    {
        using TempFolder folder = new();
        Write(folder, 100, static i => (byte)(i % 10));
        DigitImages images = DigitImages.Read(folder.Path);
        Assert.Equal(Enumerable.Range(80, 20), images.Test);
        Assert.Equal([32, 37, 74, 79], images.Validation); // of 0, 10 … 70, 1, 11 … 71, 2 …, every twentieth
        Write(folder, 250, static i => (byte)(i % 10));
        Assert.Equal(Enumerable.Range(0, 10), DigitImages.Read(folder.Path).Validation.Select(static i => i % 10).Order());
        Write(folder, 100, static i => (byte)(i % 10));
        Assert.Equal(Enumerable.Range(0, 80).Except(images.Validation), images.Train);
        Assert.Equal((2, 3), (images.Rows, images.Columns));
        Tensor<float> batch = images.Batch<float>([7, 80]);
        Assert.Equal(new Shape(2, 1, 2, 3), batch.Shape);
        Assert.Equal([42, 43, 44, 45, 46, 47, 480 % 256], batch.ToArray()[..7].Select(static value => Math.Round(value * 255, 3)));
        Assert.Equal([7, 0], images.Digits([7, 80]).ToArray());
    }

    [Fact]
    public void OfTheFourFilesOfMnistThoseOfTheTestSetJudge()
    {
        using TempFolder folder = new();
        Write(folder, 40, static i => (byte)(i % 10), set: "train");
        Assert.Equal(Enumerable.Range(32, 8), DigitImages.Read(folder.Path).Test);
        Write(folder, 7, static _ => 3, set: "t10k");
        DigitImages images = DigitImages.Read(folder.Path);
        Assert.Equal(Enumerable.Range(40, 7), images.Test);
        Assert.Equal([34, 39], images.Validation);
        Assert.Equal(Enumerable.Range(0, 40).Except(images.Validation), images.Train);
        Assert.Equal([9, 3, 3], images.Digits([39, 40, 46]).ToArray());
        Assert.Equal([0, 6], new[] { (int)images.Pixels(40)[0], images.Pixels(41)[0] });
        using TempFolder other = new(); // as another publisher spells them
        foreach (string file in Directory.GetFiles(folder.Path)) File.Copy(file, other[Path.GetFileName(file).ToUpperInvariant().Replace("-IDX", ".idx", StringComparison.Ordinal)]);
        Assert.Equal(images.Test, DigitImages.Read(other.Path).Test);
        Write(folder, 7, static _ => 3, rows: 3, set: "t10k");
        Assert.Contains("test images of 2 × 3, as those that train, got 3 × 3", Assert.Throws<Failure>(() => DigitImages.Read(folder.Path)).Message, StringComparison.Ordinal);
        Write(folder, 7, static _ => 3, set: "other-t10k");
        Assert.Contains("one file of the test set with images-idx3-ubyte in its name, got 2", Assert.Throws<Failure>(() => DigitImages.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotThereIsNamed()
    {
        using TempFolder folder = new();
        Assert.Contains("no such folder", Refused(folder["nothing"]), StringComparison.Ordinal);
        Assert.Contains("one file with images-idx3-ubyte in its name, got none", Refused(folder.Path), StringComparison.Ordinal);
        Write(folder, 10, static i => (byte)i);
        Assert.Contains("at least 25 images", Refused(folder.Path), StringComparison.Ordinal);
        Write(folder, 40, static i => (byte)(i == 30 ? 10 : 0));
        Assert.Contains("labels", Refused(folder.Path), StringComparison.Ordinal);

        static string Refused(string path)
        {
            Failure refused = Assert.Throws<Failure>(() => DigitImages.Read(path));
            Assert.Equal(ExitCode.InputFile, refused.Code);
            return refused.Message;
        }
    }

    [Fact]
    public void Pictures_of_another_size_or_too_small_ones_are_refused()
    {
        using TempFolder small = new(), other = new();
        Write(small, 30, static i => (byte)(i % 10));
        Write(other, 30, static i => (byte)(i % 10), rows: 4);
        (int code, _, string error) = ZooRun.Invoke("train", "digits", "--data", small.Path, "--out", small["new"]);
        Assert.Equal(ExitCode.InputFile, code);
        Assert.Contains("images of at least 4 × 4, for pooling, got 2 × 3", error, StringComparison.Ordinal);
        ZooRun.Train("digits", small["run"], "--data", small.Path, "--network", "mlp", "--hidden", "3", "--epochs", "1");
        (code, _, error) = ZooRun.Invoke("evaluate", small["run"], "--data", other.Path);
        Assert.Equal(ExitCode.InputFile, code);
        Assert.Contains("images of 2 × 3, as the network was trained on, got 4 × 3", error, StringComparison.Ordinal);
    }

    /// <summary>Images, three pixels wide, whose pixels count up.</summary>
    private static void Write(TempFolder folder, int count, Func<int, byte> label, int rows = 2, string set = "some")
    {
        folder.Write($"{set}-images-idx3-ubyte", [.. Head(0x803, count, rows, 3), .. Enumerable.Range(0, count * rows * 3).Select(static i => (byte)i)]);
        folder.Write($"{set}-labels-idx1-ubyte", [.. Head(0x801, count), .. Enumerable.Range(0, count).Select(label)]);
    }

    private static byte[] Head(params int[] numbers)
    {
        byte[] head = new byte[4 * numbers.Length];
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4 * i), numbers[i]);
        return head;
    }
}
