namespace Autograd.Tests;

/// <summary>A recurrence over a sequence, as one node, against the equations written as loops over single numbers.</summary>
public abstract class SequenceContract(int gates, bool hasCell) : OperatorContract<SequenceContract.Form>
{
    /// <summary>Which inputs are given, and which way the sequence runs; where an element of Valid is 0 a row keeps its state.</summary>
    public sealed record Form(bool Bias, bool State, bool Reverse, Nd? Valid);

    public override Type[] Operations => [typeof(SequenceOperation<>)];

    protected override double ValueTolerance => 1e-12;

    protected override double FloatTolerance => 1e-5; // rounding of a step is carried through all later ones

    protected override IEnumerable<Sample> Samples =>
    [
        Sequence(3, 2, 2, 3, bias: true, state: true), Sequence(2, 1, 3, 2, bias: false, state: false), Sequence(1, 2, 1, 1, bias: true, state: false),
        Sequence(5, 3, 2, 1, bias: false, state: true), Sequence(0, 2, 2, 3, bias: true, state: true), Sequence(2, 0, 2, 2, bias: true, state: true),
        Sequence(4, 1, 1, 9, bias: true, state: true), Sequence(3, 2, 2, 3, bias: true, state: true, reverse: true),
        Sequence(4, 3, 2, 3, bias: true, state: true, reverse: false, Nd.Of([4, 3], 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0)),
        Sequence(4, 3, 2, 3, bias: true, state: true, reverse: true, Nd.Of([4, 3], 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0)),
        Sequence(3, 2, 1, 2, bias: false, state: false, reverse: true, Nd.Of([3, 2], 0, 1, 1, 0, 0, 1)),
        Sequence(3, 2, 1, 2, bias: false, state: false, reverse: false, Nd.Of([3, 2], 0, 1, 1, 0, 0, 1)),
    ];

    protected override IEnumerable<Exact> ExactCases => [];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<ShapeException>(tape => Run(Weights(tape, 4, 3), tape.Zeros([2, 3]), default, default, default), "[2, 3]", "three axes"),
        Refuse<ShapeException>(tape => Run(Weights(tape, 4, 3), tape.Zeros([2, 3, 5]), default, default, default), "weight_ih", "[2, 3, 5]"),
        Refuse<ShapeException>(tape => Run(Weights(tape, 4, 3), tape.Zeros([2, 3, 3]), tape.Zeros([3, 5]), default, default), "h_0", "[3, 5]", "[3, 4]"),
        Refuse<ShapeException>(tape => Run(Weights(tape, 4, 3) with { HiddenBias = tape.Zeros([2]) }, tape.Zeros([2, 3, 3]), default, default, default), "bias_hh", "[2]"),
        Refuse<ShapeException>(tape => Run(Weights(tape, 4, 3), tape.Zeros([2, 3, 3]), default, default, new(tape.Zeros([3, 2]), false)), "valid", "[3, 2]", "[2, 3]"),
    ];

    private protected abstract SequenceResult<T> Run<T>(CellWeights<T> weights, Variable<T> x, Variable<T> h, Variable<T> c, SequencePath<T> path)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>;

    /// <summary>The new state of one unit, from the sums A = W x + b and B = V h + d of each of its gates.</summary>
    protected abstract (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c);

    protected override Sample Draw(Choices choose) =>
        DrawSequence(choose, choose.Size(most: 4), choose.Size(most: 3));

    private Sample DrawSequence(Choices choose, int time, int batch) => Sequence(
        time, batch, choose.Size(least: 1, most: 3), choose.Size(least: 1, most: 4), choose.Flip(), choose.Flip(), choose.Flip(), choose.Flip() ? null : Nd.Build([time, batch], _ => choose.Flip() ? 1 : 0));

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, Form a)
    {
        int at = a.Bias ? 5 : 3;
        CellWeights<T> weights = new(x[1], x[2], a.Bias ? x[3] : null, a.Bias ? x[4] : null);
        SequencePath<T> path = new(a.Valid is null ? default : tape.Constant(a.Valid.ToTensor<T>()), a.Reverse);
        SequenceResult<T> result = Run(weights, x[0], a.State ? x[at] : default, a.State && hasCell ? x[at + 1] : default, path);
        return hasCell ? [result.Outputs, result.H, result.C] : [result.Outputs, result.H];
    }

    protected override Nd[] Reference(Nd[] x, Form a)
    {
        Nd input = x[0], w = x[1], v = x[2];
        int time = input.Sizes[0], batch = input.Sizes[1], hidden = v.Sizes[1], at = a.Bias ? 5 : 3;
        Nd h = a.State ? x[at] : new Nd(batch, hidden), c = a.State && hasCell ? x[at + 1] : new Nd(batch, hidden), y = new(time, batch, hidden);
        for (int step = 0; step < time; step++)
        {
            int t = a.Reverse ? time - 1 - step : step;
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

                    bool keeps = a.Valid is not null && a.Valid[t, n].Value == 0;
                    (nextH[n, unit], nextC[n, unit]) = keeps ? (h[n, unit], c[n, unit]) : Unit(sumA, sumB, h[n, unit], c[n, unit]);
                    y[t, n, unit] = keeps ? 0 : nextH[n, unit];
                }
            }

            (h, c) = (nextH, nextC);
        }

        return hasCell ? [y, h, c] : [y, h];
    }

    private Sample Sequence(int time, int batch, int inputs, int hidden, bool bias, bool state, bool reverse = false, Nd? valid = null)
    {
        int rows = gates * hidden;
        List<Nd> x = [N(time, batch, inputs), N(rows, inputs), N(rows, hidden)];
        if (bias) x.AddRange([N(rows), N(rows)]);
        if (state) x.Add(N(batch, hidden));
        if (state && hasCell) x.Add(N(batch, hidden));
        return At(new Form(bias, state, reverse, valid), [.. x]);
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
    private protected override SequenceResult<T> Run<T>(CellWeights<T> weights, Variable<T> x, Variable<T> h, Variable<T> c, SequencePath<T> path) =>
        SequenceOperation<T>.Rnn(weights, Nonlinearity.Tanh, x, h, path);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c) => (Real.Tanh(a[0] + b[0]), 0);
}

/// <summary>h' = max(A + B, 0).</summary>
public sealed class ReluSequenceContract() : SequenceContract(1, hasCell: false)
{
    private protected override SequenceResult<T> Run<T>(CellWeights<T> weights, Variable<T> x, Variable<T> h, Variable<T> c, SequencePath<T> path) =>
        SequenceOperation<T>.Rnn(weights, Nonlinearity.Relu, x, h, path);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c) => (Real.Max(a[0] + b[0], 0), 0);
}

/// <summary>Gates i, f, g, o: c' = f c + i g, h' = o tanh c'.</summary>
public sealed class LstmSequenceContract() : SequenceContract(4, hasCell: true)
{
    private protected override SequenceResult<T> Run<T>(CellWeights<T> weights, Variable<T> x, Variable<T> h, Variable<T> c, SequencePath<T> path) =>
        SequenceOperation<T>.Lstm(weights, x, h, c, path);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c)
    {
        Real next = (Real.Sigmoid(a[1] + b[1]) * c) + (Real.Sigmoid(a[0] + b[0]) * Real.Tanh(a[2] + b[2]));
        return (Real.Sigmoid(a[3] + b[3]) * Real.Tanh(next), next);
    }
}

/// <summary>Gates r, z, n: n = tanh(A + r B), h' = (1 − z) n + z h.</summary>
public sealed class GruSequenceContract() : SequenceContract(3, hasCell: false)
{
    private protected override SequenceResult<T> Run<T>(CellWeights<T> weights, Variable<T> x, Variable<T> h, Variable<T> c, SequencePath<T> path) =>
        SequenceOperation<T>.Gru(weights, x, h, path);

    protected override (Real H, Real C) Unit(Real[] a, Real[] b, Real h, Real c)
    {
        Real z = Real.Sigmoid(a[1] + b[1]);
        return (((1 - z) * Real.Tanh(a[2] + (Real.Sigmoid(a[0] + b[0]) * b[2]))) + (z * h), 0);
    }
}
