using System.Text.Json.Nodes;

namespace Autograd.Benchmarks;

/// <summary>One convolution: the forward pass without recording, and forward and backward to input, weight and bias.</summary>
internal static class ConvolutionSteps
{
    public static void Measure(Convolution work, int repeat, JsonObject line)
    {
        Layer<float> layer = Layer(work);
        Tensor<float> x = Steps.Random([work.Batch, work.Channels, .. work.Size], 2), seed;
        using (Tape<float> inference = Tape<float>.Inference())
        {
            seed = Steps.Random(layer.Forward(inference.Constant(x)).Shape, 3);
            Action forward = () =>
            {
                inference.Reset();
                layer.Forward(inference.Constant(x));
            };
            line["forward_ms"] = Measurement.Of(forward, repeat).Milliseconds;
            line["forward_peak_share"] = Measurement.PeakShare(forward, work.ForwardOperations, repeat);
        }

        using Tape<float> tape = new();
        Action step = () =>
        {
            tape.Reset();
            tape.Backward(layer.Forward(tape.Variable(x)), tape.Constant(seed));
        };
        Measurement train = Measurement.Of(step, repeat);
        line["train_ms"] = train.Milliseconds;
        line["train_peak_share"] = Measurement.PeakShare(step, 3 * work.ForwardOperations, repeat);
        line["allocated_bytes"] = train.AllocatedBytes;
        line["peak_arena_bytes"] = tape.PeakBytes;
    }

    /// <summary>The peak of forward and backward, from few images.</summary>
    public static long PredictedArenaBytes(Convolution work)
    {
        Layer<float> layer = Layer(work);
        using Tape<float> tape = new();
        return tape.Forecast(
            (tape, batch) =>
            {
                Variable<float> y = layer.Forward(tape.Variable(new Tensor<float>([batch, work.Channels, .. work.Size])));
                tape.Backward(y, tape.Constant(new Tensor<float>(y.Shape)));
            },
            work.Batch,
            Steps.FewSizes).PeakBytes;
    }

    private static Layer<float> Layer(Convolution work)
    {
        Layer<float> layer = work.Size.Length == 1
            ? new Conv1d<float>(work.Channels, work.Filters, work.Kernel[0], work.Stride, work.Padding)
            : new Conv2d<float>(work.Channels, work.Filters, (work.Kernel[0], work.Kernel[1]), work.Stride, work.Padding);
        layer.Initialize(1);
        return layer;
    }
}
