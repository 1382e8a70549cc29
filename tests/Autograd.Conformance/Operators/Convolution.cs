using System.Numerics;

namespace Autograd.Conformance.Operators;

/// <summary>conv.json and pool.json</summary>
internal static class Convolution
{
    public static void AddTo<T>(OpTable<T> table)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        const string Inputs = "input weight bias", Windows = "stride padding dilation groups";
        table.Add("conv1d", Windows, Inputs, static b =>
            b["input"].Conv1d(b["weight"], b.Optional("bias"), b.Int("stride"), Padding1d(b), b.Int("dilation"), b.Int("groups")));
        table.Add("conv2d", Windows, Inputs, static b =>
            b["input"].Conv2d(b["weight"], b.Optional("bias"), Size(b, "stride"), Padding2d(b), Size(b, "dilation"), b.Int("groups")));
        table.Add("conv_transpose1d", $"{Windows} output_padding", Inputs, static b =>
            b["input"].ConvTranspose1d(b["weight"], b.Optional("bias"), b.Int("stride"), Padding1d(b), b.Int("output_padding"), b.Int("dilation"), b.Int("groups")));
        table.Add("conv_transpose2d", $"{Windows} output_padding", Inputs, static b =>
            b["input"].ConvTranspose2d(
                b["weight"], b.Optional("bias"), Size(b, "stride"), Padding2d(b), Size(b, "output_padding"), Size(b, "dilation"), b.Int("groups")));
        table.Add("unfold", "kernel_size stride padding dilation", "input", static b =>
            b["input"].Unfold(Size(b, "kernel_size"), Size(b, "stride"), Padding2d(b), Size(b, "dilation")));

        table.Add("max_pool1d", "kernel_size stride padding dilation", "input", static b =>
            b["input"].MaxPool1d(b.Int("kernel_size"), b.OptionalInt("stride"), b.Int("padding"), b.Int("dilation")));
        table.Add("max_pool2d", "kernel_size stride padding dilation", "input", static b =>
            b["input"].MaxPool2d(Size(b, "kernel_size"), OptionalSize(b, "stride"), Size(b, "padding"), Size(b, "dilation")));
        table.Add("avg_pool1d", "kernel_size stride padding count_include_pad", "input", static b =>
            b["input"].AvgPool1d(b.Int("kernel_size"), b.OptionalInt("stride"), b.Int("padding"), b.Flag("count_include_pad")));
        table.Add("avg_pool2d", "kernel_size stride padding count_include_pad", "input", static b =>
            b["input"].AvgPool2d(Size(b, "kernel_size"), OptionalSize(b, "stride"), Size(b, "padding"), b.Flag("count_include_pad")));
        table.Add("adaptive_avg_pool1d", "output_size", "input", static b => b["input"].AdaptiveAvgPool1d(b.Int("output_size")));
        table.Add("adaptive_avg_pool2d", "output_size", "input", static b => b["input"].AdaptiveAvgPool2d(Size(b, "output_size")));
    }

    /// <summary>An integer for both axes, or a list of two.</summary>
    private static Size2d Size<T>(Bench<T> b, string attribute)
        where T : unmanaged, IFloatingPointIeee754<T> => b.Ints(attribute) switch
        {
            [int both] => both,
            [int height, int width] => (height, width),
            _ => throw b.Bad(attribute),
        };

    private static Size2d? OptionalSize<T>(Bench<T> b, string attribute)
        where T : unmanaged, IFloatingPointIeee754<T> => b.IsNull(attribute) ? null : Size(b, attribute);

    private static Padding1d Padding1d<T>(Bench<T> b)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        !b.IsText("padding") ? b.Int("padding") : b.Text("padding") switch
        {
            "same" => Autograd.Padding1d.Same,
            "valid" => Autograd.Padding1d.Valid,
            _ => throw b.Bad("padding"),
        };

    private static Padding2d Padding2d<T>(Bench<T> b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!b.IsText("padding"))
        {
            Size2d size = Size(b, "padding");
            return (size.Height, size.Width);
        }

        return b.Text("padding") switch
        {
            "same" => Autograd.Padding2d.Same,
            "valid" => Autograd.Padding2d.Valid,
            _ => throw b.Bad("padding"),
        };
    }
}
