using System.Diagnostics;
using System.Globalization;
using Autograd.Kernels;

namespace Autograd.Benchmarks;

/// <summary>
/// Finds kernels that became slower, on machines whose speed nobody knows: each figure is the share of a kernel in what a
/// yardstick of the same kind reaches in the same moments, both at the best of many turns.
/// </summary>
internal static class Guard
{
    private const double SampleSeconds = 0.001;

    /// <summary>Measures all figures and compares them with the file. Exit code 1 if one falls short.</summary>
    /// <param name="handicap">A figure whose kernel runs twice each time, to see that the guard finds it.</param>
    public static int Check(FileInfo file, string filter, string? handicap)
    {
        GuardFile expectations = GuardFile.Read(file);
        Candidate[] candidates = Prepare(filter);
        foreach (Candidate candidate in candidates) candidate.Handicap = candidate.Work.Name == handicap ? 2 : 1;
        int failed = 0;
        Header();
        double[] shares = Best(candidates, rounds: 2, seconds: 0.2);
        for (int i = 0; i < candidates.Length; i++)
        {
            double? expected = expectations.Find(candidates[i].Work.Name, VectorClass);
            double share = shares[i], least = (expected ?? double.PositiveInfinity) * expectations.FailBelow;
            int retries = 0;
            for (; share < least && expected is not null && retries < 3; retries++) share = Math.Max(share, candidates[i].Share(0.5));
            bool passes = share >= least;
            if (!passes) failed++;
            Line(candidates[i].Work.Name, share, expected, (expected, passes, retries) switch
            {
                (null, _, _) => $"NOT EXPECTED at {VectorClass} bits: run guard --update",
                (_, true, 0) => "ok",
                (_, true, _) => $"ok at attempt {retries + 1}",
                _ => "TOO SLOW",
            });
        }

        return Summary(candidates.Length - failed, failed);
    }

    /// <summary>Writes what this machine reaches, the median of several rounds, as what is expected of its vector width.</summary>
    public static int Update(FileInfo file, string filter)
    {
        const int rounds = 5;
        GuardFile expectations = GuardFile.Read(file);
        Candidate[] candidates = Prepare(filter);
        List<double>[] shares = [.. candidates.Select(static _ => new List<double>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < candidates.Length; i++) shares[i].Add(candidates[i].Share(0.2));
        }

        Header();
        for (int i = 0; i < candidates.Length; i++)
        {
            shares[i].Sort();
            string name = candidates[i].Work.Name;
            Line(name, shares[i][rounds / 2], expectations.Find(name, VectorClass), string.Create(CultureInfo.InvariantCulture, $"{shares[i][0]:0.000} to {shares[i][^1]:0.000}"));
            expectations.Set(name, VectorClass, shares[i][rounds / 2]);
        }

        expectations.Write(file, Works.All.Select(static work => work.Name));
        return 0;
    }

    /// <summary>Shows for every figure that it passes as it is and fails when its kernel takes twice as long.</summary>
    public static int SelfTest(FileInfo file, string filter)
    {
        GuardFile expectations = GuardFile.Read(file);
        Candidate[] candidates = Prepare(filter);
        int failed = 0;
        double[] shares = Best(candidates, rounds: 2, seconds: 0.2);
        foreach (Candidate candidate in candidates) candidate.Handicap = 2;
        double[] slowed = Best(candidates, rounds: 2, seconds: 0.2);
        Console.WriteLine($"| {"figure",-44} |  share | expected | twice slower | verdict |\n|{new string('-', 46)}|---:|---:|---:|---|");
        for (int i = 0; i < candidates.Length; i++)
        {
            double? expected = expectations.Find(candidates[i].Work.Name, VectorClass);
            double least = (expected ?? double.PositiveInfinity) * expectations.FailBelow;
            candidates[i].Handicap = 1;
            for (int retry = 0; shares[i] < least && retry < 3; retry++) shares[i] = Math.Max(shares[i], candidates[i].Share(0.5));
            candidates[i].Handicap = 2;
            for (int retry = 0; retry < 3; retry++) slowed[i] = Math.Max(slowed[i], candidates[i].Share(0.5)); // as often as a check would
            bool found = shares[i] >= least && slowed[i] < least;
            if (!found) failed++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {candidates[i].Work.Name,-44} | {shares[i],6:0.000} | {expected,8:0.000} | {slowed[i],12:0.000} | {(found ? "found" : "NOT FOUND")} |"));
        }

        return Summary(candidates.Length - failed, failed);
    }

    /// <summary>The vector width in bits that the kernels use here; shares differ between widths.</summary>
    private static int VectorClass => Math.Max(Simd.Best, 128);

    private static Candidate[] Prepare(string filter)
    {
        Candidate[] candidates = [.. Works.All.Where(work => work.Name.Contains(filter, StringComparison.Ordinal)).Select(static work => new Candidate(work))];

        // Code is compiled again in the background once it has run often; other candidates run meanwhile.
        for (int pass = 0; pass < 2; pass++)
        {
            foreach (Candidate candidate in candidates) candidate.Warm(0.1);
        }

        return candidates;
    }

    /// <summary>The best share of each in several rounds over all, so that a slow spell does not meet all rounds of one.</summary>
    private static double[] Best(Candidate[] candidates, int rounds, double seconds)
    {
        double[] best = new double[candidates.Length];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < candidates.Length; i++) best[i] = Math.Max(best[i], candidates[i].Share(seconds));
        }

        return best;
    }

    private static void Header() => Console.WriteLine($"{VectorClass}-bit vectors\n| {"figure",-44} |  share | expected | verdict |\n|{new string('-', 46)}|---:|---:|---|");

    private static void Line(string name, double share, double? expected, string verdict) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name,-44} | {share,6:0.000} | {expected,8:0.000} | {verdict} |"));

    private static int Summary(int passed, int failed)
    {
        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>A kernel and its yardstick, measured in turn.</summary>
    private sealed class Candidate(Work work)
    {
        private readonly Timed _timed = work.Prepare();
        private readonly Func<double, double> _yardstick = YardstickOf(work);
        private readonly int _threads = Math.Min(work.Threads, Environment.ProcessorCount);

        public Work Work => work;

        /// <summary>How often the kernel runs each time.</summary>
        public int Handicap { get; set; } = 1;

        public void Warm(double seconds)
        {
            Parallelism.Threads = _threads;
            Stopwatch watch = Stopwatch.StartNew();
            for (int run = 0; run < 40 || watch.Elapsed.TotalSeconds < seconds; run++) Kernel(1);
            _yardstick(work.Amount);
        }

        /// <summary>The time the yardstick takes for the amount of the work, over the time the kernel takes: each the best of its turns.</summary>
        public double Share(double seconds)
        {
            Parallelism.Threads = _threads;
            int repeat = Math.Max(1, (int)(SampleSeconds / Kernel(1)));

            // The yardstick runs as long as the kernel does at a time, so that both are interrupted alike.
            double amount = Math.Max(SampleSeconds, Kernel(1)) / _yardstick(work.Amount) * work.Amount;
            double kernel = double.PositiveInfinity, yardstick = double.PositiveInfinity;
            Stopwatch watch = Stopwatch.StartNew();
            for (int turn = 0; turn < 5 || watch.Elapsed.TotalSeconds < seconds; turn++)
            {
                yardstick = Math.Min(yardstick, _yardstick(amount) / amount);
                kernel = Math.Min(kernel, Kernel(repeat) / repeat);
            }

            return yardstick * work.Amount / kernel;
        }

        private double Kernel(int repeat)
        {
            long ticks = 0;
            for (int run = 0; run < repeat * Handicap; run++)
            {
                _timed.Before?.Invoke();
                long start = Stopwatch.GetTimestamp();
                _timed.Run();
                ticks += Stopwatch.GetTimestamp() - start;
            }

            return (double)ticks / Stopwatch.Frequency;
        }

        /// <summary>The seconds that so much of the yardstick takes, of which it does a whole number of units.</summary>
        private static Func<double, double> YardstickOf(Work work)
        {
            int threads = Math.Min(work.Threads, Environment.ProcessorCount);
            (double unit, Action<int> run) = work.Yardstick switch
            {
                Yardstick.MultiplyAdds => ((double)FmaPeak.OperationsPerRound * threads, static (int units) => { FmaPeak.Loop(units); }),
                Yardstick.Copy => Copying((long)work.Amount),
                _ => (1.0, static units => ScalarSteps(units)),
            };
            return amount =>
            {
                int units = (int)Math.Ceiling(amount / unit);
                return Team.Seconds(threads, _ => run(units)) * amount / (units * unit);
            };
        }

        private static (double Unit, Action<int> Run) Copying(long bytes)
        {
            StreamLoop loop = new(Streaming.Copy, bytes);
            return (loop.Bytes, units => loop.Run(units));
        }

        private static long ScalarSteps(int steps)
        {
            long x = steps;
            for (int i = 0; i < steps; i++) x = (x * 6364136223846793005) + 1442695040888963407;
            return Volatile.Read(ref x);
        }
    }
}
