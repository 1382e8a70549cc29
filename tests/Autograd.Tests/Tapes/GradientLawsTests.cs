using FsCheck;
using FsCheck.Fluent;

namespace Autograd.Tests;

/// <summary>Laws of shapes and gradients over random shapes and programs.</summary>
public sealed class GradientLawsTests
{
    /// <summary>The shape of a result, and two that broadcast to it: some axes 1, leading ones left out.</summary>
    private static Arbitrary<(int[] Left, int[] Right)> Pairs { get; } = Arb.From(
        Laws.Sizes.Generator.SelectMany(sizes => Gen.Choose(0, int.MaxValue).Select(seed => Broadcastable(sizes, seed))),
        static pair => Shrink(pair));

    [Fact]
    public void ALawThatFailsIsShrunkToTheSmallestCase()
    {
        int cases = 0;
        Exception thrown = Assert.ThrowsAny<Exception>(() => Laws.Hold(Laws.Sizes, sizes =>
        {
            cases++;
            Assert.False(sizes.Length >= 2 && sizes[1] >= 3);
        }));
        Assert.Contains("[|0; 3|]", thrown.Message, StringComparison.Ordinal);
        Assert.InRange(cases, 2, 200);
        cases = 0;
        Laws.Hold(Laws.Sizes, _ => cases++);
        Assert.InRange(cases, 200, int.MaxValue);
    }

    [Fact]
    public void BroadcastingIsThatOfPlainLoopsEitherWay() => Laws.Hold(Pairs, static pair =>
    {
        int[] expected = Nd.Zip(new Nd(pair.Left), new Nd(pair.Right), static (_, _) => 0).Sizes;
        Assert.Equal(expected, ShapeMath.Broadcast("law", pair.Left, pair.Right).ToArray());
        Assert.Equal(expected, ShapeMath.Broadcast("law", pair.Right, pair.Left).ToArray());
        Assert.True(ShapeMath.BroadcastsTo(pair.Left, expected) && ShapeMath.BroadcastsTo(pair.Right, expected));
    });

    [Fact]
    public void ShapesThatDoNotBroadcastAreRefusedByName() => Laws.Hold(Laws.PositiveSizes, Laws.PositiveSizes, static (left, right) =>
    {
        bool fits = true;
        for (int i = 1; i <= Math.Min(left.Length, right.Length); i++) fits &= left[^i] == right[^i] || left[^i] == 1 || right[^i] == 1;
        if (fits) return;
        ShapeException thrown = Assert.Throws<ShapeException>(() => ShapeMath.Broadcast("law", left, right));
        Assert.Contains($"{(Shape)left} and {(Shape)right}", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void GradientsOfBroadcastingSumOverTheStretchedAxes() => Laws.Hold(Pairs, Laws.Seeds, static (pair, seed) =>
    {
        using Tape<double> tape = new();
        Tensor<double> a = Laws.Tensor(pair.Left, seed), b = Laws.Tensor(pair.Right, seed + 1);
        Variable<double> x = tape.Variable(a), y = tape.Variable(b), product = x * y;
        int[] sizes = product.Shape.ToArray();
        Tensor<double> v = Laws.Tensor(sizes, seed + 2);
        Gradients<double> gradients = tape.Backward(product, tape.Constant(v));
        Nd left = Nd.Of(pair.Left, a.ToArray()), right = Nd.Of(pair.Right, b.ToArray()), weights = Nd.Of(sizes, v.ToArray());
        Nd byLeft = new(pair.Left), byRight = new(pair.Right);
        foreach (int[] index in weights.Indices)
        {
            byLeft[Own(byLeft, index)] += weights[index] * right.Broadcast(index);
            byRight[Own(byRight, index)] += weights[index] * left.Broadcast(index);
        }

        Close(byLeft.Values, gradients[x].ToArray());
        Close(byRight.Values, gradients[y].ToArray());

        static int[] Own(Nd of, int[] index) => [.. of.Sizes.Select((size, axis) => size == 1 ? 0 : index[axis + index.Length - of.Rank])];
    });

    [Fact]
    public void ReshapeKeepsValuesMemoryAndGradients() => Laws.Hold(Laws.Sizes, Laws.Seeds, static (sizes, seed) =>
    {
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Laws.Tensor(sizes, seed));
        int[] target = Regrouped(sizes, seed);
        Variable<double> y = x.Reshape(target), v = tape.Constant(Laws.Tensor(target, seed + 1));
        Assert.Equal(target, y.Shape.ToArray());
        Assert.Equal(x.ToArray(), y.ToArray());
        if (x.Length > 0) Assert.True(ResetTests.SameMemory(x, y));
        Assert.Equal(v.ToArray(), tape.Backward(y, v)[x].ToArray());

        // Any one size may be left to be found, unless the others leave it open.
        for (int axis = 0; axis < target.Length; axis++)
        {
            int[] open = (int[])target.Clone();
            open[axis] = -1;
            if (open.Contains(0)) Assert.Throws<ShapeException>(() => x.Reshape(open));
            else Assert.Equal(target, x.Reshape(open).Shape.ToArray());
        }
    });

    [Fact]
    public void SumsOfSumsAreSums() => Laws.Hold(Laws.Sizes, Laws.Seeds, static (sizes, seed) =>
    {
        using Tape<double> tape = new();
        Tensor<double> tensor = Laws.Tensor(sizes, seed);
        Variable<double> x = tape.Variable(tensor);
        int[] axes = [.. Enumerable.Range(0, sizes.Length).Where(axis => (seed >> axis & 1) != 0)];
        Variable<double> total = x.Sum(axes, keepAxes: seed % 2 == 0).Sum();
        Assert.Equal(tensor.ToArray().Sum(), total.Item(), 1e-11);
        Assert.All(tape.Backward(total)[x].ToArray(), static slope => Assert.Equal(1, slope));
    });

    [Fact]
    public void PiecesPutTogetherAreTheWhole() => Laws.Hold(Laws.PositiveSizes, Laws.Seeds, static (sizes, seed) =>
    {
        if (sizes.Length == 0) return;
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(Laws.Tensor(sizes, seed)), v = tape.Constant(Laws.Tensor(sizes, seed + 1));
        int axis = seed % sizes.Length, cut = seed / 7 % (sizes[axis] + 1);
        Variable<double> whole = Variable.Concat<double>([x.Narrow(axis, 0, cut), x.Narrow(axis, cut, sizes[axis] - cut)], axis);
        Assert.Equal(x.ToArray(), whole.ToArray());
        Assert.Equal(v.ToArray(), tape.Backward(whole, v)[x].ToArray());
    });

    [Fact]
    public void PermutingBackIsTheIdentity() => Laws.Hold(Laws.Sizes, Laws.Seeds, static (sizes, seed) =>
    {
        using Tape<double> tape = new();
        int[] axes = [.. Enumerable.Range(0, sizes.Length)], back = new int[sizes.Length];
        new Random(seed).Shuffle(axes);
        for (int i = 0; i < axes.Length; i++) back[axes[i]] = i;
        Variable<double> x = tape.Variable(Laws.Tensor(sizes, seed)), y = x.Permute(axes).Permute(back), v = tape.Constant(Laws.Tensor(sizes, seed + 1));
        Assert.Equal(x.ToArray(), y.ToArray());
        Assert.Equal(v.ToArray(), tape.Backward(y, v)[x].ToArray());
    });

    [Fact]
    public void RandomProgramsHaveTheGradientsOfDifferences() => Laws.Hold(Programs, Laws.Seeds, static (program, seed) =>
        GradientCheck.Run(x => Run(program, x), [Laws.Tensor([2, 3], seed), Laws.Tensor([3], seed + 1)], new() { Seed = (ulong)seed }).ThrowIfFailed());

    [Fact]
    public void SweepsAreLinearInTheirSeeds() => Laws.Hold(Programs, Laws.Seeds, static (program, seed) =>
    {
        using Tape<double> tape = new();
        Variable<double>[] x = [tape.Variable(Laws.Tensor([2, 3], seed)), tape.Variable(Laws.Tensor([3], seed + 1))];
        Variable<double> y = Run(program, x);
        int[] sizes = y.Shape.ToArray();
        double[] u = Laws.Numbers(y.Length, seed + 2), v = Laws.Numbers(y.Length, seed + 3), w = [.. u.Zip(v, static (a, b) => (2 * a) - (3 * b))];
        double[][] found = [.. new[] { u, v, w }.Select(weights => tape.Backward(y, tape.Constant(sizes, weights), retain: true)[x[0]].ToArray())];
        Close([.. found[0].Zip(found[1], static (a, b) => (2 * a) - (3 * b))], found[2]);

        // Powers of two are exact, zero is exact, and gathering sweeps is sweeping the sum.
        double[] doubled = tape.Backward(y, tape.Constant(sizes, [.. u.Select(static a => 8 * a)]), retain: true)[x[0]].ToArray();
        Assert.Equal(found[0].Select(static a => 8 * a), doubled);
        Assert.All(tape.Backward(y, tape.Zeros(sizes), retain: true)[x[0]].ToArray(), static slope => Assert.Equal(0, slope));
        Gradients<double> sum = tape.Backward(y, tape.Constant(sizes, u), retain: true);
        tape.Backward(y, tape.Constant(sizes, v), into: sum);
        Close([.. found[0].Zip(found[1], static (a, b) => a + b)], sum[x[0]].ToArray());
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    });

    /// <summary>Instructions, each of which makes a value [2, 3] of earlier ones; shrinks by leaving some out.</summary>
    private static Arbitrary<int[]> Programs { get; } = Arb.From(
        Gen.Choose(1, 12).SelectMany(static length => Gen.ArrayOf(Gen.Choose(0, 1_000_000), length)),
        static program => program.Length == 1 ? [] : Enumerable.Range(0, program.Length).Select(i => (int[])[.. program[..i], .. program[(i + 1)..]]));

    private static Variable<double> Run(int[] program, Variable<double>[] inputs)
    {
        List<Variable<double>> values = [inputs[0], inputs[1].Expand(2, 3)];
        foreach (int instruction in program)
        {
            Variable<double> a = values[instruction / 12 % values.Count], b = values[instruction / 1200 % values.Count];
            values.Add((instruction % 12) switch
            {
                0 => a + b,
                1 => a - (b * 0.5),
                2 => (a * b).Tanh(),
                3 => a / (b.Square() + 1),
                4 => a.Sigmoid(),
                5 => Variable.Concat<double>([a[1..], b[..1]], axis: 0),
                6 => a.Transpose().Reshape(2, 3),
                7 => a.Tanh() + b.Sum(0) * 0.25,
                8 => a.Tanh() * b.Mean(-1, keepAxes: true),
                9 => Variable.Concat<double>([a.Narrow(1, 1, 2), b.Narrow(1, 0, 1)], axis: 1),
                10 => a.MatMul(b.Transpose()).Tanh().MatMul(a * 0.3),
                _ => (1 - a) * inputs[1],
            });
        }

        return values[^1];
    }

    private static (int[] Left, int[] Right) Broadcastable(int[] sizes, int seed)
    {
        Random random = new(seed);
        int[] Side(bool whole)
        {
            int[] own = [.. sizes.Select(size => !whole && random.Next(3) == 0 ? 1 : size)];
            return whole ? own : own[random.Next(own.Length + 1)..];
        }

        bool leftWhole = random.Next(2) == 0;
        return (Side(leftWhole), Side(!leftWhole));
    }

    private static IEnumerable<(int[] Left, int[] Right)> Shrink((int[] Left, int[] Right) pair)
    {
        // Leaving the first axis out on the longer side, or out on both, keeps them broadcastable; so does 1 for any size.
        if (pair.Left.Length > pair.Right.Length) yield return (pair.Left[1..], pair.Right);
        if (pair.Right.Length > pair.Left.Length) yield return (pair.Left, pair.Right[1..]);
        if (pair.Left.Length > 0 && pair.Left.Length == pair.Right.Length) yield return (pair.Left[1..], pair.Right[1..]);
        for (int i = 0; i < pair.Left.Length; i++) if (pair.Left[i] != 1) yield return ([.. pair.Left[..i], 1, .. pair.Left[(i + 1)..]], pair.Right);
        for (int i = 0; i < pair.Right.Length; i++) if (pair.Right[i] != 1) yield return (pair.Left, [.. pair.Right[..i], 1, .. pair.Right[(i + 1)..]]);
    }

    /// <summary>Another shape of as many elements: neighbouring axes merged, ones put in.</summary>
    private static int[] Regrouped(int[] sizes, int seed)
    {
        Random random = new(seed);
        List<int> target = [];
        foreach (int size in sizes)
        {
            if (target.Count > 0 && random.Next(2) == 0) target[^1] *= size;
            else target.Add(size);
            if (random.Next(4) == 0) target.Add(1);
        }

        return [.. target];
    }

    private static void Close(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        double scale = expected.Aggregate(1.0, static (largest, value) => Math.Max(largest, Math.Abs(value)));
        for (int i = 0; i < found.Length; i++) Assert.Equal(expected[i], found[i], 1e-12 * scale);
    }
}
