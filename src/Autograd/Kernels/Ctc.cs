using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>ln(eˣ + eʸ + eᶻ), −∞ where all are.</summary>
internal readonly struct LogAddFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // The exponential of the largest, less itself, is 1, so two remain.
        V larger = V.Max(x, y), smaller = V.Min(x, y);
        V largest = V.Max(larger, z), least = V.Min(smaller, z), middle = V.Max(smaller, V.Min(larger, z));
        V nothing = V.Equal(largest, V.Constant(double.NegativeInfinity)), scale = V.Select(nothing, V.Zero, largest);
        V rest = VectorMath.ExpOfNonPositive<V, T>(middle - scale) + VectorMath.ExpOfNonPositive<V, T>(least - scale);
        V sum = V.Select(nothing, V.Zero, V.Constant(1)) + rest;
        return scale + VectorMath.Log<V, T>(sum);
    }
}

/// <summary>exp(x + y − z).</summary>
internal readonly struct ExpOfSumFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Exp<V, T>(x + y - z);
}

/// <summary>
/// Connectionist temporal classification (Graves, Fernández, Gomez and Schmidhuber 2006): −ln of the probability of a label
/// sequence, summed over its alignments by the forward recursion; the backward one gives the gradient. In logarithms and in double
/// for every T, since the probabilities of long inputs leave every range.
/// </summary>
/// <remarks>
/// Threads share the items of the batch. A step waits for the one before, so what fills vectors is the states of one step, and its classes.
/// </remarks>
internal static unsafe class Ctc
{
    /// <summary>Losses, and if asked for the gradient of each by its logits.</summary>
    /// <param name="shape">Time, batch and classes of the logits, row-major in this order.</param>
    /// <param name="logits">Any numbers; their log-softmax is taken.</param>
    /// <param name="targets">[batch, width] labels; those beyond an item's length are not read.</param>
    /// <param name="inputLengths">The steps of each item, 1 … time; logits beyond are not read, and their gradient is 0.</param>
    /// <param name="targetLengths">The labels of each item, 0 … width.</param>
    /// <param name="blank">The class of the blank.</param>
    /// <param name="zeroInfinity">Whether a loss of +∞, of a target that has no alignment, becomes 0 with gradient 0; else its gradient is NaN.</param>
    /// <param name="losses">[batch].</param>
    /// <param name="gradient">The shape of the logits, or empty.</param>
    public static void Loss<T>(
        (int Time, int Batch, int Classes) shape, ReadOnlySpan<T> logits, ReadOnlySpan<int> targets, ReadOnlySpan<int> inputLengths,
        ReadOnlySpan<int> targetLengths, int blank, bool zeroInfinity, Span<double> losses, Span<T> gradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int time, int batch, int classes) = shape;
        int width = batch == 0 ? 0 : targets.Length / batch;
        if (logits.Length != (long)time * batch * classes || targets.Length != batch * width || inputLengths.Length != batch ||
            targetLengths.Length != batch || losses.Length != batch || (gradient.Length != logits.Length && !gradient.IsEmpty))
        {
            throw new ArgumentException(
                $"Ctc: {logits.Length} logits, {targets.Length} targets, {inputLengths.Length} and {targetLengths.Length} lengths, " +
                $"{losses.Length} losses and a gradient of {gradient.Length} do not fit {shape}.");
        }

        fixed (T* px = logits, pg = gradient)
        fixed (int* pt = targets, pi = inputLengths, pl = targetLengths)
        fixed (double* po = losses)
        {
            Work<T> work = new(time, batch, classes, width, px, pt, pi, pl, blank, zeroInfinity, po, gradient.IsEmpty ? null : pg);
            long cost = (long)logits.Length + (4L * time * batch * ((2 * width) + 1));
            WorkerPool.Run(work, Math.Min(WorkerPool.PartsFor(cost, Elementwise.Grain / 8), Math.Max(batch, 1)));
        }
    }

    private readonly struct Work<T>(
        int time, int batch, int classes, int width, T* logits, int* targets, int* inputLengths, int* targetLengths, int blank,
        bool zeroInfinity, double* losses, T* gradient) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            for (int n = WorkerPool.Share(batch, part, parts); n < WorkerPool.Share(batch, part + 1, parts); n++) Item(n);
        }

        /// <summary>
        /// The states are the labels with a blank before, between and after: 2 labels + 1. Arrays of states have two more places
        /// that hold −∞: before the states for α, which comes from below, and after them for β, which comes from above.
        /// </summary>
        private void Item(int n)
        {
            int steps = inputLengths[n], states = (2 * targetLengths[n]) + 1, padded = states + 2;
            ReadOnlySpan<int> labels = new(targets + ((nint)n * width), targetLengths[n]);
            double* memory = Scratch.Get<double>(ScratchSlot.Ctc, classes + steps + (((long)steps + 4) * padded));
            Span<double> row = Take(ref memory, classes), scales = Take(ref memory, steps);
            Span<double> emissions = Take(ref memory, padded), skips = Take(ref memory, padded), work = Take(ref memory, padded), beta = Take(ref memory, padded);
            double* alphas = memory;
            skips.Fill(double.NegativeInfinity);
            for (int label = 1; label < labels.Length; label++)
            {
                if (labels[label] != labels[label - 1]) skips[(2 * label) + 1] = 0;
            }

            for (int t = 0; t < steps; t++)
            {
                Read(t, n, row);
                Reductions.LogSumExp<double>(row, scales.Slice(t, 1), 1, classes, 1);
                Emit(row, scales[t], labels, emissions);
                Span<double> alpha = new(alphas + ((nint)t * padded), padded);
                Forward(t, t == 0 ? default : new(alphas + ((nint)(t - 1) * padded), padded), skips, emissions, work, alpha);
            }

            ReadOnlySpan<double> last = new(alphas + ((nint)(steps - 1) * padded), padded);
            double logProbability = last[^1];
            if (states > 1) Elementwise.Ternary<LogAddFunction, double>(last[^1..], last[^2..^1], [double.NegativeInfinity], new Span<double>(ref logProbability));
            bool impossible = double.IsNegativeInfinity(logProbability);
            losses[n] = impossible && zeroInfinity ? 0 : -logProbability;
            if (gradient == null) return;
            if (impossible) Fill(n, zeroInfinity ? T.Zero : T.NaN);
            else Differentiate(n, labels, row, scales, emissions, skips, work, beta, alphas, logProbability);
            for (int t = steps; t < time; t++) Gradient(t, n).Clear();
        }

        private static void Forward(
            int t, ReadOnlySpan<double> before, ReadOnlySpan<double> skips, ReadOnlySpan<double> emissions, Span<double> work, Span<double> alpha)
        {
            int states = alpha.Length - 2;
            if (t == 0)
            {
                alpha.Fill(double.NegativeInfinity);
                emissions[..Math.Min(2, states)].CopyTo(alpha[2..]);
                return;
            }

            alpha[..2].Fill(double.NegativeInfinity);
            Elementwise.Binary<AddFunction, double>(before[..states], skips[..states], work[..states]);
            Elementwise.Ternary<LogAddFunction, double>(before[2..], before[1..^1], work[..states], alpha[2..]);
            Elementwise.Binary<AddFunction, double>(alpha[2..], emissions[..states], alpha[2..]);
        }

        /// <summary>softmax(x) minus the probability of being in a state of the class, given the target: the gradient by the logits of each step.</summary>
        private void Differentiate(
            int n, ReadOnlySpan<int> labels, Span<double> row, ReadOnlySpan<double> scales, Span<double> emissions, ReadOnlySpan<double> skips,
            Span<double> work, Span<double> beta, double* alphas, double logProbability)
        {
            int states = beta.Length - 2, steps = scales.Length;
            for (int t = steps - 1; t >= 0; t--)
            {
                // β(s) is ln of the probability of all that follows step t, which stands in state s.
                if (t == steps - 1)
                {
                    beta.Fill(double.NegativeInfinity);
                    beta[Math.Max(0, states - 2)..states].Clear();
                }
                else
                {
                    // The emissions are still those of step t + 1.
                    Elementwise.Binary<AddFunction, double>(beta[..states], emissions[..states], beta[..states]);
                    Elementwise.Binary<AddFunction, double>(beta[2..], skips[2..], work[..states]);
                    Elementwise.Ternary<LogAddFunction, double>(beta[..states], beta[1..^1], work[..states], work[..states]);
                    work[..states].CopyTo(beta);
                }

                Read(t, n, row);
                Emit(row, scales[t], labels, emissions);
                Elementwise.Binary<ExpOfDifferenceFunction, double>(row, scales.Slice(t, 1), row);
                ReadOnlySpan<double> alpha = new(alphas + ((nint)t * beta.Length) + 2, states);
                Elementwise.Ternary<ExpOfSumFunction, double>(alpha, beta[..states], new ReadOnlySpan<double>(in logProbability), work[..states]);
                for (int s = 0; s < states; s++) row[s % 2 == 0 ? blank : labels[s / 2]] -= work[s];
                TensorPrimitives.ConvertTruncating(row, Gradient(t, n));
            }
        }

        private void Read(int t, int n, Span<double> row) =>
            TensorPrimitives.ConvertTruncating(new ReadOnlySpan<T>(logits + (((nint)t * batch) + n) * classes, classes), row);

        /// <summary>The log-probability of each state's class.</summary>
        private void Emit(ReadOnlySpan<double> row, double scale, ReadOnlySpan<int> labels, Span<double> emissions)
        {
            double ofBlank = row[blank] - scale;
            for (int i = 0; i < labels.Length; i++)
            {
                emissions[2 * i] = ofBlank;
                emissions[(2 * i) + 1] = row[labels[i]] - scale;
            }

            emissions[2 * labels.Length] = ofBlank;
        }

        private void Fill(int n, T value)
        {
            for (int t = 0; t < inputLengths[n]; t++) Gradient(t, n).Fill(value);
        }

        private Span<T> Gradient(int t, int n) => new(gradient + (((nint)t * batch) + n) * classes, classes);

        private static Span<double> Take(ref double* memory, int count)
        {
            Span<double> taken = new(memory, count);
            memory += count;
            return taken;
        }
    }
}
