using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>How TFLite describes the windows of convolutions and pooling: SAME or VALID padding, strides, dilations.</summary>
internal static class Windows
{
    private const byte Same = 0;

    /// <summary>A window over the spatial axes of an image with channels last.</summary>
    public static Window Of(NodeContext node, Value image, byte padding, long[] kernel, long[] strides, long[] dilations)
    {
        if (padding > 1)
            node.Fail($"the padding {padding} is unknown");
        return ImageWindows.Of(image, 1, padding == Same, kernel, strides, dilations);
    }

    /// <summary>The window of a pooling operator from its options.</summary>
    public static Window Pool(NodeContext node)
    {
        var options = node.Options;
        return Of(node, node.In(0), options.Byte(0), [options.Int(4), options.Int(3)], [options.Int(2), options.Int(1)], [1, 1]);
    }
}
