using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>cells.json, rnn.json, lstm.json, gru.json, packed.json</summary>
internal static class Recurrent
{
    private const string CellInputs = "input h_0 weight_ih weight_hh bias_ih bias_hh";

    private const string LayerAttributes = "input_size hidden_size num_layers bias batch_first dropout bidirectional";
    private const string LayerInputs = "input h_0 weight_* bias_*";

    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("rnn_cell", "input_size hidden_size bias nonlinearity", CellInputs, static b =>
        {
            RnnCell<T> cell = b.Load(new RnnCell<T>(b.Int("input_size"), b.Int("hidden_size"), b.Flag("bias"), NonlinearityOf(b)));
            b.Output("h_1", cell.Step(b["input"], HiddenOr(b, cell.ZeroState(b.Tape, Batch(b)))).H);
        });
        table.Add("gru_cell", "input_size hidden_size bias", CellInputs, static b =>
        {
            GruCell<T> cell = b.Load(new GruCell<T>(b.Int("input_size"), b.Int("hidden_size"), b.Flag("bias")));
            b.Output("h_1", cell.Step(b["input"], HiddenOr(b, cell.ZeroState(b.Tape, Batch(b)))).H);
        });
        table.Add("lstm_cell", "input_size hidden_size bias", $"{CellInputs} c_0", static b =>
        {
            LstmCell<T> cell = b.Load(new LstmCell<T>(b.Int("input_size"), b.Int("hidden_size"), b.Flag("bias")));
            LstmState<T> state = cell.Step(b["input"], LstmOr(b, cell.ZeroState(b.Tape, Batch(b))));
            b.Output("h_1", state.H);
            b.Output("c_1", state.C);
        });
        AddLayers(table);
    }

    private static void AddLayers<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        AddLayer(table, "rnn", $"{LayerAttributes} nonlinearity", LayerInputs, static b => b.Load(new Rnn<T>(
            b.Int("input_size"), b.Int("hidden_size"), Options(b), NonlinearityOf(b))), static b => HiddenOr(b, default));
        AddLayer(table, "gru", LayerAttributes, LayerInputs, static b => b.Load(new Gru<T>(
            b.Int("input_size"), b.Int("hidden_size"), Options(b))), static b => HiddenOr(b, default));
        AddLayer(table, "lstm", $"{LayerAttributes} proj_size", $"{LayerInputs} c_0", static b => b.Load(new Lstm<T>(
            b.Int("input_size"), b.Int("hidden_size"), Options(b), projectionSize: b.Int("proj_size"))), static b => LstmOr(b, default));
    }

    /// <summary>A layer and its packed form, whose lengths are an input and whose order does not matter.</summary>
    private static void AddLayer<T, TState>(
        OpTable<T> table, string op, string attributes, string inputs, Func<Bench<T>, RecurrentLayer<T, TState>> make, Func<Bench<T>, TState> state)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        table.Add(op, attributes, inputs, b => Finish(b, make(b).Forward(b["input"], state(b))));
        table.Add($"packed_{op}", $"{attributes} enforce_sorted", $"{inputs} lengths", b => Finish(b, make(b).Forward(b["input"], state(b), b.Index("lengths"))));
    }

    private static RecurrentOptions Options<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => new()
        {
            NumLayers = bench.Int("num_layers"),
            Bias = bench.Flag("bias"),
            BatchFirst = bench.Flag("batch_first"),
            Dropout = bench.Number("dropout"),
            Direction = bench.Flag("bidirectional") ? RecurrentDirection.Bidirectional : RecurrentDirection.Forward,
        };

    private static void Finish<T, TState>(Bench<T> bench, (Variable<T> Output, TState State) result)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        bench.Output("output", result.Output);
        Parts<T> parts = new(bench);
        result.State.Map(ref parts);
    }

    /// <summary>Gives the parts of a state out as h_n and c_n.</summary>
    private struct Parts<T>(Bench<T> bench) : IVariableMap<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private bool _second;

        public Variable<T> Apply(Variable<T> variable)
        {
            bench.Output(_second ? "c_n" : "h_n", variable);
            _second = true;
            return variable;
        }
    }

    private static int Batch<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench["input"].Shape[0];

    /// <summary>The given state, with what stands for zero where none is given.</summary>
    private static Hidden<T> HiddenOr<T>(Bench<T> bench, Hidden<T> zero)
        where T : unmanaged, IFloatingPointIeee754<T> => new(bench.Optional("h_0") ?? zero.H);

    private static LstmState<T> LstmOr<T>(Bench<T> bench, LstmState<T> zero)
        where T : unmanaged, IFloatingPointIeee754<T> => new(bench.Optional("h_0") ?? zero.H, bench.Optional("c_0") ?? zero.C);

    private static Nonlinearity NonlinearityOf<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T> => bench.Text("nonlinearity") switch
        {
            "tanh" => Nonlinearity.Tanh,
            "relu" => Nonlinearity.Relu,
            _ => throw bench.Bad("nonlinearity"),
        };
}
