using System.Text.Json;

namespace Autograd.Benchmarks;

/// <summary>The work of a configuration file, group by group; a key that this harness does not know is an error.</summary>
internal sealed record Configurations(
    TrainingStep[] TrainingSteps,
    Convolution[] Convolutions,
    MatrixProduct[] MatrixProducts,
    Overhead[] Overhead,
    Elementwise[] Elementwise)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public static Configurations Read(FileInfo file)
    {
        using FileStream stream = file.OpenRead();
        return JsonSerializer.Deserialize<Configurations>(stream, Options) ?? throw new JsonException($"{file.Name} is empty.");
    }
}

internal sealed record TrainingStep(string Name, string Cell, int Time, int Batch, int Input, int Hidden, int Layers, bool Bidirectional);

internal sealed record Convolution(string Name, int Batch, int Channels, int[] Size, int Filters, int[] Kernel, int Stride, int Padding);

internal sealed record MatrixProduct(string Name, int M, int K, int N);

internal sealed record Overhead(string Name, int Chain, int[] Shape);

internal sealed record Elementwise(string Name, string Op, int Count);
