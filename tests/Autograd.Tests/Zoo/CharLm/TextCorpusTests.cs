using System.Text;
using Autograd.Zoo;
using Autograd.Zoo.CharLm;
using FsCheck;
using FsCheck.Fluent;

namespace Autograd.Tests.Zoo.CharLm;

public sealed class TextCorpusTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Characters_are_scalar_values_in_code_point_order()
    {
        TextCorpus text = Load("é😀a\0a\r\n😀\uFFFDb\uE000"u8.ToArray());
        Assert.Equal(11, text.Count);
        Assert.Equal("\0\n\rabé\uE000\uFFFD😀", text.Characters.ToString());
        Assert.Equal("é😀a\0a\r\n😀\uFFFDb\uE000", Decode(text));
        Assert.Equal(new Rune(0x1F600), text.Characters[text.Characters.Count - 1]);
    }

    [Fact]
    public void Any_text_comes_back()
    {
        Gen<string> texts =
            from runes in Gen.ListOf(Gen.Frequency(
                (6, Gen.Choose(0, 0x7F)), (2, Gen.Choose(0x80, 0xD7FF)), (1, Gen.Choose(0xE000, 0xFFFF)),
                (2, Gen.Choose(0x10000, 0x10FFFF))))
            where runes.Count > 0
            select string.Concat(runes.Select(rune => new Rune(rune).ToString()));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(17, 19), Prop.ForAll(texts.ToArbitrary(), value =>
        {
            // A byte order mark that is text stands behind one that is not.
            TextCorpus text = Load([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(value)]);
            Assert.Equal(value, Decode(text));
            Assert.Equal(CharacterSet.Of(value).ToString(), text.Characters.ToString());
            Assert.Equal(value, Decode(TextCorpus.FromText("text", value.StartsWith('\uFEFF') ? '\uFEFF' + value : value)));
        }));
    }

    [Fact]
    public void A_byte_order_mark_is_skipped_only_at_the_beginning()
    {
        Assert.Equal("ab", Decode(Load([0xEF, 0xBB, 0xBF, .. "ab"u8])));
        Assert.Equal("\uFEFFab", Decode(Load([0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, .. "ab"u8])));
        Assert.Equal("a\uFEFFb", Decode(Load([.. "a"u8, 0xEF, 0xBB, 0xBF, .. "b"u8])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_character_may_lie_across_reads(int shift)
    {
        string value = new string('x', shift) + string.Concat(Enumerable.Repeat("😀é€", 30_000));
        Assert.Equal(value, Decode(Load(Encoding.UTF8.GetBytes(value))));
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0xFF }, 1)]                    // never a byte of UTF-8
    [InlineData(new byte[] { 0x80 }, 0)]                          // continuation without a lead
    [InlineData(new byte[] { 0x61, 0x62, 0xC3 }, 2)]              // cut at the end
    [InlineData(new byte[] { 0xE2, 0x82 }, 0)]                    // cut at the end, shorter than a byte order mark
    [InlineData(new byte[] { 0xC0, 0x80 }, 0)]                    // overlong NUL
    [InlineData(new byte[] { 0x61, 0xED, 0xA0, 0x80 }, 1)]        // a surrogate
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 }, 0)]        // beyond U+10FFFF
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, 0x61, 0xE9, 0x20 }, 4)] // Latin-1 é after a mark and a letter
    [InlineData(new byte[] { 0xFF, 0xFE, 0x61, 0x00 }, 0)]        // UTF-16
    public void Bytes_that_are_not_utf8_are_named_by_offset(byte[] content, int offset) =>
        Refused(content, $": byte {offset}: expected UTF-8 text, got the invalid byte 0x{content[offset]:x2}; ");

    [Fact]
    public void Bad_bytes_are_found_far_into_a_file()
    {
        byte[] content = new byte[200_001];
        content.AsSpan().Fill((byte)'a');
        content[^1] = 0xE9;
        Refused(content, ": byte 200000: expected UTF-8 text");
        content[65_536] = 0x80;
        Refused(content, ": byte 65536: expected UTF-8 text");
    }

    [Fact]
    public void Random_bytes_are_text_or_a_refusal()
    {
        var random = new Random(5);
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        int accepted = 0;
        for (int round = 0; round < 600; round++)
        {
            byte[] content = Encoding.UTF8.GetBytes("é😀 text € of it");
            for (int edit = random.Next(3); edit > 0; edit--)
                content[random.Next(content.Length)] = (byte)random.Next(256);
            content = content[random.Next(3)..^random.Next(3)];
            string? expected = null;
            try
            {
                expected = strict.GetString(content);
            }
            catch (DecoderFallbackException)
            {
                Refused(content, "expected UTF-8 text");
            }
            if (expected is not null)
            {
                Assert.Equal(expected, Decode(Load(content)));
                accepted++;
            }
        }
        Assert.InRange(accepted, 60, 540);
    }

    [Fact]
    public void Files_that_cannot_be_read()
    {
        Refused([], "expected text, got an empty file");
        Refused([0xEF, 0xBB, 0xBF], "expected text, got nothing but a byte order mark");
        Assert.Contains("got no file of that name", Failing(() => TextCorpus.Load(_folder["missing.txt"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("got no file of that name", Failing(() => TextCorpus.Load(_folder["no/such.txt"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("got a directory", Failing(() => TextCorpus.Load(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("a file that can be read", Failing(() => TextCorpus.Load("a\0b")).Message, StringComparison.Ordinal);
        Assert.Contains("a file that can be read", Failing(() => TextCorpus.Load("")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Characters_outside_a_given_set_are_refused()
    {
        var set = CharacterSet.Of("abc");
        Assert.Equal([2, 0], Load("ca"u8.ToArray(), set).Ids.ToArray().Select(id => (int)id));
        Refused("abé"u8.ToArray(), ": byte 2: expected the 3 characters that the model was trained on, got 'é' (U+00E9); ", set);
        Refused("ab\u001b[31m"u8.ToArray(), ": byte 2: expected the 3 characters that the model was trained on, got U+001B; ", set);
    }

    [Fact]
    public void More_characters_than_ids_are_refused()
    {
        string many = string.Concat(Enumerable.Range(0x10000, CharacterSet.MaxCount).Select(codePoint => new Rune(codePoint).ToString()));
        Assert.Equal(CharacterSet.MaxCount, Load(Encoding.UTF8.GetBytes(many)).Characters.Count);
        Refused(Encoding.UTF8.GetBytes(many + "a"), $": byte {4 * CharacterSet.MaxCount}: expected at most 65,536 different characters");
    }

    [Fact]
    public void Reading_needs_twice_the_size_of_the_file()
    {
        byte[] content = new byte[20_000_000];
        content.AsSpan().Fill((byte)'a');
        string path = _folder.Write("line.txt", content);
        long before = GC.GetAllocatedBytesForCurrentThread();
        TextCorpus.Load(path);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2 * content.Length) + (16 << 20));
    }

    [Fact]
    public void The_hash_is_that_of_the_bytes()
    {
        byte[] content = "some text"u8.ToArray();
        string expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        Assert.Equal(expected, Load(content).Hash);
        Assert.Equal(expected, TextCorpus.FromText("text", "some text").Hash);
    }

    private static string Decode(TextCorpus text) => text.Characters.Decode([.. text.Ids.ToArray().Select(id => (int)id)]);

    private TextCorpus Load(byte[] content, CharacterSet? set = null) => TextCorpus.Load(_folder.Write("text.txt", content), set);

    private void Refused(byte[] content, string message, CharacterSet? set = null)
    {
        string path = _folder.Write("text.txt", content);
        Failure failure = Failing(() => TextCorpus.Load(path, set));
        Assert.StartsWith(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    private static Failure Failing(Action action)
    {
        Failure failure = Assert.Throws<Failure>(action);
        Assert.Equal(ExitCode.InputFile, failure.Code);
        return failure;
    }
}
