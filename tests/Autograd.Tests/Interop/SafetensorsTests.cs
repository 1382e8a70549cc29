using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Autograd.Tests.Zoo;

namespace Autograd.Tests.Interop;

public sealed class SafetensorsTests : IDisposable
{
    private static readonly bool Deep = Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_written_byte_for_byte_as_the_format_says()
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        writer.Add<float>("w", [2, 1], new float[] { 1, -2 });
        writer.Add("b", "U8", [3], new byte[] { 7, 8, 9 });
        const string Json = """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"""
            + "\"b\":" + """{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""";
        byte[] expected = Crafted(Json.PadRight((Json.Length + 7) / 8 * 8), [0, 0, 128, 63, 0, 0, 0, 192, 7, 8, 9]);
        Assert.Equal(expected, Bytes(writer));
        Assert.Equal(0, (expected.Length - 11) % 8);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var random = new Random(23);
        string[] dtypes = ["F32", "F64", "I64", "BOOL", "F16", "BF16", "I32", "U8", "F8_E4M3", "C64", "I16"];
        int[] sizes = [4, 8, 8, 1, 2, 2, 4, 1, 1, 8, 2];
        for (int round = 0; round < (Deep ? 10_000 : 500); round++)
        {
            var writer = new SafetensorsWriter();
            Dictionary<string, string> metadata = [];
            for (int i = random.Next(4); i > 0; i--)
                metadata[RandomText(random)] = RandomText(random);
            foreach ((string key, string value) in metadata)
                writer.AddMetadata(key, value);
            Dictionary<string, (string DType, long[] Shape, byte[] Bytes)> tensors = [];
            for (int i = random.Next(6); i > 0; i--)
            {
                int type = random.Next(dtypes.Length);
                long[] shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(5))];
                byte[] bytes = new byte[shape.Aggregate(1L, (product, size) => product * size) * sizes[type]];
                random.NextBytes(bytes);
                tensors[RandomText(random)] = (dtypes[type], shape, bytes);
            }
            foreach ((string name, (string dtype, long[] shape, byte[] bytes)) in tensors)
                writer.Add(name, dtype, shape, bytes);

            byte[] content = Bytes(writer);
            Assert.Equal(content, Bytes(writer));
            using SafetensorsFile file = SafetensorsFile.Parse(content);
            Assert.Equal(metadata, file.Metadata);
            Assert.Equal(tensors.Keys.Order(), file.Entries.Select(entry => entry.Name).Order());
            foreach ((string name, (string dtype, long[] shape, byte[] bytes)) in tensors)
            {
                Assert.True(file.TryGetEntry(name, out SafetensorsEntry? entry));
                Assert.Equal(dtype, entry.DType);
                Assert.Equal(shape, entry.Shape.ToArray());
                Assert.Equal(bytes, ReadAll(file, entry));
            }
        }
    }

    [Fact]
    public void Numbers_keep_their_bits()
    {
        float[] floats = [float.NaN, BitConverter.UInt32BitsToSingle(0x7F800001), -0f, float.Epsilon, float.NegativeInfinity];
        bool[] flags = [true, false, true];
        var writer = new SafetensorsWriter();
        writer.Add<double>("scalar", [], new double[] { Math.PI });
        writer.Add<float>("floats", [5], floats);
        writer.Add<long>("empty", [0, 7], Array.Empty<long>());
        writer.Add<bool>("flags", [3, 1], flags);
        writer.Save(_folder["a b.safetensors"]);

        using SafetensorsFile file = SafetensorsFile.Open(_folder["a b.safetensors"]);
        Assert.Equal(["scalar", "floats", "empty", "flags"], file.Entries.Select(entry => entry.Name));
        Assert.Equal(["F64", "F32", "I64", "BOOL"], file.Entries.Select(entry => entry.DType));
        Assert.Equal([Math.PI], MemoryMarshal.Cast<byte, double>(ReadAll(file, file.Entries[0])).ToArray());
        Assert.Equal(MemoryMarshal.AsBytes<float>(floats).ToArray(), ReadAll(file, file.Entries[1]));
        Assert.Empty(ReadAll(file, file.Entries[2]));
        Assert.Equal([1, 0, 1], ReadAll(file, file.Entries[3]));
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("  {}", 0)]
    [InlineData("{} \r\t\n", 0)]
    [InlineData("""{"__metadata__":{}}""", 0)]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 4)]
    [InlineData("""{"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[2,0],"data_offsets":[4,4]}}""", 4)]
    [InlineData("""{"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 4)]
    [InlineData("""{"a":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]}}""", 3)]
    [InlineData("""{"a":{"shape":[1],"more":{"x":[1,{}]},"data_offsets":[0,1],"dtype":"U8"}}""", 1)]
    [InlineData("""{"a":{"dtype":"U8","shape":[0,9223372036854775807],"data_offsets":[0,0]}}""", 0)]
    public void What_the_reference_accepts_is_accepted(string json, int dataLength)
    {
        using SafetensorsFile file = SafetensorsFile.Parse(Crafted(json, new byte[dataLength]));
        Assert.Equal(dataLength, file.Entries.Sum(entry => entry.ByteCount));
        foreach (SafetensorsEntry entry in file.Entries)
            ReadAll(file, entry);
    }

    /// <summary>Each has one fault; the offset is that of the fault.</summary>
    [Theory]
    [InlineData("[]", 0, 8, "not a JSON object")]
    [InlineData("", 0, 8, "not valid JSON")]
    [InlineData("{", 0, 9, "not valid JSON")]
    [InlineData("{}{}", 0, 10, "not valid JSON")]
    [InlineData("{}\0", 0, 10, "not valid JSON")]
    [InlineData("{}//", 0, 10, "not valid JSON")]
    [InlineData("""{"a":1}""", 0, 13, "'a' is not a JSON object")]
    [InlineData("""{"a":null}""", 0, 13, "'a' is not a JSON object")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}""", 1, 61, "not valid JSON")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
        2, 61, "'a' is there twice")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
        2, 61, "'a' is there twice")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, 27, "twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""", 1, 39, "twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, 9, "after a hole")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""",
        3, 61, "after a hole")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
        3, 61, "overlaps")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
        4, 61, "within another tensor")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""",
        1, 61, "overlaps")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}""",
        4, 61, "within another tensor")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, 62, "1 more bytes")]
    [InlineData("{}", 1, 10, "1 more bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, 9, "lies at [0, 2) of the 1 bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}""", 2, 9, "lies at [2, 1)")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2,18446744073709551614],"data_offsets":[0,1]}}""", 1, 38, "whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, 9, "does not fit")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,0]}}""", 0, 9, "does not fit")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, 9, "'a' is F32 [2], which does not fit its 4 bytes")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, 9, "does not fit")]
    [InlineData("""{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,1]}}""", 1, 22, "unknown type 'F99'")]
    [InlineData("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, 22, "unknown type 'f32'")]
    [InlineData("""{"a":{"dtype":7,"shape":[1],"data_offsets":[0,1]}}""", 1, 22, "type of 'a' is not a text")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,1]}}""", 1, 9, "lacks its dtype")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, 9, "lacks its shape")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", 1, 9, "lacks its data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, 36, "whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}""", 0, 36, "whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", 1, 36, "whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}""", 1, 36, "whole number")]
    [InlineData("""{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", 1, 35, "array")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, 39, "two numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}""", 1, 59, "at most 2")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, 29, "metadata 'k' is not a text")]
    [InlineData("""{"__metadata__":[]}""", 0, 24, "not a JSON object")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", 0, 33, "metadata 'k' is there twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, 27, "twice")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, 9, "not valid Unicode")]
    [InlineData("""{"__metadata__":{"k":"\udc00"}}""", 0, 29, "not valid Unicode")]
    [InlineData("""{"a\u001b[31m\n":1}""", 0, 25, @"'a\u001b[31m\u000a' is not a JSON object")]
    public void A_fault_is_refused_with_its_offset(string json, int dataLength, long offset, string reason)
    {
        byte[] content = Crafted(json, new byte[dataLength]);
        SafetensorsException error = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Parse(content, "x"));
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
        Assert.Equal($"x: byte {offset}: {error.Reason}", error.Message);
        Assert.DoesNotContain(error.Message, char.IsControl);
        // From a file as from memory.
        string path = _folder.Write("bad.safetensors", content);
        Assert.Equal(error.Reason, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path)).Reason);
    }

    [Theory]
    [InlineData(0, 0ul)]
    [InlineData(7, 0ul)]
    [InlineData(8, 1ul)]
    [InlineData(10, 3ul)]
    [InlineData(10, 1ul << 63)]
    [InlineData(10, ulong.MaxValue)]
    [InlineData(14, 1ul << 30)]
    public void A_header_longer_than_the_file_is_refused(int fileLength, ulong headerLength)
    {
        byte[] content = new byte[8 + fileLength];
        BinaryPrimitives.WriteUInt64LittleEndian(content, headerLength);
        AssertCheap(content[..fileLength], 0);
    }

    [Fact]
    public void Hostile_headers_are_cheap()
    {
        // Ten million claims on one range, as far as a header may go; nothing behind the first is looked at.
        const string First = """{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}""";
        const string Other = ""","b":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}""";
        var overlapping = new StringBuilder(First);
        while (overlapping.Length < 5_000_000)
            overlapping.Append(Other);
        AssertCheap(Crafted(overlapping.Append('}').ToString(), new byte[9]), 8 + First.Length + 1);

        var many = new StringBuilder("{");
        for (int i = 0; i <= 70_000; i++)
            many.Append(i == 0 ? "" : ",").Append($$"""
                "{{i}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}
                """);
        AssertCheap(Crafted(many.Append('}').ToString(), []), null);

        AssertCheap(Crafted("{\"a\":" + new string('[', 100_000), []), null);
        AssertCheap(Crafted("""{"a":{"x":""" + string.Concat(Enumerable.Repeat("{\"x\":", 100_000)), []), null);
        string ones = string.Concat(Enumerable.Repeat(",1", 1_000_000));
        AssertCheap(Crafted($$$"""{"a":{"dtype":"U8","shape":[1{{{ones}}}],"data_offsets":[0,1]}}""", [0]), null);
        AssertCheap(Crafted("{\"" + new string('n', 10_000_000) + "\":1}", []), 9);
        AssertCheap(Crafted("{\"" + new string('é', 513) + "\":1}", []), 9);
        AssertCheap(Crafted("{\"__metadata__\":{\"k\":\"" + new string('m', 30_000_000) + "\"}}", []), 29);
        AssertCheap(Crafted("{\"a\":{\"dtype\":\"" + new string('F', 10_000_000) + "\"}}", []), 22);
    }

    [Fact]
    public void Edited_files_are_read_or_refused()
    {
        var random = new Random(29);
        var writer = new SafetensorsWriter();
        writer.AddMetadata("step", "100");
        writer.Add<float>("layer.weight_ih_l0", [3, 2], new float[6]);
        writer.Add<long>("positions", [2], new long[2]);
        writer.Add<float>("empty", [0], Array.Empty<float>());
        writer.Add<double>("scalar", [], new double[1]);
        byte[] valid = Bytes(writer);
        string json = Encoding.UTF8.GetString(valid, 8, (int)BinaryPrimitives.ReadInt64LittleEndian(valid));
        byte[] data = valid[(8 + json.Length)..];
        string[] fields =
        [
            "\"dtype\"", "F32", "I64", "\"shape\"", "[3,2]", "[2]", "[0]", "[]", "[0,24]", "[24,40]", "[40,48]", "24", "40", "48",
            ",", ":", "{", "}", "\"", "positions", "__metadata__", "\"100\"",
        ];
        string[] values =
        [
            "", "0", "-1", "1e9", "9223372036854775807", "18446744073709551615", "\"\"", "null", "[]", "{}", "[0,0]", "[0,24]",
            "F64", "BOOL", "F4", "\\u0000", "\\ud800", "\"dtype\":\"F32\"", "empty", "é", "\t", "__metadata__",
        ];
        int read = 0, refused = 0;
        for (int round = 0; round < (Deep ? 100_000 : 6_000); round++)
        {
            byte[] content;
            if (round % 3 == 0)
            {
                content = [.. valid];
                for (int flip = random.Next(1, 4); flip > 0; flip--)
                    content[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
                if (random.Next(4) == 0)
                    content = content[..random.Next(content.Length)];
            }
            else
            {
                string edited = json;
                for (int edit = random.Next(1, 4); edit > 0; edit--)
                {
                    string field = fields[random.Next(fields.Length)];
                    int at = edited.IndexOf(field, random.Next(edited.Length), StringComparison.Ordinal);
                    if (at >= 0)
                        edited = string.Concat(edited.AsSpan(0, at), values[random.Next(values.Length)], edited.AsSpan(at + field.Length));
                }
                content = Crafted(edited, random.Next(4) == 0 ? data[..random.Next(data.Length)] : data);
            }
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using SafetensorsFile file = SafetensorsFile.Parse(content);
                foreach (SafetensorsEntry entry in file.Entries)
                    ReadAll(file, entry);
                read++;
            }
            catch (SafetensorsException error)
            {
                Assert.InRange(error.Offset, 0, content.Length);
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * content.Length + (1 << 20));
        }
        Assert.True(read > 100 && refused > 1_000, $"{read} read, {refused} refused");
    }

    [Fact]
    public void A_writer_refuses_what_no_reader_takes()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", "U8", [1], new byte[1]);
        Assert.Throws<ArgumentException>(() => writer.Add("a", "U8", [1], new byte[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", "U8", [1], new byte[1]));
        Assert.Throws<ArgumentException>(() => writer.Add(new string('n', 1025), "U8", [1], new byte[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("b", "U9", [1], new byte[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("b", "F32", [1], new byte[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("b", "U8", [-1], new byte[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("b", "U8", [1L << 40, 1L << 40], _ => { }));
        Assert.Throws<ArgumentException>(() => writer.Add("b", "U8", new long[65], new byte[0]));
        Assert.Throws<ArgumentException>(() => writer.Add<decimal>("b", [1], new decimal[1]));
        Assert.ThrowsAny<ArgumentException>(() => writer.Add("\ud800", "U8", [1], new byte[1]));
        Assert.ThrowsAny<ArgumentException>(() => writer.AddMetadata("k", "\udc00"));
        writer.AddMetadata("k", "v");
        Assert.Throws<ArgumentException>(() => writer.AddMetadata("k", "v"));
        Assert.Throws<ArgumentException>(() => writer.AddMetadata("long", new string('m', 5 << 20)));

        foreach (int count in (int[])[0, 2])
        {
            var wrong = new SafetensorsWriter();
            wrong.Add("a", "U8", [1], stream => stream.Write(new byte[count]));
            Assert.Throws<InvalidOperationException>(() => wrong.Write(new MemoryStream()));
        }
    }

    [Fact]
    public void Everything_a_writer_takes_is_read()
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("controls", new string('\u0001', 4_000_000));
        for (int i = 0; i < 65_536; i++)
            writer.Add(i.ToString("D6"), "U8", [0], Array.Empty<byte>());
        Assert.Throws<ArgumentException>(() => writer.Add("more", "U8", [0], Array.Empty<byte>()));
        using SafetensorsFile file = SafetensorsFile.Parse(Bytes(writer));
        Assert.Equal(65_536, file.Entries.Count);
    }

    [Fact]
    public void A_file_may_be_replaced_by_what_is_read_from_it()
    {
        string path = _folder["weights.safetensors"];
        var first = new SafetensorsWriter();
        first.Add<float>("a", [2], new float[] { 1, 2 });
        first.Save(path);
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            SafetensorsEntry entry = file.Entries[0];
            var second = new SafetensorsWriter();
            second.Add("copy", entry.DType, entry.Shape, stream => stream.Write(ReadAll(file, entry)));
            second.Save(path);
            Assert.Equal(8, ReadAll(file, entry).Length);
        }
        using SafetensorsFile again = SafetensorsFile.Open(path);
        Assert.Equal([1f, 2f], MemoryMarshal.Cast<byte, float>(ReadAll(again, again.Entries[0])).ToArray());
        Assert.Equal("copy", again.Entries[0].Name);
    }

    [Fact]
    public void Reading_asks_for_the_right_place()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", "U8", [2], new byte[2]);
        byte[] content = Bytes(writer);
        using SafetensorsFile file = SafetensorsFile.Parse(content), other = SafetensorsFile.Parse(content);
        Assert.False(file.TryGetEntry("b", out _));
        Assert.Throws<ArgumentException>(() => file.Read(file.Entries[0], new byte[1]));
        Assert.Throws<ArgumentException>(() => file.Read(other.Entries[0], new byte[2]));

        string path = _folder.Write("cut.safetensors", content);
        using SafetensorsFile cut = SafetensorsFile.Open(path);
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            stream.SetLength(content.Length - 1);
        Assert.Throws<SafetensorsException>(() => cut.Read(cut.Entries[0], new byte[2]));
    }

    [Fact]
    public void Files_that_cannot_be_opened()
    {
        Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(_folder["none"]));
        Assert.ThrowsAny<Exception>(() => SafetensorsFile.Open(_folder.Path));
    }

    private static byte[] Crafted(string json, byte[] data)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    private static byte[] Bytes(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static byte[] ReadAll(SafetensorsFile file, SafetensorsEntry entry)
    {
        byte[] bytes = new byte[entry.ByteCount];
        file.Read(entry, bytes);
        return bytes;
    }

    private static string RandomText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(5) switch
    {
        0 => new Rune(random.Next(0xD800)).ToString(),
        1 => new Rune(random.Next(0xE000, 0x110000)).ToString(),
        2 => "\"\\\0\u001b"[random.Next(4)].ToString(),
        _ => ((char)('a' + random.Next(26))).ToString(),
    }));

    private static void AssertCheap(byte[] content, long? offset)
    {
        // The best of a few, because on a busy machine a single time says little: 50 ms is the promise on a quiet one, and never
        // more than 2 s for each MB, for a header of very many tensors has to be read.
        TimeSpan best = TimeSpan.MaxValue;
        SafetensorsException error = null!;
        for (int attempt = 0; attempt < 5 && best.TotalMilliseconds > 50; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            error = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Parse(content));
            best = watch.Elapsed < best ? watch.Elapsed : best;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * content.Length) + (16 << 20));
        }
        Assert.InRange(best.TotalMilliseconds, 0, 1_000 + (content.Length / 500));
        if (offset is not null)
            Assert.Equal(offset, error.Offset);
    }
}
