namespace Autograd.Tests.Data;

public sealed class VocabularyTests
{
    /// <summary>Words of which some differ only in case, in what a culture would call equal, or in their place before and behind surrogates.</summary>
    private static readonly string[] Words = ["the", "The", "a", "é", "e\u0301", "Z", "", " ", "\uFF5E", "😀", "<unk>"];

    /// <summary>Random texts come back; numbers go by falling frequency and then by code units, whatever the order of the text.</summary>
    [Fact]
    public void TextsComeBackAndNumbersFollowFrequency() => Laws.HoldForChoices(60, Laws.Deep ? 20_000 : 500, (20_261_007, 1_234_567), choose =>
    {
        string[] text = [.. choose.Indices(choose.Between(0, 40), Words.Length).Select(static word => Words[word])];
        Vocabulary vocabulary = Vocabulary.Of(text);
        Assert.Equal(text, vocabulary.Decode(vocabulary.Encode(text)));
        Assert.Equal(text.Distinct(StringComparer.Ordinal).Count(), vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            Assert.Equal(id, vocabulary.IdOf(vocabulary[id]));
            if (id == 0) continue;
            int before = Times(text, vocabulary[id - 1]), here = Times(text, vocabulary[id]);
            Assert.True(before > here || (before == here && string.CompareOrdinal(vocabulary[id - 1], vocabulary[id]) < 0), $"'{vocabulary[id - 1]}' before '{vocabulary[id]}'");
        }

        Assert.Equal(vocabulary, Vocabulary.Of(text.Reverse()));
        Assert.Equal(vocabulary, new Vocabulary(vocabulary));

        // Rare words give way to the unknown one, and are decoded as it.
        int least = choose.Between(1, 4);
        string[] special = ["<pad>", "<unk>"];
        Vocabulary small = Vocabulary.Of(text, least, special, "<unk>");
        Assert.Equal(special, small.Take(2));
        Assert.Equal(text.Distinct(StringComparer.Ordinal).Where(word => word != "<unk>" && Times(text, word) >= least).Order(StringComparer.Ordinal), small.Skip(2).Order(StringComparer.Ordinal));
        Assert.Equal(text.Select(word => Times(text, word) >= least ? word : "<unk>"), small.Decode(small.Encode(text)));
    });

    [Fact]
    public void ByHand()
    {
        Vocabulary vocabulary = Vocabulary.Of("b a c a b a d <s> <s> <s> <s>".Split(' '), special: ["<pad>", "<s>", "?"], unknown: "?");
        Assert.Equal(["<pad>", "<s>", "?", "a", "b", "c", "d"], vocabulary);
        Assert.Equal((7, 2), (vocabulary.Count, vocabulary.UnknownId));
        Assert.Equal([3, 2, 2, 1], vocabulary.Encode(["a", "A", "", "<s>"]));
        Assert.Equal(["a", "?", "<pad>"], vocabulary.Decode([3, 2, 0]));
        Assert.Equal((true, false), (vocabulary.Contains("c"), vocabulary.Contains("C")));
        Assert.Equal(["<pad>", "<s>", "?", "a", "b"], Vocabulary.Of("b a c a b a d".Split(' '), minimumCount: 2, special: ["<pad>", "<s>", "?"], unknown: "?"));
        Assert.Equal(["h", "e", "l", "o"], new Vocabulary(["h", "e", "l", "o"]));
        Assert.Empty(Vocabulary.Of([]));
        Assert.Null(Vocabulary.Of(["a"]).UnknownId);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Vocabulary vocabulary = new(["a", "b"]);
        Assert.Contains("the token 'a' is there twice, as 0 and 2", Assert.Throws<ArgumentException>(static () => new Vocabulary(["a", "b", "a"])).Message, StringComparison.Ordinal);
        Assert.Contains("'?', which is to stand for unknown tokens, is not among the 2", Assert.Throws<ArgumentException>(static () => new Vocabulary(["a", "b"], "?")).Message, StringComparison.Ordinal);
        Assert.Contains("the token 's' is there twice", Assert.Throws<ArgumentException>(static () => Vocabulary.Of(["a"], special: ["s", "s"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(static () => Vocabulary.Of(["?", "a", "a"], minimumCount: 2, unknown: "?"));
        Assert.Contains("'c' is not among the 2 tokens", Assert.Throws<KeyNotFoundException>(() => vocabulary.IdOf("c")).Message, StringComparison.Ordinal);
        Assert.Throws<KeyNotFoundException>(() => vocabulary.Encode(["a", "c"]));
        Assert.Contains("there are 2 tokens, from 0 on; there is no 2", Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary[2]).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.Decode([0, -1]));
        Assert.Throws<ArgumentNullException>(static () => new Vocabulary(null!));
        Assert.Throws<ArgumentNullException>(static () => Vocabulary.Of(null!));
    }

    private static int Times(string[] text, string word)
    {
        int times = 0;
        foreach (string other in text)
        {
            if (string.Equals(other, word, StringComparison.Ordinal)) times++;
        }

        return times;
    }
}
