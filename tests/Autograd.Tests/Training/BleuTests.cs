namespace Autograd.Tests.Training;

public sealed class BleuTests
{
    // Papineni et al. 2002, section 2.1, example 1, lower-cased as they count.
    private const string Guide = "it is a guide to action which ensures that the military always obeys the commands of the party";
    private const string Troops = "it is to insure the troops forever hearing the activity guidebook that party direct";

    private static readonly string[] GuideReferences =
    [
        "it is a guide to action that ensures that the military will forever heed party commands",
        "it is the guiding principle which guarantees the military forces always being under the command of the party",
        "it is the practical guide for the army always to heed the directions of the party",
    ];

    /// <summary>The paper's counts: 17/18 and 10/17 for the good translation, 8/14 and 1/13 for the bad one, 2/7 for seven times "the".</summary>
    [Fact]
    public void ThePapersPrecisions()
    {
        Assert.Equal([17.0 / 18, 10.0 / 17, 7.0 / 16, 4.0 / 15], One(Guide, GuideReferences).Precisions);
        Assert.Equal([8.0 / 14, 1.0 / 13, 0, 0], One(Troops, GuideReferences).Precisions);
        Bleu the = One("the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"]);
        Assert.Equal([2.0 / 7, 0, 0, 0], the.Precisions);
        Assert.Equal((7, 7, 1.0, 0.0), (the.HypothesisLength, the.ReferenceLength, the.BrevityPenalty, the.Score));
    }

    /// <summary>The sentence and the corpus of NLTK's documentation, which gives 0.5045… and 0.5920…; "Party" is not "party" there.</summary>
    [Fact]
    public void PublishedScores()
    {
        string[] first =
        [
            "It is a guide to action that ensures that the military will forever heed Party commands",
            "It is the guiding principle which guarantees the military forces always being under the command of the Party",
            "It is the practical guide for the army always to heed the directions of the party",
        ];
        string hypothesis = "It is a guide to action which ensures that the military always obeys the commands of the party";
        Assert.Equal(50.45666840058485, One(hypothesis, first).Score, 1e-12);
        Bleu corpus = Bleu.Of(
            [Words(hypothesis), Words("he read the book because he was interested in world history")],
            (string[][][])[[.. first.Select(Words)], [Words("he was interested in world history because he read the book")]]);
        Assert.Equal(59.20778868801042, corpus.Score, 1e-12);
    }

    /// <summary>Worked by hand: the matches and n-grams of each n, and the two lengths.</summary>
    [Theory]
    [InlineData("a b c d e f", "a b c d e f", "6/6 5/5 4/4 3/3", 6, 100)]
    [InlineData("a b c d", "a b c d e f", "4/4 3/3 2/2 1/1", 6, 60.653065971263345)] // 100 e^(1 − 6/4)
    [InlineData("a b c d e", "a b c d", "4/5 3/4 2/3 1/2", 4, 66.8740304976422)] // 100 · 0.2^(1/4), long is not punished but by precision
    [InlineData("the cat sat on the mat", "the cat is on the mat", "5/6 3/5 1/4 0/3", 6, 0)]
    [InlineData("a b c d a b c d", "a b c d", "4/8 3/7 2/6 1/5", 4, 34.5720784641941)] // clipped; (1/70)^(1/4)
    [InlineData("a b c d x a b c d", "a b c d y a b c d", "8/9 6/8 4/7 2/6", 9, 59.694917920196445)] // (8/63)^(1/4)
    [InlineData("a b c d", "a b c x|x b c d", "4/4 3/3 2/2 0/1", 4, 0)] // grams of several references, each as often as one of them has it
    [InlineData("a b c d", "a b c|a b c d e", "4/4 3/3 2/2 1/1", 3, 100)] // of two as near in length the shorter, so nothing is taken off
    [InlineData("a b c d", "a b c d e|x x x x x x x x", "4/4 3/3 2/2 1/1", 5, 77.8800783071405)] // the nearer; e^(1 − 5/4)
    [InlineData("a b", "a b", "2/2 1/1 0/0 0/0", 2, 0)]
    [InlineData("", "a b", "0/0 0/0 0/0 0/0", 2, 0)]
    [InlineData("", "", "0/0 0/0 0/0 0/0", 0, 0)]
    [InlineData("a b c d", "", "0/4 0/3 0/2 0/1", 0, 0)]
    public void WorkedByHand(string hypothesis, string references, string precisions, long referenceLength, double score)
    {
        Bleu bleu = One(hypothesis, references.Split('|'));
        Assert.Equal(score, bleu.Score, 1e-11);
        Assert.Equal(precisions.Split(' ').Select(static p => p.Split('/')).Select(static p => p[1] == "0" ? 0 : double.Parse(p[0]) / double.Parse(p[1])), bleu.Precisions);
        Assert.Equal(referenceLength, bleu.ReferenceLength);
        Assert.Equal(Words(hypothesis).Length, bleu.HypothesisLength);
    }

    /// <summary>One more match and one more n-gram for each n above 1, and for it alone (Lin and Och 2004).</summary>
    [Theory]
    [InlineData("the cat sat on the mat", "the cat is on the mat", 48.5491771707323)] // (5/6 · 4/6 · 2/5 · 1/4)^(1/4) = (1/18)^(1/4)
    [InlineData("yes", "yes", 100)]
    [InlineData("yes", "yes sir", 36.787944117144235)] // 1 · 1 · 1 · 1, e^(1 − 2)
    [InlineData("x", "yes", 0)]
    [InlineData("", "yes", 0)]
    [InlineData("", "", 0)]
    public void SmoothedByHand(string hypothesis, string reference, double score) => Assert.Equal(score, One(hypothesis, [reference], smooth: true).Score, 1e-11);

    /// <summary>An empty translation makes the others pay for its reference.</summary>
    [Fact]
    public void AnEmptyHypothesisCountsAsMissingLength()
    {
        Bleu bleu = Bleu.Of([Words("a b c d"), []], (string[][])[Words("a b c d"), Words("a b")]);
        Assert.Equal((4, 6), (bleu.HypothesisLength, bleu.ReferenceLength));
        Assert.Equal(100 * Math.Exp(-0.5), bleu.Score, 1e-12);
        Assert.Equal([1, 1, 1, 1], bleu.Precisions);
        Assert.Equal("BLEU 60.65 = 100.0 / 100.0 / 100.0 / 100.0, brevity 0.607 (4 of 6 tokens)", bleu.ToString());
    }

    /// <summary>Random corpora with few words, so that much repeats, against loops from the definition; any order, numbers and words alike.</summary>
    [Fact]
    public void IsTheDefinition()
    {
        int above = 0;
        Laws.HoldForChoices(120, Laws.Deep ? 20_000 : 1_000, (20_020_707, 1_234_567), choose =>
        {
            int count = choose.Between(1, 4), order = choose.Between(1, 5), words = choose.Between(1, 4);
            bool smooth = choose.Flip();
            int[][] hypotheses = [.. Enumerable.Range(0, count).Select(_ => choose.Indices(choose.Between(0, 9), words))];
            int[][][] references = [.. Enumerable.Range(0, count).Select(_ => (int[][])[.. Enumerable.Range(0, choose.Between(1, 3)).Select(_ => choose.Indices(choose.Between(0, 9), words))])];
            Bleu bleu = Bleu.Of(hypotheses, references, order, smooth);
            double expected = Loops(hypotheses, references, order, smooth);
            Assert.Equal(expected, bleu.Score, 1e-10);
            Assert.InRange(bleu.Score, 0, 100 + 1e-10);
            if (expected > 0) above++;

            string[][] named = [.. hypotheses.Select(Named)];
            string[][][] namedReferences = [.. references.Select(static its => (string[][])[.. its.Select(Named)])];
            Assert.Equal(bleu.Score, Bleu.Of(named, namedReferences, order, smooth).Score);
            string[][] first = [.. namedReferences.Select(static its => its[0])];
            Assert.Equal(Bleu.Of(named, [.. first.Select(static one => (string[][])[one])], order, smooth).Score, Bleu.Of(named, first, order, smooth).Score);
        });
        Assert.InRange(above, 200, int.MaxValue); // not a comparison of zeros
    }

    [Fact]
    public void WhatCannotBeScoredIsRefusedInWords()
    {
        Refused("nothing to score", static () => Bleu.Of((string[][])[], (string[][])[]));
        Refused("2 hypotheses were given, with references for 1", static () => Bleu.Of([["a"], ["b"]], (string[][])[["a"]]));
        Refused("hypothesis 1 has no reference", static () => Bleu.Of([["a"], ["b"]], (string[][][])[[["a"]], []]));
        Refused("hypothesis 0 is null", static () => Bleu.Of([null!], (string[][])[["a"]]));
        Refused("a reference of hypothesis 1 is null", static () => Bleu.Of([["a"], ["b"]], (string[][])[["a"], null!]));
        Refused("token 1 of a reference of hypothesis 0 is null", static () => Bleu.Of([["a"]], (string[][])[["a", null!]]));
        Refused("order is 1 or more, not 0", static () => Bleu.Of([["a"]], (string[][])[["a"]], order: 0));
        Assert.Throws<ArgumentNullException>(static () => Bleu.Of(null!, (string[][])[]));
        Assert.Throws<ArgumentNullException>(static () => Bleu.Of([["a"]], (string[][])null!));

        static void Refused(string words, Func<Bleu> score) => Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(score).Message, StringComparison.Ordinal);
    }

    private static string[] Words(string sentence) => sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Named(int[] sentence) => [.. sentence.Select(static word => $"word{word}")];

    private static Bleu One(string hypothesis, string[] references, bool smooth = false) => Bleu.Of([Words(hypothesis)], (string[][][])[[.. references.Select(Words)]], smooth: smooth);

    private static double Loops(int[][] hypotheses, int[][][] references, int order, bool smooth)
    {
        double product = 1;
        long c = 0, r = 0;
        for (int n = 1; n <= order; n++)
        {
            long matches = 0, grams = 0;
            for (int s = 0; s < hypotheses.Length; s++)
            {
                int[] h = hypotheses[s];
                for (int i = 0; i + n <= h.Length; i++)
                {
                    grams++;
                    int before = 0, most = 0; // the k-th time a gram comes it matches if a reference has it k times
                    for (int j = 0; j < i; j++) before += Same(h, j, h, i, n) ? 1 : 0;
                    foreach (int[] reference in references[s])
                    {
                        int times = 0;
                        for (int j = 0; j + n <= reference.Length; j++) times += Same(reference, j, h, i, n) ? 1 : 0;
                        most = Math.Max(most, times);
                    }

                    if (before < most) matches++;
                }
            }

            if (smooth && n > 1) (matches, grams) = (matches + 1, grams + 1);
            if (matches == 0) return 0;
            product *= (double)matches / grams;
        }

        for (int s = 0; s < hypotheses.Length; s++)
        {
            c += hypotheses[s].Length;
            int best = int.MaxValue;
            foreach (int[] reference in references[s])
            {
                int distance = Math.Abs(reference.Length - hypotheses[s].Length), least = Math.Abs(best - hypotheses[s].Length);
                if (best == int.MaxValue || distance < least || (distance == least && reference.Length < best)) best = reference.Length;
            }

            r += best;
        }

        if (c == 0) return 0;
        return 100 * (c > r ? 1 : Math.Exp(1 - ((double)r / c))) * Math.Pow(product, 1.0 / order);
    }

    private static bool Same(int[] a, int at, int[] b, int start, int n)
    {
        for (int k = 0; k < n; k++)
        {
            if (a[at + k] != b[start + k]) return false;
        }

        return true;
    }
}
