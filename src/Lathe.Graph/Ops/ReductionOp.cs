using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Combines all elements along axes (distinct, non-negative). With <paramref name="KeepDims"/> those axes stay with extent 1. No axes: the
/// input itself. An empty extent gives the combination's neutral element.
/// </summary>
public abstract record ReductionOp(EquatableArray<int> Axes, bool KeepDims) : PrimitiveOp
{
    /// <summary>How elements are combined.</summary>
    public abstract ReduceOp Combination { get; }

    public sealed override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        if (Combination is ReduceOp.Sum or ReduceOp.Product)
            ElementTypes.Number(this, inputs[0].Element);
        return inputs[0].WithShape(ReducedShape(inputs[0].Shape, Axes, KeepDims));
    }

    public sealed override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var x = inputs[0];
        var at = new Expr[x.Rank];
        var axes = new List<ReduceAxis>();
        for (int axis = 0, outAxis = 0; axis < at.Length; axis++)
        {
            if (!Axes.Contains(axis))
            {
                at[axis] = index[outAxis++];
                continue;
            }
            var r = new Var($"r{axis}");
            axes.Add(new ReduceAxis(r, x.Shape[axis]));
            at[axis] = r;
            outAxis += KeepDims ? 1 : 0;
        }
        if (axes.Count == 0)
            return x[at];
        return x.Element == DType.Bool
            ? Build.Cast(DType.Bool, new Reduce(Combination, axes.ToEquatableArray(), Build.Cast(DType.UInt8, x[at])))
            : new Reduce(Combination, axes.ToEquatableArray(), x[at]);
    }

    public override long Flops(Node node) => Axes.Count == 0 ? 0 : node.Inputs[0].Shape.ElementCount;

    /// <summary>The shape that is left; throws a <see cref="ModelException"/> for axes that are out of range or given twice.</summary>
    internal static Shape ReducedShape(Shape shape, EquatableArray<int> axes, bool keepDims)
    {
        if (axes.Any(a => a < 0 || a >= shape.Rank) || axes.Distinct().Count() != axes.Count)
            throw new ModelException("LATHE2030", $"the axes {axes} are not distinct axes of the shape {shape}");
        var dims = new List<Dim>();
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            bool reduced = axes.Contains(axis);
            if (!reduced || keepDims)
                dims.Add(reduced ? 1 : shape[axis]);
        }
        return [.. dims];
    }
}
