using Autograd.Kernels;

namespace Autograd;

/// <summary>The windows of pools, and their checks.</summary>
internal static class Pools
{
    /// <summary>Windows of a max pool over one or two spatial axes; one axis is a plane of height 1.</summary>
    public static Windows Windows(string operation, int spatial, Shape shape, Size2d kernelSize, Size2d stride, Size2d padding, Size2d dilation)
    {
        RequireImages(operation, shape, spatial + 2, spatial + 2);
        Windowing.RequirePositive(operation, nameof(kernelSize), kernelSize);
        Windowing.RequirePositive(operation, nameof(stride), stride);
        Windowing.RequireNotNegative(operation, nameof(padding), padding);
        Windowing.RequirePositive(operation, nameof(dilation), dilation);
        if (padding.Height > kernelSize.Height / 2 || padding.Width > kernelSize.Width / 2)
        {
            Size2d half = new(kernelSize.Height / 2, kernelSize.Width / 2);
            Errors.OutOfRange(nameof(padding), padding, $"{operation}: padding is at most half the kernel size, {Windowing.Text(half)} for {Windowing.Text(kernelSize)}, but it is {Windowing.Text(padding)}. Pad the input first.");
        }

        if ((spatial == 1 ? 1L : kernelSize.Height) * kernelSize.Width > Pooling.MostTaps)
        {
            Errors.OutOfRange(nameof(kernelSize), kernelSize, $"{operation}: a window has at most {Pooling.MostTaps:N0} elements, but {Windowing.Text(kernelSize)} has more. Pool in two steps.");
        }

        WindowAxis columns = Windowing.Axis(operation, spatial == 1 ? "length" : "width", shape, spatial + 1, kernelSize.Width, stride.Width, padding.Width, padding.Width, dilation.Width);
        return new(
            spatial == 1 ? Windowing.One : Windowing.Axis(operation, "height", shape, 2, kernelSize.Height, stride.Height, padding.Height, padding.Height, dilation.Height), columns);
    }

    /// <summary>Windows of an average pool, with the same checks.</summary>
    public static AverageShape Averages(string operation, int spatial, Shape shape, Size2d kernelSize, Size2d stride, Size2d padding, bool countPadding)
    {
        Windows windows = Windows(operation, spatial, shape, kernelSize, stride, padding, 1);
        return new(Of(windows.Rows), Of(windows.Columns), countPadding);

        static AverageAxis Of(WindowAxis axis) => new(axis.Size, axis.Count, axis.Kernel, axis.Stride, axis.Before);
    }

    /// <summary>Ranges that cover the input.</summary>
    public static AverageShape Adaptive(string operation, int spatial, Shape shape, Size2d outputSize)
    {
        RequireImages(operation, shape, spatial + 2, spatial + 2);
        Windowing.RequireNotNegative(operation, nameof(outputSize), outputSize);
        return new(spatial == 1 ? AverageAxis.Adaptive(1, 1) : AverageAxis.Adaptive(shape[2], outputSize.Height), AverageAxis.Adaptive(shape[^1], outputSize.Width), false);
    }

    /// <summary>Refuses what is not [batch, channels, …] with at least one element along the other axes.</summary>
    public static void RequireImages(string operation, Shape shape, int leastRank, int mostRank)
    {
        if (shape.Rank < leastRank || shape.Rank > mostRank)
        {
            string axes = leastRank == 4 ? "[batch, channels, height, width]" : mostRank == 3 ? "[batch, channels, length]" : "[batch, channels, length] or [batch, channels, height, width]";
            Errors.Shape($"{operation}: the input has shape {shape}, but it needs the axes {axes}. For a single image, Unsqueeze(0) first.");
        }

        for (int axis = 2; axis < shape.Rank; axis++)
        {
            if (shape[axis] == 0) Errors.Shape($"{operation}: the input of shape {shape} has no elements along axis {axis}, so there is nothing to pool.");
        }
    }

    /// <summary>The shape of images with another size.</summary>
    public static Shape Result(Shape images, int height, int width) =>
        images.Rank == 3 ? images.With(2, width) : images.With(2, height).With(3, width);
}
