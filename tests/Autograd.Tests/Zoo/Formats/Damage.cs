using System.IO.Compression;
using System.Text;
using Autograd.Zoo;

namespace Autograd.Tests.Zoo.Formats;

/// <summary>Damaged copies of files, and what a reader may make of them: content or a <see cref="Failure"/>, never another exception.</summary>
internal static class Damage
{
    private static readonly byte[] Telling = [0, 1, 8, 0x1f, 0x7f, 0x80, 0xff, .. "\n\r\t ,.-\"#019eNx"u8];

    /// <summary>Calls <paramref name="read"/> with the content
    /// cut at every byte, and gives what it returned by the length left; null where it refused.</summary>
    public static IEnumerable<(int Length, T? Content)> Cuts<T>(TempFolder folder, byte[] good, Func<string, T> read)
        where T : class
    {
        for (int length = 0; length < good.Length; length++) yield return (length, OrNull(folder.Write("cut", good[..length]), read));
    }

    /// <summary>The same with a few bytes changed, put in, taken out or doubled; always the same thousand, twenty thousand with AUTOGRAD_DEEP=1.</summary>
    public static T?[] Mutations<T>(TempFolder folder, byte[] good, Func<string, T> read)
        where T : class
    {
        var random = new Random(good.Length);
        T?[] contents = new T?[Laws.Deep ? 20_000 : 1_000];
        for (int i = 0; i < contents.Length; i++)
        {
            List<byte> bytes = [.. good];
            for (int edits = random.Next(1, 4); edits > 0; edits--) Edit(bytes, random);
            contents[i] = OrNull(folder.Write("mutated", [.. bytes]), read);
        }

        Assert.Contains(contents, content => content is null);
        return contents;
    }

    /// <summary>Asserts that something is refused, with these words in the message.</summary>
    public static void Refused(Action read, params string[] words)
    {
        Failure failure = Assert.Throws<Failure>(read);
        Assert.True(failure.Code is ExitCode.InputFile or ExitCode.Resources);
        foreach (string word in words) Assert.Contains(word, failure.Message, StringComparison.Ordinal);
    }

    public static byte[] Gzip(byte[] content)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.Optimal)) gzip.Write(content);
        return output.ToArray();
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static T? OrNull<T>(string path, Func<string, T> read)
        where T : class
    {
        try
        {
            return read(path);
        }
        catch (Failure failure)
        {
            Assert.Equal(ExitCode.InputFile, failure.Code);
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            return null;
        }
    }

    private static void Edit(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count);
        int run = Math.Min(random.Next(1, 9), bytes.Count - at);
        byte value = random.Next(2) == 0 ? Telling[random.Next(Telling.Length)] : (byte)random.Next(256);
        switch (random.Next(5))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = value; break;
            case 2: bytes.Insert(at, value); break;
            case 3 when run < bytes.Count: bytes.RemoveRange(at, run); break;
            default: bytes.InsertRange(at, bytes.GetRange(at, run)); break;
        }
    }
}
