using System.Buffers.Binary;
using Autograd.Zoo.Formats;

namespace Autograd.Tests.Zoo.Formats;

public sealed class IdxFileTests : IDisposable
{
    private const int Count = 5;
    private const int Rows = 4;
    private const int Columns = 3;

    private static readonly byte[] Pixels = [.. Enumerable.Range(0, Count * Rows * Columns).Select(i => (byte)(i * 37))];
    private static readonly byte[] LabelBytes = [3, 0, 9, 9, 1];
    private static readonly byte[] ImagesFile = Idx(8, [Count, Rows, Columns], Pixels);
    private static readonly byte[] LabelsFile = Idx(8, [Count], LabelBytes);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Images_and_labels_come_back(bool packedImages, bool packedLabels)
    {
        LabelledImages images = Read(packedImages ? Damage.Gzip(ImagesFile) : ImagesFile, packedLabels ? Damage.Gzip(LabelsFile) : LabelsFile);
        Assert.Equal((Count, Rows, Columns), (images.Count, images.Rows, images.Columns));
        Assert.Equal(Pixels, images.Pixels);
        Assert.Equal(LabelBytes, images.Labels);
    }

    [Fact]
    public void Another_format_is_refused_with_the_byte()
    {
        Damage.Refused(() => Images("GIF89a, say, and more"u8.ToArray()), "images: byte 0:", "two zero bytes", "0x47 0x49");
        Damage.Refused(() => Images(Idx(0x0D, [Count, Rows, Columns], Pixels)), "images: byte 2:", "unsigned bytes", "0x0d");
        Damage.Refused(() => Images([.. LabelsFile, .. LabelBytes]), "images: byte 3:", "3 dimensions (images, rows, columns)", "got 1", "labels goes second");
        Damage.Refused(() => Labels(ImagesFile), "labels: byte 3:", "1 dimensions (labels)", "got 3", "images goes first");
        Damage.Refused(() => Images([]), "images:", "an empty file");
        Damage.Refused(() => Labels([0, 0, 8]), "labels:", "begins with 8 bytes", "3 bytes");
    }

    [Fact]
    public void Sizes_are_checked_against_the_file()
    {
        Damage.Refused(() => Images([.. ImagesFile, 0]), "76 bytes", "77 bytes");
        Damage.Refused(() => Images(Idx(8, [Count + 1, Rows, Columns], Pixels)), "88 bytes", "76 bytes");
        Damage.Refused(() => Images(Idx(8, [Count, 0, Columns], [])), "images: byte 8:", "a number of rows above zero");
        Damage.Refused(() => Labels(Idx(8, [0], [])), "labels: byte 4:", "a number of labels above zero");

        // 2⁶⁴ bytes, which a product of 64 bits would take for none.
        Damage.Refused(() => Images(Idx(8, [1u << 31, 1u << 31, 4], [])), "18,446,744,073,709,551,632 bytes");
        Damage.Refused(() => Images(Idx(8, [uint.MaxValue, uint.MaxValue, uint.MaxValue], [])), "images:", "16 bytes");
    }

    [Fact]
    public void Images_and_labels_belong_together()
    {
        Damage.Refused(() => Labels(Idx(8, [4], LabelBytes[..4])), "labels:", "5 labels", "got 4", _folder["images"]);
        Damage.Refused(() => Labels(Idx(8, [5], [3, 0, 10, 9, 1])), "labels: label 2 (byte 10):", "0 to 9", "got 10");
        Damage.Refused(() => Labels(Idx(8, [5], [3, 0, 9, 9, 255])), "labels: label 4 (byte 12):", "got 255");
        Assert.Equal(255, IdxFile.Read(_folder["images"], _folder["labels"], 256).Labels[4]);
    }

    [Fact]
    public void A_missing_or_too_large_file_is_refused()
    {
        Images(ImagesFile);
        Damage.Refused(() => IdxFile.Read(_folder["none"], _folder["labels"], 10), _folder["none"], "an IDX file of images", "no file");
        Damage.Refused(() => IdxFile.Read(_folder["images"], _folder.Path, 10), _folder.Path, "an IDX file of labels", "a folder");
        using (FileStream file = File.Create(_folder["large"])) file.SetLength((1L << 30) + 1);
        Damage.Refused(() => IdxFile.Read(_folder["large"], _folder["labels"], 10), "at most 1,073,741,824 bytes");
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        Images(ImagesFile);
        foreach (byte[] good in new[] { ImagesFile, Damage.Gzip(ImagesFile) })
        {
            Assert.All(Damage.Cuts(_folder, good, path => IdxFile.Read(path, _folder["labels"], 10)), cut => Assert.Null(cut.Content));
        }

        foreach (byte[] good in new[] { LabelsFile, Damage.Gzip(LabelsFile) })
        {
            Assert.All(Damage.Cuts(_folder, good, path => IdxFile.Read(_folder["images"], path, 10)), cut => Assert.Null(cut.Content));
        }
    }

    [Fact]
    public void Changed_bytes_end_in_a_failure_or_in_content_that_fits()
    {
        Images(ImagesFile);
        LabelledImages?[] read =
        [
            .. Damage.Mutations(_folder, ImagesFile, path => IdxFile.Read(path, _folder["labels"], 10)),
            .. Damage.Mutations(_folder, LabelsFile, path => IdxFile.Read(_folder["images"], path, 10)),
        ];
        Assert.Contains(read, images => images is not null);
        foreach (LabelledImages images in read.OfType<LabelledImages>())
        {
            Assert.Equal(Count, images.Count);
            Assert.Equal(images.Count * images.Rows * images.Columns, images.Pixels.Length);
            Assert.Equal(images.Count, images.Labels.Length);
            Assert.All(images.Labels, label => Assert.InRange(label, 0, 9));
        }

        // The check sum tells every change of what is compressed.
        foreach (LabelledImages? images in Damage.Mutations(_folder, Damage.Gzip(ImagesFile), path => IdxFile.Read(path, _folder["labels"], 10)))
        {
            if (images is not null) Assert.Equal(Pixels, images.Pixels);
        }
    }

    private LabelledImages Images(byte[] images) => Read(images, LabelsFile);

    private LabelledImages Labels(byte[] labels) => Read(ImagesFile, labels);

    private LabelledImages Read(byte[] images, byte[] labels) => IdxFile.Read(_folder.Write("images", images), _folder.Write("labels", labels), 10);

    private static byte[] Idx(byte type, uint[] sizes, byte[] elements)
    {
        byte[] file = [0, 0, type, (byte)sizes.Length, .. new byte[4 * sizes.Length], .. elements];
        for (int i = 0; i < sizes.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(4 + (4 * i)), sizes[i]);
        return file;
    }
}
