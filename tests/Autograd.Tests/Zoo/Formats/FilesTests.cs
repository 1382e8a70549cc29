using Autograd.Zoo.Formats;

namespace Autograd.Tests.Zoo.Formats;

public sealed class FilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Content_comes_back_plain_or_compressed()
    {
        byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * i / 7))];
        Assert.Equal(content, Files.Read(_folder.Write("plain", content), "bytes", content.Length));
        Assert.Equal(content, Files.ReadMaybeCompressed(_folder["plain"], "bytes", content.Length));
        Assert.Equal(content, Files.ReadMaybeCompressed(_folder.Write("gz", Damage.Gzip(content)), "bytes", content.Length));
        Assert.Equal([], Files.ReadMaybeCompressed(_folder.Write("empty", []), "bytes", 10));
        Assert.Equal([], Files.ReadMaybeCompressed(_folder.Write("empty.gz", Convert.FromHexString("1f8b080000000000000303000000000000000000")), "bytes", 99));
    }

    [Fact]
    public void A_path_that_is_no_file_is_refused_by_its_name()
    {
        Damage.Refused(() => Files.Read(_folder["none"], "bytes", 10), _folder["none"], "expected bytes", "no file of that name");
        Damage.Refused(() => Files.Read(Path.Combine(_folder["none"], "none"), "bytes", 10), "no file of that name");
        Damage.Refused(() => Files.Read(_folder.Path, "bytes", 10), _folder.Path, "a folder");
        Damage.Refused(() => Files.Read("", "bytes", 10), "a file that can be read");
        Damage.Refused(() => Files.Read("a\0b", "bytes", 10), "a file that can be read");
    }

    [Fact]
    public void What_is_too_large_is_refused_before_it_is_held()
    {
        _folder.Write("file", new byte[1_001]);
        Damage.Refused(() => Files.Read(_folder["file"], "bytes", 1_000), "at most 1,000 bytes", "1,001 bytes");

        // A hundred million zeros in a hundred thousand bytes.
        _folder.Write("bomb", Damage.Gzip(new byte[100_000_000]));
        Damage.Refused(() => Files.ReadMaybeCompressed(_folder["bomb"], "bytes", 200_000), "at most 200,000 bytes", "once decompressed");
    }

    [Fact]
    public void A_gzip_file_cut_off_or_damaged_anywhere_is_refused()
    {
        byte[] content = [.. Enumerable.Range(0, 2_000).Select(i => (byte)(i * i / 7))];
        byte[] good = Damage.Gzip(content);
        foreach ((int length, byte[]? read) in Damage.Cuts(_folder, good, path => Files.ReadMaybeCompressed(path, "bytes", 1 << 20)))
        {
            // One byte or none is no gzip file yet, and is for the reader of its format to refuse.
            Assert.Equal(length < 2 ? good[..length] : null, read);
        }

        // The check sum tells every change of the content; without the first two bytes a file is none of gzip's.
        Assert.All(Damage.Mutations(_folder, good, Read), read => Assert.True(read is null || read.AsSpan().SequenceEqual(content)));

        byte[] Read(string path) => File.ReadAllBytes(path) is [0x1f, 0x8b, ..] ? Files.ReadMaybeCompressed(path, "bytes", 1 << 20) : content;
    }

    [Fact]
    public void A_gzip_file_is_held_against_its_check_sum()
    {
        // One stored block, the check sum of "123456789" and the size; with a byte of the check sum gone, inflating it never gets to the check.
        byte[] file = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 9, 0, 0xF6, 0xFF, .. "123456789"u8, 0x26, 0x39, 0xF4, 0xCB, 9, 0, 0, 0];
        Assert.Equal("123456789"u8.ToArray(), Files.ReadMaybeCompressed(_folder.Write("gz", file), "bytes", 100));
        for (int bit = 0; bit < 8 * 9; bit++)
        {
            byte[] changed = [.. file];
            changed[15 + (bit / 8)] ^= (byte)(1 << (bit % 8));
            Damage.Refused(() => Files.ReadMaybeCompressed(_folder.Write("gz", changed), "bytes", 100), "gz:", "gzip file");
            Damage.Refused(() => Files.ReadMaybeCompressed(_folder.Write("gz", [.. changed[..24], .. changed[25..]]), "bytes", 100), "gz:", "gzip file");
        }
    }

    [Fact]
    public void Two_gzip_files_in_one_are_refused_not_half_read()
    {
        byte[] one = Damage.Gzip([1, 2, 3]);
        _folder.Write("two", [.. one, .. one]);
        Damage.Refused(() => Files.ReadMaybeCompressed(_folder["two"], "bytes", 100), "a whole gzip file");
    }
}
