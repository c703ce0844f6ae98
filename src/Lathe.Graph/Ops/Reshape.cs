using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>The same elements in row-major order under another shape of as many.</summary>
public sealed record Reshape(Shape NewShape) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        if (x.Shape.IsKnown && NewShape.IsKnown && x.Shape.ElementCount != NewShape.ElementCount)
        {
            throw new ModelException(
                "LATHE2040", $"{x} has {x.Shape.ElementCount} elements and the shape {NewShape} takes {NewShape.ElementCount}");
        }
        return x.WithShape(NewShape);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        // Runs of axes with equal products are converted apart from each other, so that axes which stay keep a plain index.
        var x = inputs[0];
        var to = output.Shape.ToArray();
        if (x.ElementCount == 0)
            return x[x.Shape.Select(_ => (Expr)0)];
        var at = new Expr[x.Rank];
        int from = 0, next = 0;
        while (from < x.Rank || next < to.Length)
        {
            var (firstIn, firstOut) = (from, next);
            long inCount = from < x.Rank ? x.Shape[from++] : 1;
            long outCount = next < to.Length ? to[next++] : 1;
            while (inCount != outCount)
            {
                if (inCount < outCount)
                    inCount *= x.Shape[from++];
                else
                    outCount *= to[next++];
            }
            Expr flat = 0;
            for (int axis = firstOut; axis < next; axis++)
                flat = (flat * to[axis]) + index[axis];
            Unflatten(flat, x.Shape, firstIn, from, at);
        }
        return x[at];
    }

    private static void Unflatten(Expr flat, EquatableArray<long> shape, int first, int end, Expr[] at)
    {
        int leading = Enumerable.Range(first, end - first).FirstOrDefault(axis => shape[axis] != 1, first);
        long stride = 1;
        for (int axis = end - 1; axis >= first; axis--)
        {
            at[axis] = shape[axis] == 1 ? 0
                : axis == leading ? Build.FloorDiv(flat, stride)
                : Build.FloorMod(Build.FloorDiv(flat, stride), shape[axis]);
            stride *= shape[axis];
        }
    }
}
