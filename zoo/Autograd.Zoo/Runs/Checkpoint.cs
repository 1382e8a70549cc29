using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Autograd.Zoo.Runs;

/// <summary>
/// checkpoint.safetensors: tensors and metadata with a SHA-256 over both, so that a file that can be opened but was damaged is noticed.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    /// <summary>What the names of facts begin with in the metadata: what the network was built by, such as a vocabulary.</summary>
    public const string FactPrefix = "fact.";

    private const string HashKey = "sha256";

    private readonly SafetensorsFile _file;
    private readonly Action<string> _warn;

    private Checkpoint(string path, SafetensorsFile file, Action<string> warn) => (Path, _file, _warn) = (path, file, warn);

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    /// <summary>Steps that were done.</summary>
    public long Step => Long("step");

    /// <summary>Writes a checkpoint: all of it or nothing, with the one before it kept as the previous.</summary>
    public static void Save(string path, string? previousPath, Action<SafetensorsWriter> write)
    {
        var writer = new SafetensorsWriter();
        write(writer);
        writer.AddMetadata(HashKey, Hash(writer));
        writer.Save(path, previousPath);
    }

    /// <summary>Opens and verifies one file.</summary>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Checkpoint Open(string path, Action<string> warn)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            var copy = new SafetensorsWriter();
            foreach ((string key, string value) in file.Metadata.Where(pair => pair.Key != HashKey))
                copy.AddMetadata(key, value);
            foreach (SafetensorsEntry entry in file.Entries)
                copy.Add(entry.Name, entry.DType, entry.Shape, stream => Copy(file, entry, stream));
            string found = Hash(copy), stored = file.Metadata.GetValueOrDefault(HashKey, "none");
            if (found != stored)
            {
                throw new SafetensorsException(path, 0,
                    $"expected the SHA-256 {found} of its content in the metadata, got {Failure.OneLine(stored)}.");
            }
            return new Checkpoint(path, file, warn);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What the network was built by, by name.</summary>
    public IReadOnlyDictionary<string, string> Facts() => _file.Metadata.Where(entry => entry.Key.StartsWith(FactPrefix, StringComparison.Ordinal))
        .ToDictionary(entry => entry.Key[FactPrefix.Length..], entry => entry.Value, StringComparer.Ordinal);

    /// <summary>A value of the metadata.</summary>
    /// <exception cref="Failure">There is none.</exception>
    public string Text(string key) =>
        _file.Metadata.TryGetValue(key, out string? value) ? value : throw Refuse($"metadata '{key}'", "a value", "none");

    /// <summary>A whole number of the metadata.</summary>
    public long Long(string key) => long.TryParse(Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
        ? value : throw Refuse($"metadata '{key}'", "a whole number", Text(key));

    /// <summary>A number of the metadata.</summary>
    public double Number(string key) => double.TryParse(Text(key), NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
        ? value : throw Refuse($"metadata '{key}'", "a number", Text(key));

    /// <summary>Refuses a checkpoint that has not exactly these tensors; the message lists all that differ.</summary>
    public void Require(IEnumerable<(string Name, string DType, long[] Shape)> tensors)
    {
        var expected = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        List<string> faults = [];
        foreach ((string name, string dtype, long[] shape) in expected.Values)
        {
            if (!_file.TryGetEntry(name, out SafetensorsEntry? entry))
                faults.Add($"no {name}");
            else if (entry.DType != dtype || !entry.Shape.SequenceEqual(shape))
                faults.Add($"{name} {entry.DType} {Show(entry.Shape)} in place of {dtype} {Show(shape)}");
        }
        faults.AddRange(_file.Entries.Where(entry => !expected.ContainsKey(entry.Name)).Select(entry => $"the unknown {entry.Name}"));
        if (faults.Count > 0)
            throw Refuse("tensors", $"the {expected.Count} tensors of this model", string.Join(", ", faults));
    }

    /// <summary>Reads a tensor; values that are not finite are loaded, with a warning.</summary>
    /// <exception cref="Failure">The tensor is missing, or of another type or number of elements.</exception>
    public void Read<T>(string name, Span<T> values)
        where T : unmanaged
    {
        if (!_file.TryGetEntry(name, out SafetensorsEntry? entry))
            throw Refuse("tensors", name, "no such tensor");
        if (entry.DType != DTypeOf<T>() || entry.ByteCount != (long)values.Length * Unsafe.SizeOf<T>())
            throw Refuse(name, $"{values.Length} elements of {DTypeOf<T>()}", $"{entry.DType} {Show(entry.Shape)}");
        _file.Read(entry, MemoryMarshal.AsBytes(values));
        bool finite = true;
        foreach (T value in values)
            finite &= value is not float single || float.IsFinite(single);
        if (!finite)
            _warn($"{Path}: {Failure.OneLine(name)} has values that are not finite");
    }

    public void Dispose() => _file.Dispose();

    /// <summary>A fault of this checkpoint that makes it unusable here.</summary>
    public Failure Refuse(string where, string expected, string got) =>
        new(ExitCode.InputFile, $"{Path}: {where}", expected, got, "use the checkpoint of this run, or start a new run");

    public static string DTypeOf<T>()
        where T : unmanaged => typeof(T) == typeof(float) ? "F32" : typeof(T) == typeof(double) ? "F64" : typeof(T) == typeof(long) ? "I64"
            : throw new NotSupportedException(typeof(T).Name);

    private static string Show(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    private static string Hash(SafetensorsWriter writer)
    {
        using var sha = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, sha, CryptoStreamMode.Write))
            writer.Write(stream);
        return Convert.ToHexStringLower(sha.Hash!);
    }

    private static void Copy(SafetensorsFile file, SafetensorsEntry entry, Stream stream)
    {
        byte[] bytes = new byte[entry.ByteCount];
        file.Read(entry, bytes);
        stream.Write(bytes);
    }
}
