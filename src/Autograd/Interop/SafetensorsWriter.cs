using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Autograd;

/// <summary>
/// Writes a safetensors file: metadata and tensors in the order they were added, nothing else, so the same calls give the same bytes.
/// </summary>
/// <remarks>The header is padded with spaces to a multiple of eight bytes, as the reference does. Add tensors with larger elements
/// first if a reader is to find every tensor aligned to its element size.</remarks>
public sealed class SafetensorsWriter
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly OrderedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, Content> _tensors = new(StringComparer.Ordinal);
    private int _metadataLength;

    /// <summary>Adds an entry to the metadata.</summary>
    /// <exception cref="ArgumentException">The key is there already, a text is not valid UTF-16, or all metadata together are longer
    /// than 4 MiB.</exception>
    public void AddMetadata(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        _metadataLength = checked(_metadataLength + Utf8Length(key) + Utf8Length(value));
        if (_metadataLength > Safetensors.MaxMetadataLength)
        {
            throw new ArgumentException($"Safetensors: the metadata are longer than {Safetensors.MaxMetadataLength} bytes. "
                + "Store large values as tensors.");
        }
        if (!_metadata.TryAdd(key, value))
            throw new ArgumentException($"Safetensors: the metadata have {Safetensors.Quote(key)} already.");
    }

    /// <summary>Adds a tensor whose bytes are at hand, little-endian and row-major. They are read when the file is written.</summary>
    /// <param name="name">A name that is not there yet, at most 1,024 bytes of UTF-8.</param>
    /// <param name="dtype">The format's name of the element type: <c>F32</c>, <c>I64</c> and so on.</param>
    /// <param name="shape">The sizes; empty for a scalar.</param>
    /// <param name="bytes">Exactly as many bytes as shape and type ask for.</param>
    /// <exception cref="ArgumentException">The name is taken, reserved or too long, the type is unknown, a size is negative, the
    /// number of bytes does not fit, or there are 65,536 tensors already.</exception>
    public void Add(string name, string dtype, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes) =>
        Add(name, dtype, shape, bytes.Length, stream => stream.Write(bytes.Span));

    /// <summary>Adds a tensor of numbers; the element type follows from <typeparamref name="T"/>.</summary>
    /// <param name="name">A name that is not there yet, at most 1,024 bytes of UTF-8.</param>
    /// <param name="shape">The sizes; empty for a scalar.</param>
    /// <param name="values">Exactly as many values as the shape has, row-major. They are read when the file is written.</param>
    /// <exception cref="ArgumentException">As for bytes; or the format has no such element type.</exception>
    public void Add<T>(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<T> values)
        where T : unmanaged =>
        Add(name, Safetensors.DTypeOf<T>(), shape, (long)values.Length * Unsafe.SizeOf<T>(), stream => WriteValues(stream, values.Span));

    /// <summary>Adds a tensor whose bytes a callback writes, each time the file is written.</summary>
    /// <param name="name">A name that is not there yet, at most 1,024 bytes of UTF-8.</param>
    /// <param name="dtype">The format's name of the element type.</param>
    /// <param name="shape">The sizes; empty for a scalar.</param>
    /// <param name="write">Writes exactly as many bytes as shape and type ask for, little-endian and row-major.</param>
    /// <exception cref="ArgumentException">As for bytes.</exception>
    public void Add(string name, string dtype, ReadOnlySpan<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        Add(name, dtype, shape, null, write);
    }

    /// <summary>Writes the file to a stream, from its present position on.</summary>
    /// <exception cref="InvalidOperationException">A callback wrote more or fewer bytes than its tensor has, or the header would be
    /// longer than the 100,000,000 bytes the format allows.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Header());
        foreach ((string name, Content tensor) in _tensors)
        {
            var counted = new ExactStream(stream, tensor.ByteCount);
            tensor.Write(counted);
            if (counted.Left != 0)
            {
                throw new InvalidOperationException($"Safetensors: {Safetensors.Quote(name)} has {tensor.ByteCount} bytes, but "
                    + $"{tensor.ByteCount - counted.Left} were written.");
            }
        }
    }

    /// <summary>Writes the file by <see cref="AtomicFile.Write(string, Action{Stream}, string?)"/>: whole or not at all.</summary>
    /// <param name="path">The file to create or replace; it may be the one the values are being read from.</param>
    /// <param name="previousPath">Where to keep the file that is replaced; not kept when null.</param>
    /// <exception cref="IOException">A file operation failed; the old file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
    public void Save(string path, string? previousPath = null) => AtomicFile.Write(path, Write, previousPath);

    private void Add(string name, string dtype, ReadOnlySpan<long> shape, long? bytesGiven, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(dtype);
        string quoted = Safetensors.Quote(name);
        if (name == Safetensors.MetadataKey)
            throw new ArgumentException($"Safetensors: the name {quoted} is reserved. Call AddMetadata.");
        if (Utf8Length(name) > Safetensors.MaxNameLength)
            throw new ArgumentException($"Safetensors: the name {quoted} is longer than {Safetensors.MaxNameLength} bytes.");
        if (shape.Length > Safetensors.MaxRank)
            throw new ArgumentException($"Safetensors: {quoted} has {shape.Length} dimensions; at most {Safetensors.MaxRank} are stored.");
        if (!Safetensors.TryGetDType(dtype, out string? known))
        {
            throw new ArgumentException($"Safetensors: {quoted} has the unknown type {Safetensors.Quote(dtype)}. "
                + $"The format has {Safetensors.DTypes}.");
        }
        if (!Safetensors.TryGetByteCount(known, shape, out long byteCount) || bytesGiven is long given && given != byteCount)
        {
            throw new ArgumentException($"Safetensors: {quoted} is {known} {Safetensors.List(shape)}, which does not fit "
                + (bytesGiven is null ? "whole bytes below 2^63." : $"the {bytesGiven} bytes given."));
        }
        if (_tensors.Count == Safetensors.MaxTensors)
            throw new ArgumentException($"Safetensors: a file holds at most {Safetensors.MaxTensors} tensors.");
        if (!_tensors.TryAdd(name, new Content(known, shape.ToArray(), byteCount, write)))
            throw new ArgumentException($"Safetensors: there is a tensor {quoted} already.");
    }

    private ReadOnlySpan<byte> Header()
    {
        const int Prefix = sizeof(long);
        var buffer = new ArrayBufferWriter<byte>();
        buffer.GetSpan(Prefix)[..Prefix].Clear();
        buffer.Advance(Prefix);
        // The relaxed encoder leaves letters of all scripts readable; nothing here is ever put into a web page.
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject(Safetensors.MetadataKey);
                foreach ((string key, string value) in _metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach ((string name, Content tensor) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.DType);
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset = checked(offset + tensor.ByteCount));
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        int padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(8)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        int length = buffer.WrittenCount - Prefix;
        if (length > Safetensors.MaxHeaderLength)
        {
            throw new InvalidOperationException($"Safetensors: the header would be {length} bytes long; the format allows "
                + $"{Safetensors.MaxHeaderLength}.");
        }
        BinaryPrimitives.WriteInt64LittleEndian(MemoryMarshal.AsMemory(buffer.WrittenMemory).Span, length);
        return buffer.WrittenSpan;
    }

    /// <summary>Length in UTF-8; a lone surrogate, which no file could give back, throws <see cref="EncoderFallbackException"/>,
    /// an <see cref="ArgumentException"/>.</summary>
    private static int Utf8Length(string text) => StrictUtf8.GetByteCount(text);

    private static void WriteValues<T>(Stream stream, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors: values are little-endian, and this machine is not.");
        // Pieces, because the bytes of a span may be more than a span can hold.
        const int Piece = 1 << 20;
        for (int done = 0; done < values.Length; done += Piece)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(done, Math.Min(Piece, values.Length - done))));
    }

    private sealed record Content(string DType, long[] Shape, long ByteCount, Action<Stream> Write);

    /// <summary>Passes on a given number of bytes and no more.</summary>
    private sealed class ExactStream(Stream inner, long length) : Stream
    {
        public long Left { get; private set; } = length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.Length > Left)
                throw new InvalidOperationException($"Safetensors: {buffer.Length - Left} more bytes were written than the tensor has.");
            inner.Write(buffer);
            Left -= buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
