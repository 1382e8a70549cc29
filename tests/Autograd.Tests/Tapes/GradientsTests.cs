namespace Autograd.Tests;

/// <summary>What a sweep gives: of leaves, kept values, several outputs, gradients of gradients, sums over sweeps and resets.</summary>
public sealed class GradientsTests
{
    private static readonly Tensor<double> Data = new([3], [1, -2, 0.5]);

    [Fact]
    public void GradientsOfGradientsOfACube()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), cube = (x * x * x).Sum();
        Variable<double> first = tape.Backward(cube, createGraph: true)[x];
        Variable<double> second = tape.Backward(first.Sum(), createGraph: true)[x];
        Variable<double> third = tape.Backward(second.Sum())[x];
        Assert.Equal([3, 12, 0.75], first.ToArray());
        Assert.Equal([6, -12, 3], second.ToArray());
        Assert.Equal([6, 6, 6], third.ToArray());
        Assert.False(third.RequiresGradient);
    }

    [Fact]
    public void MixedSecondDerivativesAgree()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([], [0.7])), y = tape.Variable(new Tensor<double>([], [-1.2]));
        Variable<double> z = (x * y).Tanh() * x + (y / x);
        Gradients<double> first = tape.Backward(z, createGraph: true);
        double xy = tape.Backward(first[x], retain: true)[y].Item(), yx = tape.Backward(first[y], retain: true)[x].Item();
        Assert.Equal(xy, yx, 1e-14);
        Assert.NotEqual(0, xy);
    }

    [Fact]
    public void AGradientPenaltyTrainsTheParameters()
    {
        // L = ‖∂(wᵀx)²/∂x‖² = 4 (w·x)² ‖w‖², so ∂L/∂w = 8 (w·x) ‖w‖² x + 8 (w·x)² w.
        using Tape<double> tape = new();
        Parameter<double> weight = new("weight", new Tensor<double>([3], [0.3, 0.1, -0.4]));
        Variable<double> x = tape.Variable(Data), w = weight.On(tape);
        Variable<double> slope = tape.Backward((w * x).Sum().Square(), createGraph: true)[x];
        double[] found = tape.Backward(slope.Square().Sum())[weight].ToArray();
        double dot = 0, norm = 0;
        double[] values = [0.3, 0.1, -0.4], inputs = [1, -2, 0.5];
        for (int i = 0; i < 3; i++) (dot, norm) = (dot + (values[i] * inputs[i]), norm + (values[i] * values[i]));
        for (int i = 0; i < 3; i++) Assert.Equal((8 * dot * norm * inputs[i]) + (8 * dot * dot * values[i]), found[i], 1e-13);
    }

    [Fact]
    public void ALinearFunctionHasNoGraphOfItsGradient()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        Variable<double> slope = tape.Backward((x * 3).Sum(), createGraph: true)[x];
        Assert.Equal([3, 3, 3], slope.ToArray());
        Assert.False(slope.RequiresGradient);
    }

    [Fact]
    public void AFusedOperationUsesItsRuleAndWithCreateGraphItsComposite()
    {
        using Tape<double> tape = new();
        Fused fused = new();
        Variable<double> x = tape.Variable(Data), square = tape.Apply(fused, x), cube = tape.Output(square, 1), loss = (square + cube).Sum();
        double[] plain = tape.Backward(loss, retain: true)[x].ToArray();
        Assert.Equal((1, 0), (fused.Rules, fused.Composites));
        Variable<double> recorded = tape.Backward(loss, createGraph: true)[x];
        Assert.Equal((1, 1), (fused.Rules, fused.Composites));
        for (int i = 0; i < 3; i++)
        {
            double value = Data.ToArray()[i];
            Assert.Equal((2 * value) + (3 * value * value), plain[i], 1e-12);
            Assert.Equal(plain[i], recorded.ToArray()[i], 1e-12);
            Assert.Equal(2 + (6 * value), tape.Backward(recorded.Sum(), retain: true)[x].ToArray()[i], 1e-12);
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void AnySubsetOfOutputsMayBeUsed(bool first, bool second)
    {
        foreach (bool createGraph in (bool[])[false, true])
        {
            using Tape<double> tape = new();
            Variable<double> x = tape.Variable(Data), square = tape.Apply(new Fused(), x), cube = tape.Output(square, 1), loss = tape.Zeros([]);
            if (first) loss += square.Sum();
            if (second) loss += cube.Sum();
            double[] found = tape.Backward(loss, createGraph: createGraph)[x].ToArray();
            for (int i = 0; i < 3; i++)
            {
                double value = Data.ToArray()[i];
                Assert.Equal((first ? 2 * value : 0) + (second ? 3 * value * value : 0), found[i], 1e-12);
            }
        }
    }

    [Fact]
    public void AFurtherOutputMayBeTheRootOrKept()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), square = tape.Apply(new Fused(), x), cube = tape.Output(square, 1);
        cube.KeepGradient();
        Gradients<double> gradients = tape.Backward(cube, tape.Constant([3], [1, 2, 4]));
        Assert.Equal([3, 24, 3], gradients[x].ToArray());
        Assert.Equal([1, 2, 4], gradients[cube].ToArray());
    }

    [Fact]
    public void SeveralOutputsAtOnceAreTheSumOfTheirSweeps()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), a = x.Tanh(), b = (a * x).Sum();
        Variable<double> u = tape.Constant([3], [1, 2, 3]), v = tape.Full([], 0.5);
        double[] both = tape.Backward([a, b, a], [u, v, u], retain: true)[x].ToArray();
        double[] onlyA = tape.Backward(a, u, retain: true)[x].ToArray(), onlyB = tape.Backward(b, v)[x].ToArray();
        for (int i = 0; i < 3; i++) Assert.Equal((2 * onlyA[i]) + onlyB[i], both[i], 1e-14);
    }

    [Fact]
    public void KeptGradientsOfIntermediateValues()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = x * 2, z = (y * y).Sum();
        y.KeepGradient();
        z.KeepGradient();
        Gradients<double> gradients = tape.Backward(z);
        Assert.Equal([4, -8, 2], gradients[y].ToArray());
        Assert.Equal([8, -16, 4], gradients[x].ToArray());
        Assert.Equal(1, gradients[z].Item());
    }

    [Fact]
    public void ALeafMayBeTheLoss()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([], [4]));
        Assert.Equal(1, tape.Backward(x)[x].Item());
        Assert.Equal(1, tape.Backward(x)[x].Item());
    }

    [Fact]
    public void DetachCutsWithoutACopy()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = x * 3, cut = y.Detach();
        Assert.False(cut.RequiresGradient);
        Assert.True(ResetTests.SameMemory(y, cut));
        Assert.Equal([3, -6, 1.5], tape.Backward((cut * x).Sum())[x].ToArray());
    }

    [Fact]
    public void OneTensorTwiceIsTwoLeavesAndOneParameterOne()
    {
        using Tape<double> tape = new();
        Variable<double> a = tape.Variable(Data), b = tape.Variable(Data);
        Gradients<double> gradients = tape.Backward((a * 2 + b * 5).Sum());
        Assert.Equal((2, 5), (gradients[a].ToArray()[0], gradients[b].ToArray()[0]));
        Parameter<double> parameter = new("p", Data);
        int count = tape.Count;
        Assert.True(ResetTests.SameMemory(parameter.On(tape), parameter.On(tape)));
        Assert.Equal(count + 1, tape.Count);
        Assert.Equal([7, 7, 7], tape.Backward((parameter.On(tape) * 2 + parameter.On(tape) * 5).Sum())[parameter].ToArray());
    }

    [Fact]
    public void ASharedWeightOverTimeSumsAllSteps()
    {
        // h_t = w h_{t−1} + x_t with h_0 = 0: ∂h_T/∂w by the recurrence d_t = h_{t−1} + w d_{t−1}.
        using Tape<double> tape = new();
        Parameter<double> weight = new("w", new Tensor<double>([], [0.9]));
        double h = 0, d = 0;
        Variable<double> state = tape.Zeros([]);
        for (int t = 0; t < 50; t++)
        {
            double x = Math.Sin(t);
            (h, d) = ((0.9 * h) + x, h + (0.9 * d));
            state = (weight.On(tape) * state) + x;
        }

        Assert.Equal(h, state.Item(), 1e-13);
        Assert.Equal(d, tape.Backward(state)[weight].Item(), 1e-12);
    }

    [Fact]
    public void IntoAddsWithinAGeneration()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), other = tape.Variable(Data);
        Gradients<double> sum = tape.Backward((x * 2).Sum());
        Assert.Equal([2, 2, 2], sum[x].ToArray());
        Gradients<double> returned = tape.Backward((x * other).Sum(), into: sum);
        Assert.Equal([3, 0, 2.5], sum[x].ToArray());
        Assert.Equal(sum[x].ToArray(), returned[x].ToArray());
        Assert.Equal([1, -2, 0.5], sum[other].ToArray());
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }

    [Fact]
    public void IntoWithGraphsStaysDifferentiable()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        Gradients<double> sum = tape.Backward((x * x).Sum(), createGraph: true);
        tape.Backward((x * x * x).Sum(), createGraph: true, into: sum);
        Assert.Equal([2 + 3, -4 + 12, 1 + 0.75], sum[x].ToArray());
        Assert.Equal([2 + 6, 2 - 12, 2 + 3], tape.Backward(sum[x].Sum())[x].ToArray());
    }

    [Fact]
    public void GradientsForParametersOutliveResetsAndTapes()
    {
        Parameter<double> a = new("a", Data), b = new("b", Data), unused = new("unused", Data);
        Gradients<double> sum = Gradients<double>.For(a, b, unused);
        using Tape<double> tape = new(), second = new();
        for (int batch = 1; batch <= 3; batch++)
        {
            Tape<double> on = batch == 2 ? second : tape;
            on.Reset();
            on.Backward((a.On(on) * batch).Sum() + (batch == 3 ? b.On(on).Sum() : on.Zeros([])), into: sum);
        }

        Assert.Equal([6, 6, 6], sum[a].ToArray());
        Assert.Equal([1, 1, 1], sum[b].ToArray());
        Assert.Equal([0, 0, 0], sum[unused].ToArray());
        Assert.Equal((true, true, false), (sum.Contains(a), sum.Contains(b), sum.Contains(unused)));
        Assert.Equal(Math.Sqrt((3 * 36) + 3), sum.GlobalNorm(), 1e-12);
        tape.Reset();
        Assert.Equal([6, 6, 6], sum[a].ToArray());
        sum.Clear();
        Assert.False(sum.Contains(a));
        Assert.Equal([0, 0, 0], sum[a].ToArray());
        tape.Backward((a.On(tape) * 5).Sum(), into: sum);
        Assert.Equal([5, 5, 5], sum[a].ToArray());
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }

    [Fact]
    public void GradientsAreTheirOwnMemory()
    {
        // a + b gives both leaves and both kept values the same cotangent; changing one gradient must change no other.
        using Tape<double> tape = new();
        Variable<double> a = tape.Variable(Data), b = tape.Variable(Data), y = a + b, seed = tape.Constant([3], [1, 1, 1]);
        y.KeepGradient();
        Gradients<double> gradients = tape.Backward(y, seed);
        gradients[a].Node.Storage!.Data.AsSpan(gradients[a].Node.Storage!.Start, 3).Fill(7);
        Assert.Equal([7, 7, 7], gradients[a].ToArray());
        Assert.Equal([1, 1, 1], gradients[b].ToArray());
        Assert.Equal([1, 1, 1], gradients[y].ToArray());
        Assert.Equal([1, 1, 1], seed.ToArray());
    }

    [Fact]
    public void ASetOfGradientsMayBeReadAnyNumberOfTimes()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        Gradients<double> gradients = tape.Backward((x * x).Sum());
        Variable<double> once = gradients[x], twice = gradients[x];
        Assert.True(ResetTests.SameMemory(once, twice));
        Assert.Equal([4, -8, 2], (once + twice).ToArray());
    }
}
