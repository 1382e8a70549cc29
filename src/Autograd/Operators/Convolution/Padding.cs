namespace Autograd;

/// <summary>
/// Elements added at the ends of one axis: write a number for both ends, <c>(left, right)</c>, or
/// <see cref="Same"/>, <see cref="Valid"/>, <see cref="Causal"/>. The default is none.
/// </summary>
public readonly record struct Padding1d
{
    private readonly PaddingRule _rule;

    /// <summary>Given numbers at either end.</summary>
    /// <param name="left">Elements before the first.</param>
    /// <param name="right">Elements behind the last.</param>
    public Padding1d(int left, int right)
    {
        Left = left;
        Right = right;
    }

    private Padding1d(PaddingRule rule) => _rule = rule;

    /// <summary>As much as keeps the length: dilation · (kernel − 1) in all, the smaller half in front. With stride 1 only.</summary>
    public static Padding1d Same { get; } = new(PaddingRule.Same);

    /// <summary>None.</summary>
    public static Padding1d Valid { get; }

    /// <summary>dilation · (kernel − 1) in front, so that no result depends on a later element.</summary>
    public static Padding1d Causal { get; } = new(PaddingRule.Causal);

    /// <summary>Elements before the first; 0 where a rule decides.</summary>
    public int Left { get; }

    /// <summary>Elements behind the last; 0 where a rule decides.</summary>
    public int Right { get; }

    /// <summary>The same number at both ends.</summary>
    public static implicit operator Padding1d(int both) => new(both, both);

    /// <summary><c>(left, right)</c>.</summary>
    public static implicit operator Padding1d((int Left, int Right) sides) => new(sides.Left, sides.Right);

    /// <summary>As it is written.</summary>
    public override string ToString() => _rule == PaddingRule.Given ? $"({Left}, {Right})" : _rule.ToString();

    internal (int Before, int After) Resolve(string operation, int kernel, int stride, int dilation) =>
        PaddingRules.Resolve(operation, _rule, Left, Right, kernel, stride, dilation);
}

/// <summary>
/// Elements added at the sides of an image: write a number for all sides, <c>(vertical, horizontal)</c>,
/// <c>(top, bottom, left, right)</c>, <see cref="Same"/> or <see cref="Valid"/>. The default is none.
/// </summary>
public readonly record struct Padding2d
{
    private readonly PaddingRule _rule;

    /// <summary>Given numbers at each side.</summary>
    /// <param name="top">Rows above.</param>
    /// <param name="bottom">Rows below.</param>
    /// <param name="left">Columns before the first.</param>
    /// <param name="right">Columns behind the last.</param>
    public Padding2d(int top, int bottom, int left, int right)
    {
        Top = top;
        Bottom = bottom;
        Left = left;
        Right = right;
    }

    private Padding2d(PaddingRule rule) => _rule = rule;

    /// <summary>As much as keeps the size: dilation · (kernel − 1) in all along each axis, the smaller half in front. With stride 1 only.</summary>
    public static Padding2d Same { get; } = new(PaddingRule.Same);

    /// <summary>None.</summary>
    public static Padding2d Valid { get; }

    /// <summary>Rows above; 0 where a rule decides.</summary>
    public int Top { get; }

    /// <summary>Rows below; 0 where a rule decides.</summary>
    public int Bottom { get; }

    /// <summary>Columns before the first; 0 where a rule decides.</summary>
    public int Left { get; }

    /// <summary>Columns behind the last; 0 where a rule decides.</summary>
    public int Right { get; }

    /// <summary>The same number at all sides.</summary>
    public static implicit operator Padding2d(int all) => new(all, all, all, all);

    /// <summary><c>(vertical, horizontal)</c>: the first above and below, the second at the left and right.</summary>
    public static implicit operator Padding2d((int Vertical, int Horizontal) sides) => new(sides.Vertical, sides.Vertical, sides.Horizontal, sides.Horizontal);

    /// <summary><c>(top, bottom, left, right)</c>.</summary>
    public static implicit operator Padding2d((int Top, int Bottom, int Left, int Right) sides) => new(sides.Top, sides.Bottom, sides.Left, sides.Right);

    /// <summary>As it is written.</summary>
    public override string ToString() => _rule == PaddingRule.Given ? $"({Top}, {Bottom}, {Left}, {Right})" : _rule.ToString();

    internal (int Before, int After) ResolveRows(string operation, int kernel, int stride, int dilation) =>
        PaddingRules.Resolve(operation, _rule, Top, Bottom, kernel, stride, dilation);

    internal (int Before, int After) ResolveColumns(string operation, int kernel, int stride, int dilation) =>
        PaddingRules.Resolve(operation, _rule, Left, Right, kernel, stride, dilation);
}

internal enum PaddingRule
{
    Given,
    Same,
    Causal,
}

internal static class PaddingRules
{
    /// <summary>The numbers before and behind an axis.</summary>
    public static (int Before, int After) Resolve(string operation, PaddingRule rule, int before, int after, int kernel, int stride, int dilation)
    {
        if (rule == PaddingRule.Given)
        {
            if (before < 0 || after < 0) Errors.OutOfRange("padding", Math.Min(before, after), $"{operation}: padding is 0 or more at every side, not {before} and {after}. To cut the input, slice it.");
            return (before, after);
        }

        int total = checked((int)Math.Min((long)dilation * (kernel - 1), int.MaxValue));
        if (rule == PaddingRule.Causal) return (total, 0);
        if (stride != 1) Errors.OutOfRange(nameof(stride), stride, $"{operation}: padding Same keeps the size, which a stride of {stride} cannot. Use stride 1, or give the padding as numbers.");
        return (total / 2, total - (total / 2));
    }
}
