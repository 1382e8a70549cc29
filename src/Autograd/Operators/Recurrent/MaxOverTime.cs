namespace Autograd;

/// <summary>What a whole sequence comes to.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The largest value of each feature over the true steps of each sequence [time, batch, features]: [batch, features].</summary>
    /// <remarks>What stands in the padding, NaN included, reaches neither values nor gradients. Collobert et al. 2011 (max over time).</remarks>
    /// <param name="lengths">The number of true steps of each sequence, [batch], from 1 to time; null if all steps are.</param>
    /// <param name="mask">In place of lengths: which steps are true, [time, batch], at least one of each sequence.</param>
    /// <exception cref="ShapeException">There are not three axes, no steps, or the lengths or the mask do not fit.</exception>
    /// <exception cref="ArgumentException">A length out of its range, a sequence without a true step, or both are given.</exception>
    public Variable<T> MaxOverTime(Tensor<int>? lengths = null, Tensor<bool>? mask = null)
    {
        const string Name = nameof(MaxOverTime);
        if (Rank != 3 || Shape[0] == 0) Errors.Shape($"{Name}: the sequences have shape {Shape}; they need three axes, [time, batch, features], and a step or more.");
        Variable<T> valid = ValidSteps.On(Tape, Name, Shape[0], Shape[1], lengths, mask, batchFirst: false);
        return (valid.IsNone ? this : ChooseOperation<T>.Apply(valid, this, Tape.Full(Shape, double.NegativeInfinity))).Max(0);
    }
}
