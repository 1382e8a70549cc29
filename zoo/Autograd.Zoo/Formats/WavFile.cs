using System.Buffers.Binary;
using System.Text;

namespace Autograd.Zoo.Formats;

/// <summary>A sound.</summary>
/// <param name="Samples">Amplitudes from −1 up to, not including, 1.</param>
/// <param name="Rate">Samples a second.</param>
internal sealed record Sound(float[] Samples, int Rate);

/// <summary>
/// RIFF/WAVE files of one channel of 8- or 16-bit PCM; chunks other than <c>fmt </c> and <c>data</c> are skipped.
/// Several channels are refused, not averaged: opposite phases would cancel, and which channel is meant is for the user to say.
/// </summary>
internal static class WavFile
{
    private const long MaxBytes = 1L << 28;
    private const int ChunkHeader = 8;
    private const ushort Pcm = 1;
    private const string Again = "fetch the file again";
    private const string ToPcm = "convert it to 16-bit mono PCM";

    /// <summary>A file's samples.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rate">The only sample rate taken; any when null.</param>
    /// <exception cref="Failure">The file is missing, damaged, cut off, without samples, or of another format or rate.</exception>
    public static Sound Read(string path, int? rate = null)
    {
        ReadOnlySpan<byte> bytes = Files.Read(path, "a WAV file", MaxBytes);
        if (bytes.Length == 0) throw new Failure(ExitCode.InputFile, path, "a WAV file", "an empty file", Again);
        if (bytes is not [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'A', (byte)'V', (byte)'E', ..])
        {
            throw Refuse(path, 0, "a WAV file: RIFF, a size, WAVE", $"'{Name(bytes[..Math.Min(12, bytes.Length)])}'", ToPcm);
        }

        // The size leaves out these eight bytes and, as some programs write it, the byte that pads an odd last chunk.
        long end = ChunkHeader + (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (end != bytes.Length && (end % 2 == 0 || end + 1 != bytes.Length))
        {
            throw Refuse(path, 4, $"a file of {end:N0} bytes, as these say", $"{bytes.Length:N0} bytes", Again);
        }

        Format? format = null;
        float[]? samples = null;
        for (long at = 12; at < end;)
        {
            if (end - at < ChunkHeader) throw Refuse(path, at, "the name and size of a chunk", $"{end - at} bytes before the end", Again);
            ReadOnlySpan<byte> name = bytes.Slice((int)at, 4);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[((int)at + 4)..]);
            long left = end - at - ChunkHeader;
            if (size > left) throw Refuse(path, at, $"{size:N0} bytes in chunk '{Name(name)}', by its size", $"{left:N0} before the end", Again);
            ReadOnlySpan<byte> chunk = bytes.Slice((int)at + ChunkHeader, (int)size);
            if (name.SequenceEqual("fmt "u8))
            {
                if (format is not null) throw Refuse(path, at, "one chunk 'fmt '", "a second one", Again);
                format = ReadFormat(chunk, path, at + ChunkHeader, rate);
            }
            else if (name.SequenceEqual("data"u8))
            {
                if (samples is not null) throw Refuse(path, at, "one chunk 'data'", "a second one", ToPcm);
                if (format is null) throw Refuse(path, at, "the chunk 'fmt ' first", "the chunk 'data'", Again);
                samples = ReadSamples(chunk, path, at, format.Bytes);
            }

            at += ChunkHeader + size + (size & 1);
        }

        if (format is null || samples is null)
        {
            throw Refuse(path, end, $"a chunk '{(format is null ? "fmt " : "data")}'", "the end of the file", Again);
        }

        return new Sound(samples, format.Rate);
    }

    private static Format ReadFormat(ReadOnlySpan<byte> chunk, string path, long at, int? asked)
    {
        if (chunk.Length < 16) throw Refuse(path, at, "a format of at least 16 bytes", $"{chunk.Length}", Again);
        ushort coding = BinaryPrimitives.ReadUInt16LittleEndian(chunk);
        ushort channels = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]);
        uint rate = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
        uint bytesPerSecond = BinaryPrimitives.ReadUInt32LittleEndian(chunk[8..]);
        ushort bytes = BinaryPrimitives.ReadUInt16LittleEndian(chunk[12..]);
        ushort bits = BinaryPrimitives.ReadUInt16LittleEndian(chunk[14..]);
        if (coding != Pcm) throw Refuse(path, at, $"coding {Pcm}, PCM", $"coding 0x{coding:x4}", ToPcm);
        if (channels != 1) throw Refuse(path, at + 2, "one channel", $"{channels}", ToPcm);
        if (bits is not (8 or 16)) throw Refuse(path, at + 14, "8 or 16 bits a sample", $"{bits}", ToPcm);
        if (rate is 0 or > int.MaxValue) throw Refuse(path, at + 4, "a sample rate above zero", $"{rate}", Again);
        if (bytes != bits / 8) throw Refuse(path, at + 12, $"{bits / 8} bytes a sample, as of {bits} bits", $"{bytes}", Again);
        if (bytesPerSecond != (ulong)rate * bytes)
        {
            throw Refuse(path, at + 8, $"{(ulong)rate * bytes} bytes a second, as of {rate} samples of {bits} bits", $"{bytesPerSecond}", Again);
        }

        if (asked is not null && rate != asked) throw Refuse(path, at + 4, $"{asked} samples a second", $"{rate}", $"resample it to {asked} Hz");
        return new Format((int)rate, bytes);
    }

    private static float[] ReadSamples(ReadOnlySpan<byte> chunk, string path, long at, int bytes)
    {
        if (chunk.Length == 0) throw Refuse(path, at, "samples in the chunk 'data'", "none", "leave the file out");
        if (chunk.Length % bytes != 0) throw Refuse(path, at, $"samples of {bytes} bytes in the chunk 'data'", $"{chunk.Length:N0} bytes", Again);
        float[] samples = new float[chunk.Length / bytes];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = bytes == 1 ? (chunk[i] - 128) / 128f : BinaryPrimitives.ReadInt16LittleEndian(chunk[(2 * i)..]) / 32768f;
        }

        return samples;
    }

    private static Failure Refuse(string path, long at, string expected, string got, string hint) =>
        new(ExitCode.InputFile, $"{path}: byte {at}", expected, got, hint);

    private static string Name(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <param name="Rate">Samples a second.</param>
    /// <param name="Bytes">Of one sample.</param>
    private sealed record Format(int Rate, int Bytes);
}
