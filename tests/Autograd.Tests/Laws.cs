using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Autograd.Tests;

/// <summary>Laws over random shapes: 200 cases with a fixed seed, 5,000 when AUTOGRAD_DEEP is 1; what fails is shrunk.</summary>
internal static class Laws
{
    private static readonly int Count = Deep ? 5_000 : 200;

    /// <summary>Whether the heavier proofs run: AUTOGRAD_DEEP is 1.</summary>
    public static bool Deep => Environment.GetEnvironmentVariable("AUTOGRAD_DEEP") == "1";

    /// <summary>Shapes of up to four axes of 0 to 4; shrinks by leaving axes out and making them smaller.</summary>
    public static Arbitrary<int[]> Sizes { get; } = SizesFrom(0);

    /// <summary>The same without empty axes.</summary>
    public static Arbitrary<int[]> PositiveSizes { get; } = SizesFrom(1);

    /// <summary>A number that decides everything else about a case.</summary>
    public static Arbitrary<int> Seeds { get; } = Arb.From(Gen.Choose(0, 1_000_000), static seed => seed == 0 ? [] : new[] { 0, seed / 2 });

    /// <summary>A law over random choices, many times: with a fixed seed, or in a deep run with a new one, which FsCheck prints with what fails.</summary>
    /// <param name="length">The most choices a case makes.</param>
    /// <param name="cases">The number of cases.</param>
    /// <param name="seed">The fixed seed.</param>
    /// <param name="law">Throws where it does not hold.</param>
    public static void HoldForChoices(int length, int cases, (ulong Seed, ulong Gamma) seed, Action<Choices> law)
    {
        Config config = Config.QuickThrowOnFailure.WithMaxTest(cases);
        if (!Deep) config = config.WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed.Seed, seed.Gamma), FSharpOption<int>.None)));
        Check.One(config, Prop.ForAll(Choices.Lists(length), numbers => law(new Choices(numbers))));
    }

    public static void Hold<T>(Arbitrary<T> values, Action<T> law) => Check.One(Settings(), Prop.ForAll(values, law));

    public static void Hold<T, TOther>(Arbitrary<T> values, Arbitrary<TOther> others, Action<T, TOther> law) => Check.One(Settings(), Prop.ForAll(values, others, law));

    /// <summary>Numbers that depend on a seed alone, 0.25 ≤ |x| ≤ 2.</summary>
    public static double[] Numbers(int count, int seed)
    {
        Random random = new(seed);
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) numbers[i] = (0.25 + (1.75 * random.NextDouble())) * (random.Next(2) == 0 ? -1 : 1);
        return numbers;
    }

    public static Tensor<double> Tensor(int[] sizes, int seed) => new(sizes, Numbers(sizes.Aggregate(1, static (product, size) => product * size), seed));

    private static Arbitrary<int[]> SizesFrom(int least) => Arb.From(
        Gen.Choose(0, 4).SelectMany(rank => Gen.ArrayOf(Gen.Choose(least, 4), rank)),
        sizes =>
        {
            List<int[]> smaller = [];
            for (int axis = 0; axis < sizes.Length; axis++)
            {
                smaller.Add([.. sizes[..axis], .. sizes[(axis + 1)..]]);
                if (sizes[axis] > least) smaller.Add([.. sizes[..axis], sizes[axis] - 1, .. sizes[(axis + 1)..]]);
            }

            return smaller;
        });

    private static Config Settings() => Config.QuickThrowOnFailure.WithMaxTest(Count).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_240_607, 1_234_567), FSharpOption<int>.None)));
}
