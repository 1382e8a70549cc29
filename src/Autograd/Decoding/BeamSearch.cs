using System.Numerics;
using System.Runtime.InteropServices;

namespace Autograd;

/// <summary>A continuation that a beam search found.</summary>
/// <param name="Tokens">Its tokens, without the end token.</param>
/// <param name="LogProbability">The sum of the logarithms of the probabilities of its tokens, the end token included.</param>
/// <param name="Score">The log-probability divided by the length penalty.</param>
/// <param name="Ended">Whether the end token came; false at the greatest length.</param>
public sealed record Hypothesis(int[] Tokens, double LogProbability, double Score, bool Ended);

/// <summary>
/// Beam search: of all continuations by one token of the live hypotheses, the <see cref="Width"/> most likely stay; one that ends leaves
/// the beam (Sutskever, Vinyals and Le 2014). It stops when no live hypothesis can become one of the <see cref="Best"/>, or at the
/// greatest length, where hypotheses that did not end count too. With width 1 it is greedy.
/// </summary>
public sealed record BeamSearch
{
    private readonly int _width = 4, _best = 1;
    private readonly double _lengthPenalty;

    /// <summary>How many hypotheses of a row stay at each step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int Width
    {
        get => _width;
        init
        {
            if (value < 1) Errors.OutOfRange(nameof(Width), value, $"BeamSearch: Width is 1 or more, not {value}.");
            _width = value;
        }
    }

    /// <summary>How many hypotheses are returned for each row, at most the width.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int Best
    {
        get => _best;
        init
        {
            if (value < 1) Errors.OutOfRange(nameof(Best), value, $"BeamSearch: Best is 1 or more, not {value}.");
            _best = value;
        }
    }

    /// <summary>
    /// α of the score log-probability / ((5 + n) / 6)^α, n the number of tokens with the end token (Wu et al. 2016): 0, the default, is
    /// no penalty; above 0 favours long hypotheses.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not finite.</exception>
    public double LengthPenalty
    {
        get => _lengthPenalty;
        init
        {
            if (!double.IsFinite(value)) Errors.OutOfRange(nameof(LengthPenalty), value, $"BeamSearch: LengthPenalty is a finite number, not {value}.");
            _lengthPenalty = value;
        }
    }

    internal Hypothesis[][] Run<T, TState>(DecodingRun<T, TState> run)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        if (Best > Width) Errors.Argument($"BeamSearch: the best {Best} hypotheses were asked of a beam of width {Width}. Set Width to {Best} or more.");
        double[] row = new double[run.Vocabulary];
        List<Hypothesis>[] found = new List<Hypothesis>[run.Rows];
        List<Live>[] beams = new List<Live>[run.Rows];
        for (int item = 0; item < beams.Length; item++) (found[item], beams[item]) = ([], [new Live(null, 0, item)]);
        List<int> parents = [], tokens = [];
        List<Live> candidates = [];
        for (int length = 1; length <= run.MaxLength && Array.Exists(beams, static beam => beam.Count > 0); length++)
        {
            Variable<T> logits = run.Next(length - 1);
            parents.Clear();
            tokens.Clear();
            for (int item = 0; item < beams.Length; item++)
            {
                candidates.Clear();
                foreach (Live hypothesis in beams[item])
                {
                    run.ReadRow(logits, hypothesis.Row, length - 1, row);
                    Extend(hypothesis, row, candidates);
                }

                beams[item].Clear();
                foreach (Live candidate in candidates)
                {
                    bool ended = candidate.Last!.Token == run.EndToken;
                    if (ended || length == run.MaxLength) Keep(found[item], candidate, length, ended);
                    else beams[item].Add(candidate);
                }

                if (Settled(found[item], beams[item], length, run.MaxLength)) beams[item].Clear();
                for (int i = 0; i < beams[item].Count; i++)
                {
                    Live hypothesis = beams[item][i];
                    beams[item][i] = hypothesis with { Row = parents.Count };
                    parents.Add(hypothesis.Row);
                    tokens.Add(hypothesis.Last!.Token);
                }
            }

            if (parents.Count == 0) break;
            run.Select(CollectionsMarshal.AsSpan(parents));
            run.Feed(CollectionsMarshal.AsSpan(tokens));
        }

        return Array.ConvertAll(found, static list => list.ToArray());
    }

    /// <summary>
    /// Puts the continuations of a hypothesis among the candidates, which are the most likely so far, best first; the earlier of two that
    /// are equal first.
    /// </summary>
    private void Extend(Live hypothesis, Span<double> logits, List<Live> candidates)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (double logit in logits) largest = Math.Max(largest, logit);
        foreach (double logit in logits) sum += Math.Exp(logit - largest);
        double normalizer = largest + Math.Log(sum);
        for (int token = 0; token < logits.Length; token++)
        {
            double probability = hypothesis.LogProbability + (logits[token] - normalizer);
            bool full = candidates.Count == Width;
            if (double.IsNegativeInfinity(probability) || (full && probability <= candidates[^1].LogProbability)) continue;
            if (full) candidates.RemoveAt(candidates.Count - 1);
            int low = 0, high = candidates.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (candidates[middle].LogProbability >= probability) low = middle + 1;
                else high = middle;
            }

            candidates.Insert(low, new(new(token, hypothesis.Last), probability, hypothesis.Row));
        }
    }

    private void Keep(List<Hypothesis> found, Live candidate, int length, bool ended)
    {
        double score = Score(candidate.LogProbability, length);
        int place = found.Count;
        while (place > 0 && found[place - 1].Score < score) place--;
        if (place == Best) return;
        int[] tokens = new int[ended ? length - 1 : length];
        Node? node = ended ? candidate.Last!.Before : candidate.Last;
        for (int i = tokens.Length - 1; i >= 0; i--, node = node.Before) tokens[i] = node!.Token;
        found.Insert(place, new(tokens, candidate.LogProbability, score, ended));
        if (found.Count > Best) found.RemoveAt(Best);
    }

    /// <summary>
    /// Whether no live hypothesis can still become one of the best. Its log-probability only falls, and the penalty is monotone in the
    /// length, so its score can at most be that of today's log-probability at the next length or at the greatest.
    /// </summary>
    private bool Settled(List<Hypothesis> found, List<Live> live, int length, int maxLength)
    {
        if (found.Count < Best) return false;
        foreach (Live hypothesis in live)
        {
            double bound = Math.Max(Score(hypothesis.LogProbability, length + 1), Score(hypothesis.LogProbability, maxLength));
            if (bound > found[^1].Score) return false;
        }

        return true;
    }

    private double Score(double logProbability, int length) => logProbability / Math.Pow((5.0 + length) / 6, LengthPenalty);

    private sealed record Node(int Token, Node? Before);

    private readonly record struct Live(Node? Last, double LogProbability, int Row);
}
