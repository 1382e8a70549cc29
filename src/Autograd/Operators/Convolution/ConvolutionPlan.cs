using Autograd.Kernels;

namespace Autograd;

/// <summary>
/// A convolution's attributes, checked against its operands. Input and Output are those of the convolution; a transposed
/// one maps Output to Input.
/// </summary>
internal readonly record struct ConvolutionPlan(ConvolutionShape Sizes, Shape Input, Shape Weight, Shape Output)
{
    /// <summary>The plan of a convolution with one spatial axis.</summary>
    public static ConvolutionPlan Of1d(Shape input, Shape weight, Shape? bias, int stride, Padding1d padding, int dilation, int groups)
    {
        Request request = new("Conv1d", 1, input, weight, bias, stride, dilation, groups);
        request.CheckOperands();
        (int before, int after) = padding.Resolve(request.Name, weight[2], stride, dilation);
        return request.Plan(Windowing.One, request.Windows("length", 2, stride, before, after, dilation));
    }

    /// <summary>The plan of a convolution with two spatial axes.</summary>
    public static ConvolutionPlan Of2d(Shape input, Shape weight, Shape? bias, Size2d stride, Padding2d padding, Size2d dilation, int groups)
    {
        Request request = new("Conv2d", 2, input, weight, bias, stride, dilation, groups);
        request.CheckOperands();
        (int top, int bottom) = padding.ResolveRows(request.Name, weight[2], stride.Height, dilation.Height);
        (int left, int right) = padding.ResolveColumns(request.Name, weight[3], stride.Width, dilation.Width);
        return request.Plan(
            request.Windows("height", 2, stride.Height, top, bottom, dilation.Height), request.Windows("width", 3, stride.Width, left, right, dilation.Width));
    }

    /// <summary>The plan of the convolution whose transpose is asked for, with one spatial axis.</summary>
    public static ConvolutionPlan OfTransposed1d(Shape input, Shape weight, Shape? bias, int stride, Padding1d padding, int outputPadding, int dilation, int groups)
    {
        Request request = new("ConvTranspose1d", 1, input, weight, bias, stride, dilation, groups);
        request.CheckTransposedOperands();
        if (padding == Padding1d.Causal) Errors.Argument("ConvTranspose1d: padding Causal is for convolutions; here padding cuts the result. Give the elements to cut as (left, right).");
        (int before, int after) = padding.Resolve(request.Name, weight[2], stride, dilation);
        return request.TransposedPlan(Windowing.One, request.TransposedWindows("length", 2, stride, before, after, outputPadding, dilation));
    }

    /// <summary>The plan of the convolution whose transpose is asked for, with two spatial axes.</summary>
    public static ConvolutionPlan OfTransposed2d(
        Shape input, Shape weight, Shape? bias, Size2d stride, Padding2d padding, Size2d outputPadding, Size2d dilation, int groups)
    {
        Request request = new("ConvTranspose2d", 2, input, weight, bias, stride, dilation, groups);
        request.CheckTransposedOperands();
        (int top, int bottom) = padding.ResolveRows(request.Name, weight[2], stride.Height, dilation.Height);
        (int left, int right) = padding.ResolveColumns(request.Name, weight[3], stride.Width, dilation.Width);
        return request.TransposedPlan(
            request.TransposedWindows("height", 2, stride.Height, top, bottom, outputPadding.Height, dilation.Height),
            request.TransposedWindows("width", 3, stride.Width, left, right, outputPadding.Width, dilation.Width));
    }

    /// <summary>What was asked for, and its checks.</summary>
    private readonly record struct Request(string Name, int Spatial, Shape Input, Shape Weight, Shape? Bias, Size2d Stride, Size2d Dilation, int Groups)
    {
        public void CheckOperands()
        {
            CheckRanks("[filters, channels / groups, kernel…]");
            int channels = Input[1], filters = Weight[0];
            if (channels % Groups != 0 || filters % Groups != 0)
            {
                Errors.Shape($"{Name}: groups: {Groups} must divide the {channels} channels of the input {Input} and the {filters} filters of the weight {Weight}.");
            }

            if (Weight[1] != channels / Groups)
            {
                Errors.Shape($"{Name}: the input of shape {Input} has {channels} channels, so with groups: {Groups} the weight needs {channels / Groups} in its second axis, but its shape is {Weight} ([filters, channels / groups, kernel…]).");
            }

            CheckBias(filters);
        }

        public void CheckTransposedOperands()
        {
            CheckRanks("[channels, filters / groups, kernel…]");
            int channels = Input[1];
            if (Weight[0] != channels || channels % Groups != 0)
            {
                Errors.Shape($"{Name}: the input of shape {Input} has {channels} channels, which must be the first axis of the weight {Weight} ([channels, filters / groups, kernel…]) and be divided by groups: {Groups}.");
            }

            CheckBias(checked(Weight[1] * Groups));
        }

        /// <summary>The windows a kernel has along an axis of the input.</summary>
        public WindowAxis Windows(string axis, int at, int stride, int before, int after, int dilation) =>
            Windowing.Axis(Name, axis, Input, at, Weight[at], stride, before, after, dilation);

        /// <summary>The windows along an axis of the result, of which the input has one element each.</summary>
        public WindowAxis TransposedWindows(string axis, int at, int stride, int before, int after, int outputPadding, int dilation)
        {
            if (outputPadding < 0 || (outputPadding >= stride && outputPadding >= dilation))
            {
                Errors.OutOfRange(
                    nameof(outputPadding), outputPadding, $"{Name}: outputPadding is 0 or more and smaller than the stride or the dilation, but along the {axis} it is {outputPadding} with stride {stride} and dilation {dilation}.");
            }

            int count = Input[at], kernel = Weight[at];
            long size = ((count - 1L) * stride) - before - after + (dilation * (kernel - 1L)) + outputPadding + 1;
            if (size is < 1 or > int.MaxValue)
            {
                Errors.Shape($"{Name}: the {axis} of the result would be {size}: ({count} − 1) · stride {stride} − padding {before} and {after} + dilation {dilation} · (kernel {kernel} − 1) + outputPadding {outputPadding} + 1. The input has shape {Input}.");
            }

            return new WindowAxis((int)size, kernel, stride, before, dilation, count);
        }

        public ConvolutionPlan Plan(WindowAxis rows, WindowAxis columns)
        {
            ConvolutionShape sizes = new(Input[0], Groups, Weight[1], Weight[0] / Groups, new Windows(rows, columns));
            Shape output = Input.With(1, Weight[0]).With(Spatial + 1, columns.Count);
            return new(sizes, Input, Weight, Spatial == 1 ? output : output.With(2, rows.Count));
        }

        public ConvolutionPlan TransposedPlan(WindowAxis rows, WindowAxis columns)
        {
            ConvolutionShape sizes = new(Input[0], Groups, Weight[1], Weight[0] / Groups, new Windows(rows, columns));
            Shape result = Input.With(1, Weight[1] * Groups).With(Spatial + 1, columns.Size);
            return new(sizes, Spatial == 1 ? result : result.With(2, rows.Size), Weight, Input);
        }

        private void CheckRanks(string weight)
        {
            string axes = Spatial == 1 ? "[batch, channels, length]" : "[batch, channels, height, width]";
            if (Input.Rank != Spatial + 2) Errors.Shape($"{Name}: the input has shape {Input}, but it needs the axes {axes}. For a single image, Unsqueeze(0) first.");
            if (Weight.Rank != Spatial + 2) Errors.Shape($"{Name}: the weight has shape {Weight}, but it needs {Spatial + 2} axes, {weight}.");
            if (Groups < 1) Errors.OutOfRange("groups", Groups, $"{Name}: groups is 1 or more, not {Groups}.");
            for (int axis = 2; axis < Weight.Rank; axis++)
            {
                if (Weight[axis] < 1) Errors.Shape($"{Name}: the weight of shape {Weight} has a kernel of size {Weight[axis]}; it must be 1 or more along each axis.");
            }

            Windowing.RequirePositive(Name, "stride", Stride);
            Windowing.RequirePositive(Name, "dilation", Dilation);
        }

        private void CheckBias(int filters)
        {
            if (Bias is { } bias && (bias.Rank != 1 || bias[0] != filters)) Errors.Shape($"{Name}: the bias has shape {bias}; the weight of shape {Weight} with groups: {Groups} needs [{filters}].");
        }
    }
}

/// <summary>What convolutions, pooling and unfolding check alike.</summary>
internal static class Windowing
{
    /// <summary>The rows of an operator with one spatial axis: one window of one element.</summary>
    public static WindowAxis One => new(1, 1, 1, 0, 1, 1);

    public static void RequirePositive(string operation, string name, Size2d size)
    {
        if (size.Height < 1 || size.Width < 1)
        {
            Errors.OutOfRange(name, Math.Min(size.Height, size.Width), $"{operation}: {name} is 1 or more along every axis, not {Text(size)}.");
        }
    }

    public static void RequireNotNegative(string operation, string name, Size2d size)
    {
        if (size.Height < 0 || size.Width < 0)
        {
            Errors.OutOfRange(name, Math.Min(size.Height, size.Width), $"{operation}: {name} is 0 or more along every axis, not {Text(size)}.");
        }
    }

    /// <summary>The windows along one axis of an input; refuses a kernel that does not fit.</summary>
    public static WindowAxis Axis(string operation, string axis, Shape input, int at, int kernel, int stride, int before, int after, int dilation)
    {
        int size = input[at];
        long reach = (dilation * (kernel - 1L)) + 1, padded = (long)size + before + after;
        if (reach > padded || padded > int.MaxValue)
        {
            Errors.Shape($"{operation}: a kernel of {kernel} with dilation {dilation} spans {reach} elements, but the {axis} of the input {input} is {size}, padded with {before} and {after} to {padded}. Pad more, or use a smaller kernel or dilation.");
        }

        return new WindowAxis(size, kernel, stride, before, dilation, (int)((padded - reach) / stride) + 1);
    }

    /// <summary>A size as a user writes it.</summary>
    public static string Text(Size2d size) => size.Height == size.Width ? $"{size.Height}" : size.ToString();
}
