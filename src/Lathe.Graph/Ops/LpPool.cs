using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>The p-norm of the elements under a window that moves over an image: (sum |x|^p)^(1/p).</summary>
public sealed record LpPool(Window Window, double P, Layout Layout) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        ElementTypes.Float(this, inputs[0].Element);
        if (!(P > 0))
            throw new ModelException("LATHE2061", $"the norm's order {P} must be positive");
        return Pooling.InferType(this, inputs, Window, Layout);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var type = output.Element;
        var sum = Pooling.Reduce(ReduceOp.Sum, inputs[0], output, index, Window, Layout, Build.Const(0, type), x => P switch
        {
            1 => Build.Unary(UnaryOp.Abs, x),
            2 => x * x,
            _ => Build.Call(Intrinsic.Pow, Build.Unary(UnaryOp.Abs, x), Build.Const(P, type)),
        });
        return P switch
        {
            1 => sum,
            2 => Build.Unary(UnaryOp.Sqrt, sum),
            _ => Build.Call(Intrinsic.Pow, sum, Build.Const(1 / P, type)),
        };
    }

    public override long Flops(Node node) => 2 * Pooling.Flops(node, Window);
}
