using Autograd.Zoo.CharLm;

namespace Autograd.Tests.Zoo.CharLm;

/// <summary>The real model in short runs: interrupted and not, with one thread and two, all end with the same bytes.</summary>
public sealed class CharLmRunTests
{
    [Theory]
    [InlineData("lstm", "rmsprop", 2)]
    [InlineData("gru", "adam", 1)]
    [InlineData("rnn", "sgd", 1)]
    public void AnInterruptedRunEndsWithTheBytesOfAnUninterruptedOne(string cell, string optimizer, int layers)
    {
        using TempFolder folder = new();
        string whole = folder["whole"], parts = folder["parts"];
        Train(whole, "1", steps: 130);
        Train(parts, "2", steps: 37);
        Train(parts, "1", steps: 38, "--resume");
        Train(parts, "2", steps: 101, "--resume");
        Train(parts, "2", steps: 130, "--resume");
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "checkpoint.safetensors")), File.ReadAllBytes(Path.Combine(parts, "checkpoint.safetensors")));

        void Train(string run, string threads, int steps, params string[] more)
        {
            int code = Invoke(
                out _, out string error,
                [
                    "train", "char-lm", "--cell", cell, "--optimizer", optimizer, "--layers", $"{layers}", "--hidden", "12", "--time", "9", "--batch", "5",
                    "--steps", $"{steps}", "--threads", threads, "--out", run, "--quiet", .. more,
                ]);
            Assert.True(code == 0, error);
        }
    }

    [Fact]
    public void ADryRunRefusesATextThatIsTooShort()
    {
        using TempFolder folder = new();
        string file = folder.Write("short.txt", "too short"u8.ToArray());
        Assert.Equal(3, Invoke(out _, out string refused, ["train", "char-lm", "--data", file, "--dry-run", "--out", folder["run"]]));
        Assert.Contains("at least 1,814 characters for one chunk of 32 streams and 50 steps, got 9 characters", refused, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void ATrainedModelSamplesAndEvaluates()
    {
        using TempFolder folder = new();
        string[] small = ["--hidden", "12", "--time", "9", "--batch", "5", "--steps", "20", "--out", folder["run"], "--json"];
        Assert.Equal(0, Invoke(out string trained, out _, ["train", "char-lm", .. small]));
        Assert.Contains("\"model\":\"char-lm\"", trained, StringComparison.Ordinal);
        Assert.Equal(0, Invoke(out string one, out _, ["sample", folder["run"], "--length", "40", "--seed", "5"]));
        Assert.Equal(0, Invoke(out string same, out _, ["sample", folder["run"], "--length", "40", "--seed", "5"]));
        Assert.Equal(one, same);
        Assert.Equal(0, Invoke(out string greedy, out _, ["sample", folder["run"], "--length", "40", "--temperature", "0", "--prompt", "the "]));
        Assert.StartsWith("the ", greedy, StringComparison.Ordinal);
        Assert.Equal(0, Invoke(out string evaluated, out _, ["evaluate", folder["run"], "--json"]));
        string loss = evaluated.Split("\"validation_loss\":")[1].Split(',')[0];
        Assert.Contains($"\"validation_loss\":{loss},", trained, StringComparison.Ordinal);
        Assert.Equal(2, Invoke(out _, out string refused, ["sample", folder["run"], "--prompt", "ŧ"]));
        Assert.Contains("--prompt", refused, StringComparison.Ordinal);
    }

    private static int Invoke(out string output, out string error, string[] args)
    {
        StringWriter standard = new(), errors = new();
        int code = Autograd.Zoo.Commands.Cli.Run(args, new(standard, errors, false, new(), [new CharLmModel()], TextReader.Null));
        (output, error) = (standard.ToString(), errors.ToString());
        return code;
    }
}
