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
}
