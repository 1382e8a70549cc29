using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Autograd.Tests;

/// <summary>Resets, what they carry, and the memory of a tape.</summary>
public sealed class ResetTests
{
    private static readonly Tensor<double> Data = new([2, 3], [1, 2, 3, 4, 5, 6]);

    [Fact]
    public void CarryMovesAStateWithoutACopy()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data);
        LstmState<double> state = new((x * 2).Tanh(), x + 1);
        (double[] h, double[] c) = (state.H.ToArray(), state.C.ToArray());
        ref readonly double where = ref MemoryMarshal.GetReference(state.H.Span);
        state = tape.Reset(carry: state);
        Assert.True(Unsafe.AreSame(in where, in MemoryMarshal.GetReference(state.H.Span)));
        Assert.Equal(2, tape.LiveBuffers);
        Assert.Equal(2, tape.Count);
        Assert.Equal(h, state.H.ToArray());
        Assert.Equal(c, state.C.ToArray());
        Assert.False(state.H.RequiresGradient || state.C.RequiresGradient);

        // A cut: nothing before the reset is reached.
        Variable<double> w = tape.Variable(Data);
        Assert.Equal(h, tape.Backward((w * state.H).Sum())[w].ToArray());
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }

    [Fact]
    public void CarriedValuesSurviveManyGenerations()
    {
        using Tape<double> tape = new();
        Hidden<double> state = new(tape.Full([4], 1));
        for (int i = 0; i < 100; i++)
        {
            state = tape.Reset(carry: new Hidden<double>(state.H * 1.5));
            state = tape.Reset(carry: state);
            Assert.Equal(1, tape.LiveBuffers);
        }

        Assert.Equal(Math.Pow(1.5, 100), state.H.ToArray()[3], 1e5);
        Assert.Equal(200, tape.Step);
    }

    [Fact]
    public void ACarriedViewKeepsItsPartOfTheMemory()
    {
        using Tape<double> tape = new();
        Variable<double> y = tape.Variable(Data) * 2;
        Variable<double> row = tape.Reset(carry: y[1]);
        for (int i = 0; i < 10; i++) _ = tape.Full([2, 3], 9);
        Assert.Equal([8, 10, 12], row.ToArray());
        Assert.Equal([3], row.Shape.ToArray());
    }

    [Fact]
    public void TheSameValueMayBeCarriedTwice()
    {
        using Tape<double> tape = new();
        Variable<double> h = tape.Variable(Data) * 2;
        LstmState<double> state = tape.Reset(carry: new LstmState<double>(h, h));
        Assert.True(SameMemory(state.H, state.C));
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }

    [Fact]
    public void LeavesGradientsAndDeferredValuesMayBeCarried()
    {
        using Tape<double> tape = new();
        Parameter<double> parameter = new("p", Data);
        Variable<double> loss = (parameter.On(tape) * 3).Sum();
        Lazily rows = new([2], static values => values.Fill(4));
        LstmState<double> first = tape.Reset(carry: new LstmState<double>(parameter.On(tape), tape.Apply(rows, [])));
        Assert.Equal(Data.ToArray(), first.H.ToArray());
        Assert.Equal([4, 4], first.C.ToArray());
        Assert.Equal(1, rows.Fills);
        Assert.Throws<InvalidOperationException>(() => loss.Item());
        Variable<double> again = (parameter.On(tape) * 3).Sum();
        Variable<double> gradient = tape.Reset(carry: tape.Backward(again)[parameter]);
        Assert.Equal([3, 3, 3, 3, 3, 3], gradient.ToArray());
    }

    [Fact]
    public void APartThatIsNotThereStaysSo()
    {
        using Tape<double> tape = new();
        LstmState<double> state = tape.Reset(carry: new LstmState<double>(tape.Full([1], 5), default));
        Assert.Equal(5, state.H.Item());
        Assert.True(state.C.IsNone);
    }

    [Fact]
    public void ARefusedCarryLeavesTheTapeAsItWas()
    {
        using Tape<double> tape = new(), other = new();
        Variable<double> stale = tape.Full([2], 1);
        tape.Reset();
        Variable<double> x = tape.Variable(Data), y = x * 2;
        int live = tape.LiveBuffers;
        Assert.Throws<InvalidOperationException>(() => tape.Reset(carry: new LstmState<double>(y, stale)));
        Assert.Throws<InvalidOperationException>(() => tape.Reset(carry: new LstmState<double>(y, other.Full([2], 1))));
        Assert.Equal(live, tape.LiveBuffers);
        Assert.Equal([2, 2, 2, 2, 2, 2], tape.Backward(y.Sum())[x].ToArray());
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    }

    [Fact]
    public void EverythingGoesBackWhateverWasDone()
    {
        using Tape<double> tape = new();
        for (int i = 0; i < 3; i++)
        {
            Variable<double> x = tape.Variable(Data), y = tape.Apply(new Fused(), x), rows = tape.Apply(new Lazily([2], static values => values.Fill(1)), []);
            y.KeepGradient();
            y.OnGradient(static gradient => gradient * 2);
            Variable<double> loss = (y * tape.Output(y, 1)).Sum() + rows.Sum() + y[0][1..].Sum();
            Gradients<double> gradients = tape.Backward(loss, createGraph: i == 1, retain: i == 2);
            if (i == 2) tape.Backward(loss, into: gradients);
            _ = gradients[x] + gradients[y];
            Assert.NotEqual(0, tape.LiveBuffers);
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
            Assert.Equal(0, tape.Count);
        }
    }

    [Fact]
    public void ReservesGoBackOnceSwept()
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Data), y = tape.Apply(new Fused(), x).Sum();
        int before = tape.LiveBuffers;
        tape.Backward(y, retain: true);
        int retained = tape.LiveBuffers;
        tape.Backward(y);

        // A sweep leaves its seed and the gradient of x; the one that consumes also gives the reserve back.
        Assert.Equal(before + 2, retained);
        Assert.Equal(retained + 2 - 1, tape.LiveBuffers);
        Assert.Equal(91, y.Item());
    }

    [Fact]
    public void UndefinedMemoryIsPoisoned()
    {
        using Tape<double> tape = new();
        Custom forgetful = new(static context => context.Output(context.Shape(0)));
        for (int i = 0; i < 3; i++)
        {
            Assert.All(tape.Apply(forgetful, tape.Full([5], 1)).ToArray(), static value => Assert.True(double.IsNaN(value)));
            Variable<double> x = tape.Variable(Data);
            Custom partial = new(
                static context => context.Input(0).CopyTo(context.Output(context.Shape(0))),
                static context =>
                {
                    Assert.True(context.InPlace(0, out Span<double> sum, out bool fresh));
                    Assert.True(fresh);
                    sum[0] = 1;
                });
            Assert.Equal(5, tape.Backward(tape.Apply(partial, x).Sum())[x].ToArray().Count(double.IsNaN));
            tape.Reset();
        }
    }

    [Fact]
    public void ADeferredValueIsComputedOnlyIfReadAndOnce()
    {
        using Tape<double> tape = new();
        Lazily rows = new([2, 2], static values => values.Fill(3));
        Variable<double> x = tape.Apply(rows, []);
        Assert.Equal([2, 2], x.Shape.ToArray());
        Assert.Equal((0, 0), (rows.Fills, tape.LiveBuffers));
        Assert.Equal([3, 3, 3, 3], x.ToArray());
        Assert.Equal(24, (x + x).Sum().Item());
        Assert.Equal([3, 3], x[1].ToArray());
        Assert.Equal(1, rows.Fills);
    }

    [Fact]
    public void ADeferredValueThatFailsLeavesNoGarbage()
    {
        using Tape<double> tape = new();
        int calls = 0;
        Variable<double> x = tape.Apply(new Lazily([2], values => values.Fill(calls++ == 0 ? throw new FormatException() : 3)), []);
        Assert.Throws<FormatException>(() => x.ToArray());
        Assert.Equal(0, tape.LiveBuffers);
        Assert.Equal([3, 3], x.ToArray());
    }

    [Fact]
    public void OperationsWithAttributesAreUsedAgain()
    {
        using Tape<double> tape = new();
        for (int i = 0; i < 50; i++)
        {
            tape.Reset();
            Variable<double> x = tape.Variable(Data);
            for (int k = 0; k < 20; k++) x *= 2;
            Assert.Equal(1 << 20, tape.Backward(x.Sum()).GlobalNorm() / Math.Sqrt(6), 1e-6);
            ScaleOperation<double> scale = tape.Rent<ScaleOperation<double>>();
            Assert.NotSame(scale, tape.Rent<ScaleOperation<double>>());
        }
    }

    [Fact]
    public void TheMemoryLimitSaysWhatIsHeldAndTheTapeGoesOn()
    {
        using Tape<float> tape = new(memoryLimit: 8 << 20);
        for (int round = 0; round < 3; round++)
        {
            TapeMemoryException thrown = Assert.Throws<TapeMemoryException>(() =>
            {
                Variable<float> x = tape.Variable(new Tensor<float>([100_000 + (20_000 * round)]));
                for (int i = 0; i < 100; i++) x += 1;
            });
            Assert.Contains("8,388,608 bytes", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("memoryLimit", thrown.Message, StringComparison.Ordinal);
            Assert.InRange(tape.ReservedBytes, 1, 8 << 20);
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
            Variable<float> y = tape.Variable(new Tensor<float>([1000]));
            Assert.Equal(1000, tape.Backward((y + 1).Sum())[y].Length);
            tape.Reset();
        }
    }

    [Fact]
    public void PeakAndReservedBytesAreThoseOfTheValues()
    {
        using Tape<double> tape = new();
        Variable<double> a = tape.Zeros([1 << 16]);
        _ = a + 1;
        Assert.Equal(2 * (8 << 16), tape.PeakBytes);
        Assert.InRange(tape.ReservedBytes, tape.PeakBytes, tape.PeakBytes + (2 << 20));
        tape.Reset();
        _ = tape.Zeros([1 << 16]);
        Assert.Equal(2 * (8 << 16), tape.PeakBytes);
    }

    internal static bool SameMemory(Variable<double> a, Variable<double> b) =>
        Unsafe.AreSame(in MemoryMarshal.GetReference(a.Span), in MemoryMarshal.GetReference(b.Span));
}
