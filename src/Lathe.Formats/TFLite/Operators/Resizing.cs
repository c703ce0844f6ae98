using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Images sampled anew at another size.</summary>
internal static class Resizing
{
    public static Value Bilinear(NodeContext node)
    {
        bool corners = node.Options.Flag(2), halves = node.Options.Flag(3);
        long[] size = node.Ints(1, "size");
        return node.IsQuantized()
            ? IntegerResizing.Bilinear(node, GraphBuilder.ImageSize(node.In(0), size), corners, halves)
            : node.Builder.ResizedBilinear(node.In(0), size, corners, halves);
    }

    public static Value NearestNeighbor(NodeContext node) =>
        node.Builder.ResizedNearest(node.In(0), node.Ints(1, "size"), node.Options.Flag(0), node.Options.Flag(1));
}
