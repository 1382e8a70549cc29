using System.Xml.Linq;
using MathNet.Numerics.LinearAlgebra;

namespace Autograd.Tests.Layers;

/// <summary>The recorded norms against gradients found in other ways, and what is said of them.</summary>
public sealed class GradientFlowTests
{
    private const int Time = 9, Batch = 2, Inputs = 3, Hidden = 4;

    [Fact]
    public void NormsAreThoseOfTheGradientByAStateThatIsGiven()
    {
        Lstm<double> layer = new(Inputs, Hidden);
        layer.Initialize(3);
        Tensor<double> x = Random([Time, Batch, Inputs]);
        using Tape<double> tape = new();
        GradientFlow<double> flow = new();
        layer.GradientFlow = flow;
        tape.Backward(Loss(layer.FinalState(tape.Constant(x))));
        layer.GradientFlow = null;
        IReadOnlyList<GradientFlowStep> steps = flow.Steps;
        Assert.Equal(Time, steps.Count);
        for (int t = 0; t < Time - 1; t++)
        {
            // The loss as a function of the state after step t: a run of the rest from values of its own, of which h = o tanh(c).
            tape.Reset();
            LstmState<double> at = layer.FinalState(tape.Constant(x[..(t + 1)]));
            Variable<double> c = tape.Variable(at.C.ToTensor()), h = (at.H / at.C.Tanh()).Detach() * c.Tanh();
            h.KeepGradient();
            Gradients<double> gradients = tape.Backward(Loss(layer.FinalState(tape.Constant(x[(t + 1)..]), new(h, c))));
            Assert.Equal(t, steps[t].Step);
            Assert.Equal(Norm(gradients[h]), steps[t].HiddenGradient, 1e-12);
            Assert.Equal(Norm(gradients[c]), steps[t].CellGradient!.Value, 1e-12);
            Assert.Equal(steps[t].HiddenGradient / steps[t + 1].HiddenGradient, steps[t].Ratio!.Value, 1e-12);
        }

        Assert.Null(steps[^1].Ratio);

        static Variable<double> Loss(LstmState<double> state) => state.H.Sin().Sum() + state.C.Square().Sum();
    }

    [Fact]
    public void EveryLayerAndDirectionHasItsSteps()
    {
        Gru<double> layer = new(Inputs, Hidden, new RecurrentOptions { NumLayers = 2, Direction = RecurrentDirection.Bidirectional, MemoryBudget = 60_000 });
        layer.Initialize(3);
        using Tape<double> tape = new();
        layer.GradientFlow = new();
        tape.Backward(layer.Forward(tape.Constant(Random([30, Batch, Inputs])), lengths: new Tensor<int>([Batch], [30, 11])).Outputs.Square().Sum());
        IReadOnlyList<GradientFlowStep> steps = layer.GradientFlow.Steps;
        Assert.Equal(4 * 30, steps.Count);
        Assert.All(steps, static step => Assert.True(step.HiddenGradient > 0 && step.CellGradient is null));
        Assert.Equal(["r", "z", "n"], steps[0].Saturation.Keys);
        Assert.Null(steps.Single(static step => step is { Layer: 1, IsReverse: true, Step: 0 }).Ratio);
        Assert.NotNull(steps.Single(static step => step is { Layer: 1, IsReverse: true, Step: 29 }).Ratio);
        Assert.Contains("layer ", layer.GradientFlow.Verdict, StringComparison.Ordinal);
        Assert.Equal(2 + steps.Count, layer.GradientFlow.ToString().Split(Environment.NewLine).Length);
    }

    [Fact]
    public void JacobianNormsAreLargestSingularValues()
    {
        LstmCell<double> cell = new(Inputs, Hidden, peephole: true);
        Recurrent<double, LstmState<double>> layer = new(cell);
        layer.Initialize(8);
        Tensor<double> x = Random([3, 1, Inputs]);
        using Tape<double> tape = new();
        layer.GradientFlow = new(jacobianNorms: true);
        (_, _, LstmState<double> states) = layer.ForwardAll(tape.Constant(x));
        double[] h = states.H[0][1].ToArray(), c = states.C[0][1].ToArray();
        const double step = 1e-5;
        Matrix<double> jacobian = Matrix<double>.Build.Dense(2 * Hidden, 2 * Hidden);
        for (int column = 0; column < 2 * Hidden; column++)
        {
            double[] up = After(column, step), down = After(column, -step);
            for (int row = 0; row < 2 * Hidden; row++) jacobian[row, column] = (up[row] - down[row]) / (2 * step);
        }

        Assert.Equal(jacobian.L2Norm(), layer.GradientFlow.Steps[2].JacobianNorm!.Value, 1e-3);

        double[] After(int column, double change)
        {
            double[] both = [.. h, .. c];
            both[column] += change;
            LstmState<double> after = cell.Step(tape.Constant(x[2]), new(tape.Constant([1, Hidden], both.AsSpan(0, Hidden)), tape.Constant([1, Hidden], both.AsSpan(Hidden))));
            return [.. after.H.ToArray(), .. after.C.ToArray()];
        }
    }

    [Fact]
    public void ASweepFromTheEndIsThatOfALossOnTheLastStatesOfTheTop()
    {
        Gru<double> layer = new(Inputs, Hidden, new RecurrentOptions { NumLayers = 2, Direction = RecurrentDirection.Bidirectional });
        layer.Initialize(3);
        Tensor<double> x = Random([Time, Batch, Inputs]);
        Tensor<int> lengths = new([Batch], [Time, 2]);
        using Tape<double> tape = new();
        GradientFlow<double> flow = new();
        layer.GradientFlow = flow;
        (Variable<double> outputs, Hidden<double> last) = layer.Forward(tape.Constant(x), lengths: lengths);
        tape.Backward(outputs.Square().Sum(), retain: true); // what was swept before counts no more
        flow.SweepFromEnd();
        double[] swept = [.. flow.Steps.Select(static step => step.HiddenGradient)];
        string verdict = flow.Verdict;
        flow.SweepFromEnd();
        Assert.Equal(swept, flow.Steps.Select(static step => step.HiddenGradient));
        RandomSource random = new(1);
        Tensor<double> forward = new([Batch, Hidden]), reverse = new([Batch, Hidden]);
        forward.Write(values => random.FillNormal(values, 0, 1));
        reverse.Write(values => random.FillNormal(values, 0, 1));
        (_, last) = layer.Forward(tape.Constant(x), lengths: lengths);
        tape.Backward((last.H[2] * tape.Constant(forward)).Sum() + (last.H[3] * tape.Constant(reverse)).Sum());
        double[] expected = [.. flow.Steps.Select(static step => step.HiddenGradient)];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], swept[i], 1e-12);
        Assert.Equal(flow.Verdict, verdict);
        Assert.Contains("run the layer forward first", Assert.Throws<InvalidOperationException>(() => new GradientFlow<double>().SweepFromEnd()).Message, StringComparison.Ordinal);
    }

    /// <summary>A loss at every step adds up on its way back, which is not the layer's doing.</summary>
    [Fact]
    public void LossesAtEveryStepDoNotHideTheReach()
    {
        Recurrent<double, Hidden<double>> line = new(new Line(0.890898718140339));
        using Tape<double> tape = new();
        line.GradientFlow = new();
        tape.Backward(line.Forward(tape.Variable(Random([25, 2, 1]))).Outputs.Sum(), retain: true);
        Assert.Contains("explodes", line.GradientFlow.Verdict, StringComparison.Ordinal);
        line.GradientFlow.SweepFromEnd();
        Assert.Equal("the gradient halves every 6 steps; reach about 40 steps", line.GradientFlow.Verdict);
    }

    [Fact]
    public void PaddingCountsNowhere()
    {
        // Each sequence by itself, and both in one padded batch: the same decay, the same saturation.
        string[] alone = [Verdict(null), Verdict(new Tensor<int>([2], [40, 5]))];
        Assert.Equal(alone[0], alone[1]);
        Lstm<double> layer = new(1, 4);
        layer.Initialize(3, static (path, _) => path == "bias_ih_l0" ? Initializer.Constant(9) : Initializer.Zeros);
        using Tape<double> tape = new();
        layer.GradientFlow = new(jacobianNorms: true);
        Variable<double> x = tape.Constant(Random([3, 2, 1]));
        tape.Backward(layer.FinalState(x, lengths: new Tensor<int>([2], [3, 1])).H.Sum());
        Assert.All(layer.GradientFlow.Steps, static step => Assert.Equal(1, step.Saturation["f"]));
        Assert.All(layer.GradientFlow.Steps, static step => Assert.True(step.JacobianNorm > 0));

        static string Verdict(Tensor<int>? lengths)
        {
            Recurrent<double, Hidden<double>> line = new(new Line(0.890898718140339));
            using Tape<double> tape = new();
            line.GradientFlow = new();
            tape.Backward(line.FinalState(tape.Variable(Random([40, 2, 1])), lengths: lengths).H.Sum());
            return line.GradientFlow.Verdict;
        }
    }

    [Fact]
    public void ARecordingWithoutASweepOrOfTwoLayersIsRefused()
    {
        Gru<double> one = new(1, 2), other = new(1, 2);
        one.Initialize(1);
        other.Initialize(1);
        using Tape<double> tape = new();
        GradientFlow<double> flow = new();
        (one.GradientFlow, other.GradientFlow) = (flow, flow);
        one.Forward(tape.Zeros([3, 1, 1]));
        Assert.All(flow.Steps, static step => Assert.True(double.IsNaN(step.HiddenGradient)));
        Assert.Contains("then Backward", flow.Verdict, StringComparison.Ordinal);
        Assert.Contains("another layer", Assert.Throws<InvalidOperationException>(() => other.Forward(tape.Zeros([3, 1, 1]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStateThatLeadsNowhereHasNoJacobian()
    {
        Recurrent<double, Hidden<double>> layer = new(new Forgetful());
        using Tape<double> tape = new();
        layer.GradientFlow = new(jacobianNorms: true);
        tape.Backward(layer.FinalState(tape.Variable(Random([4, 1, 1]))).H.Sum());
        Assert.All(layer.GradientFlow.Steps, static step => Assert.Equal(0, step.JacobianNorm));
        Assert.Equal([0, 0, 0, 1], layer.GradientFlow.Steps.Select(static step => step.HiddenGradient));
    }

    /// <summary>h' = a h + x has the gradient a^k after k steps: what is said of it is known.</summary>
    [Theory]
    [InlineData(0.5, 20, "the gradient halves every 1 step; reach about 7 steps")]
    [InlineData(0.890898718140339, 60, "the gradient halves every 6 steps; reach about 40 steps")] // 2^(-1/6)
    [InlineData(1, 30, "the gradient keeps its size over all 30 steps")]
    [InlineData(1.2599210498948732, 30, "the gradient doubles every 3 steps on its way back: it explodes")] // 2^(1/3)
    [InlineData(0, 30, "the gradient ends where it begins; reach 1 step")]
    public void TheVerdictOfALineIsKnown(double slope, int time, string verdict)
    {
        Recurrent<double, Hidden<double>> layer = new(new Line(slope));
        using Tape<double> tape = new();
        layer.GradientFlow = new();
        Assert.Equal("nothing was recorded: run the layer forward, then Backward", layer.GradientFlow.Verdict);
        Variable<double> x = tape.Variable(Random([time, 1, 1]));
        tape.Backward(layer.FinalState(x).H.Sum());
        Assert.Equal(verdict, layer.GradientFlow.Verdict);
    }

    [Fact]
    public void SaturationCountsUnitsNearTheEndsOfTheirRange()
    {
        Lstm<double> layer = new(1, 4);
        layer.Initialize(3, static (_, _) => Initializer.Zeros);
        foreach (Parameter<double> bias in layer.Parameters.Skip(2).Take(1))
        {
            // i: σ(±9) saturated but for one; f: σ(0) never; g: tanh(9) always; o: half.
            bias.Set(new Tensor<double>([16], [9, -9, 9, 0, 0, 0, 0, 0, 9, 9, -9, -9, 9, 9, 0, 0]));
        }

        using Tape<double> tape = new();
        layer.GradientFlow = new();
        tape.Backward(layer.FinalState(tape.Zeros([2, 3, 1])).H.Sum());
        GradientFlowStep step = layer.GradientFlow.Steps[0];
        Assert.Equal([("i", 0.75), ("f", 0), ("g", 1), ("o", 0.5)], step.Saturation.Select(static entry => (entry.Key, entry.Value)));
    }

    [Fact]
    public void TheHeatMapIsAPictureOfEveryStep()
    {
        Lstm<float> layer = new(Inputs, Hidden);
        layer.Initialize(3);
        using Tape<float> tape = new();
        layer.GradientFlow = new();
        tape.Backward(layer.FinalState(tape.Full([12, 1, Inputs], 0.3)).H.Sum());
        XElement svg = XElement.Parse(layer.GradientFlow.ToSvg("h < c & more"));
        XNamespace name = svg.Name.Namespace;
        Assert.Equal(2 * 12, svg.Elements(name + "rect").Count(element => element.Element(name + "title") is not null));
        Assert.Contains(svg.Elements(name + "text"), static element => element.Value == "h < c & more");
        Assert.Contains("step 11", svg.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void OffItRecordsNoNode()
    {
        Lstm<float> layer = new(Inputs, Hidden);
        layer.Initialize(3);
        using Tape<float> tape = new();
        layer.Forward(tape.Zeros([5, 1, Inputs]));
        int nodes = tape.Count;
        layer.GradientFlow = new();
        layer.GradientFlow = null;
        tape.Reset();
        layer.Forward(tape.Zeros([5, 1, Inputs]));
        Assert.Equal(nodes, tape.Count);
    }

    private static double Norm(Variable<double> variable) => Math.Sqrt(variable.ToArray().Sum(static value => value * value));

    private static Tensor<double> Random(Shape shape)
    {
        Tensor<double> tensor = new(shape);
        tensor.Write(static values => new RandomSource(1).FillNormal(values, 0, 1));
        return tensor;
    }

    private sealed class Forgetful : RecurrentCell<double, Hidden<double>>
    {
        public override int HiddenSize => 1;

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new(x);
    }

    private sealed class Line(double slope) : RecurrentCell<double, Hidden<double>>
    {
        public override int HiddenSize => 1;

        public override Hidden<double> Step(Variable<double> x, Hidden<double> state) => new((slope * state.H) + x);
    }
}
