using System.Text;
using Autograd.Zoo.Formats;

namespace Autograd.Tests.Zoo.Formats;

public sealed class ConlluFileTests : IDisposable
{
    private static readonly string Good = "# newdoc id = one\n# text = Don't go.\n"
        + Row("1-2", "Don't", "_") + Row("1", "Do", "AUX") + Row("2", "n't", "PART") + Row("3", "go", "VERB") + Row("4", ".", "PUNCT") + "\n"
        + "# text = Über 3 #\n"
        + Row("0.1", "nothing", "_") + Row("1", "Über", "ADP") + Row("2", "3", "NUM")
        + Row("2.1", "more", "VERB") + Row("2.2", "more", "X") + Row("3", "#", "SYM") + "\n"
        + Row("1", "Yes", "INTJ") + "\n";

    private static readonly TaggedSentence[] Sentences =
    [
        new(["Do", "n't", "go", "."], ["AUX", "PART", "VERB", "PUNCT"]),
        new(["Über", "3", "#"], ["ADP", "NUM", "SYM"]),
        new(["Yes"], ["INTJ"]),
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Words_and_parts_of_speech_come_back()
    {
        AssertSame(Sentences, Read(Good));
        AssertSame(Sentences, Read(Good.Replace("\n", "\r\n", StringComparison.Ordinal)));
        AssertSame(Sentences, Read("\uFEFF" + Good));
        AssertSame(Sentences, Read("\n" + Good.Replace("\n\n", "\n\n\n", StringComparison.Ordinal)));
        AssertSame(Sentences, ConlluFile.Read(_folder.Write("gz", Damage.Gzip(Damage.Utf8(Good)))));
        Assert.Equal("two words", Assert.Single(Read(Row("1", "two words", "NOUN") + "\n")).Words[0]);
    }

    [Fact]
    public void All_universal_parts_of_speech_are_known()
    {
        Assert.Equal(17, ConlluFile.Tags.Length);
        Assert.Equal(ConlluFile.Tags.Order(StringComparer.Ordinal), ConlluFile.Tags);
        string text = string.Concat(ConlluFile.Tags.Select((tag, i) => Row($"{i + 1}", "word", tag))) + "\n";
        Assert.Equal(ConlluFile.Tags, Assert.Single(Read(text)).Tags);
    }

    [Theory]
    [InlineData("1\tword\tword\tNOUN\n\n", 1, "10 columns", "4")]
    [InlineData("1 word word NOUN _ _ 0 root _ _\n\n", 1, "10 columns", "got 1;")]
    [InlineData("a text of another kind\n", 1, "10 columns", "got 1;")]
    [InlineData("1\tword\t_\tNOUN\t_\t_\t0\troot\t_\t_\t_\n\n", 1, "10 columns", "11")]
    [InlineData("1\t\t_\tNOUN\t_\t_\t0\troot\t_\t_\n\n", 1, "something in column 2", "nothing")]
    [InlineData("1\tword\t_\t\t_\t_\t0\troot\t_\t_\n\n", 1, "something in column 4", "nothing")]
    [InlineData("1\tword\t_\tNN\t_\t_\t0\troot\t_\t_\n\n", 1, "ADJ ADP", "'NN'")]
    [InlineData("1\tword\t_\t_\t_\t_\t0\troot\t_\t_\n\n", 1, "a universal part of speech in column 4", "'_'")]
    [InlineData("1\tword\t_\tnoun\t_\t_\t0\troot\t_\t_\n\n", 1, "a universal part of speech in column 4", "'noun'")]
    [InlineData(" \n", 1, "10 columns", "got 1;")]
    [InlineData("\n\n", 0, "sentences", "empty lines only")]
    [InlineData("# a comment\n\n", 2, "at least one word", "an empty line")]
    [InlineData("# a comment\n", 1, "an empty line behind the last sentence", "the end")]
    public void What_is_no_sentence_is_refused_with_its_line(string text, int line, string expected, string got)
    {
        Damage.Refused(() => Read(text), line == 0 ? _folder["conllu"] : $"conllu: line {line}:", expected, got);
    }

    [Theory]
    [InlineData("2", "the word 1", "'2'")]
    [InlineData("1 1", "the word 2", "'1'")]
    [InlineData("1 3", "the word 2", "'3'")]
    [InlineData("1 x", "the word 2", "'x'")]
    [InlineData("1 +2", "the word 2", "'+2'")]
    [InlineData("1 99999999999", "the word 2", "'99999999999'")]
    [InlineData("1 1-2 2", "a range from it", "'1-2'")]
    [InlineData("2-3 1 2 3", "a range from it", "'2-3'")]
    [InlineData("1 2-1 2", "a range from it", "'2-1'")]
    [InlineData("1-3 1 2-3 2 3", "a range from it", "'2-3'")]
    [InlineData("1 2-3-4 2", "a range from it", "'2-3-4'")]
    [InlineData("1 - 2", "a range from it", "'-'")]
    [InlineData("1 2.1 2", "the empty node 1.1", "'2.1'")]
    [InlineData("1 1.2 2", "the empty node 1.1", "'1.2'")]
    [InlineData("1 1.1 1.1 2", "the empty node 1.2", "'1.1'")]
    [InlineData("1 1. 2", "the empty node 1.1", "'1.'")]
    [InlineData("1 2-3 2", "the word 3", "an empty line")]
    [InlineData("1-2", "at least one word", "an empty line")]
    [InlineData("0.1", "at least one word", "an empty line")]
    [InlineData("1 # 2", "a word, or an empty line", "a comment")]
    [InlineData("1 2 #", "a word, or an empty line", "a comment")]
    public void Rows_are_in_order(string ids, string expected, string got)
    {
        string text = string.Concat(ids.Split(' ').Select(id => Row(id, "word", id.AsSpan().ContainsAny('-', '.') ? "_" : "NOUN"))) + "\n";
        Damage.Refused(() => Read("# first\n" + Row("1", "word", "NOUN") + "\n" + text), "conllu: line", expected, got);
    }

    [Fact]
    public void A_message_names_the_line_of_the_file()
    {
        Damage.Refused(() => Read(Good + Good + "1\tword\n"), "conllu: line 37:");
        Damage.Refused(() => ConlluFile.Read(_folder["none"]), _folder["none"], "sentences in CoNLL-U", "no file");
        Damage.Refused(() => Read(""), "an empty file");
    }

    [Fact]
    public void What_is_too_long_to_be_language_is_refused()
    {
        Damage.Refused(() => Read(Row("1", new string('a', 1_001), "NOUN") + "\n"), "conllu: line 1:", "a word of at most 1,000 letters", "got 1,001");
        string longest = string.Concat(Enumerable.Range(1, 1_000).Select(static id => Row($"{id}", "a", "NOUN")));
        Assert.Equal(1_000, Read(longest + "\n")[0].Words.Length);
        Damage.Refused(() => Read(longest + Row("1001", "a", "NOUN") + "\n"), "conllu: line 1001:", "1,000 words or fewer", "one more word");
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_file_cut_at_any_byte_is_refused_or_ends_with_a_whole_sentence(string lineEnd)
    {
        string text = Good.Replace("\n", lineEnd, StringComparison.Ordinal);
        byte[] good = Damage.Utf8(text);
        int accepted = 0;
        foreach ((int length, TaggedSentence[]? read) in Damage.Cuts(_folder, good, ConlluFile.Read))
        {
            string left = Encoding.UTF8.GetString(good.AsSpan(0, length));
            if (read is null)
            {
                Assert.False(left.EndsWith(lineEnd + lineEnd, StringComparison.Ordinal));
                continue;
            }

            // Nothing of a further sentence is left, or no more of the empty line than its \r.
            accepted++;
            Assert.Matches("\n(\n|\r\n?)\\z", left);
            AssertSame(Sentences[..left.TrimEnd().Split(lineEnd + lineEnd).Length], read);
        }

        Assert.Equal(lineEnd.Length == 1 ? 2 : 5, accepted);
    }

    [Fact]
    public void Changed_bytes_end_in_a_failure_or_in_sentences()
    {
        TaggedSentence[]?[] read = Damage.Mutations(_folder, Damage.Utf8(Good), ConlluFile.Read);
        Assert.Contains(read, sentences => sentences is not null);
        foreach (TaggedSentence sentence in read.OfType<TaggedSentence[]>().SelectMany(sentences => sentences))
        {
            Assert.NotEmpty(sentence.Words);
            Assert.Equal(sentence.Words.Length, sentence.Tags.Length);
            Assert.DoesNotContain("", sentence.Words);
            Assert.All(sentence.Tags, tag => Assert.Contains(tag, ConlluFile.Tags));
        }
    }

    private TaggedSentence[] Read(string text) => ConlluFile.Read(_folder.Write("conllu", Damage.Utf8(text)));

    private static string Row(string id, string word, string tag) => $"{id}\t{word}\t_\t{tag}\t_\t_\t0\troot\t_\t_\n";

    private static void AssertSame(TaggedSentence[] expected, TaggedSentence[] actual)
    {
        Assert.Equal(expected.Select(sentence => sentence.Words), actual.Select(sentence => sentence.Words));
        Assert.Equal(expected.Select(sentence => sentence.Tags), actual.Select(sentence => sentence.Tags));
    }
}
