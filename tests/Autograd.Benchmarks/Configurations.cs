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

internal sealed record TrainingStep(string Name, string Cell, int Time, int Batch, int Input, int Hidden, int Layers, bool Bidirectional)
{
    private int Directions => Bidirectional ? 2 : 1;

    private double Gates => Hidden * (Cell switch { "lstm" => 4, "gru" => 3, "own" => 2, _ => 1 });

    /// <summary>Multiply-adds a row of the first layer's product with the input, of all other products of the layers, and of the head.</summary>
    private (double First, double Recurrent, double Head) Products => (
        Directions * Gates * Input,
        Directions * Gates * ((Layers * (double)Hidden) + ((Layers - 1.0) * Directions * Hidden)),
        (double)Directions * Hidden * Input);

    /// <summary>Floating-point operations of the forward pass's products.</summary>
    public double ForwardOperations => 2.0 * Time * Batch * (Products.First + Products.Recurrent + Products.Head);

    /// <summary>Those of a training step, by inputs and weights, too; the gradient by the first input is not wanted.</summary>
    public double TrainOperations => 2.0 * Time * Batch * ((2 * Products.First) + (3 * (Products.Recurrent + Products.Head)));
}

internal sealed record Convolution(string Name, int Batch, int Channels, int[] Size, int Filters, int[] Kernel, int Stride, int Padding)
{
    /// <summary>Floating-point operations of the forward pass; backward to input and weight takes twice as many.</summary>
    public double ForwardOperations => 2.0 * Batch * Filters * Channels * Kernel.Zip(Size).Aggregate(
        1.0, (product, axis) => product * axis.First * (((axis.Second + (2 * Padding) - axis.First) / Stride) + 1));
}

internal sealed record MatrixProduct(string Name, int M, int K, int N);

internal sealed record Overhead(string Name, int Chain, int[] Shape);

internal sealed record Elementwise(string Name, string Op, int Count);
