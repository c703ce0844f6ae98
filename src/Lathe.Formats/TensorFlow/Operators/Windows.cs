using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>The windows of convolutions and pooling, from the attributes padding, strides and explicit_paddings.</summary>
internal static class Windows
{
    public static Window Of(NodeContext node, Value x, ImageFormat format, long[] kernel, long[] dilations)
    {
        string padding = node.Attributes.Text("padding");
        if (padding is not ("SAME" or "VALID" or "EXPLICIT"))
            node.Fail($"the padding '{padding}' is unknown");
        var window = ImageWindows.Of(x, format.FirstSpatial, padding == "SAME", kernel, format.Spatial(node, "strides"), dilations);
        if (padding != "EXPLICIT")
            return window;
        var (before, after) = Explicit(node, format);
        return window with { PadsBefore = before, PadsAfter = after };
    }

    /// <summary>Padding before and after each axis, as an attribute lists it.</summary>
    public static (long[] Before, long[] After) Explicit(NodeContext node, ImageFormat format)
    {
        long[] all = node.Attributes.Ints("explicit_paddings");
        if (all.Length != 2 * format.Rank || all.Any(p => p is < 0 or > int.MaxValue))
            node.Fail($"the padding {Misfit.List(all)} should have {2 * format.Rank} entries");
        return (format.Extents([.. all.Where((_, i) => i % 2 == 0)]), format.Extents([.. all.Where((_, i) => i % 2 == 1)]));
    }
}
