using System.Buffers.Binary;

namespace Autograd.Zoo.Formats;

/// <summary>Grey images, each with the number of its class.</summary>
/// <param name="Pixels">Image by image, row by row: Count · Rows · Columns of them, 0 to 255.</param>
/// <param name="Labels">One an image.</param>
internal sealed record LabelledImages(byte[] Pixels, int Count, int Rows, int Columns, byte[] Labels);

/// <summary>
/// Images and labels in the IDX format of MNIST, plain or compressed by gzip: two zero bytes, the type of the elements, the number of
/// dimensions, the sizes as 32-bit big-endian numbers, then the elements. Bytes in messages are counted in the decompressed content.
/// </summary>
internal static class IdxFile
{
    private const long MaxBytes = 1L << 30;
    private const byte UnsignedByte = 0x08;
    private const int SizesAt = 4;
    private const string Again = "fetch the file again";

    /// <summary>A file of images and the file of their labels.</summary>
    /// <param name="imagesPath">Unsigned bytes [count, rows, columns].</param>
    /// <param name="labelsPath">Unsigned bytes [count], each below <paramref name="classes"/>.</param>
    /// <param name="classes">Number of classes, at most 256.</param>
    /// <exception cref="Failure">A file is missing, damaged or of another format, or the two do not belong together.</exception>
    public static LabelledImages Read(string imagesPath, string labelsPath, int classes)
    {
        (byte[] pixels, int[] sizes) = ReadElements(imagesPath, "images", ["images", "rows", "columns"], "the file of labels goes second");
        (byte[] labels, _) = ReadElements(labelsPath, "labels", ["labels"], "the file of images goes first");
        if (labels.Length != sizes[0])
        {
            throw new Failure(ExitCode.InputFile, labelsPath, $"{sizes[0]:N0} labels for the images of {imagesPath}", $"{labels.Length:N0}",
                "pass the two files of one set");
        }

        int wrong = labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(classes - 1));
        if (wrong >= 0)
        {
            throw new Failure(ExitCode.InputFile, $"{labelsPath}: label {wrong} (byte {SizesAt + sizeof(int) + wrong})", $"0 to {classes - 1}",
                $"{labels[wrong]}", "pass labels of these classes");
        }

        return new LabelledImages(pixels, sizes[0], sizes[1], sizes[2], labels);
    }

    /// <summary>A file of images whose labels are not known; all labels of the result are 0.</summary>
    /// <exception cref="Failure">The file is missing, damaged or of another format.</exception>
    public static LabelledImages ReadImages(string path)
    {
        (byte[] pixels, int[] sizes) = ReadElements(path, "images", ["images", "rows", "columns"], "labels are not read here");
        return new LabelledImages(pixels, sizes[0], sizes[1], sizes[2], new byte[sizes[0]]);
    }

    private static (byte[] Elements, int[] Sizes) ReadElements(string path, string what, string[] dimensions, string ifOther)
    {
        ReadOnlySpan<byte> bytes = Files.ReadMaybeCompressed(path, $"an IDX file of {what}", MaxBytes);
        int header = SizesAt + (sizeof(int) * dimensions.Length);
        if (bytes.Length < header)
        {
            throw new Failure(ExitCode.InputFile, path, $"an IDX file of {what}, which begins with {header} bytes of sizes",
                bytes.Length == 0 ? "an empty file" : $"{bytes.Length} bytes", Again);
        }

        if (bytes is not [0, 0, ..])
        {
            throw new Failure(ExitCode.InputFile, $"{path}: byte 0", $"the two zero bytes that begin an IDX file of {what}",
                $"0x{bytes[0]:x2} 0x{bytes[1]:x2}", "pass a file in the IDX format of MNIST");
        }

        if (bytes[2] != UnsignedByte)
        {
            throw new Failure(ExitCode.InputFile, $"{path}: byte 2", $"0x{UnsignedByte:x2}, elements that are unsigned bytes", $"0x{bytes[2]:x2}",
                "pass a file of unsigned bytes");
        }

        if (bytes[3] != dimensions.Length)
        {
            throw new Failure(ExitCode.InputFile, $"{path}: byte 3", $"{dimensions.Length} dimensions ({string.Join(", ", dimensions)})", $"{bytes[3]}",
                $"pass a file of {what}; {ifOther}");
        }

        UInt128 elements = 1; // three sizes of 32 bits do not fit 64
        for (int i = 0; i < dimensions.Length; i++)
        {
            int at = SizesAt + (sizeof(int) * i);
            uint size = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (size == 0) throw new Failure(ExitCode.InputFile, $"{path}: byte {at}", $"a number of {dimensions[i]} above zero", "0", Again);
            elements *= size;
        }

        if (elements != (UInt128)(bytes.Length - header))
        {
            throw new Failure(ExitCode.InputFile, path, $"{elements + (UInt128)header:N0} bytes by the sizes at byte {SizesAt}",
                $"{bytes.Length:N0} bytes", Again);
        }

        // No size is zero, so each is at most their product and fits.
        int[] sizes = new int[dimensions.Length];
        for (int i = 0; i < sizes.Length; i++) sizes[i] = BinaryPrimitives.ReadInt32BigEndian(bytes[(SizesAt + (sizeof(int) * i))..]);
        return (bytes[header..].ToArray(), sizes);
    }
}
