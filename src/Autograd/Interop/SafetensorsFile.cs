using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Autograd;

/// <summary>
/// Reads a safetensors file, or such bytes in memory. Opening checks the whole header: every byte behind it must belong to exactly one
/// tensor. Values are read from the file when they are asked for.
/// </summary>
/// <remarks>
/// <para>Follows the reference reader (https://github.com/huggingface/safetensors), with these limits: a header of at most
/// 100,000,000 bytes, 65,536 tensors, names of 1,024 bytes, 64 dimensions, sizes and offsets below 2^63, 4 MiB of metadata, JSON 64
/// levels deep. Names that occur twice are refused. Blanks before and after the JSON are accepted, as are unknown properties of a
/// tensor.</para>
/// <para>Values lie in the file as they come, which need not be aligned. A type <c>BOOL</c> may hold other bytes than 0 and 1.</para>
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly ReadOnlyMemory<byte> _content;
    private readonly string _name;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(SafeFileHandle? handle, ReadOnlyMemory<byte> content, string name)
    {
        (_handle, _content, _name) = (handle, content, name);
        long length = handle is null ? content.Length : RandomAccess.GetLength(handle);
        const int Prefix = sizeof(long);
        if (length < Prefix)
            throw new SafetensorsException(name, 0, $"expected the 8 bytes of the header's length, got {length} bytes.");
        Span<byte> prefix = stackalloc byte[Prefix];
        ReadAt(0, prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        long limit = Math.Min(Safetensors.MaxHeaderLength, length - Prefix);
        if (headerLength > (ulong)limit)
        {
            throw new SafetensorsException(name, 0, limit == Safetensors.MaxHeaderLength
                ? $"expected a header of at most {limit} bytes, got the length {headerLength}."
                : $"expected a header within the {length} bytes of the file, got the length {headerLength}.");
        }
        byte[] header = new byte[headerLength];
        ReadAt(Prefix, header);
        (Metadata, Entries, _byName) = new SafetensorsHeader(name, header, length).Parse();
    }

    /// <summary>The file's metadata, as they were written; empty if there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors, in the order of their values in the file.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>Opens a file and checks its header. It stays open until <see cref="Dispose"/>; it may be replaced meanwhile.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SafetensorsException">The file is not a safetensors file, or a damaged one.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            return new SafetensorsFile(handle, default, path);
        }
        catch (NotSupportedException error)
        {
            handle.Dispose();
            throw new SafetensorsException(path, 0, "expected a file, got a pipe or a device.", error);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads a safetensors file that is in memory.</summary>
    /// <param name="content">The bytes of the file; they are not copied.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="SafetensorsException">The bytes are not a safetensors file, or a damaged one.</exception>
    public static SafetensorsFile Parse(ReadOnlyMemory<byte> content, string name = "memory")
    {
        ArgumentNullException.ThrowIfNull(name);
        return new SafetensorsFile(null, content, name);
    }

    /// <summary>What messages call the file.</summary>
    internal string Name => _name;

    /// <summary>Finds a tensor by its name.</summary>
    public bool TryGetEntry(string name, [NotNullWhen(true)] out SafetensorsEntry? entry) => _byName.TryGetValue(name, out entry);

    /// <summary>Copies the values of a tensor, as bytes, little-endian and row-major.</summary>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <param name="destination">Exactly <see cref="SafetensorsEntry.ByteCount"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination has another length, or the tensor is of another file.</exception>
    /// <exception cref="SafetensorsException">The file has become shorter since it was opened.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Read(SafetensorsEntry entry, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!TryGetEntry(entry.Name, out SafetensorsEntry? own) || own != entry)
            throw new ArgumentException($"Safetensors: {Safetensors.Quote(entry.Name)} is not a tensor of {_name}.");
        if (destination.Length != entry.ByteCount)
        {
            throw new ArgumentException($"Safetensors: {Safetensors.Quote(entry.Name)} has {entry.ByteCount} bytes, but the destination "
                + $"has {destination.Length}.");
        }
        ReadAt(entry.Offset, destination);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle?.Dispose();

    private void ReadAt(long offset, Span<byte> destination)
    {
        if (_handle is null)
        {
            _content.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return;
        }
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
                throw new SafetensorsException(_name, offset, $"expected {destination.Length} more bytes, got the end of the file.");
            destination = destination[read..];
            offset += read;
        }
    }
}
