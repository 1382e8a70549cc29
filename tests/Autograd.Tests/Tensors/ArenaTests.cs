using System.Runtime.CompilerServices;

namespace Autograd.Tests;

public sealed class ArenaTests
{
    [Fact]
    public void ClassesAreTheSmallestThatSuffice()
    {
        for (int length = 0; length < 20_000; length++) Check(length);
        for (int shift = 14; shift < 31; shift++)
        {
            int around = (int)(1L << shift);
            for (int offset = -17; offset <= 17; offset++) Check(around + offset);
        }

        static void Check(int length)
        {
            int sizeClass = Arena<float>.ClassOf(length);
            long capacity = Arena<float>.CapacityOf(sizeClass);
            Assert.True(capacity >= length);
            Assert.True(capacity <= 64 || capacity * 4 <= (length + 15L) * 5, $"{capacity} elements for {length}");
            Assert.Equal(0, capacity % 16);
            if (sizeClass > 0) Assert.True(Arena<float>.CapacityOf(sizeClass - 1) < length);
        }
    }

    [Fact]
    public unsafe void BlocksAreAlignedApartAndUsedAgain()
    {
        using Arena<double> arena = new(1 << 26);
        List<Storage<double>> blocks = [.. Enumerable.Range(0, 300).Select(i => arena.Rent((i * 37) % 5000)), arena.Rent(100_000), arena.Rent(200_000)];
        for (int i = 0; i < blocks.Count; i++)
        {
            Storage<double> block = blocks[i];
            Assert.Equal(0, (nint)Unsafe.AsPointer(ref block.Data[block.Start]) % 64);
            block.Data.AsSpan(block.Start, block.Capacity).Fill(i);
        }

        for (int i = 0; i < blocks.Count; i++) Assert.DoesNotContain(blocks[i].Data.AsSpan(blocks[i].Start, blocks[i].Capacity).ToArray(), value => value != i);
        Assert.Equal(302, arena.Outstanding);
        long reserved = arena.Reserved;
        foreach (Storage<double> block in blocks) block.Release();
        Assert.Equal(0, arena.Outstanding);
        Assert.Equal(0, arena.InUse);
        for (int i = 0; i < 300; i++) Assert.Contains(arena.Rent((i * 37) % 5000), blocks);
        Assert.Equal(reserved, arena.Reserved);
    }

    [Fact]
    public void ABlockGoesBackWithItsLastHolder()
    {
        using Arena<float> arena = new(1 << 26);
        Storage<float> block = arena.Rent(10);
        Assert.True(block.IsSole);
        block.Hold();
        Assert.False(block.IsSole);
        block.Release();
        Assert.Equal(1, arena.Outstanding);
        block.Data[block.Start] = 5;
        block.Release();
        Assert.Equal(0, arena.Outstanding);
        Assert.True(float.IsNaN(block.Data[block.Start]));
    }
}
