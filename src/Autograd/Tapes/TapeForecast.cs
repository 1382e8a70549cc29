using System.Globalization;

namespace Autograd;

/// <summary>
/// What a step will take of a tape's memory at a size it was not run at, as <see cref="Tape{T}.Forecast"/> found.
/// </summary>
public sealed class TapeForecast
{
    private readonly long _largestBytes;

    internal TapeForecast(int size, ArenaUse use, long largestBytes, long memoryLimit, bool isExact, bool fits)
    {
        (Size, PeakBytes, ReservedBytes, MemoryLimit, IsExact, Fits) = (size, use.Peak, use.Reserved, memoryLimit, isExact, fits);
        _largestBytes = largestBytes;
    }

    /// <summary>The size that was asked about.</summary>
    public int Size { get; }

    /// <summary>The most bytes of values that will be alive at once: <see cref="Tape{T}.PeakBytes"/> of a new tape after the step.</summary>
    public long PeakBytes { get; }

    /// <summary>Bytes that the tape will keep for its values: <see cref="Tape{T}.ReservedBytes"/> of a new tape after the step.</summary>
    public long ReservedBytes { get; }

    /// <summary>The most bytes the tape may hold: <see cref="Tape{T}.MemoryLimit"/>.</summary>
    public long MemoryLimit { get; }

    /// <summary>
    /// Whether the bytes are those of the step to the last one: at all small sizes it asked for the same values in the same order, with
    /// lengths that follow one polynomial of the size, and it is taken for granted that it does so at this size too. Else the bytes are an estimate.
    /// </summary>
    public bool IsExact { get; }

    /// <summary>Whether the step stays within <see cref="MemoryLimit"/>.</summary>
    public bool Fits { get; }

    /// <summary>Throws if the step will not stay within the limit, which is better known before than in the middle of it.</summary>
    /// <returns>This forecast.</returns>
    /// <exception cref="TapeMemoryException">The step needs more than <see cref="MemoryLimit"/>.</exception>
    public TapeForecast EnsureFits()
    {
        if (Fits) return this;
        throw new TapeMemoryException(string.Create(
            CultureInfo.InvariantCulture,
            $"A step of size {Size:N0} needs {About}{ReservedBytes:N0} bytes of the tape's memory, of which {PeakBytes:N0} are in use at once and "
            + $"{_largestBytes:N0} by its largest value; the tape may hold {MemoryLimit:N0}. Use a smaller size, shorter chunks or tape.Checkpoint, or raise memoryLimit."));
    }

    /// <summary>The forecast as a sentence: <c>A step of size 4,096 uses up to 1.21 GiB and keeps 1.25 GiB of the 12.8 GiB the tape may hold.</c></summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"A step of size {Size:N0} uses {About}up to {Readable(PeakBytes)} and keeps {Readable(ReservedBytes)}{(Fits ? " of" : ", which passes")} "
        + $"the {Readable(MemoryLimit)} the tape may hold{(IsExact ? string.Empty : " (an estimate: what it does changes with the size)")}.");

    private string About => IsExact ? string.Empty : "about ";

    /// <summary>Three digits and a unit.</summary>
    private static string Readable(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        int unit = 0;
        double amount = bytes;
        for (; amount >= 999.5; unit++) amount /= 1024;
        string format = unit == 0 || amount >= 99.95 ? "0" : amount >= 9.995 ? "0.0" : "0.00";
        return $"{amount.ToString(format, CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
