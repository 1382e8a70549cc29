using System.Diagnostics;

namespace Autograd.Benchmarks;

/// <summary>Threads that start together.</summary>
internal static class Team
{
    /// <summary>How long <paramref name="work"/> takes on all threads at once: from the start of all to the end of the last.</summary>
    /// <param name="work">Gets the number of its thread; with one thread it runs on the calling one.</param>
    public static double Seconds(int threads, Action<int> work)
    {
        Stopwatch watch = new();
        if (threads == 1)
        {
            watch.Start();
            work(0);
            return watch.Elapsed.TotalSeconds;
        }

        using Barrier barrier = new(threads, _ =>
        {
            if (watch.IsRunning) watch.Stop();
            else watch.Start();
        });
        Thread[] workers = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            int number = i;
            workers[i] = new Thread(() =>
            {
                barrier.SignalAndWait();
                work(number);
                barrier.SignalAndWait();
            });
            workers[i].Start();
        }

        foreach (Thread worker in workers) worker.Join();
        return watch.Elapsed.TotalSeconds;
    }
}
