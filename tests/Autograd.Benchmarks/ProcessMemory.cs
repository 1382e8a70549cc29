namespace Autograd.Benchmarks;

/// <summary>The memory of this process as its operating system counts it.</summary>
internal static class ProcessMemory
{
    /// <summary>The most bytes that were ever resident.</summary>
    public static long PeakResidentBytes()
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
