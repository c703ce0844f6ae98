using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>Blocks of pixels become channels (block row, block column, depth), channels first.</summary>
public sealed record SpaceToDepth(long Block) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = Image(this, inputs, Block);
        if (x.Shape[2].Value % Block != 0 || x.Shape[3].Value % Block != 0)
            throw new ModelException("LATHE2071", $"the pixels of {x} do not divide into blocks of {Block} by {Block}");
        return [x.WithShape([x.Shape[0], x.Shape[1] * checked(Block * Block), x.Shape[2] / Block, x.Shape[3] / Block])];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var (rows, columns) = (x.Shape[2] / Block, x.Shape[3] / Block);
        var split = b.Add(new Reshape([x.Shape[0], x.Shape[1], rows, Block, columns, Block]), x);
        var moved = b.Add(new Transpose([0, 3, 5, 1, 2, 4]), split);
        return [b.Add(new Reshape([x.Shape[0], x.Shape[1] * (Block * Block), rows, columns]), moved)];
    }

    /// <summary>The one input, of rank 4, when the block's size is sensible.</summary>
    internal static TensorType Image(Op op, IReadOnlyList<TensorType> inputs, long block)
    {
        ElementTypes.Count(op, inputs, 1);
        if (inputs[0].Rank != 4)
            throw new ModelException("LATHE2072", $"an image must have rank 4, and {inputs[0]} has not");
        return block is >= 1 and <= int.MaxValue ? inputs[0] : throw new ModelException("LATHE2073", $"the block's size {block} must be positive");
    }
}
