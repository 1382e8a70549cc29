namespace Autograd.Tests;

/// <summary>Attributes of a convolution; <see cref="ToString"/> is the record's.</summary>
public readonly record struct ConvolutionCase
{
    public ConvolutionCase()
    {
    }

    public (int Height, int Width) Stride { get; init; } = (1, 1);

    /// <summary>Top, bottom, left, right.</summary>
    public (int Top, int Bottom, int Left, int Right) Padding { get; init; }

    public (int Height, int Width) Dilation { get; init; } = (1, 1);

    public int Groups { get; init; } = 1;

    public (int Height, int Width) OutputPadding { get; init; }
}

/// <summary>Convolutions as nested loops over [N, C, H, W]; an array of three axes is an image of height 1.</summary>
internal static class ConvolutionReference
{
    public static Nd Convolution(Nd x, Nd w, Nd? bias, ConvolutionCase a)
    {
        if (x.Rank == 3) return Line(Convolution(Image(x), Image(w), bias, a));
        int height = Count(x.Sizes[2], w.Sizes[2], a.Stride.Height, a.Padding.Top + a.Padding.Bottom, a.Dilation.Height);
        int width = Count(x.Sizes[3], w.Sizes[3], a.Stride.Width, a.Padding.Left + a.Padding.Right, a.Dilation.Width);
        int filters = w.Sizes[0] / a.Groups, channels = w.Sizes[1];
        return Nd.Build([x.Sizes[0], w.Sizes[0], height, width], at =>
        {
            Real sum = bias is null ? 0 : bias[at[1]];
            foreach (int[] k in Nd.IndicesOf(w.Sizes[1..]))
            {
                int row = (at[2] * a.Stride.Height) + (k[1] * a.Dilation.Height) - a.Padding.Top, column = (at[3] * a.Stride.Width) + (k[2] * a.Dilation.Width) - a.Padding.Left;
                if (row < 0 || row >= x.Sizes[2] || column < 0 || column >= x.Sizes[3]) continue;
                sum += w[at[1], k[0], k[1], k[2]] * x[at[0], (at[1] / filters * channels) + k[0], row, column];
            }

            return sum;
        });
    }

    public static Nd Transposed(Nd x, Nd w, Nd? bias, ConvolutionCase a)
    {
        if (x.Rank == 3) return Line(Transposed(Image(x), Image(w), bias, a));
        int height = ((x.Sizes[2] - 1) * a.Stride.Height) - a.Padding.Top - a.Padding.Bottom + (a.Dilation.Height * (w.Sizes[2] - 1)) + a.OutputPadding.Height + 1;
        int width = ((x.Sizes[3] - 1) * a.Stride.Width) - a.Padding.Left - a.Padding.Right + (a.Dilation.Width * (w.Sizes[3] - 1)) + a.OutputPadding.Width + 1;
        int channels = x.Sizes[1] / a.Groups, filters = w.Sizes[1];
        Nd y = Nd.Build([x.Sizes[0], filters * a.Groups, height, width], at => bias is null ? 0 : bias[at[1]]);
        foreach (int[] at in x.Indices)
        {
            foreach (int[] k in Nd.IndicesOf(w.Sizes[1..]))
            {
                int row = (at[2] * a.Stride.Height) + (k[1] * a.Dilation.Height) - a.Padding.Top, column = (at[3] * a.Stride.Width) + (k[2] * a.Dilation.Width) - a.Padding.Left;
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                y[at[0], (at[1] / channels * filters) + k[0], row, column] += x[at] * w[at[1], k[0], k[1], k[2]];
            }
        }

        return y;
    }

    /// <summary>w[f, c, s, t] = Σ x · g, over [N, C, H, W].</summary>
    public static Nd WeightGradient(Nd x, Nd g, int[] weight, ConvolutionCase a)
    {
        int filters = weight[0] / a.Groups;
        return Nd.Build(weight, k =>
        {
            Real sum = 0;
            for (int n = 0; n < x.Sizes[0]; n++)
            {
                foreach (int[] at in Nd.IndicesOf(g.Sizes[2..]))
                {
                    int row = (at[0] * a.Stride.Height) + (k[2] * a.Dilation.Height) - a.Padding.Top, column = (at[1] * a.Stride.Width) + (k[3] * a.Dilation.Width) - a.Padding.Left;
                    if (row < 0 || row >= x.Sizes[2] || column < 0 || column >= x.Sizes[3]) continue;
                    sum += g[n, k[0], at[0], at[1]] * x[n, (k[0] / filters * weight[1]) + k[1], row, column];
                }
            }

            return sum;
        });
    }

    public static int Count(int size, int kernel, int stride, int padding, int dilation) => ((size + padding - (dilation * (kernel - 1)) - 1) / stride) + 1;

    /// <summary>A random convolution along both axes, or along the last alone: attributes, input and weight sizes.</summary>
    public static (ConvolutionCase Case, int[] Input, int[] Weight) Draw(Choices choose, bool line)
    {
        (int Size, int Kernel, int Stride, int Before, int After, int Dilation) Axis()
        {
            int kernel = choose.Between(1, 3), dilation = choose.Between(1, 2), stride = choose.Between(1, 3), before = choose.Between(0, 2), after = choose.Between(0, 2);
            int size = choose.Between(1, 5);
            return (Math.Max(size, (dilation * (kernel - 1)) + 1 - before - after), kernel, stride, before, after, dilation);
        }

        int groups = choose.Between(1, 3), channels = choose.Between(1, 2), filters = choose.Of(1, 2, 4), batch = choose.Size(0, 2);
        var columns = Axis();
        var rows = line ? (Size: 1, Kernel: 1, Stride: 1, Before: 0, After: 0, Dilation: 1) : Axis();
        ConvolutionCase attributes = new()
        {
            Stride = (rows.Stride, columns.Stride),
            Padding = (rows.Before, rows.After, columns.Before, columns.After),
            Dilation = (rows.Dilation, columns.Dilation),
            Groups = groups,
        };
        int[] input = [batch, groups * channels, rows.Size, columns.Size], weight = [groups * filters, channels, rows.Kernel, columns.Kernel];
        return line ? (attributes, [input[0], input[1], input[3]], [weight[0], weight[1], weight[3]]) : (attributes, input, weight);
    }

    private static Nd Image(Nd x) => x.Reshape(x.Sizes[0], x.Sizes[1], 1, x.Sizes[2]);

    private static Nd Line(Nd x) => x.Reshape(x.Sizes[0], x.Sizes[1], x.Sizes[3]);
}
