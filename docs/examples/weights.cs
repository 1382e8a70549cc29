#:project ../../src/Autograd/Autograd.csproj

// Weights under PyTorch's names, written and read as safetensors. dotnet run docs/examples/weights.cs
using Autograd;

Lstm<float> lstm = new(inputSize: 5, hiddenSize: 8, numLayers: 2, bidirectional: true);
lstm.Initialize(seed: 1);
foreach ((string path, Parameter<float> parameter) in lstm.NamedParameters().Take(5)) Console.WriteLine($"{path} {parameter.Shape}");

string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
try
{
    // The file holds what torch.save of a state_dict would: weight_ih_l0, weight_hh_l0, bias_ih_l0, …, weight_ih_l1_reverse.
    SafetensorsWriter writer = new();
    writer.Add(lstm);
    writer.Save(file);
    Lstm<float> other = new(inputSize: 5, hiddenSize: 8, numLayers: 2, bidirectional: true);
    other.Load(SafetensorsFile.Open(file));
    using Tape<float> tape = Tape<float>.Inference();
    Variable<float> x = tape.Full([3, 2, 5], 0.5);
    if (!lstm.Forward(x).Outputs.Span.SequenceEqual(other.Forward(x).Outputs.Span)) throw new InvalidOperationException("Other weights gave other outputs.");

    // A file that does not fit is refused with all that is wrong with it.
    try
    {
        new Gru<float>(inputSize: 5, hiddenSize: 8).Load(SafetensorsFile.Open(file));
    }
    catch (Exception error)
    {
        Console.WriteLine(error.Message.Split('\n')[0]);
    }
}
finally
{
    File.Delete(file);
}
