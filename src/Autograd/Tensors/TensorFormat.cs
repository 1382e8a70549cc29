using System.Globalization;
using System.Text;

namespace Autograd;

/// <summary>
/// Prints a tensor as NumPy's <c>str</c> does: rows in brackets, columns aligned, at most 8 digits behind the point,
/// scientific where the numbers differ too much, and three items at each end of an axis beyond 1,000 elements.
/// </summary>
internal static class TensorFormat
{
    private const int Threshold = 1000;
    private const int EdgeItems = 3;
    private const int LineWidth = 75;
    private const string Left = "...";

    public static string Format<T>(Tensor<T> tensor)
        where T : unmanaged
    {
        if (tensor.Length == 0) return "[]";
        if (tensor.Rank == 0) return Scalar(tensor.Span[0]);
        bool summarize = tensor.Length > Threshold;
        List<T> shown = [];
        Collect(tensor, summarize, shown);
        StringBuilder text = new();
        Queue<string> words = new(Words(shown));
        Append(text, words, tensor.Shape, axis: 0, summarize);
        return text.ToString();
    }

    private static string Scalar<T>(T value)
        where T : unmanaged => value switch
        {
            double number => FloatFormat.Scalar(number, single: false),
            float number => FloatFormat.Scalar(number, single: true),
            _ => Plain(value),
        };

    private static IEnumerable<string> Words<T>(List<T> values)
        where T : unmanaged
    {
        if (values is List<double> doubles) return new FloatFormat(doubles, single: false).Words();
        if (values is List<float> singles) return new FloatFormat([.. singles.Select(static value => (double)value)], single: true).Words();
        string[] words = [.. values.Select(Plain)];
        int width = typeof(T) == typeof(bool) ? "False".Length : words.Max(static word => word.Length);
        return words.Select(word => word.PadLeft(width));
    }

    private static string Plain<T>(T value)
        where T : unmanaged => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;

    private static void Collect<T>(Tensor<T> tensor, bool summarize, List<T> shown)
        where T : unmanaged
    {
        if (tensor.Rank == 0)
        {
            shown.Add(tensor.Span[0]);
            return;
        }

        int size = tensor.Shape[0];
        bool cut = summarize && size > 2 * EdgeItems;
        for (int i = 0; i < size; i++)
        {
            if (cut && i == EdgeItems) i = size - EdgeItems;
            Collect(tensor[i], summarize, shown);
        }
    }

    private static void Append(StringBuilder text, Queue<string> words, Shape shape, int axis, bool summarize)
    {
        int size = shape[axis];
        bool cut = summarize && size > 2 * EdgeItems, last = axis == shape.Rank - 1;
        string indent = new(' ', axis + 1);
        int room = LineWidth - axis - 1, used = axis + 1;
        text.Append('[');
        for (int i = 0; i < size; i++)
        {
            bool gap = cut && i == EdgeItems;
            if (gap) i = size - EdgeItems - 1; // in their place, one mark
            if (last)
            {
                string word = gap ? Left : words.Dequeue();
                if (used + word.Length > room && used > indent.Length)
                {
                    TrimEnd(text);
                    text.Append('\n').Append(indent);
                    used = indent.Length;
                }

                text.Append(word);
                used += word.Length + 1;
                if (i < size - 1) text.Append(' ');
                continue;
            }

            if (i > 0) text.Append(indent);
            if (gap) text.Append(Left);
            else Append(text, words, shape, axis + 1, summarize);
            if (i < size - 1) text.Append('\n', shape.Rank - axis - 1);
        }

        text.Append(']');
    }

    private static void TrimEnd(StringBuilder text)
    {
        while (text[^1] == ' ') text.Length--;
    }
}
