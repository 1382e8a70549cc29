using System.Text;
using Autograd.Zoo;
using Autograd.Zoo.Sentiment;

namespace Autograd.Tests.Zoo.Sentiment;

/// <summary>Praise or blame.</summary>
public sealed class SentimentTests
{
    /// <summary>A third of the verdicts are negated, so what looks at single words has at most two of three.</summary>
    [Theory]
    [InlineData("gru", "both")]
    [InlineData("lstm", "reverse")]
    [InlineData("rnn", "forward")]
    [InlineData("conv1d", "both")]
    public void AShortRunLearnsTheOrderOfWords(string network, string direction)
    {
        using TempFolder folder = new();
        string[] small = ["--network", network, "--direction", direction, "--epochs", "5", "--embedding", "24", "--hidden", "24", "--dropout", "0.1", "--learning-rate", "0.008"];
        Assert.InRange(ZooRun.Value("sentiment", folder["run"], small), 0.9, 1);
    }

    [Fact]
    public void UnknownWordsArePredictedAndSaid()
    {
        using TempFolder folder = new();
        ZooRun.Train("sentiment", folder["run"], "--epochs", "3", "--embedding", "24", "--hidden", "24", "--dropout", "0.1", "--learning-rate", "0.008");
        (int code, string output, string error) = ZooRun.Invoke("predict", folder["run"], "the music was never dull .", "the kazoo was moving .");
        Assert.True(code == 0, error);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.StartsWith("positive ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", lines[0], StringComparison.Ordinal);
        Assert.Contains("(unknown, and read as <unknown>: kazoo)", lines[1], StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, ZooRun.Invoke("predict", folder["run"], " ").Code);
    }

    [Fact]
    public void EveryTenthLineOfEachFileJudges()
    {
        using TempFolder folder = new();
        Write(folder, 40, 30);
        Reviews reviews = Reviews.Read(folder.Path);
        Assert.Equal(["good9", "good19", "good29", "good39", "bad9", "bad19", "bad29"], reviews.Test.Select(static review => review.Words[0]));
        Assert.All(reviews.Test, static review => Assert.Equal(review.IsPositive, review.Words[0][0] == 'g'));
        Assert.Equal(70, reviews.Train.Concat(reviews.Validation).Concat(reviews.Test).Select(static review => review.Words[0]).Distinct().Count());
        Assert.NotEmpty(reviews.Validation);
    }

    [Fact]
    public void WhatIsNoReviewIsRefused()
    {
        using TempFolder folder = new();
        Assert.Contains(Reviews.PositiveFile, Refused(), StringComparison.Ordinal);
        Write(folder, 20, 20);
        folder.Write(Reviews.NegativeFile, Encoding.UTF8.GetBytes("dull .\n \ndull .\n"));
        Assert.Contains($"{Reviews.NegativeFile}: line 2: expected a sentence of 1 to 1,000 words, got an empty line", Refused(), StringComparison.Ordinal);
        folder.Write(Reviews.NegativeFile, [(byte)'a', 0xff, (byte)'\n']);
        Assert.Contains(Reviews.NegativeFile, Refused(), StringComparison.Ordinal);
        Write(folder, 9, 9);
        Assert.Contains("at least 10 sentences in each file", Refused(), StringComparison.Ordinal);

        string Refused()
        {
            Failure refused = Assert.Throws<Failure>(() => Reviews.Read(folder.Path));
            Assert.Equal(ExitCode.InputFile, refused.Code);
            return refused.Message;
        }
    }

    private static void Write(TempFolder folder, int positive, int negative)
    {
        folder.Write(Reviews.PositiveFile, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, positive).Select(static i => $"good{i} film .\n"))));
        folder.Write(Reviews.NegativeFile, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, negative).Select(static i => $"bad{i} film .\n"))));
    }
}
