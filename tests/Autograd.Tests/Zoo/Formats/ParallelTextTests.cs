using Autograd.Zoo.Formats;

namespace Autograd.Tests.Zoo.Formats;

public sealed class ParallelTextTests : IDisposable
{
    private const string German = "ein hund läuft .\nzwei  hunde schlafen .\nja .\n";
    private const string English = "a dog runs .\ntwo dogs sleep . \nyes .\n";

    private static readonly string[][] GermanTokens = [["ein", "hund", "läuft", "."], ["zwei", "hunde", "schlafen", "."], ["ja", "."]];
    private static readonly string[][] EnglishTokens = [["a", "dog", "runs", "."], ["two", "dogs", "sleep", "."], ["yes", "."]];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lines_come_back_in_pairs_of_tokens()
    {
        AssertGood(Read(German, English));
        AssertGood(Read("\uFEFF" + German, English.Replace("\n", "\r\n", StringComparison.Ordinal)));
        AssertGood(Read(German[..^1], English[..^1]));
        _folder.Write("de.gz", Damage.Gzip(Damage.Utf8(German)));
        AssertGood(ParallelText.Read(_folder["de.gz"], _folder.Write("en", Damage.Utf8(English))));
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_refused()
    {
        Damage.Refused(() => Read(German, English + "more .\n"), "en:", "3 lines", "de", "got 4");
        Damage.Refused(() => Read(German + German, English), "en:", "6 lines", "got 3");
        Damage.Refused(() => Read(German, English[..^1]), "en: line 3:", "a line end", "the end of the file");
        Damage.Refused(() => Read(German[..^1], English), "de: line 3:", "a line end");
        Damage.Refused(() => Read("ein\n\nzwei\n", "one\n.\ntwo\n"), "de: line 2:", "a sentence", "an empty line");
        Damage.Refused(() => Read("ein\n.\nzwei\n", "one\n.\n  \n"), "en: line 3:", "an empty line");
        Damage.Refused(() => Read("\n", "\n"), "de: line 1:", "an empty line");
        Damage.Refused(() => Read("ein\n" + string.Concat(Enumerable.Repeat("und ", 251)) + "\n", "one\nand\n"), "de: line 2:", "at most 250 words", "got 251");
        Damage.Refused(() => Read("", English), "de:", "an empty file");
        Damage.Refused(() => Read(German, ""), "en:", "an empty file");
        Damage.Refused(() => ParallelText.Read(_folder["de"], _folder["none"]), _folder["none"], "no file");
        _folder.Write("latin", [.. "ein M"u8, 0xE4, .. "dchen .\n"u8]);
        Damage.Refused(() => ParallelText.Read(_folder["latin"], _folder["de"]), "latin: line 1:", "UTF-8");
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        Read(German, English);
        Assert.All(Damage.Cuts(_folder, Damage.Utf8(German), path => ParallelText.Read(path, _folder["en"])), Refused);
        Assert.All(Damage.Cuts(_folder, Damage.Utf8(English), path => ParallelText.Read(_folder["de"], path)), Refused);

        static void Refused((int Length, SentencePair[]? Content) cut) => Assert.Null(cut.Content);
    }

    [Fact]
    public void Changed_bytes_end_in_a_failure_or_in_pairs()
    {
        Read(German, English);
        SentencePair[]?[] read =
        [
            .. Damage.Mutations(_folder, Damage.Utf8(German), path => ParallelText.Read(path, _folder["en"])),
            .. Damage.Mutations(_folder, Damage.Utf8(English), path => ParallelText.Read(_folder["de"], path)),
        ];
        Assert.Contains(read, pairs => pairs is not null);
        foreach (SentencePair[] pairs in read.OfType<SentencePair[]>())
        {
            Assert.Equal(3, pairs.Length);
            Assert.All(pairs, pair => Assert.True(pair.Source.Length > 0 && pair.Target.Length > 0));
            Assert.DoesNotContain("", pairs.SelectMany(pair => pair.Source.Concat(pair.Target)));
        }
    }

    private SentencePair[] Read(string german, string english) =>
        ParallelText.Read(_folder.Write("de", Damage.Utf8(german)), _folder.Write("en", Damage.Utf8(english)));

    private static void AssertGood(SentencePair[] pairs)
    {
        Assert.Equal(GermanTokens, pairs.Select(pair => pair.Source));
        Assert.Equal(EnglishTokens, pairs.Select(pair => pair.Target));
    }
}
