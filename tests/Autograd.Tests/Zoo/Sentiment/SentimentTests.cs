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
        string[] small = ["--network", network, "--direction", direction, "--epochs", "2", "--embedding", "24", "--hidden", "24", "--dropout", "0.1", "--learning-rate", "0.008"];
        Assert.InRange(ZooRun.Value("sentiment", folder["run"], small), 0.9, 1);
    }

    [Fact]
    public void UnknownWordsArePredictedAndSaid()
    {
        using TempFolder folder = new();
        ZooRun.Train("sentiment", folder["run"], "--epochs", "1", "--embedding", "24", "--hidden", "24", "--dropout", "0.1", "--learning-rate", "0.008");
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
    public void LeaningsCountSentences()
    {
        static Review Of(bool isPositive, params string[] words) => new(words, isPositive);
        Reviews reviews = new("", [Of(true, "fine", "fine", "film"), Of(true, "fine"), Of(false, "dull", "film"), Of(false, "rare")], [Of(true, "dull")], [Of(true, "dull")]);
        Vocabulary words = new([Reviews.Padding, Reviews.Unknown, "fine", "dull", "film"], Reviews.Unknown);
        Assert.Equal([0, Math.Log(1 / 2.0), Math.Log(3), Math.Log(1 / 2.0), 0], reviews.Leanings<double>(words).ToArray());
    }

    /// <summary>What stands beside a sentence in its batch makes no difference, though it may be longer.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ASentenceIsJudgedAlikeAloneAndBesideALongerOne(bool convolves)
    {
        Tensor<double> leanings = new([6, 1], [0, 0.3, -1, 2, 0.5, -0.2]);
        SentenceClassifier<double> network = convolves ? new ConvolutionalClassifier<double>(leanings, 3, 4, 0.5) : new RecurrentClassifier<double>(leanings, 3, "gru", 4, RecurrentDirection.Bidirectional, 0.5);
        network.Initialize(1);
        using Tape<double> tape = Tape<double>.Inference();
        double[] alone = network.Forward(tape, PaddedSequences.Of([[1, 2, 3]])).ToArray(), beside = network.Forward(tape, PaddedSequences.Of([[1, 2, 3], [4, 5, 1, 1, 2, 3, 4]])).ToArray();
        for (int i = 0; i < 2; i++) Assert.Equal(alone[i], beside[i], 1e-13);
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
