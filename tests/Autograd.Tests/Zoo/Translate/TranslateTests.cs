using System.Text;
using Autograd.Zoo;
using Autograd.Zoo.Formats;
using Autograd.Zoo.Translate;

namespace Autograd.Tests.Zoo.Translate;

/// <summary>Translation.</summary>
public sealed class TranslateTests
{
    [Fact]
    public void AShortRunLearns()
    {
        using TempFolder folder = new();
        string[] small = ["--epochs", "3", "--embedding", "24", "--encoder", "24", "--decoder", "32", "--readout", "24", "--dropout", "0", "--learning-rate", "0.02", "--batch", "32", "--beam", "2"];
        Assert.InRange(ZooRun.Value("translate", folder["run"], small), 60, 100);
        (int code, string output, string error) = ZooRun.Invoke("predict", folder["run"], "heute sieht der hund das kazoo .");
        Assert.True(code == 0, error);
        Assert.EndsWith(" (unknown, and read as <unknown>: kazoo)", output.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("<", output.Split(" (unknown")[0], StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, ZooRun.Invoke("predict", folder["run"], "").Code);
        (code, string page, error) = ZooRun.Invoke("report", folder["run"]);
        Assert.True(code == 0, error);
        Assert.Contains("looks at", File.ReadAllText(Directory.GetFiles(folder["run"], "*.html").Single()), StringComparison.Ordinal);
    }

    [Fact]
    public void FilesAreFoundByPartAndLanguage()
    {
        using TempFolder folder = new();
        Assert.Contains("no such folder", Refused(folder["nothing"]), StringComparison.Ordinal);
        Assert.Contains("a file train*.xx, got none", Refused(folder.Path), StringComparison.Ordinal);
        foreach (string part in (string[])["train", "val", "test_2016"])
        {
            folder.Write($"{part}.xx", Encoding.UTF8.GetBytes($"{part} ja ja\nnein\n"));
            folder.Write($"{part}.yy", Encoding.UTF8.GetBytes($"{part} yes yes\nno\n"));
        }

        ParallelCorpus corpus = ParallelCorpus.Read(folder.Path, "xx", "yy");
        Assert.Equal(["test_2016", "ja", "ja"], corpus.Test[0].Source);
        Assert.Equal(["<pad>", "<unknown>", "</s>", "yes"], corpus.Words(static pair => pair.Target));
        Assert.Equal(ParallelCorpus.MarkId, corpus.Words(static pair => pair.Target).IdOf(ParallelCorpus.Mark));
        folder.Write("val.yy", Encoding.UTF8.GetBytes("yes\n"));
        Assert.Contains("expected 2 lines, as in ", Refused(folder.Path), StringComparison.Ordinal);

        static string Refused(string path)
        {
            Failure refused = Assert.Throws<Failure>(() => ParallelCorpus.Read(path, "xx", "yy"));
            Assert.Equal(ExitCode.InputFile, refused.Code);
            return refused.Message;
        }
    }

    /// <summary>Some sentences whose words can be followed one by one: gender, case, the verb's place.</summary>
    [Fact]
    public void MadeUpSentencesAreGermanAndEnglish()
    {
        ParallelCorpus corpus = ParallelCorpus.MadeUp();
        Assert.Equal((3_000, 200, 200), (corpus.Train.Length, corpus.Validation.Length, corpus.Test.Length));
        SentencePair[] all = [.. corpus.Train, .. corpus.Validation, .. corpus.Test];
        Assert.Equal(all.Length, all.Select(static pair => string.Join(' ', pair.Source)).Distinct().Count());
        Assert.Equal(all[7].Source, ParallelCorpus.MadeUp().Train[7].Source);
        HashSet<string> phrases = [.. all.SelectMany(static pair => pair.Source.Zip(pair.Source.Skip(1), static (a, b) => $"{a} {b}"))];
        foreach (string right in (string[])["den hund", "der hund", "eine katze", "das kind", "neben", "ein kleines", "einen roten"])
            Assert.Contains(phrases, phrase => phrase.StartsWith(right, StringComparison.Ordinal));
        foreach (string wrong in (string[])["die hund", "das katze", "den kind", "eine hund", "einen katze"]) Assert.DoesNotContain(wrong, phrases);
        foreach (SentencePair pair in all.Where(static pair => pair.Source.Contains("hat")))
        {
            Assert.Contains("has", pair.Target);
            Assert.Matches("^ge", pair.Source[^2]); // the participle stands last
        }
    }
}
