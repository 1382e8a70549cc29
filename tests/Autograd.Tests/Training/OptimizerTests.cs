namespace Autograd.Tests.Training;

/// <summary>Optimizers against loops over single numbers, written from the papers' equations.</summary>
public sealed class OptimizerTests
{
    private const int Length = 37, Steps = 6; // not a multiple of any vector

    [Theory]
    [InlineData(0, 0, false, 0)]
    [InlineData(0.9, 0, false, 0.1)]
    [InlineData(0.9, 0.3, false, 0)]
    [InlineData(0.9, 0, true, 0.1)]
    public void Sgd(double momentum, double dampening, bool nesterov, double decay)
    {
        double[] b = new double[Length];
        Compare(
            module => new Sgd<double>(module, 0.1, momentum, dampening, nesterov, decay),
            (p, g, i, t) =>
            {
                g += decay * p;
                if (momentum == 0) return p - (0.1 * g);
                b[i] = t == 1 ? g : (momentum * b[i]) + ((1 - dampening) * g);
                return p - (0.1 * (nesterov ? g + (momentum * b[i]) : b[i]));
            });
    }

    [Theory]
    [InlineData(0, false, 0)]
    [InlineData(0.9, false, 0.1)]
    [InlineData(0.9, true, 0)]
    public void RmsProp(double momentum, bool centered, double decay)
    {
        double[] v = new double[Length], a = new double[Length], b = new double[Length];
        Compare(
            module => new RmsProp<double>(module, 0.01, 0.95, 1e-6, momentum, centered, decay),
            (p, g, i, t) =>
            {
                g += decay * p;
                v[i] = (0.95 * v[i]) + (0.05 * g * g);
                a[i] = (0.95 * a[i]) + (0.05 * g);
                double q = g / (Math.Sqrt(centered ? v[i] - (a[i] * a[i]) : v[i]) + 1e-6);
                b[i] = (momentum * b[i]) + q;
                return p - (0.01 * (momentum == 0 ? q : b[i]));
            });
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Adam(bool decoupled, bool amsGrad)
    {
        double[] m = new double[Length], v = new double[Length], u = new double[Length];
        Compare(
            module => decoupled ? new AdamW<double>(module, 0.01, 0.8, 0.99, 1e-6, 0.1, amsGrad) : new Adam<double>(module, 0.01, 0.8, 0.99, 1e-6, 0.1, amsGrad),
            (p, g, i, t) =>
            {
                if (decoupled) p *= 1 - (0.01 * 0.1);
                else g += 0.1 * p;
                m[i] = (0.8 * m[i]) + (0.2 * g);
                v[i] = (0.99 * v[i]) + (0.01 * g * g);
                u[i] = amsGrad ? Math.Max(u[i], v[i]) : v[i];
                return p - (0.01 * (m[i] / (1 - Math.Pow(0.8, t))) / (Math.Sqrt(u[i] / (1 - Math.Pow(0.99, t))) + 1e-6));
            });
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.2, 0.5, 0.1)]
    public void Adagrad(double rateDecay, double initial, double decay)
    {
        double[] s = [.. Enumerable.Repeat(initial, Length)];
        Compare(
            module => new Adagrad<double>(module, 0.1, rateDecay, initial, 1e-6, decay),
            (p, g, i, t) =>
            {
                g += decay * p;
                s[i] += g * g;
                return p - (0.1 / (1 + ((t - 1) * rateDecay)) * g / (Math.Sqrt(s[i]) + 1e-6));
            });
    }

    [Theory]
    [InlineData(0.9, 0)]
    [InlineData(0.6, 0.1)]
    [InlineData(0, 0)]
    public void Adadelta(double rho, double decay)
    {
        double[] v = new double[Length], e = new double[Length];
        Compare(
            module => new Adadelta<double>(module, 0.7, rho, 1e-4, decay),
            (p, g, i, t) =>
            {
                g += decay * p;
                v[i] = (rho * v[i]) + ((1 - rho) * g * g);
                double d = Math.Sqrt(e[i] + 1e-4) / Math.Sqrt(v[i] + 1e-4) * g;
                e[i] = (rho * e[i]) + ((1 - rho) * d * d);
                return p - (0.7 * d);
            });
    }

    [Theory]
    [InlineData(0.8, 4e-3, 0)]
    [InlineData(0, 0.1, 0.1)]
    [InlineData(0.5, 0, 0)]
    public void NAdam(double beta1, double momentumDecay, double decay)
    {
        double[] m = new double[Length], v = new double[Length];
        double Mu(int t) => beta1 * (1 - (0.5 * Math.Pow(0.96, t * momentumDecay)));
        Compare(
            module => new NAdam<double>(module, 0.01, beta1, 0.99, 1e-6, decay, momentumDecay),
            (p, g, i, t) =>
            {
                g += decay * p;
                m[i] = (beta1 * m[i]) + ((1 - beta1) * g);
                v[i] = (0.99 * v[i]) + (0.01 * g * g);
                double product = 1;
                for (int k = 1; k <= t; k++) product *= Mu(k);
                double root = Math.Sqrt(v[i] / (1 - Math.Pow(0.99, t))) + 1e-6;
                return p - (0.01 * (1 - Mu(t)) / (1 - product) * g / root) - (0.01 * Mu(t + 1) / (1 - (product * Mu(t + 1))) * m[i] / root);
            });
    }

    [Theory]
    [InlineData(0.6, 0)] // never adapts: ρ∞ is 4
    [InlineData(0.99, 0.1)] // adapts from the sixth step on
    [InlineData(0.9, 0)]
    public void RAdam(double beta2, double decay)
    {
        double[] m = new double[Length], v = new double[Length];
        Compare(
            module => new RAdam<double>(module, 0.01, 0.8, beta2, 1e-6, decay),
            (p, g, i, t) =>
            {
                g += decay * p;
                m[i] = (0.8 * m[i]) + (0.2 * g);
                v[i] = (beta2 * v[i]) + ((1 - beta2) * g * g);
                double mean = m[i] / (1 - Math.Pow(0.8, t)), most = (2 / (1 - beta2)) - 1;
                double power = Math.Pow(beta2, t), length = most - (2 * t * power / (1 - power));
                if (length <= 5) return p - (0.01 * mean);
                double r = Math.Sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length));
                return p - (0.01 * mean * r * Math.Sqrt(1 - power) / (Math.Sqrt(v[i]) + 1e-6));
            },
            steps: 10);
    }

    [Fact]
    public void FloatStepsAreDoubleStepsRounded()
    {
        Check<Sgd<float>, Sgd<double>>(static m => new(m, 0.1, 0.9, nesterov: true, weightDecay: 0.01), static m => new(m, 0.1, 0.9, nesterov: true, weightDecay: 0.01));
        Check<RmsProp<float>, RmsProp<double>>(static m => new(m, momentum: 0.5), static m => new(m, momentum: 0.5));
        Check<Adam<float>, Adam<double>>(static m => new(m, amsGrad: true), static m => new(m, amsGrad: true));
        Check<AdamW<float>, AdamW<double>>(static m => new(m), static m => new(m));
        Check<Adagrad<float>, Adagrad<double>>(static m => new(m), static m => new(m));
        Check<Adadelta<float>, Adadelta<double>>(static m => new(m), static m => new(m));
        Check<NAdam<float>, NAdam<double>>(static m => new(m), static m => new(m));
        Check<RAdam<float>, RAdam<double>>(static m => new(m, beta2: 0.9), static m => new(m, beta2: 0.9));

        static void Check<TFloat, TDouble>(Func<Module<float>, TFloat> narrow, Func<Module<double>, TDouble> wide)
            where TFloat : Optimizer<float>
            where TDouble : Optimizer<double>
        {
            Vectors<float> left = new();
            Vectors<double> right = new();
            TFloat first = narrow(left);
            TDouble second = wide(right);
            for (int t = 0; t < 12; t++)
            {
                left.Step(first, GradientAt(t));
                right.Step(second, GradientAt(t));
            }

            float[] found = left.Weight.Value.ToArray();
            double[] expected = right.Weight.Value.ToArray();
            for (int i = 0; i < Length; i++) Assert.Equal(expected[i], found[i], 2e-5);
        }
    }

    [Fact]
    public void AnInfiniteGradientSpoilsItsOwnNumberAlone()
    {
        Single model = new(decays: true);
        double[] g = [.. Enumerable.Repeat(1.0, Length)];
        g[2] = double.PositiveInfinity;
        new RmsProp<double>(model).Step(GradientsOf(model, g, out Tape<double> tape));
        tape.Dispose();
        double[] after = model.Weight.Value.ToArray();
        for (int i = 0; i < Length; i++) Assert.Equal(i != 2, double.IsFinite(after[i]));
    }

    [Fact]
    public void NAdamGoesOnWithTheProductOfItsSteps()
    {
        // Far on the product of the momenta is below what 1 − Π can show, and steps far apart may be asked for in any order.
        Single first = new(decays: true), second = new(decays: true);
        NAdam<double> late = new(first, 0.01), early = new(second, 0.01);
        late.RestoreSteps(1_000_000, [1_000_000]);
        Step(first, late, 0);
        late.RestoreSteps(0, [0]);
        foreach ((_, Tensor<double> state) in late.NamedStates()) state.Fill(0);
        first.Weight.Value.CopyFrom(Start());
        Step(first, late, 0);
        Step(second, early, 0);
        Assert.Equal(second.Weight.Value.ToArray(), first.Weight.Value.ToArray());
    }

    [Fact]
    public void TheFirstStepOfAdamIsTheLearningRate()
    {
        Single model = new(decays: true);
        new Adam<double>(model, 0.01).Step(GradientsOf(model, [.. Enumerable.Range(0, Length).Select(static i => i % 2 == 0 ? 5.0 : -0.001)], out Tape<double> tape));
        tape.Dispose();
        double[] before = Start(), after = model.Weight.Value.ToArray();
        for (int i = 0; i < Length; i++) Assert.Equal(i % 2 == 0 ? -0.01 : 0.01, after[i] - before[i], 1e-6);
    }

    [Fact]
    public void DecaySparesParametersThatSayNo()
    {
        Single model = new(decays: false);
        new Sgd<double>(model, 0.1, weightDecay: 0.5).Step(GradientsOf(model, new double[Length], out Tape<double> tape));
        tape.Dispose();
        Assert.Equal(Start(), model.Weight.Value.ToArray());
    }

    [Fact]
    public void StepsContinueFromRestoredStates()
    {
        Single straight = new(decays: true), resumed = new(decays: true);
        Adam<double> first = new(straight, 0.01), second = new(straight, 0.01);
        for (int t = 0; t < 4; t++) Step(straight, first, t);
        Adam<double> saved = new(resumed, 0.01), loaded = new(resumed, 0.01);
        for (int t = 0; t < 2; t++) Step(resumed, saved, t);
        foreach (((string name, Tensor<double> from), (string same, Tensor<double> to)) in saved.NamedStates().Zip(loaded.NamedStates()))
        {
            Assert.Equal(name, same);
            to.CopyFrom(from.Span);
        }

        loaded.RestoreSteps(saved.StepCount, [.. saved.Steps]);
        for (int t = 2; t < 4; t++) Step(resumed, loaded, t);
        Assert.Equal(straight.Weight.Value.ToArray(), resumed.Weight.Value.ToArray());
        Assert.Equal(4, loaded.StepCount);
        Assert.Equal(0, second.StepCount);
    }

    [Fact]
    public void NumbersOutOfRangeAreRefused()
    {
        Single model = new(decays: true);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd<double>(model, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd<double>(model, double.NaN));
        Assert.Throws<ArgumentException>(() => new Sgd<double>(model, 1, nesterov: true));
        Assert.Throws<ArgumentException>(() => new Sgd<double>(model, 1, momentum: 0.9, dampening: 0.1, nesterov: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmsProp<double>(model, epsilon: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adam<double>(model, beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamW<double>(model, beta2: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adagrad<double>(model, rateDecay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adagrad<double>(model, initialAccumulator: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adagrad<double>(model, epsilon: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adadelta<double>(model, decay: 1.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adadelta<double>(model, decay: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adadelta<double>(model, weightDecay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NAdam<double>(model, beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NAdam<double>(model, momentumDecay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RAdam<double>(model, beta2: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RAdam<double>(model, learningRate: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmsProp<double>(model, decay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd<double>(model, 1, momentum: -1));
    }

    [Fact]
    public void ClippingByGlobalNorm()
    {
        Single model = new(decays: true);
        double[] g = new double[Length];
        (g[0], g[36]) = (3, -4);
        Gradients<double> gradients = GradientsOf(model, g, out Tape<double> tape);
        using (tape)
        {
            Assert.Equal(5, gradients.GlobalNorm(), 1e-15);
            Assert.Equal(7, gradients.GlobalNorm(1), 1e-15);
            Assert.Equal(4, gradients.GlobalNorm(double.PositiveInfinity));
            Assert.Equal(5, gradients.ClipByGlobalNorm(10), 1e-15);
            Assert.Equal(3, gradients[model.Weight].Span[0]);
            Assert.Equal(5, gradients.ClipByGlobalNorm(1), 1e-15);
            Assert.Equal(0.6, gradients[model.Weight].Span[0], 1e-6);
            Assert.Equal(-0.8, gradients[model.Weight].Span[36], 1e-6);
            gradients.ClipByValue(0.7);
            Assert.Equal(-0.7, gradients[model.Weight].Span[36]);
            Assert.Throws<ArgumentOutOfRangeException>(() => gradients.ClipByGlobalNorm(-1));
            Assert.Throws<ArgumentOutOfRangeException>(() => gradients.ClipByValue(double.NaN));
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void WhatIsNotFiniteIsNamedAndNothingChanges(double bad)
    {
        Single model = new(decays: true);
        double[] g = new double[Length];
        (g[0], g[5]) = (3, bad);
        Gradients<double> gradients = GradientsOf(model, g, out Tape<double> tape);
        using (tape)
        {
            string message = Assert.Throws<NonFiniteException>(() => gradients.ClipByGlobalNorm(1)).Message;
            Assert.Contains("'weight'", message, StringComparison.Ordinal);
            Assert.Contains("position 5", message, StringComparison.Ordinal);
            Assert.Equal(3, gradients[model.Weight].Span[0]);
        }
    }

    [Fact]
    public void HugeFloatGradientsAreClippedNotLost()
    {
        Parameter<float> p = new("p", new Tensor<float>([2], [0, 0]));
        using Tape<float> tape = new();
        Gradients<float> gradients = tape.Backward(p.On(tape), tape.Full([2], 1e30));
        gradients.ClipByGlobalNorm(1);
        Assert.Equal(0.70710678f, gradients[p].Span[0], 1e-6f);
    }

    private static double[] Start() => [.. Enumerable.Range(0, Length).Select(static i => Math.Sin(i + 1))];

    private static double[] GradientAt(int t) => [.. Enumerable.Range(0, Length).Select(i => Math.Cos((i * 3) + (t * 7)) * (1 + t))];

    private static void Compare(Func<Module<double>, Optimizer<double>> make, Func<double, double, int, int, double> rule, int steps = Steps)
    {
        Single model = new(decays: true);
        Optimizer<double> optimizer = make(model);
        double[] expected = Start();
        for (int t = 1; t <= steps; t++)
        {
            double[] g = GradientAt(t);
            for (int i = 0; i < Length; i++) expected[i] = rule(expected[i], g[i], i, t);
            optimizer.Step(GradientsOf(model, g, out Tape<double> tape));
            tape.Dispose();
            double[] found = model.Weight.Value.ToArray();
            for (int i = 0; i < Length; i++) Assert.Equal(expected[i], found[i], 1e-13);
        }
    }

    private static void Step(Single model, Optimizer<double> optimizer, int t)
    {
        optimizer.Step(GradientsOf(model, GradientAt(t), out Tape<double> tape));
        tape.Dispose();
    }

    /// <summary>Gradients with given values: those of ⟨g, p⟩.</summary>
    private static Gradients<double> GradientsOf(Single model, double[] g, out Tape<double> tape)
    {
        tape = new Tape<double>();
        return tape.Backward(model.Weight.On(tape), tape.Constant([Length], g));
    }

    private sealed class Vectors<T> : Module<T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        public Vectors()
        {
            Weight = AddParameter("weight", [Length], Initializer.Zeros);
            Weight.Set(new Tensor<T>([Length], Array.ConvertAll(Start(), T.CreateTruncating)));
        }

        public Parameter<T> Weight { get; }

        public void Step(Optimizer<T> optimizer, double[] g)
        {
            using Tape<T> tape = new();
            optimizer.Step(tape.Backward(Weight.On(tape), tape.Constant([Length], Array.ConvertAll(g, T.CreateTruncating))));
        }
    }

    private sealed class Single : Module<double>
    {
        public Single(bool decays)
        {
            Weight = AddParameter("weight", [Length], Initializer.Zeros, decays);
            Weight.Set(new Tensor<double>([Length], Start()));
        }

        public Parameter<double> Weight { get; }
    }
}
