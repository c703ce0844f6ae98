using Lathe.Cli.Images;
using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>A picture that becomes an input, and how. What is null follows from the input's shape.</summary>
internal sealed record PictureInput(
    string File, ImageLayout? Layout, ChannelOrder? Channels, double Scale, EquatableArray<double> Mean, EquatableArray<double> Std, ResizeMode Resize)
{
    /// <summary>Whether the user left open how pixels become numbers, so that the model's own way counts, where it says one.</summary>
    public bool IsOpen { get; init; }

    private RgbImage? _image;

    private RgbImage Image => _image ??= ImageFile.Read(File);

    /// <summary>Whether an input of this shape can hold a picture: one of 4 axes with 1 or 3 channels.</summary>
    public bool Fits(Shape shape) => shape.Rank == 4 && LayoutOf(shape) is { } layout && ChannelCount(shape, layout) is 1 or 3;

    /// <summary>The shape with the picture's own size where it is open, and 1 for an open batch.</summary>
    public Shape Complete(Shape declared)
    {
        if (declared.Rank != 4 || LayoutOf(declared) is not { } layout)
            return declared;
        int row = layout == ImageLayout.Nchw ? 2 : 1;
        return [.. declared.Select((dim, axis) => dim.IsKnown || (axis != row && axis != row + 1) ? dim : axis == row ? Image.Height : Image.Width)];
    }

    public Tensor ToTensor(string input, DType type, Shape shape)
    {
        if (shape.Rank != 4 || LayoutOf(shape) is not { } layout || ChannelCount(shape, layout) is not (1 or 3) || shape[0] != 1)
            throw new ModelException("LATHE7012", $"input '{input}' is {type.Name}{shape}, which holds no picture", "a picture goes into [1,C,H,W] or [1,H,W,C] with 1 or 3 channels");
        long channels = ChannelCount(shape, layout);
        var order = Channels ?? (channels == 1 ? ChannelOrder.Gray : ChannelOrder.Rgb);
        if ((order == ChannelOrder.Gray) != (channels == 1))
            throw new ModelException("LATHE7012", $"input '{input}' is {type.Name}{shape} and has {channels} channels, which --channel-order {order.ToString().ToUpperInvariant()} does not give");
        int row = layout == ImageLayout.Nchw ? 2 : 1;
        return ImageTensor.From(Image, new ImageTensorOptions(Extent(shape[row + 1]), Extent(shape[row]))
        {
            Layout = layout,
            Channels = order,
            Scale = Scale,
            Mean = Mean,
            Std = Std,
            ResizeMode = Resize,
            Type = type,
        });
    }

    private static int Extent(Dim dim) => (int)Math.Min(dim.Value, int.MaxValue);

    private static long ChannelCount(Shape shape, ImageLayout layout) =>
        shape[layout == ImageLayout.Nchw ? 1 : 3] is { IsKnown: true } channels ? channels.Value : 0;

    private ImageLayout? LayoutOf(Shape shape) => Layout
        ?? (ChannelCount(shape, ImageLayout.Nchw) is 1 or 3 ? ImageLayout.Nchw : ChannelCount(shape, ImageLayout.Nhwc) is 1 or 3 ? ImageLayout.Nhwc : null);
}
