using System.Diagnostics;
using System.Globalization;

namespace Autograd.Zoo.Runs;

/// <summary>The most memory that this process has held.</summary>
internal static class PeakMemory
{
    private const string Mark = "VmHWM:";

    /// <summary>Bytes of the largest resident set so far.</summary>
    public static long Bytes
    {
        get
        {
            if (OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal)) is string line)
                return long.Parse(line.AsSpan(Mark.Length).Trim().TrimEnd("kB").Trim(), NumberStyles.None, CultureInfo.InvariantCulture) * 1024;
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }
}
