using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>What a recurrent layer gives: the outputs of all steps and the state after the last.</summary>
internal readonly record struct SequenceResult<T>(Variable<T> Outputs, Variable<T> H, Variable<T> C)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>The way through a sequence: which rows take part in which step, [T, B] (all if not given), from which end, and for messages the number of its first step.</summary>
internal readonly record struct SequencePath<T>(Variable<T> Valid, bool Reverse, int First = 0)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>
/// A vanilla RNN, LSTM or GRU in one layer and one direction over a whole sequence, as one node: x [T, B, I] to the outputs
/// of all steps [T, B, H] and the last state [B, H] (h, and c for an LSTM). Where valid [T, B] is 0 a row keeps its state, and
/// its output is 0.
/// </summary>
/// <remarks>
/// The definition is <see cref="CellEquations"/>, step after step; <see cref="Compose"/> carries it, and the kernel computes
/// the same in one sweep. Keeps the inputs, the outputs and the activated gates.
/// </remarks>
internal sealed class SequenceOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int X = 0, WeightIh = 1, WeightHh = 2, BiasIh = 3, BiasHh = 4, H0 = 5, C0 = 6, Valid = 7;

    private RecurrentKind _kind;
    private bool _reverse;

    public override string Name => _kind switch
    {
        RecurrentKind.Lstm => "Lstm",
        RecurrentKind.Gru => "Gru",
        _ => "Rnn",
    };

    internal override bool LeadsWithTime => true;

    private bool HasCell => _kind == RecurrentKind.Lstm;

    /// <summary>The vanilla recurrence; a state that is not given is zero.</summary>
    public static SequenceResult<T> Rnn(CellWeights<T> weights, Nonlinearity nonlinearity, Variable<T> x, Variable<T> h0, SequencePath<T> path) =>
        Apply(nonlinearity == Nonlinearity.Relu ? RecurrentKind.Relu : RecurrentKind.Tanh, weights, x, h0, default, path);

    /// <summary>The LSTM's recurrence; a state that is not given is zero.</summary>
    public static SequenceResult<T> Lstm(CellWeights<T> weights, Variable<T> x, Variable<T> h0, Variable<T> c0, SequencePath<T> path) =>
        Apply(RecurrentKind.Lstm, weights, x, h0, c0, path);

    /// <summary>The GRU's recurrence, the reset gate after the product; a state that is not given is zero.</summary>
    public static SequenceResult<T> Gru(CellWeights<T> weights, Variable<T> x, Variable<T> h0, SequencePath<T> path) =>
        Apply(RecurrentKind.Gru, weights, x, h0, default, path);

    protected internal override void Forward(ForwardContext<T> context)
    {
        RecurrentShape shape = ShapeOf(context.Shape(X), context.Shape(WeightHh));
        Check(context, shape);
        Span<T> y = context.Output([shape.Time, shape.Batch, shape.Hidden]);
        Span<T> h = context.Output([shape.Batch, shape.Hidden]);
        Span<T> c = HasCell ? context.Output([shape.Batch, shape.Hidden]) : default;
        Span<T> reserve = context.Records ? context.Reserve(checked((int)shape.ReserveLength)) : default;

        // The states of the rows that keep theirs are part of the recurrence, but not of the output.
        Span<T> states = context.Records && context.Has(Valid) ? context.Reserve(y.Length) : y;
        OneHotOperation<T>? oneHot = context.DeferredOperation(X) as OneHotOperation<T>;
        RecurrentKernel.Forward(new RecurrentForward<T>
        {
            Shape = shape,
            X = oneHot is null ? context.Input(X) : default,
            Indices = oneHot is null ? default : oneHot.Indices,
            WeightIh = context.Input(WeightIh),
            WeightHh = context.Input(WeightHh),
            BiasIh = context.Input(BiasIh),
            BiasHh = context.Input(BiasHh),
            H0 = context.Input(H0),
            C0 = context.Input(C0),
            Valid = context.Input(Valid),
            Y = states,
            HN = h,
            CN = c,
            Reserve = reserve,
        });
        if (context.Has(Valid)) ChooseOperation<T>.Fill(context.Input(Valid), states, default, y, shape.Hidden);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        RecurrentShape shape = ShapeOf(context.Shape(X), context.Shape(WeightHh));
        OneHotOperation<T>? oneHot = context.DeferredOperation(X) as OneHotOperation<T>;
        int reserve = HasCell ? 3 : 2;
        Span<T> gates = context.SpendReserve(reserve);
        if (gates.IsEmpty) context.Tape.Allocate([checked((int)shape.GateLength)], out gates);
        RecurrentBackward<T> sweep = new()
        {
            Shape = shape,
            X = oneHot is null ? context.InputSpan(X) : default,
            Indices = oneHot is null ? default : oneHot.Indices,
            WeightIh = context.InputSpan(WeightIh),
            WeightHh = context.InputSpan(WeightHh),
            H0 = context.InputSpan(H0),
            C0 = context.InputSpan(C0),
            Valid = context.InputSpan(Valid),
            Y = context.OutputSpan(context.Has(Valid) ? reserve + 1 : 0),
            Reserve = context.OutputSpan(reserve),
            GradientY = context.CotangentSpan(0),
            GradientHN = context.CotangentSpan(1),
            GradientCN = HasCell ? context.CotangentSpan(2) : default,
            GateGradients = gates[..(int)shape.GateLength],
        };

        Variable<T> x = New(context, X, out sweep.GradientX), h = New(context, H0, out sweep.GradientH0), c = New(context, C0, out sweep.GradientC0);
        bool weightIh = Sum(context, WeightIh, out sweep.GradientWeightIh), weightHh = Sum(context, WeightHh, out sweep.GradientWeightHh);
        bool biasIh = Sum(context, BiasIh, out sweep.GradientBiasIh), biasHh = Sum(context, BiasHh, out sweep.GradientBiasHh);
        sweep.AccumulateWeights = !(weightIh && weightHh && biasIh && biasHh);
        if (sweep.AccumulateWeights)
        {
            // Some were gathered before, so all are added to; those that were not start at zero.
            if (weightIh) sweep.GradientWeightIh.Clear();
            if (weightHh) sweep.GradientWeightHh.Clear();
            if (biasIh) sweep.GradientBiasIh.Clear();
            if (biasHh) sweep.GradientBiasHh.Clear();
        }

        RecurrentKernel.Backward(sweep);
        if (!x.IsNone) context.Accumulate(X, x);
        if (!h.IsNone) context.Accumulate(H0, h);
        if (!c.IsNone) context.Accumulate(C0, c);
    }

    protected internal override Variable<T>[] Compose(ReadOnlySpan<Variable<T>> inputs)
    {
        Variable<T> x = inputs[X], valid = inputs[Valid];
        Shape input = x.Shape;
        CellWeights<T> weights = new(inputs[WeightIh], inputs[WeightHh], Optional(inputs[BiasIh]), Optional(inputs[BiasHh]));
        Shape state = [input[1], inputs[WeightHh].Shape[1]];
        Variable<T> h = inputs[H0].IsNone ? x.Tape.Zeros(state) : inputs[H0], c = default;
        if (HasCell) c = inputs[C0].IsNone ? x.Tape.Zeros(state) : inputs[C0];
        Variable<T>[] outputs = new Variable<T>[input[0]];
        for (int step = 0; step < outputs.Length; step++)
        {
            int t = _reverse ? outputs.Length - 1 - step : step;
            (Variable<T> nextH, Variable<T> nextC) = _kind switch
            {
                RecurrentKind.Lstm => CellEquations.Lstm(x[t], h, c, weights),
                RecurrentKind.Gru => (CellEquations.Gru(x[t], h, weights, resetAfter: true), default),
                _ => (CellEquations.Rnn(x[t], h, weights, _kind == RecurrentKind.Relu ? Nonlinearity.Relu : Nonlinearity.Tanh), default),
            };
            h = valid.IsNone ? nextH : ChooseOperation<T>.Apply(valid[t], nextH, h);
            if (HasCell) c = valid.IsNone ? nextC : ChooseOperation<T>.Apply(valid[t], nextC, c);
            outputs[t] = h;
        }

        Variable<T> y = outputs.Length == 0 ? x.Tape.Zeros(state.Insert(0, 0)) : Variable.Stack<T>(outputs);
        if (!valid.IsNone) y = ChooseOperation<T>.Apply(valid, y, default);
        return HasCell ? [y, h, c] : [y, h];
    }

    private static SequenceResult<T> Apply(RecurrentKind kind, CellWeights<T> weights, Variable<T> x, Variable<T> h0, Variable<T> c0, SequencePath<T> path)
    {
        Tape<T> tape = x.Tape;
        SequenceOperation<T> operation = tape.Rent<SequenceOperation<T>>();
        (operation._kind, operation._reverse) = (kind, path.Reverse);
        Variable<T> y = tape.Apply(
            operation, x, weights.Input, weights.Hidden, weights.InputBias.GetValueOrDefault(), weights.HiddenBias.GetValueOrDefault(), h0, c0, path.Valid);
        return new(y, tape.Output(y, 1), kind == RecurrentKind.Lstm ? tape.Output(y, 2) : default);
    }

    private static Variable<T>? Optional(Variable<T> variable) => variable.IsNone ? null : variable;

    /// <summary>Memory for the gradient of an input that is overwritten, if it is wanted.</summary>
    private static Variable<T> New(BackwardContext<T> context, int input, out Span<T> values)
    {
        values = default;
        return context.Needs(input) ? context.Tape.Allocate(context.Shape(input), out values) : default;
    }

    /// <summary>The memory of the gradient of a weight, if it is wanted; true if nothing was gathered in it yet.</summary>
    private static bool Sum(BackwardContext<T> context, int input, out Span<T> sum)
    {
        sum = default;
        return !context.Needs(input) || (context.InPlace(input, out sum, out bool fresh) && fresh);
    }

    private RecurrentShape ShapeOf(Shape x, Shape weightHh)
    {
        if (x.Rank != 3) Errors.Shape($"{Name}: the input has shape {x}; it needs three axes, [time, batch, features].");
        return new(_kind, x[0], x[1], x[2], weightHh[^1], _reverse);
    }

    private void Check(ForwardContext<T> context, RecurrentShape shape)
    {
        int rows = shape.Gates * shape.Hidden;
        Require(context, WeightIh, [rows, shape.Input], "weight_ih");
        Require(context, WeightHh, [rows, shape.Hidden], "weight_hh");
        Require(context, BiasIh, [rows], "bias_ih");
        Require(context, BiasHh, [rows], "bias_hh");
        Require(context, H0, [shape.Batch, shape.Hidden], "h_0");
        Require(context, C0, [shape.Batch, shape.Hidden], "c_0");
        Require(context, Valid, [shape.Time, shape.Batch], "valid");
    }

    private void Require(ForwardContext<T> context, int input, Shape wanted, string name)
    {
        if (context.Has(input) && context.Shape(input) != wanted)
        {
            Errors.Shape($"{Name}: {name} has shape {context.Shape(input)}; for the input of shape {context.Shape(X)} and weight_hh of shape {context.Shape(WeightHh)} it must be {wanted}.");
        }
    }
}
