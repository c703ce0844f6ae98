using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Convolution (cross-correlation) of an image with weights, zero padding, any number of spatial axes, in groups. Inputs:
/// data and weights, laid out as <see cref="Layout"/> says. A bias is an <see cref="Graphs.Ops.Add"/> after it.
/// </summary>
public sealed record Conv(Window Window, long Groups, Layout Layout) : PrimitiveOp
{
    /// <summary>The element type of products and sums of narrower integers; null where data, weights and sums are of one type.</summary>
    public DType? Sum { get; init; }

    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != 2)
            throw new ModelException("LATHE2001", $"Conv takes data and weights, and has {inputs.Count} inputs");
        var (x, w) = (inputs[0], inputs[1]);
        if (x.Rank < 3 || w.Rank != x.Rank)
            throw new ModelException("LATHE2014", $"data {x} and weights {w} must have the same rank, at least 3");
        var element = Integers.SumOf(Sum, x, w);
        int spatial = x.Rank - 2;
        Window.Check(spatial);
        var image = ImageAxes.Of(Layout, x.Rank);
        var (outAxis, inAxis, firstKernelAxis) = WeightAxes(x.Rank);
        for (int i = 0; i < spatial; i++)
            if (w.Shape[firstKernelAxis + i] != Window.Kernel[i])
                throw new ModelException("LATHE2015", $"weights {w} do not have the window's kernel {Window.Kernel}");
        var channels = x.Shape[image.Channel];
        var outputs = w.Shape[outAxis].Value;
        if (Groups < 1 || outputs % Groups != 0 || (channels.IsKnown && channels.Value != checked(w.Shape[inAxis].Value * Groups)))
            throw new ModelException("LATHE2016", $"data {x}, weights {w} and {Groups} groups do not fit each other");
        return new(element, image.With(x.Shape[0], outputs, i => Window.OutputExtent(i, x.Shape[image.FirstSpatial + i])));
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var (x, w) = (inputs[0], inputs[1]);
        var image = ImageAxes.Of(Layout, x.Rank);
        var (outAxis, inAxis, firstKernelAxis) = WeightAxes(x.Rank);
        long perGroup = w.Shape[inAxis];
        long outputsPerGroup = w.Shape[outAxis] / Groups;
        var channel = new Var("ic");
        var kernel = Window.Kernel.Select((extent, i) => new ReduceAxis(new Var($"k{i}"), extent)).ToArray();

        var outChannel = index[image.Channel];
        var data = new Expr[x.Rank];
        data[0] = index[0];
        data[image.Channel] = (Groups == 1 ? 0 : Build.FloorDiv(outChannel, outputsPerGroup) * perGroup) + channel;
        Expr inside = Build.Bool(true);
        for (int i = 0; i < kernel.Length; i++)
        {
            int axis = image.FirstSpatial + i;
            var at = Window.InputIndex(i, index[axis], kernel[i].Var);
            bool padded = Window.ReachesPadding(i, x.Shape[axis], output.Shape[axis].Value);
            data[axis] = padded ? Build.Clamp(at, x.Shape[axis]) : at;
            if (padded)
                inside = inside & (at >= 0) & (at < x.Shape[axis]);
        }
        var weight = new Expr[w.Rank];
        weight[outAxis] = outChannel;
        weight[inAxis] = channel;
        for (int i = 0; i < kernel.Length; i++)
            weight[firstKernelAxis + i] = kernel[i].Var;

        var element = Build.Select(inside, x[data], Build.Const(0, x.Element));
        ReduceAxis[] axes = Layout == Layout.ChannelsFirst
            ? [new ReduceAxis(channel, perGroup), .. kernel]
            : [.. kernel, new ReduceAxis(channel, perGroup)];
        return new Reduce(ReduceOp.Sum, axes, Build.Cast(output.Element, element) * Build.Cast(output.Element, w[weight]));
    }

    public override long Macs(Node node)
    {
        var (outAxis, _, _) = WeightAxes(node.Inputs[0].Type.Rank);
        var weights = node.Inputs[1].Shape;
        return node.Output.Shape.ElementCount * (weights.ElementCount / Math.Max(1, weights[outAxis].Value));
    }

    /// <summary>The weights' axes: output channel, input channel within the group, first kernel axis.</summary>
    public (int Out, int In, int FirstKernel) WeightAxes(int rank) => Layout == Layout.ChannelsFirst ? (0, 1, 2) : (rank - 1, rank - 2, 0);
}
