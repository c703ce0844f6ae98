using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops that take elements from between the elements of an image.</summary>
internal static class Sampling
{
    public static Value GridSample(NodeContext node)
    {
        var mode = node.Attributes.Text("mode", "linear") switch
        {
            "linear" or "bilinear" => ResizeMode.Linear,
            "nearest" => ResizeMode.Nearest,
            "cubic" or "bicubic" => ResizeMode.Cubic,
            var other => throw new ModelException("LATHE3113", $"there is no mode '{other}'"),
        };
        var padding = node.Attributes.Text("padding_mode", "zeros") switch
        {
            "zeros" => GridPadding.Zeros,
            "border" => GridPadding.Border,
            "reflection" => GridPadding.Reflection,
            var other => throw new ModelException("LATHE3117", $"there is no padding_mode '{other}'"),
        };
        if (node.In(0).Type.Rank != 4)
            throw node.Unsupported("only images of rank 4 are supported");
        return node.Add(new GridSample(mode, padding, node.Attributes.Flag("align_corners")), node.In(0), node.In(1));
    }

    public static Value Col2Im(NodeContext node)
    {
        long[] image = node.Ints(1, "image_shape");
        long[] pads = Windows.PerAxis(node, "pads", 2 * image.Length, 0);
        var window = new Window(
            node.Ints(2, "block_shape"), Windows.PerAxis(node, "strides", image.Length, 1), pads[..image.Length], pads[image.Length..],
            Windows.PerAxis(node, "dilations", image.Length, 1));
        return node.Add(new Col2Im(image, window), node.In(0));
    }

    public static Value RoiAlign(NodeContext node)
    {
        bool max = node.Attributes.Text("mode", "avg") switch
        {
            "avg" => false,
            "max" => true,
            var other => throw new ModelException("LATHE3113", $"there is no mode '{other}'"),
        };
        bool halfPixel = node.Opset >= 16 && node.Attributes.Text("coordinate_transformation_mode", "half_pixel") == "half_pixel";
        return node.Add(
            new RoiAlign(
                node.Attributes.Int("output_height", 1),
                node.Attributes.Int("output_width", 1),
                node.Attributes.Int("sampling_ratio", 0),
                node.Attributes.Float("spatial_scale", 1),
                max,
                halfPixel),
            node.In(0), node.In(1), node.In(2));
    }
}
