using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Autograd.Zoo.CharLm;

/// <summary>One way to read a text as a phrase: where it ends, and ln of the probability that the phrase is derived this way.</summary>
internal readonly record struct Reading(int End, double LogProbability);

/// <summary>
/// A part of a finite probabilistic grammar: a word, a sequence, or a choice. Parts may be shared but there is no
/// recursion, so entropy, expected length and number of derivations are exact sums over the parts.
/// </summary>
/// <remarks>Every word carries the separator that follows it, so lengths add up without special cases.</remarks>
internal abstract class Phrase
{
    /// <summary>Entropy of the derivation, in nats. Where no text has two derivations it is the entropy of the text.</summary>
    public abstract double Entropy { get; }

    /// <summary>Expected number of characters, separators included.</summary>
    public abstract double ExpectedLength { get; }

    /// <summary>Number of derivations.</summary>
    public abstract BigInteger Count { get; }

    /// <summary>Appends one derivation, drawn with the grammar's probabilities from numbers uniform in [0, 1).</summary>
    public abstract void Sample(Func<double> uniform, StringBuilder text);

    /// <summary>All ways to read this phrase in <paramref name="text"/> from <paramref name="start"/> on.</summary>
    public abstract IEnumerable<Reading> Read(string text, int start);

    /// <summary>The phrase that derives nothing.</summary>
    public static Phrase Nothing { get; } = new Sequence([]);

    /// <summary>A word, or several, each followed by a space.</summary>
    public static Phrase Words(string text) => new Word(text + ' ');

    /// <summary>One part after the other.</summary>
    public static Phrase InOrder(params Phrase[] parts) => new Sequence([.. parts]);

    /// <summary>One of the alternatives, with its probability.</summary>
    public static Phrase OneOf(params (double Probability, Phrase Part)[] alternatives) => new Choice([.. alternatives]);

    /// <summary>One of the words, all equally probable.</summary>
    public static Phrase AnyOf(IReadOnlyList<string> words) =>
        new Choice([.. words.Select(word => (1.0 / words.Count, Words(word)))]);
}

/// <summary>A text that stands for itself.</summary>
internal sealed class Word(string text) : Phrase
{
    public string Text => text;

    public override double Entropy => 0;

    public override double ExpectedLength => text.Length;

    public override BigInteger Count => BigInteger.One;

    public override void Sample(Func<double> uniform, StringBuilder output) => output.Append(text);

    public override IEnumerable<Reading> Read(string input, int start) =>
        string.CompareOrdinal(input, start, text, 0, text.Length) == 0 ? [new Reading(start + text.Length, 0)] : [];
}

/// <summary>Parts in order, drawn independently of each other.</summary>
internal sealed class Sequence(ImmutableArray<Phrase> parts) : Phrase
{
    public ImmutableArray<Phrase> Parts => parts;

    public override double Entropy { get; } = parts.Sum(part => part.Entropy);

    public override double ExpectedLength { get; } = parts.Sum(part => part.ExpectedLength);

    public override BigInteger Count { get; } = parts.Aggregate(BigInteger.One, (count, part) => count * part.Count);

    public override void Sample(Func<double> uniform, StringBuilder text)
    {
        foreach (Phrase part in parts)
            part.Sample(uniform, text);
    }

    public override IEnumerable<Reading> Read(string text, int start) => Read(text, new Reading(start, 0), 0);

    private IEnumerable<Reading> Read(string text, Reading before, int index)
    {
        if (index == parts.Length)
            return [before];
        return parts[index].Read(text, before.End).SelectMany(
            part => Read(text, new Reading(part.End, before.LogProbability + part.LogProbability), index + 1));
    }
}

/// <summary>One of several alternatives.</summary>
internal sealed class Choice : Phrase
{
    /// <exception cref="ArgumentException">A probability is not positive, or they do not sum to 1.</exception>
    public Choice(ImmutableArray<(double Probability, Phrase Part)> alternatives)
    {
        double sum = alternatives.Sum(alternative => alternative.Probability);
        if (alternatives.Any(alternative => !(alternative.Probability > 0)) || Math.Abs(sum - 1) > 1e-12)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"Choice: expected positive probabilities that sum to 1, got a sum of {sum}."), nameof(alternatives));
        Alternatives = alternatives;
        Entropy = alternatives.Sum(a => a.Probability * (a.Part.Entropy - Math.Log(a.Probability)));
        ExpectedLength = alternatives.Sum(a => a.Probability * a.Part.ExpectedLength);
        Count = alternatives.Aggregate(BigInteger.Zero, (count, a) => count + a.Part.Count);
    }

    public ImmutableArray<(double Probability, Phrase Part)> Alternatives { get; }

    public override double Entropy { get; }

    public override double ExpectedLength { get; }

    public override BigInteger Count { get; }

    public override void Sample(Func<double> uniform, StringBuilder text)
    {
        double left = uniform();
        int index = 0;
        // The last alternative also takes what rounding leaves over.
        while (index < Alternatives.Length - 1 && (left -= Alternatives[index].Probability) >= 0)
            index++;
        Alternatives[index].Part.Sample(uniform, text);
    }

    public override IEnumerable<Reading> Read(string text, int start) => Alternatives.SelectMany(
        a => a.Part.Read(text, start).Select(part => part with { LogProbability = part.LogProbability + Math.Log(a.Probability) }));
}
