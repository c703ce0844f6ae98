using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Blocks of channels become blocks of pixels. The channel is block row, block column, depth; with <paramref name="Crd"/> it is
/// depth, block row, block column.
/// </summary>
public sealed record DepthToSpace(long Block, bool Crd, Layout Layout = Layout.ChannelsFirst) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (x, image) = SpaceToDepth.Image(this, inputs, Block, Layout);
        long area = checked(Block * Block);
        if (x.Shape[image.Channel].Value % area != 0)
            throw new ModelException("LATHE2071", $"the channels of {x} do not divide into blocks of {Block} by {Block}");
        return [x.WithShape(image.With(x.Shape[0], x.Shape[image.Channel] / area, i => x.Shape[image.FirstSpatial + i] * Block))];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var image = ImageAxes.Of(Layout, x.Shape.Rank);
        var depth = x.Shape[image.Channel] / (Block * Block);
        var (rows, columns) = (x.Shape[image.FirstSpatial], x.Shape[image.FirstSpatial + 1]);
        Shape channels = Crd ? [depth, Block, Block] : [Block, Block, depth];
        bool first = Layout == Layout.ChannelsFirst;
        var split = b.Add(new Reshape(first ? [x.Shape[0], .. channels, rows, columns] : [x.Shape[0], rows, columns, .. channels]), x);
        var moved = b.Add(new Transpose((first, Crd) switch
        {
            (true, true) => [0, 1, 4, 2, 5, 3],
            (true, false) => [0, 3, 4, 1, 5, 2],
            (false, true) => [0, 1, 4, 2, 5, 3],
            (false, false) => [0, 1, 3, 2, 4, 5],
        }), split);
        return [b.Add(new Reshape(image.With(x.Shape[0], depth, i => (i == 0 ? rows : columns) * Block)), moved)];
    }
}
