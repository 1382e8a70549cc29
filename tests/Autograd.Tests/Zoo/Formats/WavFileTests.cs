using System.Buffers.Binary;
using System.Text;
using Autograd.Zoo.Formats;

namespace Autograd.Tests.Zoo.Formats;

public sealed class WavFileTests : IDisposable
{
    private static readonly short[] Samples = [0, 1, -1, short.MaxValue, short.MinValue, 256, -12_345, 7];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Samples_of_16_bits_come_back()
    {
        Sound sound = Read(Good16());
        Assert.Equal(8_000, sound.Rate);
        Assert.Equal(Samples.Select(sample => sample / 32768f), sound.Samples);
        Assert.Equal((-1f, 32767f / 32768f), (sound.Samples.Min(), sound.Samples.Max()));
        Assert.Equal(sound.Samples, WavFile.Read(_folder["wav"], 8_000).Samples);
    }

    [Fact]
    public void Samples_of_8_bits_come_back()
    {
        Sound sound = Read(Good8());
        Assert.Equal(11_025, sound.Rate);
        Assert.Equal([-1f, -0.5f, 0f, 1 / 128f, 127 / 128f], sound.Samples);
    }

    [Fact]
    public void Other_chunks_are_skipped_with_their_padding()
    {
        byte[] odd = Chunk("LIST", "odd"u8.ToArray());
        Assert.Equal(12, odd.Length);
        byte[] data = Chunk("data", Bytes(Samples));
        float[] expected = Read(Good16()).Samples;
        Assert.Equal(expected, Read(Riff([.. odd, .. Fmt(), .. odd, .. Chunk("even", [1, 2]), .. data, .. odd])).Samples);

        // A longer format, as programs write it that leave room for the additions of compressed ones.
        Assert.Equal(expected, Read(Riff([.. Chunk("fmt ", [.. Fmt().AsSpan(8), 0, 0]), .. data])).Samples);
    }

    [Fact]
    public void The_padding_of_the_last_chunk_may_be_missing_or_not_counted()
    {
        byte[] counted = Good8();
        byte[] uncounted = [.. counted];
        BinaryPrimitives.WriteInt32LittleEndian(uncounted.AsSpan(4), counted.Length - 9);
        float[] expected = Read(counted).Samples;
        Assert.Equal(expected, Read(uncounted).Samples);
        Assert.Equal(expected, Read(uncounted[..^1]).Samples);
        Damage.Refused(() => Read(counted[..^1]), "wav: byte 4:");
    }

    [Fact]
    public void Another_format_is_refused_with_the_byte()
    {
        Damage.Refused(() => Read([]), "wav:", "an empty file");
        Damage.Refused(() => Read("ID3 and the rest of some song"u8.ToArray()), "wav: byte 0:", "RIFF", "'ID3 ");
        Damage.Refused(() => Read([.. "RIFX"u8, .. Good16()[4..]]), "byte 0:");
        Damage.Refused(() => Read([.. Good16()[..8], .. "AVI "u8, .. Good16()[12..]]), "byte 0:");
        Damage.Refused(() => Read(With(20, 3)), "byte 20:", "PCM", "0x0003");
        Damage.Refused(() => Read(With(20, 0xFE)), "byte 20:", "0x00fe");
        Damage.Refused(() => Read(With(22, 2)), "byte 22:", "one channel", "got 2", "mono");
        Damage.Refused(() => Read(With(22, 0)), "byte 22:", "got 0");
        Damage.Refused(() => Read(With(34, 24)), "byte 34:", "8 or 16 bits", "got 24");
        Damage.Refused(() => Read(With(32, 4)), "byte 32:", "2 bytes a sample");
        Damage.Refused(() => Read(With(28, 0)), "byte 28:", "16000 bytes a second");
        Damage.Refused(() => Read(Riff([.. Fmt(rate: 0), .. Chunk("data", [1, 2])])), "byte 24:", "above zero");
        Damage.Refused(() => Read(Riff([.. Fmt(rate: uint.MaxValue), .. Chunk("data", [1, 2])])), "byte 24:", "4294967295");
        Damage.Refused(() => WavFile.Read(_folder.Write("wav", Good16()), 16_000), "byte 24:", "16000 samples a second", "got 8000", "resample");
    }

    [Fact]
    public void Chunks_that_do_not_add_up_are_refused()
    {
        byte[] data = Chunk("data", Bytes(Samples));
        Damage.Refused(() => Read(Riff(data)), "the chunk 'fmt ' first");
        Damage.Refused(() => Read(Riff(Fmt())), "byte 36:", "a chunk 'data'", "the end of the file");
        Damage.Refused(() => Read(Riff(Chunk("junk", [1, 2]))), "a chunk 'fmt '");
        Damage.Refused(() => Read(Riff([])), "byte 12:", "a chunk 'fmt '");
        Damage.Refused(() => Read(Riff([.. Fmt(), .. Fmt(), .. data])), "byte 36:", "one chunk 'fmt '");
        Damage.Refused(() => Read(Riff([.. Fmt(), .. data, .. data])), "byte 60:", "one chunk 'data'");
        Damage.Refused(() => Read(Riff([.. Chunk("fmt ", Fmt()[8..22]), .. data])), "byte 20:", "at least 16 bytes", "got 14");
        Damage.Refused(() => Read(Riff([.. Fmt(), .. Chunk("data", [])])), "byte 36:", "samples", "none");
        Damage.Refused(() => Read(Riff([.. Fmt(), .. Chunk("data", [1, 2, 3])])), "byte 36:", "samples of 2 bytes", "3 bytes");
        Damage.Refused(() => Read(Riff([.. Fmt(), .. data, 1, 2, 3])), "byte 60:", "the name and size of a chunk", "3 bytes");
        Damage.Refused(() => Read(With(40, 18)), "byte 36:", "18 bytes in chunk 'data'", "16 before the end");
        Damage.Refused(() => Read(With(43, 0xFF)), "byte 36:", "chunk 'data'");
        Damage.Refused(() => Read([.. Good16(), 1, 2]), "byte 4:", "62 bytes", "60");
        Damage.Refused(() => Read(With(4, 0)), "byte 4:");
    }

    [Fact]
    public void A_missing_or_too_large_file_is_refused()
    {
        Damage.Refused(() => WavFile.Read(_folder["none"]), _folder["none"], "a WAV file", "no file");
        using (FileStream file = File.Create(_folder["large"])) file.SetLength((1L << 28) + 1);
        Damage.Refused(() => WavFile.Read(_folder["large"]), "at most 268,435,456 bytes");
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        byte[] chunks = Riff([.. Chunk("LIST", [1, 2, 3]), .. Fmt(), .. Chunk("data", Bytes(Samples)), .. Chunk("odd ", [1])]);
        foreach (byte[] good in new[] { Good16(), Good8(), chunks })
        {
            Assert.Equal(good.Length, Damage.Cuts(_folder, good, path => WavFile.Read(path)).Count(cut => cut.Content is null));
        }
    }

    [Fact]
    public void Changed_bytes_end_in_a_failure_or_in_samples()
    {
        byte[] chunks = Riff([.. Chunk("LIST", [1, 2, 3]), .. Fmt(), .. Chunk("data", Bytes(Samples)), .. Chunk("odd ", [1])]);
        foreach (byte[] good in new[] { Good16(), Good8(), chunks })
        {
            Sound?[] read = Damage.Mutations(_folder, good, path => WavFile.Read(path));
            Assert.Contains(read, sound => sound is not null);
            foreach (Sound sound in read.OfType<Sound>())
            {
                Assert.True(sound.Rate > 0);
                Assert.NotEmpty(sound.Samples);
                Assert.All(sound.Samples, sample => Assert.True(sample is >= -1 and < 1));
            }
        }
    }

    private Sound Read(byte[] content) => WavFile.Read(_folder.Write("wav", content));

    /// <summary>RIFF 0, size 4, WAVE 8, fmt 12: coding 20, channels 22, rate 24, bytes a second 28, bytes a sample 32, bits 34, data 36.</summary>
    private static byte[] Good16() => Riff([.. Fmt(), .. Chunk("data", Bytes(Samples))]);

    private static byte[] Good8() => Riff([.. Fmt(rate: 11_025, bits: 8), .. Chunk("data", [0, 64, 128, 129, 255])]);

    private static byte[] With(int at, byte value)
    {
        byte[] file = Good16();
        file[at] = value;
        return file;
    }

    private static byte[] Bytes(short[] samples) => [.. samples.SelectMany(sample => new[] { (byte)sample, (byte)(sample >> 8) })];

    private static byte[] Fmt(uint rate = 8_000, byte bits = 16) =>
        Chunk("fmt ", [1, 0, 1, 0, .. BitConverter.GetBytes(rate), .. BitConverter.GetBytes(rate * (bits / 8u)), (byte)(bits / 8), 0, bits, 0]);

    private static byte[] Chunk(string name, byte[] content) =>
        [.. Encoding.ASCII.GetBytes(name), .. BitConverter.GetBytes(content.Length), .. content, .. new byte[content.Length % 2]];

    private static byte[] Riff(byte[] chunks) => [.. "RIFF"u8, .. BitConverter.GetBytes(4 + chunks.Length), .. "WAVE"u8, .. chunks];
}
