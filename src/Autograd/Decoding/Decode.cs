using System.Numerics;

namespace Autograd;

/// <summary>
/// Gives out tokens from a <see cref="StepModel{T, TState}"/>: as they come (<see cref="Stream"/>), all at once (<see cref="Tokens"/>),
/// or by <see cref="Beam"/> search.
/// </summary>
/// <remarks>
/// All run on an inference tape, and reset it before each token with the state carried: memory stays flat, and every other variable of
/// the tape becomes stale. A prompt is [time, rows] or, of one token a row, [rows]; all rows are decoded side by side.
/// </remarks>
/// <example><code>
/// using Tape&lt;float&gt; tape = Tape&lt;float&gt;.Inference();
/// Sampling sampling = new() { Temperature = 0.8, TopP = 0.9, Seed = 7 };
/// foreach (int[] next in Decode.Stream(model, tape, prompt, state, maxLength: 200, sampling))
/// {
///     Console.Write(vocabulary[next[0]]);
/// }
/// </code></example>
public static class Decode
{
    // Keeps the draws of decoding apart from other uses of the same seed.
    private static readonly ulong DrawStream = RandomSource.StreamOf("Autograd.Decode");

    /// <summary>The next token of every row, as it comes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tape">An inference tape.</param>
    /// <param name="prompt">What each row begins with, [time, rows] or [rows]; read, not given out.</param>
    /// <param name="state">The state before the prompt, on the tape.</param>
    /// <param name="maxLength">The most tokens of a row, 1 or more.</param>
    /// <param name="sampling">How a token is chosen; <see cref="Sampling.Greedy"/> by default.</param>
    /// <param name="endToken">
    /// The token that ends a row; null for none. A row that has ended gives it again and again; once all have, the stream ends.
    /// </param>
    /// <param name="cancellation">Ends the stream with an <see cref="OperationCanceledException"/> before the next token.</param>
    /// <returns>A sequence of arrays with one token a row; each is a new one. It can be read once.</returns>
    /// <exception cref="ArgumentException">The tape records, or an argument is out of range.</exception>
    /// <exception cref="ShapeException">The model gives logits that are not [rows, vocabulary].</exception>
    /// <exception cref="InvalidOperationException">
    /// The model gives NaN, +∞, or nothing but −∞; the message says at which step and row.
    /// </exception>
    public static IEnumerable<int[]> Stream<T, TState>(
        StepModel<T, TState> model,
        Tape<T> tape,
        Tensor<int> prompt,
        TState state,
        int maxLength,
        Sampling? sampling = null,
        int? endToken = null,
        CancellationToken cancellation = default)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        DecodingRun<T, TState> run = new(model, tape, prompt, state, maxLength, endToken, cancellation);
        return Steps(run, sampling ?? Sampling.Greedy);
    }

    /// <summary>The tokens of every row, without the end token.</summary>
    /// <inheritdoc cref="Stream{T, TState}(StepModel{T, TState}, Tape{T}, Tensor{int}, TState, int, Sampling?, int?, CancellationToken)"/>
    /// <returns>One array a row.</returns>
    public static int[][] Tokens<T, TState>(
        StepModel<T, TState> model,
        Tape<T> tape,
        Tensor<int> prompt,
        TState state,
        int maxLength,
        Sampling? sampling = null,
        int? endToken = null,
        CancellationToken cancellation = default)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        int[][] steps = [.. Stream(model, tape, prompt, state, maxLength, sampling, endToken, cancellation)];
        int[][] rows = new int[prompt.Shape[^1]][];
        for (int row = 0; row < rows.Length; row++) rows[row] = [.. steps.Select(step => step[row]).TakeWhile(token => token != endToken)];
        return rows;
    }

    /// <summary>The most likely continuations of every row that a beam search finds, best first.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tape">An inference tape.</param>
    /// <param name="prompt">What each row begins with, [time, rows] or [rows].</param>
    /// <param name="state">The state before the prompt, on the tape.</param>
    /// <param name="maxLength">The most tokens of a hypothesis, the end token included.</param>
    /// <param name="search">Width, how many to return, length penalty; width 4 by default.</param>
    /// <param name="endToken">The token that ends a hypothesis; null for none.</param>
    /// <param name="cancellation">Ends the search with an <see cref="OperationCanceledException"/> before the next token.</param>
    /// <returns>For each row at most <see cref="BeamSearch.Best"/> hypotheses.</returns>
    /// <inheritdoc cref="Stream{T, TState}(StepModel{T, TState}, Tape{T}, Tensor{int}, TState, int, Sampling?, int?, CancellationToken)"/>
    public static Hypothesis[][] Beam<T, TState>(
        StepModel<T, TState> model,
        Tape<T> tape,
        Tensor<int> prompt,
        TState state,
        int maxLength,
        BeamSearch? search = null,
        int? endToken = null,
        CancellationToken cancellation = default)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T> =>
        (search ?? new()).Run(new DecodingRun<T, TState>(model, tape, prompt, state, maxLength, endToken, cancellation));

    private static IEnumerable<int[]> Steps<T, TState>(DecodingRun<T, TState> run, Sampling sampling)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TState : struct, IState<TState, T>
    {
        int rows = run.Rows, vocabulary = run.Vocabulary;
        bool[] ended = new bool[rows], seen = sampling.RepeatPenalty == 1 ? [] : run.PromptTokens();
        double[] row = new double[vocabulary];
        int[] order = new int[vocabulary];
        ulong[] streams = [.. Enumerable.Range(0, rows).Select(static index => RandomSource.Mix(DrawStream, (ulong)index, 0))];
        for (int step = 0; step < run.MaxLength && Array.Exists(ended, static over => !over); step++)
        {
            Variable<T> logits = run.Next(step);
            int[] chosen = new int[rows];
            for (int i = 0; i < rows; i++)
            {
                if (ended[i])
                {
                    chosen[i] = run.EndToken!.Value;
                    continue;
                }

                run.ReadRow(logits, i, step, row);
                Span<bool> known = seen.Length == 0 ? default : seen.AsSpan(i * vocabulary, vocabulary);
                sampling.ToProbabilities(row, known, order);
                chosen[i] = Sampling.Draw(row, new RandomSource(sampling.Seed, streams[i]) { Position = (ulong)step }.NextDouble());
                ended[i] = chosen[i] == run.EndToken;
                if (!known.IsEmpty) known[chosen[i]] = true;
            }

            run.Feed(chosen);
            yield return (int[])chosen.Clone();
        }
    }
}

/// <summary>A model at work on a tape: what all ways of decoding share.</summary>
internal sealed class DecodingRun<T, TState>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TState : struct, IState<TState, T>
{
    private readonly StepModel<T, TState> _model;
    private readonly Tape<T> _tape;
    private readonly Tensor<int> _prompt;
    private readonly CancellationToken _cancellation;
    private Tensor<int> _tokens;
    private TState _state;
    private int _step;

    public DecodingRun(
        StepModel<T, TState> model, Tape<T> tape, Tensor<int> prompt, TState state, int maxLength, int? endToken, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(prompt);
        if (tape.Records) Errors.Argument("Decode: the tape records for gradients, and decoding would take its values back. Pass Tape<T>.Inference().");
        if (maxLength < 1) Errors.OutOfRange(nameof(maxLength), maxLength, $"Decode: maxLength is 1 or more, not {maxLength}.");
        Vocabulary = model.Vocabulary;
        if (endToken is { } end && (uint)end >= (uint)Vocabulary)
        {
            Errors.OutOfRange(nameof(endToken), end, $"Decode: the end token {end} is outside the vocabulary, 0 … {Vocabulary - 1}.");
        }

        if (prompt.Rank is not (1 or 2) || (prompt.Rank == 2 && prompt.Shape[0] == 0))
        {
            Errors.Shape($"Decode: the prompt has shape {prompt.Shape}; it must be [time, rows] with at least one token a row, or [rows].");
        }

        SavedIndices.Check("Decode", prompt, Vocabulary);
        (_model, _tape, _state, _cancellation) = (model, tape, state, cancellation);
        (MaxLength, EndToken, Rows) = (maxLength, endToken, prompt.Shape[^1]);
        _prompt = prompt.Rank == 1 ? prompt.Clone().Reshape(1, Rows) : prompt.Clone();
        _tokens = _prompt[^1];
    }

    public int Rows { get; }

    public int Vocabulary { get; }

    public int MaxLength { get; }

    public int? EndToken { get; }

    /// <summary>Whether each row has each token in its prompt, [rows, vocabulary].</summary>
    public bool[] PromptTokens()
    {
        bool[] seen = new bool[Rows * Vocabulary];
        ReadOnlySpan<int> prompt = _prompt.Span;
        for (int i = 0; i < prompt.Length; i++) seen[(i % Rows * Vocabulary) + prompt[i]] = true;
        return seen;
    }

    /// <summary>The logits of the next token of each row; before the first, the prompt is read.</summary>
    public Variable<T> Next(int step)
    {
        if (step != _step++) Errors.Invalid("Decode: the stream was read before, and its state has moved on. Keep the tokens in a list, or call Stream again with a fresh state.");
        for (int t = 0; step == 0 && t < _prompt.Shape[0] - 1; t++) _ = Advance(_prompt[t]);
        Variable<T> logits = Advance(_tokens);
        Shape wanted = [_tokens.Length, Vocabulary];
        if (logits.Shape != wanted) Errors.Shape($"Decode: the model gave logits of shape {logits.Shape}; for {_tokens.Length} rows and a vocabulary of {Vocabulary} they must be {wanted}.");
        return logits;
    }

    /// <summary>What the rows read next.</summary>
    public void Feed(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length != _tokens.Length || ReferenceEquals(_tokens.Storage, _prompt.Storage)) _tokens = new([tokens.Length]);
        _tokens.CopyFrom(tokens);
    }

    /// <summary>Goes on with other rows.</summary>
    public void Select(ReadOnlySpan<int> rows)
    {
        bool same = rows.Length == _tokens.Length;
        for (int i = 0; i < rows.Length && same; i++) same = rows[i] == i;
        if (!same) _state = _model.Select(_state, new([rows.Length], rows));
    }

    /// <summary>The logits of a row in double, refused if nothing can be chosen by them.</summary>
    public void ReadRow(Variable<T> logits, int row, int step, Span<double> values)
    {
        ReadOnlySpan<T> from = logits.Span.Slice(row * Vocabulary, Vocabulary);
        bool any = false;
        for (int token = 0; token < from.Length; token++)
        {
            values[token] = double.CreateChecked(from[token]);
            any |= values[token] > double.NegativeInfinity;
            if (double.IsNaN(values[token]) || values[token] == double.PositiveInfinity)
            {
                Errors.Invalid($"Decode: at step {step} the logit of token {token} in row {row} is {(double.IsNaN(values[token]) ? "NaN" : "+∞")}. Look for the cause in the model's weights or its state.");
            }
        }

        if (!any) Errors.Invalid($"Decode: at step {step} all logits of row {row} are −∞, so no token can be chosen.");
    }

    private Variable<T> Advance(Tensor<int> tokens)
    {
        _cancellation.ThrowIfCancellationRequested();
        _state = _tape.Reset(carry: _state);
        (Variable<T> logits, _state) = _model.Step(_tape, tokens, _state);
        return logits;
    }
}
