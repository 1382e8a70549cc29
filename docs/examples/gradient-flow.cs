#:project ../../src/Autograd/Autograd.csproj

// The gradient on its way back through time, for a vanilla RNN, an LSTM and a GRU on one task of long memory.
// dotnet run docs/examples/gradient-flow.cs [FOLDER]   writes the heat maps into FOLDER
using System.Globalization;
using Autograd;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int time = 50, batch = 48, hidden = 32, steps = 900;

Report("rnn", Train(new Rnn<float>(2, hidden), static state => state.H));
Report("lstm", Train(new Lstm<float>(2, hidden), static state => state.H));
Report("gru", Train(new Gru<float>(2, hidden), static state => state.H));

// The adding problem (Hochreiter and Schmidhuber 1997): of many numbers two are marked, one in each half; their sum is asked for at the end.
static (Tensor<float> Inputs, Tensor<float> Sums) Draw(ulong seed)
{
    RandomSource random = new(seed);
    Tensor<float> inputs = new([time, batch, 2]), sums = new([batch, 1]);
    inputs.Write(values =>
    {
        for (int i = 0; i < values.Length; i += 2) values[i] = (float)random.NextDouble();
        for (int b = 0; b < batch; b++)
        {
            int first = (random.NextInt(time / 2) * batch) + b, second = (((time / 2) + random.NextInt(time / 2)) * batch) + b;
            values[(2 * first) + 1] = values[(2 * second) + 1] = 1;
            float sum = values[2 * first] + values[2 * second];
            int row = b;
            sums.Write(all => all[row] = sum);
        }
    });
    return (inputs, sums);
}

static (GradientFlow<float> Before, GradientFlow<float> After, double Loss) Train<TState>(RecurrentLayer<float, TState> layer, Func<TState, Variable<float>> last)
    where TState : struct, IState<TState, float>
{
    Regressor<TState> model = new(layer);
    model.Initialize(1, (path, _) => path == "layer.bias_ih_l0" && layer is Lstm<float> ? Initializer.ForgetBias(2) : null);
    Adam<float> optimizer = new(model, learningRate: 5e-3);
    using Tape<float> tape = new();
    GradientFlow<float> before = new(), after = new();
    double average = 1;
    for (int step = 0; step <= steps; step++)
    {
        tape.Reset();
        (Tensor<float> inputs, Tensor<float> sums) = Draw((ulong)step);
        layer.GradientFlow = step == 0 ? before : step == steps ? after : null;
        Variable<float> sum = model.Head.Forward(last(layer.FinalState(tape.Constant(inputs)))[0]);
        Variable<float> loss = sum.MeanSquaredError(tape.Constant(sums));
        Gradients<float> gradients = tape.Backward(loss);
        gradients.ClipByGlobalNorm(1);
        optimizer.Step(gradients);
        average += 0.05 * (loss.Item() - average);
    }

    return (before, after, average);
}

void Report(string name, (GradientFlow<float> Before, GradientFlow<float> After, double Loss) result)
{
    Console.WriteLine($"{name}: squared error {result.Loss:0.000} after {steps} steps (0.167 is guessing)");
    Console.WriteLine($"  before training {result.Before.Verdict}");
    Console.WriteLine($"  after training  {result.After.Verdict}");
    if (args.Length == 0) return;
    File.WriteAllText(Path.Combine(args[0], $"gradient-flow-{name}-before.svg"), result.Before.ToSvg($"{name}, before training: {result.Before.Verdict}"));
    File.WriteAllText(Path.Combine(args[0], $"gradient-flow-{name}-after.svg"), result.After.ToSvg($"{name}, after training: {result.After.Verdict}"));
}

sealed class Regressor<TState> : Module<float>
    where TState : struct, IState<TState, float>
{
    public Regressor(RecurrentLayer<float, TState> layer)
    {
        AddModule("layer", layer);
        Head = AddModule("head", new Linear<float>(layer.HiddenSize, 1));
    }

    public Linear<float> Head { get; }
}
