using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Autograd.Zoo.CharLm;

/// <summary>
/// A text as ids of its characters. A character is a Unicode scalar value, so what takes two UTF-16 units is still one character.
/// </summary>
/// <remarks>A file is read once, front to back, straight into 16-bit ids: it needs twice its size in memory and no more.</remarks>
internal sealed class TextCorpus
{
    private const int BufferSize = 1 << 16;

    private readonly ushort[] _ids;

    private TextCorpus(string name, ushort[] ids, int count, CharacterSet characters, byte[] hash)
    {
        Name = name;
        _ids = ids;
        Count = count;
        Characters = characters;
        Hash = Convert.ToHexStringLower(hash);
    }

    /// <summary>The file, or a word for where the text comes from; for messages.</summary>
    public string Name { get; }

    /// <summary>Number of characters.</summary>
    public int Count { get; }

    /// <summary>The characters that the ids stand for.</summary>
    public CharacterSet Characters { get; }

    /// <summary>SHA-256 of the bytes of the text, in hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>The text, one id a character.</summary>
    public ReadOnlyMemory<ushort> Ids => _ids.AsMemory(0, Count);

    /// <summary>Reads a UTF-8 file; a byte order mark at its beginning is not part of the text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="characters">The only characters that may occur, with their ids; the characters of the text itself when null.</param>
    /// <exception cref="Failure">The file is missing, unreadable, empty, not UTF-8 or has a character that is not in the set.</exception>
    public static TextCorpus Load(string path, CharacterSet? characters = null)
    {
        if (Directory.Exists(path))
            throw new Failure(ExitCode.InputFile, path, "a text file", "a directory", "name a file in it");
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            if (file.CanSeek && file.Length > Array.MaxLength)
            {
                throw new Failure(ExitCode.Resources, path, $"a text of at most {Array.MaxLength:N0} bytes", $"{file.Length:N0} bytes",
                    "pass a part of the text");
            }
            return Read(file, path, file.CanSeek ? (int)file.Length : 0, characters);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new Failure(ExitCode.InputFile, path, "a text file", "no file of that name", "check the path", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new Failure(ExitCode.InputFile, path, "a file that can be read", error.Message, "check the path and its permissions",
                error);
        }
    }

    /// <summary>The corpus of a text in memory.</summary>
    /// <param name="name">A word for where the text comes from.</param>
    /// <param name="text">The text.</param>
    /// <param name="characters">The only characters that may occur; those of the text itself when null.</param>
    public static TextCorpus FromText(string name, string text, CharacterSet? characters = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Read(new MemoryStream(bytes), name, bytes.Length, characters);
    }

    private static TextCorpus Read(Stream stream, string name, int capacity, CharacterSet? known)
    {
        ushort[] ids = new ushort[capacity];
        int count = 0;
        var numbering = new Numbering(known);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferSize];
        long offset = 0; // of buffer[0] in the file
        int held = 0;    // bytes in the buffer: those of a character cut by the last read come first
        bool atEnd = false;
        while (!atEnd)
        {
            int read = stream.Read(buffer, held, buffer.Length - held);
            atEnd = read == 0;
            hash.AppendData(buffer, held, read);
            held += read;
            int position = offset == 0 && buffer.AsSpan(0, held).StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
            if (offset == 0 && held < Encoding.UTF8.Preamble.Length && !atEnd)
                continue;
            while (position < held)
            {
                OperationStatus status = Rune.DecodeFromUtf8(buffer.AsSpan(position, held - position), out Rune rune, out int consumed);
                if (status == OperationStatus.NeedMoreData && !atEnd)
                    break;
                if (status != OperationStatus.Done)
                {
                    throw new Failure(ExitCode.InputFile, $"{name}: byte {offset + position}", "UTF-8 text",
                        $"the invalid byte 0x{buffer[position]:x2}", "convert the file to UTF-8");
                }
                if (count == ids.Length)
                    Array.Resize(ref ids, (int)Math.Clamp(2L * count, BufferSize, Array.MaxLength));
                int id = numbering.IdOf(rune.Value);
                if (id < 0)
                    throw numbering.Refuse(name, offset + position, rune);
                ids[count++] = (ushort)id;
                position += consumed;
            }
            buffer.AsSpan(position, held - position).CopyTo(buffer);
            offset += position;
            held -= position;
        }
        if (count == 0)
            throw new Failure(ExitCode.InputFile, name, "text", offset == 0 ? "an empty file" : "nothing but a byte order mark",
                "pass a longer text");
        return new TextCorpus(name, ids, count, numbering.Finish(ids.AsSpan(0, count)), hash.GetHashAndReset());
    }

    /// <summary>Gives ids: those of a known set, or new ones in the order of appearance, put in order at the end.</summary>
    private sealed class Numbering
    {
        private const int CodePoints = 0x110000;

        private readonly CharacterSet? _known;
        private readonly ushort[] _ids = new ushort[CodePoints];
        private readonly bool[] _seen = new bool[CodePoints];
        private readonly List<int> _codePoints = [];

        public Numbering(CharacterSet? known)
        {
            _known = known;
            for (int id = 0; id < known?.Count; id++)
                Add(known[id].Value);
        }

        /// <summary>The id, or −1 when the set is closed or full.</summary>
        public int IdOf(int codePoint)
        {
            if (!_seen[codePoint])
            {
                if (_known is not null || _codePoints.Count == CharacterSet.MaxCount)
                    return -1;
                Add(codePoint);
            }
            return _ids[codePoint];
        }

        public Failure Refuse(string name, long offset, Rune rune)
        {
            string character = Rune.IsControl(rune) ? $"U+{rune.Value:X4}" : $"'{rune}' (U+{rune.Value:X4})";
            return _known is null
                ? new Failure(ExitCode.InputFile, $"{name}: byte {offset}", $"at most {CharacterSet.MaxCount:N0} different characters",
                    $"{character} after as many others", "pass a text of fewer characters")
                : new Failure(ExitCode.InputFile, $"{name}: byte {offset}", $"the {_known.Count} characters that the model was trained on",
                    character, "remove it, or train on a text that has it");
        }

        public CharacterSet Finish(Span<ushort> text)
        {
            if (_known is not null)
                return _known;
            int[] sorted = [.. _codePoints];
            Array.Sort(sorted);
            for (int id = 0; id < sorted.Length; id++)
                _ids[sorted[id]] = (ushort)id;
            ushort[] order = [.. _codePoints.Select(codePoint => _ids[codePoint])];
            foreach (ref ushort id in text)
                id = order[id];
            return new CharacterSet(sorted);
        }

        private void Add(int codePoint)
        {
            _ids[codePoint] = (ushort)_codePoints.Count;
            _seen[codePoint] = true;
            _codePoints.Add(codePoint);
        }
    }
}
