using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Autograd.Benchmarks;

/// <summary>What the machine can do at most: multiply-adds, and streaming through working sets in each cache and in memory.</summary>
internal static class Roofline
{
    private const double Seconds = 0.25;
    private static readonly Streaming[] Kinds = [Streaming.Read, Streaming.Copy, Streaming.Triad];

    /// <summary>Prints a table, or one JSON object a line; working sets are those of one thread.</summary>
    public static int Run(int[] threads, bool json)
    {
        foreach (int count in threads)
        {
            double gigaflops = FmaPeak.Gigaflops(count);
            if (json) Print(new() { ["name"] = "fma", ["threads"] = count, ["gflops"] = Math.Round(gigaflops, 1) });
            else Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"multiply-adds, {count} {(count == 1 ? "thread" : "threads")}: {gigaflops:0.0} GFLOP/s"));
        }

        if (!json) Console.WriteLine("\n| level | threads | each thread's working set | read GB/s | copy GB/s | triad GB/s |\n|---|---|---|---|---|---|");
        foreach (int count in threads)
        {
            foreach ((string level, long bytes) in Levels(count))
            {
                double[] rates = [.. Kinds.Select(kind => GigabytesPerSecond(kind, bytes, count))];
                if (json)
                {
                    for (int i = 0; i < Kinds.Length; i++)
                    {
                        Print(new()
                        {
                            ["name"] = Kinds[i].ToString().ToLowerInvariant(),
                            ["level"] = level,
                            ["threads"] = count,
                            ["bytes_per_thread"] = bytes,
                            ["gb_per_s"] = Math.Round(rates[i], 1),
                        });
                    }
                }
                else
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {level} | {count} | {bytes >> 10:N0} KiB | {rates[0]:0.0} | {rates[1]:0.0} | {rates[2]:0.0} |"));
                }
            }
        }

        return 0;
    }

    private static void Print(JsonObject line) => Console.WriteLine(line.ToJsonString(JsonSerializerOptions.Default));

    /// <summary>Working sets of half of each cache, the last one shared by all threads, and of several times the last one.</summary>
    private static IEnumerable<(string Level, long Bytes)> Levels(int threads)
    {
        long first = CacheBytes(1, 32 << 10), second = CacheBytes(2, 256 << 10), third = CacheBytes(3, 8 << 20);
        return [("L1", first / 2), ("L2", second / 2), ("L3", Math.Max(third / 2 / threads, second)), ("memory", Math.Clamp(4 * third, 128 << 20, 1 << 30) / threads)];
    }

    /// <summary>The size of a data cache as Linux tells it, or a usual one.</summary>
    private static long CacheBytes(int level, long usual)
    {
        const string folder = "/sys/devices/system/cpu/cpu0/cache";
        if (!Directory.Exists(folder)) return usual;
        foreach (string cache in Directory.EnumerateDirectories(folder, "index*"))
        {
            string Text(string name) => File.ReadAllText(Path.Combine(cache, name)).Trim();
            if (Text("level") != level.ToString(CultureInfo.InvariantCulture) || Text("type") == "Instruction") continue;
            string size = Text("size");
            int unit = size.EndsWith('K') ? 10 : size.EndsWith('M') ? 20 : 0;
            if (long.TryParse(size.TrimEnd('K', 'M'), NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return number << unit;
        }

        return usual;
    }

    /// <summary>The best of several runs on all threads at once, each on arrays of its own.</summary>
    private static double GigabytesPerSecond(Streaming kind, long bytes, int threads)
    {
        StreamLoop[] loops = new StreamLoop[threads];
        Team.Seconds(threads, i => loops[i] = new(kind, bytes));
        long passes = 1;
        double seconds, best = double.PositiveInfinity;
        while ((seconds = Team.Seconds(threads, i => loops[i].Run(passes))) < Seconds / 20) passes *= 2;
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < Seconds; best = Math.Min(best, seconds))
        {
            seconds = Team.Seconds(threads, i => loops[i].Run(passes));
        }

        double rate = (double)loops[0].Bytes * passes * threads / best / 1e9;
        foreach (StreamLoop loop in loops) loop.Dispose();
        return rate;
    }
}
