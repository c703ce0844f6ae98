using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Bilinear interpolation of integers: places and weights with 10 bits behind the point.</summary>
internal static class IntegerResizing
{
    public static Value Bilinear(NodeContext node, (long Rows, long Columns) sizes, bool corners, bool halves)
    {
        var x = node.Add(new Cast(DType.Int32), node.In(0));
        x = Along(node, x, 1, sizes.Rows, corners, halves);
        x = Along(node, x, 2, sizes.Columns, corners, halves);
        // Both axes together leave 20 bits, which are rounded off, halves away from zero.
        var half = node.Builder.Scalar(1 << 19, DType.Int32);
        var nudged = node.Add(new Where(), node.Add(new Greater(), x, node.Builder.Scalar(0, DType.Int32)), node.Add(new Add(), x, half), node.Add(new Sub(), x, half));
        return node.Add(new Cast(node.OutputElement()), node.Add(new Div(), nudged, node.Builder.Scalar(1 << 20, DType.Int32)));
    }

    private static Value Along(NodeContext node, Value x, int axis, long size, bool corners, bool halves)
    {
        long extent = x.Shape[axis].Value;
        long step = corners && size > 1 ? ((1024 * (extent - 1)) + ((size - 1) / 2)) / (size - 1) : ((1024 * extent) + (size / 2)) / size;
        var (first, second, weight) = (new long[size], new long[size], new int[size]);
        for (long i = 0; i < size; i++)
        {
            long place = halves ? (i * step) + (step / 2) - 512 : i * step;
            first[i] = Math.Clamp(place >> 10, 0, extent - 1);
            second[i] = Math.Clamp((place + 1023) >> 10, 0, extent - 1);
            weight[i] = (int)(place - (first[i] * 1024));
        }
        var shape = Shape.Of([size, .. Enumerable.Repeat(1L, x.Type.Rank - axis - 1)]);
        var upper = node.Builder.Constant(Tensor.Of(shape, weight));
        var lower = node.Builder.Constant(Tensor.Of(shape, weight.Select(w => 1024 - w).ToArray()));
        return node.Add(
            new Add(),
            node.Add(new Mul(), node.Add(new Gather(axis), x, node.Vector(first)), lower),
            node.Add(new Mul(), node.Add(new Gather(axis), x, node.Vector(second)), upper));
    }
}
