namespace Autograd.Tests.Interop;

public sealed class ModuleTensorsTests
{
    [Fact]
    public void ParametersAndBuffersComeBackUnderTheirNames()
    {
        Model saved = new(), loaded = new();
        saved.Initialize(3);
        saved.Norm.RunningMean.CopyFrom([1, 2]);
        saved.Norm.RunningVariance.CopyFrom([3, 4]);
        using SafetensorsFile file = Write(writer => writer.Add(saved));
        Assert.Equal(
            ["linear.bias", "linear.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.weight"],
            file.Entries.Select(static entry => entry.Name).Order(StringComparer.Ordinal));
        loaded.Load(file);
        foreach ((Parameter<float> from, Parameter<float> to) in saved.Parameters.Zip(loaded.Parameters)) Assert.Equal(from.Value.ToArray(), to.Value.ToArray());
        Assert.Equal([1f, 2], loaded.Norm.RunningMean.ToArray());
        Assert.Equal([3f, 4], loaded.Norm.RunningVariance.ToArray());
    }

    [Fact]
    public void APrefixKeepsModelsApart()
    {
        Model first = new(), second = new(), loaded = new();
        first.Initialize(1);
        second.Initialize(2);
        using SafetensorsFile file = Write(writer =>
        {
            writer.Add(first, "a.");
            writer.Add(second, "b.");
        });
        loaded.Load(file, "b.");
        Assert.Equal(second.Linear.Weight.Value.ToArray(), loaded.Linear.Weight.Value.ToArray());
    }

    [Fact]
    public void PyTorchsBatchCountIsNotRead()
    {
        Model saved = new();
        saved.Initialize(3);
        using SafetensorsFile file = Write(writer =>
        {
            writer.Add(saved);
            writer.Add<long>("norm.num_batches_tracked", [], new long[] { 7 });
        });
        new Model().Load(file);
    }

    [Fact]
    public void EveryFaultIsListedAndNothingChanges()
    {
        Model model = new();
        model.Initialize(3);
        float[] before = model.Linear.Weight.Value.ToArray();
        using SafetensorsFile file = Write(writer =>
        {
            writer.Add<float>("linear.weight", [2, 2], new float[4]);
            writer.Add<double>("linear.bias", [2], new double[2]);
            writer.Add<float>("norm.weight", [2], new float[2]);
            writer.Add<float>("norm.bias", [2], new float[2]);
            writer.Add<float>("norm.running_mean", [2], new float[2]);
            writer.Add<float>("extra", [1], new float[1]);
        });
        string message = Assert.Throws<SafetensorsException>(() => model.Load(file)).Message;
        foreach (string part in new[] { "'linear.weight' is F32 [2, 2] in place of F32 [2, 3]", "'linear.bias' is F64", "no 'norm.running_var'", "unknown 'extra'" })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }

        Assert.Equal(before, model.Linear.Weight.Value.ToArray());
    }

    [Fact]
    public void AParameterWithoutValueIsNotSaved() => Assert.Throws<InvalidOperationException>(() => new SafetensorsWriter().Add(new Model()));

    private static SafetensorsFile Write(Action<SafetensorsWriter> add)
    {
        SafetensorsWriter writer = new();
        add(writer);
        using MemoryStream stream = new();
        writer.Write(stream);
        return SafetensorsFile.Parse(stream.ToArray());
    }

    private sealed class Model : Module<float>
    {
        public Model()
        {
            Linear = AddModule("linear", new Linear<float>(3, 2));
            Norm = AddModule("norm", new BatchNorm<float>(2));
        }

        public Linear<float> Linear { get; }

        public BatchNorm<float> Norm { get; }
    }
}
