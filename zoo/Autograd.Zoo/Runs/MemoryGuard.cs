using System.Globalization;

namespace Autograd.Zoo.Runs;

/// <summary>Refuses sizes that no memory can hold before anything is allocated: a large array often succeeds, and the process is
/// killed when it is filled.</summary>
internal static class MemoryGuard
{
    private const double Share = 0.8;

    /// <summary>Bytes this process may use, by the container's limit where there is one.</summary>
    public static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Refuses more than 80 % of the available memory.</summary>
    /// <param name="where">The sizes that ask for it, as options.</param>
    /// <param name="parts">What needs memory, each with its sizes in elements and its number of bytes an element.</param>
    /// <param name="available">Bytes there are; measured when null.</param>
    /// <exception cref="Failure">With <see cref="ExitCode.Resources"/>; it names the need, the memory and the largest parts.</exception>
    public static void Require(string where, IEnumerable<(string Name, long[] Sizes, int ElementBytes)> parts, long? available = null)
    {
        long limit = (long)((available ?? Available) * Share);
        (string Name, double Exact, UInt128 Bytes)[] needs = [.. parts.Select(part => (part.Name,
            part.Sizes.Aggregate((double)part.ElementBytes, (product, size) => product * size), Product(part.Sizes, part.ElementBytes)))];
        UInt128 sum = 0;
        foreach (UInt128 bytes in needs.Select(need => need.Bytes))
            sum = Saturate(sum, bytes);
        if (sum <= (UInt128)limit)
            return;
        string largest = string.Join(
            ", ", needs.OrderByDescending(need => need.Exact).Take(3).Select(need => $"{need.Name} {Show(need.Exact)}"));
        throw new Failure(ExitCode.Resources, where,
            $"at most {Show(limit)} of memory (80 % of the {Show(available ?? Available)} available)",
            $"a need of {Show(needs.Sum(need => need.Exact))} ({largest})", "choose smaller sizes");
    }

    private static UInt128 Product(long[] sizes, int elementBytes)
    {
        UInt128 product = (UInt128)elementBytes;
        foreach (long size in sizes)
        {
            // Beyond 2^64 it is too much anyway, and another size below 2^64 still fits into 128 bits.
            product = UInt128.Min(product, ulong.MaxValue) * (UInt128)size;
        }
        return product;
    }

    private static UInt128 Saturate(UInt128 a, UInt128 b) => UInt128.MaxValue - a < b ? UInt128.MaxValue : a + b;

    private static string Show(double bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        int unit = 0;
        for (; bytes >= 1000 && unit < units.Length - 1; unit++)
            bytes /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.#} {units[unit]}");
    }
}
