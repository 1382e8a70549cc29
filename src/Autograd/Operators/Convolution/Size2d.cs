namespace Autograd;

/// <summary>A pair of numbers for the two axes of an image: write one number for both, or <c>(height, width)</c>.</summary>
/// <param name="Height">For the rows.</param>
/// <param name="Width">For the columns.</param>
public readonly record struct Size2d(int Height, int Width)
{
    /// <summary>One number for both axes.</summary>
    public static implicit operator Size2d(int both) => new(both, both);

    /// <summary><c>(height, width)</c>.</summary>
    public static implicit operator Size2d((int Height, int Width) size) => new(size.Height, size.Width);

    /// <summary>As it is written: <c>(3, 2)</c>.</summary>
    public override string ToString() => $"({Height}, {Width})";
}
