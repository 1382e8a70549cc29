using System.Buffers.Binary;
using System.IO.Compression;

namespace Autograd.Zoo.Formats;

/// <summary>Files as bytes, with one form of message for all that can be wrong with a path.</summary>
internal static class Files
{
    /// <summary>Refuses what is not a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="what">What it should have, for messages.</param>
    /// <exception cref="Failure">There is no such folder, or it is a file.</exception>
    public static void RequireFolder(string path, string what)
    {
        if (!Directory.Exists(path)) throw new Failure(ExitCode.InputFile, path, $"a folder with {what}", File.Exists(path) ? "a file" : "no such folder", "check the path");
    }

    /// <summary>A file's content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, for messages.</param>
    /// <param name="maxBytes">The largest size taken.</param>
    /// <exception cref="Failure">The file is missing, a folder, unreadable or too large.</exception>
    public static byte[] Read(string path, string what, long maxBytes)
    {
        if (Directory.Exists(path)) throw new Failure(ExitCode.InputFile, path, what, "a folder", "name a file in it");
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (file.Length > maxBytes)
            {
                throw new Failure(ExitCode.Resources, path, $"{what} of at most {maxBytes:#,0} bytes", $"{file.Length:#,0} bytes", "pass a part of it");
            }

            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new Failure(ExitCode.InputFile, path, what, "no file of that name", "check the path", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new Failure(ExitCode.InputFile, path, "a file that can be read", error.Message, "check the path and its permissions", error);
        }
    }

    /// <summary>The content of a file that may be compressed by gzip.</summary>
    /// <exception cref="Failure">As of <see cref="Read"/>, or it is damaged.</exception>
    public static byte[] ReadMaybeCompressed(string path, string what, long maxBytes)
    {
        byte[] content = Read(path, what, maxBytes);
        if (content is not [0x1f, 0x8b, ..]) return content;
        try
        {
            using GZipStream gzip = new(new MemoryStream(content), CompressionMode.Decompress);
            using MemoryStream output = new();
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = gzip.Read(buffer)) > 0;)
            {
                if (output.Length + read > maxBytes)
                {
                    throw new Failure(ExitCode.Resources, path, $"{what} of at most {maxBytes:#,0} bytes",
                        "more than that once decompressed", "pass a part of it");
                }

                output.Write(buffer, 0, read);
            }

            // A stream that never ends gives what is there of it without a word, and unchecked. A file's last eight bytes say what should be there.
            byte[] whole = output.ToArray();
            if (content.Length < 18 || BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan()[^4..]) != (uint)whole.Length)
            {
                throw new Failure(ExitCode.InputFile, path, "a whole gzip file",
                    $"one that ends after {whole.Length:#,0} bytes of content", "fetch the file again");
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan()[^8..]) != Crc32(whole))
            {
                throw new Failure(ExitCode.InputFile, path, "a gzip file whose content fits its check sum", "other content", "fetch the file again");
            }

            return whole;
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw new Failure(ExitCode.InputFile, path, "a gzip file", "a damaged one", "fetch the file again", error);
        }
    }

    /// <summary>The check sum of RFC 1952.</summary>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        Span<uint> table = stackalloc uint[256];
        for (int i = 0; i < table.Length; i++)
        {
            uint remainder = (uint)i;
            for (int bit = 0; bit < 8; bit++) remainder = (remainder >> 1) ^ ((remainder & 1) * 0xEDB88320);
            table[i] = remainder;
        }

        uint crc = uint.MaxValue;
        foreach (byte value in bytes) crc = (crc >> 8) ^ table[(byte)(crc ^ value)];
        return ~crc;
    }
}
