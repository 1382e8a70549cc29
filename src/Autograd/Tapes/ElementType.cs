namespace Autograd;

internal static class ElementType
{
    /// <summary>Refuses element types other than float and double, for which there are no kernels.</summary>
    public static void Require<T>(string what)
    {
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double))
        {
            throw new ArgumentException($"{what}<{typeof(T).Name}>: the element type is float or double, since gradients are computed in these two only.");
        }
    }
}
