using System.Buffers;

namespace Autograd;

/// <summary>
/// Sequences within a memory budget: cut into pieces that keep nothing but the state between them and run again in the backward
/// sweep. Chen, Xu, Zhang and Guestrin 2016 (arXiv:1604.06174), along time as in Gruslys et al. 2016 (arXiv:1606.03401).
/// </summary>
public abstract partial class RecurrentLayer<T, TState>
{
    // What the sweep of steps holds at once beside their forward run, in units of what that holds: as much again in gradients, and
    // half of it for blocks of memory that are larger than what is in them.
    private const double SweepFactor = 1.5;

    // Steps that are tried to see what one takes.
    private const int FewSteps = 4, MoreSteps = 20;

    private readonly Measured?[] _measured;

    /// <summary>
    /// The state after the last step, as of <see cref="Forward"/>, for a network that reads a sequence and answers at its end: with a
    /// <see cref="RecurrentOptions.MemoryBudget"/> the outputs of the last layer are not kept.
    /// </summary>
    /// <param name="input">The sequence, as for <see cref="Forward"/>.</param>
    /// <param name="state">The state before the first step.</param>
    /// <param name="lengths">The real steps of each sequence.</param>
    /// <param name="mask">In place of lengths: which steps are real.</param>
    /// <returns>The state of each layer and direction after its last real step.</returns>
    /// <inheritdoc cref="Forward"/>
    public TState FinalState(Variable<T> input, TState state = default, Tensor<int>? lengths = null, Tensor<bool>? mask = null) =>
        Run(input, state, lengths, mask, [], keepsOutputs: false).State;

    private (Variable<T> Outputs, TState State) RunDirection(
        int index, Variable<T> sequence, TState state, SequencePath<T> path, Span<TState> steps, bool keepsOutputs)
    {
        SequenceNoise<T> noise = Noise(_cells[index], sequence.Tape, sequence.Shape[1]);
        if (!path.Valid.IsNone && !RunsFused(index, noise, !steps.IsEmpty)) sequence = WithRealPadding(sequence, path.Valid);
        Piece whole = new(this, index, sequence, state, noise, path);
        int time = sequence.Shape[0], length = StepsOfPiece(whole, steps.IsEmpty);
        if (length == time) return RunPiece(index, sequence, state, noise, path, steps);
        Tape<T> tape = sequence.Tape;
        int count = ((time - 1) / length) + 1;
        Variable<T>[] outputs = ArrayPool<Variable<T>>.Shared.Rent(count);
        try
        {
            for (int turn = 0; turn < count; turn++)
            {
                int number = path.Reverse ? count - 1 - turn : turn;
                Piece piece = whole.Cut(number * length, Math.Min(time, (number + 1) * length)) with { State = state };
                if (keepsOutputs) (outputs[number], state) = tape.Checkpoint(piece, static piece => piece.Run());
                else state = tape.Checkpoint(piece, static piece => piece.Run().State);
            }

            return (keepsOutputs ? Joined(outputs.AsSpan(0, count)) : default, state);
        }
        finally
        {
            ArrayPool<Variable<T>>.Shared.Return(outputs, clearArray: true);
        }
    }

    /// <summary>The pieces one after the other; they become parts of the whole, so that their memory is not kept beside it.</summary>
    private static Variable<T> Joined(ReadOnlySpan<Variable<T>> pieces)
    {
        Variable<T> whole = Variable.Concat(pieces, 0);
        for (int i = 0, offset = 0; i < pieces.Length; offset += pieces[i++].Length) whole.Tape.MoveInto(pieces[i], whole, offset);
        return whole;
    }

    /// <summary>
    /// The steps of a piece: half of the budget is for what all layers and directions keep, half for what one of them holds while it
    /// is swept. All steps without a budget.
    /// </summary>
    /// <exception cref="InvalidOperationException">No cut fits.</exception>
    private int StepsOfPiece(Piece whole, bool mayCut)
    {
        (int time, int batch) = (whole.Sequence.Shape[0], whole.Sequence.Shape[1]);
        if (Options.MemoryBudget is not { } budget || !whole.Sequence.Tape.Records || time <= 1) return time;
        whole.Sequence.Tape.ChoosesBySize();
        if (!mayCut) Errors.Invalid($"{_family}: ForwardAll gives the states of all steps, which a MemoryBudget does not keep. Use Forward or FinalState, or an inference tape, or a layer without a budget.");
        Measured.Key key = new(batch, Math.Min(MoreSteps, time), !whole.Path.Valid.IsNone, whole.Sequence.Tape.Training, RunsFused(whole.Index, whole.Noise, keepsSteps: false));
        ref Measured? measured = ref _measured[whole.Index];
        if (measured is not { } known || known.Of != key) measured = known = Measure(whole, key);
        long least = long.MaxValue;
        for (int pieces = 1; pieces <= time; pieces++)
        {
            int steps = ((time - 1) / pieces) + 1;
            double run = known.Fixed + (known.Step * steps), kept = _cells.Length * (pieces == 1 ? run : known.State * pieces);
            long bytes = (long)(2 * Math.Max(kept, (pieces == 1 ? SweepFactor : SweepFactor + 1) * run));
            if (bytes <= budget) return steps;
            if (pieces > 1 && 2 * kept > least) break; // more pieces keep more than all that fits
            least = Math.Min(least, bytes);
        }

        Errors.Invalid($"{_family}: {time:N0} steps of a batch of {batch} need a MemoryBudget of {least:N0} bytes or more, not {budget:N0}. Raise it, or read the sequence in chunks that carry the state.");
        return time;
    }

    /// <summary>What a step takes, from two short runs.</summary>
    private static Measured Measure(Piece whole, Measured.Key key)
    {
        int more = key.Steps, few = Math.Min(FewSteps, more - 1);
        Tape<T> tape = whole.Sequence.Tape;
        int batch = whole.Sequence.Shape[1];
        long small = tape.Measure(whole.Cut(0, few), static piece => _ = piece.Run());
        long large = tape.Measure(whole.Cut(0, more), static piece => _ = piece.Run());
        long state = tape.Measure((whole.Layer._cells[0], tape, batch), static a => _ = a.Item1.ZeroState(a.tape, a.batch));
        double step = (large - small) / (double)(more - few);
        return new(key, step, Math.Max(0, small - (step * few)), state);
    }

    /// <summary>A run of steps of one layer in one direction, and what it starts from.</summary>
    private readonly record struct Piece(
        RecurrentLayer<T, TState> Layer, int Index, Variable<T> Sequence, TState State, SequenceNoise<T> Noise, SequencePath<T> Path)
    {
        public Piece Cut(int start, int end) => this with
        {
            Sequence = Sequence[start..end],
            Path = Path with { Valid = Path.Valid.IsNone ? default : Path.Valid[start..end], First = start },
        };

        public (Variable<T> Outputs, TState State) Run() => Layer.RunPiece(Index, Sequence, State, Noise, Path, []);
    }

    /// <summary>The bytes of a step, of a run beside its steps, and of a state.</summary>
    private sealed record Measured(Measured.Key Of, double Step, double Fixed, long State)
    {
        /// <summary>What these depend on.</summary>
        public readonly record struct Key(int Batch, int Steps, bool IsMasked, bool Trains, bool IsFused);
    }
}
