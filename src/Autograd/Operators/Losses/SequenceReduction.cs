namespace Autograd;

/// <summary>How the losses of the steps of several sequences become one number. Only true steps count: those within a sequence's length, or where a mask is true.</summary>
public enum SequenceReduction
{
    /// <summary>The average over all true steps of all sequences: each step has the same weight.</summary>
    StepMean,

    /// <summary>The sum over the steps of a sequence, averaged over the batch: the textbook's L = Σ_t l_t.</summary>
    TimeSum,

    /// <summary>The average over the steps of a sequence, averaged over the batch: each sequence has the same weight, however short.</summary>
    SequenceMean,

    /// <summary>The sum over all true steps of all sequences.</summary>
    Sum,
}
