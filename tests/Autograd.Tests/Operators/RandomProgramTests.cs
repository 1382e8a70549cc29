namespace Autograd.Tests;

/// <summary>
/// Programs of 2 to 40 operators whose values feed one another, against the same program over arrays of dual numbers: what each
/// operator satisfies alone it must satisfy among others, when values are shared, repeated and left unused.
/// </summary>
public sealed class RandomProgramTests
{
    private const double Tolerance = 1e-11;

    // Values stay below about 10, so that no exponential overflows after forty steps.
    private static readonly Instruction[] Instructions =
    [
        new("(a + b) / 2", 2, new Both(static (a, b) => (a + b) / 2, static (a, b) => Nd.Zip(a, b, static (x, y) => (x + y) / 2)).Broadcast),
        new("(a - b) / 2", 2, new Both(static (a, b) => (a - b) / 2, static (a, b) => Nd.Zip(a, b, static (x, y) => (x - y) / 2)).Broadcast),
        new("tanh(a * b)", 2, new Both(static (a, b) => (a * b).Tanh(), static (a, b) => Nd.Zip(a, b, static (x, y) => Real.Tanh(x * y))).Broadcast),
        new("a / (1 + b²)", 2, new Both(static (a, b) => a / (b.Square() + 1), static (a, b) => Nd.Zip(a, b, static (x, y) => x / ((y * y) + 1))).Broadcast),
        Each("sin", static a => a.Sin(), Real.Sin),
        Each("sigmoid", static a => a.Sigmoid(), Real.Sigmoid),
        Each("exp(-a²)", static a => (-a.Square()).Exp(), static x => Real.Exp(-(x * x))),
        Each("log(1 + a²)", static a => (a.Square() + 1).Log(), static x => Real.Log((x * x) + 1)),
        Each("erf", static a => a.Erf(), Real.Erf),
        Each("3 - a / 2", static a => 3 - (a / 2), static x => 3 - (x / 2)),
        new("sum over an axis", 1, static (choose, values) => OnAxis(values[0], choose, static (a, axis) => a.Mean(axis, keepAxes: true), static x => x.Sum() / x.Count, keeps: false)),
        new("log-sum-exp over an axis", 1, static (choose, values) => OnAxis(values[0], choose, static (a, axis) => a.LogSumExp(axis, keepAxes: true), static x => Real.Log(x.Select(Real.Exp).Sum()), keeps: false)),
        new("softmax", 1, static (choose, values) => OnAxis(values[0], choose, static (a, axis) => a.Softmax(axis), null, keeps: true)),
        new("transpose", 1, static (choose, values) => values[0].Map(static a => a.Transpose(0, 1), static x => Nd.Build([x.Sizes[1], x.Sizes[0]], index => x[index[1], index[0]]))),
        new("reshape", 1, static (choose, values) => values[0].Map(static a => a.Reshape(1, -1), static x => x.Reshape(1, x.Data.Length))),
        new("rows from the second", 1, static (choose, values) => values[0].Rows < 2 ? values[0] : values[0].Map(static a => a[1..], static x => Nd.Build([x.Sizes[0] - 1, x.Sizes[1]], index => x[index[0] + 1, index[1]]))),
        new("tanh(a aᵀ / columns)", 1, static (choose, values) => values[0].Map(
            static a => (a.MatMul(a.Transpose()) / a.Shape[1]).Tanh(),
            static x => Nd.Build([x.Sizes[0], x.Sizes[0]], index => Real.Tanh(Enumerable.Range(0, x.Sizes[1]).Select(k => x[index[0], k] * x[index[1], k]).Sum() / x.Sizes[1])))),
        new("side by side", 2, static (choose, values) => values[0].Rows != values[1].Rows || values[0].Columns + values[1].Columns > 12
            ? values[1]
            : values[0].With(values[1], static (a, b) => Variable.Concat(a, b), static (x, y) => Nd.Build([x.Sizes[0], x.Sizes[1] + y.Sizes[1]], index => index[1] < x.Sizes[1] ? x[index] : y[index[0], index[1] - x.Sizes[1]]))),
        new("detach", 1, static (choose, values) => values[0].Map(static a => a.Detach(), static x => x.Map(static value => value.Value))),
    ];

    [Fact]
    public void ProgramsAgreeWithDualNumbers() => Laws.HoldForChoices(160, Laws.Deep ? 200_000 : 2_000, (20_261_122, 1_234_567), Agrees);

    private static void Agrees(Choices choose)
    {
        using Tape<double> tape = new();
        int count = choose.Between(2, 40);
        List<Pair> values = [];
        List<string> text = [];
        Nd[] directions = new Nd[2];
        for (int i = 0; i < 2; i++)
        {
            Nd x = choose.N(choose.Size(least: 1, most: 4), choose.Size(least: 1, most: 4)), u = choose.N(x.Sizes), w = choose.N(x.Sizes);
            directions[i] = w;
            Nd dual = Nd.Of(x.Sizes, [.. x.Data.Select((value, e) => new Real(value.Value, u.Data[e].Value, w.Data[e].Value))]);
            values.Add(new(tape.Variable(x.ToTensor<double>()), dual));
        }

        Variable<double>[] leaves = [values[0].Value, values[1].Value];
        Nd[] first = [.. values.Take(2).Select(static value => value.Reference)];
        while (values.Count < count + 2)
        {
            Instruction instruction = Instructions[choose.Below(Instructions.Length)];
            Pair[] taken = new Pair[instruction.Inputs];
            int[] places = new int[instruction.Inputs];
            for (int i = 0; i < taken.Length; i++) taken[i] = values[places[i] = choose.Flip() ? values.Count - 1 : choose.Below(values.Count)];
            text.Add($"{values.Count} = {instruction.Name} of {string.Join(", ", places)}");
            values.Add(instruction.Run(choose, taken));
        }

        Pair last = values[^1];
        string program = string.Join("; ", text);
        double[] found = last.Value.ToArray(), expected = last.Reference.Values;
        Assert.Equal(last.Reference.Sizes, last.Value.Shape.ToArray());
        for (int e = 0; e < found.Length; e++) Assert.True(Math.Abs(found[e] - expected[e]) <= Tolerance * (1 + Math.Abs(expected[e])), $"{program}: value {e} is {found[e]:R} instead of {expected[e]:R}");
        if (!last.Value.RequiresGradient) return;

        // ⟨v, J u⟩ = ⟨Jᵀ v, u⟩ and its derivative along w.
        Nd v = choose.N(last.Reference.Sizes);
        Variable<double> cotangent = tape.Constant(v.ToTensor<double>());
        Gradients<double> gradients = tape.Backward(last.Value, cotangent, retain: true), recorded = tape.Backward(last.Value, cotangent, createGraph: true);
        double forward = 0, curvature = 0, backward = 0, scale = 1;
        for (int e = 0; e < expected.Length; e++)
        {
            forward += v.Data[e].Value * last.Reference.Data[e].First;
            curvature += v.Data[e].Value * last.Reference.Data[e].Mixed;
            scale += Math.Abs(v.Data[e].Value) * (Math.Abs(last.Reference.Data[e].First) + Math.Abs(last.Reference.Data[e].Mixed));
        }

        Variable<double> along = tape.Zeros([]);
        for (int i = 0; i < 2; i++)
        {
            double[] gradient = gradients[leaves[i]].ToArray(), u = [.. first[i].Data.Select(static x => x.First)];
            for (int e = 0; e < gradient.Length; e++)
            {
                backward += gradient[e] * u[e];
                scale += Math.Abs(gradient[e] * u[e]);
            }

            along += (recorded[leaves[i]] * tape.Constant(leaves[i].Shape, u)).Sum();
        }

        Assert.True(Math.Abs(forward - backward) <= Tolerance * scale, $"{program}: the derivative is {forward:R}, the gradient gives {backward:R}");
        double twice = 0;
        if (along.RequiresGradient)
        {
            Gradients<double> second = tape.Backward(along);
            for (int i = 0; i < 2; i++)
            {
                double[] gradient = second[leaves[i]].ToArray();
                for (int e = 0; e < gradient.Length; e++)
                {
                    twice += gradient[e] * directions[i].Data[e].Value;
                    scale += Math.Abs(gradient[e] * directions[i].Data[e].Value);
                }
            }
        }

        Assert.True(Math.Abs(curvature - twice) <= Tolerance * scale, $"{program}: the second derivative is {curvature:R}, the gradient's gradient gives {twice:R}");
    }

    private static Instruction Each(string name, Func<Variable<double>, Variable<double>> value, Func<Real, Real> reference) =>
        new(name, 1, (_, values) => values[0].Map(value, x => x.Map(reference)));

    private static Pair OnAxis(Pair pair, Choices choose, Func<Variable<double>, int, Variable<double>> value, Func<IReadOnlyList<Real>, Real>? reduce, bool keeps)
    {
        int axis = choose.Axis(2);
        Nd sums = ReductionReference.Over(pair.Reference, [axis], keep: true, reduce ?? (static x => x.Select(Real.Exp).Sum()));
        return new(value(pair.Value, axis), keeps ? Nd.Zip(pair.Reference, sums, static (x, sum) => Real.Exp(x) / sum) : sums);
    }

    /// <summary>A value of the library, of two axes, and what it should be.</summary>
    private sealed record Pair(Variable<double> Value, Nd Reference)
    {
        public int Rows => Reference.Sizes[0];

        public int Columns => Reference.Sizes[1];

        public Pair Map(Func<Variable<double>, Variable<double>> value, Func<Nd, Nd> reference) => new(value(Value), reference(Reference));

        public Pair With(Pair other, Func<Variable<double>, Variable<double>, Variable<double>> value, Func<Nd, Nd, Nd> reference) =>
            new(value(Value, other.Value), reference(Reference, other.Reference));
    }

    /// <summary>An operator of two values, which is given a row or a column of the second where the shapes do not broadcast.</summary>
    private sealed record Both(Func<Variable<double>, Variable<double>, Variable<double>> Value, Func<Nd, Nd, Nd> Reference)
    {
        public Pair Broadcast(Choices choose, Pair[] values)
        {
            (Pair a, Pair b) = (values[0], values[1]);
            if (b.Rows != a.Rows && b.Rows != 1 && a.Rows != 1) b = b.Map(static x => x[..1], static x => Nd.Build([1, x.Sizes[1]], index => x[index]));
            if (b.Columns != a.Columns && b.Columns != 1 && a.Columns != 1) b = b.Map(static x => x[.., ..1], static x => Nd.Build([x.Sizes[0], 1], index => x[index]));
            return a.With(b, Value, Reference);
        }
    }

    private sealed record Instruction(string Name, int Inputs, Func<Choices, Pair[], Pair> Run);
}
