namespace Autograd;

/// <summary>What stands in the places that padding adds around a value, shown for two places on each side of a b c d.</summary>
public enum PaddingMode
{
    /// <summary>One number: 0 0 a b c d 0 0.</summary>
    Constant,

    /// <summary>The values mirrored at the edge, which is not repeated: c b a b c d c b.</summary>
    Reflect,

    /// <summary>The edge repeated: a a a b c d d d.</summary>
    Replicate,

    /// <summary>The values from the other side: c d a b c d a b.</summary>
    Circular,
}
