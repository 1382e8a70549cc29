using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>cells.json, rnn.json, lstm.json, gru.json</summary>
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
        table.Add("rnn", $"{LayerAttributes} nonlinearity", LayerInputs, static b =>
        {
            OneDirection(b);
            Rnn<T> layer = b.Load(new Rnn<T>(
                b.Int("input_size"), b.Int("hidden_size"), b.Int("num_layers"), NonlinearityOf(b), b.Flag("bias"), b.Flag("batch_first"), b.Number("dropout")));
            Finish(b, layer.Forward(b["input"], HiddenOr(b, default)));
        });
        table.Add("gru", LayerAttributes, LayerInputs, static b =>
        {
            OneDirection(b);
            Gru<T> layer = b.Load(new Gru<T>(
                b.Int("input_size"), b.Int("hidden_size"), b.Int("num_layers"), b.Flag("bias"), b.Flag("batch_first"), b.Number("dropout")));
            Finish(b, layer.Forward(b["input"], HiddenOr(b, default)));
        });
        table.Add("lstm", $"{LayerAttributes} proj_size", $"{LayerInputs} c_0", static b =>
        {
            OneDirection(b);
            if (b.Int("proj_size") != 0) throw b.Bad("proj_size");
            Lstm<T> layer = b.Load(new Lstm<T>(
                b.Int("input_size"), b.Int("hidden_size"), b.Int("num_layers"), b.Flag("bias"), b.Flag("batch_first"), b.Number("dropout")));
            (Variable<T> output, LstmState<T> state) = layer.Forward(b["input"], LstmOr(b, default));
            Finish(b, (output, new Hidden<T>(state.H)));
            b.Output("c_n", state.C);
        });
    }

    private static void OneDirection<T>(Bench<T> bench)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (bench.Flag("bidirectional")) throw bench.Bad("bidirectional");
    }

    private static void Finish<T>(Bench<T> bench, (Variable<T> Output, Hidden<T> State) result)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bench.Output("output", result.Output);
        bench.Output("h_n", result.State.H);
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
