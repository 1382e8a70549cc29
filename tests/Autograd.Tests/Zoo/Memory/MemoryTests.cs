using Autograd.Zoo.Memory;

namespace Autograd.Tests.Zoo.Memory;

/// <summary>Remembering over many steps.</summary>
public sealed class MemoryTests
{
    /// <summary>To say 1 each time has 1/6 = 0.167.</summary>
    [Theory]
    [InlineData("gru")]
    [InlineData("lstm")]
    public void GatedCellsAdd(string cell)
    {
        using TempFolder folder = new();
        Assert.InRange(ZooRun.Value("memory", folder["run"], "--cell", cell, "--time", "20", "--steps", "500", "--hidden", "32", "--learning-rate", "0.008"), 0, 0.03);
    }

    [Fact]
    public void LettersAreCopied()
    {
        using TempFolder folder = new();
        Assert.InRange(ZooRun.Value("memory", folder["run"], "--task", "copy", "--time", "3", "--steps", "300", "--hidden", "48", "--learning-rate", "0.01"), 0.3, 1);
        Assert.Contains("right is", File.ReadAllText(Path.Combine(folder["run"], "samples.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public void TheSumIsThatOfTheMarkedNumbers()
    {
        const int Time = 15, Batch = 30;
        (Tensor<double> input, Tensor<double> sums) = MemoryData.Adding<double>(Time, Batch, new(1, 2));
        for (int b = 0; b < Batch; b++)
        {
            double sum = 0;
            List<int> marked = [];
            for (int t = 0; t < Time; t++)
            {
                double value = input.Span[((t * Batch) + b) * 2], mark = input.Span[(((t * Batch) + b) * 2) + 1];
                Assert.InRange(value, 0, 1);
                Assert.True(mark is 0 or 1);
                sum += mark * value;
                if (mark == 1) marked.Add(t);
            }

            Assert.Equal(sum, sums.Span[b], 1e-15);
            Assert.Equal(2, marked.Count);
            Assert.True(marked[0] < Time / 2 && marked[1] >= Time / 2);
        }
    }

    [Fact]
    public void TheLettersComeFirstAndTheSignBeforeTheAnswer()
    {
        (Tensor<int> input, Tensor<int> letters) = MemoryData.Copying(7, 2, new(1, 2));
        Assert.Equal(new Shape(27, 2), input.Shape);
        int[] read = input.ToArray(), wanted = letters.ToArray();
        Assert.Equal(wanted, read[..20]);
        Assert.Equal(Enumerable.Repeat(MemoryData.Blank, 14), read[20..34]);
        Assert.Equal([MemoryData.Begin, MemoryData.Begin], read[34..36]);
        Assert.Equal(Enumerable.Repeat(MemoryData.Blank, 18), read[36..]);
        Assert.All(wanted, static letter => Assert.InRange(letter, 0, MemoryData.Letters - 1));
    }
}
