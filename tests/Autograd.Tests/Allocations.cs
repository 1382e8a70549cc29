namespace Autograd.Tests;

/// <summary>The proof that code which is warm allocates nothing.</summary>
internal static class Allocations
{
    private const int Rounds = 50, RoundsAtOnce = 10, RestMilliseconds = 100;

    /// <summary>Holds if the code, called so often, allocates nothing, and nothing again when it is called as often once more.</summary>
    public static void AssertNone(int calls, Action call, string what = "the code") => AssertNone(
        () =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < calls; i++) call();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        },
        what);

    /// <summary>
    /// Holds if two rounds in a row allocate nothing. Code that is not optimised yet may allocate, and it is optimised in the
    /// background, on a busy machine late; what allocates of itself does so in every round.
    /// </summary>
    /// <param name="round">Runs the code and gives the bytes that this thread allocated meanwhile.</param>
    /// <param name="what">What the failure names.</param>
    public static void AssertNone(Func<long> round, string what = "the code")
    {
        long least = long.MaxValue, last = long.MaxValue;
        for (int i = 0; i < Rounds && least > 0; i++)
        {
            if (i >= RoundsAtOnce) Thread.Sleep(RestMilliseconds);
            long allocated = round();
            least = Math.Min(least, Math.Max(last, allocated));
            last = allocated;
        }

        Assert.True(least == 0, $"{what} allocated {least} bytes or more in one of any two rounds, of {Rounds}");
    }
}
