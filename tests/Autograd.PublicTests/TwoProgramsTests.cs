using Autograd;
using Autograd.PublicTests;
using Autograd.Tests;

namespace ProgramsOfAUser;

/// <summary>The two programs that are the measure of the interface, as they stand: they learn, and allocate nothing once warm.</summary>
public sealed class TwoProgramsTests
{
    [Fact]
    public void LinearRegressionLearns()
    {
        Tensor<float> x = Tensor.Uniform<float>([8, 3], seed: 3, low: -1, high: 1), y = new([8, 1]);
        for (int row = 0; row < 8; row++) y[row, 0] = (2 * x[row, 0]) - x[row, 1] + 0.5f;
        Allocations.AssertNone(() =>
        {
            LossWriter losses = new();
            TextWriter console = Console.Out;
            Console.SetOut(losses);
            try
            {
                // Linear regression.
                var model = new Linear<float>(inputSize: 3, outputSize: 1);
                model.Initialize(seed: 1);
                var optimizer = new Sgd<float>(model, learningRate: 0.1);
                using var tape = new Tape<float>();
                for (int step = 0; step < 200; step++)
                {
                    tape.Reset();
                    Variable<float> loss = model.Forward(tape.Constant(x)).MeanSquaredError(tape.Constant(y));
                    optimizer.Step(tape.Backward(loss));
                    if (step % 50 == 0) Console.WriteLine(loss.Item());
                }
            }
            finally
            {
                Console.SetOut(console);
            }

            Assert.Equal(4, losses.Count);
            Assert.InRange(losses.Values[3], 0, 1e-2 * losses.Values[0]);
            return losses.Allocated[3] - losses.Allocated[2];
        });
    }

    [Fact]
    public void CellOfOnesOwnLearnsByTruncatedBackpropagation()
    {
        int[] text = new int[20000];
        for (int i = 0; i < text.Length; i++) text[i] = i * i % 13; // a period of 13, which the cell has to remember
        SequenceStream stream = new(text, batch: 32);

        var layer = new Recurrent<float, Hidden<float>>(new MinimalGatedCell<float>(65, 128));
        var head = new Linear<float>(128, 65);
        layer.Initialize(seed: 1);
        head.Initialize(seed: 2);
        var optimizer = new RmsProp<float>(new Pair(layer, head), learningRate: 2e-3, decay: 0.95);
        using var tape = new Tape<float>();
        void Pass()
        {
            Hidden<float> state = layer.ZeroState(tape, batch: 32);
            foreach (SequenceChunk chunk in stream.Chunks(time: 50))
            {
                state = tape.Reset(carry: state);                       // the cut: everything goes back except these values
                (Variable<float> outputs, state) = layer.Forward(tape.OneHot<float>(chunk.Inputs, 65), state);
                Gradients<float> gradients = tape.Backward(head.Forward(outputs).CrossEntropy(chunk.Targets));
                gradients.ClipByGlobalNorm(5);
                optimizer.Step(gradients);
            }
        }

        for (int pass = 0; pass < 7; pass++) Pass();
        Allocations.AssertNone(1, Pass);
        tape.Reset();
        SequenceChunk first = stream.Chunk(0, time: 50);
        Variable<float> learned = layer.Forward(tape.OneHot<float>(first.Inputs, 65)).Outputs;
        Assert.InRange(head.Forward(learned).CrossEntropy(first.Targets).Item(), 0, 0.6);
    }

    /// <summary>Takes what the first program prints, and notes how much was allocated by then.</summary>
    private sealed class LossWriter : TextWriter
    {
        public double[] Values { get; } = new double[8];

        public long[] Allocated { get; } = new long[8];

        public int Count { get; private set; }

        public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

        public override void WriteLine(double value)
        {
            Values[Count] = value;
            Allocated[Count++] = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    private sealed class Pair : Module<float>
    {
        public Pair(Module<float> first, Module<float> second)
        {
            AddModule("first", first);
            AddModule("second", second);
        }
    }
}
