using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Autograd;

/// <summary>
/// What the safetensors format fixes (https://github.com/huggingface/safetensors): eight bytes little-endian header length, a JSON
/// header, then the tensors' bytes without gaps.
/// </summary>
internal static class Safetensors
{
    public const string MetadataKey = "__metadata__";

    /// <summary>The reference's own limit.</summary>
    public const int MaxHeaderLength = 100_000_000;

    // Stricter than the format, which has no limits here: they bound the memory that a hostile header can ask for.
    public const int MaxTensors = 1 << 16;
    public const int MaxNameLength = 1024;
    public const int MaxRank = 64;
    public const int MaxMetadataLength = 4 << 20;

    private static readonly Dictionary<string, int> Bits = new (int Bits, string Names)[]
    {
        (4, "F4"),
        (6, "F6_E2M3 F6_E3M2"),
        (8, "BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ"),
        (16, "I16 U16 F16 BF16"),
        (32, "I32 U32 F32"),
        (64, "I64 U64 F64 C64"),
    }.SelectMany(group => group.Names.Split(' '), (group, name) => (name, group.Bits)).ToDictionary(StringComparer.Ordinal);

    public static string DTypes => string.Join(", ", Bits.Keys.Order(StringComparer.Ordinal));

    /// <summary>The table's own instance of a type's name, so that a file's many copies of it take no memory.</summary>
    public static bool TryGetDType(string name, [NotNullWhen(true)] out string? dtype) =>
        Bits.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out dtype, out _);

    /// <summary>The name of the element type that .NET's <typeparamref name="T"/> is stored as.</summary>
    public static string DTypeOf<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Boolean => "BOOL",
        TypeCode.Byte => "U8",
        TypeCode.SByte => "I8",
        TypeCode.Int16 => "I16",
        TypeCode.UInt16 => "U16",
        TypeCode.Int32 => "I32",
        TypeCode.UInt32 => "U32",
        TypeCode.Int64 => "I64",
        TypeCode.UInt64 => "U64",
        TypeCode.Single => "F32",
        TypeCode.Double => "F64",
        _ when typeof(T) == typeof(Half) => "F16",
        _ => throw new ArgumentException($"Safetensors: a tensor of {typeof(T).Name} has no type in the format. "
            + "Store bool, an integer of 8 to 64 bits, Half, float or double."),
    };

    /// <summary>Bytes of a tensor.</summary>
    /// <returns>False when a size is negative, the product overflows, or the bits do not fill whole bytes.</returns>
    public static bool TryGetByteCount(string dtype, ReadOnlySpan<long> shape, out long byteCount)
    {
        byteCount = 0;
        long bits = 1;
        foreach (long size in shape)
        {
            if (size < 0 || !TryMultiply(ref bits, size))
                return false;
        }
        if (!TryMultiply(ref bits, Bits[dtype]) || bits % 8 != 0)
            return false;
        byteCount = bits / 8;
        return true;
    }

    public static string List(ReadOnlySpan<long> shape)
    {
        var text = new StringBuilder("[");
        foreach (long size in shape)
            text.Append(text.Length > 1 ? ", " : "").Append(size);
        return text.Append(']').ToString();
    }

    /// <summary>A name as it can stand in a message: escaped, and not too long.</summary>
    public static string Quote(string name)
    {
        var text = new StringBuilder("'");
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (text.Length > 80)
                return text.Append("…'").ToString();
            _ = Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? text.Append($"\\u{rune.Value:x4}") : text.Append(rune);
        }
        return text.Append('\'').ToString();
    }

    private static bool TryMultiply(ref long product, long factor)
    {
        Int128 wide = (Int128)product * factor;
        product = (long)wide;
        return wide <= long.MaxValue;
    }
}

/// <summary>One tensor of a safetensors file: what the header says of it. The values stay in the file.</summary>
public sealed class SafetensorsEntry
{
    private readonly long[] _shape;

    internal SafetensorsEntry(string name, string dtype, long[] shape, long offset, long byteCount, int headerOffset)
    {
        (Name, DType, _shape, Offset, ByteCount, HeaderOffset) = (name, dtype, shape, offset, byteCount, headerOffset);
    }

    /// <summary>The tensor's name, at most 1,024 bytes of UTF-8; any characters may occur.</summary>
    public string Name { get; }

    /// <summary>The element type as the format spells it: <c>F32</c>, <c>F64</c>, <c>I64</c>, <c>BOOL</c> and so on.</summary>
    public string DType { get; }

    /// <summary>The sizes, none negative; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Where the values begin, in bytes from the beginning of the file.</summary>
    public long Offset { get; }

    /// <summary>Bytes of the values: elements times the size of the type.</summary>
    public long ByteCount { get; }

    /// <summary>Where the header speaks of the tensor, in bytes from the beginning of the file.</summary>
    internal int HeaderOffset { get; }
}

/// <summary>A file is not a safetensors file, or a damaged one. The message names the file, the byte and the reason.</summary>
public sealed class SafetensorsException : IOException
{
    /// <summary>Makes the exception and its message, <c>file: byte offset: reason</c>.</summary>
    /// <param name="fileName">The file, or the name given to bytes in memory.</param>
    /// <param name="offset">The byte at fault, from the beginning of the file.</param>
    /// <param name="reason">What was expected, what was found.</param>
    /// <param name="innerException">The error behind it, if any.</param>
    public SafetensorsException(string fileName, long offset, string reason, Exception? innerException = null)
        : base($"{fileName}: byte {offset}: {reason}", innerException)
    {
        (FileName, Offset, Reason) = (fileName, offset, reason);
    }

    /// <summary>The file, or the name given to bytes in memory.</summary>
    public string FileName { get; }

    /// <summary>The byte at fault, from the beginning of the file.</summary>
    public long Offset { get; }

    /// <summary>What was expected and what was found.</summary>
    public string Reason { get; }
}
