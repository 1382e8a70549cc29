using System.Collections.Concurrent;
using Xunit.Sdk;

namespace Autograd.Tests;

/// <summary>The proof of an operator's gradient: two independent oracles, random samples, and faults that the oracles must catch.</summary>
public abstract partial class OperatorContract<TCase>
{
    private const int Directions = 3;
    private const int LeastFaults = 5;
    private static readonly ConcurrentDictionary<Type, Lazy<Findings>> Duals = new();
    private static readonly ConcurrentDictionary<Type, Lazy<Findings>> Randoms = new();
    private static readonly ConcurrentDictionary<Type, Lazy<Dictionary<Type, int>>> CaughtFaults = new();

    public Proof Prove()
    {
        Findings dual = Dual(), random = Random();
        (Sample Sample, GradientCheckReport Report)[] checks = Checks();
        Dictionary<Type, RuleProof> rules = Operations.ToDictionary(static type => type, type => dual.Of(type) + random.Of(type));
        foreach ((Sample sample, GradientCheckReport report) in checks)
        {
            foreach (Type type in RulesOf(sample).Select(static rule => rule.Operation).Distinct().Where(rules.ContainsKey))
            {
                RuleProof rule = rules[type];
                rule.Elements += report.ComparedElements;
                rule.Difference = RuleProof.Larger(rule.Difference, (report.WorstErrorOf(GradientLaw.FirstOrder), report.WorstErrorOf(GradientLaw.SecondOrder)));
            }
        }

        foreach ((Type type, int faults) in Faults()) rules[type].Faults = faults;
        return new Proof(Samples.Count(), random.Cases, dual.Elements + random.Elements + checks.Sum(static check => check.Report.ComparedElements), DualTolerance > 1e-11, rules);
    }

    /// <summary>A random sample, for FsCheck: sizes and attributes first, then values that keep away from kinks.</summary>
    protected abstract Sample Draw(Choices choose);

    /// <summary>The largest |⟨v, J u⟩ − ⟨Jᵀ v, u⟩| of the gradient against dual numbers, relative to one plus the sum of all |terms|.</summary>
    protected virtual double DualTolerance => 1e-11;

    [Fact]
    public void GradientsMatchDualNumbers()
    {
        Findings findings = Dual();
        Assert.True(findings.Elements > 0 || !Differentiates, "nothing was compared");
        Assert.InRange(findings.Worst.First, 0, DualTolerance);
    }

    [Fact]
    public void GradientsOfGradientsMatchDualNumbers() => Assert.InRange(Dual().Worst.Second, 0, DualTolerance);

    [Fact]
    public void RandomSamplesHold() => Assert.InRange(Random().Cases, RandomCases, int.MaxValue);

    /// <summary>No operation is named that the samples do not run, forward or within a gradient.</summary>
    [Fact]
    public void EveryOperationItNamesRuns() => Assert.DoesNotContain(Operations, type => Dual().Of(type).Samples == 0);

    [Fact]
    public void SeededFaultsAreCaught()
    {
        Dictionary<Type, int> caught = Faults();
        if (Differentiates) Assert.All(Operations, type => Assert.True(caught.GetValueOrDefault(type) >= LeastFaults, $"{type.Name}: {caught.GetValueOrDefault(type)} faults"));
    }

    /// <summary>The random samples of a run, so many that each operation of the contract gets its 200; many more in a deep run.</summary>
    private int RandomCases => Operations.Length * (Laws.Deep ? 5_000 : Operations.Length == 1 ? 200 : 500);

    private bool Differentiates => Samples.Any(static sample => sample.Differentiables.Length > 0);

    private Findings Dual() => Duals.GetOrAdd(GetType(), _ => new(() =>
    {
        Findings findings = new();
        foreach (Sample sample in Samples)
        {
            Within(sample, () =>
            {
                findings.Begin(Names(sample), random: false);
                for (int i = 0; i < Directions; i++) CompareDual(sample, findings, fault: null);
                return 0;
            });
        }

        return findings;
    })).Value;

    private Findings Random() => Randoms.GetOrAdd(GetType(), _ => new(() =>
    {
        Findings findings = new();
        Laws.HoldForChoices(48, RandomCases, (20_261_121, 7_654_321), choose =>
        {
            Sample sample = Draw(choose);
            Within(sample, () =>
            {
                findings.Begin(Names(sample), random: true);
                findings.Compared(MatchesReference(sample) + FloatMatchesDouble(sample));
                CompareDual(sample, findings, fault: null);
                (double first, double second) = findings.Worst;
                Assert.True(first <= DualTolerance && second <= DualTolerance, $"dual numbers differ by {first:E2} and {second:E2} (second order)");
                return 0;
            });
        });
        return findings;
    })).Value;

    /// <summary>
    /// The number of faults that changed a gradient, for each operation: at least five for each input its rule serves. Each was seen by
    /// both oracles; one in a rule that runs only within gradients of gradients by dual numbers, since it is there that it is wrong.
    /// </summary>
    private Dictionary<Type, int> Faults() => CaughtFaults.GetOrAdd(GetType(), _ => new(() =>
    {
        static int Count(IEnumerable<Nd> arrays) => arrays.Sum(static x => x.Data.Length);
        (Sample Sample, HashSet<(Type, int)> Forward, HashSet<(Type, int)> Within)[] samples =
        [
            .. Samples.Where(sample => Count(sample.Differentiables.Select(i => sample.Inputs[i])) > 0 && Count(Reference(sample.Inputs, sample.Attributes)) > 0)
                .OrderBy(static sample => Count(sample.Inputs))
                .Select(sample => (sample, RulesOf(sample, forwardOnly: true).ToHashSet(), RulesOf(sample).ToHashSet())),
        ];
        Dictionary<Type, int> caught = [];
        HashSet<(Type Operation, int Input)> forward = [.. samples.SelectMany(static sample => sample.Forward)];
        foreach ((Type operation, int input) in samples.SelectMany(static sample => sample.Within).Distinct().Where(rule => Operations.Contains(rule.Item1)))
        {
            bool within = !forward.Contains((operation, input));
            Sample[] places = [.. samples.Where(sample => (within ? sample.Within : sample.Forward).Contains((operation, input))).Select(static sample => sample.Sample)];
            Fault[] faults = [.. Fault.Changes.Select(change => new Fault(operation, input, change.Name, change.Change))];
            int found = faults.Count(fault => IsCaught(fault, places, within));

            // An input of a rule within a gradient may be beyond the reach of these samples: its contribution is then dropped by the sweep.
            if (found < LeastFaults && !within) throw new XunitException($"Only {found} of {faults.Length} faults in the gradient of {operation.Name} by its input {input} changed anything.");
            caught[operation] = caught.GetValueOrDefault(operation) + found;
        }

        return caught;
    })).Value;

    /// <summary>Whether a fault changes the gradient of some sample; if it does, the oracles must see it there.</summary>
    private bool IsCaught(Fault fault, Sample[] samples, bool within)
    {
        foreach (Sample sample in samples)
        {
            Nd[] u = DrawLike(sample.Inputs), v = DrawLike(Reference(sample.Inputs, sample.Attributes));
            double[] Gradients(Fault? seeded) => [.. (within ? SecondGradients(sample, u, v, seeded) : DualGradients(sample, v, seeded)).SelectMany(static g => g)];
            double[] right = Gradients(null), wrong = Gradients(fault);
            double largest = right.Select(Math.Abs).Append(1).Max();
            if (!right.Zip(wrong).Any(pair => !(Math.Abs(pair.First - pair.Second) <= 1e-5 * largest))) continue;
            Findings findings = new();
            findings.Begin([], random: false);
            for (int i = 0; i < Directions; i++) CompareDual(sample, findings, fault);
            if (within ? findings.Worst.Second <= DualTolerance : findings.Worst.First <= DualTolerance) throw new XunitException($"{sample}: dual numbers did not see that {fault}.");
            if (!within && !Check(sample, order: 1, fault).Failures.Any(static failure => failure.Law == GradientLaw.FirstOrder)) throw new XunitException($"{sample}: differences did not see that {fault}.");
            return true;
        }

        return false;
    }

    /// <summary>The operations a sample runs; where there is nothing to differentiate, those the contract names.</summary>
    private Type[] Names(Sample sample) =>
        sample.Differentiables.Length == 0 && !Differentiates ? Operations : [.. RulesOf(sample).Select(static rule => rule.Operation).Distinct()];

    /// <summary>The gradient rules a sample runs: those of the operations it records and, if wanted, of those its gradients record.</summary>
    private IEnumerable<(Type Operation, int Input)> RulesOf(Sample sample, bool forwardOnly = false)
    {
        using Tape<double> tape = new();
        (_, Variable<double>[] x) = Leaves<double>(tape, sample, new());
        Variable<double>[] y = Apply(tape, x, sample.Attributes);
        if (!forwardOnly) Recorded(tape, y, DrawLike(Array.ConvertAll(y, static output => new Nd(output.Shape.ToArray()))));
        return [.. Fault.RulesOn(tape)];
    }

    /// <summary>
    /// The gradient along random directions u and cotangents v against dual numbers: ⟨v, J u⟩ = ⟨Jᵀ v, u⟩, and for the second order
    /// the derivative of ⟨Jᵀ v, u⟩ by v, which is J u, and by x along another direction.
    /// </summary>
    private void CompareDual(Sample sample, Findings findings, Fault? fault)
    {
        int[] wanted = sample.Differentiables;
        if (wanted.Length == 0) return;
        Nd[] u = DrawLike(sample.Inputs), w = DrawLike(sample.Inputs);
        Nd[] duals = [.. sample.Inputs.Select((x, i) => !wanted.Contains(i) ? x : Nd.Of(x.Sizes, [.. x.Data.Select((value, e) => new Real(value.Value, u[i].Data[e].Value, w[i].Data[e].Value))]))];
        Nd[] y = Reference(duals, sample.Attributes), v = DrawLike(y);
        double[][] plain = DualGradients(sample, v, fault), second = SecondGradients(sample, u, v, fault);
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
        findings.NoteFirst(forward, backward);
        for (int i = 0; i < wanted.Length && second.Length > 0; i++) twice.Add(second[i], w[wanted[i]]);
        findings.NoteSecond(curvature, twice);
        for (int k = 0; k < y.Length; k++)
        {
            // The derivative by v is J u. Where the gradient depends on nothing, as that of a sign, it is 0.
            double[] found = second.Length == 0 ? [] : second[wanted.Length + k];
            for (int e = 0; e < y[k].Data.Length; e++)
            {
                Sum expected = default, given = default;
                expected.Add(y[k].Data[e].First);
                given.Add(found.Length == 0 ? 0 : found[e]);
                findings.NoteSecond(expected, given);
            }
        }
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

    /// <summary>The gradients of ⟨Jᵀ v, u⟩ by the differentiable inputs, then by each cotangent; none if it depends on neither.</summary>
    private double[][] SecondGradients(Sample sample, Nd[] u, Nd[] v, Fault? fault)
    {
        using Tape<double> tape = new();
        (_, Variable<double>[] x) = Leaves<double>(tape, sample, new());
        Variable<double>[] y = Apply(tape, x, sample.Attributes);
        if (Recorded(tape, y, v) is not { } recorded) return [];
        Variable<double> along = sample.Differentiables.Select(i => (recorded.Gradients[x[i]] * tape.Constant(u[i].ToTensor<double>())).Sum()).Aggregate(static (a, b) => a + b);
        if (!along.RequiresGradient) return [];
        fault?.Seed(tape);
        Gradients<double> second = tape.Backward(along);
        return [.. sample.Differentiables.Select(i => second[x[i]].ToArray()), .. y.Select((output, k) => output.RequiresGradient ? second[recorded.Cotangents[k]].ToArray() : [])];
    }

    /// <summary>The gradients of ⟨v, y⟩ as part of the graph, with v as variables; null if no output has any.</summary>
    private static (Gradients<double> Gradients, Variable<double>[] Cotangents)? Recorded(Tape<double> tape, Variable<double>[] y, Nd[] v)
    {
        int[] used = [.. Enumerable.Range(0, y.Length).Where(k => y[k].RequiresGradient)];
        if (used.Length == 0) return null;
        Variable<double>[] cotangents = [.. v.Select(weights => tape.Variable(weights.ToTensor<double>()))];
        return (tape.Backward([.. used.Select(k => y[k])], [.. used.Select(k => cotangents[k])], createGraph: true), cotangents);
    }

    /// <summary>The operator, with a fault in the rules it recorded.</summary>
    private Variable<double>[] ApplyWith(Fault? fault, Tape<double> tape, Variable<double>[] x, Sample sample)
    {
        Variable<double>[] y = Apply(tape, x, sample.Attributes);
        fault?.Seed(tape);
        return y;
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

    /// <summary>What comparisons found, in all and by the operations that ran.</summary>
    private sealed class Findings
    {
        private readonly Dictionary<Type, RuleProof> _rules = [];
        private RuleProof[] _running = [];

        public (double First, double Second) Worst { get; private set; }

        public long Elements { get; private set; }

        public int Cases { get; private set; }

        public RuleProof Of(Type operation) => _rules.GetValueOrDefault(operation) ?? new();

        /// <summary>A sample begins, which runs these operations.</summary>
        public void Begin(Type[] operations, bool random)
        {
            if (random) Cases++;
            _running = Array.ConvertAll(operations, type => _rules.TryGetValue(type, out RuleProof? known) ? known : _rules[type] = new());
            foreach (RuleProof rule in _running) (rule.Samples, rule.RandomCases) = random ? (rule.Samples, rule.RandomCases + 1) : (rule.Samples + 1, rule.RandomCases);
        }

        public void Compared(long elements)
        {
            Elements += elements;
            foreach (RuleProof rule in _running) rule.Elements += elements;
        }

        public void NoteFirst(Sum expected, Sum found) => Note((Error(expected, found), 0), (1, 0));

        public void NoteSecond(Sum expected, Sum found) => Note((0, Error(expected, found)), (0, 1));

        private static double Error(Sum expected, Sum found) => Math.Abs(expected.Value - found.Value) / (1 + expected.Magnitude + found.Magnitude);

        private void Note((double First, double Second) error, (int First, int Second) order)
        {
            Compared(1);
            Worst = RuleProof.Larger(Worst, error);
            foreach (RuleProof rule in _running)
            {
                rule.Dual = RuleProof.Larger(rule.Dual, error);
                rule.Orders = (rule.Orders.First + order.First, rule.Orders.Second + order.Second);
            }
        }
    }
}
