namespace Autograd.Tests.Training;

public sealed class SpanF1Tests
{
    /// <summary>Where spans begin and end, by hand, in the labelling of 2000 (each begins with B) and of 2003 (B only behind its like).</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("O O", "")]
    [InlineData("B-NP I-NP B-VP B-NP O", "NP 0 2, VP 2 3, NP 3 4")]
    [InlineData("B-PER B-PER I-PER", "PER 0 1, PER 1 3")]
    [InlineData("I-PER I-PER O I-ORG B-ORG", "PER 0 2, ORG 3 4, ORG 4 5")]
    [InlineData("I-PER I-ORG", "PER 0 1, ORG 1 2")]
    [InlineData("B-PER I-ORG I-ORG", "PER 0 1, ORG 1 3")]
    [InlineData("B-PER O I-PER", "PER 0 1, PER 2 3")]
    [InlineData("B-NP-SBJ I-NP-SBJ I-NP", "NP-SBJ 0 2, NP 2 3")]
    [InlineData("B-per I-PER", "per 0 1, PER 1 2")]
    public void SpansByHand(string labels, string expected) =>
        Assert.Equal(expected, string.Join(", ", SpanF1.Spans(Split(labels)).Select(static span => $"{span.Type} {span.Start} {span.End}")));

    /// <summary>Three names of four found, one with a wrong end and one with a wrong type; and a span found where none is.</summary>
    [Fact]
    public void ScoresByHand()
    {
        SpanF1 score = SpanF1.Of(
            (string[][])[Split("B-PER I-PER O B-ORG O B-PER"), Split("B-LOC O"), []],
            (string[][])[Split("B-PER I-PER O B-LOC O B-PER"), Split("B-LOC I-LOC"), []]);
        Assert.Equal(new SpanScore(2, 4, 4), score.Total);
        Assert.Equal(
            [("LOC", new SpanScore(0, 2, 1)), ("ORG", new SpanScore(0, 0, 1)), ("PER", new SpanScore(2, 2, 2))], score.Types.Select(static type => (type.Key, type.Value)));
        Assert.Equal((0.5, 0.5, 0.5), (score.Total.Precision, score.Total.Recall, score.Total.F1));
        Assert.Equal(
            """
            type  precision  recall      F1  right  predicted  actual
            LOC      0.0000  0.0000  0.0000      0          2       1
            ORG      0.0000  0.0000  0.0000      0          0       1
            PER      1.0000  1.0000  1.0000      2          2       2
            all      0.5000  0.5000  0.5000      2          4       4
            """.ReplaceLineEndings("\n"), score.ToString());
    }

    /// <summary>The example of the page of CoNLL 2000: 459 phrases, 539 found, 371 right: 68.83 %, 80.83 %, 74.35.</summary>
    [Fact]
    public void PublishedFigures()
    {
        SpanScore score = new(371, 539, 459);
        Assert.Equal((68.83, 80.83, 74.35), (Math.Round(100 * score.Precision, 2), Math.Round(100 * score.Recall, 2), Math.Round(100 * score.F1, 2)));
        Assert.Equal((0.0, 0.0, 0.0), (default(SpanScore).Precision, default(SpanScore).Recall, default(SpanScore).F1));
    }

    /// <summary>Random labels, most not well formed, against every stretch of every sentence asked whether it is a span.</summary>
    [Fact]
    public void IsTheDefinition()
    {
        long found = 0;
        Laws.HoldForChoices(80, Laws.Deep ? 20_000 : 1_000, (20_030_531, 1_234_567), choose =>
        {
            string[] kinds = ["O", "B-A", "I-A", "B-B", "I-B"];
            int count = choose.Between(0, 3);
            string[][] truth = new string[count][], predictions = new string[count][];
            SpanF1 added = new();
            int correct = 0, predicted = 0, actual = 0;
            for (int s = 0; s < count; s++)
            {
                truth[s] = [.. choose.Indices(choose.Between(0, 8), 5).Select(kind => kinds[kind])];
                predictions[s] = [.. truth[s].Select(label => choose.Below(3) == 2 ? choose.Of(kinds) : label)];
                added.Add(truth[s], predictions[s]);
                for (int start = 0; start < truth[s].Length; start++)
                {
                    for (int end = start + 1; end <= truth[s].Length; end++)
                    {
                        bool there = IsSpan(truth[s], start, end), guessed = IsSpan(predictions[s], start, end);
                        if (there) actual++;
                        if (guessed) predicted++;
                        if (there && guessed && truth[s][start][1..] == predictions[s][start][1..]) correct++;
                    }
                }
            }

            SpanF1 score = SpanF1.Of(truth, predictions);
            Assert.Equal(new SpanScore(correct, predicted, actual), score.Total);
            Assert.Equal(score.Types, added.Types);
            double precision = predicted == 0 ? 0 : (double)correct / predicted, recall = actual == 0 ? 0 : (double)correct / actual;
            Assert.Equal(correct == 0 ? 0 : 2 / ((1 / precision) + (1 / recall)), score.Total.F1, 1e-14);
            found += correct;
        });
        Assert.InRange(found, 500, int.MaxValue);
    }

    [Theory]
    [InlineData("B")]
    [InlineData("B-")]
    [InlineData("X-PER")]
    [InlineData("o")]
    [InlineData("")]
    [InlineData("BPER")]
    [InlineData(null)]
    public void OtherLabelsAreRefusedWithTheirPlace(string? label)
    {
        SpanF1 score = new();
        ArgumentException exception = Assert.Throws<ArgumentException>(() => score.Add(["B-A", "O"], ["O", label!]));
        Assert.Contains($"label 1 of the prediction is '{label}'", exception.Message, StringComparison.Ordinal);
        Assert.Empty(score.Types);
        exception = Assert.Throws<ArgumentException>(() => SpanF1.Of([["O"], [label!]], [["O"], ["O"]]));
        Assert.Contains($"label 0 of the truth of sentence 1 is '{label}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.Contains("the prediction of sentence 1 has 1 labels, and the truth has 2", Assert.Throws<ArgumentException>(static () => SpanF1.Of([[], ["O", "O"]], [[], ["O"]])).Message, StringComparison.Ordinal);
        Assert.Contains("predictions for 2 sentences were given, and truth for 1", Assert.Throws<ArgumentException>(static () => SpanF1.Of([[]], [[], []])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(static () => SpanF1.Of(null!, []));
        Assert.Throws<ArgumentNullException>(static () => new SpanF1().Add([], null!));
        Assert.Throws<ArgumentNullException>(static () => SpanF1.Spans(null!));
    }

    private static string[] Split(string labels) => labels.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Begins at B, or at I that nothing of its type stands before; goes on with I of the type; and cannot go on.</summary>
    private static bool IsSpan(string[] labels, int start, int end)
    {
        if (labels[start] == "O") return false;
        string inside = $"I-{labels[start][2..]}", first = $"B-{labels[start][2..]}";
        if (labels[start][0] == 'I' && start > 0 && (labels[start - 1] == inside || labels[start - 1] == first)) return false;
        for (int i = start + 1; i < end; i++)
        {
            if (labels[i] != inside) return false;
        }

        return end == labels.Length || labels[end] != inside;
    }
}
