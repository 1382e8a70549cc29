using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Autograd;

/// <summary>Reads and checks the JSON header of a safetensors file.</summary>
/// <param name="file">The name for messages.</param>
/// <param name="header">The header, without the eight bytes of its length.</param>
/// <param name="fileLength">The length of the whole file.</param>
internal sealed class SafetensorsHeader(string file, byte[] header, long fileLength)
{
    private const int Prefix = sizeof(long);

    private readonly long _dataLength = fileLength - Prefix - header.Length;
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private bool _hasMetadata;
    private long _claimed;

    public (Dictionary<string, string>, SafetensorsEntry[], Dictionary<string, SafetensorsEntry>) Parse()
    {
        if (!Utf8.IsValid(header))
            throw Fail(0, "the header is not UTF-8.");
        var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            ReadHeader(ref reader);
        }
        catch (JsonException error)
        {
            throw new SafetensorsException(file, Prefix + reader.BytesConsumed, "the header is not valid JSON.", error);
        }
        catch (InvalidOperationException error)
        {
            // A string with an escaped lone surrogate, which no .NET string stands for.
            throw new SafetensorsException(file, Prefix + reader.TokenStartIndex, "a text is not valid Unicode.", error);
        }
        return (_metadata, InOrder(), ByName());
    }

    private void ReadHeader(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw Fail(reader.TokenStartIndex, "the header is not a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(Safetensors.MetadataKey))
                ReadMetadata(ref reader);
            else
                ReadTensor(ref reader);
        }
        // Reads to the end, where anything but blanks is an error.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (_hasMetadata)
            throw Fail(reader.TokenStartIndex, $"'{Safetensors.MetadataKey}' is there twice.");
        _hasMetadata = true;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fail(reader.TokenStartIndex, $"'{Safetensors.MetadataKey}' is not a JSON object.");
        int left = Safetensors.MaxMetadataLength;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            long keyOffset = reader.TokenStartIndex;
            string key = ReadText(ref reader, ref left);
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Fail(reader.TokenStartIndex, $"the metadata {Safetensors.Quote(key)} is not a text.");
            if (!_metadata.TryAdd(key, ReadText(ref reader, ref left)))
                throw Fail(keyOffset, $"the metadata {Safetensors.Quote(key)} is there twice.");
        }
    }

    private string ReadText(ref Utf8JsonReader reader, ref int left)
    {
        // Checked before and after: an escape takes up to six bytes for one, and a text is not decoded only to be refused.
        string? text = reader.ValueSpan.Length <= 6L * left ? reader.GetString() : null;
        if (text is null || (left -= Encoding.UTF8.GetByteCount(text)) < 0)
            throw Fail(reader.TokenStartIndex, $"the metadata are longer than {Safetensors.MaxMetadataLength} bytes.");
        return text;
    }

    private void ReadTensor(ref Utf8JsonReader reader)
    {
        long start = reader.TokenStartIndex;
        // An escape takes at most six bytes for one.
        if (reader.ValueSpan.Length > 6 * Safetensors.MaxNameLength
            || reader.GetString() is not string name || Encoding.UTF8.GetByteCount(name) > Safetensors.MaxNameLength)
            throw Fail(start, $"a name is longer than {Safetensors.MaxNameLength} bytes.");
        if (_entries.Count == Safetensors.MaxTensors)
            throw Fail(start, $"there are more than {Safetensors.MaxTensors} tensors.");
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fail(reader.TokenStartIndex, $"{Safetensors.Quote(name)} is not a JSON object.");

        // Names are quoted only in messages, and sizes wait here: a header may have very many tensors.
        string? dtype = null;
        Span<long> shape = stackalloc long[Safetensors.MaxRank], offsets = stackalloc long[2];
        int rank = -1, offsetCount = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            long property = reader.TokenStartIndex;
            if (reader.ValueTextEquals("dtype"u8))
            {
                Once(dtype is null, property);
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                    throw Fail(reader.TokenStartIndex, $"the type of {Safetensors.Quote(name)} is not a text.");
                string text = reader.ValueSpan.Length <= 64 ? reader.GetString()! : "…";
                if (!Safetensors.TryGetDType(text, out dtype))
                {
                    throw Fail(reader.TokenStartIndex, $"{Safetensors.Quote(name)} has the unknown type {Safetensors.Quote(text)}; "
                        + $"expected one of {Safetensors.DTypes}.");
                }
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                Once(rank < 0, property);
                rank = ReadNumbers(ref reader, name, shape);
            }
            else if (reader.ValueTextEquals("data_offsets"u8))
            {
                Once(offsetCount < 0, property);
                offsetCount = ReadNumbers(ref reader, name, offsets);
                if (offsetCount != 2)
                    throw Fail(property, $"the data_offsets of {Safetensors.Quote(name)} are not two numbers.");
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
        if (dtype is null || rank < 0 || offsetCount < 0)
            throw Fail(start, $"{Safetensors.Quote(name)} lacks its {(dtype is null ? "dtype" : rank < 0 ? "shape" : "data_offsets")}.");
        Add(name, dtype, shape[..rank].ToArray(), offsets[0], offsets[1], (int)start);

        void Once(bool isFirst, long offset)
        {
            if (!isFirst)
                throw Fail(offset, $"{Safetensors.Quote(name)} says the same thing twice.");
        }
    }

    private int ReadNumbers(ref Utf8JsonReader reader, string name, scoped Span<long> numbers)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fail(reader.TokenStartIndex, $"expected an array of sizes for {Safetensors.Quote(name)}.");
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || reader.ValueSpan[0] == '-' || !reader.TryGetInt64(out long number))
                throw Fail(reader.TokenStartIndex, $"expected a whole number from 0 to 2^63 - 1 for {Safetensors.Quote(name)}.");
            if (count == numbers.Length)
                throw Fail(reader.TokenStartIndex, $"expected at most {numbers.Length} numbers for {Safetensors.Quote(name)}.");
            numbers[count++] = number;
        }
        return count;
    }

    private void Add(string name, string dtype, long[] shape, long begin, long end, int start)
    {
        if (begin > end || end > _dataLength)
            throw Fail(start, $"{Safetensors.Quote(name)} lies at [{begin}, {end}) of the {_dataLength} bytes behind the header.");
        if (!Safetensors.TryGetByteCount(dtype, shape, out long byteCount) || byteCount != end - begin)
        {
            throw Fail(start, $"{Safetensors.Quote(name)} is {dtype} {Safetensors.List(shape)}, which does not fit its "
                + $"{end - begin} bytes.");
        }
        // Found here already, so that a header of nothing but overlaps ends at once.
        _claimed += byteCount;
        if (_claimed > _dataLength)
        {
            throw Fail(start, $"{Safetensors.Quote(name)} overlaps another tensor: together they claim more than the "
                + $"{_dataLength} bytes behind the header.");
        }
        _entries.Add(new SafetensorsEntry(name, dtype, shape, Prefix + header.Length + begin, byteCount, Prefix + start));
    }

    /// <summary>The tensors sorted by place: each must begin where the one before it ends, and the last must end with the file.</summary>
    private SafetensorsEntry[] InOrder()
    {
        SafetensorsEntry[] entries = [.. _entries];
        Array.Sort(entries, (a, b) => (a.Offset, a.ByteCount, a.HeaderOffset).CompareTo((b.Offset, b.ByteCount, b.HeaderOffset)));
        long end = Prefix + header.Length;
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Offset != end)
            {
                throw new SafetensorsException(file, entry.HeaderOffset, $"{Safetensors.Quote(entry.Name)} begins at byte {entry.Offset}, "
                    + (entry.Offset > end ? "after a hole: " : "within another tensor: ") + $"expected byte {end}.");
            }
            end += entry.ByteCount;
        }
        if (end != fileLength)
        {
            throw new SafetensorsException(file, end,
                $"expected the end of the file after the last tensor, got {fileLength - end} more bytes.");
        }
        return entries;
    }

    private Dictionary<string, SafetensorsEntry> ByName()
    {
        Dictionary<string, SafetensorsEntry> byName = new(_entries.Count, StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in _entries)
        {
            if (!byName.TryAdd(entry.Name, entry))
                throw new SafetensorsException(file, entry.HeaderOffset, $"the tensor {Safetensors.Quote(entry.Name)} is there twice.");
        }
        return byName;
    }

    private SafetensorsException Fail(long offset, string reason) => new(file, Prefix + offset, reason);
}
