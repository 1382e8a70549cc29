using System.Numerics;
using Autograd.Tests.Layers;

namespace Autograd.Tests;

/// <summary>Steps of many kinds, of a batch or of a number of time steps; on a tape that does not record they only run forward.</summary>
internal static class ForecastSteps<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Time = 6, Batch = 4, Features = 5, Hidden = 12, Classes = 7;

    /// <summary>Steps whose size is the batch: they do the same at every size.</summary>
    public static Dictionary<string, Func<Action<Tape<T>, int>>> OfBatch { get; } = new()
    {
        ["rnn"] = static () => OverBatch(new Rnn<T>(Features, Hidden), static (layer, x) => layer.Forward(x).Outputs),
        ["lstm"] = static () => OverBatch(new Lstm<T>(Features, Hidden), static (layer, x) => layer.Forward(x).Outputs),
        ["gru"] = static () => OverBatch(new Gru<T>(Features, Hidden), static (layer, x) => layer.Forward(x).Outputs),
        ["lstm in layers and directions"] = static () => OverBatch(
            new Lstm<T>(Features, Hidden, numLayers: 2, bidirectional: true, dropout: 0.3), static (layer, x) => layer.Forward(x).Outputs, 2 * Hidden),
        ["gru with lengths"] = static () => OverBatch(new Gru<T>(Features, Hidden), static (layer, x) => layer.Forward(x, lengths: Lengths(x.Shape[1])).Outputs),
        ["own cell"] = static () => OverBatch(new Recurrent<T, MemoryState<T>>(new LeakyMemoryCell<T>(Features, Hidden)), static (layer, x) => layer.Forward(x).Outputs, Hidden + 2),
        ["own cell with chance"] = static () => OverBatch(
            new Recurrent<T, MemoryState<T>>(Features, static features => new LeakyMemoryCell<T>(features, Hidden), new RecurrentOptions { Zoneout = 0.2, RecurrentDropout = 0.2 }),
            static (layer, x) => layer.Forward(x).Outputs,
            Hidden + 2),
        ["one answer a sequence"] = static () => OverBatch(new Lstm<T>(Features, Hidden), static (layer, x) => layer.FinalState(x).H.Reshape(1, x.Shape[1], Hidden)),
        ["checkpoint"] = static () => OverBatch(new Gru<T>(Features, Hidden), static (layer, x) => x.Tape.Checkpoint((layer, x), static a => a.layer.Forward(a.x).Outputs.Tanh())),
        ["layer norm"] = static () => OverBatch(new LayerNorm<T>([Features]), static (layer, x) => layer.Forward(x).Relu(), Features),
        ["attention"] = static () => OverBatch(new GeneralAttention<T>(Features, Features), static (layer, x) => layer.Forward(x, x).Context, Features),
        ["convolution in two dimensions"] = static () => Images(new Conv2d<T>(3, 5, (3, 3), 2, 1), static (layer, x) => layer.Forward(x).Relu().MaxPool2d(2), 3, 9, 7),
        ["convolution in one"] = static () => Images(new Conv1d<T>(2, 6, 3, stride: 2), static (layer, x) => layer.Forward(x).Tanh(), 2, 40),
        ["batch norm"] = static () => Images(new BatchNorm<T>(3), static (layer, x) => layer.Forward(x).Sigmoid(), 3, 11),
        ["optimizer"] = Optimized,
        ["truncated backpropagation"] = Truncated,
        ["gradient of a gradient"] = SecondOrder,
    };

    /// <summary>Steps whose size is the time, and that do the same at every size.</summary>
    public static Dictionary<string, Func<Action<Tape<T>, int>>> OfTime { get; } = new()
    {
        ["rnn"] = static () => OverTime(new Rnn<T>(Features, Hidden), static (layer, x) => layer.Forward(x).Outputs),
        ["lstm in layers and directions"] = static () => OverTime(
            new Lstm<T>(Features, Hidden, numLayers: 2, bidirectional: true), static (layer, x) => layer.Forward(x).Outputs, 2 * Hidden),
        ["gru with lengths"] = static () => OverTime(new Gru<T>(Features, Hidden), static (layer, x) => layer.Forward(x, lengths: new Tensor<int>([Batch], [1, 2, 1, 2])).Outputs),
        ["attention"] = static () => OverTime(new GeneralAttention<T>(Features, Features), static (layer, x) => layer.Forward(x, x).Context, Features),
        ["convolution"] = static () => OverTime(
            new Conv1d<T>(Features, Hidden, 3, padding: Padding1d.Causal), static (layer, x) => layer.Forward(x.Permute(1, 2, 0)).Permute(2, 0, 1)),
    };

    /// <summary>Steps whose size is the time and that do more at larger ones, or not quite in proportion.</summary>
    public static Dictionary<string, Func<Action<Tape<T>, int>>> Growing { get; } = new()
    {
        ["own cell"] = static () => OverTime(new Recurrent<T, MemoryState<T>>(new LeakyMemoryCell<T>(Features, Hidden)), static (layer, x) => layer.Forward(x).Outputs, Hidden + 2),
        ["normalized lstm"] = static () => OverTime(
            new Lstm<T>(Features, Hidden, new RecurrentOptions { LayerNorm = true, NumLayers = 2 }), static (layer, x) => layer.Forward(x).Outputs),
        ["checkpointed pieces"] = static () => OverTime(new Lstm<T>(Features, Hidden), static (layer, x) => Pieces(layer, x)),
        ["attention step by step"] = static () => OverTime(new GeneralAttention<T>(Features, Features), StepByStep, Features),
        ["strided convolution"] = static () => OverTime(new Conv1d<T>(Features, Hidden, 2, stride: 2), static (layer, x) => layer.Forward(x.Permute(1, 2, 0)).Permute(2, 0, 1)),
    };

    private static Tensor<T> Numbers(params int[] sizes)
    {
        Tensor<T> tensor = new(sizes);
        tensor.Write(static values => new RandomSource(2).FillUniform(values, -1, 1));
        return tensor;
    }

    private static Tensor<int> Lengths(int batch)
    {
        Tensor<int> lengths = new([batch]);
        lengths.Fill(Time);
        lengths.Write(static values => values[0] = 2);
        return lengths;
    }

    private static Action<Tape<T>, int> OverBatch<TLayer>(TLayer layer, Func<TLayer, Variable<T>, Variable<T>> run, int width = Hidden)
        where TLayer : Module<T>
    {
        Action<Tape<T>, int, int> step = Classified(layer, run, width);
        return (tape, batch) => step(tape, Time, batch);
    }

    private static Action<Tape<T>, int> OverTime<TLayer>(TLayer layer, Func<TLayer, Variable<T>, Variable<T>> run, int width = Hidden)
        where TLayer : Module<T>
    {
        Action<Tape<T>, int, int> step = Classified(layer, run, width);
        return (tape, time) => step(tape, time, Batch);
    }

    /// <summary>A layer, a head, and a cross-entropy at each step that the layer gives.</summary>
    private static Action<Tape<T>, int, int> Classified<TLayer>(TLayer layer, Func<TLayer, Variable<T>, Variable<T>> run, int width)
        where TLayer : Module<T>
    {
        Linear<T> head = new(width, Classes);
        layer.Initialize(1);
        head.Initialize(2);
        return (tape, time, batch) =>
        {
            tape.Reset();
            Variable<T> logits = head.Forward(run(layer, tape.Constant(Numbers(time, batch, Features))));
            Variable<T> loss = logits.CrossEntropy(new Tensor<int>(logits.Shape.Without(2)));
            if (tape.Records) tape.Backward(loss);
        };
    }

    private static Action<Tape<T>, int> Images<TLayer>(TLayer layer, Func<TLayer, Variable<T>, Variable<T>> run, params int[] sizes)
        where TLayer : Module<T>
    {
        layer.Initialize(1);
        return (tape, batch) =>
        {
            Variable<T> loss = run(layer, tape.Variable(Numbers([batch, .. sizes]))).Square().Mean();
            if (tape.Records) tape.Backward(loss);
        };
    }

    private static Action<Tape<T>, int> Optimized()
    {
        Gru<T> layer = new(Features, Hidden);
        layer.Initialize(1);
        RmsProp<T> optimizer = new(layer, learningRate: 1e-3);
        return (tape, batch) =>
        {
            Variable<T> loss = layer.Forward(tape.Constant(Numbers(Time, batch, Features))).Outputs.Square().Mean();
            if (!tape.Records) return;
            Gradients<T> gradients = tape.Backward(loss);
            gradients.ClipByGlobalNorm(1);
            optimizer.Step(gradients);
        };
    }

    private static Action<Tape<T>, int> Truncated()
    {
        Lstm<T> layer = new(Features, Hidden);
        layer.Initialize(1);
        return (tape, batch) =>
        {
            LstmState<T> state = default;
            for (int chunk = 0; chunk < 3; chunk++)
            {
                state = tape.Reset(state);
                (Variable<T> outputs, state) = layer.Forward(tape.Constant(Numbers(Time - chunk, batch, Features)), state);
                if (tape.Records) tape.Backward(outputs.Square().Mean());
            }
        };
    }

    private static Action<Tape<T>, int> SecondOrder()
    {
        Linear<T> layer = new(Features, Hidden);
        layer.Initialize(1);
        return (tape, batch) =>
        {
            Variable<T> x = tape.Variable(Numbers(batch, Features)), loss = layer.Forward(x).Tanh().Square().Mean();
            if (tape.Records) tape.Backward(tape.Backward(loss, createGraph: true)[x].Square().Sum());
        };
    }

    private static Variable<T> Pieces(Lstm<T> layer, Variable<T> x)
    {
        List<Variable<T>> outputs = [];
        LstmState<T> state = default;
        for (int from = 0; from < x.Shape[0]; from += 4)
        {
            (Variable<T> piece, state) = x.Tape.Checkpoint(
                (layer, x: x[from..Math.Min(from + 4, x.Shape[0])], state), static a => a.layer.Forward(a.x, a.state));
            outputs.Add(piece);
        }

        return Variable.Concat<T>([.. outputs], 0);
    }

    private static Variable<T> StepByStep(GeneralAttention<T> layer, Variable<T> x)
    {
        AttentionMemory<T> memory = layer.Prepare(x);
        List<Variable<T>> outputs = [];
        for (int t = 0; t < x.Shape[0]; t++) outputs.Add(layer.Attend(x[t], memory).Context);
        return Variable.Stack<T>([.. outputs]);
    }
}
