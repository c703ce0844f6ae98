using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Blocks of channels become blocks of pixels, channels first. The channel is block row, block column, depth; with <paramref name="Crd"/> it is
/// depth, block row, block column.
/// </summary>
public sealed record DepthToSpace(long Block, bool Crd) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = SpaceToDepth.Image(this, inputs, Block);
        long area = checked(Block * Block);
        if (x.Shape[1].Value % area != 0)
            throw new ModelException("LATHE2071", $"the channels of {x} do not divide into blocks of {Block} by {Block}");
        return [x.WithShape([x.Shape[0], x.Shape[1] / area, x.Shape[2] * Block, x.Shape[3] * Block])];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var depth = x.Shape[1] / (Block * Block);
        var (rows, columns) = (x.Shape[2], x.Shape[3]);
        var split = b.Add(new Reshape(Crd ? [x.Shape[0], depth, Block, Block, rows, columns] : [x.Shape[0], Block, Block, depth, rows, columns]), x);
        var moved = b.Add(new Transpose(Crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), split);
        return [b.Add(new Reshape([x.Shape[0], depth, rows * Block, columns * Block]), moved)];
    }
}
