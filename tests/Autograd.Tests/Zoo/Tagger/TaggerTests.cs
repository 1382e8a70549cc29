using System.Text;
using Autograd.Zoo;
using Autograd.Zoo.Formats;
using Autograd.Zoo.Tagger;

namespace Autograd.Tests.Zoo.Tagger;

/// <summary>Parts of speech.</summary>
public sealed class TaggerTests
{
    private static readonly string[] Small = ["--epochs", "2", "--embedding", "12", "--spelling", "12", "--hidden", "16", "--dropout", "0", "--learning-rate", "0.02"];

    [Theory]
    [InlineData("words")]
    [InlineData("crf")]
    public void AShortRunLearnsFromPlaceAndSpelling(string output)
    {
        using TempFolder folder = new();
        Assert.InRange(ZooRun.Value("tagger", folder["run"], ["--output", output, .. Small]), 0.9, 1);
        (int code, string tagged, string error) = ZooRun.Invoke("predict", folder["run"], "the florish bagol vetos .");
        Assert.True(code == 0, error);
        Assert.StartsWith("the/DET florish/", tagged, StringComparison.Ordinal);
        Assert.Contains("./PUNCT (unknown, and judged by spelling and place: ", tagged, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesAreFoundByTheirPart()
    {
        using TempFolder folder = new();
        Assert.Contains("a file *dev.conllu, got none", Refused(), StringComparison.Ordinal);
        Write("x-ud-dev.conllu", 40);
        Assert.Contains("a file *test.conllu, got none", Refused(), StringComparison.Ordinal);
        Write("x-ud-test.conllu", 3);
        TaggedCorpus corpus = TaggedCorpus.Read(folder.Path);
        Assert.Equal((38, 2, 3), (corpus.Train.Length, corpus.Validation.Length, corpus.Test.Length));
        Write("x-ud-train.conllu", 100);
        Assert.Equal(95, TaggedCorpus.Read(folder.Path).Train.Length);
        folder.Write("x-ud-test.conllu", Encoding.UTF8.GetBytes("1\tdog\tdog\tCAT\n\n"));
        Assert.Contains("x-ud-test.conllu", Refused(), StringComparison.Ordinal);

        string Refused()
        {
            Failure refused = Assert.Throws<Failure>(() => TaggedCorpus.Read(folder.Path));
            Assert.Equal(ExitCode.InputFile, refused.Code);
            return refused.Message;
        }

        void Write(string name, int sentences) => folder.Write(name, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1\tDogs\tdog\tNOUN\t_\t_\t0\troot\t_\t_\n2\tbark\tbark\tVERB\t_\t_\t1\tdep\t_\t_\n\n", sentences))));
    }

    [Fact]
    public void WordsThatComeOnceAreUnknown()
    {
        TaggedSentence Sentence(params string[] words) => new(words, [.. words.Select(static _ => "X")]);
        TaggedCorpus corpus = new("", [Sentence("The", "the", "dog"), Sentence("a", "A", "a")], [], []);
        Assert.Equal(["<pad>", "<unknown>", "a", "the"], corpus.Words());
        Assert.Equal(["<pad>", "<unknown>", "A", "T", "a", "d", "e", "g", "h", "o", "t"], corpus.Letters().Order(StringComparer.Ordinal));
    }

    /// <summary>The made-up tags hang on more than the word: what ends in -ish, -s, -ly is told by its letters, nouns by their place.</summary>
    [Fact]
    public void MadeUpSentencesAreRight()
    {
        TaggedCorpus corpus = TaggedCorpus.MadeUp();
        Assert.Equal(1_000, corpus.Train.Length + corpus.Validation.Length + corpus.Test.Length);
        Assert.Equal(corpus.Train[0].Words, TaggedCorpus.MadeUp().Train[0].Words);
        foreach (TaggedSentence sentence in corpus.Train)
        {
            foreach ((string word, string tag) in sentence.Words.Zip(sentence.Tags))
            {
                Assert.Contains(tag, ConlluFile.Tags);
                if (tag == "ADJ") Assert.EndsWith("ish", word, StringComparison.Ordinal);
                if (tag == "ADV") Assert.EndsWith("ly", word, StringComparison.Ordinal);
            }
        }
    }
}
