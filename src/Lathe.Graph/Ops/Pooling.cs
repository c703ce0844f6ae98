using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>What the pooling ops share: a window over each channel of an image by itself.</summary>
internal static class Pooling
{
    public static TensorType InferType(Op op, IReadOnlyList<TensorType> inputs, Window window, Layout layout)
    {
        ElementTypes.Count(op, inputs, 1);
        var x = inputs[0];
        ElementTypes.Number(op, x.Element);
        if (x.Rank < 3)
            throw new ModelException("LATHE2062", $"an image must have rank 3 at least, and {x} has not");
        window.Check(x.Rank - 2);
        var image = ImageAxes.Of(layout, x.Rank);
        return x.WithShape(image.With(x.Shape[0], x.Shape[image.Channel], i => window.OutputExtent(i, x.Shape[image.FirstSpatial + i])));
    }

    /// <summary>The combination of a function of the elements under the window; <paramref name="outside"/> stands for padding, and is not mapped.</summary>
    public static Expr Reduce(
        ReduceOp op, Buffer x, TensorType output, IReadOnlyList<Expr> index, Window window, Layout layout, Expr outside, Func<Expr, Expr> map)
    {
        var image = ImageAxes.Of(layout, x.Rank);
        var kernel = window.Kernel.Select((extent, i) => new ReduceAxis(new Var($"k{i}"), extent)).ToEquatableArray();
        if (x.ElementCount == 0)
            return outside;
        var at = index.ToArray();
        Expr inside = Build.Bool(true);
        for (int i = 0; i < window.Rank; i++)
        {
            int axis = image.FirstSpatial + i;
            long extent = x.Shape[axis];
            at[axis] = window.InputIndex(i, index[axis], kernel[i].Var);
            if (!window.ReachesPadding(i, extent, output.Shape[axis].Value))
                continue;
            inside = inside & (at[axis] >= 0) & (at[axis] < extent);
            at[axis] = Build.Clamp(at[axis], extent);
        }
        return new Reduce(op, kernel, Build.Select(inside, map(x[at]), outside));
    }

    public static long Flops(Node node, Window window) => checked(node.Output.Shape.ElementCount * window.Kernel.Aggregate(1L, (a, k) => a * k));
}
