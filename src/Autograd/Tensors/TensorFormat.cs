using System.Globalization;
using System.Text;

namespace Autograd;

internal static class TensorFormat
{
    public static string Format<T>(Tensor<T> tensor)
        where T : unmanaged
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Tensor{tensor.Shape}");
        return text.ToString();
    }
}
