using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd.Benchmarks;

/// <summary>
/// Finds kernels that became slower, on machines whose speed nobody knows: each figure is the share of a kernel in what a
/// yardstick of the same kind reaches in the same moments on as many threads, both at the best of many turns.
/// </summary>
internal static class Guard
{
    // A turn of several threads is longer, so that it hardly matters that the pool's workers have to wake up for it, and still so
    // short that some turns have all cores to themselves while something else runs.
    private const double SampleSeconds = 0.001, TogetherSeconds = 0.002, RoundSeconds = 0.2, RetrySeconds = 0.5;
    private const int NameWidth = 60;
    private const int Retries = 3, Attempts = 8; // the first few at once, the others after a rest

    /// <summary>Measures all figures and compares them with the file. Exit code 1 if one falls short.</summary>
    /// <param name="file">What is expected.</param>
    /// <param name="filter">What figures have in their names.</param>
    /// <param name="handicap">A figure whose kernel runs twice each time, to see that the guard finds it.</param>
    /// <param name="only">The one figure to measure, without a second look; null for all.</param>
    public static int Check(FileInfo file, string filter, string? handicap, string? only)
    {
        GuardFile expectations = GuardFile.Read(file);
        Candidate[] candidates = Prepare(filter, only);
        if (handicap is not null) candidates.Single(candidate => candidate.Work.Name == handicap).Handicap = 2;
        int failed = 0;
        Header();
        Measure(candidates, rounds: 2);
        foreach (Candidate candidate in candidates)
        {
            double? expected = expectations.Find(candidate.Work.Name, VectorClass);
            double least = expectations.Least(candidate.Work.Name, VectorClass);
            int retries = Retry(candidate, least);
            bool passes = candidate.Share >= least, passesAlone = !passes && only is null && double.IsFinite(least) && PassesAlone(file, candidate.Work.Name, handicap);
            if (!passes && !passesAlone) failed++;
            Line(candidate.Work.Name, candidate.Share, expected, (expected, passes, retries) switch
            {
                (null, _, _) => $"NOT EXPECTED at {VectorClass} bits: run guard --update",
                (_, true, 0) => "ok",
                (_, true, _) => $"ok at attempt {retries + 1}",
                _ when passesAlone => "ok in a process of its own",
                _ => "TOO SLOW",
            });
        }

        return Summary(candidates.Length - failed, failed);
    }

    /// <summary>Writes what this machine reaches as what is expected of its vector width.</summary>
    public static int Update(FileInfo file, string filter)
    {
        GuardFile expectations = GuardFile.Read(file);
        Candidate[] candidates = Prepare(filter, only: null);
        Measure(candidates, rounds: 8);
        Header();
        foreach (Candidate candidate in candidates)
        {
            Line(candidate.Work.Name, candidate.Share, expectations.Find(candidate.Work.Name, VectorClass), "new");
            expectations.Set(candidate.Work.Name, VectorClass, candidate.Share);
        }

        expectations.Write(file, Works.All.Select(static work => work.Name));
        return 0;
    }

    /// <summary>Shows for every figure that it passes as it is and fails when its kernel takes twice as long.</summary>
    public static int SelfTest(FileInfo file, string filter)
    {
        GuardFile expectations = GuardFile.Read(file);
        Candidate[] candidates = Prepare(filter, only: null);
        int failed = 0;
        Measure(candidates, rounds: 2);
        foreach (Candidate candidate in candidates) Retry(candidate, expectations.Least(candidate.Work.Name, VectorClass));
        double[] shares = [.. candidates.Select(static candidate => candidate.Share)];
        foreach (Candidate candidate in candidates) candidate.Handicap = 2;
        Measure(candidates, rounds: 2);
        Header(" twice slower |", "---:|");
        for (int i = 0; i < candidates.Length; i++)
        {
            double? expected = expectations.Find(candidates[i].Work.Name, VectorClass);
            double least = expectations.Least(candidates[i].Work.Name, VectorClass);
            for (int retry = 0; retry < Retries; retry++) candidates[i].Measure(RetrySeconds);
            bool found = shares[i] >= least && candidates[i].Share < least;
            if (!found) failed++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {candidates[i].Work.Name,-NameWidth} | {shares[i],6:0.000} | {expected,8:0.000} | {candidates[i].Share,12:0.000} | {(found ? "found" : "NOT FOUND")} |"));
        }

        return Summary(candidates.Length - failed, failed);
    }

    /// <summary>The vector width in bits that the kernels use here; shares differ between widths.</summary>
    private static int VectorClass => Math.Max(Simd.Best, 128);

    /// <summary>
    /// Whether a figure reaches what is expected in a new process: what the compiler makes of a kernel depends on what ran before, and
    /// no further turn changes it.
    /// </summary>
    private static bool PassesAlone(FileInfo file, string name, string? handicap)
    {
        // Started as a program of its own or by dotnet, which is told what to run.
        string[] itself = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Guard).Assembly.Location] : [];
        string[] arguments = [.. itself, "guard", "--expectations", file.FullName, "--only", name, .. handicap == name ? ["--handicap", name] : Array.Empty<string>()];
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static Candidate[] Prepare(string filter, string? only)
    {
        Parallelism.Threads = 1;
        Candidate[] candidates = [.. Works.All.Where(work => only is null ? work.Name.Contains(filter, StringComparison.Ordinal) : work.Name == only).Select(static work => new Candidate(work))];

        if (candidates.Length == 0) throw new ArgumentException(only is null ? $"No figure of the guard contains '{filter}'." : $"No figure of the guard is '{only}'.");

        // Code is compiled again in the background, in two stages, each once it has run thirty times and nothing new has run for a
        // tenth of a second. So: run all, rest, and again; what is measured is what stays.
        for (int pass = 0; pass < 4; pass++)
        {
            foreach (Candidate candidate in candidates) candidate.Warm();
            Thread.Sleep(300);
        }

        return candidates;
    }

    /// <summary>Measures all in several rounds, so that a slow spell does not meet all turns of one.</summary>
    private static void Measure(Candidate[] candidates, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach (Candidate candidate in candidates) candidate.Measure(RoundSeconds);
        }
    }

    /// <summary>Measures a figure that falls short of what is expected again, and returns how often.</summary>
    private static int Retry(Candidate candidate, double least)
    {
        int retries = 0;
        for (; candidate.Share < least && double.IsFinite(least) && retries < Attempts; retries++)
        {
            // What else runs on the machine may be the reason; it comes and goes within seconds.
            if (retries >= Retries) Thread.Sleep(2000);
            candidate.Measure(RetrySeconds);
        }

        return retries;
    }

    private static void Header(string more = "", string rule = "") =>
        Console.WriteLine($"{VectorClass}-bit vectors\n| {"figure",-NameWidth} |  share | expected |{more} verdict |\n|{new string('-', NameWidth + 2)}|---:|---:|{rule}---|");

    private static void Line(string name, double share, double? expected, string verdict) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name,-NameWidth} | {share,6:0.000} | {expected,8:0.000} | {verdict} |"));

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
        private readonly double _sampleSeconds = work.Threads == 1 ? SampleSeconds : TogetherSeconds;
        private double _bestKernel = double.PositiveInfinity;
        private double _bestYardstick = double.PositiveInfinity;

        public Work Work => work;

        /// <summary>How often the kernel runs each time; setting it forgets what was measured.</summary>
        public int Handicap
        {
            get;
            set => (field, _bestKernel, _bestYardstick) = (value, double.PositiveInfinity, double.PositiveInfinity);
        }

        = 1;

        /// <summary>The time the yardstick takes for the amount of the work, over the time the kernel takes: each the best of all its turns.</summary>
        public double Share => _bestYardstick * work.Amount / _bestKernel;

        public void Warm()
        {
            Kernel(32);
            for (int run = 0; run < 32; run++) _yardstick(0);
        }

        /// <summary>Lets kernel and yardstick take turns for some time, at least five; with several threads it is longer, since fewer turns are undisturbed.</summary>
        public void Measure(double seconds)
        {
            seconds *= work.Threads;
            double once = Kernel(1);
            int repeat = Math.Max(1, (int)(_sampleSeconds / once));

            // The yardstick runs as long as the kernel does at a time, so that both are interrupted alike.
            double amount = Math.Max(_sampleSeconds, once) / _yardstick(work.Amount) * work.Amount;
            Stopwatch watch = Stopwatch.StartNew();
            for (int turn = 0; turn < 5 || watch.Elapsed.TotalSeconds < seconds; turn++)
            {
                _bestYardstick = Math.Min(_bestYardstick, _yardstick(amount) / amount);
                _bestKernel = Math.Min(_bestKernel, Kernel(repeat) / repeat);
            }
        }

        private double Kernel(int repeat)
        {
            long ticks = 0;
            Parallelism.Threads = work.Threads;
            for (int run = 0; run < repeat * Handicap; run++)
            {
                _timed.Before?.Invoke();
                long start = Stopwatch.GetTimestamp();
                _timed.Run();
                ticks += Stopwatch.GetTimestamp() - start;
            }

            Parallelism.Threads = 1;
            return (double)ticks / Stopwatch.Frequency;
        }

        /// <summary>The seconds that so much of the yardstick takes; each thread does the same whole number of units.</summary>
        private static Func<double, double> YardstickOf(Work work)
        {
            (double Unit, Action<int> Run)[] threads = [.. Enumerable.Range(0, work.Threads).Select(_ => OneThread(work))];
            double unit = threads.Sum(static thread => thread.Unit);
            return amount =>
            {
                int units = Math.Max(1, (int)Math.Ceiling(amount / unit));
                return Team.Seconds(threads.Length, thread => threads[thread].Run(units)) * amount / (units * unit);
            };
        }

        private static (double Unit, Action<int> Run) OneThread(Work work) => work.Yardstick switch
        {
            Yardstick.MultiplyAdds => (FmaPeak.OperationsPerRound, static units => { FmaPeak.Loop(units); }),
            Yardstick.Copy => Copying((long)work.Amount / work.Threads),
            _ => (1.0, static units => ScalarSteps(units)),
        };

        private static (double Unit, Action<int> Run) Copying(long bytes)
        {
            StreamLoop loop = new(Streaming.Copy, bytes);
            return (loop.Bytes, units => loop.Run(units));
        }

        // Not inlined, or else it would go away where the result is not wanted.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static long ScalarSteps(int steps)
        {
            long x = steps;
            for (int i = 0; i < steps; i++) x = (x * 6364136223846793005) + 1442695040888963407;
            return x;
        }
    }
}
