namespace Autograd.Tests;

/// <summary>h = tanh(x ⊙ w) and c = h ⊙ x, as the body of a checkpoint.</summary>
public sealed class CheckpointContract : OperatorContract<None>
{
    public override Type[] Operations => [typeof(CheckpointOperation<,,>)];

    protected override IEnumerable<Sample> Samples =>
        [At(default, N(), N()), At(default, N(2, 3), N(2, 3)), At(default, N(0), N(0)), At(default, N(1), N(1)), At(default, N(2, 3), N(3))];

    protected override IEnumerable<Exact> ExactCases =>
        [Exactly(default, [Nd.Vector(0, 1), Nd.Vector(double.PositiveInfinity, 0)], [Nd.Vector(double.NaN, 0), Nd.Vector(double.NaN, 0)], [Nd.Vector(double.NaN, 0), Nd.Vector(double.NaN, 2)])];

    protected override IEnumerable<Refusal> Refusals =>
    [
        Refuse<InvalidOperationException>(
            tape =>
            {
                using Tape<double> other = new();
                return tape.Checkpoint(other.Zeros([2]), static x => x + 1);
            },
            "Checkpoint",
            "different tapes"),
        Refuse<InvalidOperationException>(tape => tape.Checkpoint(tape, static tape => tape.Variable(new Tensor<double>([2]))), "inside the body of Checkpoint", "before"),
        Refuse<InvalidOperationException>(
            tape => tape.Checkpoint(tape.Variable(new Tensor<double>([2])), static x =>
            {
                Variable<double> y = x * 2;
                y.KeepGradient();
                return y;
            }),
            "KeepGradient",
            "inside the body of Checkpoint",
            "Return the value"),
        Refuse<InvalidOperationException>(
            tape => tape.Checkpoint(tape.Variable(new Tensor<double>([], [1])), static x => x.Tape.Backward(x * x, createGraph: true)[x]), "Backward was called inside the body of Checkpoint"),
        Refuse<InvalidOperationException>(
            tape => tape.Checkpoint(tape.Zeros([2]), static x =>
            {
                x.Tape.Reset();
                return x;
            }),
            "Reset was called inside the body of Checkpoint"),
    ];

    protected override Sample Draw(Choices choose)
    {
        int[] sizes = choose.Sizes();
        return At(default, choose.N(sizes), choose.N(sizes));
    }

    protected override Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, None attributes)
    {
        LstmState<T> state = tape.Checkpoint((x[0], x[1]), static a =>
        {
            Variable<T> h = (a.Item1 * a.Item2).Tanh();
            return new LstmState<T>(h, h * a.Item1);
        });
        return [state.H, state.C];
    }

    protected override Nd[] Reference(Nd[] x, None attributes)
    {
        Nd h = Nd.Zip(x[0], x[1], static (a, b) => Real.Tanh(a * b));
        return [h, Nd.Zip(h, x[0], static (a, b) => a * b)];
    }
}
