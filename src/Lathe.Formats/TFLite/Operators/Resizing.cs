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
        var mode = halves ? CoordinateMode.HalfPixel : corners ? CoordinateMode.AlignCorners : CoordinateMode.Asymmetric;
        if (node.IsQuantized())
            return IntegerResizing.Bilinear(node, Sizes(node), corners, halves);
        return Resized(node, node.In(0), ResizeMode.Linear, mode, NearestMode.Floor);
    }

    public static Value NearestNeighbor(NodeContext node)
    {
        bool corners = node.Options.Flag(0), halves = node.Options.Flag(1);
        if (corners && halves)
            throw node.Unsupported("corners and half pixels cannot both be aligned");
        var mode = halves ? CoordinateMode.TfHalfPixel : corners ? CoordinateMode.AlignCorners : CoordinateMode.Asymmetric;
        return Resized(node, node.In(0), ResizeMode.Nearest, mode, corners ? NearestMode.RoundPreferCeil : NearestMode.Floor);
    }

    private static Value Resized(NodeContext node, Value x, ResizeMode mode, CoordinateMode coordinates, NearestMode nearest)
    {
        var sizes = Sizes(node);
        double[] scales = [1, (double)sizes.Rows / x.Shape[1].Value, (double)sizes.Columns / x.Shape[2].Value, 1];
        return node.Add(new Resize([x.Shape[0].Value, sizes.Rows, sizes.Columns, x.Shape[3].Value], scales, mode, coordinates, nearest), x);
    }

    private static (long Rows, long Columns) Sizes(NodeContext node)
    {
        long[] sizes = node.Ints(1, "size");
        if (node.In(0).Type.Rank != 4 || sizes.Length != 2 || sizes.Any(s => s < 1))
            node.Fail($"{node.In(0).Type} cannot become [{string.Join(", ", sizes)}]");
        return (sizes[0], sizes[1]);
    }
}
