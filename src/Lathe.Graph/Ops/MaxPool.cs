using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>The greatest element under a window that moves over an image; padding never wins. A window without elements gives the lowest value.</summary>
public sealed record MaxPool(Window Window, Layout Layout) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs) => Pooling.InferType(this, inputs, Window, Layout);

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index) =>
        Pooling.Reduce(ReduceOp.Max, inputs[0], output, index, Window, Layout, Build.Lowest(output.Element), x => x);

    public override long Flops(Node node) => Pooling.Flops(node, Window);
}
