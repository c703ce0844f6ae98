using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Local response normalization: x / (bias + alpha / size * s)^beta, where s is the sum of squares over <paramref name="Size"/> neighbouring channels, (size - 1) / 2 of them
/// before (Krizhevsky et al., 2012).
/// </summary>
public sealed record LRN(long Size, double Alpha, double Beta, double Bias, Layout Layout = Layout.ChannelsFirst) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        ElementTypes.Float(this, inputs[0].Element);
        if (inputs[0].Rank < 2)
            throw new ModelException("LATHE2066", $"{inputs[0]} has no axis of channels");
        if (Size < 1)
            throw new ModelException("LATHE2070", $"the number of neighbouring channels {Size} must be positive");
        return inputs[0];
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var x = inputs[0];
        int axis = Channel(x.Rank);
        long channels = x.Shape[axis];
        var neighbour = new Var("neighbour");
        long before = Math.Min((Size - 1) / 2, channels);
        long after = Math.Min(Size / 2, channels);
        var channel = index[axis] + neighbour - before;
        var element = x[index.Select((at, i) => i == axis ? Build.Clamp(channel, channels) : at)];
        var square = Build.Select((channel >= 0) & (channel < channels), element * element, Build.Const(0, x.Element));
        var sum = new Reduce(ReduceOp.Sum, [new ReduceAxis(neighbour, before + 1 + after)], square);
        var scale = (sum * Build.Const(Alpha / Size, x.Element)) + Build.Const(Bias, x.Element);
        return x[index] / Build.Call(Intrinsic.Pow, scale, Build.Const(Beta, x.Element));
    }

    public override long Flops(Node node) => checked(node.Output.Shape.ElementCount * ((2 * Math.Min(Size, node.Output.Shape[Channel(node.Output.Type.Rank)].Value)) + 4));

    private int Channel(int rank) => ImageAxes.Of(Layout, rank).Channel;
}
