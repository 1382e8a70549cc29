using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Autograd.Tests.Layers;

/// <summary>Layers that PyTorch saved: its names load, and its outputs and gradients come out. Torch/make.py wrote the files.</summary>
public sealed class TorchTests
{
    [Theory]
    [InlineData("lstm")]
    [InlineData("lstm_deep")]
    [InlineData("lstm_plain")]
    [InlineData("gru")]
    [InlineData("gru_plain")]
    [InlineData("rnn")]
    [InlineData("rnn_relu")]
    public void WhatPyTorchSavedGivesWhatPyTorchGave(string name)
    {
        using SafetensorsFile file = Open(name);
        RecurrentCase c = CaseOf(file);
        RecurrentSubject<double> subject = new(c);
        subject.Layer.Load(file, "model.");
        using Tape<double> tape = new();
        string[] given = c.GivenState ? c.Parts == 2 ? ["x", "h0", "c0"] : ["x", "h0"] : ["x"], results = c.Parts == 2 ? ["y", "h", "c"] : ["y", "h"];
        Variable<double>[] leaves = [.. given.Select(leaf => tape.Variable(Read(file, leaf)))], outputs = subject.Forward(leaves);
        for (int i = 0; i < results.Length; i++) Near(results[i], Read(file, results[i]), outputs[i]);
        Gradients<double> gradients = tape.Backward(outputs, [.. results.Select(result => tape.Constant(Read(file, "d" + result)))]);
        for (int i = 0; i < given.Length; i++) Near("gradient by " + given[i], Read(file, "grad." + given[i]), gradients[leaves[i]]);
        int parameters = 0;
        foreach ((string path, Parameter<double> parameter) in subject.Layer.NamedParameters())
        {
            parameters++;
            Near("gradient by " + path, Read(file, "grad.model." + path), gradients[parameter]);
        }

        Assert.Equal(file.Entries.Count(static entry => entry.Name.StartsWith("model.", StringComparison.Ordinal)), parameters);
    }

    private static SafetensorsFile Open(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{name}.safetensors") ?? throw new InvalidOperationException($"{name}.safetensors is not in the tests.");
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return SafetensorsFile.Parse(copy.ToArray(), name);
    }

    private static RecurrentCase CaseOf(SafetensorsFile file)
    {
        IReadOnlyDictionary<string, string> said = file.Metadata;
        int Number(string key, int otherwise) => said.TryGetValue(key, out string? value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
        bool Is(string key, bool otherwise) => said.TryGetValue(key, out string? value) ? value == "True" : otherwise;
        int[] sizes = Read(file, "x").Shape.ToArray();
        bool batchFirst = Is("batch_first", false);
        CellKind cell = said["kind"] switch
        {
            "LSTM" => CellKind.Lstm,
            "GRU" => CellKind.GruAfter,
            _ => said.GetValueOrDefault("nonlinearity") == "relu" ? CellKind.RnnRelu : CellKind.RnnTanh,
        };
        return new(cell)
        {
            Options = new()
            {
                NumLayers = Number("num_layers", 1),
                Bias = Is("bias", true),
                BatchFirst = batchFirst,
                Direction = Is("bidirectional", false) ? RecurrentDirection.Bidirectional : RecurrentDirection.Forward,
            },
            Projection = Number("proj_size", 0),
            Time = sizes[batchFirst ? 1 : 0],
            Batch = sizes[batchFirst ? 0 : 1],
            Inputs = Number("input_size", 0),
            Hidden = Number("hidden_size", 0),
            GivenState = file.TryGetEntry("h0", out _),
            Lengths = said.TryGetValue("lengths", out string? lengths) ? [.. lengths.Split(' ').Select(static length => int.Parse(length, CultureInfo.InvariantCulture))] : null,
        };
    }

    private static Tensor<double> Read(SafetensorsFile file, string name)
    {
        Assert.True(file.TryGetEntry(name, out SafetensorsEntry? entry), name);
        Assert.Equal("F64", entry.DType);
        double[] values = new double[entry.ByteCount / sizeof(double)];
        file.Read(entry, MemoryMarshal.AsBytes(values.AsSpan()));
        return new([.. entry.Shape.ToArray().Select(static size => (int)size)], values);
    }

    private static void Near(string what, Tensor<double> expected, Variable<double> found)
    {
        Assert.Equal(expected.Shape, found.Shape);
        double[] a = expected.ToArray(), b = found.ToArray();
        for (int i = 0; i < a.Length; i++) if (!(Math.Abs(a[i] - b[i]) <= 1e-12 * Math.Max(1,
            Math.Abs(a[i])))) Assert.Fail($"{what}, element {i}: expected {a[i]:R}, found {b[i]:R}");
    }
}
