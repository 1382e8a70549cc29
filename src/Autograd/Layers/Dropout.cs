using System.Numerics;

namespace Autograd;

/// <summary>
/// In training, sets each element to 0 with probability p and scales the others by 1 / (1 − p); on a tape that evaluates,
/// the identity.
/// </summary>
/// <remarks>
/// The mask is a function of the tape's seed and step, the module's path and the number of the call within the step, so a
/// repeated step draws the same mask. p = 1 gives zeros, also for infinite inputs. Srivastava et al. 2014.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Dropout<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Makes the layer.</summary>
    /// <param name="probability">p in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">p is outside [0, 1].</exception>
    public Dropout(double probability)
    {
        if (!(probability >= 0 && probability <= 1)) Errors.OutOfRange(nameof(probability), probability, $"Dropout: the probability lies in 0 … 1, not {probability}.");
        Probability = probability;
    }

    /// <summary>The probability that an element is dropped.</summary>
    public double Probability { get; }

    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) =>
        input.Tape.Training && Probability > 0 ? input.Dropout(Probability, input.Tape.NextStream(Path)) : input;
}
