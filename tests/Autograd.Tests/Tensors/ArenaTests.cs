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
    public void LargeBlocksServeUpToHalfTheirLength()
    {
        using Arena<float> arena = new(1 << 28);
        Storage<float> large = arena.Rent(1_000_000);
        large.Release();
        for (int length = 1_000_000; length > 540_000; length -= 20_011)
        {
            Storage<float> shorter = arena.Rent(length);
            Assert.Same(large, shorter);
            shorter.Release();
        }

        Storage<float> half = arena.Rent(400_000);
        Assert.NotSame(large, half);
        half.Release();
        Assert.Same(half, arena.Rent(400_000)); // the one that fits best
        Assert.Same(large, arena.Rent(500_000 + 40_000));
    }

    [Fact]
    public void VaryingLengthsComeToAnEndOfAllocation()
    {
        // As the sentences of a batch: six values at once, of lengths within a factor of four.
        using Arena<float> arena = new(1 << 30);
        RandomSource random = new(7);
        long warm = 0;
        for (int step = 0; step < 400; step++)
        {
            int length = 100_000 + random.NextInt(300_000);
            Storage<float>[] held = [.. Enumerable.Range(0, 6).Select(_ => arena.Rent(length))];
            foreach (Storage<float> block in held) block.Release();
            if (step == 200) warm = arena.Reserved;
        }

        Assert.Equal(warm, arena.Reserved);
        Assert.InRange(arena.Reserved, arena.Peak, 3 * arena.Peak);
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

    [Fact]
    public void AnArenaWithoutMemoryDecidesAsOneWithIt() => Laws.HoldForChoices(120, Laws.Deep ? 5_000 : 60, (20_261_202, 1_234_567), static choose =>
    {
        long limit = (long)choose.Between(1, 12) << 20;
        using Arena<float> real = new(limit);
        Arena<float> dry = new(limit, dry: true);
        ArenaTrace<float> trace = real.Trace = new();
        List<(Storage<float> Real, Storage<float> Dry)> held = [];
        bool passed = false;
        for (int i = choose.Between(1, 80); i > 0; i--)
        {
            int pick = choose.Below(9_240), length = pick % 3 == 0 ? pick * 60 : pick % 400;
            if (held.Count > 0 && pick % 5 < 2)
            {
                (Storage<float> Real, Storage<float> Dry) back = held[pick % held.Count];
                held.Remove(back);
                back.Real.Release();
                back.Dry.Release();
            }
            else
            {
                Storage<float>? block = null, shadow = null;
                bool full = Record.Exception(() => block = real.Rent(length)) is TapeMemoryException;
                Assert.Equal(full, Record.Exception(() => shadow = dry.Rent(length)) is TapeMemoryException);
                if (!full) held.Add((block!, shadow!));
                passed |= full;
            }

            Assert.Equal((real.Peak, real.InUse, real.Reserved, real.Outstanding), (dry.Peak, dry.InUse, dry.Reserved, dry.Outstanding));
        }

        if (passed) return;
        ArenaUse use = trace.Replay(trace.Lengths, limit);
        Assert.Equal((real.Peak, real.Reserved), (use.Peak, use.Reserved));
        Assert.InRange(use.Asked, 0, use.Peak);
        Assert.True(use.Blocks >= use.Peak);
    });

    [Fact]
    public void WhatIsReservedDoesNotDependOnWhereSlabsLie()
    {
        // 64 blocks of 256 granules would fill a slab that begins on a multiple of 64, and do not fill one that begins elsewhere.
        for (int round = 0; round < 20; round++)
        {
            using Arena<float> arena = new(1 << 26);
            for (int i = 0; i < 64; i++) arena.Rent(256 * 16);
            Assert.Equal(2 << 20, arena.Reserved);
        }
    }
}
