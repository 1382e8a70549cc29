using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>higher_order.json</summary>
internal static class SecondOrder
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("hvp", "function formula", "x v a b w1 b1 w2 b2 data target wq wk wv weight_* bias_* weight bias", static b =>
        {
            (Variable<T> x, Variable<T> value) = b.Text("function") == "lstm_recurrent_weight" ? OfRecurrentWeight(b) : OfVariable(b);
            Variable<T> gradient = b.Tape.Backward(value, createGraph: true)[x];
            Variable<T> product = (gradient * b["v"]).Sum();
            b.Output("value", value);
            b.Output("gradient", gradient);
            b.Output("hvp", b.Tape.Backward(product)[x]);
        });
    }

    private static (Variable<T> X, Variable<T> Value) OfVariable<T>(Bench<T> b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Variable<T> x = b.Tape.Variable(b.Values("x"));
        Variable<T> value = b.Text("function") switch
        {
            "rosenbrock" => ((100 * (x[1..] - x[..^1].Square()).Square()) + (1 - x[..^1]).Square()).Sum(),
            "logsumexp_quadratic" => x.Linear(b["a"], b["b"]).LogSumExp() + (0.5 * x.Square().Sum()),
            "elementwise_mix" => ((x.Sin().Exp() * x.Sigmoid()) + ((1 + x.Square()).Log() * x.Tanh()) + (x.Softplus() / (1 + x.Square()).Sqrt())).Sum(),
            "tanh_mlp" => x.Linear(b["w1"], b["b1"]).Tanh().Linear(b["w2"], b["b2"]).Square().Sum(),
            "tanh_regression" => b["data"].Linear(x).Tanh().MeanSquaredError(b["target"]),
            "softmax_regression" => b["data"].Linear(x).CrossEntropy(b.Index("target")),
            "attention" => Attention(x.Linear(b["wq"]), x.Linear(b["wk"]), x.Linear(b["wv"])).Square().Sum(),
            "lstm_sum" => LstmSum(LstmOf(b, b["weight_hh_l0"]), x),
            "logdet_gram" => (x.MatMul(x.Transpose()) + Identity(b.Tape, x.Shape[0])).LogDeterminant(),
            "gru_sum" => GruOf(b).Forward(x).Outputs.Square().Sum(),
            "conv2d_square" => x.Conv2d(b["weight"], b["bias"], padding: 1).Tanh().Square().Sum(),
            "conv1d_gelu_pool" => x.Conv1d(b["weight"], b["bias"], padding: 1).Gelu().AvgPool1d(2).Square().Sum(),
            "layer_norm_cubic" => x.LayerNorm([x.Shape[^1]], b["weight"], b["bias"]).Pow(3).Sum(),
            "batch_norm_cubic" => x.BatchNorm(new Tensor<T>([x.Shape[1]]), new Tensor<T>([x.Shape[1]]), b["weight"], b["bias"]).Pow(3).Sum(),
            _ => throw b.Bad("function"),
        };
        return (x, value);
    }

    private static Variable<T> Attention<T>(Variable<T> q, Variable<T> k, Variable<T> v)
        where T : unmanaged, IFloatingPointIeee754<T> => (q.MatMul(k.Transpose()) / Math.Sqrt(q.Shape[^1])).Softmax(-1).MatMul(v);

    private static Variable<T> Identity<T>(Tape<T> tape, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tensor<T> identity = new([size, size]);
        for (int i = 0; i < size; i++) identity[i, i] = T.One;
        return tape.Constant(identity);
    }

    /// <summary>The variable is itself a parameter of the layer.</summary>
    private static (Variable<T> X, Variable<T> Value) OfRecurrentWeight<T>(Bench<T> b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lstm<T> layer = LstmOf(b, b["x"]);
        Parameter<T> weight = layer.NamedParameters().Single(static entry => entry.Path == "weight_hh_l0").Parameter;
        return (weight.On(b.Tape), LstmSum(layer, b["data"]));
    }

    private static Variable<T> LstmSum<T>(Lstm<T> layer, Variable<T> sequence)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (Variable<T> outputs, LstmState<T> state) = layer.Forward(sequence);
        return outputs.Square().Sum() + state.C.Sum();
    }

    private static Lstm<T> LstmOf<T>(Bench<T> b, Variable<T> recurrentWeight)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Lstm<T> layer = new(b["weight_ih_l0"].Shape[1], recurrentWeight.Shape[1]);
        foreach ((string path, Parameter<T> parameter) in layer.NamedParameters())
        {
            parameter.Set(path == "weight_hh_l0" ? recurrentWeight.ToTensor() : b.Values(path));
        }

        return layer;
    }

    private static Gru<T> GruOf<T>(Bench<T> b)
        where T : unmanaged, IFloatingPointIeee754<T> => b.Load(new Gru<T>(b["weight_ih_l0"].Shape[1], b["weight_hh_l0"].Shape[1]));
}
