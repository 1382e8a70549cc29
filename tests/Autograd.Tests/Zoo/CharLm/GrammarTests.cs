using System.Numerics;
using Autograd.Zoo.CharLm;

namespace Autograd.Tests.Zoo.CharLm;

public sealed class GrammarTests
{
    private static readonly Grammar English = Grammar.English;

    /// <summary>The same structure over few words, so that all sentences can be listed.</summary>
    private static readonly Lexicon FewWords = new(
        Determiners: new(["the", "one"], ["the"]),
        Adjectives: ["old"],
        Nouns: new(["dog"], ["dogs", "cats"]),
        Places: new(["house"], ["houses"]),
        Prepositions: ["near"],
        Copulas: new(["is"], ["are"]),
        TransitiveVerbs: new(["sees"], ["see"]),
        IntransitiveVerbs: new(["runs"], ["run"]),
        States: ["lost", "happy"],
        Adverbs: ["now"]);

    [Fact]
    public void Over_a_million_sentences() => Assert.True(English.Count >= 1_000_000, $"{English.Count} sentences");

    [Fact]
    public void Entropy_rate_is_what_sampled_sentences_show()
    {
        Func<double> uniform = new Random(7).NextDouble;
        string[] sentences = Sentences(English, 100_000, uniform);
        double information = 0;
        long characters = 0;
        foreach (string sentence in sentences)
        {
            double logProbability = Assert.Single(English.Readings(sentence));
            Assert.Equal(logProbability, English.LogProbability(sentence), 12);
            information -= logProbability;
            characters += sentence.Length;
        }
        Assert.InRange(information / characters / English.EntropyRate, 0.995, 1.005);
        Assert.InRange(characters / (double)sentences.Length / English.ExpectedLength, 0.995, 1.005);
    }

    [Fact]
    public void Sentences_listed_one_by_one_give_the_same_figures()
    {
        var grammar = new Grammar(FewWords);
        Dictionary<string, double> probabilities = [];
        foreach ((string words, double probability) in Enumerate(grammar.Root))
        {
            // A text that is derived twice would be here already.
            Assert.True(probabilities.TryAdd(words[..^1] + '\n', probability), words);
        }

        Assert.Equal(grammar.Count, new BigInteger(probabilities.Count));
        Assert.True(probabilities.Count > 5_000, $"{probabilities.Count} sentences");
        Assert.Equal(1, probabilities.Values.Sum(), 1e-12);
        Assert.Equal(grammar.Entropy, probabilities.Values.Sum(p => -p * Math.Log(p)), 1e-9);
        Assert.Equal(grammar.ExpectedLength, probabilities.Sum(pair => pair.Value * pair.Key.Length), 1e-9);
        foreach ((string sentence, double probability) in probabilities.Where((_, index) => index % 7 == 0))
            Assert.Equal(Math.Log(probability), grammar.LogProbability(sentence), 1e-9);
    }

    [Fact]
    public void Probabilities_sum_to_one_everywhere()
    {
        Assert.Equal(1, Total(English.Root), 1e-12);

        static double Total(Phrase phrase) => phrase switch
        {
            Sequence sequence => sequence.Parts.Aggregate(1.0, (product, part) => product * Total(part)),
            Choice choice => choice.Alternatives.Sum(alternative => alternative.Probability * Total(alternative.Part)),
            _ => 1,
        };
    }

    [Fact]
    public void No_sentence_has_two_derivations() => Assert.True(IsUnambiguous(English.Root));

    [Fact]
    public void Two_derivations_of_a_sentence_are_noticed()
    {
        Phrase sheep = Phrase.OneOf((0.5, Phrase.Words("sheep")), (0.5, Phrase.InOrder(Phrase.Nothing, Phrase.Words("sheep"))));
        Assert.False(IsUnambiguous(sheep));
        Assert.False(IsUnambiguous(Phrase.InOrder(Phrase.Words("the"), sheep, Phrase.Words("sleep"))));
        Phrase maybe = Phrase.OneOf((0.5, Phrase.Words("very")), (0.5, Phrase.Nothing));
        Assert.False(IsUnambiguous(Phrase.InOrder(maybe, maybe)));
        Assert.True(IsUnambiguous(maybe));
    }

    /// <summary>Words are letters with one space at their end, so a sentence falls into words in one way.</summary>
    [Fact]
    public void Words_are_letters_and_a_space()
    {
        string[] words = [.. AllWords(English.Root).Distinct()];
        Assert.InRange(words.Length, 25, 100);
        Assert.All(words, word => Assert.Matches("^[a-z]+ $", word));

        static IEnumerable<string> AllWords(Phrase phrase) => phrase switch
        {
            Word word => [word.Text],
            Sequence sequence => sequence.Parts.SelectMany(AllWords),
            Choice choice => choice.Alternatives.SelectMany(alternative => AllWords(alternative.Part)),
            _ => throw new InvalidOperationException(phrase.ToString()),
        };
    }

    [Theory]
    [InlineData("the dogs that the cat near the houses chases are hungry\n", true)]
    [InlineData("the dogs that the cat near the houses chases is hungry\n", false)]
    [InlineData("the dogs that the cat near the houses chase are hungry\n", false)]
    [InlineData("the dog that chases the cats sleeps\n", true)]
    [InlineData("the dog that chases the cats sleep\n", false)]
    [InlineData("the dog that chase the cats sleeps\n", false)]
    [InlineData("one dogs sleep\n", false)]
    [InlineData("the dogs by one lake see this small boy\n", true)]
    [InlineData("the dogs by one lake sees this small boy\n", false)]
    [InlineData("the dogs sleep", false)]
    [InlineData("the dogs sleep \n", false)]
    [InlineData(" the dogs sleep\n", false)]
    [InlineData("the dogs\nsleep\n", false)]
    [InlineData("the dogs sleep\nthe dogs sleep\n", false)]
    [InlineData("\n", false)]
    [InlineData("", false)]
    public void Verbs_agree_with_their_subjects(string sentence, bool expected) =>
        Assert.Equal(expected, English.LogProbability(sentence) > double.NegativeInfinity);

    [Fact]
    public void The_probability_of_a_sentence_is_the_product_of_its_choices()
    {
        // plural · the · no adjective · dogs · nothing after it · are hungry
        double expected = 0.5 * (1.0 / 3) * 0.7 * 0.1 * 0.4 * 0.5 * 0.5 * (1.0 / 8);
        Assert.Equal(Math.Log(expected), English.LogProbability("the dogs are hungry\n"), 1e-12);
    }

    [Fact]
    public void Memory_pays()
    {
        Func<double> uniform = new Random(11).NextDouble;
        string training = English.Generate(3_000_000, uniform), heldOut = English.Generate(300_000, uniform);
        double trigram = TrigramLoss(training, heldOut);
        Assert.True(trigram > 1.25 * English.EntropyRate, $"trigram model {trigram}, entropy rate {English.EntropyRate}");
        // The measure is sound: a model cannot be better than the entropy rate, and the grammar itself attains it.
        double own = -Split(heldOut).Sum(English.LogProbability) / heldOut.Length;
        Assert.InRange(own / English.EntropyRate, 0.99, 1.01);
    }

    [Fact]
    public void Generated_text_is_whole_sentences_and_a_function_of_the_numbers_drawn()
    {
        string text = English.Generate(10_000, new Random(3).NextDouble);
        Assert.Equal(text, English.Generate(10_000, new Random(3).NextDouble));
        Assert.InRange(text.Length, 10_000, 10_200);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.All(Split(text), sentence => Assert.NotEqual(double.NegativeInfinity, English.LogProbability(sentence)));
        Assert.Equal("", English.Generate(0, () => 0));
    }

    [Fact]
    public void The_extreme_numbers_draw_sentences_too()
    {
        Assert.NotEqual(double.NegativeInfinity, English.LogProbability(English.Generate(1, () => 0)));
        Assert.NotEqual(double.NegativeInfinity, English.LogProbability(English.Generate(1, () => Math.BitDecrement(1.0))));
    }

    [Fact]
    public void Probabilities_that_do_not_sum_to_one_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Phrase.OneOf((0.5, Phrase.Nothing), (0.4, Phrase.Words("a"))));
        Assert.Throws<ArgumentException>(() => Phrase.OneOf((1.5, Phrase.Nothing), (-0.5, Phrase.Words("a"))));
        Assert.Throws<ArgumentException>(() => Phrase.OneOf((double.NaN, Phrase.Nothing)));
    }

    /// <summary>
    /// Reads all sentences at once, word by word, keeping every derivation that is still possible. Where a sentence is derived
    /// twice, two derivations meet in the same state, or end together.
    /// </summary>
    private static bool IsUnambiguous(Phrase root)
    {
        HashSet<string> visited = [];
        Dictionary<Pending, int> numbers = [];
        return Explore([new Pending(root, null)]);

        bool Explore(IReadOnlyCollection<Pending> possible)
        {
            if (possible.Count != possible.Distinct().Count())
                return false;
            return !visited.Add(string.Join(' ', possible.Select(Number).Order())) || possible
                .SelectMany(Steps).GroupBy(step => step.Word, step => step.After)
                .All(group => group.Key.Length == 0 ? group.Count() == 1 : Explore([.. group.Select(after => after ?? Pending.End)]));
        }

        int Number(Pending pending) =>
            numbers.TryGetValue(pending, out int number) ? number : numbers[pending] = numbers.Count;

        static IEnumerable<(string Word, Pending? After)> Steps(Pending? pending) => pending?.Next switch
        {
            null => [("", null)],
            Word word => [(word.Text, pending.Then)],
            Sequence sequence => Steps(sequence.Parts.Reverse().Aggregate(pending.Then, (then, part) => new Pending(part, then))),
            Choice choice => choice.Alternatives.SelectMany(alternative => Steps(new Pending(alternative.Part, pending.Then))),
            _ => throw new InvalidOperationException(pending.ToString()),
        };
    }

    /// <summary>What a derivation still has to say.</summary>
    private sealed record Pending(Phrase Next, Pending? Then)
    {
        public static readonly Pending End = new(Phrase.Nothing, null);
    }

    private static string[] Sentences(Grammar grammar, int count, Func<double> uniform) =>
        [.. Enumerable.Range(0, count).Select(_ => grammar.Generate(1, uniform))];

    private static IEnumerable<string> Split(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(sentence => sentence + '\n');

    private static IEnumerable<(string Text, double Probability)> Enumerate(Phrase phrase) => phrase switch
    {
        Word word => [(word.Text, 1)],
        Sequence sequence => sequence.Parts.Aggregate(
            (IEnumerable<(string Text, double Probability)>)[("", 1)],
            (before, part) =>
            {
                var after = Enumerate(part).ToArray();
                return before.SelectMany(head => after.Select(tail => (head.Text + tail.Text, head.Probability * tail.Probability)));
            }),
        Choice choice => choice.Alternatives.SelectMany(
            alternative => Enumerate(alternative.Part).Select(tail => (tail.Text, alternative.Probability * tail.Probability))),
        _ => throw new InvalidOperationException(phrase.ToString()),
    };

    /// <summary>Nats a character of a trigram model with add-0.01 smoothing on a text it has not seen.</summary>
    private static double TrigramLoss(string training, string heldOut)
    {
        int[] ids = new int[128];
        int size = 0;
        foreach (char letter in training.Distinct().Order())
            ids[letter] = size++;
        double[,,] counts = new double[size, size, size];
        double[,] totals = new double[size, size];
        for (int i = 2; i < training.Length; i++)
        {
            counts[ids[training[i - 2]], ids[training[i - 1]], ids[training[i]]]++;
            totals[ids[training[i - 2]], ids[training[i - 1]]]++;
        }
        double loss = 0;
        for (int i = 2; i < heldOut.Length; i++)
        {
            (int a, int b, int c) = (ids[heldOut[i - 2]], ids[heldOut[i - 1]], ids[heldOut[i]]);
            loss -= Math.Log((counts[a, b, c] + 0.01) / (totals[a, b] + (0.01 * size)));
        }
        return loss / (heldOut.Length - 2);
    }
}
