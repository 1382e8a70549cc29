namespace Autograd;

internal static class Sizes
{
    /// <summary>Refuses a size below 1.</summary>
    public static void RequirePositive(string layer, string name, int size)
    {
        if (size < 1) Errors.OutOfRange(name, size, $"{layer}: {name} is 1 or more, not {size}.");
    }
}
