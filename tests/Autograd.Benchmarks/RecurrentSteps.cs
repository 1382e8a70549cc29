using System.Text.Json;
using System.Text.Json.Nodes;

namespace Autograd.Benchmarks;

/// <summary>A recurrent stack with a linear head: the forward pass without recording, and a whole training step.</summary>
internal static class RecurrentSteps
{
    /// <summary>A layer, or a stack of them, and its outputs.</summary>
    public static (Module<float> Layer, Func<Variable<float>, Variable<float>> Run) Layer(TrainingStep work)
    {
        switch (work.Cell)
        {
            case "rnn":
                Rnn<float> rnn = new(work.Input, work.Hidden, work.Layers, bidirectional: work.Bidirectional);
                return (rnn, x => rnn.Forward(x).Outputs);
            case "lstm":
                Lstm<float> lstm = new(work.Input, work.Hidden, work.Layers, bidirectional: work.Bidirectional);
                return (lstm, x => lstm.Forward(x).Outputs);
            case "gru":
                Gru<float> gru = new(work.Input, work.Hidden, work.Layers, bidirectional: work.Bidirectional);
                return (gru, x => gru.Forward(x).Outputs);
            case "own":
                Recurrent<float, Hidden<float>> own = new(new MinimalGatedCell(work.Input, work.Hidden));
                return (own, x => own.Forward(x).Outputs);
            default:
                throw new JsonException($"The cell '{work.Cell}' of '{work.Name}' is unknown; known are rnn, lstm, gru, own.");
        }
    }

    public static void Measure(TrainingStep work, int repeat, JsonObject line, double warmSeconds = 2)
    {
        (Module<float> layer, Func<Variable<float>, Variable<float>> run) = Layer(work);
        Model model = new(layer, work);
        model.Initialize(1);
        RmsProp<float> optimizer = new(model, learningRate: 2e-3);
        Tensor<float> x = Steps.Random([work.Time, work.Batch, work.Input], 2);
        Tensor<int> y = Steps.RandomClasses([work.Time, work.Batch], work.Input);
        using (Tape<float> inference = Tape<float>.Inference())
        {
            Action forward = () =>
            {
                inference.Reset();
                model.Head.Forward(run(inference.Constant(x)));
            };
            line["forward_ms"] = Measurement.Of(forward, repeat, warmSeconds).Milliseconds;
            line["forward_peak_share"] = Measurement.PeakShare(forward, work.ForwardOperations, repeat);
        }

        using Tape<float> tape = new();
        Action step = () =>
        {
            tape.Reset();
            Variable<float> loss = model.Head.Forward(run(tape.Constant(x))).CrossEntropy(y);
            Gradients<float> gradients = tape.Backward(loss);
            gradients.ClipByGlobalNorm(5);
            optimizer.Step(gradients);
        };
        Measurement train = Measurement.Of(step, repeat, warmSeconds);
        line["train_ms"] = train.Milliseconds;
        line["train_peak_share"] = Measurement.PeakShare(step, work.TrainOperations, repeat);
        line["allocated_bytes"] = train.AllocatedBytes;
        line["peak_arena_bytes"] = tape.PeakBytes;
    }

    /// <summary>The peak of a training step, from steps of few sequences, or of few time steps where there is but one sequence.</summary>
    public static long PredictedArenaBytes(TrainingStep work)
    {
        (Module<float> layer, Func<Variable<float>, Variable<float>> run) = Layer(work);
        Model model = new(layer, work);
        model.Initialize(1);
        bool overTime = work.Batch <= Steps.FewSizes[^1];
        using Tape<float> tape = new();
        return tape.Forecast(
            (tape, size) =>
            {
                (int time, int batch) = overTime ? (size, work.Batch) : (work.Time, size);
                Variable<float> outputs = run(tape.Constant(new Tensor<float>([time, batch, work.Input])));
                tape.Backward(model.Head.Forward(outputs).CrossEntropy(new Tensor<int>([time, batch])));
            },
            overTime ? work.Time : work.Batch,
            Steps.FewSizes).PeakBytes;
    }

    private sealed class Model : Module<float>
    {
        public Model(Module<float> layer, TrainingStep work)
        {
            AddModule("layer", layer);
            Head = AddModule("head", new Linear<float>(work.Hidden * (work.Bidirectional ? 2 : 1), work.Input));
        }

        public Linear<float> Head { get; }
    }

    /// <summary>A cell as a user writes it, to see what it costs beside the built-in ones.</summary>
    private sealed class MinimalGatedCell : RecurrentCell<float, Hidden<float>>
    {
        private readonly Linear<float> _gate;
        private readonly Linear<float> _candidate;

        public MinimalGatedCell(int inputSize, int hiddenSize)
        {
            _gate = AddModule("gate", new Linear<float>(inputSize + hiddenSize, hiddenSize));
            _candidate = AddModule("candidate", new Linear<float>(inputSize + hiddenSize, hiddenSize));
        }

        public override Hidden<float> Step(Variable<float> x, Hidden<float> state)
        {
            Variable<float> h = state.H;
            Variable<float> f = _gate.Forward(Variable.Concat(x, h)).Sigmoid();
            Variable<float> n = _candidate.Forward(Variable.Concat(x, f * h)).Tanh();
            return new(((1 - f) * h) + (f * n));
        }
    }
}
