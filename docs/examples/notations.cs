#:project ../../src/Autograd/Autograd.csproj

// The notations of textbooks, made into the layers of the library. dotnet run docs/examples/notations.cs
using Autograd;

const int time = 5, inputs = 3, hidden = 4;
RandomSource random = new(seed: 1);
Tensor<double> x = Draw(time, 1, inputs);
using Tape<double> tape = new();

// s' = tanh(U x + W s + b), o = V s'
Tensor<double> u = Draw(hidden, inputs), w = Draw(hidden, hidden), b = Draw(hidden), v = Draw(2, hidden);
Rnn<double> rnn = Rnn.FromSeparate(u, w, b);
Variable<double> o = rnn.Forward(tape.Constant(x)).Outputs.Linear(tape.Constant(v), null);

// (i, f, o) = σ(W [h; x] + b), g = tanh(W_g [h; x] + b_g), with the gates of one matrix in the order f, i, g, o
Lstm<double> lstm = Lstm.FromConcatenated(weight: Draw(4 * hidden, hidden + inputs), bias: Draw(4 * hidden), order: "figo");

// z = σ(…), r = σ(…), n = tanh(W_n [r ⊙ h; x] + b_n), h' = (1 − z) ⊙ h + z ⊙ n
Gru<double> gru = Gru.FromConcatenated(Draw(3 * hidden, hidden + inputs), Draw(3 * hidden), order: "zrn");

// each gate by itself: W_r x + V_r h + b_r and so on, z as in PyTorch
GateWeights<double> r = Gate(), z = Gate(), n = Gate();
Gru<double> separate = Gru.FromGates(r, z, n, UpdateGate.Keeps, resetAfter: true);

Console.WriteLine($"{o.Shape} {lstm.Forward(tape.Constant(x)).Outputs.Shape} {gru.Forward(tape.Constant(x)).Outputs.Shape} {separate.Forward(tape.Constant(x)).Outputs.Shape}");

// The first against its equation, a unit at a time.
double[] s = new double[hidden], found = rnn.Forward(tape.Constant(x)).Outputs.ToArray();
for (int t = 0; t < time; t++)
{
    s = [.. Enumerable.Range(0, hidden).Select(i => Math.Tanh(
        Enumerable.Range(0, inputs).Sum(k => u[i, k] * x[t, 0, k]) + Enumerable.Range(0, hidden).Sum(k => w[i, k] * s[k]) + b.Span[i]))];
    for (int i = 0; i < hidden; i++)
    {
        if (Math.Abs(s[i] - found[(t * hidden) + i]) > 1e-14) throw new InvalidOperationException($"step {t}, unit {i}: {found[(t * hidden) + i]} for {s[i]}");
    }
}

Tensor<double> Draw(params int[] sizes)
{
    Tensor<double> tensor = new(sizes);
    tensor.Write(values => random.FillNormal(values, 0, 1));
    return tensor;
}

GateWeights<double> Gate() => new(Draw(hidden, inputs), Draw(hidden, hidden), Draw(hidden));
