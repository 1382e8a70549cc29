namespace Autograd.Tests;

/// <summary>A recurrence over a sequence, as one node, against the equations written as loops over single numbers.</summary>
public abstract class SequenceContract(int gates, bool hasCell) : OperatorContract<(bool Bias, bool State)>
{
    public override Type[] Operations => [typeof(SequenceOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 1e-5; // rounding of a step is carried through all later ones

    protected override IEnumerable<Sample> Samples =>
    [
        Sequence(3, 2, 2, 3, bias: true, state: true), Sequence(2, 1, 3, 2, bias: false, state: false), Sequence(1, 2, 1, 1, bias: true, state: false),
        Sequence(5, 3, 2, 1, bias: false, state: true), Sequence(0, 2, 2, 3, bias: true, state: true), Sequence(2, 0, 2, 2, bias: true, state: true),
        Sequence(4, 1, 1, 9, bias: true, state: true),
    ];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(tape => Run(tape.Zeros([2, 3]), Weights(tape, 4, 3), default, default), "[2, 3]", "three axes"),
        Refuse<ShapeException>(tape => Run(tape.Zeros([2, 3, 5]), Weights(tape, 4, 3), default, default), "weight_ih", "[2, 3, 5]"),
        Refuse<ShapeException>(tape => Run(tape.Zeros([2, 3, 3]), Weights(tape, 4, 3), tape.Zeros([3, 5]), default), "h_0", "[3, 5]", "[3, 4]"),
        Refuse<ShapeException>(tape => Run(tape.Zeros([2, 3, 3]), Weights(tape, 4, 3) with { HiddenBias = tape.Zeros([2]) }, default, default), "bias_hh", "[2]"),
    ];

    private protected abstract SequenceResult<T> Run<T>(Variable<T> x, CellWeights<T> weights, Variable<T> h, Variable<T> c)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>;

    /// <summary>The new state of one unit, from the sums A = W x + b and B = V h + d of each of its gates.</summary>
    protected abstract (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c);

    protected override Sample Draw(Choices choose) =>
        Sequence(choose.Size(most: 4), choose.Size(most: 3), choose.Size(least: 1, most: 3), choose.Size(least: 1, most: 4), choose.Flip(), choose.Flip());

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, (bool Bias, bool State) a)
    {
        int at = a.Bias ? 5 : 3;
        CellWeights<T> weights = new(x[1], x[2], a.Bias ? x[3] : null, a.Bias ? x[4] : null);
        SequenceResult<T> result = Run(x[0], weights, a.State ? x[at] : default, a.State && hasCell ? x[at + 1] : default);
        return hasCell ? [result.Outputs, result.H, result.C] : [result.Outputs, result.H];
    }

    protected override Nd[] Reference(Nd[] x, (bool Bias, bool State) a)
    {
        Nd input = x[0], w = x[1], v = x[2];
        int time = input.Sizes[0], batch = input.Sizes[1], hidden = v.Sizes[1], at = a.Bias ? 5 : 3;
        Nd h = a.State ? x[at] : new Nd(batch, hidden), c = a.State && hasCell ? x[at + 1] : new Nd(batch, hidden), y = new(time, batch, hidden);
        for (int t = 0; t < time; t++)
        {
            Nd nextH = new(batch, hidden), nextC = new(batch, hidden);
            for (int n = 0; n < batch; n++)
            {
                for (int unit = 0; unit < hidden; unit++)
                {
                    Real[] sumA = new Real[gates], sumB = new Real[gates];
                    for (int gate = 0; gate < gates; gate++)
                    {
                        int row = (gate * hidden) + unit;
                        sumA[gate] = a.Bias ? x[3][row] : 0;
                        sumB[gate] = a.Bias ? x[4][row] : 0;
                        for (int k = 0; k < input.Sizes[2]; k++) sumA[gate] += w[row, k] * input[t, n, k];
                        for (int k = 0; k < hidden; k++) sumB[gate] += v[row, k] * h[n, k];
                    }

                    (nextH[n, unit], nextC[n, unit]) = Unit(sumA, sumB, h[n, unit], c[n, unit]);
                    y[t, n, unit] = nextH[n, unit];
                }
            }

            (h, c) = (nextH, nextC);
        }

        return hasCell ? [y, h, c] : [y, h];
    }

    private Sample Sequence(int time, int batch, int inputs, int hidden, bool bias, bool state)
    {
        int rows = gates * hidden;
        List<Nd> x = [N(time, batch, inputs), N(rows, inputs), N(rows, hidden)];
        if (bias) x.AddRange([N(rows), N(rows)]);
        if (state) x.Add(N(batch, hidden));
        if (state && hasCell) x.Add(N(batch, hidden));
        return At((bias, state), [.. x]);
    }

    private CellWeights<double> Weights(Tape<double> tape, int hidden, int inputs)
    {
        int rows = gates * hidden;
        return new(tape.Zeros([rows, inputs]), tape.Zeros([rows, hidden]), tape.Zeros([rows]), tape.Zeros([rows]));
    }
}

/// <summary>h' = tanh(A + B).</summary>
public sealed class RnnSequenceContract() : SequenceContract(1, hasCell: false)
{
    private protected override SequenceResult<T> Run<T>(Variable<T> x, CellWeights<T> weights, Variable<T> h, Variable<T> c) =>
        SequenceOperation<T>.Rnn(x, weights, h, Nonlinearity.Tanh);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c) => (Real.Tanh(a[0] + b[0]), 0);
}

/// <summary>h' = max(A + B, 0).</summary>
public sealed class ReluSequenceContract() : SequenceContract(1, hasCell: false)
{
    private protected override SequenceResult<T> Run<T>(Variable<T> x, CellWeights<T> weights, Variable<T> h, Variable<T> c) =>
        SequenceOperation<T>.Rnn(x, weights, h, Nonlinearity.Relu);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c) => (Real.Max(a[0] + b[0], 0), 0);
}

/// <summary>Gates i, f, g, o: c' = f c + i g, h' = o tanh c'.</summary>
public sealed class LstmSequenceContract() : SequenceContract(4, hasCell: true)
{
    private protected override SequenceResult<T> Run<T>(Variable<T> x, CellWeights<T> weights, Variable<T> h, Variable<T> c) =>
        SequenceOperation<T>.Lstm(x, weights, h, c);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c)
    {
        Real next = (Real.Sigmoid(a[1] + b[1]) * c) + (Real.Sigmoid(a[0] + b[0]) * Real.Tanh(a[2] + b[2]));
        return (Real.Sigmoid(a[3] + b[3]) * Real.Tanh(next), next);
    }
}

/// <summary>Gates r, z, n: n = tanh(A + r B), h' = (1 − z) n + z h.</summary>
public sealed class GruSequenceContract() : SequenceContract(3, hasCell: false)
{
    private protected override SequenceResult<T> Run<T>(Variable<T> x, CellWeights<T> weights, Variable<T> h, Variable<T> c) =>
        SequenceOperation<T>.Gru(x, weights, h);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c)
    {
        Real z = Real.Sigmoid(a[1] + b[1]);
        return (((1 - z) * Real.Tanh(a[2] + (Real.Sigmoid(a[0] + b[0]) * b[2]))) + (z * h), 0);
    }
}
