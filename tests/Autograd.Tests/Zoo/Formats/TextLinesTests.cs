using System.Text;
using Autograd.Zoo.Formats;

namespace Autograd.Tests.Zoo.Formats;

public sealed class TextLinesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a\n", "a")]
    [InlineData("a\nb", "a|b")]
    [InlineData("a\r\nb\r\n", "a|b")]
    [InlineData("a\n\n", "a|")]
    [InlineData("\n", "")]
    [InlineData("\uFEFFä\né😀\n", "ä|é😀")]
    [InlineData("a\u0085b\u2028c\rd\n", "a\u0085b\u2028c\rd")]
    public void Lines_end_at_line_feeds_alone(string text, string lines)
    {
        Assert.Equal(lines.Split('|'), TextLines.Read(_folder.Write("text", Damage.Utf8(text)), "text", out bool ended));
        Assert.Equal(text.EndsWith('\n'), ended);
        Assert.Equal(lines.Split('|'), TextLines.Read(_folder.Write("text.gz", Damage.Gzip(Damage.Utf8(text))), "text"));
    }

    [Fact]
    public void What_is_no_text_is_refused_with_its_line()
    {
        Damage.Refused(() => Read([]), "expected text", "an empty file");
        Damage.Refused(() => Read([0xEF, 0xBB, 0xBF]), "an empty file");
        Damage.Refused(() => Read([.. "a\nb\nc"u8, 0xE4, .. "\n"u8]), ": line 3:", "text in UTF-8");
        Damage.Refused(() => Read(Encoding.Unicode.GetBytes("a\nb")), ": line 1:", "a zero byte");
        Damage.Refused(() => Read([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\nb")]), ": line 1:", "a zero byte");
        Damage.Refused(() => TextLines.Read(_folder["none"], "text"), _folder["none"], "no file of that name");
    }

    [Fact]
    public void A_message_shows_no_more_than_the_beginning_of_a_long_field()
    {
        Assert.Equal($"'{new string('a', 40)}'", TextLines.Show(new string('a', 40)));
        Assert.Equal($"'{new string('a', 40)}...'", TextLines.Show(new string('a', 1_000_000)));
    }

    [Fact]
    public void What_is_too_large_is_refused()
    {
        using (FileStream file = File.Create(_folder["large"])) file.SetLength((1L << 29) + 1);
        Damage.Refused(() => TextLines.Read(_folder["large"], "text"), "536,870,912", "536,870,913");
    }

    private string[] Read(byte[] content) => TextLines.Read(_folder.Write("text", content), "text");
}
