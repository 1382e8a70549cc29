namespace Autograd.Tests;
public sealed class ZDiag
{
    [Fact]
    public void Diag()
    {
        Sequential<float> model = new(new Linear<float>(6, 8), new Linear<float>(8, 4));
        model.Initialize(3);
        Parameter<float> first = model.Parameters.First();
        Sgd<float> optimizer = new(model, learningRate: 0.01);
        Tensor<float> x = new([5, 3, 6]), state = new([3, 4]);
        Tensor<int> classes = new([3], [0, 3, 1]);
        x.Write(static values => new RandomSource(5).FillUniform(values, -1, 1));
        Gradients<float> gathered = Gradients<float>.For(model.Parameters);
        Shape three = [3, 4], table = [12, 4]; // lists of literals would allocate in code that is not optimised
        using Tape<float> tape = new();
        Hidden<float> hidden = new(tape.Constant(state));
        long before = 0;
        long[] at = new long[64]; long last = 0;
        for (int step = 0; step < 60; step++)
        {
            if (step == 40) before = GC.GetAllocatedBytesForCurrentThread();
            hidden = tape.Reset(carry: hidden);
                at[0] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[0] = 0; // hidden = tape.Reset(carry: hidden);
            Variable<float> input = tape.Constant(x), h = hidden.H;
                at[1] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[1] = 0; // Variable<float> input = tape.Constant(x), h = hidden.H;
            for (int t = 0; t < 5; t++)
            {
                Variable<float> y = model.Forward(input[t]);
                at[2] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[2] = 0; // Variable<float> y = model.Forward(input[t]);
                h = (Variable.Concat(y, h).Narrow(1, 2, 4) * y.Sigmoid() + (1 - y).Tanh() / 3).Transpose(0, 1).Reshape(three);
                at[3] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[3] = 0; // h = (Variable.Concat(y, h).Narrow(1, 2, 4) * y.Sigmoid() + (
            }

            Variable<float> looked = tape.OneHot<float>(classes, 4).Linear(first.On(tape).Reshape(table));
                at[4] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[4] = 0; // Variable<float> looked = tape.OneHot<float>(classes, 4).Line
            Variable<float> loss = h.Square().Mean() + looked.Sum(-1).MatMul(h).Sum();
                at[5] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[5] = 0; // Variable<float> loss = h.Square().Mean() + looked.Sum(-1).Ma
            loss.KeepGradient();
                at[6] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[6] = 0; // loss.KeepGradient();
            tape.Backward(loss, retain: true);
                at[7] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[7] = 0; // tape.Backward(loss, retain: true);
            tape.Backward(loss, into: gathered);
                at[8] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[8] = 0; // tape.Backward(loss, into: gathered);
            gathered.ClipByGlobalNorm(1);
                at[9] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[9] = 0; // gathered.ClipByGlobalNorm(1);
            optimizer.Step(gathered);
                at[10] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[10] = 0; // optimizer.Step(gathered);
            gathered.Clear();
                at[11] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[11] = 0; // gathered.Clear();
            hidden = new(h.Detach());
                at[12] += GC.GetAllocatedBytesForCurrentThread() - last; last = GC.GetAllocatedBytesForCurrentThread(); if (step == 40) at[12] = 0; // hidden = new(h.Detach());
        }

        Assert.Fail(string.Join(" ", at));
    }

}
