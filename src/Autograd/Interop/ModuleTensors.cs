using System.Numerics;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>The tensors of a module in a safetensors file: parameters and buffers under their paths, which are PyTorch's names.</summary>
public static class ModuleTensors
{
    // PyTorch counts the batches of a batch normalization beside its statistics; nothing here depends on the count.
    private const string BatchCount = "num_batches_tracked";

    /// <summary>Adds all parameters and buffers of a module. Their values are read when the file is written.</summary>
    /// <param name="writer">The file to be.</param>
    /// <param name="module">The module.</param>
    /// <param name="prefix">What is put before each path, such as <c>"model."</c>.</param>
    /// <exception cref="InvalidOperationException">A parameter has no value yet.</exception>
    /// <exception cref="ArgumentException">A name is taken already.</exception>
    public static void Add<T>(this SafetensorsWriter writer, Module<T> module, string prefix = "")
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(module);
        foreach ((string path, Parameter<T> parameter) in module.NamedParameters())
        {
            _ = parameter.Value;
            Add(writer, prefix + path, parameter.Shape, () => parameter.Value);
        }

        foreach ((string path, Tensor<T> value) in module.NamedBuffers()) Add(writer, prefix + path, value.Shape, () => value);
    }

    /// <summary>Gives all parameters and buffers of a module the values of a file; all or none.</summary>
    /// <param name="module">The module.</param>
    /// <param name="file">The file. PyTorch's <c>num_batches_tracked</c> may be in it and is not read.</param>
    /// <param name="prefix">What stands before each path; tensors without it are left alone.</param>
    /// <exception cref="SafetensorsException">A tensor is missing, unknown, or of another shape or element type; the message lists all.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void Load<T>(this Module<T> module, SafetensorsFile file, string prefix = "")
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(file);
        List<(string Name, Shape Shape, Action<Tensor<T>> Set)> wanted =
        [
            .. module.NamedParameters().Select(entry => (prefix + entry.Path, entry.Parameter.Shape, (Action<Tensor<T>>)entry.Parameter.Set)),
            .. module.NamedBuffers().Select(entry => (prefix + entry.Path, entry.Value.Shape, (Action<Tensor<T>>)(value => entry.Value.CopyFrom(value.Span)))),
        ];
        string type = Safetensors.DTypeOf<T>();
        List<string> faults = [];
        foreach ((string name, Shape shape, _) in wanted)
        {
            string expected = $"{type} {shape}";
            if (!file.TryGetEntry(name, out SafetensorsEntry? entry)) faults.Add($"no {Safetensors.Quote(name)}, {expected}");
            else if ($"{entry.DType} {Safetensors.List(entry.Shape)}" is var found && found != expected) faults.Add($"{Safetensors.Quote(name)} is {found} in place of {expected}");
        }

        HashSet<string> known = [.. wanted.Select(static entry => entry.Name)];
        faults.AddRange(file.Entries
            .Where(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal) && !known.Contains(entry.Name) && entry.Name.Split('.')[^1] != BatchCount)
            .Select(static entry => $"the unknown {Safetensors.Quote(entry.Name)}"));
        if (faults.Count > 0) throw new SafetensorsException(file.Name, 0, $"the tensors are not those of the model: {string.Join("; ", faults)}.");

        // All are read before any is set, so that a file that cannot be read changes nothing.
        List<Tensor<T>> values = [];
        foreach ((string name, Shape shape, _) in wanted)
        {
            Tensor<T> value = new(shape);
            _ = file.TryGetEntry(name, out SafetensorsEntry? entry);
            file.Read(entry!, MemoryMarshal.AsBytes(value.Writable));
            values.Add(value);
        }

        for (int i = 0; i < values.Count; i++) wanted[i].Set(values[i]);
    }

    private static void Add<T>(SafetensorsWriter writer, string name, Shape shape, Func<Tensor<T>> value)
        where T : unmanaged, IFloatingPointIeee754<T> => writer.Add(
            name, Safetensors.DTypeOf<T>(), [.. shape.ToArray().Select(static size => (long)size)], stream => stream.Write(MemoryMarshal.AsBytes(value().Span)));
}
