using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Blocks of pixels become channels (block row, block column, depth).</summary>
public sealed record SpaceToDepth(long Block, Layout Layout = Layout.ChannelsFirst) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (x, image) = Image(this, inputs, Block, Layout);
        if (x.Shape[image.FirstSpatial].Value % Block != 0 || x.Shape[image.FirstSpatial + 1].Value % Block != 0)
            throw new ModelException("LATHE2071", $"the pixels of {x} do not divide into blocks of {Block} by {Block}");
        return [x.WithShape(image.With(x.Shape[0], x.Shape[image.Channel] * checked(Block * Block), i => x.Shape[image.FirstSpatial + i] / Block))];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var image = ImageAxes.Of(Layout, x.Shape.Rank);
        var channels = x.Shape[image.Channel];
        var (rows, columns) = (x.Shape[image.FirstSpatial] / Block, x.Shape[image.FirstSpatial + 1] / Block);
        bool first = Layout == Layout.ChannelsFirst;
        var split = b.Add(new Reshape(first ? [x.Shape[0], channels, rows, Block, columns, Block] : [x.Shape[0], rows, Block, columns, Block, channels]), x);
        var moved = b.Add(new Transpose(first ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 2, 4, 5]), split);
        return [b.Add(new Reshape(image.With(x.Shape[0], channels * (Block * Block), i => i == 0 ? rows : columns)), moved)];
    }

    /// <summary>The one input, of rank 4, when the block's size is sensible.</summary>
    internal static (TensorType Type, ImageAxes Axes) Image(Op op, IReadOnlyList<TensorType> inputs, long block, Layout layout)
    {
        ElementTypes.Count(op, inputs, 1);
        if (inputs[0].Rank != 4)
            throw new ModelException("LATHE2072", $"an image must have rank 4, and {inputs[0]} has not");
        return block is >= 1 and <= int.MaxValue
            ? (inputs[0], ImageAxes.Of(layout, 4))
            : throw new ModelException("LATHE2073", $"the block's size {block} must be positive");
    }
}
