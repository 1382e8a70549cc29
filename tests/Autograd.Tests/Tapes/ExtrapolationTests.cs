namespace Autograd.Tests;

public sealed class ExtrapolationTests
{
    [Fact]
    public void PolynomialsAreFollowed() => Laws.Hold(Laws.Seeds, static seed =>
    {
        Random random = new(seed);
        int degree = random.Next(3), first = random.Next(1, 1_000);
        int[] sizes = new int[degree + 2 + random.Next(3)];
        for (int i = 0; i < sizes.Length; i++) sizes[i] = i == 0 ? first : sizes[i - 1] + (i == 1 ? 1 : random.Next(1, 1_000));
        long c = random.Next(1_000), b = degree > 0 ? random.Next(1_000) : 0, a = degree > 1 ? random.Next(1_000) : 0;
        int size = random.Next(sizes[^1] + 1, 1 << 20);
        Assert.Equal(Of(size), Extrapolation.At(size, sizes, [.. sizes.Select(Of)], out bool follows));
        Assert.True(follows);

        // One that is beside it at the end is on no polynomial that something confirms.
        long[] values = [.. sizes.Select(Of)];
        values[^1]++;
        Extrapolation.At(size, sizes, values, out follows);
        Assert.False(follows);

        long Of(int x) => (a * x * x) + (b * x) + c;
    });

    [Theory]
    [InlineData(10, new[] { 2, 4, 6 }, new long[] { 1, 2, 3 }, 5, true)]
    [InlineData(11, new[] { 2, 4, 6 }, new long[] { 1, 2, 3 }, 6, false)]
    [InlineData(11, new[] { 2, 3, 5 }, new long[] { 4, 9, 25 }, 73, false)]
    [InlineData(11, new[] { 2, 3, 5, 7 }, new long[] { 4, 9, 25, 49 }, 121, true)]
    [InlineData(11, new[] { 2, 3, 5, 7 }, new long[] { 8, 27, 125, 343 }, 779, false)]
    [InlineData(9, new[] { 2, 3, 5 }, new long[] { 6, 5, 3 }, 3, false)]
    [InlineData(5, new[] { 2, 3, 5 }, new long[] { 6, 1, 30 }, 30, true)]
    [InlineData(7, new[] { 7 }, new long[] { 3 }, 3, true)]
    public void WhatFollowsNothingIsALineThatDoesNotFall(int size, int[] sizes, long[] values, long expected, bool follows)
    {
        Assert.Equal(expected, Extrapolation.At(size, sizes, values, out bool found));
        Assert.Equal(follows, found);
    }
}
