using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Transposed convolution: each element of the data adds its product with the weights to the window of the output that it stands for. The output's
/// extent is (input - 1) * stride + output padding + reach of the kernel - padding. Inputs: data, and weights laid out [I, O/groups, spatial...] for
/// channels first, [spatial..., I, O/groups] for channels last.
/// </summary>
public sealed record ConvTranspose(Window Window, EquatableArray<long> OutputPadding, long Groups, Layout Layout) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (x, w) = (inputs[0], inputs[1]);
        ElementTypes.Number(this, ElementTypes.Same(inputs));
        if (x.Rank < 3 || w.Rank != x.Rank)
            throw new ModelException("LATHE2014", $"data {x} and weights {w} must have the same rank, at least 3");
        int spatial = x.Rank - 2;
        Window.Check(spatial);
        if (OutputPadding.Count != spatial || OutputPadding.Any(p => p is < 0 or > int.MaxValue))
            throw new ModelException("LATHE2017", $"the output padding {OutputPadding} does not have a non-negative entry for each spatial axis");
        var image = ImageAxes.Of(Layout, x.Rank);
        var (inAxis, outAxis, firstKernelAxis) = WeightAxes(x.Rank);
        for (int i = 0; i < spatial; i++)
            if (w.Shape[firstKernelAxis + i] != Window.Kernel[i])
                throw new ModelException("LATHE2015", $"weights {w} do not have the window's kernel {Window.Kernel}");
        long channels = w.Shape[inAxis].Value;
        if (Groups < 1 || channels % Groups != 0 || (x.Shape[image.Channel].IsKnown && x.Shape[image.Channel].Value != channels))
            throw new ModelException("LATHE2016", $"data {x}, weights {w} and {Groups} groups do not fit each other");
        return new(x.Element, image.With(x.Shape[0], w.Shape[outAxis] * Groups, i => OutputExtent(i, x.Shape[image.FirstSpatial + i])));
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var (x, w) = (inputs[0], inputs[1]);
        if (x.ElementCount == 0)
            return Build.Const(0, x.Element);
        var image = ImageAxes.Of(Layout, x.Rank);
        var (inAxis, outAxis, firstKernelAxis) = WeightAxes(x.Rank);
        long perGroup = w.Shape[inAxis] / Groups;
        var channel = new Var("ic");
        var outChannel = index[image.Channel];
        var group = Groups == 1 ? 0 : Build.FloorDiv(outChannel, w.Shape[outAxis]);
        var inChannel = (group * perGroup) + channel;
        var (data, weight) = (new Expr[x.Rank], new Expr[w.Rank]);
        data[0] = index[0];
        data[image.Channel] = inChannel;
        weight[inAxis] = inChannel;
        weight[outAxis] = Groups == 1 ? outChannel : Build.FloorMod(outChannel, w.Shape[outAxis]);
        var axes = new List<ReduceAxis> { new(channel, perGroup) };
        Expr hit = Build.Bool(true);
        for (int i = 0; i < Window.Rank; i++)
        {
            var kernel = new Var($"k{i}");
            axes.Add(new ReduceAxis(kernel, Window.Kernel[i]));
            weight[firstKernelAxis + i] = kernel;
            int axis = image.FirstSpatial + i;
            var scaled = index[axis] + Window.PadsBefore[i] - (kernel * Window.Dilations[i]);
            var from = Build.FloorDiv(scaled, Window.Strides[i]);
            hit = hit & (from >= 0) & (from < x.Shape[axis]);
            if (Window.Strides[i] > 1)
                hit &= Build.Equal(Build.FloorMod(scaled, Window.Strides[i]), 0);
            data[axis] = Build.Clamp(from, x.Shape[axis]);
        }
        var element = Build.Select(hit, x[data], Build.Const(0, x.Element));
        return new Reduce(ReduceOp.Sum, axes.ToEquatableArray(), element * w[weight]);
    }

    public override long Macs(Node node)
    {
        var weights = node.Inputs[1].Shape;
        return checked(node.Inputs[0].Shape.ElementCount * (weights.ElementCount / Math.Max(1, weights[WeightAxes(weights.Rank).In].Value)));
    }

    /// <summary>The weights' axes: input channel, output channel within the group, first kernel axis.</summary>
    public (int In, int Out, int FirstKernel) WeightAxes(int rank) => Layout == Layout.ChannelsFirst ? (0, 1, 2) : (rank - 2, rank - 1, 0);

    private Dim OutputExtent(int axis, Dim input)
    {
        long beyond = OutputPadding[axis] + ((Window.Kernel[axis] - 1) * Window.Dilations[axis]) + 1 - Window.PadsBefore[axis] - Window.PadsAfter[axis];
        if (!input.IsKnown)
            return ((input - 1) * Window.Strides[axis]) + beyond;
        var extent = ((Int128)(input.Value - 1) * Window.Strides[axis]) + beyond;
        return extent >= 0 && extent <= long.MaxValue
            ? (long)extent
            : throw new ModelException("LATHE2018", $"the output's extent would be {extent} along spatial axis {axis}");
    }
}
