namespace Autograd.PublicTests;

/// <summary>The two programs that are the measure of the interface: they compile as they stand, learn, and allocate nothing once warm.</summary>
public sealed class TwoProgramsTests
{
    [Fact]
    public void LinearRegressionLearns()
    {
        Tensor<float> x = new([8, 3]), y = new([8, 1]);
        RandomSource random = new(3);
        x.Write(values => random.FillUniform(values, -1, 1));
        for (int row = 0; row < 8; row++) y[row, 0] = (2 * x[row, 0]) - x[row, 1] + 0.5f;

        var model = new Linear<float>(inputSize: 3, outputSize: 1);
        model.Initialize(seed: 1);
        var optimizer = new Sgd<float>(model, learningRate: 0.1);
        using var tape = new Tape<float>();
        double last = double.NaN;
        long allocated = 0;
        for (int step = 0; step < 400; step++)
        {
            if (step == 200) allocated = GC.GetAllocatedBytesForCurrentThread();
            tape.Reset();
            Variable<float> loss = model.Forward(tape.Constant(x)).MeanSquaredError(tape.Constant(y));
            optimizer.Step(tape.Backward(loss));
            last = loss.Item();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        Assert.InRange(last, 0, 1e-3);
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

        double loss = double.NaN;
        long allocated = 0;
        for (int pass = 0; pass < 8; pass++)
        {
            if (pass == 7) allocated = GC.GetAllocatedBytesForCurrentThread();
            Hidden<float> state = layer.ZeroState(tape, batch: 32);
            foreach (SequenceChunk chunk in stream.Chunks(time: 50))
            {
                state = tape.Reset(carry: state);                       // the cut: everything goes back except these values
                (Variable<float> outputs, state) = layer.Forward(tape.OneHot<float>(chunk.Inputs, 65), state);
                Variable<float> mean = head.Forward(outputs).CrossEntropy(chunk.Targets);
                Gradients<float> gradients = tape.Backward(mean);
                gradients.ClipByGlobalNorm(5);
                optimizer.Step(gradients);
                loss = mean.Item();
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        Assert.InRange(loss, 0, 0.5);
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
