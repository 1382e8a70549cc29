using System.Numerics;

namespace Autograd;

/// <summary>
/// A conditional random field over chains of tags: p(y | x) = exp(s(x, y)) / Σ exp(s(x, y')) over all chains y', with
/// s(x, y) = start[y₁] + Σ emission[t, y_t] + Σ transition[y_t−1, y_t] + end[y_T]. Lafferty, McCallum and Pereira 2001; over the
/// outputs of a network: Collobert et al. 2011, Lample et al. 2016.
/// </summary>
/// <remarks>
/// Parameters <c>transitions</c> [tags, tags], from row to column, <c>start</c> [tags] and <c>end</c> [tags], all uniform in ±0.1 at
/// first. The sum over chains runs in logarithms over operators, five nodes a step (seven with lengths) that keep [batch, tags, tags] numbers;
/// derivatives of any order follow. The gradient of <see cref="LogPartition"/> by an emission is the marginal probability of its tag.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
/// <example><code>
/// Variable&lt;float&gt; loss = crf.Loss(head.Forward(outputs), tags, lengths);
/// (Tensor&lt;int&gt; best, Tensor&lt;double&gt; scores) = crf.Viterbi(head.Forward(outputs), lengths);
/// </code></example>
public sealed class LinearChainCrf<T> : Module<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const string Family = nameof(LinearChainCrf<>);

    /// <summary>Declares the field.</summary>
    /// <param name="tags">The number of tags.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one tag.</exception>
    public LinearChainCrf(int tags)
    {
        Sizes.RequirePositive(Family, nameof(tags), tags);
        Tags = tags;
        Initializer uniform = Initializer.Uniform(0.1);
        Transitions = AddParameter("transitions", [tags, tags], uniform, decays: false);
        Start = AddParameter("start", [tags], uniform, decays: false);
        End = AddParameter("end", [tags], uniform, decays: false);
    }

    /// <summary>The number of tags.</summary>
    public int Tags { get; }

    /// <summary>The score of a tag (column) after another (row), [tags, tags].</summary>
    public Parameter<T> Transitions { get; }

    /// <summary>The score of the first tag, [tags].</summary>
    public Parameter<T> Start { get; }

    /// <summary>The score of the last tag, [tags].</summary>
    public Parameter<T> End { get; }

    /// <summary>−ln p(tags | emissions).</summary>
    /// <param name="emissions">
    /// The score of each tag at each step, [steps, batch, tags]; what stands beyond a length, NaN included, has no effect and gradient 0.
    /// </param>
    /// <param name="tags">The true tags, [steps, batch]; not read beyond a length.</param>
    /// <param name="lengths">The steps of each sequence, [batch], in any order; all of them by default.</param>
    /// <param name="reduction">Mean and Sum over the sequences, or None for each, [batch].</param>
    /// <exception cref="ShapeException">Emissions, tags or lengths have another shape, or there are no steps.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A tag that is none, a length below 1 or beyond the steps, or another reduction.
    /// </exception>
    public Variable<T> Loss(Variable<T> emissions, Tensor<int> tags, Tensor<int>? lengths = null, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(tags);
        Variable<T> valid = Check(emissions, lengths);
        Shape shape = emissions.Shape;
        if (tags.Shape != shape.Part(0, 2)) Errors.Shape($"{Family}: tags of shape {tags.Shape} were given for emissions of shape {shape}; they must be {shape.Part(0, 2)}, [steps, batch].");
        Variable<T> losses = SumOverChains(emissions, valid) - Score(emissions, tags.Span, lengths);
        return reduction switch
        {
            Reduction.Mean => losses.Mean(),
            Reduction.Sum => losses.Sum(),
            Reduction.None => losses,
            _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, $"{Family}: the reduction is Mean, Sum or None."),
        };
    }

    /// <summary>ln Σ exp s(x, y) over all chains y, [batch].</summary>
    /// <inheritdoc cref="Loss"/>
    public Variable<T> LogPartition(Variable<T> emissions, Tensor<int>? lengths = null) => SumOverChains(emissions, Check(emissions, lengths));

    /// <summary>
    /// The chain of the highest score of each sequence. Viterbi 1967; of chains that are equal, the one whose last differing tag is lower.
    /// </summary>
    /// <param name="emissions">The score of each tag at each step, [steps, batch, tags].</param>
    /// <param name="lengths">The steps of each sequence, [batch]; all of them by default.</param>
    /// <returns>The tags, [steps, batch], −1 beyond a length, and the score s of each chain, [batch], summed in double.</returns>
    /// <exception cref="ShapeException">Emissions or lengths have another shape, or there are no steps.</exception>
    /// <exception cref="ArgumentException">A length out of range, or a NaN within it.</exception>
    public (Tensor<int> Tags, Tensor<double> Scores) Viterbi(Variable<T> emissions, Tensor<int>? lengths = null)
    {
        _ = Check(emissions, lengths);
        int time = emissions.Shape[0], batch = emissions.Shape[1];
        Tensor<int> best = new([time, batch]), from = new([time, Tags]);
        Tensor<double> scores = new([batch]);
        double[] alpha = new double[Tags], next = new double[Tags];
        best.Fill(-1);
        for (int row = 0; row < batch; row++)
        {
            int length = lengths?.Span[row] ?? time, last = 0;
            for (int t = 0; t < length; t++)
            {
                ReadOnlySpan<T> emission = emissions.Span.Slice(((t * batch) + row) * Tags, Tags);
                for (int tag = 0; tag < Tags; tag++)
                {
                    if (T.IsNaN(emission[tag])) Errors.Argument($"{Family}: the emission of tag {tag} at step {t} of sequence {row} is NaN, so no chain is the best.");
                    int before = t == 0 ? -1 : BestBefore(alpha, tag);
                    double sum = before < 0 ? double.CreateChecked(Start.Value.Span[tag]) : alpha[before] + Transition(before, tag);
                    next[tag] = sum + double.CreateChecked(emission[tag]);
                    from.Writable[(t * Tags) + tag] = before;
                }

                (alpha, next) = (next, alpha);
            }

            for (int tag = 0; tag < Tags; tag++)
            {
                alpha[tag] += double.CreateChecked(End.Value.Span[tag]);
                if (alpha[tag] > alpha[last]) last = tag;
            }

            scores.Writable[row] = alpha[last];
            for (int t = length - 1; t >= 0; t--)
            {
                best.Writable[(t * batch) + row] = last;
                last = from.Span[(t * Tags) + last];
            }
        }

        return (best, scores);
    }

    private double Transition(int before, int tag) => double.CreateChecked(Transitions.Value.Span[(before * Tags) + tag]);

    private int BestBefore(double[] alpha, int tag)
    {
        int best = 0;
        for (int before = 1; before < Tags; before++)
        {
            if (alpha[before] + Transition(before, tag) > alpha[best] + Transition(best, tag)) best = before;
        }

        return best;
    }

    /// <summary>
    /// The forward algorithm: α'[j] = ln Σᵢ exp(α[i] + transition[i, j]) + emission[j]; a sequence that has ended keeps its α.
    /// </summary>
    private Variable<T> SumOverChains(Variable<T> emissions, Variable<T> valid)
    {
        Tape<T> tape = emissions.Tape;
        int time = emissions.Shape[0];
        if (time == 0) return tape.Zeros([0]);
        Variable<T> x = ValidSteps.Kept(valid, emissions);
        Variable<T> transitions = Transitions.On(tape), alpha = x[0] + Start.On(tape);
        for (int t = 1; t < time; t++)
        {
            Variable<T> next = (alpha.Unsqueeze(2) + transitions).LogSumExp(1) + x[t];
            alpha = valid.IsNone ? next : ChooseOperation<T>.Apply(valid[t], next, alpha);
        }

        return (alpha + End.On(tape)).LogSumExp(1);
    }

    /// <summary>s(x, y) of the true chains: each score times how often the chain has it.</summary>
    private Variable<T> Score(Variable<T> emissions, ReadOnlySpan<int> tags, Tensor<int>? lengths)
    {
        Tape<T> tape = emissions.Tape;
        int time = emissions.Shape[0], batch = emissions.Shape[1];
        if (time == 0) return tape.Zeros([0]);
        Variable<T> emitted = tape.Allocate(emissions.Shape, out Span<T> emits), moved = tape.Allocate([batch, Tags, Tags], out Span<T> moves);
        Variable<T> started = tape.Allocate([batch, Tags], out Span<T> starts), ended = tape.Allocate([batch, Tags], out Span<T> ends);
        emits.Clear();
        moves.Clear();
        starts.Clear();
        ends.Clear();
        for (int row = 0; row < batch; row++)
        {
            int before = -1, length = lengths?.Span[row] ?? time;
            for (int t = 0; t < length; t++)
            {
                int at = (t * batch) + row, tag = tags[at];
                if ((uint)tag >= (uint)Tags) Errors.OutOfRange(nameof(tags), tag, $"{Family}: the tag {tag} at step {t} of sequence {row} is outside 0 … {Tags - 1}.");
                emits[(at * Tags) + tag] = T.One;
                if (before < 0) starts[(row * Tags) + tag] = T.One;
                else moves[(((row * Tags) + before) * Tags) + tag] += T.One;
                before = tag;
            }

            ends[(row * Tags) + before] = T.One;
        }

        // Dropout by a mask is the product that is 0 where the mask is 0, whatever stands in the padding.
        return emissions.Dropout(emitted).Sum([0, 2])
            + Transitions.On(tape).Expand(moved.Shape).Dropout(moved).Sum([1, 2])
            + (Start.On(tape).Expand(started.Shape).Dropout(started) + End.On(tape).Expand(ended.Shape).Dropout(ended)).Sum(1);
    }

    /// <summary>Refuses what does not fit; gives which steps are real, or none if all are.</summary>
    private Variable<T> Check(Variable<T> emissions, Tensor<int>? lengths)
    {
        Shape shape = emissions.Shape;
        if (shape.Rank != 3 || shape[2] != Tags) Errors.Shape($"{Family}: the emissions have shape {shape}; they must be [steps, batch, {Tags}], the last size being tags.");
        if (shape[0] == 0 && shape[1] > 0) Errors.Shape($"{Family}: the emissions have shape {shape}, and so 0 steps. Give each sequence at least one.");
        return ValidSteps.On(emissions.Tape, Family, shape[0], shape[1], lengths, mask: null, batchFirst: false);
    }
}
