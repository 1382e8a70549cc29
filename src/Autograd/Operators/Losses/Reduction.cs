namespace Autograd;

/// <summary>How a loss over many elements becomes one number, or does not.</summary>
public enum Reduction
{
    /// <summary>The average. Where it is weighted, the loss says by what.</summary>
    Mean,

    /// <summary>The sum.</summary>
    Sum,

    /// <summary>No reduction: the loss of each element.</summary>
    None,

    /// <summary>The sum divided by the size of the first axis, which is the batch; of losses of an element against a target.</summary>
    BatchMean,
}
