namespace Autograd.Tests.Layers;

/// <summary>Layers from the notations of textbooks, against those notations written as loops over single numbers.</summary>
public sealed class NotationTests
{
    private const int Time = 6, Inputs = 3, Hidden = 4;

    private readonly double[] _x = Laws.Numbers(Time * Inputs, 1);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void OneMatrixOfAVanillaNetwork(bool inputFirst, bool bias)
    {
        Tensor<double> w = Laws.Tensor([Hidden, Hidden + Inputs], 2), b = Laws.Tensor([Hidden], 3);
        Equal(Rnn.FromConcatenated(w, bias ? b : null, inputFirst), (h, x) =>
        {
            double[] seen = inputFirst ? [.. x, .. h] : [.. h, .. x];
            return [.. Times(w, 0, seen).Select((sum, unit) => Math.Tanh(sum + (bias ? b.Span[unit] : 0)))];
        });
    }

    [Fact]
    public void SeparateMatricesOfAVanillaNetwork()
    {
        Tensor<double> u = Laws.Tensor([Hidden, Inputs], 2), w = Laws.Tensor([Hidden, Hidden], 3), b = Laws.Tensor([Hidden], 4);
        Equal(Rnn.FromSeparate(u, w, b, Nonlinearity.Relu), (h, x) => [.. Units(unit => Math.Max(0, Times(u, 0, x)[unit] + Times(w, 0, h)[unit] + b.Span[unit]))]);
    }

    [Theory]
    [InlineData("ifgo", false)]
    [InlineData("figo", true)]
    [InlineData("ogfi", false)]
    public void OneMatrixOfAnLstm(string order, bool inputFirst)
    {
        Tensor<double> w = Laws.Tensor([4 * Hidden, Hidden + Inputs], 2), b = Laws.Tensor([4 * Hidden], 3);
        double[] c = new double[Hidden];
        Equal(Lstm.FromConcatenated(w, b, order, inputFirst), (h, x) =>
        {
            double[] seen = inputFirst ? [.. x, .. h] : [.. h, .. x];
            double[] i = Gate('i'), f = Gate('f'), g = Gate('g'), o = Gate('o');
            c = Units(unit => (Sigmoid(f[unit]) * c[unit]) + (Sigmoid(i[unit]) * Math.Tanh(g[unit])));
            return Units(unit => Sigmoid(o[unit]) * Math.Tanh(c[unit]));

            double[] Gate(char name)
            {
                int row = order.IndexOf(name, StringComparison.Ordinal) * Hidden;
                double[] sums = Times(w, row, seen);
                return Units(unit => sums[unit] + b.Span[row + unit]);
            }
        });
    }

    [Fact]
    public void MatricesOfEachGateOfAnLstm()
    {
        GateWeights<double>[] gates = [.. Enumerable.Range(0, 4).Select(Weights)];
        double[] c = new double[Hidden];
        Equal(Lstm.FromGates(gates[0], gates[1], gates[2], gates[3]), (h, x) =>
        {
            double[] i = Sum(gates[0], x, h), f = Sum(gates[1], x, h), g = Sum(gates[2], x, h), o = Sum(gates[3], x, h);
            c = Units(unit => (Sigmoid(f[unit]) * c[unit]) + (Sigmoid(i[unit]) * Math.Tanh(g[unit])));
            return Units(unit => Sigmoid(o[unit]) * Math.Tanh(c[unit]));
        });
    }

    [Theory]
    [InlineData("rzn", UpdateGate.Replaces)]
    [InlineData("zrn", UpdateGate.Keeps)]
    public void OneMatrixOfAGruWhoseResetComesFirst(string order, UpdateGate update)
    {
        Tensor<double> w = Laws.Tensor([3 * Hidden, Hidden + Inputs], 2), b = Laws.Tensor([3 * Hidden], 3);
        Equal(Gru.FromConcatenated(w, b, order, update: update), (h, x) =>
        {
            double[] r = Gate('r', h), z = Gate('z', h), n = Gate('n', Units(unit => Sigmoid(r[unit]) * h[unit]));
            return Units(unit =>
            {
                double share = Sigmoid(z[unit]), fresh = Math.Tanh(n[unit]);
                return update == UpdateGate.Replaces ? ((1 - share) * h[unit]) + (share * fresh) : (share * h[unit]) + ((1 - share) * fresh);
            });

            double[] Gate(char name, double[] state)
            {
                int row = order.IndexOf(name, StringComparison.Ordinal) * Hidden;
                double[] sums = Times(w, row, [.. state, .. x]);
                return Units(unit => sums[unit] + b.Span[row + unit]);
            }
        });
    }

    [Fact]
    public void MatricesOfEachGateOfAGru()
    {
        GateWeights<double>[] gates = [.. Enumerable.Range(0, 3).Select(Weights)];
        Equal(Gru.FromGates(gates[0], gates[1], gates[2], resetAfter: true), (h, x) =>
        {
            double[] r = Sum(gates[0], x, h), z = Sum(gates[1], x, h), fromX = Times(gates[2].Input, 0, x), fromH = Times(gates[2].Hidden, 0, h);
            return Units(unit =>
            {
                double fresh = Math.Tanh(fromX[unit] + gates[2].Bias!.Span[unit] + (Sigmoid(r[unit]) * fromH[unit])), share = Sigmoid(z[unit]);
                return ((1 - share) * h[unit]) + (share * fresh);
            });
        });
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedWithWords()
    {
        Refused<ShapeException>(static () => Lstm.FromConcatenated(Laws.Tensor([9, 7], 1), null), "[9, 7]", "[4 · hidden, hidden + inputs]");
        Refused<ShapeException>(static () => Rnn.FromConcatenated(Laws.Tensor([4, 4], 1), null), "[4, 4]", "[hidden, hidden + inputs]");
        Refused<ShapeException>(static () => Gru.FromConcatenated(Laws.Tensor([6, 5], 1), Laws.Tensor([5], 1)), "[5]", "[6]");
        Refused<ArgumentException>(static () => Lstm.FromConcatenated(Laws.Tensor([8, 5], 1), null, "iffo"), "'iffo'", "'ifgo'");
        Refused<ShapeException>(static () => Rnn.FromSeparate(Laws.Tensor([4, 3], 1), Laws.Tensor([4, 5], 1), null), "[4, 5]", "[4, 4]");
        GateWeights<double> with = Weights(1), without = with with { Bias = null };
        Refused<ArgumentException>(() => Gru.FromGates(with, without, with), "zeros");
    }

    private static void Refused<TException>(Func<object> act, params string[] says)
        where TException : Exception
    {
        TException error = Assert.Throws<TException>(act);
        foreach (string word in says) Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    private static GateWeights<double> Weights(int seed) =>
        new(Laws.Tensor([Hidden, Inputs], 10 + seed), Laws.Tensor([Hidden, Hidden], 20 + seed), Laws.Tensor([Hidden], 30 + seed));

    private static double[] Sum(GateWeights<double> gate, double[] x, double[] h)
    {
        double[] fromX = Times(gate.Input, 0, x), fromH = Times(gate.Hidden, 0, h);
        return Units(unit => fromX[unit] + fromH[unit] + gate.Bias!.Span[unit]);
    }

    private static double[] Units(Func<int, double> value) => [.. Enumerable.Range(0, Hidden).Select(value)];

    private static double Sigmoid(double a) => 1 / (1 + Math.Exp(-a));

    /// <summary>As many rows of a matrix as there are units, from one on, times a vector.</summary>
    private static double[] Times(Tensor<double> matrix, int row, double[] vector)
    {
        double[] values = matrix.Span.ToArray();
        return Units(unit => vector.Select((value, column) => values[((row + unit) * vector.Length) + column] * value).Sum());
    }

    private void Equal<TState>(RecurrentLayer<double, TState> layer, Func<double[], double[], double[]> step)
        where TState : struct, IState<TState, double>
    {
        using Tape<double> tape = new();
        double[] found = layer.Forward(tape.Constant([Time, 1, Inputs], _x)).Outputs.ToArray();
        double[] h = new double[Hidden];
        for (int t = 0; t < Time; t++)
        {
            h = step(h, _x[(t * Inputs)..((t + 1) * Inputs)]);
            for (int unit = 0; unit < Hidden; unit++) Assert.Equal(h[unit], found[(t * Hidden) + unit], 1e-13);
        }
    }
}
