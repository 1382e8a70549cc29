using System.Text.Json;
using System.Text.Json.Nodes;

namespace Autograd.Benchmarks;

/// <summary>Whole training steps, products and operators, timed as the other systems' scripts time them.</summary>
internal static class Steps
{
    /// <summary>Sizes to predict larger ones from, which take little time.</summary>
    public static readonly int[] FewSizes = [2, 3, 5];

    /// <summary>Prints one JSON object a line for each configuration whose name contains the filter.</summary>
    public static int Run(FileInfo file, string filter, int repeat, int threads)
    {
        Parallelism.Threads = threads;
        Configurations work = Configurations.Read(file);
        long idle = ProcessMemory.PeakResidentBytes();
        double peak = FmaPeak.Gigaflops(threads);
        int done = 0;

        void Each<TConfiguration>(TConfiguration[] configurations, Func<TConfiguration, string> name, Action<TConfiguration, JsonObject> measure, Func<TConfiguration, long>? predict = null)
        {
            foreach (TConfiguration configuration in configurations)
            {
                if (!name(configuration).Contains(filter, StringComparison.Ordinal)) continue;
                JsonObject line = new() { ["name"] = name(configuration), ["system"] = "autograd", ["threads"] = threads };
                measure(configuration, line);
                line["fma_peak_gflops"] = Math.Round(peak, 1);
                line["idle_rss_bytes"] = idle;
                line["peak_rss_bytes"] = ProcessMemory.PeakResidentBytes();
                if (predict is not null) line["predicted_arena_bytes"] = predict(configuration); // last, so that its memory is not counted
                Console.WriteLine(line.ToJsonString(JsonSerializerOptions.Default));
                done++;
            }
        }

        Each(work.TrainingSteps, static step => step.Name, (step, line) => RecurrentSteps.Measure(step, repeat, line), RecurrentSteps.PredictedArenaBytes);
        Each(work.Convolutions, static convolution => convolution.Name, (convolution, line) => ConvolutionSteps.Measure(convolution, repeat, line), ConvolutionSteps.PredictedArenaBytes);
        Each(work.MatrixProducts, static product => product.Name, (product, line) => Products(product, repeat, line));
        Each(work.Overhead, static chain => chain.Name, (chain, line) => Chain(chain, repeat, line));
        Each(work.Elementwise, static operation => operation.Name, (operation, line) => Map(operation, repeat, line));
        if (done > 0) return 0;
        Console.Error.WriteLine($"No configuration that this harness runs contains '{filter}'.");
        return 2;
    }

    private static void Products(MatrixProduct work, int repeat, JsonObject line)
    {
        Tensor<float> a = Random([work.M, work.K], 1), b = Random([work.K, work.N], 2);
        using Tape<float> tape = Tape<float>.Inference();
        Action product = () =>
        {
            tape.Reset();
            tape.Constant(a).MatMul(tape.Constant(b));
        };
        Measurement forward = Measurement.Of(product, repeat);
        line["forward_ms"] = forward.Milliseconds;
        line["forward_peak_share"] = Measurement.PeakShare(product, 2.0 * work.M * work.N * work.K, repeat);
        line["allocated_bytes"] = forward.AllocatedBytes;
    }

    private static void Chain(Overhead work, int repeat, JsonObject line)
    {
        Tensor<float> x = Random(new Shape(work.Shape), 1);
        using Tape<float> tape = new();
        Measurement train = Measurement.Of(
            () =>
            {
                tape.Reset();
                Variable<float> y = tape.Variable(x);
                for (int i = 0; i < work.Chain; i++) y = ((y * 1.01) + 0.1).Tanh();
                tape.Backward(y.Sum());
            },
            repeat);
        line["train_ms"] = train.Milliseconds;
        line["allocated_bytes"] = train.AllocatedBytes;
        line["peak_arena_bytes"] = tape.PeakBytes;
    }

    private static void Map(Elementwise work, int repeat, JsonObject line)
    {
        Tensor<float> x = Random([work.Count], 1);
        using Tape<float> tape = Tape<float>.Inference();
        Func<Variable<float>, Variable<float>> operation = work.Op switch
        {
            "tanh" => static x => x.Tanh(),
            "sigmoid" => static x => x.Sigmoid(),
            "exp" => static x => x.Exp(),
            _ => throw new JsonException($"The elementwise operation '{work.Op}' of '{work.Name}' is unknown; known are tanh, sigmoid, exp."),
        };
        Measurement forward = Measurement.Of(
            () =>
            {
                tape.Reset();
                operation(tape.Constant(x));
            },
            repeat);
        line["forward_ms"] = forward.Milliseconds;
        line["allocated_bytes"] = forward.AllocatedBytes;
    }

    internal static Tensor<int> RandomClasses(Shape shape, int classes)
    {
        Tensor<int> tensor = new(shape);
        RandomSource random = new(3);
        tensor.Write(values =>
        {
            foreach (ref int value in values) value = (int)(random.NextDouble() * classes);
        });
        return tensor;
    }

    internal static Tensor<float> Random(Shape shape, ulong seed)
    {
        Tensor<float> tensor = new(shape);
        tensor.Write(values => new RandomSource(seed).FillNormal(values, 0, 1));
        return tensor;
    }
}
