using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>The layout of images, which an attribute names, and entries for all four or five axes that become those of the spatial axes.</summary>
internal readonly record struct ImageFormat(Layout Layout, int Rank)
{
    public int FirstSpatial => Layout == Layout.ChannelsLast ? 1 : 2;

    public int Channel => Layout == Layout.ChannelsLast ? Rank - 1 : 1;

    public static ImageFormat Of(NodeContext node, int rank) => node.Attributes.Text("data_format", rank == 5 ? "NDHWC" : "NHWC") switch
    {
        "NHWC" or "NDHWC" or "" => new(Layout.ChannelsLast, rank),
        "NCHW" or "NCDHW" => new(Layout.ChannelsFirst, rank),
        var format => throw node.Unsupported($"the layout {format} is not supported"),
    };

    /// <summary>The entries of an attribute for the spatial axes; those for batches and channels must be 1.</summary>
    public long[] Spatial(NodeContext node, string attribute)
    {
        long[] all = node.Attributes.Ints(attribute, [.. Enumerable.Repeat(1L, Rank)]);
        if (all.Length == 0)
            all = [.. Enumerable.Repeat(1L, Rank)];
        return Spatial(node, all, attribute);
    }

    public long[] Spatial(NodeContext node, long[] all, string what)
    {
        if (all.Length != Rank)
            node.Fail($"its {what} [{string.Join(", ", all)}] should have {Rank} entries");
        if (all[0] != 1 || all[Channel] != 1)
            throw node.Unsupported($"its {what} [{string.Join(", ", all)}] along batches or channels are not supported");
        return all[FirstSpatial..(FirstSpatial + Rank - 2)];
    }

    /// <summary>The extents of a shape along the spatial axes.</summary>
    public long[] Extents(long[] shape) => shape[FirstSpatial..(FirstSpatial + Rank - 2)];
}
