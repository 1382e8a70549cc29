using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Xunit.Sdk;

namespace Autograd.Tests;

/// <summary>The proof of an operator's gradient: two independent oracles, random samples, and faults that both oracles must catch.</summary>
public abstract partial class OperatorContract<TCase>
{
    private const int Directions = 3;
    private const int LeastFaults = 5;
    private static readonly bool Deep = Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";
    private static readonly ConcurrentDictionary<Type, Lazy<DualReport>> Duals = new();
    private static readonly ConcurrentDictionary<Type, Lazy<DualReport>> Randoms = new();
    private static readonly ConcurrentDictionary<Type, Lazy<string[]>> CaughtFaults = new();

    /// <summary>Lists of numbers for <see cref="Choices"/>; they shrink by losing their end, then by numbers that become smaller.</summary>
    private static readonly Arbitrary<int[]> Lists = Arb.From(
        Gen.ArrayOf(Gen.Choose(0, 9_239), 48), // a multiple of all small numbers, so that each answer is as likely
        static numbers =>
        {
            List<int[]> smaller = [];
            if (numbers.Length > 0) smaller.AddRange([numbers[..(numbers.Length / 2)], numbers[..^1]]);
            for (int i = 0; i < numbers.Length; i++)
            {
                if (numbers[i] == 0) continue;
                smaller.Add([.. numbers[..i], 0, .. numbers[(i + 1)..]]);
                smaller.Add([.. numbers[..i], numbers[i] / 2, .. numbers[(i + 1)..]]);
            }

            return smaller;
        });

    public Proof Prove()
    {
        DualReport dual = Dual(), random = Random();
        (Sample Sample, GradientCheckReport Report)[] checks = Checks();
        return new Proof(
            GetType(),
            Operations,
            Samples.Count(),
            random.Cases,
            dual.Elements + random.Elements + checks.Sum(static check => check.Report.ComparedElements),
            Differentiates,
            DualTolerance > 1e-11,
            Math.Max(dual.First, random.First),
            Math.Max(dual.Second, random.Second),
            checks.Select(static check => check.Report.WorstErrorOf(GradientLaw.FirstOrder)).Append(0).Max(),
            checks.Select(static check => check.Report.WorstErrorOf(GradientLaw.SecondOrder)).Append(0).Max(),
            Faults().Length);
    }

    /// <summary>A random sample, for FsCheck: sizes and attributes first, then values that keep away from kinks.</summary>
    protected abstract Sample Draw(Choices choose);

    /// <summary>The largest |⟨v, J u⟩ − ⟨Jᵀ v, u⟩| of the gradient against dual numbers, relative to one plus the sum of all |terms|.</summary>
    protected virtual double DualTolerance => 1e-11;

    [Fact]
    public void GradientsMatchDualNumbers()
    {
        DualReport report = Dual();
        Assert.True(report.Elements > 0 || !Differentiates, "nothing was compared");
        Assert.InRange(report.First, 0, DualTolerance);
    }

    [Fact]
    public void GradientsOfGradientsMatchDualNumbers() => Assert.InRange(Dual().Second, 0, DualTolerance);

    [Fact]
    public void RandomSamplesHold() => Assert.InRange(Random().Cases, RandomCases, int.MaxValue);

    [Fact]
    public void SeededFaultsAreCaught() => Assert.InRange(Faults().Length, Differentiates ? LeastFaults : 0, int.MaxValue);

    /// <summary>The random samples of a run: 200 for each operation of the contract, many more in a deep run.</summary>
    private int RandomCases => (Deep ? 5_000 : 200) * Operations.Length;

    private bool Differentiates => Samples.Any(static sample => sample.Differentiables.Length > 0);

    private DualReport Dual() => Duals.GetOrAdd(GetType(), _ => new(() =>
    {
        DualReport report = new();
        foreach (Sample sample in Samples)
        {
            for (int i = 0; i < Directions; i++) Within(sample, () => CompareDual(sample, report, fault: null));
        }

        return report;
    })).Value;

    private DualReport Random() => Randoms.GetOrAdd(GetType(), _ => new(() =>
    {
        DualReport report = new();
        Config config = Config.QuickThrowOnFailure.WithMaxTest(RandomCases);
        if (!Deep) config = config.WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_121, 7_654_321), FSharpOption<int>.None)));
        FsCheck.Check.One(config, Prop.ForAll(Lists, numbers =>
        {
            Sample sample = Draw(new Choices(numbers));
            Within(sample, () =>
            {
                report.Elements += MatchesReference(sample) + FloatMatchesDouble(sample);
                CompareDual(sample, report, fault: null);
                Assert.True(report.First <= DualTolerance && report.Second <= DualTolerance, $"dual numbers differ by {report.First:E2} and {report.Second:E2} (second order)");
                report.Cases++;
                return 0;
            });
        }));
        return report;
    })).Value;

    /// <summary>The names of the faults that changed some gradient; each of them must have been seen by both oracles.</summary>
    private string[] Faults() => CaughtFaults.GetOrAdd(GetType(), _ => new(() =>
    {
        static int Count(IEnumerable<Nd> arrays) => arrays.Sum(static x => x.Data.Length);
        Sample[] samples =
        [
            .. Samples.Where(sample => Count(sample.Differentiables.Select(i => sample.Inputs[i])) > 0 && Count(Reference(sample.Inputs, sample.Attributes)) > 0)
                .OrderBy(static sample => Count(sample.Inputs)),
        ];
        return [.. Fault.All.Where(fault => IsCaught(fault, samples)).Select(static fault => fault.Name)];
    })).Value;

    /// <summary>Whether a fault changes the gradient of some sample; if it does, both oracles must see it there.</summary>
    private bool IsCaught(Fault fault, Sample[] samples)
    {
        foreach (Sample sample in samples)
        {
            Nd[][] drawn = [DrawLike(sample.Inputs), DrawLike(sample.Inputs), DrawLike(Reference(sample.Inputs, sample.Attributes))];
            double[] right = [.. DualGradients(sample, drawn[2], fault: null).SelectMany(static g => g)], wrong = [.. DualGradients(sample, drawn[2], fault).SelectMany(static g => g)];
            double largest = right.Select(Math.Abs).Append(1).Max();
            if (!right.Zip(wrong).Any(pair => !(Math.Abs(pair.First - pair.Second) <= 1e-5 * largest))) continue;
            DualReport report = new();
            for (int i = 0; i < Directions; i++) CompareDual(sample, report, fault);
            if (report.First <= DualTolerance) throw new XunitException($"{sample}: dual numbers did not see a gradient that was {fault.Name}.");
            bool seen = Check(sample, order: 1, fault).Failures.Any(static failure => failure.Law == GradientLaw.FirstOrder);
            if (!seen) throw new XunitException($"{sample}: differences did not see a gradient that was {fault.Name}.");
            return true;
        }

        return false;
    }

    /// <summary>
    /// The gradient along random directions u and cotangents v against dual numbers: ⟨v, J u⟩ = ⟨Jᵀ v, u⟩, and for the second order
    /// the derivative of ⟨Jᵀ v, u⟩ by v, which is J u, and by x along another direction.
    /// </summary>
    private int CompareDual(Sample sample, DualReport report, Fault? fault)
    {
        int[] wanted = sample.Differentiables;
        if (wanted.Length == 0) return 0;
        Nd[] u = DrawLike(sample.Inputs), w = DrawLike(sample.Inputs);
        Nd[] duals = [.. sample.Inputs.Select((x, i) => !wanted.Contains(i) ? x : Nd.Of(x.Sizes, [.. x.Data.Select((value, e) => new Real(value.Value, u[i].Data[e].Value, w[i].Data[e].Value))]))];
        Nd[] y = Reference(duals, sample.Attributes), v = DrawLike(y);
        double[][] plain = DualGradients(sample, v, fault);
        Sum forward = default, backward = default, curvature = default, twice = default;
        for (int k = 0; k < y.Length; k++)
        {
            for (int e = 0; e < y[k].Data.Length; e++)
            {
                forward.Add(v[k].Data[e].Value * y[k].Data[e].First);
                curvature.Add(v[k].Data[e].Value * y[k].Data[e].Mixed);
            }
        }

        for (int i = 0; i < wanted.Length; i++) backward.Add(plain[i], u[wanted[i]]);
        report.NoteFirst(forward, backward);
        if (fault is not null) return 0;

        using Tape<double> tape = new();
        (_, Variable<double>[] x) = Leaves<double>(tape, sample, new());
        Variable<double>[] outputs = Apply(tape, x, sample.Attributes), cotangents = [.. v.Select(weights => tape.Variable(weights.ToTensor<double>()))];
        int[] used = [.. Enumerable.Range(0, outputs.Length).Where(k => outputs[k].RequiresGradient)];
        if (used.Length == 0) return 0;
        Gradients<double> gradients = tape.Backward([.. used.Select(k => outputs[k])], [.. used.Select(k => cotangents[k])], createGraph: true);
        Variable<double> along = wanted.Select(i => (gradients[x[i]] * tape.Constant(u[i].ToTensor<double>())).Sum()).Aggregate(static (a, b) => a + b);
        if (!along.RequiresGradient) return 0;
        Gradients<double> second = tape.Backward(along);
        foreach (int i in wanted) twice.Add(second[x[i]].ToArray(), w[i]);
        report.NoteSecond(curvature, twice);
        foreach (int k in used)
        {
            double[] found = second[cotangents[k]].ToArray();
            for (int e = 0; e < found.Length; e++)
            {
                Sum expected = default, given = default;
                expected.Add(y[k].Data[e].First);
                given.Add(found[e]);
                report.NoteSecond(expected, given);
            }
        }

        return 0;
    }

    /// <summary>The gradients of ⟨v, y⟩ by the differentiable inputs, by a plain sweep.</summary>
    private double[][] DualGradients(Sample sample, Nd[] v, Fault? fault)
    {
        using Tape<double> tape = new();
        (_, Variable<double>[] x) = Leaves<double>(tape, sample, new());
        Variable<double>[] y = ApplyWith(fault, tape, x, sample);
        int[] used = [.. Enumerable.Range(0, y.Length).Where(k => y[k].RequiresGradient)];
        if (used.Length == 0) return [.. sample.Differentiables.Select(i => new double[x[i].Length])];
        Gradients<double> gradients = tape.Backward([.. used.Select(k => y[k])], [.. used.Select(k => tape.Constant(v[k].ToTensor<double>()))]);
        return [.. sample.Differentiables.Select(i => gradients[x[i]].ToArray())];
    }

    /// <summary>The operator with a fault in what its gradient rule is given, or in what it gives.</summary>
    private Variable<double>[] ApplyWith(Fault? fault, Tape<double> tape, Variable<double>[] x, Sample sample)
    {
        switch (fault?.Place)
        {
            case FaultPlace.Gradient:
                return Apply(tape, [.. x.Select((input, i) => sample.Differentiables.Contains(i) ? fault.On(input) : input)], sample.Attributes);
            case FaultPlace.Cotangent:
                return [.. Apply(tape, x, sample.Attributes).Select(fault.On)];
            default:
                return Apply(tape, x, sample.Attributes);
        }
    }

    private Nd[] DrawLike(Nd[] shapes) => Array.ConvertAll(shapes, shape => Nd.Build(shape.Sizes, _ => (0.5 + Next()) * (Next() < 0.5 ? -1 : 1)));

    /// <summary>A sum, and the sum of the magnitudes of its terms.</summary>
    private struct Sum
    {
        public double Value { get; private set; }

        public double Magnitude { get; private set; }

        public void Add(double term)
        {
            Value += term;
            Magnitude += Math.Abs(term);
        }

        public void Add(double[] gradient, Nd direction)
        {
            for (int e = 0; e < gradient.Length; e++) Add(gradient[e] * direction.Data[e].Value);
        }
    }

    /// <summary>What the comparison with dual numbers found: the worst errors, and how much was compared.</summary>
    private sealed class DualReport
    {
        public double First { get; private set; }

        public double Second { get; private set; }

        public long Elements { get; set; }

        public int Cases { get; set; }

        public void NoteFirst(Sum expected, Sum found)
        {
            First = Worst(First, expected, found);
            Elements++;
        }

        public void NoteSecond(Sum expected, Sum found)
        {
            Second = Worst(Second, expected, found);
            Elements++;
        }

        private static double Worst(double before, Sum expected, Sum found)
        {
            double error = Math.Abs(expected.Value - found.Value) / (1 + expected.Magnitude + found.Magnitude);
            return error <= before ? before : error; // NaN is worst
        }
    }
}
